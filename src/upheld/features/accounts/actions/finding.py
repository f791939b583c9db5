"""Finding who uses an address, under every generation of the blind index."""

import hashlib
import re

from upheld.features.accounts import store
from upheld.features.accounts.model import Credential
from upheld.kit.errors import InvalidError
from upheld.platform.database import Transaction
from upheld.platform.i18n import mark
from upheld.platform.services import Platform

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE)


def wrong_address(email: str) -> dict[str, str]:
    """Return what to say of something that is no e-mail address, as a form does; nothing when it is one."""
    if _EMAIL.fullmatch(email.strip()) and len(email) <= 254:  # noqa: PLR2004 - RFC 5321
        return {}
    return {"email": mark("Enter an e-mail address like name@example.org.")}


def check_address(email: str) -> None:
    """Check that something is an e-mail address.

    Raises:
        InvalidError: it is none.
    """
    if wrong := wrong_address(email):
        raise InvalidError(wrong)


def normalised(email: str) -> str:
    """Return the one spelling under which an address is known."""
    return email.strip().lower()


def hashed(token: str) -> bytes:
    """Return what is kept of a token: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()


async def known_index(tx: Transaction, platform: Platform, email: str) -> bytes | None:
    """Return the index under which an address is found, the oldest first."""
    found = [(await store.find_credential(tx, index), index) for index in platform.blind_indexes("email", email)]
    return next((index for known, index in reversed(found) if known), None)


async def find_known(tx: Transaction, platform: Platform, email: str) -> Credential | None:
    """Find who uses an address; every generation is always asked, so that time tells nothing."""
    found = [await store.find_credential(tx, index) for index in platform.blind_indexes("email", email)]
    return next((one for one in found if one), None)
