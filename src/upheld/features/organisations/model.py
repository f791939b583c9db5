"""The nouns of organisations."""

import datetime as dt
from enum import StrEnum
from uuid import UUID

import msgspec


class Permission(StrEnum):
    """What somebody may do in an organisation; the database has the same list (`035_permissions.sql`)."""

    ANALYTICS_VIEW = "analytics:view"
    APPLICATION_DECIDE = "application:decide"
    APPLICATION_VIEW = "application:view"
    ASSESSMENT_MANAGE = "assessment:manage"
    AUDIT_VIEW = "audit:view"
    CANDIDATE_SEARCH = "candidate:search"
    INTEGRATION_MANAGE = "integration:manage"
    JOB_MANAGE = "job:manage"
    MEMBER_INVITE = "member:invite"
    MEMBER_REMOVE = "member:remove"
    ROLE_GRANT = "role:grant"
    SETTINGS_CHANGE = "settings:change"


class Role(StrEnum):
    """What a member is: one of the roles every organisation has, or one that it made for itself."""

    OWNER = "owner"
    MANAGER = "manager"
    INTERVIEWER = "interviewer"
    CUSTOM = "custom"


PERMISSIONS_OF: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MANAGER: frozenset({
        Permission.ANALYTICS_VIEW, Permission.APPLICATION_DECIDE, Permission.APPLICATION_VIEW,
        Permission.ASSESSMENT_MANAGE, Permission.CANDIDATE_SEARCH, Permission.JOB_MANAGE, Permission.MEMBER_INVITE,
    }),
    Role.INTERVIEWER: frozenset(),
}  # fmt: skip
"""What each role that every organisation has may do. The database says the same, and decides."""


class RoleChoice(msgspec.Struct, frozen=True):
    """A role as it is given: one every organisation has, or, by its id, one of the organisation's own."""

    role: Role
    custom_role_id: UUID | None = None

    @classmethod
    def named(cls, text: str) -> "RoleChoice | None":
        """Read what a form names: `manager`, or the id of a role; None when it names neither."""
        if text in {Role.OWNER, Role.MANAGER, Role.INTERVIEWER}:
            return cls(Role(text))
        try:
            return cls(Role.CUSTOM, UUID(text))
        except ValueError:
            return None

    @property
    def name(self) -> str:
        """How a form names it."""
        return str(self.custom_role_id or self.role)


class CustomRole(msgspec.Struct, frozen=True):
    """A role that an organisation has made for itself."""

    id: UUID
    name: str
    permissions: frozenset[Permission]


class Organisation(msgspec.Struct, frozen=True):
    """An employer or agency, as everyone may see it."""

    id: UUID
    name: str
    website: str | None


class Membership(msgspec.Struct, frozen=True):
    """What a person is in an organisation, and since when."""

    role: Role
    role_name: str | None
    joined_at: dt.datetime


class ColleagueRow(msgspec.Struct, frozen=True):
    """A member as the database returns them, the address sealed."""

    person_id: UUID
    email_sealed: bytes
    role: Role
    custom_role_id: UUID | None
    role_name: str | None
    permissions: frozenset[Permission]
    joined_at: dt.datetime
    invited_by: UUID | None


class Colleague(msgspec.Struct, frozen=True):
    """A member of the organisation acted for, as the others see them."""

    person_id: UUID
    email: str
    role: RoleChoice
    role_name: str | None
    permissions: frozenset[Permission]
    joined_at: dt.datetime


class FactorRule(msgspec.Struct, frozen=True):
    """That an organisation asks its members for a passkey or an app, and from when on."""

    required_at: dt.datetime
    starts_at: dt.datetime


class Reminder(msgspec.Struct, frozen=True):
    """Who of an organisation's members is to be reminded that it asks for a passkey or an app, and from when on."""

    organisation_name: str
    starts_at: dt.datetime
    people: list[UUID]


class Answer(StrEnum):
    """What has come of an invitation."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class NewInvitation(msgspec.Struct, frozen=True):
    """An invitation as the database takes it: nothing of it in the clear."""

    id: UUID
    email_indexes: list[bytes]
    email_sealed: bytes | None
    letter_sealed: bytes | None
    token_hash: bytes
    choice: RoleChoice
    language: str


class OpenInvitationRow(msgspec.Struct, frozen=True):
    """An invitation that has not come to a membership, the address sealed."""

    id: UUID
    email_sealed: bytes
    role: Role
    role_name: str | None
    state: Answer
    invited_by: UUID | None
    invited_at: dt.datetime
    expires_at: dt.datetime


class OpenInvitation(msgspec.Struct, frozen=True):
    """An invitation that has not come to a membership, for those who may invite."""

    id: UUID
    email: str
    role: Role
    role_name: str | None
    state: Answer
    invited_at: dt.datetime
    expires_at: dt.datetime


class OfferedRow(msgspec.Struct, frozen=True):
    """What an invitation offers, as the database returns it to whoever holds its link."""

    id: UUID
    organisation_id: UUID
    organisation_name: str
    role: Role
    role_name: str | None
    permissions: frozenset[Permission]
    invited_by: UUID
    inviter_sealed: bytes
    expires_at: dt.datetime
    is_mine: bool
    is_member: bool
    factor_by: dt.datetime | None


class Offered(msgspec.Struct, frozen=True):
    """What an invitation offers: read before it is accepted."""

    id: UUID
    organisation_id: UUID
    organisation_name: str
    role: Role
    role_name: str | None
    permissions: frozenset[Permission]
    inviter: str
    expires_at: dt.datetime
    is_mine: bool
    is_member: bool
    factor_by: dt.datetime | None
    """From when on the organisation asks its members for a passkey or an app; told to whom it is for alone."""


class OwnershipOffer(msgspec.Struct, frozen=True):
    """Who was asked to own the organisation acted for, by whom, and whether that owner steps down."""

    person_id: UUID
    offered_by: UUID
    steps_down: bool
    expires_at: dt.datetime


class Letter(msgspec.Struct, frozen=True):
    """An invitation that waits to be mailed."""

    id: UUID
    language: str
    email_sealed: bytes
    letter_sealed: bytes | None
