"""Codes: those that an app shows (TOTP, RFC 6238), and those that are kept on paper.

Pure: nothing here knows a database or a page.
"""

import hashlib
import hmac
import secrets
from uuid import UUID

import segno
from pyotp import random_base32
from pyotp.totp import TOTP

SECONDS = 30
"""How long a code is shown."""

_DRIFT = (0, -1, 1)
"""The steps of time that are looked at: clocks differ a little, and typing takes a while."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's: without letters that look like a figure, or like one another."""

_LOOKALIKES = str.maketrans("oil", "011")
_GROUPS, _GROUP = 6, 4
HOW_MANY = 10
"""Recovery codes in a set; each has 120 bits, so a plain hash keeps it (nobody can try them all)."""


def new_app_secret() -> str:
    """Return a new shared secret: 160 bits in base32, as apps take them."""
    return random_base32()


def app_address(secret: str, account: str, issuer: str) -> str:
    """Return the address (`otpauth:`) that an app reads off a picture."""
    return TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def picture_of(address: str) -> str:
    """Return an address as a QR code: one SVG element without any style, script or reference."""
    return segno.make(address, error="m").svg_inline(scale=5, border=4, light="#fff", svgclass="qr", lineclass=None)


def step_shown(secret: str, code: str, now: float) -> int | None:
    """Return the step of time whose code this is, one before and one after now included; None when it is none.

    Each step may be taken once; whoever calls has the database remember it.
    """
    totp, at = TOTP(secret), int(now) // SECONDS
    typed = "".join(code.split())
    if not typed.isascii():
        return None
    fits = [at + drift for drift in _DRIFT if hmac.compare_digest(totp.generate_otp(at + drift), typed)]
    return fits[0] if fits else None


def new_recovery_codes() -> list[str]:
    """Return a fresh set, in groups that one can read aloud."""
    return [_grouped("".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP))) for _ in range(HOW_MANY)]


def recovery_hash(person: UUID, code: str) -> bytes:
    """Return what is kept of a recovery code: bound to its person, however it is typed."""
    return hashlib.sha256(person.bytes + _plain(code).encode()).digest()


def _plain(code: str) -> str:
    return "".join(letter for letter in code.lower().translate(_LOOKALIKES) if letter.isalnum())


def _grouped(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))
