"""Writing jobs: post, change, publish, close."""

import datetime as dt
from uuid import UUID, uuid4

from upheld.features.audit.actions import record
from upheld.features.audit.model import Action
from upheld.features.jobs import store
from upheld.features.jobs.errors import JobClosedError, JobNotOpenError, JobPublishedError, NotHiringError
from upheld.features.jobs.model import Job, JobText, Status
from upheld.features.jobs.queries import own_job
from upheld.features.jobs.text import check_job_text
from upheld.features.organisations.model import Permission
from upheld.platform.acting import Acting


async def post_job(acting: Acting, text: JobText, *, publish: bool = False) -> UUID:
    """Add a job to the organisation acted for, as a draft or published at once; return its id.

    Raises:
        NotHiringError: the person may not manage jobs.
        InvalidError: the text does not do; with what to change.
    """
    check_may_hire(acting)
    check_job_text(text, earliest=today(acting))
    job_id = uuid4()
    await store.add_job(acting.tx, job_id, text)
    if publish:
        await store.publish_job(acting.tx, job_id)
    status = Status.OPEN if publish else Status.DRAFT
    await record(acting, Action.JOB_POSTED, "job", job_id, {"status": str(status)})
    return job_id


async def change_job(acting: Acting, job_id: UUID, text: JobText) -> None:
    """Replace what a draft or open job says.

    Raises:
        NotHiringError: the person may not manage jobs.
        NotFoundError: the organisation has no such job.
        JobClosedError: it is closed.
        InvalidError: the text does not do; with what to change.
    """
    check_may_hire(acting)
    before = await own_job(acting, job_id)
    check_job_text(text, earliest=earliest_closing_day(acting, before))
    if not await store.change_job(acting.tx, job_id, text):
        raise JobClosedError
    changed = [name for name in JobText.__struct_fields__ if getattr(text, name) != getattr(before, name)]
    if changed:
        await record(acting, Action.JOB_CHANGED, "job", job_id, {"fields": changed})


async def publish_job(acting: Acting, job_id: UUID) -> None:
    """Open a draft to everyone.

    Raises:
        NotHiringError: the person may not manage jobs.
        NotFoundError: the organisation has no such job.
        InvalidError: its closing day has passed meanwhile.
        JobPublishedError: it is no draft.
    """
    check_may_hire(acting)
    job = await own_job(acting, job_id)
    if job.status is not Status.DRAFT:
        raise JobPublishedError
    check_job_text(job, earliest=today(acting))
    if not await store.publish_job(acting.tx, job_id):
        raise JobPublishedError
    await record(acting, Action.JOB_CHANGED, "job", job_id, {"status": str(Status.OPEN)})


async def close_job(acting: Acting, job_id: UUID) -> None:
    """Take an open job off the public pages for good; its applications stay where they are.

    Raises:
        NotHiringError: the person may not manage jobs.
        NotFoundError: the organisation has no such job.
        JobNotOpenError: it is a draft or closed.
    """
    check_may_hire(acting)
    await own_job(acting, job_id)
    if not await store.close_job(acting.tx, job_id):
        raise JobNotOpenError
    await record(acting, Action.JOB_CHANGED, "job", job_id, {"status": str(Status.CLOSED)})


def check_may_hire(acting: Acting) -> None:
    """Refuse, in words, what row security would refuse without them.

    Raises:
        NotHiringError: the person may not manage jobs of the organisation acted for.
    """
    if not acting.may(Permission.JOB_MANAGE):
        raise NotHiringError


def today(acting: Acting) -> dt.date:
    """Return the day it is, in UTC, as closing days are meant."""
    return acting.platform.clock.now().astimezone(dt.UTC).date()


def earliest_closing_day(acting: Acting, job: Job) -> dt.date:
    """Return the first closing day a change may leave: today, or the one it has had before.

    Otherwise mending a word in a job past its day would force its employer to reopen it.
    """
    return min(today(acting), job.closes_on or dt.date.max)
