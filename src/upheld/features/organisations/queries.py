"""Reading organisations, and whether their members may see candidates."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from upheld.features.consents.model import Kind
from upheld.features.consents.queries import wordings_in_force
from upheld.features.organisations import store
from upheld.features.organisations.errors import InvitationOverError, NotPermittedError
from upheld.features.organisations.model import (
    Colleague,
    CustomRole,
    FactorRule,
    Membership,
    Offered,
    OpenInvitation,
    Organisation,
    OwnershipOffer,
    Permission,
    RoleChoice,
)
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.database import Transaction
from upheld.platform.services import Platform
from upheld.platform.vault import ErasedError


async def organisation(tx: Transaction, organisation_id: UUID) -> Organisation:
    """Return one organisation.

    Raises:
        NotFoundError: there is none with this id.
    """
    found = await store.organisation(tx, organisation_id)
    if found is None:
        raise NotFoundError
    return found


async def own_organisation(acting: Acting) -> Organisation:
    """Return the organisation that this session acts for.

    Raises:
        NotFoundError: it acts for none.
    """
    if acting.organisation_id is None:
        raise NotFoundError
    return await organisation(acting.tx, acting.organisation_id)


def check_may(acting: Acting, permission: Permission) -> None:
    """Refuse, in words, what row security would refuse without them.

    Raises:
        NotPermittedError: the person may not, in the organisation they act for.
    """
    if not acting.may(permission):
        raise NotPermittedError


async def may_see_candidates(acting: Acting) -> bool:
    """Whether the person may see candidates' data: with the permission to, once they accepted the fair-use policy."""
    return await store.may_see_candidates(acting.tx)


async def own_acceptance(acting: Acting) -> dt.datetime | None:
    """Return when the person accepted the fair-use policy in force, in whatever language, or None."""
    return await store.own_acceptance(acting.tx, await wordings_in_force(acting.tx, Kind.FAIR_USE))


async def own_membership(acting: Acting) -> Membership:
    """Return what the person is in the organisation that their session acts for.

    Raises:
        NotFoundError: it acts for none.
    """
    found = await store.own_membership(acting.tx)
    if found is None:
        raise NotFoundError
    return found


async def colleagues(acting: Acting) -> list[Colleague]:
    """Return the members of the organisation acted for, longest there first."""
    rows = await store.colleagues(acting.tx)
    vault, sealed = acting.platform.vault, [(row.person_id, {"email_sealed": row.email_sealed}) for row in rows]
    try:
        emails = [cells["email_sealed"] for cells in await vault.open_rows("people", sealed)]
    except ErasedError:  # one of them is being erased at this moment: the others are opened one by one
        emails = [await _address(acting.platform, "people", *one) for one in sealed]
    return [
        Colleague(
            person_id=row.person_id, email=email, role=RoleChoice(row.role, row.custom_role_id),
            role_name=row.role_name, permissions=row.permissions, joined_at=row.joined_at,
        )
        for row, email in zip(rows, emails, strict=True)
        if email is not None
    ]  # fmt: skip


async def colleague(acting: Acting, person_id: UUID) -> Colleague:
    """Return one member of the organisation acted for.

    Raises:
        NotFoundError: there is no such member.
    """
    found = next((one for one in await colleagues(acting) if one.person_id == person_id), None)
    if found is None:
        raise NotFoundError
    return found


async def open_invitations(acting: Acting) -> list[OpenInvitation]:
    """Return the invitations of the organisation acted for that have not come to a membership, the newest first."""
    found: list[OpenInvitation] = []
    for row in await store.open_invitations(acting.tx):
        email = await _address(acting.platform, "invitations", row.id, {"email_sealed": row.email_sealed})
        if email is not None:  # else it has just been taken back
            found.append(
                OpenInvitation(
                    id=row.id, email=email, role=row.role, role_name=row.role_name, state=row.state,
                    invited_at=row.invited_at, expires_at=row.expires_at,
                )
            )  # fmt: skip
    return found


async def open_invitation(acting: Acting, invitation_id: UUID) -> OpenInvitation:
    """Return one invitation that has not come to a membership.

    Raises:
        NotFoundError: the organisation has no such invitation.
    """
    found = next((one for one in await open_invitations(acting) if one.id == invitation_id), None)
    if found is None:
        raise NotFoundError
    return found


async def offered(tx: Transaction, platform: Platform, token: UUID) -> Offered:
    """Return what an invitation offers, for whoever holds its link. Reading it changes nothing.

    Raises:
        InvitationOverError: the link is worth nothing, or not any more.
    """
    row = await store.invitation_by_token(tx, token.bytes)
    inviter = None
    if row is not None:
        inviter = await _address(platform, "people", row.invited_by, {"email_sealed": row.inviter_sealed})
    if row is None or inviter is None:
        raise InvitationOverError
    return Offered(
        id=row.id, organisation_id=row.organisation_id, organisation_name=row.organisation_name,
        role=row.role, role_name=row.role_name,
        permissions=row.permissions, inviter=inviter, expires_at=row.expires_at, is_mine=row.is_mine,
        is_member=row.is_member, factor_by=row.factor_by,
    )  # fmt: skip


async def custom_roles(acting: Acting) -> list[CustomRole]:
    """Return the roles that the organisation acted for has made for itself, by name."""
    return await store.custom_roles(acting.tx)


async def custom_role(acting: Acting, role_id: UUID) -> CustomRole:
    """Return one of them.

    Raises:
        NotFoundError: there is no such role.
    """
    found = next((one for one in await custom_roles(acting) if one.id == role_id), None)
    if found is None:
        raise NotFoundError
    return found


async def ownership_offers(acting: Acting) -> list[OwnershipOffer]:
    """Return the offers of ownership that the person takes part in, in the organisation acted for."""
    return await store.ownership_offers(acting.tx)


async def factor_rule(acting: Acting) -> FactorRule | None:
    """Return from when on the organisation acted for asks its members for a passkey or an app, if it does."""
    return await store.factor_rule(acting.tx)


async def members_with_factor(acting: Acting) -> set[UUID]:
    """Return who of the members has a passkey or an app, and never which. Only owners are told."""
    return await store.members_with_factor(acting.tx)


async def session_organisation(acting: Acting) -> Organisation:
    """Return the organisation that this session was set to act for, even where it is kept out for want of a factor.

    Raises:
        NotFoundError: there is none.
    """
    found = await store.session_organisation(acting.tx)
    if found is None:
        raise NotFoundError
    return found


async def _address(platform: Platform, table: str, row: UUID, sealed: Mapping[str, bytes | None]) -> str | None:
    """Open an address; None when whose it is has just been erased."""
    try:
        return (await platform.vault.open(table, row, sealed))["email_sealed"]
    except ErasedError:
        return None
