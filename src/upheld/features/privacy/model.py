"""The nouns of privacy."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

Record: TypeAlias = dict[str, Any]
"""A row of the export by column name: whatever type the column has."""


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
    """Somebody of an organisation saw a part of a person's data."""

    at: dt.datetime
    part: str
    organisation_name: str
    job_title: str | None


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


class OldApplication(msgspec.Struct, frozen=True):
    """An application record whose time was over, with what it leaves outside the database."""

    person_id: UUID
    organisation_id: UUID
    resume_object_id: UUID | None
    was_last: bool
