"""Probe people: registered, verified and signed in like anybody, but marked from birth."""

import hashlib
import json
import re
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID, uuid4

from upheld.features.accounts.actions import register
from upheld.features.accounts.model import Registration
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.features.trust import store
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.site import Answer, Site
from upheld.platform.services import Platform
from upheld.platform.web.cookies import SESSION_COOKIE

SAME_ORIGIN = {"sec-fetch-site": "same-origin"}
FORM = {**SAME_ORIGIN, "content-type": "application/x-www-form-urlencoded"}
"""The headers of a form that a browser sends from a page of the site."""

_SESSION = re.compile(rf"{SESSION_COOKIE}=([^;]+)")


@dataclass
class Actor:
    """A probe person, signed in, with the one cookie a browser would keep."""

    email: str
    password: str
    person: UUID
    token: str
    set_cookie: str
    site: Site

    @property
    def cookie(self) -> dict[str, str]:
        """The header that carries the session."""
        return {"cookie": f"{SESSION_COOKIE}={self.token}"}

    @property
    def secret(self) -> bytes:
        """The session's secret, as the database wants it presented."""
        payload = self.token.split(".")[1]
        return urlsafe_b64decode(json.loads(urlsafe_b64decode(payload + "=="))["sid"])

    async def open(self, path: str) -> str:
        """Open a page and return it.

        Raises:
            CannotLookError: it does not open.
        """
        answer = await self.site.ask("GET", path, self.cookie)
        self._keep(answer)
        if answer.status != HTTPStatus.OK:
            msg = f"A probe person could not go on: GET {path} answered {answer.status}."
            raise CannotLookError(msg)
        return answer.body.decode()

    async def send(self, path: str, fields: Mapping[str, str]) -> str:
        """Send a form and return where it leads.

        Raises:
            CannotLookError: it was not accepted.
        """
        return self._led(path, await self._post(path, FORM["content-type"], urlencode(fields).encode()))

    async def prove(self) -> None:
        """Show once more who they are; the session goes on under another secret.

        Raises:
            CannotLookError: it was not accepted.
        """
        form = urlencode({"own-password": self.password}).encode()
        answer = await self._post("/prove", FORM["content-type"], form)
        self._led("/prove", answer)

    async def upload(self, path: str, field: str, name: str, content: bytes) -> str:
        """Upload a file and return where it leads (RFC 7578).

        Raises:
            CannotLookError: it was not accepted.
        """
        answer = await self.offer(path, field, name, content)
        return self._led(path, answer)

    async def offer(self, path: str, field: str, name: str, content: bytes) -> Answer:
        """Upload a file and return the answer, whatever it is."""
        mark = secrets.token_hex(16)
        head = f'--{mark}\r\ncontent-disposition: form-data; name="{field}"; filename="{name}"\r\n'
        body = (
            f"{head}content-type: application/octet-stream\r\n\r\n".encode() + content + f"\r\n--{mark}--\r\n".encode()
        )
        return await self._post(path, f"multipart/form-data; boundary={mark}", body)

    async def _post(self, path: str, kind: str, body: bytes) -> Answer:
        answer = await self.site.ask("POST", path, {**self.cookie, **SAME_ORIGIN, "content-type": kind}, body)
        self._keep(answer)
        return answer

    def _keep(self, answer: Answer) -> None:
        """Keep the cookie of a session that goes on under another secret, as a browser does."""
        for said in answer.all("set-cookie"):
            if session := _SESSION.match(said):
                self.token = session[1]

    def _led(self, path: str, answer: Answer) -> str:
        if answer.status != HTTPStatus.SEE_OTHER:
            msg = f"A probe person could not go on: POST {path} answered {answer.status}."
            raise CannotLookError(msg)
        return answer.one("location")


async def enter(platform: Platform, site: Site, email: str, password: str) -> Actor:
    """Register a probe person, verify their address and sign them in."""
    person, token = await admit(platform, email, password)
    verified = await site.ask("POST", f"/verify/{token}", FORM, urlencode({"password": password}).encode())
    answer = await sign_in(site, email, password)
    if answer.status != HTTPStatus.SEE_OTHER:
        msg = f"A probe person could not sign in (verify {verified.status}, sign-in {answer.status})."
        raise CannotLookError(msg)
    return Actor(email, password, person, session_in(answer), answer.one("set-cookie"), site)


async def admit(platform: Platform, email: str, password: str) -> tuple[UUID, str]:
    """Register a probe person; return who they are, and the token of the link that verifies their address.

    The link is renewed with a token of ours, since probes are never mailed.
    """
    await register_probe(platform, email, password)
    token = secrets.token_urlsafe(32)
    async with platform.database.transaction("gate") as tx:
        person = await store.renew_link(
            tx, platform.blind_index("email", email), hashlib.sha256(token.encode()).digest()
        )
    if person is None:
        msg = "A probe person could not be registered."
        raise CannotLookError(msg)
    return person, token


async def register_probe(platform: Platform, email: str, password: str) -> None:
    """Register a probe person by the function that the page calls: the page itself makes no probes."""
    async with platform.database.transaction("gate") as tx:
        notice = await notice_in_force(tx, Kind.ACCOUNT, "en")
    asked = Registration(email, password, notice.id, reads_resumes=True, is_probe=True)
    await register(platform, asked, f"probe {uuid4()}", "upheld verify")


def another_address() -> str:
    """Return an address of this machine (RFC 1122, 3.2.1.3) that nobody else comes from: limits on it hit no one."""
    return f"127.{secrets.randbelow(250) + 3}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"


async def sign_in(site: Site, email: str, password: str) -> Answer:
    """Send the form that signs somebody in; return its answer, whatever it is."""
    return await site.ask("POST", "/sign-in", FORM, urlencode({"email": email, "password": password}).encode())


def session_in(answer: Answer) -> str:
    """Return the session that an answer to signing in carries.

    Raises:
        CannotLookError: it carries none.
    """
    session = _SESSION.match(answer.one("set-cookie"))
    if session is None:
        msg = f"A probe person could not sign in ({answer.status})."
        raise CannotLookError(msg)
    return session[1]
