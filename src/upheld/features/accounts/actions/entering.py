"""Getting in: a proof is checked, a session opened.

Hashing a password takes a quarter of a second. It is done between two short transactions
of the gate, never inside one (ADR 0003, exception two).
"""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from upheld.features.accounts import store
from upheld.features.accounts.actions.finding import find_known, hashed, normalised
from upheld.features.accounts.errors import NotVerifiedError, WrongCredentialsError
from upheld.features.accounts.model import Credential, Strength, Ticket
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.kit.errors import TooSoonError
from upheld.platform.limits import count, look, take
from upheld.platform.limits.rules import FAILURES_PER_ADDRESS, SIGN_IN_PER_ACCOUNT
from upheld.platform.outbox import queue_mail_at_gate
from upheld.platform.passwords import cost_of, hash_password, verify_password
from upheld.platform.services import Platform


async def sign_in(
    platform: Platform, email: str, password: str, address: str, origin: str, way_back: str = ""
) -> Ticket:
    """Check a password and open a session. The way back goes along with a new link, if one is sent.

    Raises:
        WrongCredentialsError: address and password do not belong together, or nobody uses it.
        NotVerifiedError: the password is right, the address not verified; a new link is sent.
        TooSoonError: too many tries.
    """
    known = await _tried(platform, normalised(email), address, origin)
    known_hash = known.password_hash if known else None
    if not await verify_password(password, known_hash, platform.settings.bcrypt_cost) or known is None:
        async with platform.database.attempt() as tx:
            await count(tx, platform, FAILURES_PER_ADDRESS, address)
            await record_at_gate(tx, platform, known.person_id if known else None, Action.SIGN_IN_FAILED, origin)
        raise WrongCredentialsError({})
    if not known.verified:
        await _send_new_link(platform, normalised(email), way_back)
        raise NotVerifiedError
    await _keep_slow(platform, known, password)
    return await open_session(platform, known.person_id, Strength.PASSWORD, origin)


async def open_session(platform: Platform, person: UUID, strength: Strength, origin: str) -> Ticket:
    """Open a session for somebody whose proof was checked: the one way in, however they proved who they are."""
    settings, secret = platform.settings, secrets.token_bytes(32)
    async with platform.database.transaction("gate") as tx:
        await store.mint_session(
            tx, person, hashlib.sha256(secret).digest(), settings.session_idle, settings.session_lifetime, strength
        )
        await record_at_gate(tx, platform, person, Action.SESSION_OPENED, origin)
    return Ticket(person, secret, platform.clock.now() + settings.session_lifetime)


async def open_session_for(platform: Platform, person: UUID, lives: timedelta) -> bytes:
    """Open a short session for somebody whom the machine itself acts for: demo data and probes.

    Returns:
        the secret that opens the context; it is in no cookie.
    """
    secret = secrets.token_bytes(32)
    async with platform.database.transaction("gate") as tx:
        await store.mint_session(tx, person, hashlib.sha256(secret).digest(), lives, lives, Strength.MACHINE)
        await record_at_gate(tx, platform, person, Action.SESSION_OPENED, "the machine itself")
    return secret


async def _tried(platform: Platform, email: str, address: str, origin: str) -> Credential | None:
    """Count a try and find who uses the address, in one transaction: the count is there before the password is read.

    Raises:
        TooSoonError: too many tries.
    """
    try:
        async with platform.database.attempt() as tx:
            await look(tx, platform, FAILURES_PER_ADDRESS, address)
            await take(tx, platform, SIGN_IN_PER_ACCOUNT, email)
            return await find_known(tx, platform, email)
    except TooSoonError:
        async with platform.database.attempt() as tx:
            await record_at_gate(tx, platform, None, Action.SIGN_IN_LIMITED, origin)
        raise


async def _keep_slow(platform: Platform, known: Credential, password: str) -> None:
    """Replace a hash that is cheaper than what is asked for today."""
    if known.password_hash is not None and cost_of(known.password_hash) < platform.settings.bcrypt_cost:
        stronger = await hash_password(password, platform.settings.bcrypt_cost)
        async with platform.database.transaction("gate") as tx:
            await store.replace_credential(tx, known.person_id, stronger)


async def _send_new_link(platform: Platform, email: str, way_back: str) -> None:
    token = secrets.token_urlsafe(32)
    async with platform.database.transaction("gate") as tx:
        for index in platform.blind_indexes("email", email):
            person = await store.renew_link(tx, index, hashed(token), platform.settings.link_lifetime)
            if person is not None:
                link = {"token": token, "way_back": way_back}
                await queue_mail_at_gate(tx, platform.vault, person, "accounts/verify-address", link)
                return
