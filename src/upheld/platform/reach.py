"""How what we depend on is reached: on this machine, or over TLS that proves who answers, or not at all."""

import ipaddress
import re
import ssl
from urllib.parse import parse_qs, unquote, urlsplit

from upheld.platform.settings import SettingsError

_THIS_MACHINE = re.compile(r"/.*|(localhost|127\.0\.0\.1|::1|\[::1\])(:\d+)?")


def is_here(base: str) -> bool:
    """Whether a URL leads to a socket or the loopback of this machine.

    Every host counts that is named in any place: our driver prefers the authority, libpq the
    query, and each tries all of a list.
    """
    parts = urlsplit(base)
    asked = parse_qs(parts.query)
    _, at, place = parts.netloc.partition("@")
    named = [unquote(place if at else parts.netloc), *asked.get("host", []), *asked.get("hostaddr", [])]
    hosts = [host for said in named if said for host in said.split(",")]
    return bool(hosts) and all(_THIS_MACHINE.fullmatch(host) for host in hosts)


def tls_for(base: str) -> ssl.SSLContext | None:
    """Return the TLS context for a database: verified for a remote one, none on this machine.

    `sslrootcert` in the URL names the authority to trust instead of the system's.

    Raises:
        SettingsError: the URL asks for less than full verification of a remote server.
    """
    if is_here(base):
        return None
    asked = parse_qs(urlsplit(base).query)
    if lax := set(asked.get("sslmode", [])) - {"verify-full"}:
        msg = f"A database on another machine is reached with sslmode=verify-full only, not {min(lax)}."
        raise SettingsError(msg)
    authority = asked.get("sslrootcert", ["system"])[-1]
    try:
        return ssl.create_default_context(cafile=None if authority == "system" else authority)
    except OSError as error:
        msg = f"The authority that sslrootcert names cannot be read: {type(error).__name__}."
        raise SettingsError(msg) from error


def is_plain(endpoint: str) -> bool:
    """Whether a service of AWS's kind is reached by plain HTTP.

    Raises:
        SettingsError: it would be, and is not on this machine.
    """
    parts = urlsplit(endpoint)
    if parts.scheme == "https":
        return False
    if parts.scheme == "http" and _is_loopback(parts.hostname or ""):
        return True
    msg = "AWS_ENDPOINT_URL must begin with https://; only a service on this machine may be reached by http://."
    raise SettingsError(msg)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
