"""The nouns of privacy."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from upheld.features.applications.model import OwnApplication

Record: TypeAlias = dict[str, Any]
"""A row of the export by column name: whatever type the column has."""


class DeadlineKind(StrEnum):
    """What happens on a day that a candidate waits for."""

    LEAVING = "leaving"
    LAST_DAY_TO_APPLY = "last-day-to-apply"
    RECORD_ENDS = "record-ends"


class Holdings(msgspec.Struct, frozen=True):
    """How much is held about a person, by kind."""

    has_profile: bool
    documents: int
    applications: int
    employers: int
    consents: int
    views: int
    sessions: int
    acts: int
    memberships: int


class JournalLine(msgspec.Struct, frozen=True):
    """Somebody of an organisation saw a part of a person's data; the application may be gone since."""

    at: dt.datetime
    part: str
    organisation_name: str
    application_id: UUID
    job_title: str | None


class Viewer(msgspec.Struct, frozen=True):
    """An organisation that saw something of a person."""

    id: UUID
    name: str


@dataclass(frozen=True)
class JournalFilter:
    """Which lines of the journal are wanted; None leaves it open."""

    part: str | None = None
    organisation_id: UUID | None = None


@dataclass(frozen=True)
class Deadline:
    """A day on which something happens by itself, and what it is about."""

    on: dt.date
    kind: DeadlineKind
    application: OwnApplication | None = None


class OwnErasure(msgspec.Struct, frozen=True):
    """A person's own pending request to leave."""

    id: UUID
    state: str
    requested_at: dt.datetime
    due_at: dt.datetime


class ErasureState(msgspec.Struct, frozen=True):
    """Where an erasure stands, for whoever holds its receipt."""

    state: str
    requested_at: dt.datetime
    due_at: dt.datetime
    finished_at: dt.datetime | None
    certificate: Record | None


class StandingRecord(msgspec.Struct, frozen=True):
    """Application records that stay with one employer, and until when; None while any is open."""

    organisation_name: str
    applications: int
    open: int
    keep_until: dt.date | None


@dataclass(frozen=True)
class Leaving:
    """What leaving will mean for a person, said before they ask for it."""

    holdings: Holdings
    records: list[StandingRecord]
    keep_until: dt.date
    orphaned: list[str]
    grace: dt.timedelta


@dataclass(frozen=True)
class ConsentLine:
    """The last word about one purpose, and what it takes to change it."""

    purpose: str
    organisation_id: UUID | None
    organisation_name: str | None
    given: bool
    at: dt.datetime
    notice_id: UUID
    notice_version: str


class Plan(msgspec.Struct, frozen=True):
    """What an erasure that has begun has to reach outside the database."""

    person_id: UUID
    requested_at: dt.datetime
    receipt_hash: bytes
    object_ids: list[UUID]


class EndedInvitation(msgspec.Struct, frozen=True):
    """An invitation that came to nothing, and whose key goes now."""

    id: UUID
    organisation_id: UUID


class OldApplication(msgspec.Struct, frozen=True):
    """An application record whose time was over, with what it leaves outside the database."""

    person_id: UUID
    organisation_id: UUID
    resume_object_id: UUID | None
    was_last: bool
