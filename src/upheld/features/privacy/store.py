"""The queries of privacy, typed."""

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from upheld.features.privacy.model import (
    EndedInvitation,
    ErasureState,
    Holdings,
    JournalFilter,
    JournalLine,
    OldApplication,
    OwnErasure,
    Plan,
    Record,
    StandingRecord,
    Viewer,
)
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.privacy")


async def holdings(tx: Transaction) -> Holdings:
    """Return how much is held about the person asking."""
    found = await tx.one(_Q["holdings"], into=Holdings)
    assert found is not None  # noqa: S101 - a row of counts is always there
    return found


async def journal(tx: Transaction, wanted: JournalFilter, at_most: int, skipping: int) -> list[JournalLine]:
    """Return who saw which part of the data of the person asking, newest first."""
    only = (wanted.part, wanted.organisation_id)
    return await tx.all(_Q["journal"], at_most, skipping, *only, into=JournalLine)


async def viewers(tx: Transaction) -> list[Viewer]:
    """Return the organisations that saw something of the person asking, by name."""
    return await tx.all(_Q["viewers"], into=Viewer)


async def records(tx: Transaction) -> list[StandingRecord]:
    """Return the application records of the person asking, by employer."""
    return await tx.all(_Q["records"], into=StandingRecord)


async def orphaned(tx: Transaction) -> list[str]:
    """Return the organisations that have no other member than the person asking."""
    return await tx.column(_Q["orphaned"])


async def own_erasure(tx: Transaction) -> OwnErasure | None:
    """Return the pending request of the person asking."""
    return await tx.one(_Q["own_erasure"], into=OwnErasure)


async def owns_receipt(tx: Transaction, receipt: bytes) -> bool:
    """Whether the person asking holds this receipt and can still call the erasure off."""
    return await tx.value(_Q["owns_receipt"], receipt)


async def add_erasure(tx: Transaction, erasure_id: UUID, receipt: bytes, grace: dt.timedelta) -> dt.datetime:
    """Add a request of the person asking; return when it is due."""
    return await tx.value(_Q["add_erasure"], erasure_id, receipt, grace)


async def queue_erasure(tx: Transaction, erasure_id: UUID, secret: bytes) -> None:
    """Schedule the work of a request."""
    await tx.value(_Q["queue_erasure"], erasure_id, secret)


async def cancel_erasure(tx: Transaction) -> bool:
    """Call the request of the person asking off; False when there is none that has not begun."""
    return await tx.run(_Q["cancel_erasure"]) > 0


async def erasure_by_receipt(tx: Transaction, receipt: bytes) -> ErasureState | None:
    """Return where an erasure stands."""
    return await tx.one(_Q["erasure_by_receipt"], receipt, into=ErasureState)


async def open_job_context(tx: Transaction, secret: bytes) -> UUID | None:
    """Open the context stored with a piece of work; return whose it is."""
    return await tx.value(_Q["open_job_context"], secret)


async def plan_erasure(tx: Transaction, erasure_id: UUID) -> Plan | None:
    """Begin an erasure or go on with it; None when it is done or was called off."""
    return await tx.one(_Q["plan_erasure"], erasure_id, into=Plan)


async def erase_person(tx: Transaction, erasure_id: UUID, keep_records_until: dt.date) -> dict[str, int]:
    """Remove every row that goes with the account; return how many went, by table."""
    return await tx.value(_Q["erase_person"], erasure_id, keep_records_until)


async def certify_erasure(tx: Transaction, erasure_id: UUID, certificate: Record) -> None:
    """File the certificate."""
    await tx.value(_Q["certify_erasure"], erasure_id, certificate)


async def take_up_erasure(
    tx: Transaction, erasure_id: UUID, receipt_hash: bytes, asked_at: dt.datetime, secret: bytes
) -> None:
    """Take up an erasure again that a restore has undone, with the secret stored for that."""
    await tx.value(_Q["take_up_erasure"], erasure_id, receipt_hash, asked_at, secret)


async def which_exist(tx: Transaction, people: Iterable[UUID]) -> set[UUID]:
    """Return which of the given people have an account."""
    return set(await tx.column(_Q["which_exist"], list(people)))


async def erasures_under_way(tx: Transaction) -> set[UUID]:
    """Return whose erasure has begun and is being worked on."""
    return set(await tx.column(_Q["erasures_under_way"]))


async def allow_erasure_again(tx: Transaction, person: UUID, secret: bytes) -> None:
    """Store a secret with which the worker can repeat a person's erasure."""
    await tx.value(_Q["allow_erasure_again"], person, secret)


async def count_overdue_erasures(tx: Transaction) -> int:
    """Return how many erasures should have been done an hour ago."""
    return await tx.value(_Q["count_overdue_erasures"])


async def drop_spent_counters(tx: Transaction) -> int:
    """Drop counters whose window is over; return how many."""
    return await tx.value(_Q["drop_spent_counters"])


async def remove_expired(tx: Transaction) -> dict[str, int]:
    """Remove sessions, links, secrets and mails whose time is over; return how many, by table."""
    return await tx.value(_Q["remove_expired"])


async def remove_unproven(tx: Transaction) -> list[UUID]:
    """Remove accounts that nobody proved to be theirs; return whose they were said to be."""
    return await tx.column(_Q["remove_unproven"])


async def remove_ended_invitations(tx: Transaction) -> list[EndedInvitation]:
    """Remove invitations that came to nothing a week ago; return which, so that their keys can go too."""
    return await tx.all(_Q["remove_ended_invitations"], into=EndedInvitation)


async def remove_old_applications(tx: Transaction) -> list[OldApplication]:
    """Remove up to a hundred application records whose time is over."""
    return await tx.all(_Q["remove_old_applications"], into=OldApplication)


async def known_objects(tx: Transaction, objects: Iterable[UUID]) -> set[UUID]:
    """Return which of the given files a row names."""
    return set(await tx.column(_Q["known_objects"], list(objects)))
