"""Applications as JSON: a candidate's own, and those that an organisation received.

What an organisation's token reads is in the candidate's journal as if its person had looked.
"""

import datetime as dt
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from litestar import get
from litestar.openapi.spec import Example
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from upheld.features.applications import queries
from upheld.features.applications.model import Place, Sent, Stage, Step
from upheld.platform.web.problems import problems
from upheld.platform.web.visits import Visit

OWN, RECEIVED = {"scope": "applications:read"}, {"scope": "hiring:applications:read"}
_PER_PAGE, _LAST_PAGE = 50, 10_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Number = Annotated[int, QueryParameter(ge=1, le=_LAST_PAGE, description="Which page; 50 applications are on each.")]
After = Annotated[
    str,
    QueryParameter(
        pattern=r"^$|^[0-9]{1,16}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="`next` of the page before; empty for the first page.",
        examples=[Example("After", value="1772357400000000_0b0c2a3e-6f0a-4a52-9d7c-9b5f0c1d2e3f")],
    ),
]
OfJob = Annotated[UUID | None, QueryParameter(description="Of which job; of every job when it is left out.")]
AtStage = Annotated[Stage | None, QueryParameter(description="At which stage; at every stage when it is left out.")]
_Row = TypeVar("_Row")


class OwnWire(msgspec.Struct, frozen=True):
    """An application of the person."""

    id: UUID
    job_id: UUID
    job_title: str
    organisation_name: str
    stage: Stage
    submitted_at: dt.datetime
    closed_at: dt.datetime | None
    keep_until: Annotated[dt.date | None, Meta(description="The day after which the employer's record goes.")]


class OwnListWire(msgspec.Struct, frozen=True):
    """A page of the person's applications."""

    applications: list[OwnWire]
    page: int
    next_page: Annotated[int | None, Meta(description="Null on the last page.")]


class StepWire(msgspec.Struct, frozen=True):
    """What happened to an application."""

    stage: Stage
    at: dt.datetime
    reason: Annotated[str | None, Meta(description="What the employer gave as the reason of a decision.")]


class SentWire(msgspec.Struct, frozen=True):
    """What a candidate sent, without contact and file."""

    full_name: str
    headline: str | None
    location: str | None
    summary: str | None
    letter: str | None
    resume_name: Annotated[str | None, Meta(description="What the résumé that came with it is called.")]


class OwnFullWire(msgspec.Struct, frozen=True):
    """An application of the person, with what they sent and what happened since."""

    application: OwnWire
    sent: SentWire
    steps: list[StepWire]


class LineWire(msgspec.Struct, frozen=True):
    """An application in a list."""

    id: UUID
    job_id: UUID
    stage: Stage
    submitted_at: dt.datetime
    closed_at: dt.datetime | None
    full_name: str
    headline: str | None
    has_resume: bool


class LineListWire(msgspec.Struct, frozen=True):
    """A page of the applications that an organisation received, newest first."""

    applications: list[LineWire]
    next: Annotated[str | None, Meta(description="`after` of the next page; null on the last.")]


class ReceivedWire(msgspec.Struct, frozen=True):
    """An application that an organisation received, with what was sent and what happened since."""

    id: UUID
    job_id: UUID
    job_title: str
    stage: Stage
    submitted_at: dt.datetime
    closed_at: dt.datetime | None
    keep_until: Annotated[dt.date | None, Meta(description="The day after which the record is removed.")]
    sent: SentWire
    steps: list[StepWire]


class ContactWire(msgspec.Struct, frozen=True):
    """How to reach a candidate."""

    email: str
    phone: str | None


@get(
    "/api/applications",
    name="api.applications",
    opt=OWN,
    summary="The person's own applications",
    operation_id="listApplications",
    response_description="A page of them, newest first.",
    responses=problems(401, 403, 422, 429),
)
async def list_own(visit: Visit, page: Number = 1) -> OwnListWire:
    """Return a page of the applications that the person sent, newest first."""
    every = await queries.own_applications(visit.acting())
    start = (page - 1) * _PER_PAGE
    shown = [_wire(OwnWire, one) for one in every[start : start + _PER_PAGE]]
    return OwnListWire(shown, page, page + 1 if len(every) > start + _PER_PAGE else None)


@get(
    "/api/applications/{application_id:uuid}",
    name="api.application",
    opt=OWN,
    summary="One of the person's own applications",
    operation_id="showApplication",
    response_description="What was sent, and what happened since.",
    responses=problems(401, 403, 404, 429),
)
async def show_own(visit: Visit, application_id: FromPath[UUID]) -> OwnFullWire:
    """Return one application that the person sent, reasons of decisions included."""
    found = await queries.own_application(visit.acting(), application_id)
    return OwnFullWire(_wire(OwnWire, found.application), _sent(found.snapshot.sent), _steps(found.steps))


@get(
    "/api/hiring/applications",
    name="api.hiring.applications",
    opt=RECEIVED,
    summary="Applications that the organisation received",
    operation_id="listReceivedApplications",
    response_description="A page of them, newest first.",
    responses=problems(401, 403, 422, 429),
)
async def list_received(visit: Visit, job: OfJob = None, stage: AtStage = None, after: After = "") -> LineListWire:
    """Return a page of applications; every candidate on it finds the look in their journal."""
    stages = tuple(Stage) if stage is None else (stage,)
    found = await queries.list_applications(visit.acting(), job, stages, _place(after))
    return LineListWire([_wire(LineWire, line) for line in found.lines], _written(found.older))


@get(
    "/api/hiring/applications/{application_id:uuid}",
    name="api.hiring.application",
    opt=RECEIVED,
    summary="One application that the organisation received",
    operation_id="showReceivedApplication",
    response_description="What the candidate sent, without contact and file, and what happened since.",
    responses=problems(401, 403, 404, 429),
)
async def show_received(visit: Visit, application_id: FromPath[UUID]) -> ReceivedWire:
    """Return one application; the candidate finds the look in their journal."""
    found = await queries.open_application(visit.acting(), application_id)
    one = found.application
    return ReceivedWire(
        id=one.id, job_id=one.job_id, job_title=one.job_title, stage=one.stage, submitted_at=one.submitted_at,
        closed_at=one.closed_at, keep_until=one.keep_until, sent=_sent(found.sent), steps=_steps(found.steps),
    )  # fmt: skip


@get(
    "/api/hiring/applications/{application_id:uuid}/contact",
    name="api.hiring.contact",
    opt=RECEIVED,
    summary="How to reach a candidate",
    operation_id="showContact",
    response_description="Address and telephone number.",
    responses=problems(401, 403, 404, 429),
)
async def show_contact(visit: Visit, application_id: FromPath[UUID]) -> ContactWire:
    """Return how to reach a candidate; they find the look in their journal."""
    return _wire(ContactWire, await queries.open_contact(visit.acting(), application_id))


def _wire(kind: type[_Row], row: object) -> _Row:
    """Return a row as it goes over the wire: its fields of the same names."""
    return msgspec.convert(row, kind, from_attributes=True)


def _sent(sent: Sent) -> SentWire:
    return SentWire(
        sent.full_name, sent.headline, sent.location, sent.summary, sent.letter, sent.resume and sent.resume.name
    )


def _steps(steps: list[Step]) -> list[StepWire]:
    return [StepWire(step.stage, step.at, step.reason) for step in steps]


def _written(place: Place | None) -> str | None:
    """Write a place in a list as `after` takes it: microseconds since 1970, and the application there."""
    return place and f"{(place.submitted_at - _EPOCH) // dt.timedelta(microseconds=1)}_{place.id}"


def _place(after: str) -> Place | None:
    at, _, one = after.partition("_")
    return Place(_EPOCH + dt.timedelta(microseconds=int(at)), UUID(one)) if after else None


handlers = [list_own, show_own, list_received, show_received, show_contact]
