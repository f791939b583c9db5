"""auth.ratelimit: whoever guesses has to wait, however many processes the guesses are spread over.

Most of what a limit allows is spent by this process, as another machine of the deployment
would; the last few tries go over the network, each on a connection of its own. They go to
probe accounts or to addresses that nobody has, and come from addresses of this machine that
nobody else uses: what they spend keeps no one else out.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode

from upheld.features.trust.cast import Cast, hidden_in
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.people import FORM, another_address, sign_in
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.sessions import gathered
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer, Site
from upheld.platform.limits import Limit, count
from upheld.platform.limits.rules import (
    FAILURES_PER_ADDRESS,
    PROOFS_PER_ACCOUNT,
    REGISTER_PER_ADDRESS,
    REGISTER_PER_MAILBOX,
    SIGN_IN_PER_ACCOUNT,
)

WRONG = "not the password, but a long one"
_LEFT, _MORE = 2, 4
"""How many tries a burst leaves itself, and by how many it then goes beyond what is allowed."""

Try = Callable[[int], Awaitable[Answer]]


@dataclass
class Burst:
    """Many tries at the same thing, and what was answered."""

    what: str
    limit: Limit
    subject: str
    waits: list[str] = field(default_factory=list[str])
    let_through: int = 0

    async def go(self, scene: Scene, attempt: Try) -> None:
        """Try a little more often than is left."""
        await self._spend(scene)
        await gathered((lambda n=n: self._once(attempt, n)) for n in range(_LEFT + _MORE))

    async def _spend(self, scene: Scene) -> None:
        """Count tries in this process, which shares nothing with those that serve but the store of the counts."""
        async with scene.platform.database.attempt() as tx:
            for _ in range(self.limit.at_most - _LEFT):
                await count(tx, scene.platform, self.limit, self.subject)

    async def _once(self, attempt: Try, number: int) -> list[str]:
        answer = await attempt(number)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self.waits.append(answer.one("retry-after"))
        else:
            self.let_through += 1
        return []

    @property
    def faults(self) -> list[str]:
        """What is wrong with the answers."""
        longest = self.limit.per.total_seconds()
        if not self.waits:
            spent, tries = self.limit.at_most - _LEFT, self.let_through
            return [f"{self.what}: {tries} tries after {spent} in another process, and none was asked to wait"]
        if all(re.fullmatch(r"\d+", wait) and 0 < int(wait) <= longest for wait in self.waits):
            return []
        return [f"{self.what}: a refused try is not told how long to wait"]


@probe(
    privilege="the role `gate`, to count tries; sessions of probe people; asks from other addresses of this machine",
    cost="some forty requests, in which some twelve passwords are checked",
)
async def burst(scene: Scene) -> Finding:
    """Guess, in each way there is, a little more often than what others have left: the last are told to wait."""
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
    site, stem, one_place, another_place = scene.site, cast.canaries.stem, another_address(), another_address()
    employer = cast.employer

    async def guess_at_account(_: int) -> Answer:
        return await sign_in(site.seen_from(another_address()), employer.email, WRONG)

    async def guess_from_one_place(number: int) -> Answer:
        return await sign_in(site.seen_from(one_place), f"{stem}.{number}@probe.example", WRONG)

    async def register_mailbox(_: int) -> Answer:
        return await register_again(site.seen_from(another_address()), employer.email)

    async def register_from_one_place(number: int) -> Answer:
        # Two mailboxes in turn, so that neither has a limit of its own to reach.
        someone = (cast.candidate, cast.stranger)[number % 2]
        return await register_again(site.seen_from(another_place), someone.email)

    async def prove(_: int) -> Answer:
        body = urlencode({"own-password": WRONG}).encode()
        return await site.ask("POST", "/prove", {**employer.cookie, **FORM}, body)

    return [
        (
            Burst("guessing the password of one account, from many addresses", SIGN_IN_PER_ACCOUNT, employer.email),
            guess_at_account,
        ),
        (
            Burst("guessing the passwords of many accounts, from one address", FAILURES_PER_ADDRESS, one_place),
            guess_from_one_place,
        ),
        (Burst("registering one address again and again", REGISTER_PER_MAILBOX, employer.email), register_mailbox),
        (Burst("registering from one address", REGISTER_PER_ADDRESS, another_place), register_from_one_place),
        (
            Burst("guessing the password where somebody is signed in", PROOFS_PER_ACCOUNT, str(employer.person)),
            prove,
        ),
    ]


async def register_again(site: Site, email: str) -> Answer:
    """Register an address that a probe has taken already, so that nobody comes of it."""
    page = (await site.ask("GET", "/register")).body.decode()
    form = {"email": email, "password": WRONG, "account": "yes", "notice": hidden_in(page, "notice")}
    return await site.ask("POST", "/register", FORM, urlencode(form).encode())
