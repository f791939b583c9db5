"""Pages for how members sign in: what an owner asks of them, and what they are told."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from upheld.features.organisations import actions
from upheld.features.organisations.errors import OwnFactorFirstError
from upheld.features.organisations.model import Role
from upheld.features.organisations.pages.members import FRESH
from upheld.features.organisations.queries import (
    colleagues,
    factor_rule,
    members_with_factor,
    own_organisation,
    session_organisation,
)
from upheld.features.organisations.wording import DONE
from upheld.kit.errors import InvalidError, NotFoundError, UpheldError
from upheld.platform.acting import Acting
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]
_USUAL_GRACE = "7"


@get("/hiring/organisation/sign-in", name="organisations.strong")
async def strong_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show an owner what is asked of the members, and who of them has it."""
    return await _strong_page(request, visit.acting(), Form({"grace": _USUAL_GRACE}), None)


@post("/hiring/organisation/sign-in", name="organisations.strong.do", status_code=200, opt=FRESH)
async def strong_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Ask the members for a passkey or an app."""
    form = await Form.read(request)
    typed = form.get("grace")
    try:
        # Whatever is no number is as wrong as one that is too small.
        await actions.require_factor(
            visit.acting(), int(typed) if typed.isdecimal() and len(typed) < len("100") else -1
        )
    except (InvalidError, OwnFactorFirstError) as error:
        return await _strong_page(request, visit.acting(), form, error)
    return redirect(request, "organisations.strong", q_done="factor-required")


@post("/hiring/organisation/sign-in/lift", name="organisations.strong.lift", status_code=303, opt=FRESH)
async def lift_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Ask for it no longer."""
    await actions.lift_factor_rule(visit.acting())
    return redirect(request, "organisations.strong", q_done="factor-rule-lifted")


@get("/organisations/closed", name="organisations.kept_out")
async def kept_out_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Tell a member why the pages of the organisation stay closed to them, and what opens them."""
    acting = visit.acting()
    if not visit.known.is_kept_out:
        return redirect(request, "applications.hiring")
    return page(
        request,
        "organisations/kept_out.html",
        organisation=await session_organisation(acting),
        joined=request.query_params.get("done") == "joined",
    )


async def _strong_page(request: AnyRequest, acting: Acting, form: Form, error: UpheldError | None) -> Response[str]:
    if acting.role != Role.OWNER:
        raise NotFoundError
    have_one = await members_with_factor(acting)
    return page(
        request,
        "organisations/strong.html",
        status=error.status if error else 200,
        organisation=await own_organisation(acting),
        rule=await factor_rule(acting),
        members=await colleagues(acting),
        have_one=have_one,
        longest=actions.LONGEST_GRACE,
        form=form,
        error=error,
        done=None if error else DONE.get(request.query_params.get("done", "")),
    )


handlers = [strong_page, strong_do, lift_do, kept_out_page]
