"""The queries of providers, typed."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from upheld.features.providers.model import Departure, IdentityRow, OlderIndex, Purpose
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.providers")


@dataclass(frozen=True)
class NewIdentity:
    """An identity about to be stored: under which indexes it might be known, the newest first, and sealed."""

    id: UUID
    issuer: str
    indexes: list[bytes]
    subject_sealed: bytes


async def note_departure(
    tx: Transaction, state_hash: bytes, browser_hash: bytes, provider: str, purpose: Purpose
) -> dt.datetime:
    """Note that a browser leaves for a provider; return when."""
    return await tx.value(_Q["note_departure"], state_hash, browser_hash, provider, str(purpose))


async def use_departure(tx: Transaction, state_hash: bytes, browser_hash: bytes, provider: str) -> Departure | None:
    """Use up a departure; None unless this browser left for this provider, and has not come back."""
    return await tx.one(_Q["use_departure"], state_hash, browser_hash, provider, into=Departure)


async def use_identity(tx: Transaction, index: bytes) -> UUID | None:
    """Note that an identity was proven; return whose account it opens."""
    return await tx.value(_Q["use_identity"], index)


async def link_identity(tx: Transaction, session: UUID, identity: NewIdentity) -> bool:
    """Link an identity to whoever is behind a freshly proven session; False when it opens an account already."""
    return await tx.value(
        _Q["link_identity"], session, identity.id, identity.issuer, identity.indexes, identity.subject_sealed
    )


async def unlink_identity(tx: Transaction, session: UUID, identity: UUID) -> bool:
    """Unlink an identity of whoever is behind a freshly proven session; False when it is not theirs."""
    return await tx.value(_Q["unlink_identity"], session, identity)


async def has_a_way_in(tx: Transaction, person: UUID) -> bool:
    """Return whether somebody can sign in at all."""
    return await tx.value(_Q["has_a_way_in"], person)


async def verify_with_identity(tx: Transaction, link_hash: bytes, person: UUID, identity: NewIdentity) -> UUID | None:
    """Use up the link of a new account and make the identity its way in; None when it is not that account's."""
    return await tx.value(
        _Q["verify_with_identity"], link_hash, person, identity.id, identity.issuer, identity.indexes,
        identity.subject_sealed,
    )  # fmt: skip


async def own_identities(tx: Transaction) -> list[IdentityRow]:
    """Return the identities of the person asking, the first first."""
    return await tx.all(_Q["own_identities"], into=IdentityRow)


async def older_identity_indexes(tx: Transaction, newest: int) -> list[OlderIndex]:
    """Return up to a thousand indexes that keys before the newest made."""
    return await tx.all(_Q["older_identity_indexes"], newest, into=OlderIndex)


async def raise_identity_indexes(tx: Transaction, raised: list[tuple[OlderIndex, bytes]]) -> None:
    """Store the newest key's indexes, where the older ones still stand."""
    await tx.run(
        _Q["raise_identity_indexes"],
        [older.id for older, _ in raised], [older.subject_index for older, _ in raised], [newer for _, newer in raised],
    )  # fmt: skip
