"""The queries of organisations, typed."""

import datetime as dt
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from upheld.features.organisations.model import (
    ColleagueRow,
    CustomRole,
    FactorRule,
    Letter,
    Membership,
    NewInvitation,
    OfferedRow,
    OpenInvitationRow,
    Organisation,
    OwnershipOffer,
    Permission,
    Reminder,
    RoleChoice,
)
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.organisations")


async def found_organisation(tx: Transaction, organisation_id: UUID, name: str, website: str | None) -> None:
    """Found an organisation, with the person asking as its owner."""
    await tx.value(_Q["found_organisation"], organisation_id, name, website)


async def organisation(tx: Transaction, organisation_id: UUID) -> Organisation | None:
    """Return one organisation, as everyone may see it."""
    return await tx.one(_Q["organisation"], organisation_id, into=Organisation)


async def may_see_candidates(tx: Transaction) -> bool:
    """Whether the person asking may see candidates' data in the role and organisation of this session."""
    return await tx.value(_Q["may_see_candidates"])


async def accept_fair_use(tx: Transaction, notice_id: UUID) -> bool:
    """Record an acceptance; False when it was recorded before."""
    return await tx.run(_Q["accept_fair_use"], notice_id) > 0


async def own_acceptance(tx: Transaction, wordings: list[UUID]) -> dt.datetime | None:
    """Return when the person asking last accepted one of these wordings."""
    return await tx.value(_Q["own_acceptance"], wordings)


async def own_membership(tx: Transaction) -> Membership | None:
    """Return what the person asking is in the organisation they act for."""
    return await tx.one(_Q["own_membership"], into=Membership)


async def change_organisation(tx: Transaction, name: str, website: str | None) -> bool:
    """Change what everyone reads about the organisation acted for; False when it is not theirs to change."""
    return await tx.run(_Q["change_organisation"], name, website) == 1


async def act_for(tx: Transaction, organisation_id: UUID) -> bool:
    """Let the session that asks act for another organisation; False when the person does not belong to it."""
    return await tx.run(_Q["act_for"], organisation_id) == 1


async def colleagues(tx: Transaction) -> list[ColleagueRow]:
    """Return the members of the organisation acted for."""
    return await tx.all(_Q["colleagues"], into=ColleagueRow)


async def change_role(tx: Transaction, person: UUID, to: RoleChoice) -> str:
    """Give a member another role; return what came of it."""
    return await tx.value(_Q["change_role"], person, to.role, to.custom_role_id)


async def end_membership(tx: Transaction, person: UUID) -> str:
    """End a membership of the organisation acted for; return what came of it."""
    return await tx.value(_Q["end_membership"], person)


async def offer_ownership(tx: Transaction, person: UUID, lives: timedelta, *, steps_down: bool) -> bool:
    """Ask a member to own the organisation acted for; False when there is no such member."""
    return await tx.value(_Q["offer_ownership"], person, steps_down, lives)


async def accept_ownership(tx: Transaction) -> bool:
    """Accept ownership that was offered to the person asking; False when no offer stands."""
    return await tx.value(_Q["accept_ownership"])


async def end_offer(tx: Transaction, person: UUID) -> bool:
    """End an offer of ownership; False when there is none."""
    return await tx.value(_Q["end_offer"], person)


async def ownership_offers(tx: Transaction) -> list[OwnershipOffer]:
    """Return the offers of ownership that the person asking takes part in."""
    return await tx.all(_Q["ownership_offers"], into=OwnershipOffer)


async def factor_rule(tx: Transaction) -> FactorRule | None:
    """Return the rule of the organisation acted for, if it has one."""
    return await tx.one(_Q["factor_rule"], into=FactorRule)


async def require_factor(tx: Transaction, grace: timedelta) -> dt.datetime | None:
    """Ask the members for a factor; from when on, or None when whoever asks has shown none."""
    return await tx.value(_Q["require_factor"], grace)


async def lift_factor_rule(tx: Transaction) -> bool:
    """Ask for it no longer; False when nobody did."""
    return await tx.value(_Q["lift_factor_rule"])


async def members_with_factor(tx: Transaction) -> set[UUID]:
    """Return who of the members has a factor; nobody unless an owner asks."""
    return set(await tx.column(_Q["members_with_factor"]))


async def session_organisation(tx: Transaction) -> Organisation | None:
    """Return the organisation that the session was set to act for, whether it may or not."""
    return await tx.one(_Q["session_organisation"], into=Organisation)


async def take_factor_reminder(tx: Transaction) -> Reminder | None:
    """Take up an organisation whose members are to be reminded of a factor; None when none is due."""
    return await tx.one(_Q["take_factor_reminder"], into=Reminder)


async def custom_roles(tx: Transaction) -> list[CustomRole]:
    """Return the roles that the organisation acted for has made for itself."""
    return await tx.all(_Q["custom_roles"], into=CustomRole)


async def add_role(tx: Transaction, role_id: UUID, name: str, permissions: Sequence[Permission]) -> None:
    """Make a role."""
    await tx.run(_Q["add_role"], role_id, name, permissions)


async def alter_role(tx: Transaction, role_id: UUID, name: str, permissions: Sequence[Permission]) -> bool:
    """Change what a role is called and may do; False when it is not theirs to change."""
    return await tx.run(_Q["alter_role"], role_id, name, permissions) == 1


async def remove_role(tx: Transaction, role_id: UUID) -> bool:
    """Remove a role; False when it is not theirs to remove."""
    return await tx.run(_Q["remove_role"], role_id) == 1


async def invite(tx: Transaction, new: NewInvitation, lives: timedelta) -> str:
    """Invite somebody into the organisation acted for; return what came of it."""
    return await tx.value(
        _Q["invite"], new.id, new.email_indexes, new.email_sealed, new.token_hash, new.letter_sealed,
        new.choice.role, new.choice.custom_role_id, new.language, lives,
    )  # fmt: skip


async def queue_invitation(tx: Transaction, invitation_id: UUID, secret: bytes) -> None:
    """Queue the mail of an invitation."""
    await tx.value(_Q["queue_invitation"], invitation_id, secret)


async def open_invitations(tx: Transaction) -> list[OpenInvitationRow]:
    """Return the invitations of the organisation acted for that have not come to a membership."""
    return await tx.all(_Q["open_invitations"], into=OpenInvitationRow)


async def renew_invitation(
    tx: Transaction, invitation_id: UUID, token_hash: bytes, letter_sealed: bytes | None, lives: timedelta
) -> bool:
    """Give a pending invitation a new link; False when there is none that they reach."""
    return await tx.value(_Q["renew_invitation"], invitation_id, token_hash, letter_sealed, lives)


async def revoke_invitation(tx: Transaction, invitation_id: UUID) -> bool:
    """Take an invitation back; False when there is none that is open."""
    return await tx.value(_Q["revoke_invitation"], invitation_id)


async def invitation_by_token(tx: Transaction, token: bytes) -> OfferedRow | None:
    """Return what an invitation offers, for whoever holds its link; None when it is worth nothing."""
    return await tx.one(_Q["invitation_by_token"], token, into=OfferedRow)


async def accept_invitation(tx: Transaction, token: bytes) -> str:
    """Accept an invitation; return what came of it."""
    return await tx.value(_Q["accept_invitation"], token)


async def decline_invitation(tx: Transaction, token: bytes, origin: bytes) -> UUID | None:
    """Decline an invitation; return which, or None when the link is worth nothing."""
    return await tx.value(_Q["decline_invitation"], token, origin)


async def open_job_context(tx: Transaction, secret: bytes) -> UUID | None:
    """Open the context stored with a piece of work; return whose it is."""
    return await tx.value(_Q["open_job_context"], secret)


async def letter(tx: Transaction, invitation_id: UUID) -> Letter | None:
    """Return an invitation that waits to be mailed for the person in context."""
    return await tx.one(_Q["letter"], invitation_id, into=Letter)


async def cross_out_letter(tx: Transaction, invitation_id: UUID) -> bool:
    """Cross out what is being mailed; False when it was mailed already."""
    return await tx.run(_Q["cross_out_letter"], invitation_id) > 0


async def mails_nobody(tx: Transaction) -> bool:
    """Whether the person in context is a probe, who mails nobody."""
    return bool(await tx.value(_Q["mails_nobody"]))
