"""One function a query."""

from datetime import timedelta
from uuid import UUID

from upheld.features.factors.ceremonies import NewPasskey
from upheld.features.factors.model import (
    App,
    Asker,
    Asking,
    Codes,
    PasskeyRow,
    Purpose,
    StoredApp,
    StoredPasskey,
    Waiting,
)
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.factors")


async def own_app(tx: Transaction) -> App | None:
    """Return the app of the person asking."""
    return await tx.one(_Q["own_app"], into=App)


async def own_passkeys(tx: Transaction) -> list[PasskeyRow]:
    """Return the passkeys of the person asking, the oldest first."""
    return await tx.all(_Q["own_passkeys"], into=PasskeyRow)


async def own_codes(tx: Transaction) -> Codes:
    """Return how many recovery codes the person asking was given, and how many are left."""
    return await tx.one(_Q["own_codes"], into=Codes) or Codes(0, 0, None)


async def begin_sign_in(tx: Transaction, secret_hash: bytes, lives: timedelta) -> None:
    """Open a half-open sign-in of nobody, for a passkey to answer in."""
    await tx.value(_Q["begin_sign_in"], secret_hash, lives)


async def half_open_sign_in(tx: Transaction, secret_hash: bytes) -> Waiting | None:
    """Return whose sign-in waits, and what they can show."""
    return await tx.one(_Q["half_open_sign_in"], secret_hash, into=Waiting)


async def finish_sign_in(tx: Transaction, secret_hash: bytes) -> bool:
    """End a half-open sign-in; True once."""
    return await tx.value(_Q["finish_sign_in"], secret_hash)


async def begin_app(tx: Transaction, person: UUID, session: UUID, secret_sealed: bytes) -> bool:
    """Keep the secret of an app that has yet to show a code; False when one counts already."""
    return await tx.value(_Q["begin_app"], person, session, secret_sealed)


async def app_of(tx: Transaction, person: UUID) -> StoredApp | None:
    """Return the secret of a person's app, and whether it counts."""
    return await tx.one(_Q["app_of"], person, into=StoredApp)


async def confirm_app(tx: Transaction, person: UUID, session: UUID, step: int) -> bool:
    """Let an app count; True once."""
    return await tx.value(_Q["confirm_app"], person, session, step)


async def take_step(tx: Transaction, person: UUID, step: int) -> bool:
    """Take the code of a step of time; True once."""
    return await tx.value(_Q["take_step"], person, step)


async def remove_app(tx: Transaction, person: UUID, session: UUID) -> bool:
    """Remove the app; whether there was one."""
    return await tx.value(_Q["remove_app"], person, session)


async def use_recovery_code(tx: Transaction, person: UUID, code_hash: bytes) -> int | None:
    """Use a recovery code up; return how many are left, or None when it is none."""
    return await tx.value(_Q["use_recovery_code"], person, code_hash)


async def replace_recovery_codes(tx: Transaction, person: UUID, session: UUID, hashes: list[bytes]) -> bool:
    """Put new recovery codes in the place of all earlier ones; False when there is no factor they stand in for."""
    return await tx.value(_Q["replace_recovery_codes"], person, session, hashes)


async def set_challenge(tx: Transaction, challenge_hash: bytes, purpose: Purpose, asking: Asking) -> None:
    """Set a challenge, for a session or for a half-open sign-in."""
    await tx.value(_Q["set_challenge"], challenge_hash, str(purpose), asking.session, asking.sign_in)


async def spend_challenge(tx: Transaction, challenge_hash: bytes, purpose: Purpose, asking: Asking) -> bool:
    """Spend a challenge; True once."""
    return await tx.value(_Q["spend_challenge"], challenge_hash, str(purpose), asking.session, asking.sign_in)


async def add_passkey(tx: Transaction, asker: Asker, passkey_id: UUID, made: NewPasskey, name_sealed: bytes) -> bool:
    """Add a passkey; False when it is somebody's already."""
    return await tx.value(
        _Q["add_passkey"],
        asker.person, asker.session, passkey_id, made.credential_id, made.public_key, made.sign_count, name_sealed,
    )  # fmt: skip


async def find_passkey(tx: Transaction, credential_id: bytes) -> StoredPasskey | None:
    """Return the passkey that an answer names, and whose it is."""
    return await tx.one(_Q["find_passkey"], credential_id, into=StoredPasskey)


async def passkeys_of(tx: Transaction, person: UUID) -> list[bytes]:
    """Return a person's passkeys, by the names that their devices know."""
    return await tx.column(_Q["passkeys_of"], person)


async def use_passkey(tx: Transaction, passkey: UUID, count: int) -> bool:
    """Note that a passkey was used; False when its count does not rise."""
    return await tx.value(_Q["use_passkey"], passkey, count)


async def remove_passkey(tx: Transaction, person: UUID, session: UUID, passkey: UUID) -> bool:
    """Remove a passkey; whether it was there."""
    return await tx.value(_Q["remove_passkey"], person, session, passkey)


async def strengthen_session(tx: Transaction, person: UUID, session: UUID, secret_hash: bytes) -> None:
    """Give a session another secret, and note that a factor was shown in it."""
    await tx.value(_Q["strengthen_session"], person, session, secret_hash)


async def has_codes(tx: Transaction, person: UUID) -> bool:
    """Whether a person has a recovery code left."""
    return await tx.value(_Q["has_codes"], person)
