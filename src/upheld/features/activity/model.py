"""The nouns of activity."""

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

import msgspec

from upheld.features.audit.model import Action
from upheld.features.organisations.model import Role

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
PLACE = r"[0-9]{1,16}_[0-9]{1,18}"
"""What a place in the list is written as: microseconds since 1970, and the number of the entry there."""


class Group(StrEnum):
    """What of its organisation's an act concerns; the database has the same list (`040_audit.sql`)."""

    MEMBERS = "members"
    ROLES = "roles"
    ORGANISATION = "organisation"
    JOBS = "jobs"
    ACTIVITY = "activity"


class Kind(StrEnum):
    """What somebody in an entry is today."""

    MEMBER = "member"
    LEFT = "left"
    ERASED = "erased"
    INVITED = "invited"


@dataclass(frozen=True)
class Someone:
    """Somebody in an entry: by address while they are a member, and as nobody in particular afterwards."""

    kind: Kind
    person_id: UUID | None = None
    email: str | None = None


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for: of one group, by one member, between two days (UTC, both included)."""

    group: Group | None = None
    person: UUID | None = None
    first: dt.date | None = None
    last: dt.date | None = None

    @property
    def since(self) -> dt.datetime:
        """The first instant."""
        return dt.datetime.combine(self.first or dt.date.min, dt.time.min, dt.UTC)

    @property
    def until(self) -> dt.datetime:
        """The last instant."""
        return dt.datetime.combine(self.last or dt.date.max, dt.time.max, dt.UTC)


@dataclass(frozen=True)
class Place:
    """A place in the list, after which it goes on."""

    at: dt.datetime
    id: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read a place from an address; a mistyped one is the beginning."""
        if re.fullmatch(PLACE, text) is None:
            return None
        at, _, number = text.partition("_")
        return cls(_EPOCH + dt.timedelta(microseconds=int(at)), int(number))

    @property
    def written(self) -> str:
        """How an address says it."""
        return f"{(self.at - _EPOCH) // dt.timedelta(microseconds=1)}_{self.id}"


NEWEST = Place(dt.datetime.max.replace(tzinfo=dt.UTC), 0)
"""Before every entry there can be."""


class EntryRow(msgspec.Struct, frozen=True):
    """An entry as the database returns it."""

    id: int
    at: dt.datetime
    actor_id: UUID | None
    concerns: Group
    action: Action
    target_kind: str | None
    target_id: UUID | None
    details: dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Line:
    """An entry with what its numbers stand for."""

    at: dt.datetime
    group: Group
    action: Action
    who: Someone
    whom: Someone | None = None
    is_about_oneself: bool = False
    """Whether who and whom are one person: of those who have gone nothing else tells."""

    name: str | None = None
    """What the job or the role is called that it is about; None when that is gone, and where it is about neither."""

    role: Role | None = None
    role_name: str | None = None
    """As what somebody was invited, or which role they were given; the name only of the organisation's own."""

    details: dict[str, object]


@dataclass(frozen=True)
class Listed:
    """A page of the list, newest first, and where the next begins."""

    lines: list[Line]
    older: Place | None
