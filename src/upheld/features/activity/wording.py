"""What members did, in sentences."""

from typing import cast

from upheld.features.activity.model import Group, Kind, Line, Someone
from upheld.features.audit.model import Action
from upheld.features.organisations.wording import PERMISSIONS, ROLE_NAMES
from upheld.platform.i18n import Words, mark

GROUPS = {
    Group.MEMBERS: mark("Members"),
    Group.ROLES: mark("Roles"),
    Group.ORGANISATION: mark("Organisation"),
    Group.JOBS: mark("Jobs"),
    Group.ACTIVITY: mark("This record"),
}

SENTENCES = {
    Action.MEMBER_INVITED: mark("Invited somebody, as %(role)s."),
    Action.INVITATION_SENT_AGAIN: mark("Sent an invitation again."),
    Action.INVITATION_REVOKED: mark("Took an invitation back."),
    Action.INVITATION_ACCEPTED: mark("Accepted an invitation."),
    Action.INVITATION_DECLINED: mark("Declined an invitation."),
    Action.MEMBER_LEFT: mark("Left the organisation."),
    Action.MEMBER_REMOVED: mark("Removed a member: %(whom)s."),
    Action.ROLE_CHANGED: mark("Gave another role, %(role)s, to %(whom)s."),
    Action.OWNERSHIP_OFFERED: mark("Offered ownership to %(whom)s."),
    Action.OWNERSHIP_OFFER_ENDED: mark("Took an offer of ownership back from %(whom)s."),
    Action.OWNERSHIP_ACCEPTED: mark("Became an owner."),
    Action.ROLE_MADE: mark("Made a role: %(name)s."),
    Action.ROLE_ALTERED: mark("Changed a role: %(name)s."),
    Action.ROLE_REMOVED: mark("Removed a role."),
    Action.ORGANISATION_FOUNDED: mark("Founded the organisation."),
    Action.ORGANISATION_CHANGED: mark("Changed what candidates read about the organisation."),
    Action.FACTOR_REQUIRED: mark("Asked members for a passkey or an app for codes."),
    Action.FACTOR_RULE_LIFTED: mark("Let members in with a password alone again."),
    Action.FAIR_USE_ACCEPTED: mark("Accepted the fair-use policy."),
    Action.JOB_POSTED: mark("Wrote a job: %(name)s."),
    Action.JOB_CHANGED: mark("Changed a job: %(name)s."),
    Action.ACTIVITY_VIEWED: mark("Looked at this record."),
    Action.ACTIVITY_EXPORTED: mark("Downloaded this record."),
}
"""By act; the database shows no others (`040_audit.sql`), and a test compares them."""

_BECAME = {"open": mark("Published a job: %(name)s."), "closed": mark("Closed a job: %(name)s.")}
_DECLINED = mark("Declined to own the organisation.")

SOMEONE = {
    Kind.LEFT: mark("somebody who has left"),
    Kind.ERASED: mark("somebody erased"),
    Kind.INVITED: mark("somebody invited"),
}


def said(words: Words, line: Line) -> str:
    """Write what was done."""
    sentence = SENTENCES[line.action]
    if line.action in {Action.JOB_POSTED, Action.JOB_CHANGED}:
        sentence = _BECAME.get(str(line.details.get("status")), sentence)
    elif line.action is Action.OWNERSHIP_OFFER_ENDED and line.is_about_oneself:
        sentence = _DECLINED
    role = line.role_name or (words(ROLE_NAMES[line.role]) if line.role else "")
    whom = named(words, line.whom) if line.whom else ""
    return words(sentence, {"role": role, "whom": whom, "name": line.name or words("one that is gone")})


def named(words: Words, someone: Someone) -> str:
    """Write who somebody is."""
    return someone.email or words(SOMEONE[someone.kind])


def more(words: Words, line: Line) -> str:
    """Write which permissions a role got and lost; empty where it is about none."""
    parts = (
        (mark("May: %(permissions)s."), "permissions"),
        (mark("May now: %(permissions)s."), "added"),
        (mark("May no longer: %(permissions)s."), "taken"),
    )
    return " ".join(
        words(sentence, {"permissions": given}) for sentence, key in parts if (given := _permissions(words, line, key))
    )


def cells(words: Words, line: Line) -> tuple[str, ...]:
    """Return a line of the table that is downloaded."""
    at = f"{line.at:%Y-%m-%d %H:%M:%S}"
    return at, named(words, line.who), said(words, line), more(words, line), words(GROUPS[line.group])


def _permissions(words: Words, line: Line, key: str) -> str:
    given = cast("list[str]", line.details.get(key, []))
    return ", ".join(words(name) for permission, (name, _) in PERMISSIONS.items() if permission in given)
