"""Pages behind links in mails: another password, a new address, a former one taken back.

Opening a link changes nothing, because mail scanners open links: each page asks for a press.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.accounts.actions import ask_reset, reset_password, take_address_back
from upheld.features.accounts.errors import ChangeSpentError, ResetSpentError
from upheld.features.accounts.returning import WayBack
from upheld.kit.errors import InvalidError, TooSoonError, UpheldError
from upheld.platform.web.cookies import DEVICE_COOKIE, forget_session, keep_device
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]
OPEN = {"public": True}
AT_THE_GATE = {"public": True, "no_transaction": True, "shows_who": True}


@get("/reset", name="accounts.reset", opt=OPEN)
async def reset_page(request: AnyRequest) -> Response[str]:
    """Ask which account somebody has forgotten the password of."""
    return _page(request, "reset", Form({}), None, is_back=request.query_params.get("back") == "yes")


@post("/reset", name="accounts.reset.do", opt=AT_THE_GATE, status_code=200)
async def reset_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Send a link, and say to look into the mailbox, whoever they are."""
    form = await Form.read(request)
    try:
        await ask_reset(visit.platform, form.get("email"), visit.address, visit.origin)
    except (InvalidError, TooSoonError) as error:
        return _page(request, "reset", form, error)
    return redirect(request, "accounts.reset_asked")


@get("/reset/look-into-your-mail", name="accounts.reset_asked", opt=OPEN)
async def reset_asked_page(request: AnyRequest) -> Response[str]:
    """Say what happens next."""
    return page(request, "accounts/reset_asked.html")


@get("/reset/link/{token:str}", name="accounts.choose", opt=OPEN)
async def choose_page(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """Ask for another password."""
    return _page(request, "choose", Form({}), None, token)


@post("/reset/link/{token:str}", name="accounts.choose.do", opt=AT_THE_GATE, status_code=200)
async def choose_do(request: AnyRequest, visit: Visit, token: FromPath[str]) -> Response[str] | Redirect:
    """Store the other password; whoever chose it signs in like anybody."""
    form = await Form.read(request)
    try:
        said = request.cookies.get(DEVICE_COOKIE, "")
        device = await reset_password(visit.platform, token, form.values.get("password", ""), visit.origin, said)
    except (ResetSpentError, InvalidError) as error:
        return _page(request, "choose", form, error, token)
    kept = (keep_device(device),) if device else ()
    return redirect(request, "accounts.sign_in", cookies=(forget_session(), *kept), q_chosen="yes")


@get("/address/{token:str}", name="accounts.confirm", opt=OPEN)
async def confirm_page(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """Ask for one press, by who is signed in to the account and reads what is sent to the address."""
    return page(
        request, "accounts/confirm_address.html", error=None, token=token, is_done=False,
        way=WayBack.of({"to": "accounts.confirm", "id": token}),
    )  # fmt: skip


@get("/address/{token:str}/take-back", name="accounts.take_back", opt=OPEN)
async def take_back_page(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """Say what taking a former address back does, and ask for one press."""
    return _page(request, "take_back", Form({}), None, token)


@post("/address/{token:str}/take-back", name="accounts.take_back.do", opt=AT_THE_GATE, status_code=200)
async def take_back_do(request: AnyRequest, visit: Visit, token: FromPath[str]) -> Response[str] | Redirect:
    """Give the account its former address back; whoever changed it is signed out."""
    try:
        await take_address_back(visit.platform, token, visit.origin)
    except ChangeSpentError as error:
        return _page(request, "take_back", Form({}), error, token)
    return redirect(request, "accounts.reset", cookies=(forget_session(),), q_back="yes")


def _page(
    request: AnyRequest, name: str, form: Form, error: UpheldError | None, token: str = "", *, is_back: bool = False
) -> Response[str]:
    return page(
        request, f"accounts/{name}.html", status=error.status if error else 200, form=form, error=error, token=token,
        is_back=is_back,
    )  # fmt: skip


handlers = [
    reset_page, reset_do, reset_asked_page, choose_page, choose_do, confirm_page, take_back_page, take_back_do,
]  # fmt: skip
