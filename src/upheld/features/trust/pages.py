"""The front page, the way home, the published notice, and the data map."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.response import Redirect

from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.features.trust.declared import WORDS, data_map
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


@get("/about/data-map", name="trust.data_map", opt={"public": True})
async def data_map_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show everything that is held, as the database declares it."""
    return page(request, "trust/data_map.html", tables=await data_map(visit.tx, visit.platform), kept=WORDS)


@get("/about/data-map.json", name="trust.data_map.file", opt={"public": True})
async def data_map_file(visit: Visit) -> Response[bytes]:
    """Serve the same for programs."""
    return Response(msgspec.json.encode(await data_map(visit.tx, visit.platform)), media_type="application/json")


handlers = [front_page, home, notice_page, data_map_page, data_map_file]
