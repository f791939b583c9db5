"""The nouns of tokens."""

import datetime as dt
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

LONGEST_LABEL = 60
MOST_TOKENS = 20
LIFETIMES = {days: timedelta(days=days) for days in (7, 30, 90, 180, 365)}
USUAL_LIFETIME = 90


class Reach(StrEnum):
    """What a token may do: read, all of them; a program is asked for the scope by this name."""

    PROFILE = "profile:read"
    APPLICATIONS = "applications:read"
    JOBS = "hiring:jobs:read"
    RECEIVED = "hiring:applications:read"
    ACTIVITY = "hiring:activity:read"


OWN = (Reach.PROFILE, Reach.APPLICATIONS)
"""What somebody reads of their own."""
HIRING = (Reach.JOBS, Reach.RECEIVED, Reach.ACTIVITY)
"""What a member reads for their organisation; a token is for either, never for both."""


@dataclass(frozen=True)
class Wish:
    """A token as somebody asks for it."""

    label: str
    scopes: tuple[Reach, ...]
    days: int


@dataclass(frozen=True)
class NewToken:
    """A token that was just made; the only moment at which it can be read."""

    token: str
    label: str
    expires_at: dt.datetime


class TokenRow(msgspec.Struct, frozen=True):
    """A token as stored, without its hash."""

    id: UUID
    organisation_name: str | None
    label_sealed: bytes
    scopes: list[Reach]
    created_at: dt.datetime
    last_used_at: dt.datetime | None
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    works: bool


@dataclass(frozen=True)
class Token:
    """A token as its person sees it."""

    label: str
    row: TokenRow
