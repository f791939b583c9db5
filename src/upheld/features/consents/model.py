"""The nouns: notices, purposes, consents."""

import datetime as dt
from enum import StrEnum
from uuid import UUID

import msgspec


class Kind(StrEnum):
    """What a notice is about."""

    ACCOUNT = "account"
    APPLICATION = "application"
    FAIR_USE = "fair-use"


class Purpose(StrEnum):
    """What a person can agree to."""

    ACCOUNT = "account"
    RESUME_READING = "resume-reading"
    APPLICATION = "application"


class Notice(msgspec.Struct, frozen=True):
    """One published wording."""

    id: UUID
    kind: str
    version: str
    language: str
    body: str
    published_at: dt.datetime


class Consent(msgspec.Struct, frozen=True):
    """A consent given or withdrawn, and what was shown."""

    id: UUID
    purpose: str
    organisation_id: UUID | None
    organisation_name: str | None
    notice_id: UUID
    notice_version: str
    given: bool
    at: dt.datetime
