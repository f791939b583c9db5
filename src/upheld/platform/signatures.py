"""Signed papers: JSON whose Ed25519 signature covers the canonical bytes of all the rest.

Certificates of erasure and the evidence of the promises are signed alike: `signature` is one
field of the paper, and what it covers is the paper without it, in canonical form (RFC 8785).
The public keys stand at `/.well-known/upheld-signing-key`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def signed(paper: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return a paper with its signature, in hexadecimal; one that it carried is replaced."""
    return {**paper, "signature": key.sign(signed_bytes(paper)).hex()}


def signed_bytes(paper: Mapping[str, Any]) -> bytes:
    """Return the bytes that the signature of a paper covers.

    Raises:
        rfc8785.CanonicalizationError: something in it has no canonical form.
    """
    return rfc8785.dumps({name: value for name, value in paper.items() if name != "signature"})


def is_signed(paper: Mapping[str, Any], keys: Iterable[bytes]) -> bool:
    """Whether a paper is as it was signed with one of these public keys (32 bytes each)."""
    try:
        signature, content = bytes.fromhex(str(paper.get("signature"))), signed_bytes(paper)
    except (ValueError, rfc8785.CanonicalizationError):
        return False
    return any(_fits(key, signature, content) for key in keys)


def public_hex(key: Ed25519PrivateKey) -> str:
    """Return the public half of a signing key, as papers show it."""
    return key.public_key().public_bytes_raw().hex()


def _fits(key: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True
