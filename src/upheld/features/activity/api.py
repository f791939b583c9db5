"""What members did, as JSON: for the systems in which an organisation watches over its access."""

import datetime as dt
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.openapi.spec import Example
from litestar.params import QueryParameter
from msgspec import Meta

from upheld.features.activity.actions import read_activity
from upheld.features.activity.model import PLACE, Group, Kind, Line, Place, Someone, Wanted
from upheld.features.audit.model import Action
from upheld.features.organisations.model import Role
from upheld.platform.web.problems import problems
from upheld.platform.web.visits import Visit

OfGroup = Annotated[Group | None, QueryParameter(description="What it concerns; all of it when left out.")]
ByMember = Annotated[UUID | None, QueryParameter(description="By which member; by everybody when left out.")]
First = Annotated[dt.date | None, QueryParameter(description="The first day, UTC.")]
Last = Annotated[dt.date | None, QueryParameter(description="The last day, UTC.")]
After = Annotated[
    str,
    QueryParameter(
        pattern=f"^$|^{PLACE}$",
        description="`next` of the page before; empty for the first page.",
        examples=[Example("After", value="1772357400000000_42")],
    ),
]


class SomeoneWire(msgspec.Struct, frozen=True):
    """Somebody in an entry, as they stand today."""

    kind: Annotated[Kind, Meta(description="Only a member has an id and an address.")]
    person_id: UUID | None
    email: str | None


class LineWire(msgspec.Struct, frozen=True):
    """Something that was done."""

    at: dt.datetime
    concerns: Group
    action: Annotated[Action, Meta(description="Further acts may be added.")]
    who: SomeoneWire
    whom: Annotated[SomeoneWire | None, Meta(description="To whom, where it was done to somebody.")]
    name: Annotated[str | None, Meta(description="Of the job or role it is about, unless that is gone.")]
    role: Annotated[Role | None, Meta(description="The role that was given or offered.")]
    role_name: Annotated[str | None, Meta(description="What it is called, where it is the organisation's own.")]


class ActivityWire(msgspec.Struct, frozen=True):
    """A page of what members did, newest first."""

    entries: list[LineWire]
    next: Annotated[str | None, Meta(description="`after` of the next page; null on the last.")]


@get(
    "/api/hiring/activity",
    name="api.hiring.activity",
    opt={"scope": "hiring:activity:read"},
    summary="What was done with members, roles, jobs and settings",
    operation_id="listActivity",
    response_description="A page of entries, newest first.",
    responses=problems(401, 403, 422, 429),
)
async def list_activity(
    visit: Visit,
    concerns: OfGroup = None,
    person: ByMember = None,
    first: First = None,
    last: Last = None,
    after: After = "",
) -> ActivityWire:
    """Return a page of what members did; that it was looked at is an entry itself, once an hour."""
    _, found = await read_activity(visit.acting(), Wanted(concerns, person, first, last), Place.read(after))
    return ActivityWire([_wire(line) for line in found.lines], found.older.written if found.older else None)


def _wire(line: Line) -> LineWire:
    return LineWire(
        at=line.at, concerns=line.group, action=line.action, who=_someone(line.who),
        whom=_someone(line.whom) if line.whom else None, name=line.name, role=line.role, role_name=line.role_name,
    )  # fmt: skip


def _someone(one: Someone) -> SomeoneWire:
    return SomeoneWire(one.kind, one.person_id, one.email)


handlers = [list_activity]
