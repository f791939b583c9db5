"""The queries of accounts, typed."""

from datetime import datetime, timedelta
from uuid import UUID

from upheld.features.accounts.model import Account, Credential, Newcomer, OlderIndex, SessionRow, Strength, WaitingMail
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.accounts")


async def register_person(tx: Transaction, newcomer: Newcomer, link_hash: bytes, link_lives: timedelta) -> bool:
    """Add a person; False, and nothing written, when the address is taken."""
    return await tx.value(
        _Q["register_person"], newcomer.id, newcomer.email_index, newcomer.email_sealed, newcomer.password_hash,
        link_hash, link_lives, newcomer.consents, newcomer.origin, newcomer.is_probe, newcomer.language,
    )  # fmt: skip


async def register_again(tx: Transaction, newcomer: Newcomer, link_hash: bytes, link_lives: timedelta) -> UUID | None:
    """Let a newer registration of an unproven address count; return who is waiting, or None."""
    return await tx.value(_Q["register_again"], newcomer.email_index, newcomer.password_hash, link_hash, link_lives)


async def invite_operator(tx: Transaction, token_hash: bytes, lives: timedelta) -> None:
    """Store the hash of a one-time link for an operator."""
    await tx.run(_Q["invite_operator"], token_hash, lives)


async def appoint_operator(tx: Transaction, token_hash: bytes, person: UUID) -> bool:
    """Use up an invitation; False when there is none."""
    return await tx.value(_Q["appoint_operator"], token_hash, person)


async def is_operator(tx: Transaction) -> bool:
    """Return whether the person asking is an operator."""
    return await tx.value(_Q["is_operator"])


async def find_credential(tx: Transaction, email_index: bytes) -> Credential | None:
    """Return who uses an address."""
    return await tx.one(_Q["find_credential"], email_index, into=Credential)


async def credential_of(tx: Transaction, person: UUID) -> str | None:
    """Return the hash of a signed-in person."""
    return await tx.value(_Q["credential_of"], person)


async def replace_credential(tx: Transaction, person: UUID, password_hash: str) -> None:
    """Store a new hash."""
    await tx.value(_Q["replace_credential"], person, password_hash)


async def verify_email(tx: Transaction, link_hash: bytes) -> UUID | None:
    """Use up a link; return who it verified."""
    return await tx.value(_Q["verify_email"], link_hash)


async def older_email_indexes(tx: Transaction, newest: int) -> list[OlderIndex]:
    """Return up to a thousand indexes that keys before the newest made."""
    return await tx.all(_Q["older_email_indexes"], newest, into=OlderIndex)


async def raise_email_indexes(tx: Transaction, raised: list[tuple[OlderIndex, bytes]]) -> None:
    """Store the newest key's indexes, where the older ones still stand."""
    await tx.run(
        _Q["raise_email_indexes"],
        [older.id for older, _ in raised], [older.email_index for older, _ in raised], [newer for _, newer in raised],
    )  # fmt: skip


async def renew_link(tx: Transaction, email_index: bytes, link_hash: bytes, lives: timedelta) -> UUID | None:
    """Make a new link for somebody who is not verified yet; return who they are."""
    return await tx.value(_Q["renew_link"], email_index, link_hash, lives)


async def mint_session(
    tx: Transaction, person: UUID, secret_hash: bytes, idle: timedelta, lives: timedelta, strength: Strength
) -> UUID | None:
    """Open a session; None, and nothing opened, while a factor is missing."""
    return await tx.value(_Q["mint_session"], person, secret_hash, idle, lives, str(strength))


async def freshen_session(tx: Transaction, person: UUID, session: UUID, secret_hash: bytes) -> datetime | None:
    """Note a fresh proof, and replace the session's secret; return when it ends, None when it has."""
    return await tx.value(_Q["freshen_session"], person, session, secret_hash)


async def begin_sign_in(
    tx: Transaction, person: UUID, secret_hash: bytes, lives: timedelta, strength: Strength
) -> None:
    """Open a sign-in by half, until a factor is shown."""
    await tx.value(_Q["begin_sign_in"], person, secret_hash, lives, str(strength))


async def end_session(tx: Transaction) -> None:
    """End the session that is asking."""
    await tx.run(_Q["end_session"])


async def own_account(tx: Transaction) -> Account | None:
    """Return the account of the person asking."""
    return await tx.one(_Q["own_account"], into=Account)


async def choose_language(tx: Transaction, language: str) -> bool:
    """Keep the language of the person asking; False when it is theirs already."""
    return await tx.run(_Q["choose_language"], language) > 0


async def own_sessions(tx: Transaction) -> list[SessionRow]:
    """Return the sessions of the person asking that still open something, the last used first."""
    return await tx.all(_Q["own_sessions"], into=SessionRow)


async def end_own_session(tx: Transaction, session: UUID) -> bool:
    """End one session of the person asking; False when there is none that is open."""
    return await tx.run(_Q["end_own_session"], session) > 0


async def end_other_sessions(tx: Transaction) -> int:
    """End every session of the person asking but the one that asks; return how many."""
    return await tx.run(_Q["end_other_sessions"])


async def open_job_context(tx: Transaction, secret: bytes) -> UUID | None:
    """Open the context stored with a piece of work; return whose it is."""
    return await tx.value(_Q["open_job_context"], secret)


async def message(tx: Transaction, message_id: UUID) -> WaitingMail | None:
    """Return a mail that waits to be sent to the person in context."""
    return await tx.one(_Q["message"], message_id, into=WaitingMail)


async def drop_message(tx: Transaction, message_id: UUID) -> bool:
    """Drop a mail that is being sent; False when it is gone already."""
    return await tx.run(_Q["drop_message"], message_id) > 0
