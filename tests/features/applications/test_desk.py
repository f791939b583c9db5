"""What an employer is told to do next, from where jobs and applications stand."""

import datetime as dt
from uuid import UUID, uuid4

from upheld.features.applications.desk.store import Waiting
from upheld.features.applications.desk.tasks import LONG, Kind, what_to_do
from upheld.features.applications.model import Stage
from upheld.features.jobs.model import Employment, Job, Status

TODAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
BOATS, SAILS = uuid4(), uuid4()


def test_new_applications_come_before_those_that_wait_and_jobs_come_last() -> None:
    jobs = [_job(BOATS, closes_on=TODAY + LONG), _job(SAILS, Status.DRAFT)]
    counts = {BOATS: {Stage.NEW: 3, Stage.REVIEW: 2}}
    tasks = what_to_do(jobs, counts, [_waiting(BOATS, Stage.REVIEW, 9)], TODAY)
    assert [task.kind for task in tasks] == [Kind.NEW, Kind.WAITING, Kind.CLOSING, Kind.DRAFT]
    assert tasks[0].number == 3


def test_those_who_wait_for_a_job_are_one_task_that_leads_to_the_longest() -> None:
    waiting = [_waiting(BOATS, Stage.OFFER, 20), _waiting(BOATS, Stage.REVIEW, 9), _waiting(SAILS, Stage.REVIEW, 8)]
    tasks = what_to_do([_job(BOATS), _job(SAILS)], {}, waiting, TODAY)
    assert [(task.job.id, task.number, task.stage, task.first) for task in tasks] == [
        (BOATS, 2, Stage.OFFER, waiting[0].id),
        (SAILS, 1, Stage.REVIEW, waiting[2].id),
    ]


def test_a_closed_job_says_how_many_still_wait_for_an_answer_and_nothing_else() -> None:
    counts = {BOATS: {Stage.NEW: 2, Stage.OFFER: 1, Stage.REJECTED: 7}}
    tasks = what_to_do([_job(BOATS, Status.CLOSED)], counts, [_waiting(BOATS, Stage.OFFER, 30)], TODAY)
    assert [(task.kind, task.number) for task in tasks] == [(Kind.UNANSWERED, 3)]
    assert what_to_do([_job(BOATS, Status.CLOSED)], {BOATS: {Stage.HIRED: 1}}, [], TODAY) == []


def test_a_job_is_mentioned_in_the_week_before_its_last_day_and_after_it() -> None:
    def kinds(closes_on: dt.date | None) -> list[Kind]:
        return [task.kind for task in what_to_do([_job(BOATS, closes_on=closes_on)], {}, [], TODAY)]

    day = dt.timedelta(days=1)
    assert kinds(None) == []
    assert kinds(TODAY + LONG + day) == []
    assert kinds(TODAY + LONG) == [Kind.CLOSING]
    assert kinds(TODAY) == [Kind.CLOSING]
    assert kinds(TODAY - day) == [Kind.OVER]


def _waiting(job_id: UUID, stage: Stage, days: int) -> Waiting:
    return Waiting(uuid4(), job_id, stage, NOW - dt.timedelta(days=days))


def _job(job_id: UUID, status: Status = Status.OPEN, closes_on: dt.date | None = None) -> Job:
    return Job(
        id=job_id,
        organisation_id=uuid4(),
        organisation_name="Harbour & Sons",
        title="Boat keeper",
        employment_type=Employment.FULL_TIME,
        description="Look after nine wooden boats, all the year round.",
        location="Bristol",
        country="GB",
        status=status,
        posted_at=None if status is Status.DRAFT else NOW,
        closes_on=closes_on,
        takes_applications=status is Status.OPEN,
    )
