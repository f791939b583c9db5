"""Who may write jobs, and what is recorded: the actions, and the database beneath them."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.support.deployment import Browser, Deployment
from tests.support.hiring import acting_in, employer, everybody_becomes, new_job
from upheld.features.jobs import store
from upheld.features.jobs.actions import change_job, close_job, post_job, publish_job
from upheld.features.jobs.errors import NotHiringError
from upheld.features.jobs.model import Employment, JobText, Status
from upheld.features.jobs.queries import open_job, own_job, own_jobs
from upheld.kit.errors import InvalidError, NotFoundError, RefusedError

pytestmark = pytest.mark.anyio
TEXT = JobText(
    title="Ward nurse",
    employment_type=Employment.FULL_TIME,
    description="You look after twelve patients, four nights a week.",
    location="Lisbon",
    country="PT",
)


async def _run(deployment: Deployment, statement: str, *values: object) -> list[Any]:
    connection = await deployment.administrator()
    rows = await connection.fetch(statement, *values)
    await connection.close()
    return list(rows)


async def _draft(deployment: Deployment, owner: Browser, **chosen: Any) -> UUID:
    async with acting_in(deployment, owner) as acting:
        return await post_job(acting, msgspec.structs.replace(TEXT, **chosen))


async def test_an_interviewer_is_refused_in_words_and_by_the_database(deployment: Deployment) -> None:
    async with employer(deployment) as browser:
        job_id = await new_job(deployment, browser)
        administrator = await deployment.administrator()
        await everybody_becomes(administrator, "interviewer")
        await administrator.close()
        async with acting_in(deployment, browser) as acting:
            for act in (post_job(acting, TEXT), change_job(acting, job_id, TEXT), close_job(acting, job_id)):
                with pytest.raises(NotHiringError):
                    await act
            assert not await store.change_job(acting.tx, job_id, TEXT)
            assert not await store.close_job(acting.tx, job_id)
        with pytest.raises(RefusedError):
            async with acting_in(deployment, browser) as acting:
                await store.add_job(acting.tx, UUID(int=1), TEXT)
        refusal = await browser.get(f"/hiring/jobs/{job_id}/edit")
        assert "Your role in this organisation does not include posting" in refusal.text


async def test_an_employer_touches_no_job_of_another(deployment: Deployment) -> None:
    async with (
        employer(deployment) as harbour,
        employer(deployment, "other@example.com", "Northwind") as northwind,
    ):
        job_id = await new_job(deployment, harbour)
        async with acting_in(deployment, northwind) as acting:
            assert (await open_job(acting.tx, job_id)).organisation_name == "Harbour & Sons"
            assert await own_jobs(acting) == []
            for act in (own_job(acting, job_id), change_job(acting, job_id, TEXT), close_job(acting, job_id)):
                with pytest.raises(NotFoundError):
                    await act
            assert not await store.change_job(acting.tx, job_id, TEXT)
            assert not await store.close_job(acting.tx, job_id)
        async with acting_in(deployment, harbour) as acting:
            assert (await own_job(acting, job_id)).title == "Boat keeper"


async def test_a_draft_of_another_employer_does_not_exist(deployment: Deployment) -> None:
    async with (
        employer(deployment) as harbour,
        employer(deployment, "other@example.com", "Northwind") as northwind,
    ):
        job_id = await _draft(deployment, harbour)
        async with acting_in(deployment, northwind) as acting:
            for act in (open_job(acting.tx, job_id), publish_job(acting, job_id)):
                with pytest.raises(NotFoundError):
                    await act
            assert not await store.publish_job(acting.tx, job_id)


async def test_every_step_of_a_job_is_recorded_without_its_words(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        job_id = await _draft(deployment, owner)
        changed = msgspec.structs.replace(TEXT, title="Night nurse", is_remote=True)
        async with acting_in(deployment, owner) as acting:
            await change_job(acting, job_id, changed)
            await change_job(acting, job_id, changed)
            await publish_job(acting, job_id)
            await close_job(acting, job_id)
    entries = await _run(
        deployment, "select action, details from upheld.audit_entries where target_id = $1 order by id", job_id
    )
    assert [(entry["action"], json.loads(entry["details"])) for entry in entries] == [
        ("job.posted", {"status": "draft"}),
        ("job.changed", {"fields": ["title", "is_remote"]}),
        ("job.changed", {"status": "open"}),
        ("job.changed", {"status": "closed"}),
    ]


async def test_a_draft_whose_last_day_has_passed_is_not_published(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        job_id = await _draft(deployment, owner)
        await _run(deployment, "update upheld.jobs set closes_on = '2020-01-01' where id = $1", job_id)
        async with acting_in(deployment, owner) as acting:
            with pytest.raises(InvalidError) as caught:
                await publish_job(acting, job_id)
    assert list(caught.value.fields) == ["closes_on"]


async def test_mending_a_word_does_not_reopen_a_job_past_its_last_day(deployment: Deployment) -> None:
    past = dt.date(2020, 1, 1)
    async with employer(deployment) as owner:
        job_id = await new_job(deployment, owner)
        await _run(deployment, "update upheld.jobs set closes_on = $2 where id = $1", job_id, past)
        async with acting_in(deployment, owner) as acting:
            await change_job(acting, job_id, msgspec.structs.replace(TEXT, title="Night nurse", closes_on=past))
            job = await own_job(acting, job_id)
    assert (job.title, job.status, job.takes_applications) == ("Night nurse", Status.OPEN, False)


async def test_an_employer_reads_open_jobs_first_then_drafts_then_closed_ones(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        closed = await new_job(deployment, owner, "Boat keeper")
        await _draft(deployment, owner)
        await new_job(deployment, owner, "Sail maker")
        async with acting_in(deployment, owner) as acting:
            await close_job(acting, closed)
            statuses = [job.status for job in await own_jobs(acting)]
    assert statuses == [Status.OPEN, Status.DRAFT, Status.CLOSED]
