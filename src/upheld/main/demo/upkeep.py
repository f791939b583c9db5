"""What an owner does with colleagues and roles as the weeks go by: what the page of activity tells of."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from upheld.features.activity.actions import read_activity
from upheld.features.activity.model import Wanted
from upheld.features.organisations.actions import (
    change_custom_role,
    change_role,
    invite,
    remove_member,
    revoke_invitation,
)
from upheld.features.organisations.model import Permission, Role, RoleChoice
from upheld.features.organisations.queries import colleagues, custom_roles, open_invitations
from upheld.main.demo.colleagues import COLLEAGUES, FORMER, MAY, OWN_ROLE
from upheld.platform.acting import Acting

_IN_VAIN = "kabir@tidewater.example"
_INTERVIEWER = next(one.email for one in COLLEAGUES if one.role is Role.INTERVIEWER)


async def _invites_in_vain(acting: Acting) -> None:
    await invite(acting, _IN_VAIN, RoleChoice(Role.INTERVIEWER), "en")


async def _takes_that_back(acting: Acting) -> None:
    (invitation,) = [one for one in await open_invitations(acting) if one.email == _IN_VAIN]
    await revoke_invitation(acting, invitation.id)


async def _lets_editors_invite(acting: Acting) -> None:
    await _change_own_role(acting, (*MAY, Permission.MEMBER_INVITE))


async def _lets_them_no_longer(acting: Acting) -> None:
    await _change_own_role(acting, MAY)


async def _change_own_role(acting: Acting, may: tuple[Permission, ...]) -> None:
    (role,) = await custom_roles(acting)
    await change_custom_role(acting, role.id, OWN_ROLE, may)


async def _has_somebody_stand_in(acting: Acting) -> None:
    await change_role(acting, await _member(acting, _INTERVIEWER), RoleChoice(Role.MANAGER))


async def _ends_that(acting: Acting) -> None:
    await change_role(acting, await _member(acting, _INTERVIEWER), RoleChoice(Role.INTERVIEWER))


async def _lets_somebody_go(acting: Acting) -> None:
    await remove_member(acting, await _member(acting, FORMER.email))


async def _looks(acting: Acting) -> None:
    await read_activity(acting, Wanted(), None)


async def _member(acting: Acting, address: str) -> UUID:
    return next(one.person_id for one in await colleagues(acting) if one.email == address)


UPKEEP: Mapping[int, Callable[[Acting], Awaitable[None]]] = {
    13: _invites_in_vain,
    12: _lets_editors_invite,
    10: _takes_that_back,
    9: _has_somebody_stand_in,
    6: _lets_somebody_go,
    5: _ends_that,
    4: _lets_them_no_longer,
    2: _looks,
}
"""By how many days ago, the oldest first."""
