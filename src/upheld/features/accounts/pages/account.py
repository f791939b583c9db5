"""One's own account: address, password, sessions, language, and the way to leave."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.accounts.actions import (
    ask_new_address,
    change_password,
    confirm_new_address,
    end_other_sessions,
    end_own_session,
)
from upheld.features.accounts.errors import ChangeSpentError
from upheld.features.accounts.queries import own_changes, own_email, own_sessions, password_changed_at
from upheld.features.accounts.wording import DONE, STRENGTHS
from upheld.kit.errors import InvalidError, TooSoonError, UpheldError
from upheld.platform.web.cookies import forget_session
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]
FRESH = {"fresh": True}


@get("/account", name="accounts.home")
async def account_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show what belongs to the account itself, and every way to change it."""
    acting = visit.acting()
    return page(
        request,
        "accounts/account.html",
        email=await own_email(acting),
        changes=await own_changes(acting),
        password_changed_at=await password_changed_at(acting),
        sessions=await own_sessions(acting),
        strengths=STRENGTHS,
        done=DONE.get(request.query_params.get("done", "")),
    )


@get("/account/password", name="accounts.password")
async def password_page(request: AnyRequest) -> Response[str]:
    """Ask for the current password, and for another one."""
    return _password_page(request, Form({"end-others": "yes"}), None)


@post("/account/password", name="accounts.password.do", opt={"no_transaction": True}, status_code=200)
async def password_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Change the password; the session goes on under another secret."""
    form, who = await Form.read(request), visit.known
    current, chosen = form.values.get("own-password", ""), form.values.get("new-password", "")
    try:
        ticket = await change_password(
            visit.platform, who.person_id, who.session_id, current, chosen, visit.origin,
            ends_others=form.checked("end-others"),
        )  # fmt: skip
    except (InvalidError, TooSoonError) as error:
        return _password_page(request, form, error)
    visit.goes_on_under(ticket.secret, ticket.expires_at)
    return redirect(request, "accounts.home", q_done="password-changed")


@get("/account/address", name="accounts.address", opt=FRESH)
async def address_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Ask for another address, and say what comes of it."""
    return page(request, "accounts/address.html", form=Form({}), error=None, email=await own_email(visit.acting()))


@post("/account/address", name="accounts.address.do", opt={"fresh": True, "no_transaction": True}, status_code=200)
async def address_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Send a link to the new address; until it is pressed nothing changes."""
    form, who = await Form.read(request), visit.known
    try:
        await ask_new_address(visit.platform, who.person_id, who.session_id, form.get("email"), visit.origin)
    except (InvalidError, TooSoonError) as error:
        return page(request, "accounts/address.html", status=error.status, form=form, error=error, email=None)
    return redirect(request, "accounts.home", q_done="address-asked")


@post("/account/address/{token:str}", name="accounts.confirm.do", opt={"no_transaction": True}, status_code=200)
async def confirm_do(request: AnyRequest, visit: Visit, token: FromPath[str]) -> Response[str]:
    """Use the new address from here on; the link alone puts nobody's address on somebody else's account."""
    error: ChangeSpentError | None = None
    try:
        await confirm_new_address(visit.platform, visit.known.person_id, token, visit.origin)
    except ChangeSpentError as spent:
        error = spent
    return page(
        request, "accounts/confirm_address.html", status=error.status if error else 200, error=error, token=token,
        is_done=error is None,
    )  # fmt: skip


@post("/account/sessions/{session_id:uuid}/end", name="accounts.sessions.end", opt=FRESH, status_code=303)
async def end_session_do(request: AnyRequest, visit: Visit, session_id: FromPath[UUID]) -> Redirect:
    """End one session; whoever ends the one they are in has signed out."""
    acting = visit.acting()
    await end_own_session(acting, session_id)
    if visit.known.session_id == session_id:
        return redirect(request, "accounts.signed_out", cookies=(forget_session(),))
    return redirect(request, "accounts.home", q_done="session-ended")


@post("/account/sessions/end-others", name="accounts.sessions.end_others", opt=FRESH, status_code=303)
async def end_others_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Sign out everywhere else."""
    await end_other_sessions(visit.acting())
    return redirect(request, "accounts.home", q_done="sessions-ended")


def _password_page(request: AnyRequest, form: Form, error: UpheldError | None) -> Response[str]:
    return page(request, "accounts/password.html", status=error.status if error else 200, form=form, error=error)


handlers = [
    account_page, password_page, password_do, address_page, address_do, confirm_do,
    end_session_do, end_others_do,
]  # fmt: skip
