"""Jobs as JSON, for programs that list them elsewhere. Public, read only."""

import datetime as dt
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from upheld.features.jobs.model import Employment, Job, JobSearch
from upheld.features.jobs.queries import LAST_PAGE, open_job, open_jobs
from upheld.platform.web.visits import Visit

Number = Annotated[int, QueryParameter(ge=1, le=LAST_PAGE)]


class Salary(msgspec.Struct, frozen=True):
    """Gross pay for a year."""

    currency: str
    lowest: int
    highest: int


class Employer(msgspec.Struct, frozen=True):
    """Whose job it is."""

    id: UUID
    name: str


class JobWire(msgspec.Struct, frozen=True):
    """A job; `description` is Markdown, `closes_on` the last day (UTC) to apply."""

    id: UUID
    url: str
    title: str
    organisation: Employer
    employment_type: Employment
    description: str
    location: str
    country: str
    is_remote: bool
    salary: Salary | None
    posted_at: dt.datetime | None
    closes_on: dt.date | None
    takes_applications: bool


class JobListWire(msgspec.Struct, frozen=True):
    """A page of jobs; `next_page` is null on the last one."""

    jobs: list[JobWire]
    page: int
    next_page: int | None


@get("/api/jobs", name="api.jobs", opt={"public": True})
async def list_jobs(visit: Visit, search: FromQuery[str] = "", page: Number = 1) -> JobListWire:
    """Return a page of the jobs that take applications, newest first."""
    found = await open_jobs(visit.tx, JobSearch(words=search), page)
    jobs = [_wire(visit, job) for job in found.jobs]
    return JobListWire(jobs, found.number, found.number + 1 if found.has_next else None)


@get("/api/jobs/{job_id:uuid}", name="api.job", opt={"public": True})
async def show_job(visit: Visit, job_id: FromPath[UUID]) -> JobWire:
    """Return one open job."""
    return _wire(visit, await open_job(visit.tx, job_id))


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


handlers = [list_jobs, show_job]
