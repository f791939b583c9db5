"""Sign-in and security: what of one's own counts beside the password, and every way to change it.

What changes something holds no transaction of its own: the gate changes it, in its own.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from upheld.features.accounts.queries import own_email
from upheld.features.factors import actions
from upheld.features.factors.ceremonies import NAME
from upheld.features.factors.codes import app_address, picture_of
from upheld.features.factors.errors import NoAppYetError, WrongCodeError
from upheld.features.factors.model import Added, Asker
from upheld.features.factors.queries import own_factors
from upheld.features.factors.wording import DONE
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import OpenVisit, Visit

FRESH = {"fresh": True}
CHANGES = {"fresh": True, "no_transaction": True}

AnyRequest = Request[Any, Any, Any]


@get("/account/security", name="factors.home")
async def security_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show passkeys, app and recovery codes."""
    factors = await own_factors(visit.acting())
    done = DONE.get(request.query_params.get("done", ""))
    return page(request, "factors/security.html", factors=factors, done=done)


@get("/account/security/app", name="factors.app", opt=FRESH)
async def app_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show the picture that an app reads, and ask for its first code."""
    try:
        secret = await actions.pending_app(visit.platform, asker_of(visit))
    except NoAppYetError:
        return redirect(request, "factors.home")
    email = await own_email(visit.acting())
    return page(
        request,
        "factors/app.html",
        error=WrongCodeError() if request.query_params.get("wrong") == "yes" else None,
        form=Form({}),
        picture=picture_of(app_address(secret, email, NAME)),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        email=email,
    )


@post("/account/security/app", name="factors.app.do", opt=CHANGES, status_code=303)
async def app_do(request: AnyRequest, visit: Visit) -> Redirect:
    """Make a secret for an app, and lead to its picture."""
    await actions.begin_app(visit.platform, asker_of(visit))
    return redirect(request, "factors.app")


@post("/account/security/app/confirm", name="factors.app.confirm", opt=CHANGES, status_code=200)
async def app_confirm(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Let the app count, and show the recovery codes that come with it."""
    form = await Form.read(request)
    try:
        added = await actions.confirm_app(visit.platform, asker_of(visit), form.get("code"))
    except WrongCodeError:
        return redirect(request, "factors.app", q_wrong="yes")
    return show_added(request, visit, added, "app")


@get("/account/security/app/remove", name="factors.app.remove", opt=FRESH)
async def app_remove_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Say what removing the app means."""
    return page(request, "factors/remove_app.html", factors=await own_factors(visit.acting()))


@post("/account/security/app/remove", name="factors.app.remove.do", opt=CHANGES, status_code=303)
async def app_remove(request: AnyRequest, visit: Visit) -> Redirect:
    """Remove the app."""
    await actions.remove_app(visit.platform, asker_of(visit))
    return redirect(request, "factors.home", q_done="app-removed")


@get("/account/security/codes", name="factors.codes", opt=FRESH)
async def codes_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Say what making new recovery codes means."""
    factors = await own_factors(visit.acting())
    if not factors.there_is_one:
        return redirect(request, "factors.home")
    return page(request, "factors/remake_codes.html", factors=factors)


@post("/account/security/codes", name="factors.codes.do", opt=CHANGES, status_code=200)
async def codes_do(request: AnyRequest, visit: Visit) -> Response[str]:
    """Make new recovery codes and show them, this once."""
    codes = await actions.remake_codes(visit.platform, asker_of(visit))
    return page(request, "factors/codes.html", codes=codes, added="")


def asker_of(visit: OpenVisit) -> Asker:
    """Return who changes a factor, and in which session."""
    return Asker(visit.known.person_id, visit.known.session_id, visit.origin)


def show_added(request: AnyRequest, visit: OpenVisit, added: Added, what: str) -> Response[str]:
    """Show what a new factor brought, this once; the session goes on under another secret."""
    visit.goes_on_under(added.secret, visit.known.expires_at)
    return page(request, "factors/codes.html", codes=added.codes, added=what)


handlers = [
    security_page, app_page, app_do, app_confirm, app_remove_page, app_remove, codes_page, codes_do,
]  # fmt: skip
