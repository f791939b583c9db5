"""The queries of applications, typed."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from upheld.features.applications.model import (
    Application,
    OwnApplication,
    Place,
    ReceivedApplication,
    SealedContact,
    SealedLine,
    SealedReceived,
    SealedResume,
    SealedSnapshot,
    SealedStep,
    Stage,
    StageCount,
)
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.applications")

SNAPSHOT_COLUMNS = (
    "full_name_sealed",
    "headline_sealed",
    "email_sealed",
    "phone_sealed",
    "location_sealed",
    "summary_sealed",
    "letter_sealed",
    "resume_name_sealed",
)
"""The sealed columns of a snapshot, in the order in which they are stored."""


async def add_application(tx: Transaction, application_id: UUID, organisation_id: UUID, job_id: UUID) -> None:
    """Submit an application of the person asking."""
    await tx.run(_Q["add_application"], application_id, organisation_id, job_id)


async def add_snapshot(
    tx: Transaction,
    application_id: UUID,
    organisation_id: UUID,
    sealed: Mapping[str, bytes | None],
    resume: tuple[UUID, str, int] | None,
) -> None:
    """Store what was sent; `resume` is its object, media type and size."""
    cells = [sealed[column] for column in SNAPSHOT_COLUMNS]
    await tx.run(_Q["add_snapshot"], application_id, organisation_id, *cells, *(resume or (None, None, None)))


async def add_event(tx: Transaction, event_id: UUID, of: Application, stage: Stage, reason: bytes | None) -> None:
    """Add what has just happened to an application."""
    await tx.run(_Q["add_event"], event_id, of.id, of.organisation_id, of.person_id, stage, reason)


async def move(tx: Transaction, seen: Application, to: Stage) -> bool:
    """Move an application; False when it no longer stands where it was seen."""
    return await tx.run(_Q["move"], seen.id, seen.stage, to) > 0


async def close(tx: Transaction, seen: Application, to: Stage, keep_until: dt.date) -> bool:
    """Close an application; False when it no longer stands where it was seen."""
    return await tx.run(_Q["close"], seen.id, seen.stage, to, keep_until) > 0


async def received(tx: Transaction, application_id: UUID) -> ReceivedApplication | None:
    """Return an application to the organisation of the person asking."""
    return await tx.one(_Q["received"], application_id, into=ReceivedApplication)


async def counts(tx: Transaction, job_id: UUID | None) -> list[StageCount]:
    """Return how many applications stand where, by job; of one job, or of all."""
    return await tx.all(_Q["counts"], job_id, into=StageCount)


async def list_applications(
    tx: Transaction, job_id: UUID | None, stages: Sequence[Stage], after: Place | None, of_each: int, in_all: int
) -> list[SealedLine]:
    """Return lines of applications at some stages, newest first; writes the journal.

    Args:
        tx: of somebody who may see candidates.
        job_id: of which job, or None for every one of their organisation.
        stages: where they stand.
        after: where the page before ended.
        of_each: how many of each stage at most.
        in_all: how many altogether at most.
    """
    place = (after.submitted_at, after.id) if after else (None, None)
    return await tx.all(_Q["list_applications"], job_id, stages, *place, of_each, in_all, into=SealedLine)


async def open_application(tx: Transaction, application_id: UUID) -> SealedReceived | None:
    """Return an application and what was sent, without contact and file; writes the journal."""
    return await tx.one(_Q["open_application"], application_id, into=SealedReceived)


async def open_contact(tx: Transaction, application_id: UUID) -> SealedContact | None:
    """Return how to reach a candidate; writes the journal."""
    return await tx.one(_Q["open_contact"], application_id, into=SealedContact)


async def open_resume(tx: Transaction, application_id: UUID) -> SealedResume | None:
    """Return where the résumé of an application lies; writes the journal."""
    return await tx.one(_Q["open_resume"], application_id, into=SealedResume)


async def events(tx: Transaction, application_id: UUID) -> list[SealedStep]:
    """Return what happened to an application, in order."""
    return await tx.all(_Q["events"], application_id, into=SealedStep)


async def own_applications(tx: Transaction) -> list[OwnApplication]:
    """Return the applications of the person asking, newest first."""
    return await tx.all(_Q["own_applications"], into=OwnApplication)


async def own_snapshots(tx: Transaction) -> list[SealedSnapshot]:
    """Return what the person asking sent with their applications."""
    return await tx.all(_Q["own_snapshots"], into=SealedSnapshot)
