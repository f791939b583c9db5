"""What people do with factors, through the pages."""

import re
import time
from dataclasses import dataclass, field

import httpx
from pyotp.totp import TOTP

from tests.support.deployment import PASSWORD, Browser
from upheld.features.trust.authenticator import HONEST, Authenticator, Bent

STEP = 30


@dataclass
class Phone:
    """An app that shows codes, as its owner uses it: never the same code twice."""

    secret: str
    last: int = 0
    used: list[str] = field(default_factory=list[str])

    def code(self) -> str:
        """Return the code of now, or the next one where that was used."""
        self.last = max(self.last + 1, int(time.time()) // STEP)
        self.used.append(self.of(self.last))
        return self.used[-1]

    def of(self, step: int) -> str:
        """Return the code of any step of time."""
        return TOTP(self.secret).generate_otp(step)


async def sets_up_an_app(browser: Browser) -> tuple[Phone, list[str]]:
    """Set up an app with the secret that the page shows; return the phone and the recovery codes."""
    page = await browser.post("/account/security/app")
    found = re.search(r"data-copied=[^>]*>([A-Z2-7 ]+)</code>", page.text)
    assert found is not None, page.text
    phone = Phone(found[1].replace(" ", ""))
    answer = await browser.form("/account/security/app/confirm", code=phone.code())
    assert answer.status_code == httpx.codes.OK, answer.text
    return phone, codes_on(answer)


async def signs_in(browser: Browser, address: str, **more: str) -> httpx.Response:
    """Send the form that signs in, and follow where it leads."""
    return await browser.form("/sign-in", email=address, password=PASSWORD, **more)


def codes_on(page: httpx.Response) -> list[str]:
    """Return the recovery codes that a page shows."""
    return re.findall(r"<code>([0-9a-z]{4}(?:-[0-9a-z]{4}){5})</code>", page.text)


def device(browser: Browser) -> Authenticator:
    """Return a device with one passkey for the site that a browser talks to."""
    origin = str(browser.base_url).rstrip("/")
    return Authenticator(origin, httpx.URL(origin).host)


async def adds_a_passkey(browser: Browser, key: Authenticator, name: str = "My phone") -> httpx.Response:
    """Have a device make a passkey, and keep it under a name."""
    told = await browser.post("/account/security/passkeys/question")
    return await browser.form("/account/security/passkeys/new", answer=key.register(told.json()), name=name)


async def answers(browser: Browser, key: Authenticator, bent: Bent = HONEST) -> httpx.Response:
    """Sign in with a passkey alone."""
    told = await browser.post("/sign-in/passkey/question")
    return await browser.form("/sign-in/passkey", answer=key.answer(told.json(), bent))
