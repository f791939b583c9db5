"""The queries of accounts, typed."""

from datetime import datetime, timedelta
from uuid import UUID

from upheld.features.accounts.model import (
    Account,
    AccountLink,
    AddressLink,
    Credential,
    LinkedCredential,
    Newcomer,
    OlderIndex,
    OwnWords,
    SessionRow,
    Strength,
    WaitingMail,
)
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


async def settle_session(tx: Transaction, session: UUID, opened_from: bytes | None) -> None:
    """Keep where a session was opened from; end the one used longest ago of more than twenty."""
    await tx.value(_Q["settle_session"], session, opened_from)


async def verification_of(tx: Transaction, link_hash: bytes) -> LinkedCredential | None:
    """Return whose address a link proves, with the hash of the password chosen last."""
    return await tx.one(_Q["verification_of"], link_hash, into=LinkedCredential)


async def own_words(tx: Transaction, person: UUID) -> OwnWords | None:
    """Return what a password of somebody may not be made of, as it is stored."""
    return await tx.one(_Q["own_words"], person, into=OwnWords)


async def change_password(tx: Transaction, session: UUID, password_hash: str, *, ends_others: bool) -> int:
    """Change the password of the person behind a freshly proven session; return how many others ended."""
    return await tx.value(_Q["change_password"], session, password_hash, ends_others)


async def person_at(tx: Transaction, email_index: bytes, *, only_proven: bool = False) -> UUID | None:
    """Return who uses an address, or only whoever has shown that it is theirs."""
    return await tx.value(_Q["person_at"], email_index, only_proven)


async def ask_reset(tx: Transaction, person: UUID, link_hash: bytes, lives: timedelta) -> None:
    """Store a link that lets a person choose another password; nothing for nobody."""
    await tx.value(_Q["ask_reset"], person, link_hash, lives)


async def account_link(tx: Transaction, link_hash: bytes, purpose: str) -> AccountLink | None:
    """Return whose a link is; None when it is used or too old."""
    return await tx.one(_Q["account_link"], link_hash, purpose, into=AccountLink)


async def use_reset(tx: Transaction, link_hash: bytes, password_hash: str) -> UUID | None:
    """Use a link up for another password; return whose it was."""
    return await tx.value(_Q["use_reset"], link_hash, password_hash)


async def ask_new_address(tx: Transaction, session: UUID, link_hash: bytes, email: bytes, lives: timedelta) -> None:
    """Store the address that the person behind a freshly proven session wants to use."""
    await tx.value(_Q["ask_new_address"], session, link_hash, email, lives)


async def make_room_at(tx: Transaction, email_indexes: list[bytes]) -> list[UUID]:
    """Remove whoever only claimed an address; return who they were said to be."""
    return await tx.column(_Q["make_room_at"], email_indexes)


async def take_new_address(
    tx: Transaction, link_hash: bytes, email_index: bytes, way_back_hash: bytes, way_back_lives: timedelta
) -> UUID | None:
    """Use up the link in the mail to a new address; return whose it was."""
    return await tx.value(_Q["take_new_address"], link_hash, email_index, way_back_hash, way_back_lives)


async def take_address_back(tx: Transaction, link_hash: bytes, email_index: bytes, password_hash: str) -> UUID | None:
    """Use up the link in the mail to a former address; return whose it was."""
    return await tx.value(_Q["take_address_back"], link_hash, email_index, password_hash)


async def end_sessions_of(tx: Transaction, person: UUID | None, email_indexes: list[bytes]) -> int | None:
    """End every session of a person, on the operator's word; return how many, None when there is no such person."""
    return await tx.value(_Q["end_sessions_of"], person, email_indexes)


async def own_links(tx: Transaction) -> list[AddressLink]:
    """Return the changes of address of the person asking that wait or can be taken back, the newest first."""
    return await tx.all(_Q["own_links"], into=AddressLink)


async def password_changed_at(tx: Transaction) -> datetime | None:
    """Return when the person asking last changed their password; None when they have none."""
    return await tx.value(_Q["password_changed_at"])
