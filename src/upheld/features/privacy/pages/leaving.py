"""Pages for leaving for good, and the page that follows an erasure to its certificate."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.privacy import actions, queries
from upheld.features.privacy.certificate import file_of
from upheld.features.privacy.errors import AlreadyLeavingError, UnknownReceiptError
from upheld.features.privacy.wording import STATES
from upheld.kit.errors import InvalidError, UpheldError
from upheld.platform.web.downloads import download
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import OpenVisit, Visit

AnyRequest = Request[Any, Any, Any]

OPEN = {"public": True}


@get("/privacy/leave", name="privacy.leave")
async def leave_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Say exactly what goes, what stays where until when, and ask twice."""
    return await _leave_page(request, visit, Form({}), None)


@post("/privacy/leave", name="privacy.leave.do", opt={"fresh": True}, status_code=200)
async def leave_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Schedule the erasure and lead to the page that follows it."""
    form = await Form.read(request)
    try:
        actions.check_word(form.get("word"))
        receipt = await actions.request_erasure(visit.acting())
    except (InvalidError, AlreadyLeavingError) as error:
        return await _leave_page(request, visit, form, error)
    return redirect(request, "privacy.erasure", receipt=receipt)


@post("/privacy/leave/call-off", name="privacy.erasure.cancel", status_code=303)
async def cancel_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Call the erasure off."""
    await actions.cancel_erasure(visit.acting())
    return redirect(request, "privacy.home", q_done="called-off")


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


handlers = [leave_page, leave_do, cancel_do, erasure_page, certificate_file, signing_key]
