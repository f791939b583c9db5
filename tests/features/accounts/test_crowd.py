"""A whole year of a college behind one address gets in while that address is attacked, over real HTTP."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.deployment import PASSWORD, Deployment
from tests.support.server import Server, serving
from upheld.features.accounts.actions import known_from_now_on
from upheld.features.accounts.model import Credential
from upheld.platform.limits.rules import FAILURES_PER_ADDRESS
from upheld.platform.web.cookies import DEVICE_COOKIE

pytestmark = pytest.mark.anyio
CANDIDATES = FAILURES_PER_ADDRESS.at_most + 2
"""`make bench only=sign_ins` has 450 of them."""


async def test_everybody_behind_an_attacked_address_gets_in(deployment: Deployment) -> None:
    people = [await _somebody(deployment, f"candidate.{number}@college.example") for number in range(CANDIDATES)]
    with serving(deployment.settings, workers=2) as server:
        assert await asyncio.to_thread(_attacked, server, people) == [httpx.codes.SEE_OTHER] * CANDIDATES


async def _somebody(deployment: Deployment, email: str) -> tuple[str, str]:
    """Register somebody; return their address and the cookie of a browser that the account knows."""
    await deployment.register(email)
    administrator = await deployment.administrator()
    try:
        person, known_hash = await administrator.fetchrow(
            "select c.person_id, c.password_hash from upheld.credentials as c"
            " inner join upheld.people as p on c.person_id = p.id where p.email_index = $1",
            deployment.platform.blind_index("email", email),
        )
    finally:
        await administrator.close()
    return email, known_from_now_on(deployment.platform, "", Credential(person, known_hash, verified=True))


def _attacked(server: Server, people: list[tuple[str, str]]) -> list[int]:
    """Sign everybody in, four at once, while strangers at the same address guess; return the answers."""
    stop, refused = threading.Event(), threading.Event()

    def guess() -> None:
        with server.client() as client:
            number = 0
            while not stop.is_set():
                number += 1
                if _sign_in(client, f"nobody.{number}@college.example", "a guess, and a long one") == 429:
                    refused.set()

    def enter(person: tuple[str, str]) -> int:
        email, device = person
        with server.client() as client:
            return _sign_in(client, email, PASSWORD, {"cookie": f"{DEVICE_COOKIE}={device}"})

    with ThreadPoolExecutor(6) as pool:
        guessing = [pool.submit(guess) for _ in range(2)]
        try:
            assert refused.wait(60), "the attack spends what the address may try"
            answers = list(pool.map(enter, people))
        finally:
            stop.set()
    for one in guessing:
        one.result()
    return answers


def _sign_in(client: httpx.Client, email: str, password: str, headers: dict[str, str] | None = None) -> int:
    return client.post("/sign-in", data={"email": email, "password": password}, headers=headers).status_code
