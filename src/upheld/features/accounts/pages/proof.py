"""The page that asks for a proof of who somebody is, and leads back to what they were about to do.

Where that is goes along as the name of a route. What they had typed goes along as hidden fields
of the form, and on to where it was meant for (307), so that nothing is typed twice.
"""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.response import Redirect
from litestar.types import Receive, Scope, Send

from upheld.features.accounts.actions import prove_by_password
from upheld.features.accounts.errors import WrongProofError
from upheld.kit.errors import TooSoonError, UpheldError
from upheld.platform.web.edge import SAFE_METHODS
from upheld.platform.web.entrance import lead_back
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page
from upheld.platform.web.place import named_in, place_of
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]
_PROOF = "own-password"


async def ask_proof(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in the place of a route that needs a fresh proof; the middleware leads here."""
    request = AnyRequest(scope, receive, send)
    place = place_of(scope)
    if request.method in SAFE_METHODS:
        prove = request.app.route_reverse("accounts.prove")
        answer: Any = Redirect(prove, status_code=303, query_params=dict(place))
    else:
        answer = _prove_page(request, place, dict((await Form.read(request)).values), None, status=401)
    await answer.to_asgi_response(None, request)(scope, receive, send)


@get("/prove", name="accounts.prove")
async def prove_page(request: AnyRequest) -> Response[str]:
    """Ask for a proof, and say what for."""
    return _prove_page(request, named_in(request.query_params), {}, None)


@post("/prove", name="accounts.prove.do", opt={"no_transaction": True}, status_code=200)
async def prove_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Check the password, and lead back."""
    form, place, who = await Form.read(request), named_in(request.query_params), visit.known
    typed = {name: text for name, text in form.values.items() if name != _PROOF}
    try:
        password = form.values.get(_PROOF, "")
        ticket = await prove_by_password(visit.platform, who.person_id, who.session_id, password, visit.origin)
    except (WrongProofError, TooSoonError) as error:
        return _prove_page(request, place, typed, error)
    return lead_back(request, place, typed, ticket)


def _prove_page(
    request: AnyRequest, place: dict[str, str], typed: dict[str, str], error: UpheldError | None, status: int = 200
) -> Response[str]:
    return page(
        request, "accounts/prove.html", status=error.status if error else status, form=Form({}), error=error,
        place=urlencode(place), typed=typed,
    )  # fmt: skip


handlers = [prove_page, prove_do]
