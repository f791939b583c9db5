"""Changing who belongs to an organisation, as what, and for which one a person acts.

What may be done is decided by the database in one statement that locks the organisation, so that
two people who act at the same moment do not leave it without an owner.
"""

from datetime import timedelta
from uuid import UUID

from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.organisations import store
from upheld.features.organisations.errors import BeyondReachError, LastOwnerError, NotPermittedError
from upheld.features.organisations.model import Permission, Role, RoleChoice
from upheld.features.organisations.queries import check_may, session_organisation
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting

OFFER_LIVES = timedelta(days=7)

_REFUSALS = {"unknown": NotFoundError, "beyond": BeyondReachError, "last owner": LastOwnerError}
"""What the database says, as what a person is told."""


async def act_for(acting: Acting, organisation_id: UUID) -> None:
    """Let this session act for another organisation of the person's, from the next request on.

    Raises:
        NotFoundError: they do not belong to it.
    """
    if not await store.act_for(acting.tx, organisation_id):
        raise NotFoundError
    await record(acting, Action.ORGANISATION_SWITCHED, "organisation", organisation_id)


async def change_role(acting: Acting, person: UUID, to: RoleChoice) -> None:
    """Give a member of the organisation acted for another role.

    Raises:
        NotPermittedError: the person may not change roles.
        NotFoundError: there is no such member, or no such role.
        BeyondReachError: theirs, or the new one, may more than the person does; or it is ownership.
        LastOwnerError: they are the only owner.
    """
    check_may(acting, Permission.ROLE_GRANT)
    # Recorded first: whoever changes their own role may not have the right to afterwards.
    details: dict[str, object] = {"role": to.role}
    if to.custom_role_id:
        details["custom_role"] = str(to.custom_role_id)
    await record(acting, Action.ROLE_CHANGED, "person", person, details)
    _check_done(await store.change_role(acting.tx, person, to), "changed")


async def remove_member(acting: Acting, person: UUID) -> None:
    """Let a member of the organisation acted for go; their next request finds them out of it.

    Raises:
        NotPermittedError: the person may not.
        NotFoundError: there is no such member.
        BeyondReachError: they may more than the person does.
        LastOwnerError: they are the only owner.
    """
    check_may(acting, Permission.MEMBER_REMOVE)
    await record(acting, Action.MEMBER_REMOVED, "person", person)
    _check_done(await store.end_membership(acting.tx, person), "gone")


async def leave_organisation(acting: Acting) -> None:
    """Leave the organisation that the session is set to act for, also where it keeps the person out.

    Raises:
        NotFoundError: there is none.
        LastOwnerError: the person is its only owner.
    """
    organisation = await session_organisation(acting)
    # Recorded first: afterwards the session acts for nobody.
    await record(acting, Action.MEMBER_LEFT, "organisation", organisation.id)
    _check_done(await store.end_membership(acting.tx, acting.person_id), "gone")


async def offer_ownership(acting: Acting, person: UUID, *, steps_down: bool) -> None:
    """Ask a member to own the organisation acted for. Nothing changes until they accept.

    Args:
        acting: an owner.
        person: the member.
        steps_down: whether the owner becomes a manager when it is accepted.

    Raises:
        NotPermittedError: the person is no owner.
        NotFoundError: there is no such member, or they own it already.
    """
    if acting.role != Role.OWNER:
        raise NotPermittedError
    if not await store.offer_ownership(acting.tx, person, OFFER_LIVES, steps_down=steps_down):
        raise NotFoundError
    await record(acting, Action.OWNERSHIP_OFFERED, "person", person, {"steps_down": steps_down})


async def accept_ownership(acting: Acting) -> None:
    """Become an owner of the organisation acted for, as an owner has offered.

    Raises:
        NotFoundError: there is no offer that stands.
    """
    if not await store.accept_ownership(acting.tx):
        raise NotFoundError
    await record(acting, Action.OWNERSHIP_ACCEPTED, "organisation", acting.organisation_id)


async def end_offer(acting: Acting, person: UUID) -> None:
    """Decline ownership that was offered to the person, or, as an owner, take an offer to somebody back.

    Raises:
        NotFoundError: there is no such offer.
    """
    if not await store.end_offer(acting.tx, person):
        raise NotFoundError
    await record(acting, Action.OWNERSHIP_OFFER_ENDED, "person", person)


def _check_done(came: str, done: str) -> None:
    if came != done:
        raise _REFUSALS[came]
