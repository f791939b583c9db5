"""The one client for addresses on the internet: over HTTPS, from public addresses, or not at all.

A name is resolved once, every answer is checked, and the connection goes to an address that
was checked: a name service that answers differently the next time is not asked again. Each
redirect begins anew. Time and size are bounded.

One host of the operator's own network can be named in full for one purpose (`Inside`): it may have
a private address, a port and an authority of its own. Nothing that comes from outside can name one.
"""

import asyncio
import http.client
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from upheld.kit.errors import RefusedError, UnavailableError

MOST_HOPS = 3
LARGEST_ANSWER = 4 * 1024 * 1024

# What the registries of special-purpose addresses list (IANA, RFC 6890 and its updates), multicast
# included. Our own table: the standard library takes some of these for global.
_IPV4 = tuple(map(ipaddress.IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)))  # fmt: skip
# Of IPv6 only global unicast is public at all: mapped, NAT64, local and multicast lie outside of it.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_IPV6 = tuple(map(ipaddress.IPv6Network, (
    "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID, AMT
    "2001:db8::/32", "3fff::/20",  # documentation
    "2002::/16",  # 6to4: any address of IPv4, in disguise
    "2620:4f:8000::/48",  # AS112
)))  # fmt: skip

# Letters, digits and hyphens; a last label that no reader takes for a number.
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
_URL = re.compile(r"https://[\x21-\x5b\x5d-\x7e]{1,2000}")
# What no host of anybody's network has: the machine's own link (where clouds hand out credentials), everybody.
_NOBODYS = tuple(
    map(ipaddress.ip_network, ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/128", "fe80::/10", "ff00::/8"))
)
_PATH = re.compile(r"/(?:[\x21-\x2e\x30-\x5b\x5d-\x7e][\x21-\x5b\x5d-\x7e]{0,2000})?")


class OutboundRefusedError(RefusedError):
    """This address is not fetched: only public ones are, over HTTPS and by their name."""

    code = "outbound-refused"


class OutboundFailedError(UnavailableError):
    """The address gave no answer that could be used. Try again later."""

    code = "outbound-failed"


@dataclass(frozen=True)
class Asked:
    """One request: to which host, for what."""

    method: str
    host: str
    path: str
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    port: int = 443
    authority: Path | None = None
    """Who vouches for the host beside the public authorities; only for a host inside."""


@dataclass(frozen=True)
class Fetched:
    """What came back."""

    status: int
    location: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Inside:
    """A host of the operator's own network, which may be asked though it is not public."""

    origin: str
    """`https://name` or `https://name:port`, as every address of it has to begin."""

    authority: Path | None = None
    """Who vouches for it (PEM), when no public authority does."""


class Network(Protocol):
    """What the client needs of the network; tests and probes bring one of their own."""

    async def resolve(self, host: str) -> Sequence[str]:
        """Return the addresses of a host."""
        ...

    async def exchange(self, address: str, asked: Asked, seconds: float) -> Fetched:
        """Send a request to an address, over TLS that proves the host, and return the answer."""
        ...


class Internet:
    """The network itself."""

    async def resolve(self, host: str) -> Sequence[str]:
        """Ask the name service."""
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
        return [str(each[4][0]) for each in found]

    async def exchange(self, address: str, asked: Asked, seconds: float) -> Fetched:
        """Connect to the address that was given, and to no other."""
        return await asyncio.to_thread(_exchange, address, asked, seconds)


class Outbound:
    """Fetches what lies on public addresses."""

    def __init__(
        self,
        network: Network | None = None,
        within: timedelta = timedelta(seconds=15),
        inside: Sequence[Inside] = (),
    ) -> None:
        """Take the network, how long everything may take, redirects included, and which hosts inside may be asked."""
        self._network = network or Internet()
        self._seconds = within.total_seconds()
        self._inside = inside

    async def get(self, url: str) -> Fetched:
        """Fetch an address; redirects are followed, each checked like the first.

        Raises:
            OutboundRefusedError: it, or one it leads to, is not public.
            OutboundFailedError: it did not answer in time, or with too much.
        """
        return await self._within_time(self._get(url))

    async def post(self, url: str, body: bytes, kind: str) -> Fetched:
        """Send something to an address; a redirect is an answer like any other.

        Raises:
            OutboundRefusedError: it is not public.
            OutboundFailedError: it did not answer in time, or with too much.
        """
        return await self.ask("POST", url, {"content-type": kind}, body)

    async def ask(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Fetched:
        """Send one request, with headers that go to this address alone; a redirect is an answer like any other.

        Raises:
            OutboundRefusedError: it is not public.
            OutboundFailedError: it did not answer in time, or with too much.
        """
        return await self._within_time(self._ask(method, url, headers, body))

    async def _get(self, url: str) -> Fetched:
        for _ in range(MOST_HOPS + 1):
            answer = await self._ask("GET", url, {}, b"")
            if not (HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST and answer.location):
                return answer
            url = _led_to(url, answer.location)
        raise OutboundFailedError

    async def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Fetched:
        inside = next((each for each in self._inside if url.startswith(f"{each.origin}/")), None)
        if inside is None:
            host, path = parts_of(url)
            asked = Asked(method, host, path, headers, body)
            address = checked(await self._network.resolve(host))
        else:
            host, port, path = _parts_inside(url)
            asked = Asked(method, host, path, headers, body, port, inside.authority)
            address = _somebodys(await self._network.resolve(host))
        return await self._network.exchange(address, asked, self._seconds)

    async def _within_time(self, asking: Awaitable[Fetched]) -> Fetched:
        try:
            async with asyncio.timeout(self._seconds):
                return await asking
        except (OSError, TimeoutError, http.client.HTTPException) as error:
            raise OutboundFailedError from error


def _led_to(url: str, location: str) -> str:
    """Return where a redirect leads: a path of the same host, or an address in full; nothing in between."""
    if _PATH.fullmatch(location):
        return urljoin(url, location)
    if not _URL.fullmatch(location):
        raise OutboundRefusedError
    return location


def parts_of(url: str) -> tuple[str, str]:
    """Return host and path of an address that may be asked for.

    Raises:
        OutboundRefusedError: it is not `https://name/…` in plain spelling, at the usual port.
    """
    parts = urlsplit(url) if _URL.fullmatch(url) else None
    if parts is None or not _HOST.fullmatch(parts.netloc):
        raise OutboundRefusedError
    return parts.netloc, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _parts_inside(url: str) -> tuple[str, int, str]:
    """Return host, port and path of an address whose beginning the operator has named."""
    parts = urlsplit(url) if _URL.fullmatch(url) else None
    if parts is None or parts.hostname is None or "@" in parts.netloc:
        raise OutboundRefusedError
    return parts.hostname, parts.port or 443, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _somebodys(addresses: Sequence[str]) -> str:
    """Return the address to connect to, of all that a host inside stands for."""
    parsed = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    if not parsed or any(one in network for one in parsed for network in _NOBODYS):
        raise OutboundRefusedError
    return addresses[0]


def checked(addresses: Sequence[str]) -> str:
    """Return the address to connect to, of all that a name stands for.

    Raises:
        OutboundRefusedError: one of them is not public, which says enough about the name.
    """
    if not addresses or not all(is_public(address) for address in addresses):
        raise OutboundRefusedError
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is on the public internet, and no other in disguise."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _IPV4)
    return parsed in _GLOBAL_UNICAST and not any(parsed in network for network in _IPV6) and not parsed.scope_id


def _exchange(address: str, asked: Asked, seconds: float) -> Fetched:
    limit = time.monotonic() + seconds
    trusted = ssl.create_default_context()
    if asked.authority is not None:
        trusted.load_verify_locations(asked.authority)
    connection = http.client.HTTPConnection(asked.host, asked.port, timeout=seconds)
    raw = socket.create_connection((address, asked.port), timeout=seconds)
    connection.sock = trusted.wrap_socket(raw, server_hostname=asked.host)
    try:
        connection.request(asked.method, asked.path, asked.body or None, {"user-agent": "upheld", **asked.headers})
        answer = connection.getresponse()
        body = bytearray()
        while part := answer.read1(65536):
            body += part
            if len(body) > LARGEST_ANSWER or time.monotonic() > limit:
                raise OutboundFailedError
        return Fetched(answer.status, answer.getheader("location") or "", bytes(body))
    finally:
        connection.close()
