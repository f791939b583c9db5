"""auth.password: what others try first, and what is made of somebody's own data, is no password here."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from upheld.features.trust.cast import hidden_in
from upheld.features.trust.people import FORM, Actor, another_address, enter
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.everything import QUERIES
from upheld.features.trust.scene import Scene

BREACHED = (
    "123456789012", "qwerty123456", "password1234", "P@ssw0rd1234", "iloveyou1234", "1q2w3e4r5t6y", "qwertyuiop[]",
    "zaq12wsxcde3", "football12345", "princess123456", "Liverpool1992", "letmein12345", "administrator",
    "manchesterunited", "trustno1trustno1", "unbelievable", "Password12345!", "111111111111",
)  # fmt: skip
"""Passwords long enough for us that stood in breaches, of each kind; not drawn from the lists we refuse by."""

FAMOUS = (
    "correct horse battery staple", "May the force be with you!", "Ithinkthereforeiam", "allyourbasearebelongtous",
)  # fmt: skip
"""Sentences that nobody would have to guess, as everybody knows them; each would be hard to guess if it were new."""

_ORGANISATION = "Lanternworks"

_Send = Callable[[str], Awaitable[int]]


@probe(
    privilege="a probe person of its own with an organisation; the role `gate`, for a link that is never mailed",
    cost="some eighty requests, each of which judges a password, and six passwords hashed or checked",
)
async def breached(scene: Scene) -> Finding:
    """Choose passwords known from breaches, and of one's own data, wherever one is chosen; then a good one."""
    name = f"{(await scene.cast()).canaries.stem}.choosing"
    someone = await enter(scene.platform, scene.site, f"{name}@probe.example", secrets.token_urlsafe(66))
    await someone.send("/organisations/new", {"name": _ORGANISATION, "website": ""})
    faults: list[str] = []
    for place, prepared in _PLACES.items():
        send = await prepared(scene, someone)
        of_theirs = [f"{name} 1234", *([] if place == "registering" else [f"{_ORGANISATION}-2026!"])]
        faults += await _tried(place, send, dict.fromkeys((*BREACHED, *FAMOUS), "known from breaches"))
        faults += await _tried(place, send, dict.fromkeys(of_theirs, "made of their own data"))
        if (status := await send(secrets.token_urlsafe(24))) != HTTPStatus.SEE_OTHER:
            faults.append(f"{place}: a strong password was answered {status}; this probe is blind")
    return judged(faults, known=len(BREACHED) + len(FAMOUS), places=list(_PLACES))


async def _tried(place: str, send: _Send, tried: dict[str, str]) -> list[str]:
    """Send every one of them; a fault for each kind of which any is not refused."""
    taken = [kind for password, kind in tried.items() if await send(password) != HTTPStatus.UNPROCESSABLE_ENTITY]
    return [f"{place}: {taken.count(kind)} passwords {kind} were not refused" for kind in dict.fromkeys(taken)]


async def _registering(scene: Scene, someone: Actor) -> _Send:
    """Register with the address of somebody who is here, so that nobody comes of it."""
    elsewhere = scene.site.seen_from(another_address())
    notice = hidden_in((await elsewhere.ask("GET", "/register")).body.decode(), "notice")

    async def send(password: str) -> int:
        form = {"email": someone.email, "password": password, "account": "yes", "notice": notice}
        return (await elsewhere.ask("POST", "/register", FORM, urlencode(form).encode())).status

    return send


async def _changing(_scene: Scene, someone: Actor) -> _Send:
    async def send(password: str) -> int:
        form = urlencode({"own-password": someone.password, "new-password": password}).encode()
        return (await someone.site.ask("POST", "/account/password", {**someone.cookie, **FORM}, form)).status

    return send


async def _choosing_another(scene: Scene, someone: Actor) -> _Send:
    """Open a link to choose another password, as if the old one were forgotten; probes are never mailed one."""
    token = secrets.token_urlsafe(32)
    async with scene.platform.database.transaction("gate") as tx:
        hashed = hashlib.sha256(token.encode()).digest()
        await tx.value(QUERIES["ask_reset"], someone.person, hashed, timedelta(minutes=10))

    async def send(password: str) -> int:
        form = urlencode({"password": password}).encode()
        return (await scene.site.ask("POST", f"/reset/link/{token}", FORM, form)).status

    return send


_PLACES: dict[str, Callable[[Scene, Actor], Awaitable[_Send]]] = {
    "registering": _registering,
    "changing it": _changing,
    "choosing another": _choosing_another,
}
"""Where a password is chosen; a change makes links worthless that are older than it."""
