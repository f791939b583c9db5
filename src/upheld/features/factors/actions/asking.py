"""Asking a passkey: a challenge is set, and the answer to it is checked, once."""

import hashlib
import secrets
from uuid import UUID

from upheld.features.accounts.actions import HALF_OPEN, freshen
from upheld.features.accounts.model import Ticket
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.features.factors import store
from upheld.features.factors.ceremonies import NewPasskey, Relying, answered, opened, question, registered
from upheld.features.factors.errors import PasskeyRefusedError
from upheld.features.factors.model import Asking, Purpose, StoredPasskey, Waiting
from upheld.platform.limits import take
from upheld.platform.limits.rules import PASSKEYS_PER_ADDRESS
from upheld.platform.services import Platform

_CHALLENGE = 32


def site_of(platform: Platform) -> Relying:
    """Return the site that passkeys belong to: this deployment's own address."""
    return Relying(platform.settings.address)


def hashed(secret: bytes) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret).digest()


async def new_challenge(platform: Platform, purpose: Purpose, asking: Asking) -> bytes:
    """Set a challenge and return it."""
    challenge = secrets.token_bytes(_CHALLENGE)
    async with platform.database.transaction("gate") as tx:
        await store.set_challenge(tx, hashed(challenge), purpose, asking)
    return challenge


async def ask_to_sign_in(platform: Platform, address: str) -> tuple[Ticket, str]:
    """Ask any passkey of this site, of a browser whose person is not known yet.

    Returns:
        what ties the answer to this browser, and what the browser is told.

    Raises:
        TooSoonError: too many questions from one address.
    """
    secret, challenge = secrets.token_bytes(32), secrets.token_bytes(_CHALLENGE)
    async with platform.database.attempt() as tx:
        await take(tx, platform, PASSKEYS_PER_ADDRESS, address)
    async with platform.database.transaction("gate") as tx:
        await store.begin_sign_in(tx, hashed(secret), HALF_OPEN)
        await store.set_challenge(tx, hashed(challenge), Purpose.SIGN_IN, Asking(sign_in=hashed(secret)))
    ticket = Ticket(UUID(int=0), secret, platform.clock.now() + HALF_OPEN, waits_for_factor=True)
    return ticket, question(site_of(platform), challenge, [])


async def ask_waiting(platform: Platform, secret: bytes, waiting: Waiting) -> str:
    """Ask the passkeys of somebody whose sign-in waits; return what the browser is told."""
    challenge = await new_challenge(platform, Purpose.SECOND_FACTOR, Asking(sign_in=hashed(secret)))
    return question(site_of(platform), challenge, await _known(platform, waiting.person_id))


async def ask_to_prove(platform: Platform, person: UUID, session: UUID) -> str:
    """Ask the passkeys of somebody signed in, for a fresh proof; return what the browser is told."""
    challenge = await new_challenge(platform, Purpose.PROOF, Asking(session=session))
    return question(site_of(platform), challenge, await _known(platform, person))


async def prove_with_passkey(platform: Platform, person: UUID, session: UUID, text: str, origin: str) -> Ticket:
    """Check a passkey of a signed-in person, before something that cannot be undone.

    Raises:
        PasskeyRefusedError: it is not one of theirs, or not an answer to the question.
        SignInNeededError: their session has ended meanwhile.
    """
    try:
        found = await checked(platform, text, Purpose.PROOF, Asking(session=session))
        if found.person_id != person:
            raise PasskeyRefusedError
    except PasskeyRefusedError:
        async with platform.database.attempt() as tx:
            await record_at_gate(tx, platform, person, Action.PROOF_FAILED, origin)
        raise
    return await freshen(platform, person, session, origin)


async def checked_registration(platform: Platform, text: str, asking: Asking) -> NewPasskey:
    """Return the passkey that was made. Its challenge is spent, whether it is good or not.

    Raises:
        PasskeyRefusedError: it was not made for a challenge that this session was set.
    """
    answer = opened(text)
    async with platform.database.attempt() as tx:
        spent = await store.spend_challenge(tx, hashed(answer.challenge), Purpose.REGISTRATION, asking)
    if not spent:
        raise PasskeyRefusedError
    return registered(site_of(platform), answer)


async def checked(platform: Platform, text: str, purpose: Purpose, asking: Asking) -> StoredPasskey:
    """Return the passkey that answered. Its challenge is spent, whether the answer is good or not.

    Raises:
        PasskeyRefusedError: the answer is not good, is not to a challenge that was set here and now for
            this purpose, or is a copy of one that was given before.
    """
    answer = opened(text)
    async with platform.database.attempt() as tx:
        spent = await store.spend_challenge(tx, hashed(answer.challenge), purpose, asking)
        found = await store.find_passkey(tx, answer.credential_id) if spent else None
    if found is None or answer.user_handle not in {None, found.person_id.bytes}:
        raise PasskeyRefusedError
    count = answered(site_of(platform), answer, found.public_key, found.sign_count)
    async with platform.database.transaction("gate") as tx:
        if not await store.use_passkey(tx, found.id, count):
            raise PasskeyRefusedError
    return found


async def _known(platform: Platform, person: UUID) -> list[bytes]:
    async with platform.database.transaction("gate") as tx:
        return await store.passkeys_of(tx, person)
