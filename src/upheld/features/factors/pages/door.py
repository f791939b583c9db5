"""The door: the page that asks for a second factor, signing in with a passkey alone, and proving with one.

None of these routes holds a transaction: the gate lets somebody in, in its own.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.enums import MediaType
from litestar.response import Redirect

from upheld.features.accounts.model import Ticket
from upheld.features.accounts.returning import WayBack
from upheld.features.factors import actions
from upheld.features.factors.errors import PasskeyRefusedError, SignInOverError, WrongCodeError
from upheld.features.factors.model import Waiting
from upheld.kit.errors import TooSoonError, UpheldError
from upheld.platform.web.cookies import write_half_open
from upheld.platform.web.entrance import FACTOR_ROUTE, half_open_secret, lead_back, let_in
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page
from upheld.platform.web.place import named_in
from upheld.platform.web.visits import OpenVisit, Visit

AT_THE_GATE = {"public": True, "no_transaction": True, "shows_who": True}

AnyRequest = Request[Any, Any, Any]


@get("/sign-in/second-factor", name=FACTOR_ROUTE, opt=AT_THE_GATE)
async def second_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Ask for what is still missing; who has nothing to wait for begins at the beginning."""
    way = WayBack.of(request.query_params)
    try:
        waiting = await actions.waiting_sign_in(visit.platform, half_open_secret(request, visit.platform))
    except SignInOverError as error:
        return page(request, "factors/over.html", status=error.status, error=error, way=way)
    return _second_page(request, waiting, way, None, recovers=request.query_params.get("by") == "recovery-code")


@post("/sign-in/second-factor", name="factors.second.do", opt=AT_THE_GATE, status_code=200)
async def second_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Let somebody in who shows the code of their app, a recovery code, or a passkey."""
    form, platform = await Form.read(request), visit.platform
    way, secret = WayBack.of(form.values), half_open_secret(request, platform)
    try:
        return let_in(request, platform, await _shown(visit, secret or b"", form), way)
    except SignInOverError as error:
        return page(request, "factors/over.html", status=error.status, error=error, way=way)
    except (WrongCodeError, TooSoonError, PasskeyRefusedError) as error:
        waiting = await actions.waiting_sign_in(platform, secret)
        return _second_page(request, waiting, way, error, recovers=form.get("by") == "recovery-code")


@post("/sign-in/second-factor/question", name="factors.second.question", opt=AT_THE_GATE, status_code=200)
async def second_question(request: AnyRequest, visit: Visit) -> Response[str]:
    """Tell the browser what to ask a passkey of somebody whose sign-in waits."""
    secret = half_open_secret(request, visit.platform)
    waiting = await actions.waiting_sign_in(visit.platform, secret)
    return as_json(await actions.ask_waiting(visit.platform, secret or b"", waiting))


@post("/sign-in/passkey/question", name="factors.passkey.question", opt=AT_THE_GATE, status_code=200)
async def passkey_question(visit: Visit) -> Response[str]:
    """Tell the browser what to ask a passkey of somebody who has not said who they are."""
    ticket, told = await actions.ask_to_sign_in(visit.platform, visit.address)
    answer = as_json(told)
    key = visit.platform.keys.platform_key("cookie")
    answer.headers["set-cookie"] = write_half_open(key, ticket.secret, ticket.expires_at)
    return answer


@post("/sign-in/passkey", name="factors.passkey", opt=AT_THE_GATE, status_code=200)
async def passkey_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Let somebody in who has a passkey of this site."""
    form, platform = await Form.read(request), visit.platform
    way = WayBack.of(form.values)
    secret = half_open_secret(request, platform)
    try:
        ticket = await actions.sign_in_with_passkey(platform, secret, form.get("answer"), visit.origin)
    except PasskeyRefusedError as error:
        return page(request, "factors/refused.html", status=error.status, error=error, way=way)
    return let_in(request, platform, ticket, way)


@post("/prove/passkey/question", name="factors.prove.question", opt={"no_transaction": True}, status_code=200)
async def prove_question(visit: Visit) -> Response[str]:
    """Tell the browser what to ask a passkey of somebody signed in, for a fresh proof."""
    who = visit.known
    return as_json(await actions.ask_to_prove(visit.platform, who.person_id, who.session_id))


@post("/prove/passkey", name="factors.prove", opt={"no_transaction": True}, status_code=200)
async def prove_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Take a passkey as a fresh proof, and lead back to where it was asked for."""
    form, place, who = await Form.read(request), named_in(request.query_params), visit.known
    typed = {name: text for name, text in form.values.items() if name != "answer"}
    try:
        ticket = await actions.prove_with_passkey(
            visit.platform, who.person_id, who.session_id, form.get("answer"), visit.origin
        )
    except PasskeyRefusedError as error:
        return page(request, "factors/unproven.html", status=error.status, error=error, place=place)
    return lead_back(request, place, typed, ticket)


def as_json(text: str) -> Response[str]:
    """Return what a browser's script is told."""
    return Response(text, media_type=MediaType.JSON)


async def _shown(visit: OpenVisit, secret: bytes, form: Form) -> Ticket:
    """Check whatever was shown."""
    match form.get("by"):
        case "passkey":
            return await actions.show_passkey(visit.platform, secret, form.get("answer"), visit.origin)
        case "recovery-code":
            return await actions.show_recovery_code(visit.platform, secret, form.get("code"), visit.origin)
        case _:
            return await actions.show_code(visit.platform, secret, form.get("code"), visit.origin)


def _second_page(
    request: AnyRequest, waiting: Waiting, way: WayBack, error: UpheldError | None, *, recovers: bool
) -> Response[str]:
    return page(
        request, "factors/second.html", status=error.status if error else 200, waiting=waiting, way=way,
        error=error, form=Form({}), recovers=recovers,
    )  # fmt: skip


handlers = [second_page, second_do, second_question, passkey_question, passkey_do, prove_question, prove_do]
