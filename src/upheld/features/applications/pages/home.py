"""The employer's home: what to do next, the jobs with their counts, what happened lately.

Nothing on it says anything about a candidate, so nobody is looked at by opening it.
"""

import datetime as dt
from typing import Any

from litestar import Request, Response, get
from litestar.response import Redirect

from upheld.features.applications.desk.store import latest_events, longest_waiting
from upheld.features.applications.desk.tasks import LONG, Kind, what_to_do
from upheld.features.applications.model import MOVES, OPEN_STAGES
from upheld.features.applications.queries import counts_by_stage
from upheld.features.applications.wording import EMPLOYER_STEPS, STAGE_NAMES
from upheld.features.jobs.model import Job, Status
from upheld.features.jobs.queries import own_jobs
from upheld.features.jobs.wording import STATUS
from upheld.features.organisations.model import Permission
from upheld.features.organisations.queries import may_see_candidates, own_organisation
from upheld.platform.acting import Acting
from upheld.platform.web.pages import asked_number, page, redirect
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]
JOBS_ON_A_PAGE, TASKS_IN_SIGHT, EVENTS = 25, 6, 6
LAST_PAGE = 10_000


@get("/hiring", name="applications.hiring")
async def hiring_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Say what to do next; whoever sees no applications has a room of their own."""
    acting = visit.acting()
    if acting.organisation_id is None:
        return redirect(request, "organisations.new")
    if not _works_here(acting):
        return redirect(request, "applications.interviewer")
    jobs = await own_jobs(acting)
    accepted = await may_see_candidates(acting)
    return page(
        request,
        "applications/hiring.html",
        organisation=await own_organisation(acting),
        accepted=accepted,
        first_run=acting.may(Permission.JOB_MANAGE) and not any(job.status is not Status.DRAFT for job in jobs),
        **await _desk(acting, jobs, accepted=accepted),
        **_listed(request, jobs),
    )


def _works_here(acting: Acting) -> bool:
    """Whether there is anything on the desk of hiring for somebody."""
    return acting.may(Permission.JOB_MANAGE) or acting.may(Permission.APPLICATION_VIEW)


async def _desk(acting: Acting, jobs: list[Job], *, accepted: bool) -> dict[str, Any]:
    """Return what lies on the desk; nothing about applications before fair use is accepted."""
    now = acting.platform.clock.now()
    counts = await counts_by_stage(acting) if accepted else {}
    waiting = await longest_waiting(acting.tx, MOVES, now - LONG) if accepted else []
    tasks = what_to_do(jobs, counts, waiting, now.astimezone(dt.UTC).date())
    return {
        "counts": counts,
        "tasks": tasks,
        "in_sight": TASKS_IN_SIGHT,
        "new": sum(task.number for task in tasks if task.kind is Kind.NEW),
        "undecided": sum(by_stage.get(stage, 0) for by_stage in counts.values() for stage in OPEN_STAGES),
        "open_jobs": sum(job.status is Status.OPEN for job in jobs),
        "happened": await latest_events(acting.tx, EVENTS) if accepted else [],
        "titles": {job.id: job.title for job in jobs},
        "open_stages": OPEN_STAGES,
        "stage_names": STAGE_NAMES,
        "step_names": EMPLOYER_STEPS,
        "standing_names": STATUS,
    }


def _listed(request: AnyRequest, jobs: list[Job]) -> dict[str, Any]:
    """Return one page of the jobs at one standing, with how many stand at each."""
    numbers = {status: sum(job.status is status for job in jobs) for status in Status}
    order = (Status.OPEN, Status.DRAFT, Status.CLOSED)
    first = next((status for status in order if numbers[status]), Status.OPEN)
    shown = next((status for status in order if status == request.query_params.get("jobs", "")), first)
    number = max(asked_number(request, "page", otherwise=1, at_most=LAST_PAGE), 1)
    skipped = (number - 1) * JOBS_ON_A_PAGE
    return {
        "jobs": [job for job in jobs if job.status is shown][skipped : skipped + JOBS_ON_A_PAGE],
        "all_jobs": len(jobs),
        "standings": [(status, numbers[status]) for status in order if numbers[status]],
        "shown": shown,
        "number": number,
        "has_next": skipped + JOBS_ON_A_PAGE < numbers[shown],
    }


@get("/hiring/interviews", name="applications.interviewer")
async def interviewer_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show a member who sees no applications where they are, and what they can do."""
    acting = visit.acting()
    if acting.organisation_id is None or _works_here(acting):
        return redirect(request, "applications.hiring")
    jobs = [job for job in await own_jobs(acting) if job.status is Status.OPEN]
    return page(
        request,
        "applications/interviewer.html",
        organisation=await own_organisation(acting),
        jobs=jobs[:JOBS_ON_A_PAGE],
    )


handlers = [hiring_page, interviewer_page]
