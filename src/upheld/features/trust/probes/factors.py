"""auth.strong: a probe person with an app, recovery codes and a passkey, and whoever would pass them by.

The codes (RFC 6238) and the passkey are made here, independently of what checks them.
"""

import hmac
import json
import re
import struct
import time
from base64 import b32decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha1
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from upheld.features.trust.authenticator import Authenticator, Bent
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.people import FORM, Actor, enter, sign_in
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer, Site
from upheld.platform.web.cookies import HALF_OPEN_COOKIE, SESSION_COOKIE

_PASSWORD = "only one of the two that it takes to get in"  # noqa: S105 - a probe person's
_STEP = 30

BENT = {
    "from another site": Bent(origin="https://evil.example"),
    "for another site": Bent(site="evil.example"),
    "by a device that was not unlocked": Bent(unlocked=False),
    "inside another site's page": Bent(framed=True),
    "by a copy of the device": Bent(count=1),
}
"""What an answer of a passkey can be that is not quite one."""


@dataclass
class Browser:
    """A browser that keeps its cookies."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    async def send(self, path: str, fields: Mapping[str, str] | None = None) -> Answer:
        """Send a form."""
        return self.keep(await self.site.ask("POST", path, {**FORM, **self._cookie}, urlencode(fields or {}).encode()))

    async def open(self, path: str) -> Answer:
        """Open a page."""
        return self.keep(await self.site.ask("GET", path, self._cookie))

    async def told(self, path: str) -> dict[str, Any]:
        """Ask what a passkey is to be asked."""
        answer = await self.send(path)
        if answer.status != HTTPStatus.OK:
            msg = f"A probe person could not go on: POST {path} answered {answer.status}."
            raise CannotLookError(msg)
        return json.loads(answer.body)

    async def is_in(self) -> bool:
        """Whether a private page opens."""
        return (await self.open("/profile")).status == HTTPStatus.OK

    @property
    def _cookie(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def keep(self, answer: Answer) -> Answer:
        """Take the cookies that an answer sets; return the answer."""
        for set_cookie in answer.all("set-cookie"):
            name, _, value = set_cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer


@probe(
    privilege="a probe person of its own, with their password and factors",
    cost="some forty requests, in which three passwords are checked",
)
async def factors(scene: Scene) -> Finding:
    """Set up each factor, get in with it, and try to get in without it, or with what was used before."""
    stem = (await scene.cast()).canaries.stem
    someone = await enter(scene.platform, scene.site, f"{stem}.factors@probe.example", _PASSWORD)
    browser = Browser(scene.site, {SESSION_COOKIE: someone.token})
    used, codes = await set_up_app(browser)
    faults = await _without_the_factor(scene, someone)
    faults += await _codes_again(scene, someone, used, codes)
    key = Authenticator(scene.settings.address, urlsplit(scene.settings.address).hostname or "")
    faults += await _keep_passkey(browser, key)
    faults += await _passkeys_bent(scene, key)
    return judged(faults, recovery_codes=len(codes), answers_refused=[*BENT, "given before", "given elsewhere"])


async def set_up_app(browser: Browser) -> tuple[str, list[str]]:
    """Set up an app; return the code that it took, and the recovery codes."""
    await browser.send("/account/security/app")
    shown = re.search(
        r">([A-Z2-7]{4}(?: [A-Z2-7]{4}){7})<", (await browser.open("/account/security/app")).body.decode()
    )
    if shown is None:
        msg = "A probe person could not go on: no secret is shown for an app."
        raise CannotLookError(msg)
    code = _code(shown[1].replace(" ", ""))
    answer = await browser.send("/account/security/app/confirm", {"code": code})
    codes = re.findall(r"<code>([0-9a-z]{4}(?:-[0-9a-z]{4}){5})</code>", answer.body.decode())
    if not codes:
        msg = f"A probe person could not go on: no recovery codes came with an app ({answer.status})."
        raise CannotLookError(msg)
    return code, codes


async def half_way(scene: Scene, someone: Actor) -> Browser:
    """Enter the password, and stand before the second factor."""
    browser = Browser(scene.site)
    browser.keep(await sign_in(scene.site, someone.email, someone.password))
    return browser


async def _without_the_factor(scene: Scene, someone: Actor) -> list[str]:
    """Enter the password, and take everything that comes of it to a private page."""
    browser = await half_way(scene, someone)
    faults = ["the password alone opens a session"] if SESSION_COOKIE in browser.cookies else []
    if await browser.is_in():
        faults.append("the password alone opens private pages")
    browser.cookies[SESSION_COOKIE] = browser.cookies.get(HALF_OPEN_COOKIE, "")
    if await browser.is_in():
        faults.append("a sign-in that waits for its factor passes for a session")
    return faults


async def _codes_again(scene: Scene, someone: Actor, used: str, codes: list[str]) -> list[str]:
    faults: list[str] = []
    if await _lets_in(scene, someone, code=used):
        faults.append("a code of the app is taken a second time")
    recovery = {"by": "recovery-code", "code": codes[0]}
    if not await _lets_in(scene, someone, **recovery):
        faults.append("a recovery code does not let its person in: this probe is blind")
    if await _lets_in(scene, someone, **recovery):
        faults.append("a recovery code is taken a second time")
    return faults


async def _lets_in(scene: Scene, someone: Actor, **shown: str) -> bool:
    browser = await half_way(scene, someone)
    await browser.send("/sign-in/second-factor", shown)
    return await browser.is_in()


async def _keep_passkey(browser: Browser, key: Authenticator) -> list[str]:
    told = await browser.told("/account/security/passkeys/question")
    faults: list[str] = []
    wrong = key.register(told, Bent(origin="https://evil.example"))
    if (await browser.send("/account/security/passkeys/new", {"name": "P", "answer": wrong})).status == HTTPStatus.OK:
        faults.append("a passkey made for another site is kept")
    told = await browser.told("/account/security/passkeys/question")
    kept = await browser.send("/account/security/passkeys/new", {"name": "P", "answer": key.register(told)})
    return faults if kept.status == HTTPStatus.OK else [*faults, f"a passkey is not kept ({kept.status})"]


async def _passkeys_bent(scene: Scene, key: Authenticator) -> list[str]:
    honest = Browser(scene.site)
    said = key.answer(await honest.told("/sign-in/passkey/question"))
    waiting = honest.cookies[HALF_OPEN_COOKIE]
    await honest.send("/sign-in/passkey", {"answer": said})
    faults = [] if await honest.is_in() else ["a passkey does not let its person in: this probe is blind"]
    thief = Browser(scene.site, {HALF_OPEN_COOKIE: waiting})
    await thief.send("/sign-in/passkey", {"answer": said})
    if await thief.is_in():
        faults.append("an answer of a passkey that was given before lets somebody in")
    asked, elsewhere = Browser(scene.site), Browser(scene.site)
    await elsewhere.told("/sign-in/passkey/question")
    await elsewhere.send("/sign-in/passkey", {"answer": key.answer(await asked.told("/sign-in/passkey/question"))})
    if await elsewhere.is_in():
        faults.append("an answer to one browser's question lets another browser in")
    for what, bent in BENT.items():
        browser = Browser(scene.site)
        told = await browser.told("/sign-in/passkey/question")
        await browser.send("/sign-in/passkey", {"answer": key.answer(told, bent)})
        faults += [f"an answer given {what} lets somebody in"] if await browser.is_in() else []
    return faults


def _code(secret: str) -> str:
    """Return the code of now (RFC 6238 and RFC 4226, 5.3)."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", int(time.time()) // _STEP), sha1)
    start = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"
