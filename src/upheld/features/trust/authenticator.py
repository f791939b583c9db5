"""A passkey in software: what a device and its browser do together, and what a thief would bend of it.

Written from WebAuthn Level 3 (6.1, 6.5, 7.1, 7.2) and independent of the library that checks it.
"""

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _UNLOCKED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass(frozen=True)
class Bent:
    """How an answer differs from an honest one."""

    origin: str | None = None
    site: str | None = None
    unlocked: bool = True
    framed: bool = False
    count: int | None = None
    kind: str | None = None
    challenge: str | None = None


HONEST = Bent()


@dataclass
class Authenticator:
    """A device with one passkey, for the site at `origin`."""

    origin: str
    site: str
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user: str = ""
    count: int = 0

    def register(self, told: Mapping[str, Any], bent: Bent = HONEST) -> str:
        """Return what the browser sends when a passkey was made."""
        self.user = told["user"]["id"]
        client = self._client("webauthn.create", told["challenge"], bent)
        proof = self._said(bent, self._attested())
        made = _map([("fmt", _text("none")), ("attStmt", _map([])), ("authData", _bytes(proof))])
        return self._answer({"clientDataJSON": text_of(client), "attestationObject": text_of(made)})

    def answer(self, told: Mapping[str, Any], bent: Bent = HONEST) -> str:
        """Return what the browser sends when the passkey was asked."""
        self.count += 1
        client = self._client("webauthn.get", told["challenge"], bent)
        said = self._said(bent)
        signature = self.key.sign(said + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self._answer({
            "clientDataJSON": text_of(client), "authenticatorData": text_of(said),
            "signature": text_of(signature), "userHandle": self.user,
        })  # fmt: skip

    def _client(self, kind: str, challenge: str, bent: Bent) -> bytes:
        said = {
            "type": bent.kind or kind,
            "challenge": bent.challenge or challenge,
            "origin": bent.origin or self.origin,
            "crossOrigin": bent.framed,
        }
        return json.dumps(said).encode()

    def _said(self, bent: Bent, attested: bytes = b"") -> bytes:
        flags = _PRESENT | (_UNLOCKED if bent.unlocked else 0) | (_ATTESTED if attested else 0)
        count = self.count if bent.count is None else bent.count
        site = hashlib.sha256((bent.site or self.site).encode()).digest()
        return site + struct.pack(">BI", flags, count) + attested

    def _attested(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        # COSE: an elliptic curve (1: 2), ES256 (3: -7), P-256 (-1: 1), and the point.
        key = b"\xa5\x01\x02\x03\x26\x20\x01\x21" + _bytes(x) + b"\x22" + _bytes(y)
        return bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + key

    def _answer(self, response: dict[str, str]) -> str:
        named = text_of(self.credential_id)
        return json.dumps({
            "id": named, "rawId": named, "type": "public-key", "response": response, "clientExtensionResults": {},
        })  # fmt: skip


def text_of(content: bytes) -> str:
    """Write bytes as WebAuthn does."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """Read bytes as WebAuthn writes them."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _head(kind: int, size: int) -> bytes:
    """Return the head of a piece of CBOR (RFC 8949, 3)."""
    if size < 24:  # noqa: PLR2004 - as the format has it
        return bytes([kind << 5 | size])
    return bytes([kind << 5 | 24, size]) if size < 256 else bytes([kind << 5 | 25]) + struct.pack(">H", size)  # noqa: PLR2004 - as above


def _bytes(content: bytes) -> bytes:
    return _head(2, len(content)) + content


def _text(content: str) -> bytes:
    return _head(3, len(content)) + content.encode()


def _map(pairs: list[tuple[str, bytes]]) -> bytes:
    return _head(5, len(pairs)) + b"".join(_text(name) + value for name, value in pairs)
