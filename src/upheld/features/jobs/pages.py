"""Pages for finding a job, and for the employer who posts it."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from upheld.features.jobs import actions
from upheld.features.jobs.actions import check_may_hire, earliest_closing_day, today
from upheld.features.jobs.errors import JobClosedError, JobPublishedError
from upheld.features.jobs.model import Employment, Job, JobSearch, JobText, Status
from upheld.features.jobs.posting import job_posting
from upheld.features.jobs.queries import LAST_PAGE, closed_job, jobs_applied_to, open_job, open_jobs, own_job
from upheld.features.jobs.text import job_text_values, read_job_text
from upheld.features.jobs.wording import EMPLOYMENT, STATUS, countries, currencies, facts, place, salary
from upheld.features.organisations.queries import organisation
from upheld.kit.errors import ConflictError, InvalidError, NotFoundError, UpheldError
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.visits import OpenVisit, Visit

OPEN = {"public": True}

AnyRequest = Request[Any, Any, Any]
Number = Annotated[int, QueryParameter(name="page", ge=1, le=LAST_PAGE)]


@get("/jobs", name="jobs.list", opt=OPEN)
async def list_page(
    request: AnyRequest,
    visit: Visit,
    search: FromQuery[str] = "",
    employment: FromQuery[str] = "",
    remote: FromQuery[str] = "",
    number: Number = 1,
) -> Response[str]:
    """Show the jobs that take applications; somebody signed in sees which they have applied to."""
    kind = next((one for one in Employment if one == employment), None)
    wanted = JobSearch(words=search, employment=kind, remote_only=remote == "yes")
    asked = {"search": search, "employment": kind or "", "remote": "yes" if wanted.remote_only else ""}
    return page(
        request, "jobs/list.html", found=await open_jobs(visit.tx, wanted, number), wanted=wanted,
        query={name: value for name, value in asked.items() if value}, applied=await _applied(visit),
        place=place, salary=salary, employments=EMPLOYMENT,
    )  # fmt: skip


@get("/jobs/{job_id:uuid}", name="jobs.page", opt=OPEN)
async def job_page(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str]:
    """Show one job, to people and to search engines; a closed one only to those who have a part in it."""
    try:
        job = await _public_job(visit, job_id)
    except NotFoundError as error:
        # A draft, a closed job and a number that never was look alike.
        return page(request, "jobs/gone.html", status=error.status)
    employer = await organisation(visit.tx, job.organisation_id)
    address = f"{visit.platform.settings.address}/jobs/{job.id}"
    posting = job_posting(job, employer, address) if job.takes_applications else None
    return page(
        request,
        "jobs/page.html",
        job=job,
        employer=employer,
        facts=facts(words_for(request), job, job.posted_at),
        address=address,
        posting=posting,
        applied=job.id in await _applied(visit),
    )


async def _public_job(visit: OpenVisit, job_id: UUID) -> Job:
    try:
        return await open_job(visit.tx, job_id)
    except NotFoundError:
        return await closed_job(visit.tx, job_id)


async def _applied(visit: OpenVisit) -> set[UUID]:
    return set() if visit.who is None else await jobs_applied_to(visit.acting())


@get("/hiring/jobs/new", name="jobs.new")
async def new_page(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Show an empty form; somebody without an organisation sets one up first."""
    acting = visit.acting()
    if acting.organisation_id is None:
        return redirect(request, "organisations.new")
    check_may_hire(acting)
    return _form_page(request, Form({}), None, None)


@post("/hiring/jobs/new", name="jobs.new.do", status_code=200)
async def new_do(request: AnyRequest, visit: Visit) -> Response[str] | Redirect:
    """Keep the job as a draft, publish it at once, or show what it would look like."""
    form, acting = await Form.read(request), visit.acting()
    check_may_hire(acting)
    publish = form.get("then") == "publish"
    try:
        text = read_job_text(form, earliest=today(acting))
        if form.get("then") == "look":
            return _form_page(request, form, None, None, text)
        job_id = await actions.post_job(acting, text, publish=publish)
    except InvalidError as error:
        return _form_page(request, form, error, None)
    return redirect(request, "jobs.preview", job_id=job_id, q_done="published" if publish else "saved")


@get("/hiring/jobs/{job_id:uuid}/edit", name="jobs.edit")
async def edit_page(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str]:
    """Show the form with what the job says."""
    acting = visit.acting()
    check_may_hire(acting)
    job = await own_job(acting, job_id)
    if job.status is Status.CLOSED:
        raise JobClosedError
    return _form_page(request, Form(job_text_values(job)), None, job)


@post("/hiring/jobs/{job_id:uuid}/edit", name="jobs.edit.do", status_code=200)
async def edit_do(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Keep the changes, or show what they would look like; a draft can be published in the same step."""
    form, acting = await Form.read(request), visit.acting()
    check_may_hire(acting)
    job = await own_job(acting, job_id)
    publish = form.get("then") == "publish"
    try:
        text = read_job_text(form, earliest=earliest_closing_day(acting, job))
        if form.get("then") == "look":
            return _form_page(request, form, None, job, text)
        await actions.change_job(acting, job_id, text)
        if publish:
            await actions.publish_job(acting, job_id)
    except (InvalidError, ConflictError) as error:
        return _form_page(request, form, error, job)
    return redirect(request, "jobs.preview", job_id=job_id, q_done="published" if publish else "saved")


@get("/hiring/jobs/{job_id:uuid}/preview", name="jobs.preview")
async def preview_page(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str]:
    """Show a job as candidates see it, where it stands, and what can be done with it."""
    return await _preview_page(request, visit, job_id, None)


@post("/hiring/jobs/{job_id:uuid}/publish", name="jobs.publish.do", status_code=200)
async def publish_do(request: AnyRequest, visit: Visit, job_id: FromPath[UUID]) -> Response[str] | Redirect:
    """Open the job to everyone."""
    try:
        await actions.publish_job(visit.acting(), job_id)
    except (InvalidError, JobPublishedError) as error:
        return await _preview_page(request, visit, job_id, error)
    return redirect(request, "jobs.preview", job_id=job_id, q_done="published")


async def _preview_page(request: AnyRequest, visit: Visit, job_id: UUID, error: UpheldError | None) -> Response[str]:
    job = await own_job(visit.acting(), job_id)
    done = request.query_params.get("done", "") if error is None else ""
    return page(
        request,
        "jobs/preview.html",
        status=error.status if error else 200,
        job=job,
        facts=facts(words_for(request), job, job.posted_at),
        statuses=STATUS,
        done=done,
        error=error,
    )


def _form_page(
    request: AnyRequest, form: Form, error: UpheldError | None, job: Job | None, looks: JobText | None = None
) -> Response[str]:
    """Show the form as it was filled in; with `looks`, what it says as candidates would read it."""
    words = words_for(request)
    choose = ("", words("Choose one"))
    return page(
        request,
        "jobs/form.html",
        status=error.status if error else 200,
        form=form,
        error=error,
        job=job,
        looks=looks,
        facts=facts(words, looks) if looks else [],
        employments=[choose, *((str(kind), words(label)) for kind, label in EMPLOYMENT.items())],
        countries=[choose, *countries(words.language)],
        currencies=[("", words("Pay is not stated")), *currencies(words.language)],
    )


handlers = [
    list_page, job_page, new_page, new_do, edit_page, edit_do,
    preview_page, publish_do,
]  # fmt: skip
