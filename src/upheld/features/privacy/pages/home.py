"""The way home: candidates find what to do next, members of an organisation are led to their work."""

from itertools import groupby
from typing import Any

from litestar import Request, Response, get
from litestar.response import Redirect

from upheld.features.applications.model import OPEN_STAGES
from upheld.features.applications.queries import own_applications
from upheld.features.applications.wording import OWN_STAGE_NAMES, ROAD
from upheld.features.candidates.queries import own_documents, own_profile
from upheld.features.privacy import queries
from upheld.features.privacy.model import JournalLine
from upheld.features.privacy.wording import PARTS_SEEN
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]
_LOOKS, _LOOKS_READ, _DEADLINES = 5, 40, 4
_AHEAD = {stage: number for number, stage in enumerate(OPEN_STAGES, start=1)}


@get("/home", name="home")
async def home_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show a candidate what to do next, what is under way, who looked, and what runs."""
    acting = visit.acting()
    if acting.organisation_id is not None:
        return redirect(request, "applications.hiring")
    profile, applications = await own_profile(acting), await own_applications(acting)
    documents = await own_documents(acting)
    return page(
        request,
        "privacy/candidate_home.html",
        profile=profile,
        steps_done=[bool(profile.full_name and profile.email), bool(documents), bool(applications)],
        running=[one for one in applications if one.closed_at is None],
        closed=[one for one in applications if one.closed_at is not None],
        looks=_gathered(await queries.journal(acting, _LOOKS_READ))[:_LOOKS],
        deadlines=(await queries.deadlines(acting, applications))[:_DEADLINES],
        stage_names=OWN_STAGE_NAMES,
        stages_ahead=_AHEAD,
        road=[words_for(request)(label) for label in ROAD],
        parts_seen=PARTS_SEEN,
        left=request.query_params.get("done") == "left",
    )


def _gathered(looks: list[JournalLine]) -> list[tuple[JournalLine, int]]:
    """Return each kind of look that came again and again once, as it was last, and how often it was."""
    runs = (list(run) for _, run in groupby(looks, key=lambda one: (one.organisation_name, one.part)))
    return [(run[0], len(run)) for run in runs]


handlers = [home_page]
