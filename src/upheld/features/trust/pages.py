"""The front page, the way home, and the published notice."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Redirect

from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]


@get("/", name="front", opt={"public": True})
async def front_page(request: AnyRequest) -> Response[str]:
    """Say what Upheld is."""
    return page(request, "trust/front.html")


@get("/home", name="home")
async def home(request: AnyRequest, visit: Visit) -> Redirect:
    """Lead a signed-in person to where their work is."""
    who = visit.acting()
    return redirect(request, "applications.hiring" if who.organisation_id else "candidates.profile")


@get("/about/privacy", name="trust.notice", opt={"public": True})
async def notice_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show the notice in force."""
    notice = await notice_in_force(visit.tx, Kind.ACCOUNT, words_for(request).language)
    return page(request, "trust/notice.html", notice=notice)


handlers = [front_page, home, notice_page]
