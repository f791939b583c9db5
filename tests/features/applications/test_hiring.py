"""The employer's side: the board, opening, moving, deciding; and who sees nothing."""

import datetime as dt
import re
from html import unescape
from uuid import uuid4

import httpx
import pytest

from tests.support.deployment import Browser, Deployment, hidden, text_of
from tests.support.hiring import (
    ADA,
    LETTER,
    OWNER,
    PROFILE,
    Application,
    acting_in,
    applied,
    apply_for,
    candidate,
    docx,
    employer,
    everybody_becomes,
    new_job,
    pdf,
)
from upheld.features.applications.actions import move_application
from upheld.features.applications.model import Stage
from upheld.features.audit.model import Action
from upheld.features.audit.queries import own_history
from upheld.kit.deadlines import months_after
from upheld.kit.errors import InvalidError

pytestmark = pytest.mark.anyio
REASON = "You know boats by heart; we looked for somebody who also sails at night."


def _addresses(sent: Application) -> list[str]:
    return [f"/hiring/jobs/{sent.job_id}", *(sent.page(part) for part in ("", "/contact", "/resume", "/resume.png"))]


async def _sees_nothing(browser: Browser, sent: Application) -> None:
    for address in _addresses(sent):
        answer = await browser.get(address)
        assert answer.status_code == httpx.codes.NOT_FOUND, address
        assert "Ada" not in answer.text
    for address, fields in ((sent.page("/move"), {"stage": "review"}), (sent.page("/decide"), {"outcome": "hired"})):
        answer = await browser.form(address, **fields, reason=REASON)
        assert answer.status_code == httpx.codes.NOT_FOUND, address


async def test_an_employer_reads_what_was_sent(deployment: Deployment) -> None:
    resume = pdf("Ada Okafor", "Boats since 2014")
    async with applied(deployment, ("Ada.pdf", resume)) as sent:
        board = await sent.owner.get(f"/hiring/jobs/{sent.job_id}")
        assert "Ada Okafor" in board.text
        assert LETTER not in board.text
        page = await sent.owner.get(sent.page())
        for said in (PROFILE.full_name, PROFILE.headline, PROFILE.location, PROFILE.summary, LETTER, "Ada.pdf"):
            assert str(said) in page.text
        assert str(PROFILE.email) not in page.text
        contact = await sent.owner.get(sent.page("/contact"))
        assert str(PROFILE.email) in contact.text
        assert str(PROFILE.phone) in contact.text
        picture = await sent.owner.get(sent.page("/resume.png"))
        assert picture.headers["content-type"] == "image/png"
        assert picture.content.startswith(b"\x89PNG")
        original = await sent.owner.get(sent.page("/resume"))
        assert original.content == resume
        assert original.headers["content-disposition"] == "attachment; filename=\"Ada.pdf\"; filename*=UTF-8''Ada.pdf"
        assert original.headers["cache-control"] == "no-store"


async def test_a_word_file_is_shown_as_its_text(deployment: Deployment) -> None:
    async with applied(deployment, ("Ada.docx", docx("Ada Okafor", "Boats <since> 2014"))) as sent:
        page = await sent.owner.get(sent.page())
        assert "Boats &lt;since&gt; 2014" in page.text
        assert "<img class" not in page.text
        assert (await sent.owner.get(sent.page("/resume.png"))).status_code == httpx.codes.NOT_FOUND


async def test_a_hostile_file_name_stays_a_name(deployment: Deployment) -> None:
    async with applied(deployment, ('x"; filename=evil.html;\u202e <b>.pdf', pdf("Ada"))) as sent:
        disposition = (await sent.owner.get(sent.page("/resume"))).headers["content-disposition"]
        names = re.fullmatch(r"attachment; filename=\"([^\"]*)\"; filename\*=UTF-8''(\S*)", disposition)
        assert names is not None
        assert not set('"<>;=\\') & set(names[1] + names[2])
        assert "<b>" not in (await sent.owner.get(sent.page())).text


async def test_each_look_is_in_the_candidates_journal_and_in_the_audit_log(deployment: Deployment) -> None:
    async with applied(deployment, ("Ada.pdf", pdf("Ada"))) as sent:
        assert await _journal(deployment) == []
        for address in _addresses(sent):
            await sent.owner.get(address)
        assert await _journal(deployment) == ["application", "contact", "list", "resume", "resume"]
        await sent.owner.get(f"/hiring/jobs/{sent.job_id}")
        await sent.owner.get(sent.page())
        assert await _journal(deployment) == ["application", "application", "contact", "list", "resume", "resume"]
        async with acting_in(deployment, sent.owner) as acting:
            recorded = [entry.action for entry in await own_history(acting)]
        for action in (Action.LIST_OPENED, Action.APPLICATION_OPENED, Action.CONTACT_OPENED, Action.RESUME_OPENED):
            assert str(action) in recorded


async def test_a_form_that_comes_back_shows_nothing_of_the_candidate(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        answer = await sent.owner.form(sent.page("/decide"), reason="Too <few>")
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "Choose what you decided" in answer.text
        assert "at least 10 characters" in answer.text
        assert "Too &lt;few&gt;" in answer.text
        assert "Ada" not in answer.text
        again = await sent.owner.form(sent.page("/move"), stage="new")
        assert again.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "Ada" not in again.text
        assert await _journal(deployment) == []


async def test_a_recruiter_of_another_organisation_sees_no_application(deployment: Deployment) -> None:
    async with applied(deployment, ("Ada.pdf", pdf("Ada"))) as sent:
        async with employer(deployment, "rival@example.com", "Rivals") as rival:
            await _sees_nothing(rival, sent)
        assert await _journal(deployment) == []


async def test_a_stranger_and_another_candidate_see_no_application(deployment: Deployment) -> None:
    async with applied(deployment, ("Ada.pdf", pdf("Ada"))) as sent:
        async with candidate(deployment, "mallory@example.org") as mallory:
            await _sees_nothing(mallory, sent)
        await _sees_nothing(sent.candidate, sent)
        async with deployment.browser() as stranger:
            for address in _addresses(sent):
                assert (await stranger.get(address)).url.path == "/sign-in"


async def test_an_interviewer_sees_no_application(deployment: Deployment) -> None:
    async with applied(deployment, ("Ada.pdf", pdf("Ada"))) as sent:
        administrator = await deployment.administrator()
        await everybody_becomes(administrator, "interviewer")
        await administrator.close()
        await _sees_nothing(sent.owner, sent)
        room = await sent.owner.get("/hiring")
        assert room.status_code == httpx.codes.OK
        assert "You belong to this organisation, and see none of its applications." in room.text
        assert "Boat keeper" in room.text
        assert await _journal(deployment) == []


async def test_before_fair_use_is_accepted_nothing_of_a_candidate_is_shown(deployment: Deployment) -> None:
    async with applied(deployment, ("Ada.pdf", pdf("Ada"))) as sent:
        administrator = await deployment.administrator()
        await administrator.execute("delete from upheld.fair_use_acceptances")
        await administrator.close()
        assert "agree how you treat" in (await sent.owner.get("/hiring")).text
        for address in (
            f"/hiring/jobs/{sent.job_id}",
            sent.page(),
            f"/hiring/jobs/{uuid4()}",
            f"/hiring/applications/{uuid4()}",
        ):
            answer = await sent.owner.get(address)
            assert answer.url.path == "/hiring/fair-use"
            assert "Ada" not in answer.text
        for part in ("/contact", "/resume", "/resume.png"):
            assert (await sent.owner.get(sent.page(part))).status_code == httpx.codes.NOT_FOUND
        answer = await sent.owner.form(sent.page("/decide"), outcome="hired", reason=REASON)
        assert answer.status_code == httpx.codes.NOT_FOUND
        assert await _journal(deployment) == []


async def test_a_newcomer_is_led_from_the_first_step_to_a_published_job(deployment: Deployment) -> None:
    async with deployment.person(OWNER) as browser:
        assert (await browser.get("/hiring")).url.path == "/organisations/new"
        await browser.form("/organisations/new", name="Harbour & Sons", website="")
        assert _current_step(await browser.get("/hiring")) == "Agree how you treat candidates' data"
        notice = hidden(await browser.get("/hiring/fair-use"), "notice")
        home = await browser.form("/hiring/fair-use", accept="yes", notice=notice)
        assert home.url.path == "/hiring"
        assert _current_step(home) == "Write your first job"
        job_id = await new_job(deployment, browser, publish=False)
        assert _current_step(await browser.get("/hiring")) == "Publish it"
        await browser.post(f"/hiring/jobs/{job_id}/publish")
        assert "What to do next" in (await browser.get("/hiring")).text


async def test_the_home_of_an_employer_says_what_to_do_next(deployment: Deployment) -> None:
    async with employer(deployment, "second@example.com") as owner:
        job_id = await new_job(deployment, owner)
        assert "Nothing waits for you" in (await owner.get("/hiring")).text
        assert "Share the public page" in (await owner.get(f"/hiring/jobs/{job_id}")).text
        async with candidate(deployment) as ada:
            await apply_for(ada, job_id)
        home = await owner.get("/hiring")
        assert "1 new application to look at" in home.text
        assert "<title>1 new: hiring" in home.text
        assert "Ada" not in home.text
        assert await _journal(deployment) == []


async def test_an_application_moves_forward_and_back_and_the_candidate_follows(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        for stage in ("review", "interview", "offer", "review"):
            answer = await sent.owner.form(sent.page("/move"), stage=stage)
            assert answer.url.path == f"/hiring/jobs/{sent.job_id}"
        page = await sent.candidate.get(sent.own_page())
        assert page.text.count("The employer is looking at your application") == 2
        assert "In review" in page.text
        await deployment.work()
        assert [mail["subject"] for mail in deployment.mails(ADA)].count("News about your application") == 4


async def test_an_application_does_not_become_new_again(deployment: Deployment) -> None:
    async with applied(deployment) as sent, acting_in(deployment, sent.owner) as acting:
        await move_application(acting, sent.id, Stage.REVIEW)
        for stage in (Stage.NEW, Stage.REVIEW, Stage.HIRED, Stage.WITHDRAWN):
            with pytest.raises(InvalidError):
                await move_application(acting, sent.id, stage)


@pytest.mark.parametrize(("outcome", "told"), [("hired", "decided for you"), ("rejected", "You were not chosen")])
async def test_a_decision_reaches_the_candidate_with_its_reason_and_is_final(
    deployment: Deployment, outcome: str, told: str
) -> None:
    async with applied(deployment) as sent:
        answer = await sent.owner.form(sent.page("/decide"), outcome=outcome, reason=REASON)
        assert answer.url.path == f"/hiring/jobs/{sent.job_id}"
        page = await sent.candidate.get(sent.own_page())
        assert told in page.text
        assert REASON in page.text
        assert "Withdraw" not in page.text
        kept = months_after(dt.datetime.now(dt.UTC).date(), 12)
        assert f"{kept:%-d %B %Y}" in page.text
        decided = await sent.owner.get(sent.page())
        assert f"Kept as your record until {kept:%-d %B %Y}" in decided.text
        assert "<textarea" not in decided.text
        for part, fields in (("/decide", {"outcome": "hired"}), ("/move", {"stage": "review"})):
            again = await sent.owner.form(sent.page(part), **fields, reason=REASON)
            assert again.status_code == httpx.codes.CONFLICT
        assert (await sent.candidate.post(sent.own_page("/withdraw"))).status_code == httpx.codes.CONFLICT


async def test_the_reason_of_a_decision_is_ciphertext_and_not_in_the_mail(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        await sent.owner.form(sent.page("/decide"), outcome="rejected", reason=REASON)
        await deployment.work()
        assert REASON not in text_of(deployment.mails(ADA)[-1])
        administrator = await deployment.administrator()
        rows = await administrator.fetch(
            "select reason_sealed from upheld.application_events where reason_sealed is not null"
        )
        await administrator.close()
        assert len(rows) == 1
        assert REASON.encode() not in rows[0]["reason_sealed"]


def _current_step(page: httpx.Response) -> str:
    """Return the heading of the step of the checklist that is next."""
    found = re.search(r'aria-current="step"><h2>([^<]*)</h2>', page.text)
    assert found is not None
    return unescape(found[1])


async def _journal(deployment: Deployment) -> list[str]:
    """Return the parts that the journal says were seen."""
    administrator = await deployment.administrator()
    rows = await administrator.fetch("select part from upheld.access_journal order by part")
    await administrator.close()
    return [row["part"] for row in rows]


@pytest.mark.parametrize("typed", ["9" * 5000, "-1", "\u0663", "first"])
async def test_a_mistyped_place_in_a_list_shows_the_list(deployment: Deployment, typed: str) -> None:
    async with applied(deployment) as sent:
        board = await sent.owner.get(f"/hiring/jobs/{sent.job_id}?skip={typed}")
        assert board.status_code == httpx.codes.OK
