"""Whether the time of an answer tells that an address has an account, and whether that would be noticed.

Each question is asked about an address with an account and about one without, in turn and in random
order, over HTTPS on loopback. Bounded is the difference of the medians, with a confidence interval
of 99 % from resampling (percentile bootstrap). Then the same once more with a leak planted: whoever has
no account is answered 20 ms later, and the interval has to see it.
"""

import asyncio
import random
import re
import secrets
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.client import HTTPSConnection
from urllib.parse import urlencode

from bench.figures import Figure
from bench.stage import empty
from tests.support.deployment import PASSWORD, Deployment
from tests.support.hiring import employer
from tests.support.server import Server, serving
from upheld.platform.web.cookies import SESSION_COOKIE

ROUNDS, MOST = 100, 10.0
"""Pairs of answers; milliseconds that the interval may reach to either side."""

_FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
_RESAMPLED = 2_000

_PEOPLE, _OWNERS, _WARM_UP = 30, 4, 5

LEAKING = [
    sys.executable,
    "-c",
    """
import asyncio
from upheld.features.accounts.actions import entering
from upheld.main.cli import cli

check = entering.verify_password

async def leaking(password, known_hash, cost, lane):
    if known_hash is None:
        await asyncio.sleep(0.02)
    return await check(password, known_hash, cost, lane)

entering.verify_password = leaking
cli(["process", "web"])
""",
]
"""The web process with the planted leak."""


@dataclass(frozen=True)
class Interval:
    """Where the difference of two medians lies, in milliseconds."""

    middle: float
    low: float
    high: float


async def measure() -> list[Figure]:
    """Ask every question as it is, and the first once more with a leak."""
    async with AsyncExitStack() as stack:
        deployment = await stack.enter_async_context(empty())
        emails = [f"somebody-{number}@crowd.example" for number in range(_PEOPLE)]
        for email in emails:
            await deployment.register(email)
        owners = [
            await stack.enter_async_context(employer(deployment, f"owner-{number}@crowd.example", f"Harbour {number}"))
            for number in range(_OWNERS)
        ]
        host = Host([owner.cookies[SESSION_COOKIE] for owner in owners])
        with serving(deployment.settings) as server:
            return await asyncio.to_thread(_measured, deployment, server, emails, host)


@dataclass
class Host:
    """Owners who invite: each an address once, and none more than sixty a day."""

    sessions: list[str]
    invited: Counter[str] = field(default_factory=Counter[str])

    def invite(self, server: Server, email: str) -> None:
        """Invite whoever uses an address."""
        known = email.startswith("somebody-")
        chosen = self.sessions[self.invited[email if known else ""] % len(self.sessions)]
        self.invited[email if known else ""] += 1
        form = {"email": email, "role": "interviewer", "language": "en"}
        status, _ = _ask(server, "POST", "/hiring/organisation/invite", form, f"{SESSION_COOKIE}={chosen}")
        assert status == HTTPStatus.SEE_OTHER, status


def _measured(deployment: Deployment, server: Server, known: list[str], host: Host) -> list[Figure]:
    questions = {
        "signing in": _sign_in, "registering": partial(_register, _notice(server)), "asking for a reset": _reset,
        "inviting": host.invite,
    }  # fmt: skip
    figures: list[Figure] = []
    for name, ask in questions.items():
        found = _difference(server, ask, known)
        figures += [
            Figure(f"{name}: difference, farthest end of its interval", max(abs(found.low), abs(found.high)), "ms",
                   at_most=MOST),
            Figure("    difference of the medians", found.middle, "ms"),
        ]  # fmt: skip
    with serving(deployment.settings, command=LEAKING) as leaking:
        found = _difference(leaking, _sign_in, known)
    return [
        *figures,
        Figure("a leak of 20 ms: nearest end of its interval", found.low, "ms", at_least=MOST / 2),
        Figure("    difference of the medians", found.middle, "ms"),
    ]


def _difference(server: Server, ask: Callable[[Server, str], None], known: list[str]) -> Interval:
    """Ask about both kinds in turn, which first by chance; return by how much no account takes longer."""
    took: dict[bool, list[float]] = {True: [], False: []}
    chance = random.Random(2)  # noqa: S311 - in which order is nobody's secret
    for number in range(ROUNDS + _WARM_UP):
        for is_known in chance.sample([True, False], 2):
            email = known[number % len(known)] if is_known else f"{secrets.token_hex(8)}@crowd.example"
            began = time.perf_counter()
            ask(server, email)
            took[is_known].append((time.perf_counter() - began) * 1000)
    kept = {kind: times[_WARM_UP:] for kind, times in took.items()}
    middles = sorted(
        statistics.median(chance.choices(kept[False], k=ROUNDS))
        - statistics.median(chance.choices(kept[True], k=ROUNDS))
        for _ in range(_RESAMPLED)
    )
    edge = _RESAMPLED // 200
    return Interval(statistics.median(kept[False]) - statistics.median(kept[True]), middles[edge], middles[-edge - 1])


def _sign_in(server: Server, email: str) -> None:
    status, _ = _ask(server, "POST", "/sign-in", {"email": email, "password": "not the password, but a long one"})
    assert status == HTTPStatus.UNPROCESSABLE_ENTITY, status


def _register(notice: str, server: Server, email: str) -> None:
    form = {"email": email, "password": PASSWORD, "account": "yes", "notice": notice}
    status, _ = _ask(server, "POST", "/register", form)
    assert status == HTTPStatus.SEE_OTHER, status


def _reset(server: Server, email: str) -> None:
    status, _ = _ask(server, "POST", "/reset", {"email": email})
    assert status == HTTPStatus.SEE_OTHER, status


def _notice(server: Server) -> str:
    _, page = _ask(server, "GET", "/register", {})
    found = re.search(r'name="notice" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def _ask(server: Server, method: str, path: str, form: dict[str, str], cookie: str = "") -> tuple[int, str]:
    """Ask from an address that nobody else comes from: limits on one are no part of what is measured."""
    address = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
    client = HTTPSConnection("127.0.0.1", server.port, context=server.tls(), source_address=(address, 0))
    try:
        client.request(method, path, urlencode(form) or None, {**_FORM, "cookie": cookie})
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    finally:
        client.close()
