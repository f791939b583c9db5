"""The queries of applications, typed."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from upheld.features.applications.model import (
    Application,
    OwnApplication,
    SealedContact,
    SealedLine,
    SealedResume,
    SealedSent,
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


async def received(tx: Transaction, application_id: UUID) -> Application | None:
    """Return an application to the organisation of the person asking."""
    return await tx.one(_Q["received"], application_id, into=Application)


async def counts(tx: Transaction) -> list[StageCount]:
    """Return how many applications stand where, by job."""
    return await tx.all(_Q["counts"], into=StageCount)


async def list_applications(tx: Transaction, job_id: UUID, at_most: int, skipping: int) -> list[SealedLine]:
    """Return lines of a job's applications, newest first; writes the journal."""
    return await tx.all(_Q["list_applications"], job_id, at_most, skipping, into=SealedLine)


async def open_application(tx: Transaction, application_id: UUID) -> SealedSent | None:
    """Return what a candidate sent, without contact and file; writes the journal."""
    return await tx.one(_Q["open_application"], application_id, into=SealedSent)


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
