"""Mail through a real SMTP server, over TLS that is verified; and one that does not take it."""

import email
import email.policy
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.support.catalog import connected
from tests.support.deployment import PASSWORD, Deployment, hidden, text_of
from tests.support.server import free_port
from upheld.main.worker import drain
from upheld.platform.mail import MailError, SmtpMail
from upheld.platform.tls import ensure_certificate

pytestmark = pytest.mark.anyio
ADA, NOBODY, HOST = "ada@example.org", UUID(int=0), "127.0.0.1"
USER, SECRET = "upheld@example.org", "the password of the mailbox"


@dataclass
class Postman:
    """What the server has taken, and what it answers instead while it takes nothing."""

    taken: list[Envelope] = field(default_factory=list[Envelope])
    instead: str = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: ARG002, N802 - its interface
        """Take a mail from whoever has signed in, or answer what was set."""
        if not session.authenticated:
            return "530 sign in first"
        if not self.instead:
            self.taken.append(envelope)
        return self.instead or "250 taken"

    def mail(self) -> EmailMessage:
        """Return the one mail there is."""
        (envelope,) = self.taken
        assert isinstance(envelope.content, bytes)
        return email.message_from_bytes(envelope.content, policy=email.policy.default)


@dataclass
class MailServer:
    """A running server: how it is reached, and who vouches for it."""

    postman: Postman
    url: str
    trusted: ssl.SSLContext

    def mailer(self, password: str = SECRET) -> SmtpMail:
        """Return what sends through it."""
        return SmtpMail(self.url, password, self.trusted)


@contextmanager
def _running(folder: Path, scheme: str, *, offers_tls: bool = True) -> Generator[MailServer]:
    authority, chain, key = ensure_certificate(folder, HOST)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(chain, key)
    at_once = scheme == "smtps"

    def knows(server: Any, session: Any, envelope: Any, mechanism: str, said: Any) -> AuthResult:  # noqa: ARG001 - its interface
        ok = isinstance(said, LoginPassword) and (said.login, said.password) == (USER.encode(), SECRET.encode())
        return AuthResult(success=ok, handled=False)  # the library answers 535; it would say nothing otherwise

    postman = Postman()
    controller = Controller(
        postman, hostname=HOST, port=free_port(), ssl_context=tls if at_once else None, authenticator=knows,
        tls_context=tls if offers_tls and not at_once else None,
        # The library means by TLS the one that is asked for; of the other it does not know.
        auth_require_tls=offers_tls and not at_once,
    )  # fmt: skip
    controller.start()
    try:
        url = f"{scheme}://{USER.replace('@', '%40')}@{HOST}:{controller.port}"
        yield MailServer(postman, url, ssl.create_default_context(cafile=str(authority)))
    finally:
        controller.stop()


@pytest.fixture(params=["smtps", "starttls"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[MailServer]:
    """Run a server that speaks TLS at once, and one that is asked to."""
    with _running(tmp_path, request.param) as running:
        yield running


async def _register(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        notice = hidden(await browser.get("/register"), "notice")
        await browser.form("/register", email=ADA, password=PASSWORD, notice=notice, account="yes")


def _a_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "no-reply@upheld.example", ADA, "आपका पता"
    mail.set_content("नमस्ते")
    return mail


async def test_the_mail_of_a_registration_arrives_as_text_and_html(deployment: Deployment, server: MailServer) -> None:
    await _register(deployment)
    await drain(deployment.platform, server.mailer())
    mail = server.postman.mail()
    assert (server.postman.taken[0].rcpt_tos, mail["to"]) == ([ADA], ADA)
    assert mail["from"] == deployment.settings.mail_from
    assert mail.get_body(("html",)) is not None
    assert "/verify/" in text_of(mail)


async def test_other_alphabets_arrive_as_they_were_written(server: MailServer) -> None:
    await server.mailer().deliver(NOBODY, _a_mail())
    mail = server.postman.mail()
    assert (mail["subject"], text_of(mail).strip()) == ("आपका पता", "नमस्ते")


@pytest.mark.parametrize("answer", ["451 try again later", "550 no such mailbox"])
async def test_what_the_server_does_not_take_waits_and_is_sent_once(
    deployment: Deployment, server: MailServer, answer: str
) -> None:
    await _register(deployment)
    server.postman.instead = answer
    await drain(deployment.platform, server.mailer())
    assert server.postman.taken == []
    server.postman.instead = ""
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        await connection.execute("update queue.pgqueuer set execute_after = now()")
    await drain(deployment.platform, server.mailer())
    assert "/verify/" in text_of(server.postman.mail())
    await drain(deployment.platform, server.mailer())
    assert len(server.postman.taken) == 1


async def test_a_wrong_password_is_a_mail_that_was_not_taken(server: MailServer) -> None:
    with pytest.raises(MailError):
        await server.mailer("not the password").deliver(NOBODY, _a_mail())
    assert server.postman.taken == []


async def test_a_server_that_nobody_vouches_for_is_told_nothing(server: MailServer) -> None:
    with pytest.raises(MailError):
        await SmtpMail(server.url, SECRET).deliver(NOBODY, _a_mail())
    assert server.postman.taken == []


async def test_where_tls_was_taken_out_of_the_offer_nothing_is_sent(tmp_path: Path) -> None:
    with _running(tmp_path, "starttls", offers_tls=False) as stripped:
        with pytest.raises(MailError):
            await stripped.mailer().deliver(NOBODY, _a_mail())
        assert stripped.postman.taken == []


@pytest.mark.parametrize("url", ["smtp://mail.example.org:25", "smtps:", "mail.example.org", ""])
def test_what_is_no_way_over_tls_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(MailError, match="starttls://user@host"):
        SmtpMail(url, SECRET)
