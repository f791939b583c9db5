"""Pages for who belongs to an organisation, as what, and for which one a person acts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.organisations import actions
from upheld.features.organisations.errors import BeyondReachError, LastOwnerError
from upheld.features.organisations.model import Colleague, Permission, Role, RoleChoice
from upheld.features.organisations.queries import (
    check_may,
    colleague,
    colleagues,
    custom_roles,
    open_invitations,
    own_organisation,
    ownership_offers,
    session_organisation,
)
from upheld.features.organisations.wording import DONE, PERMISSIONS, ROLE_MEANS, ROLE_NAMES
from upheld.kit.errors import InvalidError, NotFoundError, UpheldError
from upheld.platform.acting import Acting
from upheld.platform.i18n import Words, mark
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]
FRESH = {"fresh": True}
"""What gives others power, or takes it away, asks whoever does it to prove who they are."""


@get("/hiring/organisation/members", name="organisations.members")
async def members_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show who belongs to the organisation, who is invited, and what one may do about it."""
    acting = visit.acting()
    if acting.organisation_id is None:
        return redirect(request, "organisations.new")
    everybody = await colleagues(acting)
    return page(
        request,
        "organisations/members.html",
        organisation=await own_organisation(acting),
        members=everybody,
        reached={one.person_id for one in everybody if reaches(acting, one)},
        only_owner=_only_owner(everybody),
        invitations=await open_invitations(acting),
        offers={one.person_id: one for one in await ownership_offers(acting)},
        role_names=ROLE_NAMES,
        done=DONE.get(request.query_params.get("done", "")),
    )


@get("/hiring/organisation/members/{person_id:uuid}/role", name="organisations.role")
async def role_page(request: AnyRequest, visit: Visit, person_id: FromPath[UUID]) -> Response[str]:
    """Show the roles one may give to a member."""
    check_may(visit.acting(), Permission.ROLE_GRANT)
    member = await colleague(visit.acting(), person_id)
    return await _role_page(request, visit.acting(), member, Form({"role": member.role.name}), None)


@post("/hiring/organisation/members/{person_id:uuid}/role", name="organisations.role.do", status_code=200, opt=FRESH)
async def role_do(request: AnyRequest, visit: Visit, person_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Give a member another role."""
    form, acting = await Form.read(request), visit.acting()
    check_may(acting, Permission.ROLE_GRANT)
    member = await colleague(acting, person_id)
    try:
        await actions.change_role(acting, person_id, chosen_role(form))
    except (InvalidError, BeyondReachError, LastOwnerError) as error:
        return await _role_page(request, acting, member, form, error)
    return redirect(request, "organisations.members", q_done="role")


@get("/hiring/organisation/members/{person_id:uuid}/remove", name="organisations.remove")
async def remove_page(request: AnyRequest, visit: Visit, person_id: FromPath[UUID]) -> Response[str]:
    """Say what removing a member does, and ask."""
    check_may(visit.acting(), Permission.MEMBER_REMOVE)
    member = await colleague(visit.acting(), person_id)
    return page(request, "organisations/remove.html", member=member, role_names=ROLE_NAMES, error=None)


@post("/hiring/organisation/members/{person_id:uuid}/remove", name="organisations.remove.do", status_code=200,
      opt=FRESH)  # fmt: skip
async def remove_do(request: AnyRequest, visit: Visit, person_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Let a member go."""
    acting = visit.acting()
    check_may(acting, Permission.MEMBER_REMOVE)
    member = await colleague(acting, person_id)
    try:
        await actions.remove_member(acting, person_id)
    except (BeyondReachError, LastOwnerError) as error:
        return page(
            request, "organisations/remove.html", status=error.status, member=member, role_names=ROLE_NAMES,
            error=error,
        )  # fmt: skip
    return redirect(request, "organisations.members", q_done="removed")


@get("/organisations/leave", name="organisations.leave")
async def leave_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Say what leaving the organisation does, and ask; also whom it keeps out until they have a factor."""
    organisation = await session_organisation(visit.acting())
    return page(request, "organisations/leave.html", organisation=organisation, error=None)


@post("/organisations/leave", name="organisations.leave.do", status_code=200, opt=FRESH)
async def leave_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Leave the organisation."""
    acting = visit.acting()
    organisation = await session_organisation(acting)
    try:
        await actions.leave_organisation(acting)
    except LastOwnerError as error:
        return page(request, "organisations/leave.html", status=error.status, organisation=organisation, error=error)
    return redirect(request, "home", q_done="left")


@get("/hiring/organisation/members/{person_id:uuid}/own", name="organisations.offer")
async def offer_page(request: AnyRequest, visit: Visit, person_id: FromPath[UUID]) -> Response[str]:
    """Say what it is to own the organisation, and ask an owner whether to offer it."""
    _check_owner(visit.acting())
    member = await colleague(visit.acting(), person_id)
    return page(request, "organisations/offer.html", member=member, form=Form({"then": "stay"}), error=None)


@post("/hiring/organisation/members/{person_id:uuid}/own", name="organisations.offer.do", status_code=303, opt=FRESH)
async def offer_do(request: AnyRequest, visit: Visit, person_id: FromPath[UUID]) -> Redirect:
    """Offer a member to own the organisation, beside oneself or in one's place."""
    form = await Form.read(request)
    await actions.offer_ownership(visit.acting(), person_id, steps_down=form.get("then") == "step-down")
    return redirect(request, "organisations.members", q_done="offered")


@post("/hiring/organisation/members/{person_id:uuid}/own/end", name="organisations.offer.end", status_code=303)
async def end_offer_do(request: AnyRequest, visit: Visit, person_id: FromPath[UUID]) -> Redirect:
    """Take an offer back, or decline it."""
    await actions.end_offer(visit.acting(), person_id)
    return redirect(request, "organisations.members", q_done="offer-ended")


@get("/hiring/organisation/own", name="organisations.own")
async def own_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show somebody what they were offered, before they accept it."""
    acting = visit.acting()
    offer = next((one for one in await ownership_offers(acting) if one.person_id == acting.person_id), None)
    if offer is None:
        raise NotFoundError
    return page(
        request, "organisations/own.html", organisation=await own_organisation(acting), offer=offer,
        owner=await colleague(acting, offer.offered_by),
    )  # fmt: skip


@post("/hiring/organisation/own", name="organisations.own.do", status_code=303, opt=FRESH)
async def own_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Become an owner."""
    await actions.accept_ownership(visit.acting())
    return redirect(request, "organisations.members", q_done="owner")


@post("/organisations/switch", name="organisations.switch", status_code=303)
async def switch_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Act for another organisation from now on."""
    form = await Form.read(request)
    await actions.act_for(visit.acting(), form.uuid("organisation_id"))
    return redirect(request, "applications.hiring")


def reaches(acting: Acting, member: Colleague) -> bool:
    """Whether somebody may change or remove a member: the database says the same, and decides."""
    return acting.permissions >= member.permissions and (member.role.role != Role.OWNER or acting.role == Role.OWNER)


def chosen_role(form: Form, wrong: Mapping[str, str] | None = None) -> RoleChoice:
    """Return the role that a form names.

    Raises:
        InvalidError: it names none; `wrong` is what else is to be said of the form then.
    """
    choice = RoleChoice.named(form.get("role"))
    if choice is None:
        raise InvalidError({**(wrong or {}), "role": mark("Choose a role.")})
    return choice


async def role_options(acting: Acting, words: Words, *, ownership: bool) -> list[tuple[str, str, str]]:
    """Return the roles that somebody may give: how a form names each, what it is called, what it means."""
    every = [role for role in ROLE_MEANS if role != Role.OWNER or (ownership and acting.role == Role.OWNER)]
    options = [(str(role), words(ROLE_NAMES[role]), words(ROLE_MEANS[role])) for role in every]
    if not acting.may(Permission.MEMBER_INVITE) and not acting.may(Permission.ROLE_GRANT):
        return []
    for role in await custom_roles(acting):
        if acting.permissions >= role.permissions:
            means = ", ".join(words(PERMISSIONS[one][0]) for one in PERMISSIONS if one in role.permissions)
            options.append((str(role.id), role.name, means))
    return options


def _only_owner(members: list[Colleague]) -> UUID | None:
    """Return who alone owns the organisation: they have to stay, and to stay an owner."""
    owners = [one.person_id for one in members if one.role.role == Role.OWNER]
    return owners[0] if len(owners) == 1 else None


def _check_owner(acting: Acting) -> None:
    if acting.role != Role.OWNER:
        raise NotFoundError


async def _role_page(
    request: AnyRequest, acting: Acting, member: Colleague, form: Form, error: UpheldError | None
) -> Response[str]:
    return page(
        request,
        "organisations/role.html",
        status=error.status if error else 200,
        member=member,
        options=await role_options(acting, words_for(request), ownership=False),
        role_names=ROLE_NAMES,
        form=form,
        error=error,
    )


handlers = [
    members_page, role_page, role_do, remove_page, remove_do, leave_page, leave_do, offer_page, offer_do,
    end_offer_do, own_page, own_do, switch_do,
]  # fmt: skip
