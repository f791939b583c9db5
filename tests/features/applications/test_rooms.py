"""Going on with applications: one after another, several at once, back again, and for good."""

import datetime as dt
import re
from uuid import UUID

import httpx
import pytest

from tests.support.deployment import Deployment
from tests.support.hiring import ADA, acting_in, applied, apply_for, candidate, colleague, new_job
from upheld.features.applications.actions import move_application
from upheld.features.applications.desk.store import latest_events, longest_waiting, neighbours
from upheld.features.applications.model import MOVES, Stage

pytestmark = pytest.mark.anyio
REASON = "You know boats by heart; we looked for somebody who also sails at night."
BEN = "ben@example.org"


async def test_a_move_can_be_taken_back_except_to_new(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        first = await sent.owner.form(sent.page("/move"), stage="review")
        assert "Done: In review" in first.text
        assert "Move back" not in first.text
        second = await sent.owner.form(sent.page("/move"), stage="interview")
        assert "Move back to In review" in second.text
        assert f'action="{sent.page("/move")}"' in second.text
        back = await sent.owner.form(sent.page("/move"), stage="review")
        assert "Done: In review" in back.text
        assert await _stage(deployment, sent.id) == "review"


async def test_one_goes_from_application_to_application_within_a_stage(deployment: Deployment) -> None:
    async with applied(deployment) as ada, candidate(deployment, BEN) as ben:
        ben_sent = await apply_for(ben, ada.job_id)
        async with acting_in(deployment, ada.owner) as acting:
            beside = await neighbours(acting.tx, ada.id)
            assert (beside.newer, beside.older) == (ben_sent, None)
            beside = await neighbours(acting.tx, ben_sent)
            assert (beside.newer, beside.older) == (None, ada.id)
        async with acting_in(deployment, ada.candidate) as acting:
            beside = await neighbours(acting.tx, ada.id)
            assert (beside.newer, beside.older) == (None, None), "a candidate learns of no other"
        answer = await ada.owner.form(f"/hiring/applications/{ben_sent}/move", stage="review", then="next")
        assert answer.url.path == ada.page()
        assert "The application before this one: In review" in answer.text
        alone = await ada.owner.form(ada.page("/decide"), outcome="rejected", reason=REASON, then="yes")
        assert alone.url.path == f"/hiring/jobs/{ada.job_id}"


async def test_a_decision_is_shown_once_more_and_until_then_nothing_is_decided(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        check = await sent.owner.form(sent.page("/decide/check"), outcome="rejected", reason=REASON + " <3")
        assert "This is final" in check.text
        assert REASON + " &lt;3" in check.text
        assert "Ada" not in check.text
        assert await _stage(deployment, sent.id) == "new"
        again = await sent.owner.form(sent.page("/decide/again"), outcome="rejected", reason=REASON)
        assert f">{REASON}</textarea>" in again.text
        assert re.search(r'value="rejected"[^>]* checked', again.text)
        short = await sent.owner.form(sent.page("/decide/check"), outcome="hired", reason="No")
        assert short.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "at least 10 characters" in short.text
        assert await _stage(deployment, sent.id) == "new"
        await sent.owner.form(sent.page("/decide"), outcome="rejected", reason=REASON)
        closed = await sent.owner.form(sent.page("/decide/check"), outcome="hired", reason=REASON)
        assert closed.status_code == httpx.codes.CONFLICT


async def test_several_applications_move_at_once_and_each_candidate_is_told(deployment: Deployment) -> None:
    async with applied(deployment) as ada, candidate(deployment, BEN) as ben:
        ben_sent = await apply_for(ben, ada.job_id)
        await ada.owner.form(f"/hiring/applications/{ben_sent}/move", stage="interview")
        move = f"/hiring/jobs/{ada.job_id}/move"
        picked = {f"pick-{ada.id}": "yes", f"pick-{ben_sent}": "yes"}
        answer = await ada.owner.form(move, stage="interview", shown="", **picked)
        assert answer.url.path == f"/hiring/jobs/{ada.job_id}/list"
        assert "1 application moved" in answer.text, "who is there already does not move"
        again = await ada.owner.form(move, stage="interview", shown="", **picked)
        assert "Nothing was moved" in again.text
        assert [await _stage(deployment, one) for one in (ada.id, ben_sent)] == ["interview", "interview"]
        await deployment.work()
        for address in (ADA, BEN):
            subjects = [mail["subject"] for mail in deployment.mails(address)]
            assert subjects.count("News about your application") == 1
        for nothing in ({"stage": "review"}, {"stage": "hired", **picked}, {"stage": "review", "pick-x": "yes"}):
            refused = await ada.owner.form(move, **nothing)
            assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        async with candidate(deployment, "mallory@example.org") as mallory:
            refused = await mallory.form(move, stage="offer", **picked)
            assert refused.status_code == httpx.codes.NOT_FOUND
        assert await _stage(deployment, ada.id) == "interview"


async def test_the_list_shows_one_stage_or_all_jobs_and_is_journaled(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        address = f"/hiring/jobs/{sent.job_id}/list"
        assert "Ada Okafor" not in (await sent.owner.get(f"{address}?stage=offer")).text
        assert await _looks(deployment) == 0
        for shown in ("", "?stage=new", "?stage=unheard-of", "?after=yesterday~1", "?after=2026-01-01~nobody"):
            assert "Ada Okafor" in (await sent.owner.get(address + shown)).text, shown
        assert await _looks(deployment) == 1
        everywhere = await sent.owner.get("/hiring/applications")
        assert "Ada Okafor" in everywhere.text
        assert "Boat keeper" in everywhere.text
        before = await sent.owner.get(f"{address}?after=2001-01-01T00:00:00Z~{sent.id}")
        assert "Ada Okafor" not in before.text


async def test_what_waits_and_what_happened_are_for_those_who_may_see_them(deployment: Deployment) -> None:
    async with (
        applied(deployment) as sent,
        colleague(deployment, sent.owner, "ivan@example.com", "interviewer") as ivan,
    ):
        async with acting_in(deployment, sent.owner) as acting:
            await move_application(acting, sent.id, Stage.REVIEW)
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        async with acting_in(deployment, sent.owner) as acting:
            assert [one.id for one in await longest_waiting(acting.tx, MOVES, soon)] == [sent.id]
            long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=7)
            assert await longest_waiting(acting.tx, MOVES, long_ago) == []
            told = [(one.stage, one.is_own, one.is_candidates) for one in await latest_events(acting.tx, 8)]
            assert told == [(Stage.REVIEW, True, False), (Stage.NEW, False, True)]
        for browser in (ivan, sent.candidate):
            async with acting_in(deployment, browser) as acting:
                assert await longest_waiting(acting.tx, MOVES, soon) == []
                assert await latest_events(acting.tx, 8) == []
        assert (await ivan.get("/home")).url.path == "/hiring/interviews"
        assert (await sent.owner.get("/hiring/interviews")).url.path == "/hiring"


async def test_closing_a_job_says_who_still_waits(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        page = await sent.owner.get(f"/hiring/jobs/{sent.job_id}/close")
        assert "1 application still waits for your decision" in page.text
        assert "Ada" not in page.text
        await sent.owner.post(f"/hiring/jobs/{sent.job_id}/close")
        assert "1 candidate still waits for an answer" in (await sent.owner.get("/hiring")).text
        again = await sent.owner.post(f"/hiring/jobs/{sent.job_id}/close")
        assert again.status_code == httpx.codes.CONFLICT


async def test_the_board_of_a_draft_says_that_nobody_can_apply_yet(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        draft = await new_job(deployment, sent.owner, publish=False)
        assert "Nobody can apply before the job is published" in (await sent.owner.get(f"/hiring/jobs/{draft}")).text
        assert "A draft, ready to look at and publish" in (await sent.owner.get("/hiring")).text


async def _stage(deployment: Deployment, application_id: UUID) -> str:
    administrator = await deployment.administrator()
    stage = await administrator.fetchval("select stage from upheld.applications where id = $1", application_id)
    await administrator.close()
    return stage


async def _looks(deployment: Deployment) -> int:
    administrator = await deployment.administrator()
    number = await administrator.fetchval("select count(*) from upheld.access_journal")
    await administrator.close()
    return number
