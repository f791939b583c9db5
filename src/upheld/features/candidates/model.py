"""The nouns of candidates."""

import datetime as dt
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

MOST_DOCUMENTS = 10
"""Documents that one person can keep."""

FIELDS = ("full_name", "headline", "email", "phone", "location", "summary")
"""What a profile says, in the order in which people read it."""

Line = Annotated[str, Meta(max_length=120)]


class Visibility(StrEnum):
    """Who may find a profile."""

    PRIVATE = "private"
    OPEN = "open"


class ProfileText(msgspec.Struct, frozen=True, kw_only=True):
    """What a candidate says of themselves; None is what they leave out."""

    full_name: Line | None = None
    headline: Annotated[str, Meta(max_length=160)] | None = None
    email: Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}$")] | None = None
    phone: Annotated[str, Meta(max_length=40, pattern=r"^\+?[0-9 ()./-]{5,39}$")] | None = None
    location: Line | None = None
    summary: Annotated[str, Meta(max_length=4000)] | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A profile, opened. One that was never written is private and empty."""

    visibility: Visibility = Visibility.PRIVATE
    full_name: str | None = None
    headline: str | None = None
    email: str | None = None
    phone: str | None = None
    location: str | None = None
    summary: str | None = None
    updated_at: dt.datetime | None = None

    @property
    def text(self) -> ProfileText:
        """What it says, without who may find it."""
        return ProfileText(**{name: getattr(self, name) for name in FIELDS})

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of fields that say nothing yet."""
        return tuple(name for name in FIELDS if not getattr(self, name))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written yet."""
        return len(self.missing) == len(FIELDS)


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate's own document, opened. `text` is None when it was not read."""

    id: UUID
    object_id: UUID
    name: str
    media_type: str
    size_bytes: int
    uploaded_at: dt.datetime
    text: str | None


class ProfileRow(msgspec.Struct, frozen=True):
    """A profile as stored."""

    visibility: Visibility
    full_name_sealed: bytes | None
    headline_sealed: bytes | None
    email_sealed: bytes | None
    phone_sealed: bytes | None
    location_sealed: bytes | None
    summary_sealed: bytes | None
    updated_at: dt.datetime


class DocumentRow(msgspec.Struct, frozen=True):
    """A document as stored."""

    id: UUID
    object_id: UUID
    media_type: str
    size_bytes: int
    name_sealed: bytes
    text_sealed: bytes | None
    uploaded_at: dt.datetime
