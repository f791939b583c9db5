"""The nouns of organisations."""

import datetime as dt
from enum import StrEnum
from uuid import UUID

import msgspec


class Role(StrEnum):
    """What a member is."""

    OWNER = "owner"
    MANAGER = "manager"
    INTERVIEWER = "interviewer"


class Organisation(msgspec.Struct, frozen=True):
    """An employer or agency, as everyone may see it."""

    id: UUID
    name: str
    website: str | None


class Membership(msgspec.Struct, frozen=True):
    """What a person is in an organisation, and since when."""

    role: Role
    joined_at: dt.datetime
