"""The nouns of accounts."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import msgspec

from upheld.platform.i18n import SOURCE


class Strength(StrEnum):
    """How somebody proved who they are when their session was opened."""

    PASSWORD = "password"  # noqa: S105 - a way of proving, not a password
    PROVIDER = "provider"
    TWO_FACTOR = "two-factor"
    PASSKEY = "passkey"
    MACHINE = "machine"
    """The machine itself acts: demo data, and the probes of `upheld verify`."""


class Credential(msgspec.Struct, frozen=True):
    """Who uses an address, and how they prove it."""

    person_id: UUID
    password_hash: str | None
    """None for who comes through a provider, or with a passkey alone."""
    verified: bool


class Account(msgspec.Struct, frozen=True):
    """A person's own account, as stored."""

    id: UUID
    email_sealed: bytes
    verified_at: dt.datetime | None
    is_probe: bool
    language: str
    created_at: dt.datetime


class SessionRow(msgspec.Struct, frozen=True):
    """A session that still opens something, as it is stored; `ends_at` unless it is used before."""

    id: UUID
    created_at: dt.datetime
    last_seen_at: dt.datetime
    ends_at: dt.datetime
    strength: Strength
    origin_sealed: bytes | None


class OpenSession(msgspec.Struct, frozen=True):
    """A session of the person asking: when, how, and from where it was opened, as far as that is known.

    The country is told from the address as the page is made; it is kept nowhere.
    """

    id: UUID
    created_at: dt.datetime
    last_seen_at: dt.datetime
    ends_at: dt.datetime
    strength: Strength
    address: str
    country: str
    """Two letters; empty where it is not known."""
    is_inside: bool
    """From this machine or its own network, which is in no country's register."""
    is_same_network: bool
    """The person is in that network now."""
    browser: str
    system: str


@dataclass(frozen=True)
class Ticket:
    """A fresh session, or a sign-in that waits for a factor: the secret goes into a cookie and is kept nowhere else."""

    person_id: UUID
    secret: bytes
    expires_at: dt.datetime
    waits_for_factor: bool = False
    """Nothing is open yet: the database asks for the person's second factor first."""
    device: str = ""
    """What the browser's device cookie says from now on; empty: what it said before."""


@dataclass(frozen=True)
class Caller:
    """Who stands before the gate: nothing but where they come from, and what their browser says."""

    address: str
    origin: str
    device: str = ""
    """The cookie by which accounts know this browser; anything may be in it."""


@dataclass(frozen=True)
class Registration:
    """What a newcomer asks for, checked."""

    email: str
    password: str | None
    """None when they come through a provider."""
    notice_id: UUID
    reads_resumes: bool
    is_probe: bool = False
    agrees: bool = True
    """That an account is kept; without it there can be none."""
    way_back: str = ""
    """The end of the address in the mail: where the person was on the way to."""
    language: str = SOURCE
    """In which they read what they agreed to; mails come in it, until they choose another."""


class LinkedCredential(msgspec.Struct, frozen=True):
    """Whose address a link proves, and the hash of the password that was chosen for it last, if one was."""

    person_id: UUID
    password_hash: str | None


class OwnWords(msgspec.Struct, frozen=True):
    """What a person's password may not be made of."""

    email_sealed: bytes
    organisations: list[str]


class LinkPurpose(StrEnum):
    """What a link to an account is for."""

    RESET = "reset"
    NEW_ADDRESS = "new address"
    FORMER_ADDRESS = "former address"


class AccountLink(msgspec.Struct, frozen=True):
    """Whose a link is, with the address it is about, when it is about one."""

    person_id: UUID
    email_sealed: bytes | None


class AddressLink(msgspec.Struct, frozen=True):
    """A change of address that waits to be confirmed, or one that can be taken back."""

    purpose: LinkPurpose
    email_sealed: bytes
    made_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True)
class AddressChange:
    """The same, opened: the address that waits, or the one that was."""

    purpose: LinkPurpose
    email: str
    expires_at: dt.datetime


class WaitingMail(msgspec.Struct, frozen=True):
    """A mail that waits to be sent; its parameters are sealed under the recipient's key."""

    id: UUID
    kind: str
    parameters_sealed: bytes


@dataclass(frozen=True)
class Newcomer:
    """A person about to be added: everything hashed and sealed that needs to be."""

    id: UUID
    email_index: bytes
    email_sealed: bytes
    password_hash: str | None
    consents: list[dict[str, object]]
    origin: bytes
    is_probe: bool
    language: str


class OlderIndex(msgspec.Struct, frozen=True):
    """An address's index that an older blind key made."""

    id: UUID
    email_index: bytes
