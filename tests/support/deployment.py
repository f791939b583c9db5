"""A deployment inside the test's own process: the real application on a real database."""

import email
import email.policy
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import asyncpg
import httpx

from tests.support.cluster import Cluster
from upheld.features.consents.actions import publish_notices
from upheld.main.web import create_app
from upheld.main.worker import drain
from upheld.platform.install import url
from upheld.platform.mail import FolderMail
from upheld.platform.services import Platform, open_platform
from upheld.platform.settings import Settings
from upheld.platform.web.cookies import SESSION_COOKIE, read_session

PASSWORD = "seven green lanterns"
ROLES = ("web", "gate", "worker", "maintenance", "auditor")


class Browser(httpx.AsyncClient):
    """A person's browser: keeps cookies, says that its requests are same-origin, follows redirects."""

    async def form(self, path: str, **fields: str) -> httpx.Response:
        """Send a form."""
        return await self.post(path, data=fields)


def text_of(mail: EmailMessage) -> str:
    """Return what a mail says to a program that shows text alone."""
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content()


@dataclass(frozen=True)
class Deployment:
    """A deployment under test."""

    settings: Settings
    platform: Platform
    app: Any
    cluster: Cluster

    def browser(self, client: str = "192.0.2.7") -> Browser:
        """Return a fresh browser that talks to the application, from an address."""
        return Browser(
            transport=httpx.ASGITransport(app=self.app, client=(client, 50000)),
            base_url=self.settings.address,
            follow_redirects=True,
            headers={"sec-fetch-site": "same-origin", "user-agent": "tests"},
        )

    async def work(self) -> None:
        """Do the background work that is due."""
        await drain(self.platform, FolderMail(self.settings.var / "mail"))

    def mails(self, address: str) -> list[EmailMessage]:
        """Return the mails sent to an address, oldest first."""
        found = sorted((self.settings.var / "mail").glob("*/*.eml"), key=lambda path: path.name)
        mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]
        return [mail for mail in mails if mail["to"] == address]

    async def register(self, address: str, *, reads_resumes: bool = True, password: str = PASSWORD) -> None:
        """Register a person and verify their address, through the pages."""
        async with self.browser() as browser:
            page = await browser.get("/register")
            consents = {"account": "yes", **({"resume-reading": "yes"} if reads_resumes else {})}
            await browser.form("/register", email=address, password=password, notice=hidden(page, "notice"), **consents)
            await self.work()
            link = re.search(r"/verify/[\w-]+", text_of(self.mails(address)[-1]))
            assert link is not None
            answer = await browser.form(link[0], password=password)
            assert answer.status_code == httpx.codes.OK, answer.text

    @asynccontextmanager
    async def signed_in(self, address: str, password: str = PASSWORD) -> AsyncGenerator[Browser]:
        """Yield a browser in which a registered person is signed in."""
        async with self.browser() as browser:
            answer = await browser.post(
                "/sign-in", data={"email": address, "password": password}, follow_redirects=False
            )
            assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
            yield browser

    @asynccontextmanager
    async def person(self, address: str) -> AsyncGenerator[Browser]:
        """Register a person and yield the browser in which they are signed in."""
        await self.register(address)
        async with self.signed_in(address) as browser:
            yield browser

    def secret_of(self, browser: Browser) -> bytes:
        """Return the secret of the session that is signed in to a browser."""
        secret = read_session(self.platform.keys.platform_key("cookie"), browser.cookies[SESSION_COOKIE])
        assert secret is not None
        return secret

    async def proofs_grow_old(self) -> None:
        """Let everybody's last proof of who they are be eleven minutes ago."""
        admin = await self.administrator()
        try:
            await admin.execute("update upheld.sessions set proven_at = upheld.clock_now() - interval '11 minutes'")
        finally:
            await admin.close()

    @asynccontextmanager
    async def connected(self, role: str) -> AsyncGenerator[Any]:
        """Yield a bare connection of a login role to the data: without our door, as injected SQL would have it."""
        connection = await asyncpg.connect(url(self.settings.database, role, self.settings.secret(role)))
        try:
            yield connection
        finally:
            await connection.close()

    async def administrator(self) -> Any:
        """Connect to the data as the cluster's administrator; the caller closes it."""
        name = re.search(r"/(\w+)\?", self.settings.database)
        assert name is not None
        return await asyncpg.connect(self.cluster.administrator.format(database=name[1]))


@asynccontextmanager
async def deployed(cluster: Cluster, **chosen: Any) -> AsyncGenerator[Deployment]:
    """Cut a deployment from the cluster and open it in this process."""
    settings = await cluster.deploy(**chosen)
    async with open_platform(settings, ROLES) as platform:
        await publish_notices(platform)
        yield Deployment(settings, platform, create_app(platform), cluster)


def hidden(page: httpx.Response, name: str) -> str:
    """Return the value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, f"no field {name} on {page.url}"
    return found[1]
