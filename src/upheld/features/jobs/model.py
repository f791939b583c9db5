"""The nouns of jobs."""

import datetime as dt
from enum import StrEnum
from uuid import UUID

import msgspec


class Employment(StrEnum):
    """How somebody is employed."""

    FULL_TIME = "full-time"
    PART_TIME = "part-time"
    CONTRACT = "contract"
    TEMPORARY = "temporary"
    INTERNSHIP = "internship"


class Status(StrEnum):
    """Where a job stands; it only moves down this list."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class JobText(msgspec.Struct, frozen=True, kw_only=True):
    """What an employer says about a job.

    `description` is Markdown, the salary is gross and for a year, `closes_on` is the last
    day (UTC) on which somebody can apply. `is_remote` means anywhere in `country`.
    """

    title: str
    employment_type: Employment
    description: str
    location: str
    country: str
    is_remote: bool = False
    salary_currency: str | None = None
    salary_from: int | None = None
    salary_to: int | None = None
    closes_on: dt.date | None = None


class Job(JobText, frozen=True, kw_only=True):
    """A job: what it says, whose it is, and where it stands."""

    id: UUID
    organisation_id: UUID
    organisation_name: str
    status: Status
    posted_at: dt.datetime | None
    takes_applications: bool


class JobSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks for: words of title, place or employer in any order; empty finds everything."""

    words: str = ""
    employment: Employment | None = None
    remote_only: bool = False


class JobPage(msgspec.Struct, frozen=True):
    """One page of a list of jobs."""

    jobs: list[Job]
    number: int
    has_next: bool
