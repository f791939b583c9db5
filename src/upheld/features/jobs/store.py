"""The queries of jobs, typed."""

from uuid import UUID

from upheld.features.jobs.model import Job, JobSearch, JobText
from upheld.platform.database import Transaction, load_queries

_Q = load_queries("upheld.features.jobs")


async def open_jobs(tx: Transaction, wanted: JobSearch, words: list[str], at_most: int, skipping: int) -> list[Job]:
    """Return jobs that take applications, are of the wanted kind and mention every one of `words`, newest first."""
    kind = (wanted.employment, wanted.remote_only)
    return await tx.all(_Q["open_jobs"], words, at_most, skipping, *kind, into=Job)


async def open_job(tx: Transaction, job_id: UUID) -> Job | None:
    """Return one open job, whether or not its closing day has passed."""
    return await tx.one(_Q["open_job"], job_id, into=Job)


async def closed_job(tx: Transaction, job_id: UUID) -> Job | None:
    """Return one closed job that the person asking still sees: they applied, or it is their organisation's."""
    return await tx.one(_Q["closed_job"], job_id, into=Job)


async def jobs_applied_to(tx: Transaction) -> set[UUID]:
    """Return the jobs the person asking has applied to."""
    return set(await tx.column(_Q["jobs_applied_to"]))


async def own_jobs(tx: Transaction) -> list[Job]:
    """Return every job of the organisation acted for."""
    return await tx.all(_Q["own_jobs"], into=Job)


async def own_job(tx: Transaction, job_id: UUID) -> Job | None:
    """Return one job of the organisation acted for, wherever it stands."""
    return await tx.one(_Q["own_job"], job_id, into=Job)


async def add_job(tx: Transaction, job_id: UUID, text: JobText) -> None:
    """Add a draft for the organisation acted for."""
    await tx.run(_Q["add_job"], job_id, *_columns(text))


async def change_job(tx: Transaction, job_id: UUID, text: JobText) -> bool:
    """Replace the text of a job; False when it is closed."""
    return await tx.run(_Q["change_job"], job_id, *_columns(text)) == 1


async def publish_job(tx: Transaction, job_id: UUID) -> bool:
    """Open a draft; False when it is none."""
    return await tx.run(_Q["publish_job"], job_id) == 1


async def close_job(tx: Transaction, job_id: UUID) -> bool:
    """Close an open job; False when it is not open."""
    return await tx.run(_Q["close_job"], job_id) == 1


def _columns(text: JobText) -> tuple[object, ...]:
    """Return the text's columns in the order in which `JobText` and the statements name them."""
    return (
        text.title, text.employment_type, text.description, text.location, text.country, text.is_remote,
        text.salary_currency, text.salary_from, text.salary_to, text.closes_on,
    )  # fmt: skip
