"""The recovery key: paper in a safe that opens the root key when everything else is lost.

`upheld init` prints it once and keeps only its public half, for which the root key is
sealed (HPKE, RFC 9180) into `keys/recovery.sealed`. A later root key is sealed for the same
paper without asking for it. Whoever holds the paper alone holds nothing; paper and a copy
of that file together are the root key.
"""

import base64
import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from upheld.kit.errors import UpheldError

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_INFO = b"upheld recovery v1"
_KEY, _SUM = 32, 3
_READ_AS = str.maketrans("018", "OIB")


class RecoveryKeyError(UpheldError):
    """This is not the recovery key, or it was mistyped. Compare it with the paper, group by group."""

    code = "recovery-key"


def new_recovery_key() -> tuple[str, bytes]:
    """Return a recovery key as it is printed, and the public half that stays here."""
    key = X25519PrivateKey.generate()
    raw = key.private_bytes_raw()
    text = base64.b32encode(raw + _sum(raw)).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4)), key.public_key().public_bytes_raw()


def public_half(text: str) -> bytes:
    """Return the public half of a printed recovery key.

    Raises:
        RecoveryKeyError: it was mistyped.
    """
    return _key_of(text).public_key().public_bytes_raw()


def close_for_recovery(public: bytes, roots: list[bytes]) -> bytes:
    """Seal root keys, the newest first, for the holder of a recovery key."""
    return _SUITE.encrypt(b"".join(roots), X25519PublicKey.from_public_bytes(public), _INFO)


def open_with_recovery(text: str, sealed: bytes) -> list[bytes]:
    """Return the root keys that were sealed, the newest first.

    Raises:
        RecoveryKeyError: they were sealed for another recovery key, or changed.
    """
    try:
        content = _SUITE.decrypt(sealed, _key_of(text), _INFO)
    except (InvalidTag, ValueError):
        raise RecoveryKeyError from None
    return [content[at : at + _KEY] for at in range(0, len(content), _KEY)]


def _key_of(text: str) -> X25519PrivateKey:
    plain = "".join(text.split()).replace("-", "").upper().translate(_READ_AS)
    try:
        raw = base64.b32decode(plain)
    except ValueError:
        raise RecoveryKeyError from None
    if len(raw) != _KEY + _SUM or _sum(raw[:_KEY]) != raw[_KEY:]:
        raise RecoveryKeyError
    return X25519PrivateKey.from_private_bytes(raw[:_KEY])


def _sum(raw: bytes) -> bytes:
    """Return what tells a mistyped key from a wrong one."""
    return hashlib.sha256(b"upheld recovery key" + raw).digest()[:_SUM]
