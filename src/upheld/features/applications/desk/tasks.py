"""What an employer should do next, from where jobs and applications stand."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from upheld.features.applications.desk.store import Waiting
from upheld.features.applications.model import OPEN_STAGES, Stage
from upheld.features.jobs.model import Job, Status

LONG = dt.timedelta(days=7)
"""How long an application may stand in one stage, and how long before its end a job is mentioned."""


class Kind(StrEnum):
    """What is to be done, in the order in which it should be."""

    NEW = "new"
    """Somebody applied, and nobody has looked."""
    WAITING = "waiting"
    """Somebody has waited in one stage for long."""
    UNANSWERED = "unanswered"
    """The job is closed, and somebody still has no answer."""
    OVER = "over"
    """The last day to apply has passed; the job is still public."""
    CLOSING = "closing"
    """The last day to apply is near."""
    DRAFT = "draft"
    """The job is not published yet."""


@dataclass(frozen=True)
class Task:
    """One thing to do about one job, with how many applications; of those that wait, where the longest does."""

    kind: Kind
    job: Job
    number: int = 0
    stage: Stage | None = None
    since: dt.datetime | None = None
    first: UUID | None = None


def what_to_do(
    jobs: Sequence[Job], counts: Mapping[UUID, Mapping[Stage, int]], waiting: Sequence[Waiting], today: dt.date
) -> list[Task]:
    """Return what is to be done, most urgent first.

    Args:
        jobs: every job of the organisation.
        counts: how many applications stand where, by job.
        waiting: who has waited for long since somebody looked, longest first.
        today: the day it is, in UTC, as closing days are meant.
    """
    tasks = list(_of_those_who_wait(jobs, waiting))
    for job in jobs:
        tasks += _of_job(job, counts.get(job.id, {}), today)
    order = {kind: place for place, kind in enumerate(Kind)}
    return sorted(tasks, key=lambda task: order[task.kind])


def _of_those_who_wait(jobs: Sequence[Job], waiting: Sequence[Waiting]) -> Iterator[Task]:
    by_job: dict[UUID, list[Waiting]] = defaultdict(list)
    for one in waiting:
        by_job[one.job_id].append(one)
    for job in jobs:
        here = by_job[job.id]
        if job.status is Status.OPEN and here:
            yield Task(Kind.WAITING, job, len(here), here[0].stage, here[0].since, here[0].id)


def _of_job(job: Job, by_stage: Mapping[Stage, int], today: dt.date) -> Iterator[Task]:
    undecided = sum(by_stage.get(stage, 0) for stage in OPEN_STAGES)
    if job.status is Status.DRAFT:
        yield Task(Kind.DRAFT, job)
    elif job.status is Status.CLOSED:
        if undecided:
            yield Task(Kind.UNANSWERED, job, undecided)
    else:
        if by_stage.get(Stage.NEW):
            yield Task(Kind.NEW, job, by_stage[Stage.NEW], Stage.NEW)
        if job.closes_on is not None and job.closes_on < today:
            yield Task(Kind.OVER, job)
        elif job.closes_on is not None and job.closes_on <= today + LONG:
            yield Task(Kind.CLOSING, job)
