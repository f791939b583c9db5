"""What pages cost one employer with 2,000 and with 100,000 applications, to sixty jobs, over HTTPS on loopback.

Every control is on: TLS, the session that the database establishes, row security, journal and audit
entry, decryption under a key a person. Half of the requests were answered within the figure (p50), by
one client that asks one page after another. Statements are those that the databases wrote down
themselves; beginning and ending a transaction are not counted. Of a sign-in, bcrypt is taken off and
told apart: it is meant to be slow. (OpenCATS, on this class of machine: sign-in 2.7 ms, with MD5;
careers list 6.3 ms; candidate list at 2,000 9 ms.)
"""

import asyncio
import statistics
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPSConnection
from urllib.parse import urlencode
from uuid import UUID

import bcrypt

from bench.figures import Figure
from bench.load import cpu_seconds, load
from bench.stage import empty
from tests.support.deployment import PASSWORD, Deployment
from tests.support.server import Server, serving
from tests.support.statements import counted
from upheld.features.accounts.actions import admit_invented
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.main.demo.bulk import Where
from upheld.main.demo.crowd import JOBS, OWNER, Door, bring, employ
from upheld.platform.install import database_name
from upheld.platform.web.cookies import SESSION_COOKIE

FEW, MANY = 2_000, 100_000
SECONDS, _WARM_UP = 4, 1
MOST_STATEMENTS, LARGEST, MOST_GROWTH = 8, 60_000, 1.5
SIGN_IN, CAREERS, LIST = 4.0, 4.0, 9.0
"""Milliseconds within which half of the answers are to come."""

_COST = 10
_HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(_COST))
_SIGN_INS = 40
_SIGN_INS_EACH = 8  # fewer than the limit that an account has


@dataclass(frozen=True)
class Page:
    """What was measured of one page."""

    statements: int
    kilobytes: float
    p50: float
    busy: float
    """Milliseconds for which the server and both databases kept a core busy."""


async def measure() -> list[Figure]:
    """Measure each page with few applications and with many, and a sign-in."""
    async with empty() as deployment:
        where, door = await employ(deployment.platform, PASSWORD, JOBS), _door(deployment)
        await asyncio.to_thread(bring, door, where, 0, FEW, lambda _: None)
        few, _ = await _pages(deployment, where)
        began = time.perf_counter()
        await asyncio.to_thread(bring, door, where, FEW, MANY - FEW, lambda _: None)
        rate = (MANY - FEW) / (time.perf_counter() - began)
        many, start = await _pages(deployment, where)
        sign_in, bcrypt = await _signing_in(deployment)
    return [
        *(figure for name in few for figure in _figures(name, few[name], many[name])),
        Figure("a sign-in, without bcrypt, p50", sign_in, "ms", at_most=SIGN_IN),
        Figure(f"    bcrypt at cost {_COST} alone, p50", bcrypt, "ms"),
        Figure("inventing people, copied in", rate, "people/s", at_least=2_000),
        Figure("a web process answers, after it was started", start, "s"),
    ]


def _figures(name: str, few: Page, many: Page) -> list[Figure]:
    within = {"careers page": CAREERS, "list": LIST}.get(name)
    return [
        Figure(f"{name}: p50 at {MANY:,}, of that at {FEW:,}", many.p50 / few.p50, "x", at_most=MOST_GROWTH),
        Figure(f"    p50 at {FEW:,}", few.p50, "ms", at_most=within),
        Figure(f"    p50 at {MANY:,}", many.p50, "ms"),
        Figure(f"    a core busy at {FEW:,}", few.busy, "ms"),
        Figure(f"    a core busy at {MANY:,}", many.busy, "ms"),
        Figure("    statements", max(few.statements, many.statements), at_most=MOST_STATEMENTS),
        Figure("    before compression", max(few.kilobytes, many.kilobytes), "kB", at_most=LARGEST / 1000),
    ]


def _door(deployment: Deployment) -> Door:
    settings = deployment.settings
    names = database_name(settings.database), database_name(settings.keyring_database)
    return Door(settings, deployment.cluster.administrator, names)


async def _pages(deployment: Deployment, where: Where) -> tuple[dict[str, Page], float]:
    """Measure every page, and how long the server takes to answer for the first time."""
    application = await _one(deployment, where.jobs[0])
    addresses = {
        "careers page": "/jobs",
        "job list": "/hiring",
        "board": f"/hiring/jobs/{where.jobs[0]}",
        "list": f"/hiring/jobs/{where.jobs[0]}/list",
        "every application": "/hiring/applications",
        "application page": f"/hiring/applications/{application}",
    }
    began = time.perf_counter()
    with serving(deployment.settings) as server:
        started = time.perf_counter() - began
        async with deployment.signed_in(OWNER) as owner:
            cookie = owner.cookies[SESSION_COOKIE]
        measured = {
            # Whoever looks for a job is signed in to nothing.
            name: await _page(deployment, server, path, None if name == "careers page" else cookie)
            for name, path in addresses.items()
        }
    return measured, started


async def _page(deployment: Deployment, server: Server, path: str, cookie: str | None) -> Page:
    await asyncio.to_thread(load, server, path, _WARM_UP, cookie=cookie)
    with server.client() as client:
        client.headers["cookie"] = f"{SESSION_COOKIE}={cookie}" if cookie else ""
        async with counted(deployment.cluster) as asked:
            page = await asyncio.to_thread(client.get, path)
    processes = [*(process.pid for process in server.processes.values()), deployment.cluster.server.process.pid]
    before = cpu_seconds(*processes)
    measured = await asyncio.to_thread(load, server, path, SECONDS, cookie=cookie)
    busy = (cpu_seconds(*processes) - before) / measured.answers * 1000
    return Page(len(asked.statements), len(page.content) / 1000, measured.p50, busy)


async def _signing_in(deployment: Deployment) -> tuple[float, float]:
    """Return milliseconds of a sign-in without bcrypt, and of bcrypt: medians, measured in turns."""
    addresses = [f"somebody-{number}@crowd.example" for number in range(_SIGN_INS // _SIGN_INS_EACH)]
    async with deployment.platform.database.transaction("gate") as tx:
        notice = (await notice_in_force(tx, Kind.ACCOUNT, "en")).id
    for address in addresses:
        await admit_invented(deployment.platform, address, PASSWORD, notice)
    with serving(deployment.settings) as server:
        # The library's plain client: what a comfortable one adds by itself is no part of a sign-in.
        client = HTTPSConnection("127.0.0.1", server.port, context=server.tls())
        pairs = [await asyncio.to_thread(_sign_in, client, address) for address in addresses * _SIGN_INS_EACH]
        client.close()
    measured = pairs[len(addresses) :]
    without = statistics.median(whole - alone for whole, alone in measured)
    return without * 1000, statistics.median(alone for _, alone in measured) * 1000


def _sign_in(client: HTTPSConnection, address: str) -> tuple[float, float]:
    """Return the seconds that a sign-in takes, and those that bcrypt alone takes right after it."""
    form = urlencode({"email": address, "password": PASSWORD})
    kind = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    began = time.perf_counter()
    client.request("POST", "/sign-in", form, kind)
    answer = client.getresponse()
    answer.read()
    between = time.perf_counter()
    assert answer.status == HTTPStatus.SEE_OTHER, answer.status
    bcrypt.checkpw(PASSWORD.encode(), _HASH)
    return between - began, time.perf_counter() - between


async def _one(deployment: Deployment, job: UUID) -> UUID:
    administrator = await deployment.administrator()
    try:
        query = "select id from upheld.applications where job_id = $1 and stage = 'interview' limit 1"
        return await administrator.fetchval(query, job)
    finally:
        await administrator.close()
