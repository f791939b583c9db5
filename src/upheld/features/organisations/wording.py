"""What the roles of members are called, and what each may do; what a region is called."""

from typing import TYPE_CHECKING, cast

from babel import Locale

from upheld.features.organisations.model import Permission, Role
from upheld.platform.i18n import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLE_NAMES: dict[Role, str] = {
    Role.OWNER: mark("Owner"),
    Role.MANAGER: mark("Manager"),
    Role.INTERVIEWER: mark("Interviewer"),
    Role.CUSTOM: mark("A role of its own"),
}

ROLE_MEANS: dict[Role, str] = {
    Role.OWNER: mark("May do everything, settings and roles included. There is always at least one."),
    Role.MANAGER: mark("Posts jobs, reads and decides applications, and invites colleagues."),
    Role.INTERVIEWER: mark("Sees the organisation's jobs. Sees no applications."),
}

PERMISSIONS: dict[Permission, tuple[str, str]] = {
    Permission.JOB_MANAGE: (mark("Manage jobs"), mark("Write, publish and close jobs.")),
    Permission.APPLICATION_VIEW: (
        mark("See applications"),
        mark("See who applied and what they sent, once fair use is accepted. Candidates see each look."),
    ),
    Permission.APPLICATION_DECIDE: (
        mark("Decide about applications"),
        mark("Move applications on, and decide about them with a reason that the candidate reads."),
    ),
    Permission.CANDIDATE_SEARCH: (
        mark("Search for candidates"),
        mark("Look for candidates who let themselves be found. This site has no such search yet."),
    ),
    Permission.ASSESSMENT_MANAGE: (
        mark("Manage assessments"),
        mark("Write assessments and set them. This site has none yet."),
    ),
    Permission.ANALYTICS_VIEW: (
        mark("View analytics"),
        mark("See how hiring goes, in numbers. This site has no such pages yet."),
    ),
    Permission.MEMBER_INVITE: (
        mark("Invite members"),
        mark("Invite colleagues, and take invitations back. Only into roles that may do no more than this one."),
    ),
    Permission.MEMBER_REMOVE: (
        mark("Remove members"),
        mark("Let members go whose role may do no more than this one."),
    ),
    Permission.ROLE_GRANT: (
        mark("Give roles"),
        mark("Make roles and change who has which, within what this role may do."),
    ),
    Permission.SETTINGS_CHANGE: (
        mark("Change settings"),
        mark("Change what candidates read about the organisation, and its rules."),
    ),
    Permission.AUDIT_VIEW: (
        mark("Read the record"),
        mark("Read who changed members, roles, jobs and settings. Each look is in the record as well."),
    ),
    Permission.INTEGRATION_MANAGE: (
        mark("Connect other systems"),
        mark("Connect other systems and keep their credentials. This site connects none yet."),
    ),
}
"""Every permission in plain words: what it is called, and what it lets somebody do."""


def region_name(language: str, region: str) -> str:
    """Return what the region of a deployment is called: `in` is India, `us-ca` the United States (us-ca)."""
    territories = cast("Mapping[str, str]", Locale(language).territories)  # babel types its data loosely
    name = territories.get(region.partition("-")[0].upper(), region)
    return f"{name} ({region})" if "-" in region else name


DONE = {
    "invited": mark("Invited. A mail is on its way; until it is accepted, nothing is shared."),
    "sent-again": mark("Sent again, with a new link. The one before does not work any more."),
    "revoked": mark("Taken back. The link does not work any more, and the address is deleted."),
    "role": mark("Changed. It holds from their next click on."),
    "removed": mark("Removed. Their next click finds them outside."),
    "offered": mark("Offered. Nothing changes until it is accepted on the page of members."),
    "offer-ended": mark("That offer has ended."),
    "owner": mark("You are an owner now."),
    "role-made": mark("Made. You can give it to members now, and invite people into it."),
    "role-changed": mark("Changed. It holds for everybody who has this role from their next click on."),
    "role-removed": mark("Removed."),
    "factor-required": mark("It is asked for. Members who have none yet are told by mail."),
    "factor-rule-lifted": mark("It is asked for no longer."),
}
"""What has just been done, as the pages say it."""
