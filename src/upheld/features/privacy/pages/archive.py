"""Pages for taking everything along."""

from typing import Any

from litestar import Request, Response, get, post

from upheld.features.audit.model import Action
from upheld.features.audit.queries import own_history
from upheld.features.privacy import actions, queries
from upheld.features.privacy.errors import ExportIncompleteError
from upheld.kit.errors import UpheldError
from upheld.platform.web.downloads import download
from upheld.platform.web.pages import page, words_for
from upheld.platform.web.visits import OpenVisit, Visit

AnyRequest = Request[Any, Any, Any]
FRESH = {"fresh": True}


@get("/privacy/export", name="privacy.export", opt=FRESH)
async def export_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Say what the archive holds and when it was last taken."""
    return await _export_page(request, visit, None)


@post("/privacy/export", name="privacy.export.do", opt=FRESH, status_code=200)
async def export_do(request: AnyRequest, visit: Visit) -> Response[Any]:
    """Answer with the archive itself."""
    try:
        archive = await actions.export_everything(visit.acting(), words_for(request))
    except ExportIncompleteError as error:
        return await _export_page(request, visit, error)
    name = f"upheld-{visit.platform.clock.now():%Y-%m-%d}.zip"
    return download(archive, "application/zip", name)


async def _export_page(request: AnyRequest, visit: OpenVisit, error: UpheldError | None) -> Response[str]:
    acting = visit.acting()
    taken = [act.at for act in await own_history(acting) if act.action == Action.DATA_EXPORTED]
    return page(
        request,
        "privacy/export.html",
        status=error.status if error else 200,
        error=error,
        holdings=await queries.holdings(acting),
        last_taken=taken[0] if taken else None,
    )


handlers = [export_page, export_do]
