"""The nouns of factors."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import msgspec

LONGEST_NAME = 60
"""Of a passkey, in characters."""


class Purpose(StrEnum):
    """What a passkey's challenge is set for; an answer counts for nothing else."""

    SIGN_IN = "sign-in"
    SECOND_FACTOR = "second-factor"
    REGISTRATION = "registration"
    PROOF = "proof"


class App(msgspec.Struct, frozen=True):
    """The app of a person, as they may see it; it counts from `confirmed_at` on."""

    created_at: dt.datetime
    confirmed_at: dt.datetime | None
    last_used_at: dt.datetime | None


class PasskeyRow(msgspec.Struct, frozen=True):
    """A passkey, as stored."""

    id: UUID
    name_sealed: bytes
    created_at: dt.datetime
    last_used_at: dt.datetime | None


@dataclass(frozen=True)
class Passkey:
    """A passkey, as its person sees it."""

    id: UUID
    name: str
    created_at: dt.datetime
    last_used_at: dt.datetime | None


class Codes(msgspec.Struct, frozen=True):
    """How many recovery codes there were and are, and since when."""

    made: int
    left: int
    made_at: dt.datetime | None


@dataclass(frozen=True)
class Factors:
    """Everything of a person that counts beside the password."""

    app: App | None
    passkeys: list[Passkey]
    codes: Codes

    @property
    def there_is_one(self) -> bool:
        """Whether a password alone opens no session any more."""
        return bool(self.passkeys) or self.has_app

    @property
    def has_app(self) -> bool:
        """Whether an app has shown its first code."""
        return self.app is not None and self.app.confirmed_at is not None


class Waiting(msgspec.Struct, frozen=True):
    """A sign-in that waits for a factor: whose it is, and what they can show."""

    person_id: UUID
    has_app: bool
    passkeys: int
    codes: int


class StoredApp(msgspec.Struct, frozen=True):
    """The secret of an app as stored, and whether it counts."""

    secret_sealed: bytes
    confirmed: bool


class StoredPasskey(msgspec.Struct, frozen=True):
    """What it takes to check an answer of a passkey."""

    id: UUID
    person_id: UUID
    public_key: bytes
    sign_count: int


@dataclass(frozen=True)
class Asker:
    """Who changes a factor: a person, in a session of theirs that was proven a moment ago."""

    person: UUID
    session: UUID
    origin: str


@dataclass(frozen=True)
class Added:
    """What a new factor brings: recovery codes, when it is the first, and another secret for the session."""

    codes: list[str]
    secret: bytes


@dataclass(frozen=True)
class Asking:
    """Who is asked to answer a challenge: a signed-in session, or a half-open sign-in by the hash of its secret."""

    session: UUID | None = None
    sign_in: bytes | None = None
