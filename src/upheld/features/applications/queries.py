"""Reading applications: for the employer, where each look leaves a trace, and for the candidate.

What an employer reads comes through functions of the database that write the candidate's
journal in the same transaction; the audit entry is written beside it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar
from uuid import UUID

import msgspec

from upheld.features.applications import store
from upheld.features.applications.model import (
    LINES_PER_PAGE,
    LINES_PER_STAGE,
    OPEN_STAGES,
    Contact,
    FollowedApplication,
    Lane,
    Line,
    Lines,
    Neighbours,
    OpenedApplication,
    OwnApplication,
    Place,
    ReceivedApplication,
    Resume,
    ResumeFile,
    SealedLine,
    SealedResume,
    SealedSnapshot,
    SealedStep,
    Sent,
    Snapshot,
    Stage,
    Step,
)
from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.documents import PDF, picture_of, read_document
from upheld.platform.objects import Stored, application_of

_Thing = TypeVar("_Thing")

SNAPSHOTS, EVENTS = "application_snapshots", "application_events"

# The employer's side.


async def counts_by_stage(acting: Acting, job_id: UUID | None = None) -> dict[UUID, dict[Stage, int]]:
    """Return how many applications stand where, by job; of one job, or of all.

    They are kept, not counted, so that it costs the same however many there are. Empty before
    fair use is accepted.
    """
    counts: dict[UUID, dict[Stage, int]] = defaultdict(dict)
    for row in await store.counts(acting.tx, job_id):
        counts[row.job_id][row.stage] = row.number
    return counts


async def received_application(acting: Acting, application_id: UUID) -> ReceivedApplication:
    """Return where an application to the person's organisation stands; nothing of what it says.

    Raises:
        NotFoundError: there is none, or it is not theirs to see.
    """
    return _found(await store.received(acting.tx, application_id))


async def list_applications(
    acting: Acting, job_id: UUID | None = None, stages: Sequence[Stage] = tuple(Stage), after: Place | None = None
) -> Lines:
    """Return a page of applications, newest first, at most `LINES_PER_PAGE`; each appearance is journaled.

    Args:
        acting: somebody who may see candidates.
        job_id: of which job, or None for every one of their organisation.
        stages: where they stand.
        after: `older` of the page before.
    """
    found = await store.list_applications(acting.tx, job_id, stages, after, LINES_PER_PAGE, LINES_PER_PAGE)
    lines = await _opened_lines(acting, job_id, found)
    is_full = len(lines) == LINES_PER_PAGE
    return Lines(lines, Place(lines[-1].submitted_at, lines[-1].id) if is_full else None)


async def board(acting: Acting, job_id: UUID) -> list[Lane]:
    """Return every stage of a job with the newest applications there; each appearance is journaled.

    An open stage has `LINES_PER_STAGE` of them at most; the three that close an application have so
    many together.
    """
    counts = (await counts_by_stage(acting, job_id)).get(job_id, {})
    standing = [stage for stage in OPEN_STAGES if counts.get(stage)]
    over = [stage for stage in Stage if stage not in OPEN_STAGES and counts.get(stage)]
    rows: list[SealedLine] = []
    for stages, at_most in ((standing, LINES_PER_STAGE * len(OPEN_STAGES)), (over, LINES_PER_STAGE)):
        if stages:
            rows += await store.list_applications(acting.tx, job_id, stages, None, LINES_PER_STAGE, at_most)
    lines = await _opened_lines(acting, job_id, rows)
    return [Lane(stage, counts.get(stage, 0), [one for one in lines if one.stage == stage]) for stage in Stage]


async def open_application(acting: Acting, application_id: UUID) -> OpenedApplication:
    """Return what a candidate sent, without contact and file, and what happened since; journaled.

    Raises:
        NotFoundError: there is none, or it is not theirs to see.
    """
    row = _found(await store.open_application(acting.tx, application_id))
    await record(acting, Action.APPLICATION_OPENED, "application", application_id)
    events = await store.events(acting.tx, application_id)
    cells, *reasons = await acting.platform.vault.open_places(
        [(SNAPSHOTS, application_id, _cells(row)), *((EVENTS, event.id, _cells(event)) for event in events)]
    )
    sent = _sent(cells, row.resume_media_type, row.resume_bytes)
    application = {name: getattr(row, name) for name in ReceivedApplication.__struct_fields__}
    beside = Neighbours(row.newer, row.older)
    return OpenedApplication(ReceivedApplication(**application), beside, sent, _steps(events, reasons))


async def open_contact(acting: Acting, application_id: UUID) -> Contact:
    """Return how to reach a candidate; journaled.

    Raises:
        NotFoundError: there is no such application, or it is not theirs to see.
    """
    row = _found(await store.open_contact(acting.tx, application_id))
    await record(acting, Action.CONTACT_OPENED, "application", application_id)
    cells = await acting.platform.vault.open(SNAPSHOTS, application_id, _cells(row))
    return Contact(_text(cells, "email"), cells["phone_sealed"])


async def open_resume_file(acting: Acting, application_id: UUID) -> ResumeFile:
    """Return the résumé as it was sent; journaled.

    Raises:
        NotFoundError: none was sent, or it is not theirs to see.
    """
    row, file = await _resume(acting, application_id)
    cells = await acting.platform.vault.open(SNAPSHOTS, application_id, _cells(row))
    return ResumeFile(_text(cells, "resume_name"), row.media_type, file)


async def open_resume_picture(acting: Acting, application_id: UUID) -> bytes:
    """Return a résumé in PDF as a PNG, drawn in a process that can do nothing else; journaled.

    Raises:
        NotFoundError: no PDF was sent, or it is not theirs to see.
        DocumentError: it does not open.
    """
    row, file = await _resume(acting, application_id)
    if row.media_type != PDF:
        raise NotFoundError
    return await picture_of(await file.read(), row.media_type, acting.person_id)


async def open_resume_text(acting: Acting, application_id: UUID) -> str:
    """Return the text of a résumé, read in a process that can do nothing else; journaled.

    Raises:
        NotFoundError: none was sent, or it is not theirs to see.
        DocumentError: it does not open.
    """
    row, file = await _resume(acting, application_id)
    return (await read_document(await file.read(), row.media_type, acting.person_id)).text


async def _resume(acting: Acting, application_id: UUID) -> tuple[SealedResume, Stored]:
    """Find the résumé that was sent, and its file, which is not read yet; journaled."""
    row = _found(await store.open_resume(acting.tx, application_id))
    await record(acting, Action.RESUME_OPENED, "application", application_id)
    key = application_of(row.person_id, _found(acting.organisation_id))
    return row, Stored(acting.platform.objects, key, row.object_id, row.size_bytes)


# The candidate's side: their own, so nothing is journaled.


async def own_applications(acting: Acting) -> list[OwnApplication]:
    """Return the person's own applications, newest first."""
    return await store.own_applications(acting.tx)


async def applied_already(acting: Acting, job_id: UUID) -> OwnApplication | None:
    """Return the person's own application to a job."""
    return next((one for one in await own_applications(acting) if one.job_id == job_id), None)


async def one_own_application(acting: Acting, application_id: UUID) -> OwnApplication:
    """Return where one of the person's own applications stands.

    Raises:
        NotFoundError: it is not theirs, or there is none.
    """
    return _found(next((one for one in await own_applications(acting) if one.id == application_id), None))


async def own_application(acting: Acting, application_id: UUID) -> FollowedApplication:
    """Return one of the person's own applications: what they sent and what happened since, reasons included.

    Raises:
        NotFoundError: it is not theirs, or there is none.
    """
    application = await one_own_application(acting, application_id)
    snapshot = await _own_snapshot(acting, application_id)
    return FollowedApplication(application, snapshot, await _own_steps(acting, application_id))


async def own_snapshots(acting: Acting) -> list[Snapshot]:
    """Return what the person sent with each of their applications, opened."""
    return await _opened_snapshots(acting, await store.own_snapshots(acting.tx))


async def own_resume_file(acting: Acting, application_id: UUID) -> ResumeFile:
    """Return the résumé that the person sent with one of their applications.

    Raises:
        NotFoundError: they sent none.
    """
    snapshot = await _own_snapshot(acting, application_id)
    resume = _found(snapshot.sent.resume)
    key = application_of(acting.person_id, snapshot.organisation_id)
    file = Stored(acting.platform.objects, key, _found(snapshot.resume_object_id), resume.size_bytes)
    return ResumeFile(resume.name, resume.media_type, file)


async def _own_snapshot(acting: Acting, application_id: UUID) -> Snapshot:
    rows = [row for row in await store.own_snapshots(acting.tx) if row.application_id == application_id]
    return _found(next(iter(await _opened_snapshots(acting, rows)), None))


async def _opened_snapshots(acting: Acting, rows: list[SealedSnapshot]) -> list[Snapshot]:
    opened = await acting.platform.vault.open_rows(SNAPSHOTS, [(row.application_id, _cells(row)) for row in rows])
    return [
        Snapshot(
            application_id=row.application_id,
            organisation_id=row.organisation_id,
            sent=_sent(cells, row.resume_media_type, row.resume_bytes),
            contact=Contact(_text(cells, "email"), cells["phone_sealed"]),
            resume_object_id=row.resume_object_id,
        )
        for row, cells in zip(rows, opened, strict=True)
    ]


async def _own_steps(acting: Acting, application_id: UUID) -> list[Step]:
    events = await store.events(acting.tx, application_id)
    return _steps(events, await acting.platform.vault.open_rows(EVENTS, [(one.id, _cells(one)) for one in events]))


def _steps(events: list[SealedStep], opened: list[dict[str, str | None]]) -> list[Step]:
    return [
        Step(event.stage, event.at, event.actor_id, cells["reason_sealed"])
        for event, cells in zip(events, opened, strict=True)
    ]


async def _opened_lines(acting: Acting, job_id: UUID | None, rows: list[SealedLine]) -> list[Line]:
    """Open lines with the names on them, and record that they were shown."""
    kind, target = ("job", job_id) if job_id else ("organisation", acting.organisation_id)
    await record(acting, Action.LIST_OPENED, kind, target, {"applications": len(rows)})
    opened = await acting.platform.vault.open_rows(SNAPSHOTS, [(row.id, _cells(row)) for row in rows])
    return [
        Line(
            id=row.id,
            job_id=row.job_id,
            stage=row.stage,
            submitted_at=row.submitted_at,
            closed_at=row.closed_at,
            full_name=_text(cells, "full_name"),
            headline=cells["headline_sealed"],
            has_resume=row.has_resume,
        )
        for row, cells in zip(rows, opened, strict=True)
    ]


def _cells(row: msgspec.Struct) -> dict[str, bytes | None]:
    """Return the sealed columns of a row, as the vault opens them."""
    return {name: getattr(row, name) for name in row.__struct_fields__ if name.endswith("_sealed")}


def _text(cells: Mapping[str, str | None], name: str) -> str:
    """Return a column that is never null."""
    return cells[f"{name}_sealed"] or ""


def _sent(cells: Mapping[str, str | None], media_type: str | None, size: int | None) -> Sent:
    resume = None if media_type is None or size is None else Resume(_text(cells, "resume_name"), media_type, size)
    return Sent(
        full_name=_text(cells, "full_name"),
        headline=cells["headline_sealed"],
        location=cells["location_sealed"],
        summary=cells["summary_sealed"],
        letter=cells["letter_sealed"],
        resume=resume,
    )


def _found(thing: _Thing | None) -> _Thing:
    """Return what was found; missing and forbidden are one answer."""
    if thing is None:
        raise NotFoundError
    return thing
