"""Fifty people who sign in at once, and what everybody else notices of it; five hundred behind an attacked address.

bcrypt is at the cost of a deployment (12), and on purpose takes nearly all of a sign-in: as many are
possible as cores can hash. The clients run on the same machine. The attacked address is this
machine's, from which strangers guess without a pause while the five hundred arrive, at cost 10.
"""

import asyncio
import os
import secrets
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import bcrypt

from bench.figures import Figure
from bench.load import Load, load
from bench.stage import empty
from tests.support.deployment import PASSWORD, Deployment
from tests.support.server import Server, serving
from upheld.features.accounts.actions import admit_invented, known_from_now_on
from upheld.features.accounts.model import Credential
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.platform.passwords import hash_password
from upheld.platform.web.cookies import DEVICE_COOKIE

AT_ONCE, CANDIDATES = 50, 500
_COST, _SECONDS, _GUESSERS = 12, 12, 4
_FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in, and the cookie of a browser that their account knows."""

    email: str
    device: str


@dataclass(frozen=True)
class Rush:
    """What was measured while fifty signed in at once."""

    a_second: float
    page: Load
    megabytes: float


async def measure() -> list[Figure]:
    """Measure the rush at cost 12, and the attack at cost 10."""
    async with empty() as deployment:
        people = await _invite(deployment, CANDIDATES)
        await _harden(deployment, people[:AT_ONCE])
        alone = await asyncio.to_thread(_seconds_of_bcrypt)
        with serving(deployment.settings, bcrypt_cost=_COST) as server:
            quiet = await asyncio.to_thread(load, server, "/jobs", _SECONDS)
            undisturbed = await asyncio.to_thread(_rush, server, people[:AT_ONCE], None)
            rush = await asyncio.to_thread(_rush, server, people[:AT_ONCE], "/jobs")
        with serving(deployment.settings) as server:
            inside, took, turned_away = await asyncio.to_thread(_attack, server, people[AT_ONCE:])
    cores = _threads()
    return [
        Figure("sign-ins a second, 50 at once, of those that bcrypt allows", undisturbed.a_second * alone / cores, "x",
               at_least=0.8),
        Figure("    sign-ins", undisturbed.a_second, "a second"),
        Figure(f"    bcrypt at cost {_COST} alone", alone * 1000, "ms"),
        Figure("    memory more than before", max(undisturbed.megabytes, rush.megabytes), "MB", at_most=64),
        Figure("another page meanwhile: p99, of that in quiet", rush.page.p99 / quiet.p99, "x", at_most=2),
        Figure("    p99 in quiet", quiet.p99, "ms"),
        Figure("    p99 meanwhile", rush.page.p99, "ms"),
        Figure("    sign-ins meanwhile", rush.a_second, "a second"),
        Figure("candidates who got in behind an attacked address", inside, f"of {CANDIDATES - AT_ONCE}",
               at_least=CANDIDATES - AT_ONCE),
        Figure("    within", took, "s"),
        Figure("    guesses that were told to wait meanwhile", turned_away, at_least=1),
    ]  # fmt: skip


async def _invite(deployment: Deployment, how_many: int) -> list[Person]:
    """Add people whose accounts know a browser."""
    platform = deployment.platform
    async with platform.database.transaction("gate") as tx:
        notice = (await notice_in_force(tx, Kind.ACCOUNT, "en")).id
    known_hash = await hash_password(PASSWORD, platform.settings.bcrypt_cost)
    people: list[Person] = []
    for number in range(how_many):
        email = f"candidate-{number}@college.example"
        person = await admit_invented(platform, email, None, notice)
        credential = Credential(person, known_hash, verified=True)
        people.append(Person(email, known_from_now_on(platform, "", credential)))
    await _give(deployment, people, known_hash)
    return people


async def _give(deployment: Deployment, people: Iterable[Person], known_hash: str) -> None:
    """Store a hash for each: making them one by one would take longer than what is measured."""
    administrator = await deployment.administrator()
    try:
        indexes = [deployment.platform.blind_index("email", person.email) for person in people]
        await administrator.execute(
            "insert into upheld.credentials (person_id, password_hash)"
            " select id, $2 from upheld.people where email_index = any($1)"
            " on conflict (person_id) do update set password_hash = excluded.password_hash",
            indexes,
            known_hash,
        )
    finally:
        await administrator.close()


async def _harden(deployment: Deployment, people: list[Person]) -> None:
    await _give(deployment, people, await hash_password(PASSWORD, _COST))


def _seconds_of_bcrypt() -> float:
    known = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(_COST))
    began = time.perf_counter()
    for _ in range(8):
        bcrypt.checkpw(PASSWORD.encode(), known)
    return (time.perf_counter() - began) / 8


def _threads() -> int:
    return max(2, (os.cpu_count() or 2) // 2)


def _rush(server: Server, people: list[Person], page: str | None) -> Rush:
    """Sign in on fifty connections at once, for as long as the page is asked for."""
    before, most = _resident(server), 0.0
    done, stop = list[float](), threading.Event()

    def sign_in_again_and_again(person: Person) -> None:
        with _client(server) as client:
            while not stop.is_set():
                assert _sign_in(client, person.email) == HTTPStatus.SEE_OTHER
                done.append(time.perf_counter())

    with ThreadPoolExecutor(len(people)) as pool:
        began = time.perf_counter()
        running = [pool.submit(sign_in_again_and_again, person) for person in people]
        try:
            asked = load(server, page, _SECONDS) if page else _waited(_SECONDS)
            most = _resident(server)
        finally:
            stop.set()
        ended = time.perf_counter()
    for one in running:
        one.result()
    return Rush(sum(began < at < ended for at in done) / (ended - began), asked, most - before)


def _attack(server: Server, people: list[Person]) -> tuple[int, float, int]:
    """Guess without a pause while everybody signs in, fifty at once, all from one address.

    Returns:
        how many got in, how many seconds it took, and how many guesses were told to wait.
    """
    stop, told_to_wait = threading.Event(), list[int]()

    def guess() -> None:
        with _client(server) as client:
            while not stop.is_set():
                status = _sign_in(client, f"{secrets.token_hex(8)}@college.example", "a guess, and a long one")
                told_to_wait.append(status == HTTPStatus.TOO_MANY_REQUESTS)

    def enter(person: Person) -> bool:
        with _client(server) as client:
            return _sign_in(client, person.email, device=person.device) == HTTPStatus.SEE_OTHER

    with ThreadPoolExecutor(_GUESSERS) as attackers, ThreadPoolExecutor(AT_ONCE) as pool:
        guessing = [attackers.submit(guess) for _ in range(_GUESSERS)]
        while not any(told_to_wait):
            time.sleep(0.1)
        began = time.perf_counter()
        try:
            inside = sum(pool.map(enter, people))
        finally:
            stop.set()
        took = time.perf_counter() - began
    for one in guessing:
        one.result()
    return inside, took, sum(told_to_wait)


def _sign_in(client: HTTPSConnection, email: str, password: str = PASSWORD, device: str = "") -> int:
    kept = {"cookie": f"{DEVICE_COOKIE}={device}"} if device else {}
    client.request("POST", "/sign-in", urlencode({"email": email, "password": password}), {**_FORM, **kept})
    answer = client.getresponse()
    answer.read()
    return answer.status


def _client(server: Server) -> "closing[HTTPSConnection]":
    return closing(HTTPSConnection("127.0.0.1", server.port, context=server.tls(), timeout=120))


def _waited(seconds: int) -> Load:
    time.sleep(seconds)
    return Load(0, 0, 0, 0)


def _resident(server: Server) -> float:
    """Return the megabytes of memory that the server's processes hold."""
    held = 0.0
    for root in server.processes.values():
        for process in (root.pid, *_children_of(root.pid)):
            said = Path(f"/proc/{process}/status").read_text()
            held += int(said.split("VmRSS:")[1].split()[0]) / 1000
    return held


def _children_of(process: int) -> list[int]:
    found = [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return found + [below for pid in found for below in _children_of(pid)]
