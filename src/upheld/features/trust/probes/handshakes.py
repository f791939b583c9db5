"""edge.tls: which versions the listener speaks, tried on the wire, and how everything outside is reached.

Old versions are asked for byte by byte (RFC 5246, 7.4.1.2): the libraries of a modern
machine may refuse to speak them by themselves, which would prove nothing about the server.
"""

import asyncio
import secrets
import socket
import ssl
from dataclasses import dataclass

from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import trusted_by
from upheld.platform.endpoints import Endpoint, configured
from upheld.platform.reach import tls_for
from upheld.platform.settings import Settings, SettingsError

_PATIENCE = 10
_HANDSHAKE, _SERVER_HELLO = 22, 2
_ENCRYPTED = {"https", "smtps", "starttls", "rediss", "postgresql", "postgres", "file"}

# What an old client would offer, and a new one that lacks authenticated encryption.
_OLD_SUITES = (0xC009, 0xC00A, 0xC013, 0xC014, 0x002F, 0x0035, 0x000A, 0x0005)
_CBC_SUITES = (0xC023, 0xC024, 0xC027, 0xC028, *_OLD_SUITES)


@dataclass(frozen=True)
class Offer:
    """What a client offers: a version, and suites."""

    name: str
    version: int
    suites: tuple[int, ...]


REFUSED = (
    Offer("SSL 3.0", 0x0300, _OLD_SUITES),
    Offer("TLS 1.0", 0x0301, _OLD_SUITES),
    Offer("TLS 1.1", 0x0302, _OLD_SUITES),
    Offer("TLS 1.2 without authenticated encryption", 0x0303, _CBC_SUITES),
)
ACCEPTED = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


@probe(privilege="none", cost="six handshakes with the listener")
async def versions(scene: Scene) -> Finding:
    """Shake hands with the listener in every version: the old are refused, the new accepted and verified."""
    at = listener_of(scene.settings)
    spoken: dict[str, str] = {}
    faults: list[str] = []
    for name, version in ACCEPTED.items():
        try:
            spoken[name] = await asyncio.to_thread(_shake, at, scene.settings, version)
        except ssl.SSLError as error:
            faults.append(f"{name} is not spoken: {error.reason}")
        except OSError as error:
            msg = f"{scene.settings.listen} does not answer ({type(error).__name__}). Is the deployment running?"
            raise CannotLookError(msg) from error
    taken = [offer.name for offer in REFUSED if await asyncio.to_thread(_is_taken, at, offer, scene.settings)]
    faults += [f"{name} is spoken" for name in taken]
    return judged(faults, spoken=spoken, refused=[offer.name for offer in REFUSED if offer.name not in taken])


def listener_of(settings: Settings) -> tuple[str, int]:
    """Return where to connect to; a listener may bind every address."""
    host, port = settings.listen.rsplit(":", 1)
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}.get(host, host), int(port)  # noqa: S104 - nothing is bound


def _server_name(settings: Settings) -> str:
    return settings.host.partition(":")[0]


def _shake(at: tuple[str, int], settings: Settings, version: ssl.TLSVersion) -> str:
    """Shake hands in one version, verifying the certificate; return the suite."""
    context = trusted_by(settings)
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(at, timeout=_PATIENCE) as raw,
        context.wrap_socket(raw, server_hostname=_server_name(settings)) as secured,
    ):
        suite = secured.cipher()
        return suite[0] if suite else ""


def _is_taken(at: tuple[str, int], offer: Offer, settings: Settings) -> bool:
    """Whether a server goes on with what was offered: it answers with its own hello."""
    try:
        with socket.create_connection(at, timeout=_PATIENCE) as raw:
            raw.sendall(hello(offer, _server_name(settings)))
            answer = raw.recv(6)
    except OSError:
        return False
    return len(answer) == 6 and answer[0] == _HANDSHAKE and answer[5] == _SERVER_HELLO  # noqa: PLR2004 - a record's head and a type


def hello(offer: Offer, name: str) -> bytes:
    """Return a client's first message."""
    host = b"\0" + _sized(name.encode(), 2)
    extensions = b"".join(
        kind.to_bytes(2, "big") + _sized(content, 2)
        for kind, content in (
            (0x0000, _sized(host, 2)),
            (0x000A, _sized(bytes.fromhex("001d00170018"), 2)),  # groups: X25519, P-256, P-384
            (0x000B, b"\x01\x00"),  # points are not compressed
            (0x000D, _sized(bytes.fromhex("0403080404010503020302010601"), 2)),  # signatures, old ones too
        )
    )
    suites = b"".join(suite.to_bytes(2, "big") for suite in offer.suites)
    version = offer.version.to_bytes(2, "big")
    body = version + secrets.token_bytes(32) + b"\0" + _sized(suites, 2) + b"\x01\x00" + _sized(extensions, 2)
    message = b"\x01" + _sized(body, 3)
    return bytes([_HANDSHAKE]) + min(version, b"\x03\x01") + _sized(message, 2)


def _sized(content: bytes, width: int) -> bytes:
    return len(content).to_bytes(width, "big") + content


@probe(privilege="reads the settings", cost="opens no connection")
async def outbound(scene: Scene) -> Finding:
    """Go through every place that the settings name: each is on this machine, or has to prove who it is."""
    endpoints = configured(scene.settings)
    faults = [f"{endpoint.name}: {fault}" for endpoint in endpoints if (fault := fault_of(endpoint))]
    return judged(
        faults,
        endpoints={one.name: "on this machine" if one.is_here else one.place for one in endpoints},
    )


def fault_of(endpoint: Endpoint) -> str | None:
    """Return what is wrong with how a place is reached, if anything is."""
    if endpoint.is_here:
        return None
    scheme = endpoint.place.partition(":")[0]
    if scheme not in _ENCRYPTED:
        return f"{endpoint.place} is reached without TLS"
    if scheme.startswith("postgres"):
        try:
            context = tls_for(endpoint.url)
        except SettingsError as error:
            return error.message
        if context is None or not context.check_hostname or context.verify_mode is not ssl.CERT_REQUIRED:
            return "it need not prove who it is"
    return None
