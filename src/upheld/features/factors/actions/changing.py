"""Changing factors: in a session that was proven a moment ago, and never without a mail to the person.

Each change is one transaction of the gate, with its audit entry and its mail; the database itself
refuses it where the session was not proven within ten minutes. A new factor gives the session
that adds it another secret, and the strength of what was just shown in it.
"""

import secrets
from uuid import UUID, uuid4

from upheld.features.audit.actions import record_at_gate
from upheld.features.audit.model import Action
from upheld.features.factors import store
from upheld.features.factors.actions.asking import checked_registration, hashed, new_challenge, site_of
from upheld.features.factors.ceremonies import registration_options
from upheld.features.factors.codes import new_app_secret, new_recovery_codes, recovery_hash, step_shown
from upheld.features.factors.errors import (
    AppKnownError,
    LastWayInError,
    NoAppYetError,
    NoFactorYetError,
    PasskeyKnownError,
    WrongCodeError,
)
from upheld.features.factors.model import LONGEST_NAME, Added, Asker, Asking, Purpose
from upheld.kit.errors import ConflictError, InvalidError, NotFoundError
from upheld.platform.database import Transaction
from upheld.platform.i18n import mark
from upheld.platform.outbox import queue_mail_at_gate
from upheld.platform.services import Platform
from upheld.platform.vault import PLATFORM, KeyRef


async def begin_app(platform: Platform, asker: Asker) -> None:
    """Keep a new secret for an app, which counts once it has shown a code.

    Raises:
        AppKnownError: an app counts already.
    """
    key = KeyRef(asker.person, PLATFORM, "account")
    secret = {"secret_sealed": new_app_secret()}
    sealed = await platform.vault.seal(key, "authenticator_apps", asker.person, secret)
    async with platform.database.transaction("gate") as tx:
        if not await store.begin_app(tx, asker.person, asker.session, sealed["secret_sealed"] or b""):
            raise AppKnownError


async def pending_app(platform: Platform, asker: Asker) -> str:
    """Return the secret of the app that waits for its first code, to be shown to its person.

    Raises:
        NoAppYetError: none waits.
    """
    async with platform.database.transaction("gate") as tx:
        app = await store.app_of(tx, asker.person)
    if app is None or app.confirmed:
        raise NoAppYetError
    opened = await platform.vault.open("authenticator_apps", asker.person, {"secret_sealed": app.secret_sealed})
    return opened["secret_sealed"] or ""


async def confirm_app(platform: Platform, asker: Asker, code: str) -> Added:
    """Let the app count, since it shows the right code.

    Raises:
        WrongCodeError: it does not.
        NoAppYetError: none waits.
    """
    step = step_shown(await pending_app(platform, asker), code, platform.clock.now().timestamp())
    if step is None:
        raise WrongCodeError
    async with platform.database.transaction("gate") as tx:
        if not await store.confirm_app(tx, asker.person, asker.session, step):
            raise NoAppYetError
        return await _added(tx, platform, asker, "app-added")


async def remove_app(platform: Platform, asker: Asker) -> None:
    """Remove the app; its codes count for nothing from here on.

    Raises:
        NotFoundError: there is none.
    """
    async with platform.database.transaction("gate") as tx:
        if not await store.remove_app(tx, asker.person, asker.session):
            raise NotFoundError
        await _tell(tx, platform, asker, Action.FACTOR_REMOVED, "app-removed")


async def remake_codes(platform: Platform, asker: Asker) -> list[str]:
    """Put new recovery codes in the place of all earlier ones, and return them: they are shown this once.

    Raises:
        NoFactorYetError: there is nothing that they would stand in for.
    """
    async with platform.database.transaction("gate") as tx:
        codes = await _new_codes(tx, asker)
        await _tell(tx, platform, asker, Action.FACTOR_CODES_MADE, "codes-made")
    return codes


async def ask_to_register(platform: Platform, asker: Asker, email: str) -> str:
    """Return what the browser is told, to make a passkey in this session; a device shows the address beside it."""
    challenge = await new_challenge(platform, Purpose.REGISTRATION, Asking(session=asker.session))
    async with platform.database.transaction("gate") as tx:
        known = await store.passkeys_of(tx, asker.person)
    return registration_options(site_of(platform), asker.person, email, challenge, known)


async def add_passkey(platform: Platform, asker: Asker, text: str, name: str) -> Added:
    """Keep a passkey that was made.

    Raises:
        InvalidError: it has no name, or too long a one.
        PasskeyRefusedError: it was not made for this session's challenge.
        PasskeyKnownError: it is kept already.
    """
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidError({"name": mark("Give the passkey a name of up to 60 letters, so that you know it again.")})
    passkey, key = uuid4(), KeyRef(asker.person, PLATFORM, "account")
    made = await checked_registration(platform, text, Asking(session=asker.session))
    sealed = await platform.vault.seal(key, "passkeys", passkey, {"name_sealed": name})
    async with platform.database.transaction("gate") as tx:
        if not await store.add_passkey(tx, asker, passkey, made, sealed["name_sealed"] or b""):
            raise PasskeyKnownError
        return await _added(tx, platform, asker, "passkey-added")


async def remove_passkey(platform: Platform, asker: Asker, passkey: UUID) -> None:
    """Remove a passkey.

    Raises:
        NotFoundError: it is not there, or somebody else's.
        LastWayInError: its person could not sign in without it.
    """
    try:
        async with platform.database.transaction("gate") as tx:
            if not await store.remove_passkey(tx, asker.person, asker.session, passkey):
                raise NotFoundError
            await _tell(tx, platform, asker, Action.FACTOR_REMOVED, "passkey-removed")
    except ConflictError as error:  # the transaction would have left its person without a way in
        raise LastWayInError from error


async def _added(tx: Transaction, platform: Platform, asker: Asker, what: str) -> Added:
    """Finish adding a factor; whoever has recovery codes already keeps them."""
    secret = secrets.token_bytes(32)
    await store.strengthen_session(tx, asker.person, asker.session, hashed(secret))
    await _tell(tx, platform, asker, Action.FACTOR_ADDED, what)
    has_codes = await store.has_codes(tx, asker.person)
    return Added([] if has_codes else await _new_codes(tx, asker), secret)


async def _new_codes(tx: Transaction, asker: Asker) -> list[str]:
    codes = new_recovery_codes()
    hashes = [recovery_hash(asker.person, code) for code in codes]
    if not await store.replace_recovery_codes(tx, asker.person, asker.session, hashes):
        raise NoFactorYetError
    return codes


async def _tell(tx: Transaction, platform: Platform, asker: Asker, action: Action, what: str) -> None:
    """Write a change down, and write to its person."""
    told = {"what": what, "at": platform.clock.now().isoformat(), "left": ""}
    await record_at_gate(tx, platform, asker.person, action, asker.origin)
    await queue_mail_at_gate(tx, platform.vault, asker.person, "factors/changed", told)
