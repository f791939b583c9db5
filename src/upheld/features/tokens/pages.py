"""Pages for one's own access tokens."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.tokens.actions import make_token, revoke_token
from upheld.features.tokens.errors import TooManyTokensError
from upheld.features.tokens.model import HIRING, OWN, USUAL_LIFETIME, Reach, Wish
from upheld.features.tokens.queries import own_token, own_tokens
from upheld.features.tokens.wording import DAY_NAMES, REACH_NAMES
from upheld.kit.errors import InvalidError, UpheldError
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]


@get("/tokens", name="tokens.list")
async def list_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show every token with what it may read, its last use and its end."""
    return page(
        request,
        "tokens/list.html",
        tokens=await own_tokens(visit.acting()),
        reach_names=REACH_NAMES,
        revoked=request.query_params.get("revoked") == "yes",
    )


@get("/tokens/new", name="tokens.new", opt={"fresh": True})
async def new_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show the form."""
    return _form_page(request, visit, Form({"days": str(USUAL_LIFETIME)}), None)


@post("/tokens/new", name="tokens.new.do", status_code=200, opt={"fresh": True})
async def new_do(request: AnyRequest, visit: Visit) -> Response[str]:
    """Make a token, and show it this once."""
    form = await Form.read(request)
    try:
        made = await make_token(visit.acting(), _wish(form))
    except (InvalidError, TooManyTokensError) as error:
        return _form_page(request, visit, form, error)
    return page(request, "tokens/made.html", made=made, address=visit.platform.settings.address)


@get("/tokens/{token_id:uuid}/revoke", name="tokens.revoke")
async def revoke_page(request: AnyRequest, visit: Visit, token_id: FromPath[UUID]) -> Response[str]:
    """Say what revoking brings about, and ask once."""
    token = await own_token(visit.acting(), token_id)
    return page(request, "tokens/revoke.html", token=token)


@post("/tokens/{token_id:uuid}/revoke", name="tokens.revoke.do", status_code=303)
async def revoke_do(request: AnyRequest, visit: Visit, token_id: FromPath[UUID]) -> Redirect:
    """End a token."""
    await revoke_token(visit.acting(), token_id)
    return redirect(request, "tokens.list", q_revoked="yes")


def _form_page(request: AnyRequest, visit: Visit, form: Form, error: UpheldError | None) -> Response[str]:
    is_member = visit.acting().organisation_id is not None
    return page(
        request, "tokens/new.html", status=error.status if error else 200, form=form, error=error,
        own=OWN, hiring=HIRING if is_member else (), reach_names=REACH_NAMES, day_names=DAY_NAMES,
    )  # fmt: skip


def _wish(form: Form) -> Wish:
    days = form.get("days")
    scopes = tuple(reach for reach in Reach if form.checked(reach))
    return Wish(form.get("label"), scopes, int(days) if days in map(str, DAY_NAMES) else 0)


handlers = [list_page, new_page, new_do, revoke_page, revoke_do]
