"""Pages for inviting colleagues."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.accounts.actions import wrong_address
from upheld.features.organisations import actions
from upheld.features.organisations.errors import AlreadyColleagueError, AlreadyInvitedError, BeyondReachError
from upheld.features.organisations.model import Permission
from upheld.features.organisations.pages.members import FRESH, chosen_role, role_options
from upheld.features.organisations.queries import check_may, own_organisation
from upheld.kit.errors import InvalidError, TooSoonError, UpheldError
from upheld.platform.acting import Acting
from upheld.platform.i18n import LANGUAGES
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]


@get("/hiring/organisation/invite", name="organisations.invite")
async def invite_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show the form."""
    check_may(visit.acting(), Permission.MEMBER_INVITE)
    return await _invite_page(request, visit.acting(), Form({"language": words_for(request).language}), None)


@post("/hiring/organisation/invite", name="organisations.invite.do", status_code=200, opt=FRESH)
async def invite_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Invite whoever uses an address."""
    form, acting = await Form.read(request), visit.acting()
    check_may(acting, Permission.MEMBER_INVITE)
    language = form.get("language") if form.get("language") in LANGUAGES else words_for(request).language
    try:
        choice = chosen_role(form, wrong_address(form.get("email")))
        await actions.invite(acting, form.get("email"), choice, language)
    except (InvalidError, BeyondReachError, AlreadyColleagueError, AlreadyInvitedError, TooSoonError) as error:
        return await _invite_page(request, acting, form, error)
    return redirect(request, "organisations.members", q_done="invited")


@post("/hiring/organisation/invited/{invitation_id:uuid}/again", name="organisations.invite.again",
      status_code=303)  # fmt: skip
async def again_do(request: AnyRequest, visit: Visit, invitation_id: FromPath[UUID]) -> Redirect:
    """Send an invitation once more."""
    await actions.send_invitation_again(visit.acting(), invitation_id)
    return redirect(request, "organisations.members", q_done="sent-again")


@post("/hiring/organisation/invited/{invitation_id:uuid}/revoke", name="organisations.invite.revoke",
      status_code=303)  # fmt: skip
async def revoke_do(request: AnyRequest, visit: Visit, invitation_id: FromPath[UUID]) -> Redirect:
    """Take an invitation back."""
    await actions.revoke_invitation(visit.acting(), invitation_id)
    return redirect(request, "organisations.members", q_done="revoked")


async def _invite_page(request: AnyRequest, acting: Acting, form: Form, error: UpheldError | None) -> Response[str]:
    return page(
        request,
        "organisations/invite.html",
        status=error.status if error else 200,
        organisation=await own_organisation(acting),
        options=await role_options(acting, words_for(request), ownership=True),
        form=form,
        error=error,
    )


handlers = [invite_page, invite_do, again_do, revoke_do]
