"""The nouns of the log."""

import datetime as dt
from enum import StrEnum
from uuid import UUID

import msgspec


class Action(StrEnum):
    """What can be recorded; `slice.past_participle`."""

    ACCOUNT_REGISTERED = "account.registered"
    ACCOUNT_VERIFIED = "account.verified"
    ADDRESS_CHANGE_ASKED = "account.address_change_asked"
    ADDRESS_CHANGED = "account.address_changed"
    ADDRESS_TAKEN_BACK = "account.address_taken_back"
    ACTIVITY_EXPORTED = "activity.exported"
    ACTIVITY_VIEWED = "activity.viewed"
    ACT_REFUSED = "attempt.refused"
    ADDRESS_TRIED_AGAIN = "attempt.address_registered_again"
    APPLICATION_DECIDED = "application.decided"
    APPLICATION_MOVED = "application.moved"
    APPLICATION_OPENED = "application.opened"
    APPLICATION_SUBMITTED = "application.submitted"
    APPLICATION_WITHDRAWN = "application.withdrawn"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CONTACT_OPENED = "contact.opened"
    DATA_EXPORTED = "data.exported"
    DOCUMENT_ADDED = "document.added"
    DOCUMENT_REMOVED = "document.removed"
    ERASURE_CANCELLED = "erasure.cancelled"
    ERASURE_COMPLETED = "erasure.completed"
    ERASURE_REQUESTED = "erasure.requested"
    ERASURES_REPLAYED = "maintenance.erasures_replayed"
    FACTOR_ADDED = "factor.added"
    FACTOR_ASKED = "factor.asked"
    FACTOR_CODES_MADE = "factor.codes_made"
    FACTOR_FAILED = "attempt.factor_failed"
    FACTOR_LIMITED = "attempt.factor_limited"
    FACTOR_RECOVERED = "factor.recovery_code_used"
    FACTOR_REMINDED = "maintenance.factor_reminded"
    FACTOR_REMOVED = "factor.removed"
    FACTOR_REQUIRED = "organisation.factor_required"
    FACTOR_RULE_LIFTED = "organisation.factor_rule_lifted"
    FAIR_USE_ACCEPTED = "permission.fair_use_accepted"
    INVITATION_ACCEPTED = "invitation.accepted"
    INVITATION_DECLINED = "invitation.declined"
    INVITATION_REVOKED = "invitation.revoked"
    INVITATION_SENT_AGAIN = "invitation.sent_again"
    JOB_CHANGED = "job.changed"
    JOB_POSTED = "job.posted"
    EPOCH_ROTATED = "keys.epoch_rotated"
    KEY_REPLACED = "keys.replaced"
    LANGUAGE_CHOSEN = "account.language_chosen"
    LIST_OPENED = "application.listed"
    MEMBER_INVITED = "member.invited"
    MEMBER_LEFT = "member.left"
    MEMBER_REMOVED = "member.removed"
    ORGANISATION_CHANGED = "organisation.changed"
    ORGANISATION_FOUNDED = "permission.organisation_founded"
    ORGANISATION_SWITCHED = "organisation.switched"
    OWNERSHIP_ACCEPTED = "member.ownership_accepted"
    OWNERSHIP_OFFER_ENDED = "member.ownership_offer_ended"
    OWNERSHIP_OFFERED = "member.ownership_offered"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 - an act, not a password
    PASSWORD_RESET = "account.password_reset"  # noqa: S105 - an act, not a password
    PROFILE_CHANGED = "profile.changed"
    PROMISES_CHECKED = "maintenance.promises_checked"
    PROOF_FAILED = "attempt.proof_failed"
    PROVIDER_LINKED = "account.provider_linked"
    PROVIDER_UNLINKED = "account.provider_unlinked"
    RESET_ASKED = "account.reset_asked"
    RETENTION_RAN = "retention.ran"
    RESUME_OPENED = "resume.opened"
    ROLE_ALTERED = "role.altered"
    ROLE_CHANGED = "member.role_changed"
    ROLE_MADE = "role.made"
    ROLE_REMOVED = "role.removed"
    SESSION_ENDED = "session.ended"
    SESSION_ENDED_BY_OPERATOR = "session.ended_by_operator"
    SESSION_OPENED = "session.opened"
    SESSION_PROVEN = "session.proven"
    SIGN_IN_FAILED = "attempt.sign_in_failed"
    SIGN_IN_LIMITED = "attempt.sign_in_limited"
    TOKEN_MADE = "token.made"  # noqa: S105 - an act, no secret
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - an act, no secret
    VISIBILITY_CHANGED = "permission.visibility_changed"


class Entry(msgspec.Struct, frozen=True):
    """One recorded act, as the person who acted may see it."""

    at: dt.datetime
    action: str
    target_kind: str | None
    target_id: UUID | None
    organisation_id: UUID | None
