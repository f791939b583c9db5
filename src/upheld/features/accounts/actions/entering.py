"""Getting in: a proof is checked, a session opened.

Hashing a password takes a quarter of a second. It is done between two short transactions
of the gate, never inside one (ADR 0003, exception two).
"""

import asyncio
import hashlib
import secrets
from asyncio import Semaphore
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn
from uuid import UUID

import msgspec

from upheld.features.accounts import store
from upheld.features.accounts.actions.devices import device_of, known_from_now_on
from upheld.features.accounts.actions.finding import find_known, hashed, normalised
from upheld.features.accounts.errors import NotVerifiedError, WrongCredentialsError
from upheld.features.accounts.model import Caller, Credential, Strength, Ticket
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.kit.errors import TooSoonError, UnavailableError
from upheld.platform.database import Transaction
from upheld.platform.limits import count, wait_of
from upheld.platform.limits.rules import (
    FAILURES_OF_ALL,
    FAILURES_PER_ADDRESS,
    LIMITED_NOTES,
    LINKS_PER_MAILBOX,
    SIGN_IN_PER_ACCOUNT,
    SIGN_IN_PER_DEVICE,
)
from upheld.platform.outbox import queue_mail_at_gate
from upheld.platform.passwords import Lane, cost_of, hash_password, verify_password
from upheld.platform.services import Platform
from upheld.platform.vault import PLATFORM, ErasedError, KeyRef

HALF_OPEN = timedelta(minutes=10)
"""How long a sign-in waits for its second factor."""

_PAUSE = 3.0
_MOST_PAUSING = 256
_pausing = Semaphore(_MOST_PAUSING)


async def sign_in(platform: Platform, email: str, password: str, caller: Caller, way_back: str = "") -> Ticket:
    """Check a password and open a session. The way back goes along with a new link, if one is sent.

    Raises:
        WrongCredentialsError: address and password do not belong together, or nobody uses it.
        NotVerifiedError: the password is right, the address not verified; a new link is sent.
        TooSoonError: too many tries.
    """
    email = normalised(email)
    known, device = await _admitted(platform, email, caller)
    known_hash, lane = known.password_hash if known else None, Lane.STRANGER if device is None else Lane.KNOWN
    is_right = await verify_password(password, known_hash, platform.settings.bcrypt_cost, lane)
    if not is_right or known is None:
        await _count_failure(platform, known, device, caller)
        raise WrongCredentialsError({})
    if device is None:
        await _check_again(platform, known, caller)
    if not known.verified:
        await _send_new_link(platform, email, way_back)
        raise NotVerifiedError
    known = await _kept_slow(platform, known, password)
    ticket = await open_session(platform, known.person_id, Strength.PASSWORD, caller.origin)
    return replace(ticket, device=known_from_now_on(platform, caller.device, known))


async def open_session(
    platform: Platform, person: UUID, strength: Strength, origin: str, *, is_proof: bool = False
) -> Ticket:
    """Open a session for somebody whose proof was checked: the one way in, however they proved who they are.

    The database opens none for a password or a provider's word where the person has a factor. Then
    the ticket is for a sign-in that waits for it, and `let_in` leads to the page that asks.

    A provider's word is no fresh proof to the database, unless the gate knows of one (`is_proof`).
    """
    settings, secret = platform.settings, secrets.token_bytes(32)
    secret_hash, now = hashlib.sha256(secret).digest(), platform.clock.now()
    async with platform.database.transaction("gate") as tx:
        session = await store.mint_session(
            tx, person, secret_hash, settings.session_idle, settings.session_lifetime, strength
        )
        if session is not None:
            if is_proof:
                await store.freshen_session(tx, person, session, secret_hash)
            await settle(tx, platform, person, session, origin)
            await record_at_gate(tx, platform, person, Action.SESSION_OPENED, origin)
            return Ticket(person, secret, now + settings.session_lifetime)
        await store.begin_sign_in(tx, person, secret_hash, HALF_OPEN, strength)
        await record_at_gate(tx, platform, person, Action.FACTOR_ASKED, origin)
    return Ticket(person, secret, now + HALF_OPEN, waits_for_factor=True)


async def settle(tx: Transaction, platform: Platform, person: UUID, session: UUID, origin: str) -> None:
    """Keep where a session is opened from, for the person's own list of them; it goes with their key."""
    key = KeyRef(person, PLATFORM, "technical")
    opened_from: bytes | None = None
    with suppress(ErasedError):  # somebody whose erasure has begun: nothing is kept of them any more
        sealed = await platform.vault.seal(key, "sessions", session, {"origin_sealed": origin})
        opened_from = sealed["origin_sealed"]
    await store.settle_session(tx, session, opened_from)


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


async def _admitted(platform: Platform, email: str, caller: Caller) -> tuple[Credential | None, str | None]:
    """Count a try and find who uses the address: the count is there before the password is read.

    Returns:
        who it is, and what the browser is counted by if their account knows it.

    Raises:
        TooSoonError: too many tries.
    """
    async with platform.database.statements() as tx:
        known = await find_known(tx, platform, email)
        device = device_of(platform, caller.device, known)
        if device is not None:
            wait, whose = await count(tx, platform, SIGN_IN_PER_DEVICE, device), device
            slowly = False
        else:
            wait, whose = await wait_of(tx, platform, FAILURES_PER_ADDRESS, caller.address), caller.address
            slowly = await wait_of(tx, platform, FAILURES_OF_ALL, "") > 0
            if not wait:
                wait, whose = await count(tx, platform, SIGN_IN_PER_ACCOUNT, email), email
    if wait:
        await _refuse(platform, wait, whose, known, caller)
    if slowly:
        await _pause()
    return known, device


async def _pause() -> None:
    """Have a stranger wait, who holds nothing meanwhile but the connection they came by."""
    if _pausing.locked():
        raise UnavailableError
    async with _pausing:
        await asyncio.sleep(_PAUSE)


async def _count_failure(platform: Platform, known: Credential | None, device: str | None, caller: Caller) -> None:
    """Count a wrong password and write it down.

    Raises:
        TooSoonError: others failed here meanwhile; nobody learns whether this try would have.
    """
    wait = 0
    async with platform.database.attempt() as tx:
        if device is None:
            wait = await count(tx, platform, FAILURES_PER_ADDRESS, caller.address)
        if not wait:
            await record_at_gate(tx, platform, known.person_id if known else None, Action.SIGN_IN_FAILED, caller.origin)
        if device is None:
            await count(tx, platform, FAILURES_OF_ALL, "")  # last: everybody's failures wait for this row
    if wait:
        await _refuse(platform, wait, caller.address, known, caller)


async def _check_again(platform: Platform, known: Credential, caller: Caller) -> None:
    """Look once more, now that the password turned out right: of many guesses at once, the last are told nothing.

    Raises:
        TooSoonError: too many failed here meanwhile.
    """
    async with platform.database.statements() as tx:
        wait = await wait_of(tx, platform, FAILURES_PER_ADDRESS, caller.address)
    if wait:
        await _refuse(platform, wait, caller.address, known, caller)


async def _refuse(platform: Platform, wait: int, whose: str, known: Credential | None, caller: Caller) -> NoReturn:
    """Refuse a try, and write it down: the first of many, since those after it say the same."""
    tried = known.person_id if known else None
    async with platform.database.attempt() as tx:
        if not await count(tx, platform, LIMITED_NOTES, whose):
            await record_at_gate(tx, platform, tried, Action.SIGN_IN_LIMITED, caller.origin)
    raise TooSoonError(wait)


async def _kept_slow(platform: Platform, known: Credential, password: str) -> Credential:
    """Replace a hash that is cheaper than what is asked for today; return the credential as it is then."""
    if known.password_hash is None or cost_of(known.password_hash) >= platform.settings.bcrypt_cost:
        return known
    stronger = await hash_password(password, platform.settings.bcrypt_cost, Lane.KNOWN)
    async with platform.database.transaction("gate") as tx:
        await store.replace_credential(tx, known.person_id, stronger)
    return msgspec.structs.replace(known, password_hash=stronger)


async def _send_new_link(platform: Platform, email: str, way_back: str) -> None:
    token = secrets.token_urlsafe(32)
    async with platform.database.transaction("gate") as tx:
        if await count(tx, platform, LINKS_PER_MAILBOX, email):
            return  # those that were sent still open
        for index in platform.blind_indexes("email", email):
            person = await store.renew_link(tx, index, hashed(token), platform.settings.link_lifetime)
            if person is not None:
                link = {"token": token, "way_back": way_back}
                await queue_mail_at_gate(tx, platform.vault, person, "accounts/verify-address", link)
                return
