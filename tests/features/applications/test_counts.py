"""Counts by stage are kept in the transaction that changes them: true at any moment, whoever does what at once."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.support.deployment import Browser, Deployment
from tests.support.hiring import acting_in, apply_for, candidate, employer, new_job
from tests.support.leaving import ask_to_leave
from upheld.features.applications.model import Stage
from upheld.features.applications.queries import board, counts_by_stage
from upheld.platform.database import Query

pytestmark = pytest.mark.anyio
_REMOVE = Query("remove", "select person_id from upheld.remove_old_applications()", "Removes what is over.")
_ALL_OVER = "update upheld.applications set stage = 'rejected', keep_until = '2020-01-01' where closed_at is not null"
REASON = "You know boats by heart; we looked for somebody who also sails at night."

_DIFFERENCES = """
select coalesce(a.stage, c.stage) as stage, coalesce(a.number, 0) as there, coalesce(c.number, 0) as counted
from (select job_id, stage, count(*) as number from upheld.applications group by 1, 2) as a
full join (
    select job_id, stage, sum(number) as number from upheld.stage_counts group by 1, 2
) as c on c.job_id = a.job_id and c.stage = a.stage
where coalesce(a.number, 0) <> coalesce(c.number, 0)
"""


async def differences(deployment: Deployment) -> list[tuple[str, int, int]]:
    """Return where the counts are not what is there: stage, how many there are, how many are counted."""
    administrator = await deployment.administrator()
    try:
        return [tuple(row) for row in await administrator.fetch(_DIFFERENCES)]
    finally:
        await administrator.close()


async def at_once(*acts: Awaitable[Any]) -> list[int]:
    """Do everything at the same time; return how each was answered."""
    return sorted([answer.status_code for answer in await asyncio.gather(*acts)])


async def life(deployment: Deployment, stack: AsyncExitStack, people: int) -> tuple[Browser, UUID, list[Browser]]:
    """Let people apply, be moved, decided about, withdraw and leave, as much as can be at the same time."""
    owner = await stack.enter_async_context(employer(deployment))
    job = await new_job(deployment, owner)
    browsers = [
        await stack.enter_async_context(candidate(deployment, f"candidate-{number}@example.org"))
        for number in range(people)
    ]
    sent = await asyncio.gather(*(apply_for(browser, job) for browser in browsers))

    def move(number: int, stage: str) -> Awaitable[httpx.Response]:
        return owner.form(f"/hiring/applications/{sent[number]}/move", stage=stage)

    # In opposite directions between the same stages, and twice the same.
    assert set(await at_once(*(move(number, "interview") for number in range(0, people, 2)))) == {200}
    moves = [move(number, "review" if number % 2 else "offer") for number in range(people)]
    assert set(await at_once(*moves, move(0, "review"), move(0, "offer"))) <= {200, 409, 422}
    decided = owner.form(f"/hiring/applications/{sent[1]}/decide", outcome="rejected", reason=REASON)
    assert 200 in await at_once(decided, browsers[1].post(f"/applications/{sent[1]}/withdraw"))
    await at_once(*(browsers[number].post(f"/applications/{sent[number]}/withdraw") for number in (2, 3)))
    await ask_to_leave(browsers[0])
    await deployment.work()
    return owner, job, browsers


async def test_counts_stay_true_whatever_happens_at_the_same_time(deployment: Deployment) -> None:
    async with AsyncExitStack() as stack:
        owner, job, _ = await life(deployment, stack, 6)
        assert await differences(deployment) == []
        async with acting_in(deployment, owner) as acting:
            counts = (await counts_by_stage(acting, job))[job]
            lanes = await board(acting, job)
        assert sum(counts.values()) == 6
        assert counts[Stage.WITHDRAWN] >= 2, "those who withdrew, and whoever left"
        assert {lane.stage: lane.number for lane in lanes if lane.number} == counts
        assert all(lane.number == len(lane.lines) for lane in lanes), "so few are all shown"


async def retire(deployment: Deployment) -> None:
    """Let the time of every closed application be over, and retention do its work."""
    administrator = await deployment.administrator()
    await administrator.execute(_ALL_OVER)
    await administrator.close()
    async with deployment.platform.database.maintenance() as tx:
        assert len(await tx.column(_REMOVE)) >= 2


async def test_an_application_whose_time_is_over_is_not_counted_any_more(deployment: Deployment) -> None:
    async with AsyncExitStack() as stack:
        await life(deployment, stack, 4)
        await retire(deployment)
        assert await differences(deployment) == []


@pytest.mark.parametrize("trigger", ["come", "move", "go"])
async def test_without_a_trigger_the_counts_are_wrong(deployment: Deployment, trigger: str) -> None:
    administrator = await deployment.administrator()
    await administrator.execute(f"drop trigger applications_that_{trigger}_are_counted on upheld.applications")
    await administrator.close()
    async with AsyncExitStack() as stack:
        await life(deployment, stack, 4)
        await retire(deployment)
        assert await differences(deployment) != []
