"""Reading jobs: the public list and page, and an organisation's own."""

from uuid import UUID

from upheld.features.jobs import store
from upheld.features.jobs.model import Job, JobPage, JobSearch
from upheld.kit.errors import NotFoundError
from upheld.platform.acting import Acting
from upheld.platform.database import Transaction

JOBS_ON_A_PAGE = 20
LAST_PAGE = 10_000
_MOST_WORDS, _LONGEST_SEARCH = 8, 100


async def open_jobs(tx: Transaction, wanted: JobSearch | None = None, page: int = 1) -> JobPage:
    """Return a page of the jobs that take applications, newest first.

    Args:
        tx: any transaction; nobody needs to be signed in.
        wanted: which; its words must all occur in title, place or organisation, in any
            order and case; `remote` finds remote jobs.
        page: from 1 on.
    """
    wanted = wanted or JobSearch()
    words = wanted.words[:_LONGEST_SEARCH].split()[:_MOST_WORDS]
    number = min(max(page, 1), LAST_PAGE)
    # One more than shown tells whether there is a next page, without counting them all.
    found = await store.open_jobs(tx, wanted, words, JOBS_ON_A_PAGE + 1, (number - 1) * JOBS_ON_A_PAGE)
    return JobPage(found[:JOBS_ON_A_PAGE], number, len(found) > JOBS_ON_A_PAGE)


async def open_job(tx: Transaction, job_id: UUID) -> Job:
    """Return one open job; `takes_applications` is False when its closing day has passed.

    Raises:
        NotFoundError: there is none, or it is a draft or closed.
    """
    found = await store.open_job(tx, job_id)
    if found is None:
        raise NotFoundError
    return found


async def closed_job(tx: Transaction, job_id: UUID) -> Job:
    """Return one closed job, for those to whom the database still shows it: who applied, and its organisation.

    Raises:
        NotFoundError: there is none for whoever is asking.
    """
    found = await store.closed_job(tx, job_id)
    if found is None:
        raise NotFoundError
    return found


async def jobs_applied_to(acting: Acting) -> set[UUID]:
    """Return the jobs the person asking has applied to."""
    return await store.jobs_applied_to(acting.tx)


async def own_jobs(acting: Acting) -> list[Job]:
    """Return every job of the organisation acted for: open ones, drafts, closed ones, each newest first."""
    return await store.own_jobs(acting.tx)


async def own_job(acting: Acting, job_id: UUID) -> Job:
    """Return one job of the organisation acted for, wherever it stands.

    Raises:
        NotFoundError: the organisation has no such job.
    """
    found = await store.own_job(acting.tx, job_id)
    if found is None:
        raise NotFoundError
    return found
