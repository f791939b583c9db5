"""auth.ratelimit: nobody learns from an answer, or from how long it takes, whether an address has an account."""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from upheld.features.trust.cast import hidden_in
from upheld.features.trust.people import FORM, SAME_ORIGIN, admit, another_address, register_probe, sign_in
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.guessing import WRONG
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer

_MOST_ROUNDS = 4
_CLEARLY = timedelta(milliseconds=20)
_TIMES = 2

_ACCOUNT = "whether there is an account"

Ask = Callable[[], Awaitable[object]]


@dataclass
class Question:
    """One thing that is asked about several addresses, and must be answered alike."""

    what: str
    asks: Mapping[str, Ask]
    tells: str = _ACCOUNT
    times: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    answers: dict[str, set[object]] = field(default_factory=dict[str, set[object]])

    async def put(self) -> list[str]:
        """Ask about each, again until the times are alike; return what could be learnt."""
        for _ in range(_MOST_ROUNDS):
            for who, ask in self.asks.items():
                began = time.monotonic()
                self.answers.setdefault(who, set()).add(await ask())
                self.times.setdefault(who, []).append(time.monotonic() - began)
            if self._is_alike():
                break
        faults = [] if self._is_alike() else [f"{self.what}: the time of an answer tells {self.tells}"]
        if len(set(map(frozenset, self.answers.values()))) > 1:
            faults.append(f"{self.what}: an answer tells {self.tells}")
        return faults

    def _is_alike(self) -> bool:
        # Whatever else the machine does only adds time: the quickest of several answers tells.
        quickest = sorted(min(found) for found in self.times.values())
        return quickest[-1] - quickest[0] < _CLEARLY.total_seconds() or quickest[-1] < _TIMES * quickest[0]

    @property
    def milliseconds(self) -> dict[str, int]:
        """The quickest answer about each."""
        return {who: round(1000 * min(found)) for who, found in self.times.items()}


@probe(
    privilege="makes probe people; asks from other addresses of this machine",
    cost="eleven to forty passwords checked or hashed, six to twenty requests",
)
async def silence(scene: Scene) -> Finding:
    """Sign in, register and verify where there is an account, a new one, and none: same answer, same time."""
    await scene.cast()  # removes whoever is made here
    stem, password = secrets.token_hex(8), secrets.token_urlsafe(24)
    emails = {
        "an account": f"{stem}.known@probe.example",
        "an account that is not verified": f"{stem}.new@probe.example",
        "no account": f"{stem}.nobody@probe.example",
    }
    _, used = await admit(scene.platform, emails["an account"], password)
    await scene.site.ask("POST", f"/verify/{used}", FORM, urlencode({"password": password}).encode())
    await admit(scene.platform, emails["an account that is not verified"], password)
    questions = [
        _signing_in(scene, emails),
        await _registering(scene, emails),
        _registering_inside(scene, stem, password),
        _verifying(scene, used),
    ]
    faults = [fault for question in questions for fault in await question.put()]
    return judged(faults, milliseconds={question.what: question.milliseconds for question in questions})


def _signing_in(scene: Scene, emails: Mapping[str, str]) -> Question:
    async def ask(email: str) -> object:
        return _said(await sign_in(scene.site.seen_from(another_address()), email, WRONG), email)

    return Question("signing in with a wrong password", {who: _about(ask, email) for who, email in emails.items()})


async def _registering(scene: Scene, emails: Mapping[str, str]) -> Question:
    """Register addresses that are taken: whoever is new here on a page would be no probe."""
    notice = hidden_in((await scene.site.ask("GET", "/register")).body.decode(), "notice")

    async def ask(email: str) -> object:
        form = {"email": email, "password": WRONG, "account": "yes", "notice": notice}
        place = scene.site.seen_from(another_address())
        return _said(await place.ask("POST", "/register", FORM, urlencode(form).encode()), email)

    taken = {who: email for who, email in emails.items() if who != "no account"}
    return Question("registering", {who: _about(ask, email) for who, email in taken.items()})


def _registering_inside(scene: Scene, stem: str, password: str) -> Question:
    """Register a new probe person, and then the same again, by the function that the page calls."""
    rounds: list[str] = []

    async def new() -> object:
        rounds.append(f"{stem}.{len(rounds)}@probe.example")
        return await register_probe(scene.platform, rounds[-1], password)

    async def again() -> object:
        return await register_probe(scene.platform, rounds[-1], password)

    return Question("registering, without the page", {"no account": new, "an account that is not verified": again})


def _verifying(scene: Scene, used: str) -> Question:
    async def ask(token: str) -> object:
        answer = await scene.site.seen_from(another_address()).ask("POST", f"/verify/{token}", SAME_ORIGIN)
        return _said(answer, token)

    links = {"a link that was used": used, "a link that never was": secrets.token_urlsafe(32)}
    asks = {which: _about(ask, token) for which, token in links.items()}
    return Question("verifying an address", asks, "whether there was such a link")


def _about(ask: Callable[[str], Awaitable[object]], about: str) -> Ask:
    return lambda: ask(about)


def _said(answer: Answer, about: str) -> tuple[int, Sequence[object], bytes]:
    """Return what an answer says, but for what was typed, which it repeats, and the date."""
    headers = sorted((name.lower(), value) for name, value in answer.headers if name.lower() != "date")
    names_only = [name if name == "content-length" else (name, value) for name, value in headers]
    return answer.status, tuple(names_only), answer.body.replace(about.encode(), b"")
