"""A client that looks at the edge as the network does: every header counts, nothing is followed.

Small on purpose, and independent of the server's own code. It can speak a WebSocket
handshake and send what no browser would.
"""

import asyncio
import http.client
import socket
import ssl
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from upheld.features.trust.errors import CannotLookError
from upheld.platform.settings import Settings

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str:
        """Return the value of a header, or nothing."""
        return next(iter(self.all(name)), "")


class Site(Protocol):
    """Something that answers requests."""

    async def ask(self, method: str, path: str, headers: Headers | None = None, body: bytes = b"") -> Answer:
        """Send one request on a connection of its own; redirects are not followed."""
        ...

    async def knock(self, path: str, headers: Headers | None = None) -> Answer:
        """Try to open a WebSocket; return the answer to the handshake."""
        ...

    def seen_from(self, address: str) -> "Site":
        """Return the same site, to be asked from another address of this machine (127.0.0.0/8)."""
        ...


class NetworkSite:
    """A deployment's own listener, over TLS that is verified, or its plain one."""

    def __init__(self, listen: str, address: str, trusted: ssl.SSLContext | None) -> None:
        """Take `host:port` to connect to, the public address, and whom to trust; None is plain HTTP."""
        host, port = listen.rsplit(":", 1)
        self._at = (host, int(port))
        self._name = urlsplit(address).hostname or host
        self._host = urlsplit(address).netloc
        self._trusted = trusted
        self._from: tuple[str, int] | None = None

    def seen_from(self, address: str) -> "NetworkSite":
        """Return the same site, asked from another address of this machine."""
        other = copy(self)
        other._from = (address, 0)  # noqa: SLF001 - a copy of ourselves
        return other

    async def ask(self, method: str, path: str, headers: Headers | None = None, body: bytes = b"") -> Answer:
        """Send one request on a connection of its own."""
        sent = {"host": self._host, "connection": "close", **{k.lower(): v for k, v in (headers or {}).items()}}
        return await asyncio.to_thread(self._ask, method, path, sent, body)

    async def knock(self, path: str, headers: Headers | None = None) -> Answer:
        """Try to open a WebSocket (RFC 6455, 4.1)."""
        handshake = {
            "connection": "Upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        return await self.ask("GET", path, {**handshake, **(headers or {})})

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPConnection(*self._at, timeout=15)
        connection.sock = self._connected()
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            if body or method not in {"GET", "HEAD", "OPTIONS"}:
                connection.putheader("content-length", str(len(body)))
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            content = b"" if answer.status == http.HTTPStatus.SWITCHING_PROTOCOLS else _read(answer)
            return Answer(answer.status, tuple(answer.getheaders()), content)
        finally:
            connection.close()

    def _connected(self) -> socket.socket:
        plain = socket.create_connection(self._at, timeout=15, source_address=self._from)
        return self._trusted.wrap_socket(plain, server_hostname=self._name) if self._trusted else plain


def _read(answer: http.client.HTTPResponse) -> bytes:
    """Read a body; an answer to a handshake may keep the connection open without saying how long it is."""
    try:
        return answer.read()
    except TimeoutError:
        return b""


class NotingSite:
    """Passes requests on and keeps a note of every answer, so that each can be examined later."""

    def __init__(self, site: Site) -> None:
        """Take the site to pass on to."""
        self._site = site
        self.seen: list[tuple[str, Answer]] = []

    async def ask(self, method: str, path: str, headers: Headers | None = None, body: bytes = b"") -> Answer:
        """Pass a request on."""
        return self._noted(f"{method} {path}", await self._site.ask(method, path, headers, body))

    async def knock(self, path: str, headers: Headers | None = None) -> Answer:
        """Pass a handshake on."""
        return self._noted(f"socket {path}", await self._site.knock(path, headers))

    def seen_from(self, address: str) -> "NotingSite":
        """Return the same site, asked from another address; its answers are noted here too."""
        other = NotingSite(self._site.seen_from(address))
        other.seen = self.seen
        return other

    def _noted(self, label: str, answer: Answer) -> Answer:
        self.seen.append((label, answer))
        return answer


def trusted_by(settings: Settings) -> ssl.SSLContext:
    """Return whom a client of this deployment trusts: the public authorities, or its own local one.

    Raises:
        CannotLookError: the local authority has not been made, so nothing is served yet.
    """
    if settings.certificate or settings.acme:
        trusted = ssl.create_default_context()
        if settings.acme_authority:
            trusted.load_verify_locations(settings.acme_authority)
        return trusted
    authority = settings.var / "tls" / "authority.pem"
    try:
        return ssl.create_default_context(cafile=str(authority))
    except OSError as error:
        msg = f"{authority} cannot be read ({error.strerror}). Is the deployment running?"
        raise CannotLookError(msg) from error
