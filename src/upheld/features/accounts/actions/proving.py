"""Proving again who one is, before what takes everything along, cannot be undone or gives others power.

Each proof has the session go on under another secret (ASVS 7.2.4): a copy of its cookie that
somebody took earlier opens nothing that the proof has opened.
"""

import hashlib
import secrets
from uuid import UUID

from upheld.features.accounts import store
from upheld.features.accounts.errors import WrongProofError
from upheld.features.accounts.model import Ticket
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.kit.errors import SignInNeededError
from upheld.platform.database import Transaction
from upheld.platform.limits import take
from upheld.platform.limits.rules import PROOFS_PER_ACCOUNT
from upheld.platform.passwords import verify_password
from upheld.platform.services import Platform


async def prove_by_password(platform: Platform, person: UUID, session: UUID, password: str, origin: str) -> Ticket:
    """Check the password of a signed-in person once more.

    Raises:
        WrongProofError: it is not their password.
        TooSoonError: too many tries.
        SignInNeededError: their session has ended meanwhile.
    """
    await check_password(platform, person, password, origin)
    return await freshen(platform, person, session, origin)


async def check_password(platform: Platform, person: UUID, password: str, origin: str) -> None:
    """Check that a password is the one of a signed-in person; nothing is proven by it yet.

    Raises:
        WrongProofError: it is not.
        TooSoonError: too many tries.
    """
    async with platform.database.attempt() as tx:
        await take(tx, platform, PROOFS_PER_ACCOUNT, str(person))
        known_hash = await store.credential_of(tx, person)
    if not await verify_password(password, known_hash, platform.settings.bcrypt_cost):
        async with platform.database.attempt() as tx:
            await record_at_gate(tx, platform, person, Action.PROOF_FAILED, origin)
        raise WrongProofError


async def has_password(platform: Platform, person: UUID) -> bool:
    """Return whether a password opens an account: what its person can be asked for again at any time."""
    async with platform.database.transaction("gate") as tx:
        return await store.credential_of(tx, person) is not None


async def freshen(platform: Platform, person: UUID, session: UUID, origin: str) -> Ticket:
    """Note that somebody has just proved who they are, by whatever was checked; return the session's new secret.

    Its answer has to set the cookie (`write_session`): the old one is worth nothing from here on.

    Raises:
        SignInNeededError: the session has ended meanwhile.
    """
    async with platform.database.transaction("gate") as tx:
        return await freshened(tx, platform, person, session, origin)


async def freshened(tx: Transaction, platform: Platform, person: UUID, session: UUID, origin: str) -> Ticket:
    """Do the same in a transaction that goes on, with what the proof was for."""
    secret = secrets.token_bytes(32)
    expires_at = await store.freshen_session(tx, person, session, hashlib.sha256(secret).digest())
    if expires_at is None:
        raise SignInNeededError
    await record_at_gate(tx, platform, person, Action.SESSION_PROVEN, origin)
    return Ticket(person, secret, expires_at)
