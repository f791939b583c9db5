"""The candidate's home: what to do next, what is under way, who looked, what runs; and whose home it is not."""

import datetime as dt

import httpx
import pytest

from tests.support.deployment import Deployment
from tests.support.hiring import ADA, Application, applied, candidate, employer, everybody_becomes, pdf, upload

pytestmark = pytest.mark.anyio


async def test_a_newcomer_is_led_through_three_steps_that_are_ticked_as_they_are_done(deployment: Deployment) -> None:
    async with candidate(deployment) as ada:
        before = (await ada.get("/home")).text
        await upload(deployment, ada, "ada.pdf", pdf("Ada"))
        after = (await ada.get("/home")).text
    assert "Three steps to your first application" in before
    assert (before.count('class="over"'), after.count('class="over"')) == (1, 2)
    assert "Your applications" not in after, "the third step says what to do"
    assert "Nobody yet." in after
    assert "None is running." in after


async def test_an_application_under_way_is_at_home_with_its_stage_and_who_looked(deployment: Deployment) -> None:
    async with applied(deployment, ("ada.pdf", pdf("Ada"))) as sent:
        for _ in range(3):
            await sent.owner.get(sent.page())
        home = (await sent.candidate.get("/home")).text
        assert "Three steps" not in home
        assert f'href="{sent.own_page()}">Boat keeper' in home
        assert 'aria-current="step">Sent<' in home
        assert home.count("read your application") == 1
        assert "· 3 times" in home
        await sent.owner.form(sent.page("/move"), stage="interview")
        assert 'aria-current="step">Interview<' in (await sent.candidate.get("/home")).text


async def test_days_on_which_something_happens_by_itself_stand_at_home_the_soonest_first(
    deployment: Deployment,
) -> None:
    async with applied(deployment) as sent:
        last_day = await _last_day_of_the_job(deployment, sent, dt.timedelta(days=9))
        home = (await sent.candidate.get("/home")).text
        assert "Last day to apply for Boat keeper." in home
        assert f"<dt>{last_day.day} " in home
        await sent.candidate.post(sent.own_page("/withdraw"))
        assert "keeps your application for Boat keeper until this day" in (await sent.candidate.get("/home")).text
        await sent.candidate.form("/privacy/leave", word="LEAVE")
        home = (await sent.candidate.get("/home")).text
    assert home.index("Until then you can call it off") < home.index("keeps your application")


async def test_a_last_day_that_has_passed_is_no_deadline(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        await _last_day_of_the_job(deployment, sent, -dt.timedelta(days=1))
        assert "None is running." in (await sent.candidate.get("/home")).text


async def test_home_is_where_ones_work_is(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.person(ADA) as ada, deployment.browser() as stranger:
        assert (await owner.get("/home")).url.path == "/hiring"
        assert (await ada.get("/home")).url.path == "/home"
        assert (await stranger.get("/home")).url.path == "/sign-in"
        administrator = await deployment.administrator()
        await everybody_becomes(administrator, "interviewer")
        await administrator.close()
        assert (await owner.get("/home")).status_code == httpx.codes.OK


async def _last_day_of_the_job(deployment: Deployment, sent: Application, away: dt.timedelta) -> dt.date:
    day = deployment.platform.clock.now().astimezone(dt.UTC).date() + away
    administrator = await deployment.administrator()
    await administrator.execute("update upheld.jobs set closes_on = $1 where id = $2", day, sent.job_id)
    await administrator.close()
    return day
