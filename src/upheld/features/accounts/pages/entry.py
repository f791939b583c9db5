"""Pages for getting in and out."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.accounts.actions import (
    choose_language,
    register,
    register_operator,
    sign_in,
    sign_out,
    verify_address,
)
from upheld.features.accounts.errors import LinkSpentError, NotChosenError, NotVerifiedError, WrongCredentialsError
from upheld.features.accounts.model import Caller, Registration
from upheld.features.accounts.returning import WayBack
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force, one_notice
from upheld.kit.errors import InvalidError, TooSoonError, UpheldError
from upheld.platform.i18n import LANGUAGES, mark
from upheld.platform.web.cookies import DEVICE_COOKIE, forget_session, keep_language
from upheld.platform.web.entrance import let_in
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.place import go_to
from upheld.platform.web.visits import Visit

OPEN = {"public": True}
AT_THE_GATE = {"public": True, "no_transaction": True, "shows_who": True}

AnyRequest = Request[Any, Any, Any]

_NEEDED = {"email": mark("Enter your e-mail address."), "password": mark("Enter your password.")}
"""What nobody signs in without: saying so costs no attempt, and is the same for everybody."""


@get("/register", name="accounts.register", opt=AT_THE_GATE)
async def register_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show the notice and the form."""
    return await _register_page(request, visit, Form(WayBack.of(request.query_params).named), None)


@post("/register", name="accounts.register.do", opt=AT_THE_GATE, status_code=200)
async def register_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Register, and say to look into the mailbox, whoever they are."""
    form = await Form.read(request)
    try:
        await register(visit.platform, await _asked(request, visit, form), visit.address, visit.origin)
    except (InvalidError, TooSoonError) as error:
        return await _register_page(request, visit, form, error)
    return _lead(request, "accounts.look", WayBack.of(form.values))


@get("/register/look-into-your-mail", name="accounts.look", opt=OPEN)
async def look_page(request: AnyRequest) -> Response[str]:
    """Say what happens next."""
    return page(request, "accounts/look.html", way=WayBack.of(request.query_params))


@get("/verify/{token:str}", name="accounts.verify", opt=OPEN)
async def verify_page(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """Ask for the password: opening a link changes nothing, because mail scanners and strangers' victims open links."""
    way = WayBack.of(request.query_params)
    return page(request, "accounts/verify.html", token=token, form=Form({}), error=None, way=way)


@post("/verify/{token:str}", name="accounts.verify.do", opt=AT_THE_GATE, status_code=200)
async def verify_do(request: AnyRequest, visit: Visit, token: FromPath[str]) -> Response[str] | Redirect:
    """Use the link up, and let in whoever holds it and knows the password."""
    form = await Form.read(request)
    way = WayBack.of(form.values)
    try:
        ticket = await verify_address(visit.platform, token, form.values.get("password", ""), visit.origin)
    except (LinkSpentError, NotChosenError, TooSoonError) as error:
        return page(request, "accounts/verify.html", status=error.status, token=token, form=form, error=error, way=way)
    return let_in(request, visit.platform, ticket, way)


@get("/first-operator/{token:str}", name="accounts.operator", opt=AT_THE_GATE)
async def operator_page(request: AnyRequest, visit: Visit, token: FromPath[str]) -> Response[str]:
    """Show the form behind the one-time link of `upheld init`."""
    return await _register_page(request, visit, Form({}), None, f"/first-operator/{token}")


@post("/first-operator/{token:str}", name="accounts.operator.do", opt=AT_THE_GATE, status_code=200)
async def operator_do(request: AnyRequest, visit: Visit, token: FromPath[str]) -> Response[str] | Redirect:
    """Make the account of an operator."""
    form = await Form.read(request)
    try:
        await register_operator(visit.platform, token, await _asked(request, visit, form), visit.origin)
    except (InvalidError, LinkSpentError) as error:
        return await _register_page(request, visit, form, error, f"/first-operator/{token}")
    return redirect(request, "accounts.sign_in", q_verified="yes")


@get("/sign-in", name="accounts.sign_in", opt=OPEN)
async def sign_in_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show the form; somebody who is signed in already goes home."""
    way = WayBack.of(request.query_params)
    if visit.who is not None:
        return redirect(request, way.route, cookies=(), **way.parts)
    return _sign_in_page(request, Form({}), None, way)


@post("/sign-in", name="accounts.sign_in.do", opt=AT_THE_GATE, status_code=200)
async def sign_in_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Open a session and lead on to where the person wanted to go."""
    form = await Form.read(request)
    way = WayBack.of(form.values)
    if missing := {name: text for name, text in _NEEDED.items() if not form.get(name)}:
        return _sign_in_page(request, form, InvalidError(missing), way)
    try:
        caller = Caller(visit.address, visit.origin, request.cookies.get(DEVICE_COOKIE, ""))
        ticket = await sign_in(visit.platform, form.get("email"), form.values.get("password", ""), caller, way.query)
    except (WrongCredentialsError, NotVerifiedError, TooSoonError) as error:
        return _sign_in_page(request, form, error, way)
    return let_in(request, visit.platform, ticket, way)


@post("/sign-out", name="accounts.sign_out", status_code=303)
async def sign_out_do(request: AnyRequest, visit: Visit) -> Redirect:
    """End the session."""
    await sign_out(visit.acting())
    return redirect(request, "accounts.signed_out", cookies=(forget_session(),))


@get("/signed-out", name="accounts.signed_out", opt=OPEN)
async def signed_out_page(request: AnyRequest) -> Response[str]:
    """Say goodbye."""
    return page(request, "accounts/signed_out.html")


@post("/language", name="language.do", opt=OPEN, status_code=303)
async def language_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Keep the language that was pressed in the foot of a page, and lead back to that page."""
    form = await Form.read(request)
    answer, language = go_to(request, dict(form.values)), form.get("language")
    if language in LANGUAGES:
        answer.headers["set-cookie"] = keep_language(language)
        if visit.who is not None:
            await choose_language(visit.acting(), language)
    return answer


async def _asked(request: AnyRequest, visit: Visit, form: Form) -> Registration:
    async with visit.platform.database.transaction("gate") as tx:
        notice = await one_notice(tx, form.uuid("notice"))
    return Registration(
        form.get("email"),
        form.values.get("password", ""),
        notice.id,
        agrees=form.checked("account"),
        reads_resumes=form.checked("resume-reading"),
        way_back=WayBack.of(form.values).query,
        language=words_for(request).language,
    )


async def _register_page(
    request: AnyRequest, visit: Visit, form: Form, error: UpheldError | None, action: str = "/register"
) -> Response[str]:
    async with visit.platform.database.transaction("gate") as tx:
        notice = await notice_in_force(tx, Kind.ACCOUNT, words_for(request).language)
    return page(
        request, "accounts/register.html", status=error.status if error else 200, form=form, error=error,
        notice=notice, action=action, way=WayBack.of(form.values),
    )  # fmt: skip


def _sign_in_page(request: AnyRequest, form: Form, error: UpheldError | None, way: WayBack) -> Response[str]:
    said = {name: request.query_params.get(name) == "yes" for name in ("verified", "chosen")}
    status = error.status if error else 200
    return page(request, "accounts/sign_in.html", status=status, form=form, error=error, **said, way=way)


def _lead(request: AnyRequest, route: str, way: WayBack, **parts: str) -> Redirect:
    """Go on to a page of getting in; the way back goes along."""
    return redirect(request, route, cookies=(), **parts, **{f"q_{name}": text for name, text in way.named.items()})


handlers = [
    register_page, register_do, look_page, verify_page, verify_do,
    operator_page, operator_do, sign_in_page, sign_in_do, sign_out_do, signed_out_page,
    language_do,
]  # fmt: skip
