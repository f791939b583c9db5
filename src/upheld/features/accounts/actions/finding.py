"""Finding who uses an address, under every generation of the blind index."""

import hashlib

from upheld.features.accounts import store
from upheld.features.accounts.model import Credential
from upheld.platform.database import Transaction
from upheld.platform.services import Platform


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
