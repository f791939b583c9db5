"""Mail: through any SMTP server, or into a folder that the demo shows as an outbox."""

import asyncio
import datetime as dt
import shutil
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from upheld.kit.errors import UnavailableError
from upheld.platform.settings import Settings


class MailError(UnavailableError):
    """The mail server did not take the mail; it is tried again."""

    code = "mail"


class Mailer(Protocol):
    """Delivers mails."""

    async def deliver(self, person: UUID, message: EmailMessage) -> None:
        """Hand a mail over.

        Raises:
            MailError: it was not taken.
        """
        ...

    async def forget(self, person: UUID) -> int:
        """Remove whatever copies are kept of a person's mails; return how many there were."""
        ...


class FolderMail:
    """Writes mails to `folder/<person>/`, one file each; for the demo and for tests."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made with the first mail."""
        self.folder = folder

    async def deliver(self, person: UUID, message: EmailMessage) -> None:
        """Write a mail down."""
        home = self.folder / str(person)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}.eml"
        (home / name).write_bytes(message.as_bytes(policy=SMTP))

    async def forget(self, person: UUID) -> int:
        """Remove a person's folder."""
        home = self.folder / str(person)
        kept = len(list(home.glob("*.eml"))) if home.exists() else 0
        shutil.rmtree(home, ignore_errors=True)
        return kept


_PORTS = {"smtps": 465, "starttls": 587}
"""The two ways to TLS and their usual ports (RFC 8314, 3.3; RFC 6409): from the first byte, or asked for."""


class SmtpMail:
    """Sends mails through an SMTP server, over verified TLS."""

    def __init__(self, url: str, password: str, context: ssl.SSLContext | None = None) -> None:
        """Take `smtps://user@host:port`, or `starttls://` for a server that begins without TLS, and the password.

        Raises:
            MailError: the URL is neither.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or parts.hostname is None:
            msg = "UPHELD_MAIL must be smtps://user@host or starttls://user@host; mail leaves over verified TLS only."
            raise MailError(msg)
        self._is_tls_at_once = parts.scheme == "smtps"
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), password
        self._context = context or ssl.create_default_context()

    async def deliver(self, person: UUID, message: EmailMessage) -> None:  # noqa: ARG002 - the folder needs the person
        """Send a mail."""
        await asyncio.to_thread(self._send, message)

    async def forget(self, person: UUID) -> int:  # noqa: ARG002 - nothing is kept
        """Keep nothing: what was sent lies in the person's own mailbox."""
        return 0

    def _send(self, message: EmailMessage) -> None:
        try:
            with self._reached() as server:
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise MailError from error

    def _reached(self) -> smtplib.SMTP:
        """Connect; a server that offers no TLS, or whose TLS somebody took out on the way, is not spoken to."""
        if self._is_tls_at_once:
            return smtplib.SMTP_SSL(self._host, self._port, context=self._context, timeout=30)
        server = smtplib.SMTP(self._host, self._port, timeout=30)
        try:
            server.starttls(context=self._context)
        except BaseException:
            server.close()
            raise
        return server


def open_mailer(settings: Settings) -> Mailer:
    """Return the mailer that the settings name."""
    if not settings.mail:
        return FolderMail(settings.var / "mail")
    named_user = urlsplit(settings.mail).username
    return SmtpMail(settings.mail, settings.secret("smtp") if named_user else "")
