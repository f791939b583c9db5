"""The nouns of providers."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

import msgspec

from upheld.platform.openid.client import Proof


class Purpose(StrEnum):
    """What somebody left for a provider for."""

    ENTER = "enter"
    LINK = "link"
    PROVE = "prove"


class Departure(msgspec.Struct, frozen=True):
    """A departure that was used up."""

    purpose: Purpose
    begun_at: dt.datetime


class Leaving(msgspec.Struct, frozen=True):
    """What a browser carries on its way to a provider and back: sealed, and for this site alone."""

    provider: str
    secret: bytes
    to: dict[str, str]
    """The way back, by the name of a route."""

    session: UUID | None = None
    """The session that links or proves; none when somebody is on the way in."""


class Newcomer(msgspec.Struct, frozen=True):
    """A proof that opens no account yet, on its way through registration."""

    proof: Proof
    to: dict[str, str]


class Waiting(msgspec.Struct, frozen=True):
    """A proof whose registration waits for its address to be proven."""

    proof: Proof
    person: UUID


class Linking(msgspec.Struct, frozen=True):
    """A proof that waits for a yes in the session that asked for it."""

    proof: Proof
    session: UUID


@dataclass(frozen=True)
class Left:
    """Where to send a browser, and what it carries."""

    address: str
    leaving: Leaving


@dataclass(frozen=True)
class Entered:
    """A proof that opens an account."""

    person_id: UUID
    is_proof: bool
    """Whether it is a fresh one: the person was asked for it, a moment ago."""


@dataclass(frozen=True)
class Proven:
    """A session whose person has proven themselves anew."""

    person_id: UUID
    session: UUID


Arrival: TypeAlias = Entered | Proven | Newcomer | Linking
"""What coming back from a provider amounts to."""


class IdentityRow(msgspec.Struct, frozen=True):
    """An identity as stored, for its own person."""

    id: UUID
    issuer: str
    linked_at: dt.datetime
    used_at: dt.datetime | None


@dataclass(frozen=True)
class LinkedProvider:
    """One way in, as its page shows it."""

    id: UUID
    issuer: str
    label: str
    linked_at: dt.datetime
    used_at: dt.datetime | None


class OlderIndex(msgspec.Struct, frozen=True):
    """An identity's index that an older blind key made."""

    id: UUID
    subject_index: bytes
