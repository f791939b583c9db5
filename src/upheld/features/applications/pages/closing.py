"""Closing a job: here and not beside its other pages, because what it does depends on who has applied."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.applications.model import OPEN_STAGES
from upheld.features.applications.queries import counts_by_stage
from upheld.features.applications.wording import STAGE_NAMES
from upheld.features.jobs.actions import check_may_hire, close_job
from upheld.features.jobs.errors import JobNotOpenError
from upheld.features.jobs.model import Status
from upheld.features.jobs.queries import own_job
from upheld.platform.web.pages import page, redirect
from upheld.platform.web.visits import OpenVisit, Visit

AnyRequest = Request[Any, Any, Any]


@get("/hiring/jobs/{job_id:uuid}/close", name="applications.close_job")
async def close_page(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str]:
    """Say what closing does, also to those who wait, and ask: there is no way back."""
    acting = visit.acting()
    check_may_hire(acting)
    job = await own_job(acting, job_id)
    if job.status is not Status.OPEN:
        raise JobNotOpenError
    return await _close_page(request, visit, job_id, None)


@post("/hiring/jobs/{job_id:uuid}/close", name="applications.close_job.do", status_code=200)
async def close_do(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Close the job."""
    try:
        await close_job(visit.acting(), job_id)
    except JobNotOpenError as error:
        return await _close_page(request, visit, job_id, error)
    return redirect(request, "jobs.preview", job_id=job_id, q_done="closed")


async def _close_page(
    request: AnyRequest, visit: OpenVisit, job_id: UUID, error: JobNotOpenError | None
) -> Response[str]:
    acting = visit.acting()
    counts = (await counts_by_stage(acting, job_id)).get(job_id, {})
    return page(
        request,
        "applications/close_job.html",
        status=error.status if error else 200,
        error=error,
        job=await own_job(acting, job_id),
        undecided=[(STAGE_NAMES[stage], counts[stage]) for stage in OPEN_STAGES if counts.get(stage)],
    )


handlers = [close_page, close_do]
