"""Reading entries, and what the numbers in them stand for.

Names are those of today. Who is no member any more has none: neither an address, which is theirs
again, nor a number by which their acts could be put together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from upheld.features.activity import store
from upheld.features.activity.model import NEWEST, EntryRow, Kind, Line, Listed, Place, Someone, Wanted
from upheld.features.audit.model import Action
from upheld.features.organisations.model import Role
from upheld.features.organisations.queries import colleagues, custom_roles
from upheld.platform.acting import Acting


@dataclass(frozen=True)
class Directory:
    """Who belongs to the organisation, by number, and what its own roles are called."""

    members: dict[UUID, str]
    roles: dict[UUID, str]

    @classmethod
    async def of(cls, acting: Acting) -> Self:
        """Open the directory of the organisation acted for."""
        members = {one.person_id: one.email for one in await colleagues(acting)}
        return cls(members, {one.id: one.name for one in await custom_roles(acting)})


async def listed(acting: Acting, directory: Directory, wanted: Wanted, after: Place | None, at_most: int) -> Listed:
    """Return a page of what somebody asks for; nothing when it is by somebody who is no member."""
    if wanted.person is not None and wanted.person not in directory.members:
        return Listed([], None)
    rows = await store.entries(acting.tx, wanted, after or NEWEST, at_most + 1)
    shown = rows[:at_most]
    older = Place(shown[-1].at, shown[-1].id) if len(rows) > at_most else None
    return Listed(await _lines(acting, directory, shown), older)


async def _lines(acting: Acting, directory: Directory, rows: Sequence[EntryRow]) -> list[Line]:
    named = {row.actor_id for row in rows} | {row.target_id for row in rows if row.target_kind == "person"}
    strangers = {one for one in named if one is not None} - directory.members.keys()
    departed = await store.departed(acting.tx, strangers) if strangers else set[UUID]()
    jobs = {row.target_id for row in rows if row.target_kind == "job" and row.target_id is not None}
    titles = await store.titles(acting.tx, jobs) if jobs else {}
    return [_line(row, directory, departed, titles) for row in rows]


def _line(row: EntryRow, directory: Directory, departed: set[UUID], titles: dict[UUID, str]) -> Line:
    def someone(person: UUID | None) -> Someone:
        if person is not None and person in directory.members:
            return Someone(Kind.MEMBER, person, directory.members[person])
        # Declining takes no account, and who has one that is not a member's is nobody's business here.
        if row.action is Action.INVITATION_DECLINED:
            return Someone(Kind.INVITED)
        return Someone(Kind.LEFT if person in departed else Kind.ERASED)

    names = {"job": titles, "role": directory.roles}.get(row.target_kind or "", {})
    role, own = row.details.get("role"), row.details.get("custom_role")
    return Line(
        at=row.at,
        group=row.concerns,
        action=row.action,
        who=someone(row.actor_id),
        whom=someone(row.target_id) if row.target_kind == "person" else None,
        is_about_oneself=row.target_kind == "person" and row.actor_id == row.target_id,
        name=names.get(row.target_id) if row.target_id else None,
        role=Role(str(role)) if role else None,
        role_name=directory.roles.get(UUID(str(own))) if own else None,
        details=row.details,
    )
