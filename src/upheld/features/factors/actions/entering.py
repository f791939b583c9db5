"""Signing in with a factor: after the password, or with a passkey alone."""

from upheld.features.accounts.actions import open_session
from upheld.features.accounts.model import Strength, Ticket
from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.features.factors import store
from upheld.features.factors.actions.asking import checked, hashed
from upheld.features.factors.codes import recovery_hash, step_shown
from upheld.features.factors.errors import (
    PasskeyRefusedError,
    SignInOverError,
    WrongCodeError,
    WrongRecoveryCodeError,
)
from upheld.features.factors.model import Asking, Purpose, Waiting
from upheld.kit.errors import TooSoonError
from upheld.platform.database import Transaction
from upheld.platform.limits import take
from upheld.platform.limits.rules import SECOND_FACTOR_PER_ACCOUNT
from upheld.platform.outbox import queue_mail_at_gate
from upheld.platform.services import Platform


async def waiting_sign_in(platform: Platform, secret: bytes | None) -> Waiting:
    """Return the sign-in that waits in a browser.

    Raises:
        SignInOverError: none does, or not any more.
    """
    async with platform.database.transaction("gate") as tx:
        waiting = None if secret is None else await store.half_open_sign_in(tx, hashed(secret))
    if waiting is None:
        raise SignInOverError
    return waiting


async def show_code(platform: Platform, secret: bytes, code: str, origin: str) -> Ticket:
    """Finish a sign-in with the code of an app.

    Raises:
        WrongCodeError: it is not the code, or was used.
        SignInOverError: the sign-in does not wait any more.
        TooSoonError: too many tries.
    """
    waiting = await _tried(platform, secret, origin)
    step = await _step_shown(platform, waiting, code)
    async with platform.database.transaction("gate") as tx:
        fits = step is not None and await store.take_step(tx, waiting.person_id, step)
        await _finish(tx, platform, secret, waiting, origin, fits=fits)
    if not fits:
        raise WrongCodeError
    return await open_session(platform, waiting.person_id, Strength.TWO_FACTOR, origin)


async def show_recovery_code(platform: Platform, secret: bytes, code: str, origin: str) -> Ticket:
    """Finish a sign-in with a recovery code, which is worth nothing afterwards; its person is told.

    Raises:
        WrongRecoveryCodeError: it is none of theirs, or was used.
        SignInOverError: the sign-in does not wait any more.
        TooSoonError: too many tries.
    """
    waiting = await _tried(platform, secret, origin)
    person = waiting.person_id
    async with platform.database.transaction("gate") as tx:
        left = await store.use_recovery_code(tx, person, recovery_hash(person, code))
        await _finish(tx, platform, secret, waiting, origin, fits=left is not None)
        if left is not None:
            told = {"what": "code-used", "at": platform.clock.now().isoformat(), "left": str(left)}
            await record_at_gate(tx, platform, person, Action.FACTOR_RECOVERED, origin)
            await queue_mail_at_gate(tx, platform.vault, person, "factors/changed", told)
    if left is None:
        raise WrongRecoveryCodeError
    return await open_session(platform, person, Strength.TWO_FACTOR, origin)


async def show_passkey(platform: Platform, secret: bytes, text: str, origin: str) -> Ticket:
    """Finish a sign-in with a passkey.

    Raises:
        PasskeyRefusedError: it is not one of theirs, or no answer to what was asked.
        SignInOverError: the sign-in does not wait any more.
    """
    waiting = await waiting_sign_in(platform, secret)
    try:
        found = await checked(platform, text, Purpose.SECOND_FACTOR, Asking(sign_in=hashed(secret)))
        if found.person_id != waiting.person_id:
            raise PasskeyRefusedError
    except PasskeyRefusedError:
        await _note_failure(platform, waiting, origin)
        raise
    async with platform.database.transaction("gate") as tx:
        await _finish(tx, platform, secret, waiting, origin, fits=True)
    return await open_session(platform, waiting.person_id, Strength.TWO_FACTOR, origin)


async def sign_in_with_passkey(platform: Platform, secret: bytes | None, text: str, origin: str) -> Ticket:
    """Sign somebody in with a passkey alone: a device that its person has unlocked is two factors in one.

    Raises:
        PasskeyRefusedError: it is not known here, or no answer to what this browser was asked.
    """
    if secret is None:
        raise PasskeyRefusedError
    try:
        found = await checked(platform, text, Purpose.SIGN_IN, Asking(sign_in=hashed(secret)))
    except PasskeyRefusedError:
        await _note_failure(platform, None, origin)
        raise
    async with platform.database.transaction("gate") as tx:
        await store.finish_sign_in(tx, hashed(secret))
    return await open_session(platform, found.person_id, Strength.PASSKEY, origin)


async def _tried(platform: Platform, secret: bytes, origin: str) -> Waiting:
    """Return the sign-in that waits, and count a try for its person before the code is looked at."""
    waiting = await waiting_sign_in(platform, secret)
    try:
        async with platform.database.attempt() as tx:
            await take(tx, platform, SECOND_FACTOR_PER_ACCOUNT, str(waiting.person_id))
    except TooSoonError:
        async with platform.database.attempt() as tx:
            await record_at_gate(tx, platform, waiting.person_id, Action.FACTOR_LIMITED, origin)
        raise
    return waiting


async def _step_shown(platform: Platform, waiting: Waiting, code: str) -> int | None:
    async with platform.database.transaction("gate") as tx:
        app = await store.app_of(tx, waiting.person_id)
    if app is None or not app.confirmed:
        return None
    sealed = {"secret_sealed": app.secret_sealed}
    opened = await platform.vault.open("authenticator_apps", waiting.person_id, sealed)
    return step_shown(opened["secret_sealed"] or "", code, platform.clock.now().timestamp())


async def _finish(
    tx: Transaction, platform: Platform, secret: bytes, waiting: Waiting, origin: str, *, fits: bool
) -> None:
    """End the sign-in that waited, or write down that its factor did not fit."""
    if not fits:
        await record_at_gate(tx, platform, waiting.person_id, Action.FACTOR_FAILED, origin)
    elif not await store.finish_sign_in(tx, hashed(secret)):
        raise SignInOverError


async def _note_failure(platform: Platform, waiting: Waiting | None, origin: str) -> None:
    async with platform.database.attempt() as tx:
        await record_at_gate(tx, platform, waiting.person_id if waiting else None, Action.FACTOR_FAILED, origin)
