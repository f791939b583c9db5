"""The nouns of applications."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import msgspec

from upheld.features.jobs.model import Status
from upheld.platform.objects import Stored


class Stage(StrEnum):
    """Where an application stands; the last three close it."""

    NEW = "new"
    REVIEW = "review"
    INTERVIEW = "interview"
    OFFER = "offer"
    HIRED = "hired"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


OPEN_STAGES = (Stage.NEW, Stage.REVIEW, Stage.INTERVIEW, Stage.OFFER)
MOVES = (Stage.REVIEW, Stage.INTERVIEW, Stage.OFFER)
"""Where an employer can move an application, forward or back; what was looked at is not new again."""
OUTCOMES = (Stage.HIRED, Stage.REJECTED)
"""What an employer can decide."""

LONGEST_LETTER = 8000
SHORTEST_REASON, LONGEST_REASON = 10, 4000
LINES_PER_PAGE = 50
"""How many applications one page of a list shows; the database stops at 200."""
LINES_PER_STAGE = 10
"""How many applications a board shows of each stage."""


class Application(msgspec.Struct, frozen=True):
    """Where an application stands; nothing of what it says."""

    id: UUID
    organisation_id: UUID
    job_id: UUID
    person_id: UUID
    stage: Stage
    submitted_at: dt.datetime
    closed_at: dt.datetime | None
    keep_until: dt.date | None


class Post(msgspec.Struct, frozen=True):
    """A job, by its name."""

    id: UUID
    title: str


class ReceivedApplication(Application, frozen=True):
    """An application as its employer finds it, with what it is for."""

    job_title: str

    @property
    def job(self) -> Post:
        """What it is for."""
        return Post(self.job_id, self.job_title)


class OwnApplication(Application, frozen=True):
    """A candidate's own application, with what it was for."""

    job_title: str
    job_status: Status
    job_closes_on: dt.date | None
    organisation_name: str


class StageCount(msgspec.Struct, frozen=True):
    """How many applications to a job stand at a stage."""

    job_id: UUID
    stage: Stage
    number: int


@dataclass(frozen=True)
class Line:
    """An application in a list, opened."""

    id: UUID
    job_id: UUID
    stage: Stage
    submitted_at: dt.datetime
    closed_at: dt.datetime | None
    full_name: str
    headline: str | None
    has_resume: bool


@dataclass(frozen=True)
class Place:
    """A place in the order of a list, which is newest first: the application it comes after."""

    submitted_at: dt.datetime
    id: UUID


@dataclass(frozen=True)
class Lines:
    """A page of a list; `older` is where the next one begins, None on the last."""

    lines: list[Line]
    older: Place | None


@dataclass(frozen=True)
class Lane:
    """A stage on a board: how many applications stand there, and the newest of them."""

    stage: Stage
    number: int
    lines: list[Line]


@dataclass(frozen=True)
class Resume:
    """A résumé that was sent, by its outside."""

    name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True)
class ResumeFile:
    """A résumé that was sent; its file is not read yet."""

    name: str
    media_type: str
    file: Stored


@dataclass(frozen=True)
class Sent:
    """What a candidate sent, without contact and file."""

    full_name: str
    headline: str | None
    location: str | None
    summary: str | None
    letter: str | None
    resume: Resume | None


@dataclass(frozen=True)
class Contact:
    """How to reach a candidate."""

    email: str
    phone: str | None


@dataclass(frozen=True)
class Step:
    """One event, opened."""

    stage: Stage
    at: dt.datetime
    actor_id: UUID | None
    reason: str | None


class Neighbours(msgspec.Struct, frozen=True):
    """Which applications stand beside one in the list of its stage."""

    newer: UUID | None = None
    older: UUID | None = None


@dataclass(frozen=True)
class OpenedApplication:
    """An application as its employer reads it."""

    application: ReceivedApplication
    beside: Neighbours
    sent: Sent
    steps: list[Step]


@dataclass(frozen=True)
class Snapshot:
    """What a candidate sent, for themselves."""

    application_id: UUID
    organisation_id: UUID
    sent: Sent
    contact: Contact
    resume_object_id: UUID | None


@dataclass(frozen=True)
class FollowedApplication:
    """An application as its candidate follows it."""

    application: OwnApplication
    snapshot: Snapshot
    steps: list[Step]


# Rows as they are stored. A field that ends in `_sealed` opens with the vault, under the
# application's id (an event's under its own).


class SealedLine(msgspec.Struct, frozen=True):
    """A line of a list."""

    id: UUID
    job_id: UUID
    stage: Stage
    submitted_at: dt.datetime
    closed_at: dt.datetime | None
    full_name_sealed: bytes
    headline_sealed: bytes | None
    has_resume: bool


class SealedReceived(ReceivedApplication, frozen=True):
    """An application as its employer finds it, and what was sent with it, without contact and file."""

    newer: UUID | None
    older: UUID | None
    full_name_sealed: bytes
    headline_sealed: bytes | None
    location_sealed: bytes | None
    summary_sealed: bytes | None
    letter_sealed: bytes | None
    resume_media_type: str | None
    resume_bytes: int | None
    resume_name_sealed: bytes | None


class SealedContact(msgspec.Struct, frozen=True):
    """How to reach a candidate."""

    email_sealed: bytes
    phone_sealed: bytes | None


class SealedResume(msgspec.Struct, frozen=True):
    """Where a résumé lies, and what it is called."""

    person_id: UUID
    object_id: UUID
    media_type: str
    size_bytes: int
    resume_name_sealed: bytes


class SealedSnapshot(msgspec.Struct, frozen=True):
    """All that a candidate sent, for themselves."""

    application_id: UUID
    organisation_id: UUID
    full_name_sealed: bytes
    headline_sealed: bytes | None
    email_sealed: bytes
    phone_sealed: bytes | None
    location_sealed: bytes | None
    summary_sealed: bytes | None
    letter_sealed: bytes | None
    resume_object_id: UUID | None
    resume_media_type: str | None
    resume_bytes: int | None
    resume_name_sealed: bytes | None


class SealedStep(msgspec.Struct, frozen=True):
    """One event."""

    id: UUID
    stage: Stage
    at: dt.datetime
    actor_id: UUID | None
    reason_sealed: bytes | None
