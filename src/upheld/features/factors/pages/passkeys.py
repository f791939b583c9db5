"""Pages of one's own passkeys: making one, removing one. A script asks the browser; the forms stand by themselves."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.accounts.queries import own_email
from upheld.features.factors import actions
from upheld.features.factors.errors import PasskeyKnownError, PasskeyRefusedError
from upheld.features.factors.model import Passkey
from upheld.features.factors.pages.door import as_json
from upheld.features.factors.pages.security import CHANGES, FRESH, asker_of, show_added
from upheld.features.factors.queries import own_factors
from upheld.kit.errors import InvalidError, NotFoundError, UpheldError
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import OpenVisit, Visit

AnyRequest = Request[Any, Any, Any]


@get("/account/security/passkeys/new", name="factors.passkeys.new", opt=FRESH)
async def new_page(request: AnyRequest) -> Response[str]:
    """Say what a passkey is, and ask for a name."""
    return _new_page(request, Form({}), None)


@post("/account/security/passkeys/question", name="factors.passkeys.question", opt=FRESH, status_code=200)
async def new_question(visit: Visit) -> Response[str]:
    """Tell the browser what to ask a device for."""
    email = await own_email(visit.acting())
    return as_json(await actions.ask_to_register(visit.platform, asker_of(visit), email))


@post("/account/security/passkeys/new", name="factors.passkeys.new.do", opt=CHANGES, status_code=200)
async def new_do(request: AnyRequest, visit: Visit) -> Response[str]:
    """Keep a passkey, and show the recovery codes that come with the first factor."""
    form = await Form.read(request)
    try:
        added = await actions.add_passkey(visit.platform, asker_of(visit), form.get("answer"), form.get("name"))
    except (InvalidError, PasskeyRefusedError, PasskeyKnownError) as error:
        return _new_page(request, form, error)
    return show_added(request, visit, added, "passkey")


@get("/account/security/passkeys/{passkey_id:uuid}/remove", name="factors.passkeys.remove", opt=FRESH)
async def remove_page(request: AnyRequest, visit: Visit, passkey_id: FromPath[UUID]) -> Response[str]:
    """Say what removing a passkey means."""
    return page(request, "factors/remove_passkey.html", passkey=await _own(visit, passkey_id))


@post(
    "/account/security/passkeys/{passkey_id:uuid}/remove", name="factors.passkeys.remove.do", opt=CHANGES,
    status_code=303,
)  # fmt: skip
async def remove_do(request: AnyRequest, visit: Visit, passkey_id: FromPath[UUID]) -> Redirect:
    """Remove a passkey."""
    await actions.remove_passkey(visit.platform, asker_of(visit), passkey_id)
    return redirect(request, "factors.home", q_done="passkey-removed")


async def _own(visit: OpenVisit, passkey_id: UUID) -> Passkey:
    factors = await own_factors(visit.acting())
    found = next((one for one in factors.passkeys if one.id == passkey_id), None)
    if found is None:
        raise NotFoundError
    return found


def _new_page(request: AnyRequest, form: Form, error: UpheldError | None) -> Response[str]:
    status = error.status if error else 200
    return page(request, "factors/new_passkey.html", status=status, form=form, error=error)


handlers = [new_page, new_question, new_do, remove_page, remove_do]
