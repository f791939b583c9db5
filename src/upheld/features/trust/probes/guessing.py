"""auth.ratelimit: whoever guesses has to wait, and learns nothing from the answers.

Bursts are bounded, go to probe accounts or to addresses that nobody has, and come from
addresses of this machine that nobody else uses: what they spend keeps no one else out. Each
request has a connection of its own, so that they spread over the processes that serve.
"""

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from upheld.features.accounts.actions import (
    FAILURES_PER_ADDRESS,
    PROOFS_PER_ACCOUNT,
    REGISTER_PER_MAILBOX,
    SIGN_IN_PER_ACCOUNT,
)
from upheld.features.trust.cast import Cast, hidden_in
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.people import FORM, another_address, sign_in
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.sessions import gathered
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer
from upheld.platform.limits import Limit

_WRONG = "not the password, but a long one"
_MORE = 4
"""By how many tries a burst goes beyond what is allowed."""

Try = Callable[[int], Awaitable[Answer]]


@dataclass
class Burst:
    """Many tries at the same thing, and what was answered."""

    what: str
    limit: Limit
    waits: list[str] = field(default_factory=list[str])
    let_through: int = 0

    async def go(self, scene: Scene, attempt: Try) -> None:
        """Try as often as is allowed, and a little more; once again when the time of the limit began anew meanwhile."""
        for _ in range(2):
            began, self.let_through = self._window(scene), 0
            numbers = range(self.limit.at_most + _MORE)
            await gathered((lambda n=n: self._once(attempt, n)) for n in numbers)
            if self.waits or self._window(scene) == began:
                return

    async def _once(self, attempt: Try, number: int) -> list[str]:
        answer = await attempt(number)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self.waits.append(answer.one("retry-after"))
        else:
            self.let_through += 1
        return []

    def _window(self, scene: Scene) -> int:
        return int(scene.platform.clock.now().timestamp() // self.limit.per.total_seconds())

    @property
    def faults(self) -> list[str]:
        """What is wrong with the answers."""
        longest = self.limit.per.total_seconds()
        if not self.waits:
            return [f"{self.what}: {self.let_through} tries, and none was asked to wait"]
        if all(re.fullmatch(r"\d+", wait) and 0 < int(wait) <= longest for wait in self.waits):
            return []
        return [f"{self.what}: a refused try is not told how long to wait"]


@probe(
    privilege="sessions of probe people; asks from other addresses of this machine",
    cost="some fifty requests, in which some thirty-five passwords are checked",
)
async def burst(scene: Scene) -> Finding:
    """Guess, a little more often than is allowed, in each way there is: the last guesses are told to wait."""
    cast = await scene.cast()
    ways = _ways(scene, cast)
    try:
        for one, attempt in ways:
            await one.go(scene, attempt)
    except OSError as error:
        msg = f"The deployment does not answer to another address of this machine ({error.strerror})."
        raise CannotLookError(msg) from error
    return judged(
        [fault for one, _ in ways for fault in one.faults],
        tries={one.what: {"let through": one.let_through, "told to wait": len(one.waits)} for one, _ in ways},
        processes=scene.settings.workers,
    )


def _ways(scene: Scene, cast: Cast) -> list[tuple[Burst, Try]]:
    site, stem, one_place = scene.site, cast.canaries.stem, another_address()

    async def guess_at_account(_: int) -> Answer:
        return await sign_in(site.seen_from(another_address()), cast.employer.email, _WRONG)

    async def guess_from_one_place(number: int) -> Answer:
        return await sign_in(site.seen_from(one_place), f"{stem}.{number}@probe.example", _WRONG)

    async def register(_: int) -> Answer:
        place = site.seen_from(another_address())
        page = (await place.ask("GET", "/register")).body.decode()
        # The address is taken by a probe, so that nobody comes of it.
        form = {"email": cast.employer.email, "password": _WRONG, "account": "yes", "notice": hidden_in(page, "notice")}
        return await place.ask("POST", "/register", FORM, urlencode(form).encode())

    async def prove(_: int) -> Answer:
        body = urlencode({"password": _WRONG}).encode()
        return await site.ask("POST", "/privacy/export", {**cast.employer.cookie, **FORM}, body)

    return [
        (Burst("guessing the password of one account, from many addresses", SIGN_IN_PER_ACCOUNT), guess_at_account),
        (
            Burst("guessing the passwords of many accounts, from one address", FAILURES_PER_ADDRESS),
            guess_from_one_place,
        ),
        (Burst("registering one address again and again", REGISTER_PER_MAILBOX), register),
        (Burst("guessing the password where somebody is signed in", PROOFS_PER_ACCOUNT), prove),
    ]


_MOST_PAIRS = 5
_CLEARLY = timedelta(milliseconds=20)
_TIMES = 2


@probe(privilege="asks from other addresses of this machine", cost="two to ten passwords checked")
async def silence(scene: Scene) -> Finding:
    """Sign in with a wrong password where there is an account and where there is none: same answer, same time."""
    cast = await scene.cast()
    emails = {"an account": cast.stranger.email, "no account": f"{cast.canaries.stem}.nobody@probe.example"}
    times: dict[str, list[float]] = {who: [] for who in emails}
    answers: dict[str, set[tuple[object, ...]]] = {who: set() for who in emails}
    # Whatever else the machine does only adds time: the quickest of several answers tells.
    for _ in range(_MOST_PAIRS):
        for who, email in emails.items():
            began = time.monotonic()
            answer = await sign_in(scene.site.seen_from(another_address()), email, _WRONG)
            times[who].append(time.monotonic() - began)
            answers[who].add(_said(answer, email))
        quick, slow = sorted(min(found) for found in times.values())
        if slow - quick < _CLEARLY.total_seconds() or slow < _TIMES * quick:
            break
    else:
        return judged(["the time of an answer tells whether there is an account"], times=_quickest(times))
    differ = answers["an account"] != answers["no account"]
    return judged(["an answer tells whether there is an account"] if differ else [], times=_quickest(times))


def _said(answer: Answer, email: str) -> tuple[object, ...]:
    """Return what an answer says, but for the typed address, which it repeats, and the date."""
    headers = sorted((name.lower(), value) for name, value in answer.headers if name.lower() != "date")
    names_only = [name if name == "content-length" else (name, value) for name, value in headers]
    return answer.status, tuple(names_only), answer.body.replace(email.encode(), b"")


def _quickest(times: dict[str, list[float]]) -> dict[str, int]:
    """Return the quickest answer of each kind, in milliseconds."""
    return {who: round(1000 * min(found)) for who, found in times.items()}
