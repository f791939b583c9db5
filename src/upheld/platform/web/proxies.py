"""Where a request comes from, when proxies stand in front.

What a request says about itself is believed of a proxy that the operator names, and of nobody
else: whoever is not on `UPHELD_TRUSTED_PROXIES` is known by the address of their connection,
whatever they write. Of the one header that the proxies set (`UPHELD_PROXY_HEADER`; the other is
never read), the chain is followed from the right, from one trusted proxy to the one before it,
and ends at the first address that is none of them: what stands left of it is what that one said.
Host and scheme are never taken from a header: there is one address, and it is a setting.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice
from typing import Any, cast

from litestar.types import ASGIApp, Receive, Scope, Send

from upheld.platform.settings import Settings, SettingsError

HEADERS = ("x-forwarded-for", "forwarded")
_LONGEST, _MOST_HOPS = 4096, 32

_Network = IPv4Network | IPv6Network
_Address = IPv4Address | IPv6Address

# An element of RFC 7239: pairs with values that are tokens or quoted; a comma ends it.
_ELEMENT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*")+')
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+))', re.IGNORECASE)


class Proxies:
    """Stands outermost, and names the client of each request for everything behind it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Take the application and who is trusted.

        Raises:
            SettingsError: what is trusted is no network, or is everybody.
        """
        self._app = app
        self._trusted = trusted_networks(settings.trusted_proxies)
        self._header = settings.proxy_header
        if self._header not in HEADERS:
            msg = f"UPHELD_PROXY_HEADER={self._header!r} is neither {HEADERS[0]} nor {HEADERS[1]}."
            raise SettingsError(msg)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, from whom it comes."""
        known = cast("dict[str, Any]", scope)
        peer = known.get("client")
        if self._trusted and peer and known["type"] in {"http", "websocket"}:
            name = self._header.encode()
            said = [value.decode("latin-1") for key, value in known["headers"] if key.lower() == name]
            address = client_of(peer[0], said, self._trusted, is_forwarded=self._header == "forwarded")
            known["client"] = (address, peer[1])
        await self._app(scope, receive, send)


def trusted_networks(named: str) -> tuple[_Network, ...]:
    """Return the networks of trusted proxies.

    Raises:
        SettingsError: one is no network, or is so wide that whoever wants could choose their address.
    """
    found: list[_Network] = []
    for text in re.split(r"[\s,]+", named.strip()) if named.strip() else []:
        try:
            network = ip_network(text)
        except ValueError as error:
            msg = f"UPHELD_TRUSTED_PROXIES names {text!r}, which is no network: {error}."
            raise SettingsError(msg) from None
        if network.prefixlen == 0:
            msg = f"UPHELD_TRUSTED_PROXIES={text} trusts everybody, and everybody could choose their own address."
            raise SettingsError(msg)
        found.append(network)
    return tuple(found)


def client_of(peer: str, said: Iterable[str], trusted: tuple[_Network, ...], *, is_forwarded: bool) -> str:
    """Return the address of whom a request comes from.

    Args:
        peer: the other end of the connection.
        said: the values of the header that the proxies set, in the order in which they came.
        trusted: whom to believe.
        is_forwarded: whether they are of `Forwarded` (RFC 7239).
    """
    last = _address(peer)
    if last is None or not _is_trusted(last, trusted):
        return peer
    text = ",".join(said)[-_LONGEST:]
    hops = _forwarded(text) if is_forwarded else text.split(",")
    for hop in islice(reversed(list(hops)), _MOST_HOPS):
        before = _address(hop)
        if before is None:
            break  # hidden, or nothing that can be read: the proxy that wrote it down is as far as we know
        last = before
        if not _is_trusted(before, trusted):
            break
    return str(last)


def _forwarded(text: str) -> Iterator[str]:
    """Return whom each element is `for`; an element without it is one that cannot be read."""
    for element in _ELEMENT.findall(text):
        found = _FOR.findall(element)
        yield re.sub(r"\\(.)", r"\1", found[0][0]) or found[0][1] if len(found) == 1 else ""


def _address(text: str) -> _Address | None:
    """Return an address as proxies write it: with a port or without, IPv6 in brackets or without."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: _Address, trusted: tuple[_Network, ...]) -> bool:
    return any(address in network for network in trusted)
