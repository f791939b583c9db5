"""The applications for an employer: the board of a job by stage, and the list to work through.

Both show names, so each candidate's journal says so, once an hour at most.
"""

import datetime as dt
from collections import Counter
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.applications.actions import move_application
from upheld.features.applications.errors import ApplicationClosedError
from upheld.features.applications.model import LINES_PER_PAGE, MOVES, OPEN_STAGES, Lane, Line, Place, Stage
from upheld.features.applications.pages.asked import asked_stage, check_role, done_from
from upheld.features.applications.queries import board, counts_by_stage, list_applications
from upheld.features.applications.wording import STAGE_NAMES
from upheld.features.jobs.queries import own_job, own_jobs
from upheld.features.jobs.wording import STATUS
from upheld.features.organisations.model import Permission
from upheld.features.organisations.queries import check_may, may_see_candidates
from upheld.kit.errors import InvalidError
from upheld.platform.acting import Acting
from upheld.platform.i18n import mark
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import asked_number, page, redirect
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]
CLOSED = "closed"
"""What the three stages that close an application are called together."""
CLOSED_STAGES = tuple(stage for stage in Stage if stage not in OPEN_STAGES)
CLOSED_CARDS = 10


@get("/hiring/jobs/{job_id:uuid}", name="applications.board")
async def board_page(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Show the applications to a job by stage."""
    acting = visit.acting()
    if not await _may_see(acting):
        return redirect(request, "organisations.fair_use")
    job = await own_job(acting, job_id)
    lanes = await board(acting, job_id)
    counts = Counter({lane.stage: lane.number for lane in lanes})
    columns = [(lane.stage, lane.lines) for lane in lanes if lane.stage in OPEN_STAGES]
    return page(
        request,
        "applications/board.html",
        job=job,
        columns=[*columns, (None, _latest_closed(lanes))],
        done=done_from(request),
        **_room(counts),
    )


@get("/hiring/jobs/{job_id:uuid}/list", name="applications.list")
async def list_page(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Show the applications to a job as a list: one stage or all, in pages."""
    acting = visit.acting()
    if not await _may_see(acting):
        return redirect(request, "organisations.fair_use")
    job = await own_job(acting, job_id)
    counts = Counter((await counts_by_stage(acting, job_id)).get(job_id, {}))
    return page(request, "applications/list.html", job=job, **await _listed(request, acting, job_id), **_room(counts))


@get("/hiring/applications", name="applications.all")
async def all_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show the applications to every job of the organisation as one list."""
    acting = visit.acting()
    if not await _may_see(acting):
        return redirect(request, "organisations.fair_use")
    counts: Counter[Stage] = Counter()
    for by_stage in (await counts_by_stage(acting)).values():
        counts.update(by_stage)
    titles = {job.id: job.title for job in await own_jobs(acting)}
    return page(
        request, "applications/all.html", titles=titles, **await _listed(request, acting, None), **_room(counts)
    )


@post("/hiring/jobs/{job_id:uuid}/move", name="applications.move_many", status_code=200)
async def move_many_do(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Move the applications that were ticked in the list, and show the list again."""
    form, acting = await Form.read(request), visit.acting()
    check_role(acting)
    check_may(acting, Permission.APPLICATION_DECIDE)
    job = await own_job(acting, job_id)
    stage = asked_stage(form.get("stage"))
    picked = _picked(form)
    if stage is None or stage not in MOVES or not picked:
        error = InvalidError({"stage": mark("Tick at least one application, and choose the stage to move it to.")})
        return page(request, "applications/move_many.html", status=error.status, job=job, error=error)
    moved = 0
    for application_id in picked:
        try:
            await move_application(acting, application_id, stage)
        except (InvalidError, ApplicationClosedError):
            continue  # it is there already, or somebody has decided meanwhile
        moved += 1
    return redirect(request, "applications.list", job_id=job_id, q_number=moved, q_stage=form.get("shown"))


def _picked(form: Form) -> list[UUID]:
    """Return what was ticked; each tick is a field of its own, named after its application."""
    names = [name.removeprefix("pick-") for name in form.values if name.startswith("pick-") and form.checked(name)]
    try:
        return [UUID(name) for name in names][:LINES_PER_PAGE]
    except ValueError:
        raise InvalidError({}, mark("The form arrived incomplete. Please send it again.")) from None


async def _may_see(acting: Acting) -> bool:
    check_role(acting)
    return await may_see_candidates(acting)


def _room(counts: Counter[Stage]) -> dict[str, Any]:
    """Return what the board and the lists share."""
    return {
        "counts": counts,
        "closed": sum(counts[stage] for stage in CLOSED_STAGES),
        "total": counts.total(),
        "open_stages": OPEN_STAGES,
        "stage_names": STAGE_NAMES,
        "standing_names": STATUS,
        "moves": [(one.value, STAGE_NAMES[one]) for one in MOVES],
    }


async def _listed(request: AnyRequest, acting: Acting, job_id: UUID | None) -> dict[str, Any]:
    """Return the page of a list that was asked for: which stages, and from which place on."""
    shown = request.query_params.get("stage", "")
    chosen = {"": tuple(Stage), CLOSED: CLOSED_STAGES, **{stage: (stage,) for stage in Stage}}
    stages = chosen.get(shown, tuple(Stage))
    after = _place(request.query_params.get("after", ""))
    listed = await list_applications(acting, job_id, stages, after)
    number = asked_number(request, "number", otherwise=0, at_most=LINES_PER_PAGE)
    return {
        "lines": listed.lines,
        "shown": shown if shown in chosen else "",
        "is_first": after is None,
        "older": None if listed.older is None else f"{listed.older.submitted_at.isoformat()}~{listed.older.id}",
        "can_move": acting.may(Permission.APPLICATION_DECIDE) and any(line.closed_at is None for line in listed.lines),
        "moved_many": number if "number" in request.query_params else None,
    }


def _place(text: str) -> Place | None:
    """Read a place in a list from an address; a mistyped one is the beginning."""
    at, _, application_id = text.partition("~")
    try:
        place = Place(dt.datetime.fromisoformat(at), UUID(application_id))
    except ValueError:
        return None
    return place if place.submitted_at.tzinfo else None


def _latest_closed(lanes: list[Lane]) -> list[Line]:
    """Return the first cards of those that are closed, whatever the outcome, newest first."""
    closed = [line for lane in lanes if lane.stage in CLOSED_STAGES for line in lane.lines]
    return sorted(closed, key=lambda line: (line.submitted_at, line.id), reverse=True)[:CLOSED_CARDS]


handlers = [board_page, list_page, all_page, move_many_do]
