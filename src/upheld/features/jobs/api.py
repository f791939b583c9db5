"""Jobs as JSON: the open ones, for programs that list them elsewhere, and an organisation's own."""

import datetime as dt
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.openapi.spec import Example
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from upheld.features.jobs.model import Employment, Job, JobSearch, Status
from upheld.features.jobs.queries import JOBS_ON_A_PAGE, LAST_PAGE, open_job, open_jobs, own_job, own_jobs
from upheld.platform.web.problems import problems
from upheld.platform.web.visits import Visit

Words = Annotated[
    str,
    QueryParameter(
        description="Words that all have to occur in title, place or organisation. More than eight are cut off.",
        examples=[Example("Two words", value="nurse Lisbon")],
    ),
]
Number = Annotated[int, QueryParameter(ge=1, le=LAST_PAGE, description="Which page; 20 jobs are on each.")]


class Salary(msgspec.Struct, frozen=True):
    """Gross pay for a year."""

    currency: Annotated[str, Meta(description="ISO 4217, three letters.")]
    lowest: int
    highest: int


class Employer(msgspec.Struct, frozen=True):
    """Whose job it is."""

    id: UUID
    name: str


class JobWire(msgspec.Struct, frozen=True):
    """A job as people read it."""

    id: UUID
    url: Annotated[str, Meta(description="The page where people read about it and apply.")]
    title: str
    organisation: Employer
    employment_type: Employment
    description: Annotated[str, Meta(description="Markdown (CommonMark, without HTML).")]
    location: str
    country: Annotated[str, Meta(description="ISO 3166-1, two letters.")]
    is_remote: Annotated[bool, Meta(description="Whether the work can be done from anywhere in the country.")]
    salary: Salary | None
    posted_at: dt.datetime | None
    closes_on: Annotated[dt.date | None, Meta(description="The last day, UTC, on which people can apply.")]
    takes_applications: Annotated[bool, Meta(description="False once that day has passed.")]


class JobListWire(msgspec.Struct, frozen=True):
    """A page of jobs."""

    jobs: list[JobWire]
    page: int
    next_page: Annotated[int | None, Meta(description="Null on the last page.")]


class OwnJobWire(msgspec.Struct, frozen=True):
    """A job of one's organisation."""

    status: Status
    job: JobWire


class OwnJobListWire(msgspec.Struct, frozen=True):
    """A page of the organisation's jobs."""

    jobs: list[OwnJobWire]
    page: int
    next_page: Annotated[int | None, Meta(description="Null on the last page.")]


@get(
    "/api/jobs",
    name="api.jobs",
    opt={"public": True},
    summary="Open jobs",
    operation_id="listJobs",
    response_description="A page of jobs.",
    responses=problems(422),
)
async def list_jobs(visit: Visit, search: Words = "", page: Number = 1) -> JobListWire:
    """Return a page of the jobs that take applications, newest first."""
    found = await open_jobs(visit.tx, JobSearch(words=search), page)
    jobs = [_wire(visit, job) for job in found.jobs]
    return JobListWire(jobs, found.number, found.number + 1 if found.has_next else None)


@get(
    "/api/jobs/{job_id:uuid}",
    name="api.job",
    opt={"public": True},
    summary="One open job",
    operation_id="showJob",
    response_description="The job.",
    responses=problems(404),
)
async def show_job(visit: Visit, job_id: FromPath[UUID]) -> JobWire:
    """Return one open job."""
    return _wire(visit, await open_job(visit.tx, job_id))


@get(
    "/api/hiring/jobs",
    name="api.hiring.jobs",
    opt={"scope": "hiring:jobs:read"},
    summary="The organisation's jobs",
    operation_id="listOwnJobs",
    response_description="A page of jobs: open ones, then drafts, then closed ones.",
    responses=problems(401, 403, 422, 429),
)
async def list_own(visit: Visit, page: Number = 1) -> OwnJobListWire:
    """Return a page of the organisation's jobs, wherever they stand."""
    every = await own_jobs(visit.acting())
    start = (page - 1) * JOBS_ON_A_PAGE
    jobs = [OwnJobWire(job.status, _wire(visit, job)) for job in every[start : start + JOBS_ON_A_PAGE]]
    return OwnJobListWire(jobs, page, page + 1 if len(every) > start + JOBS_ON_A_PAGE else None)


@get(
    "/api/hiring/jobs/{job_id:uuid}",
    name="api.hiring.job",
    opt={"scope": "hiring:jobs:read"},
    summary="One of the organisation's jobs",
    operation_id="showOwnJob",
    response_description="The job, and where it stands.",
    responses=problems(401, 403, 404, 429),
)
async def show_own(visit: Visit, job_id: FromPath[UUID]) -> OwnJobWire:
    """Return one of the organisation's jobs, wherever it stands."""
    job = await own_job(visit.acting(), job_id)
    return OwnJobWire(job.status, _wire(visit, job))


def _wire(visit: Visit, job: Job) -> JobWire:
    salary = None
    if job.salary_currency is not None and job.salary_from is not None and job.salary_to is not None:
        salary = Salary(job.salary_currency, job.salary_from, job.salary_to)
    return JobWire(
        id=job.id,
        url=f"{visit.platform.settings.address}/jobs/{job.id}",
        title=job.title,
        organisation=Employer(job.organisation_id, job.organisation_name),
        employment_type=job.employment_type,
        description=job.description,
        location=job.location,
        country=job.country,
        is_remote=job.is_remote,
        salary=salary,
        posted_at=job.posted_at,
        closes_on=job.closes_on,
        takes_applications=job.takes_applications,
    )


handlers = [list_jobs, show_job, list_own, show_own]
