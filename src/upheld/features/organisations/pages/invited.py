"""Pages for whoever is invited: what it is about, and the two answers. Opening the link changes nothing."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.organisations import actions
from upheld.features.organisations.errors import BelongsAlreadyError, InvitationOverError, OtherAddressError
from upheld.features.organisations.model import Offered
from upheld.features.organisations.queries import offered
from upheld.features.organisations.wording import PERMISSIONS, ROLE_MEANS, ROLE_NAMES
from upheld.kit.errors import UpheldError
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import Visit

OPEN = {"public": True}

AnyRequest = Request[Any, Any, Any]


@get("/invitations/{token:uuid}", name="organisations.invitation", opt=OPEN)
async def invitation_page(request: AnyRequest, visit: Visit, token: FromPath[UUID]) -> Response[str]:
    """Show which organisation invites, as what, who, and until when; and how to answer."""
    try:
        invitation = await offered(visit.tx, visit.platform, token)
    except InvitationOverError as error:
        return page(request, "organisations/invitation_over.html", status=error.status)
    return _invitation_page(request, token, invitation, None)


@post("/invitations/{token:uuid}/accept", name="organisations.invitation.accept", opt={"fresh": True}, status_code=200)
async def accept_do(request: AnyRequest, visit: Visit, token: FromPath[UUID]) -> Response[str] | Redirect:
    """Become a member, and go on to what members read first, or to what lets them in."""
    try:
        joined = await actions.accept_invitation(visit.acting(), token)
    except InvitationOverError as error:
        return page(request, "organisations/invitation_over.html", status=error.status)
    except (OtherAddressError, BelongsAlreadyError) as error:
        return _invitation_page(request, token, await offered(visit.tx, visit.platform, token), error)
    # The visit still knows the session as it was before.
    asked = joined.factor_by is not None and joined.factor_by <= visit.platform.clock.now()
    is_kept_out = asked and not visit.known.showed_factor
    return redirect(request, "organisations.kept_out" if is_kept_out else "organisations.settings", q_done="joined")


@post("/invitations/{token:uuid}/decline", name="organisations.invitation.decline", opt=OPEN, status_code=200)
async def decline_do(request: AnyRequest, visit: Visit, token: FromPath[UUID]) -> Response[str]:
    """Decline, with an account or without one."""
    try:
        await actions.decline_invitation(visit.tx, visit.platform, token, visit.origin)
    except InvitationOverError as error:
        return page(request, "organisations/invitation_over.html", status=error.status)
    return page(request, "organisations/declined.html")


def _invitation_page(request: AnyRequest, token: UUID, invitation: Offered, error: UpheldError | None) -> Response[str]:
    return page(
        request,
        "organisations/invitation.html",
        status=error.status if error else 200,
        token=token,
        invitation=invitation,
        may=[words for one, words in PERMISSIONS.items() if one in invitation.permissions],
        role_names=ROLE_NAMES,
        role_means=ROLE_MEANS,
        error=error,
    )


handlers = [invitation_page, accept_do, decline_do]
