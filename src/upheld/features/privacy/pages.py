"""The privacy centre, the way out, and the page that follows an erasure to its certificate."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.accounts.actions import prove_again
from upheld.features.accounts.errors import ProofNeededError
from upheld.features.accounts.queries import own_email, own_sessions
from upheld.features.audit.queries import own_history
from upheld.features.consents.model import Purpose
from upheld.features.privacy import actions, queries
from upheld.features.privacy.certificate import file_of
from upheld.features.privacy.errors import AlreadyLeavingError, ExportIncompleteError, UnknownReceiptError
from upheld.features.privacy.wording import ACTS, PARTS, PURPOSES, STATES
from upheld.kit.errors import InvalidError, NotFoundError, TooSoonError, UpheldError
from upheld.platform.i18n import mark
from upheld.platform.web.downloads import download
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import asked_number, page, redirect, words_for
from upheld.platform.web.visits import OpenVisit, Visit

AnyRequest = Request[Any, Any, Any]

OPEN = {"public": True}
_SHOWN = 20
_LAST_PAGE = 10_000


@get("/privacy", name="privacy.home")
async def home_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show what is held, who saw it, what was agreed to, and the ways out."""
    acting = visit.acting()
    return page(
        request,
        "privacy/home.html",
        email=await own_email(acting),
        holdings=await queries.holdings(acting),
        journal=await queries.journal(acting, _SHOWN),
        consents=await queries.consents(acting),
        sessions=await own_sessions(acting),
        acts=await own_history(acting, _SHOWN),
        erasure=await queries.own_erasure(acting),
        parts=PARTS,
        purposes=PURPOSES,
        act_names=ACTS,
    )


@get("/privacy/journal", name="privacy.journal")
async def journal_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show the whole journal, a hundred lines a page."""
    number = max(1, asked_number(request, "page", otherwise=1, at_most=_LAST_PAGE))
    lines = await queries.journal(visit.acting(), queries.JOURNAL_PAGE, number)
    more = len(lines) == queries.JOURNAL_PAGE
    return page(request, "privacy/journal.html", journal=lines, number=number, more=more, parts=PARTS)


@post("/privacy/consents", name="privacy.consents.do", status_code=303)
async def consents_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Give or withdraw one consent: one press either way."""
    form = await Form.read(request)
    acting, purpose = visit.acting(), _purpose(form)
    if form.get("give") == "yes":
        await actions.allow(acting, purpose, words_for(request).language)
    else:
        organisation = form.uuid("organisation") if form.get("organisation") else None
        await actions.withdraw(acting, purpose, organisation)
    return redirect(request, "privacy.home")


@get("/privacy/export", name="privacy.export")
async def export_page(request: AnyRequest) -> Response[str]:
    """Say what the archive holds, and ask for the password."""
    return page(request, "privacy/export.html", form=Form({}), error=None)


@post("/privacy/export", name="privacy.export.do", status_code=200)
async def export_do(request: AnyRequest, visit: Visit) -> Response[Any]:
    """Answer with the archive itself."""
    form = await Form.read(request)
    try:
        await _prove(visit, form)
        archive = await actions.export_everything(visit.acting(), words_for(request))
    except (InvalidError, ProofNeededError, TooSoonError, ExportIncompleteError) as error:
        return page(request, "privacy/export.html", status=error.status, form=form, error=error)
    name = f"upheld-{visit.platform.clock.now():%Y-%m-%d}.zip"
    return download(archive, "application/zip", name)


@get("/privacy/leave", name="privacy.leave")
async def leave_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Say exactly what goes, what stays where until when, and ask twice."""
    return await _leave_page(request, visit, Form({}), None)


@post("/privacy/leave", name="privacy.leave.do", status_code=200)
async def leave_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Schedule the erasure and lead to the page that follows it."""
    form = await Form.read(request)
    try:
        actions.check_word(form.get("word"))
        await _prove(visit, form)
        receipt = await actions.request_erasure(visit.acting())
    except (InvalidError, ProofNeededError, TooSoonError, AlreadyLeavingError) as error:
        return await _leave_page(request, visit, form, error)
    return redirect(request, "privacy.erasure", receipt=receipt)


@post("/privacy/leave/call-off", name="privacy.erasure.cancel", status_code=303)
async def cancel_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Call the erasure off."""
    await actions.cancel_erasure(visit.acting())
    return redirect(request, "privacy.home")


@get("/erasure/{receipt:str}", name="privacy.erasure", opt=OPEN)
async def erasure_page(request: AnyRequest, visit: Visit, receipt: FromPath[str]) -> Response[str]:
    """Show where an erasure stands, to whoever holds the receipt; nobody needs an account for it."""
    state = await queries.erasure(visit.tx, receipt)
    may_call_off = visit.who is not None and await queries.may_call_off(visit.tx, receipt)
    response = page(
        request, "privacy/erasure.html", state=state, receipt=receipt, may_call_off=may_call_off, states=STATES
    )
    if state.state in {"scheduled", "running"}:
        waits = (state.due_at - visit.platform.clock.now()).total_seconds()
        response.headers["refresh"] = str(int(min(max(waits, 3), 60)))
    return response


@get("/erasure/{receipt:str}/certificate.json", name="privacy.certificate", opt=OPEN)
async def certificate_file(visit: Visit, receipt: FromPath[str]) -> Response[bytes]:
    """Serve the certificate, in the very bytes that were signed."""
    state = await queries.erasure(visit.tx, receipt)
    if state.certificate is None:
        raise UnknownReceiptError
    return download(file_of(state.certificate), "application/json", "certificate-of-erasure.json")


@get("/.well-known/upheld-signing-key", name="privacy.signing_key", opt=OPEN, media_type="text/plain")
async def signing_key(visit: Visit) -> str:
    """Serve the public keys that check certificates: the one in use, then those before it, one a line."""
    return "".join(f"{key.hex()}\n" for key in visit.platform.keys.public_keys())


async def _leave_page(request: AnyRequest, visit: OpenVisit, form: Form, error: UpheldError | None) -> Response[str]:
    acting = visit.acting()
    return page(
        request,
        "privacy/leave.html",
        status=error.status if error else 200,
        form=form,
        error=error,
        leaving=await queries.leaving(acting),
        erasure=await queries.own_erasure(acting),
    )


async def _prove(visit: OpenVisit, form: Form) -> None:
    assert visit.who is not None  # noqa: S101 - these routes are private
    password = form.values.get("password", "")
    if not password:
        raise InvalidError({"password": mark("Enter your password, to show that it is you.")})
    try:
        await prove_again(visit.acting(), visit.who.session_id, password)
    except ProofNeededError:
        raise InvalidError({"password": mark("This is not your password. Capitals matter.")}) from None


def _purpose(form: Form) -> Purpose:
    try:
        return Purpose(form.get("purpose"))
    except ValueError:
        raise NotFoundError from None


handlers = [
    home_page,
    journal_page,
    consents_do,
    export_page,
    export_do,
    leave_page,
    leave_do,
    cancel_do,
    erasure_page,
    certificate_file,
    signing_key,
]
