"""The candidate's side: applying, following, taking back."""

import asyncio
import datetime as dt
from contextlib import suppress
from uuid import uuid4

import httpx
import pytest

from tests.support.deployment import Deployment, hidden, text_of
from tests.support.hiring import (
    ADA,
    LETTER,
    PROFILE,
    acting_in,
    applied,
    apply_for,
    candidate,
    docx,
    employer,
    filled_form,
    new_job,
    pdf,
    send,
    upload,
)
from upheld.features.applications.actions import submit_application
from upheld.features.applications.queries import own_snapshots
from upheld.features.candidates.actions import save_profile
from upheld.features.candidates.model import ProfileText
from upheld.features.consents.model import Kind, Purpose
from upheld.features.consents.queries import has_consented, notice_in_force
from upheld.features.jobs.actions import close_job
from upheld.kit.errors import ConflictError
from upheld.platform.vault import PLATFORM

pytestmark = pytest.mark.anyio


async def test_the_candidate_sees_beforehand_exactly_what_is_sent(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment) as ada:
        job_id = await new_job(deployment, owner)
        form = await ada.get(f"/jobs/{job_id}/apply")
        for said in (
            PROFILE.full_name,
            PROFILE.email,
            PROFILE.phone,
            PROFILE.headline,
            PROFILE.location,
            PROFILE.summary,
        ):
            assert str(said) in form.text
        assert "I agree that my application is sent to Harbour &amp; Sons" in form.text
        assert "What happens when you apply" in form.text


async def test_a_candidate_applies_and_finds_what_they_sent(deployment: Deployment) -> None:
    resume = pdf("Ada Okafor", "Boats since 2014")
    async with applied(deployment, ("Ada Okafor.pdf", resume)) as sent:
        page = await sent.candidate.get(sent.own_page())
        assert "You applied" in page.text
        assert LETTER in page.text
        assert "Ada Okafor.pdf" in page.text
        assert "Boat keeper" in (await sent.candidate.get("/applications")).text
        assert (await sent.candidate.get(sent.own_page("/resume"))).content == resume
        await deployment.work()
        mail = deployment.mails(ADA)[-1]
        assert mail["subject"] == "Your application was sent"
        assert "Boat keeper is with Harbour & Sons" in text_of(mail)
        assert sent.own_page() in text_of(mail)


async def test_without_consent_nothing_is_sent_and_what_was_typed_stays(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment) as ada:
        job_id = await new_job(deployment, owner)
        answer = await send(ada, job_id, consent="", letter="Dear harbour <b>master</b>")
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "Tick the box to agree" in answer.text
        assert "Dear harbour &lt;b&gt;master&lt;/b&gt;" in answer.text
        assert "You have not applied yet" in (await ada.get("/applications")).text


async def test_what_was_sent_stays_as_it_was_when_the_profile_changes(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        async with acting_in(deployment, sent.candidate) as acting:
            await save_profile(acting, ProfileText(full_name="Ada Married", email="other@example.org"))
        assert "Ada Okafor" in (await sent.owner.get(sent.page())).text
        assert "Ada Okafor" in (await sent.candidate.get(sent.own_page())).text


async def test_a_profile_that_changed_behind_the_form_is_shown_again_before_it_is_sent(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment) as ada:
        job_id = await new_job(deployment, owner)
        answer = await send(ada, job_id, profile="2001-01-01T00:00:00+00:00")
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "Your profile has changed" in answer.text
        assert LETTER in answer.text


async def test_a_profile_without_name_or_address_is_completed_first(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment, profile=ProfileText(full_name="Ada")) as ada:
        job_id = await new_job(deployment, owner)
        form = await ada.get(f"/jobs/{job_id}/apply")
        assert "Complete your profile" in form.text
        assert "<textarea" not in form.text


async def test_changing_the_profile_from_the_form_of_an_application_leads_back_to_it(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment) as ada:
        job_id = await new_job(deployment, owner)
        change = f"/profile/edit/headline?job={job_id}"
        assert f'href="{change}"' in (await ada.get(f"/jobs/{job_id}/apply")).text
        assert hidden(await ada.get(change), "job") == str(job_id)
        back = await ada.form("/profile/edit/headline", headline="Keeper of oars", job=str(job_id))
        assert back.url.path == f"/jobs/{job_id}/apply"
        assert "Keeper of oars" in back.text
        odd = await ada.form("/profile/edit/headline", headline="Keeper of oars", job="https://evil.example/")
        assert odd.status_code == httpx.codes.UNPROCESSABLE_ENTITY


async def test_a_resume_uploaded_on_the_way_to_an_application_leads_back_to_it(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment) as ada:
        job_id = str(await new_job(deployment, owner))
        assert f'href="/documents?job={job_id}"' in (await ada.get(f"/jobs/{job_id}/apply")).text
        assert hidden(await ada.get(f"/documents?job={job_id}"), "job") == job_id
        file = {"file": ("ada.pdf", pdf("Ada Okafor", "ada@example.org"), "application/pdf")}
        confirm = await ada.post("/documents", files=file, data={"job": job_id})
        assert confirm.url.path.endswith("/confirm")
        assert f'href="/jobs/{job_id}/apply"' in confirm.text
        ticked = {"email": "ada@example.org", "use-email": "yes", "job": hidden(confirm, "job")}
        back = await ada.form(confirm.url.path, **ticked)
        assert back.url.path == f"/jobs/{job_id}/apply"
        assert "ada.pdf" in back.text
        odd = await ada.post("/documents", files=file, data={"job": "https://evil.example/"})
        assert odd.url.path.endswith("/confirm")
        assert "evil.example" not in odd.text


async def test_a_job_one_has_applied_for_offers_the_application_instead_of_applying(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        async with deployment.browser() as stranger:
            assert ">Apply<" in (await stranger.get(f"/jobs/{sent.job_id}")).text
        page = (await sent.candidate.get(f"/jobs/{sent.job_id}")).text
        assert ">Apply<" not in page
        assert "See your application" in page
        assert "You applied" in (await sent.candidate.get("/jobs")).text


async def test_a_closed_job_is_shown_to_those_who_applied_and_kindly_missing_to_everybody_else(
    deployment: Deployment,
) -> None:
    async with applied(deployment) as sent, candidate(deployment, "mallory@example.org") as mallory:
        async with acting_in(deployment, sent.owner) as acting:
            await close_job(acting, sent.job_id)
        own = await sent.candidate.get(f"/jobs/{sent.job_id}")
        assert own.status_code == httpx.codes.OK
        assert "This job is closed." in own.text
        assert "See your application" in own.text
        missing = [await mallory.get(f"/jobs/{job}{form}") for job in (sent.job_id, uuid4()) for form in ("", "/apply")]
        assert {page.status_code for page in missing} == {httpx.codes.NOT_FOUND}
        assert len({page.text for page in missing}) == 1, "a closed job can be told from one that never was"
        assert "See the jobs that are open" in missing[0].text


async def test_applying_twice_leads_to_the_application_that_was_sent(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        again = await sent.candidate.get(f"/jobs/{sent.job_id}/apply")
        assert again.url.path == sent.own_page()
        answer = await sent.candidate.form(f"/jobs/{sent.job_id}/apply", consent="yes", profile="", notice="")
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        async with acting_in(deployment, sent.candidate) as acting:
            notice = await notice_in_force(acting.tx, Kind.APPLICATION, "en")
            with pytest.raises(ConflictError, match="You have applied for this job already"):
                await submit_application(acting, sent.job_id, "", None, notice.id)


async def test_two_applications_at_the_same_moment_become_one(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment) as ada:
        job_id = await new_job(deployment, owner)
        document = await upload(deployment, ada, "ada.pdf", pdf("Ada"))
        before = _stored(deployment)
        form = await filled_form(ada, job_id, document=str(document.id))
        answers = await asyncio.gather(*(ada.form(f"/jobs/{job_id}/apply", **form) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert any("You have applied for this job already" in answer.text for answer in answers)
        assert len(_stored(deployment) - before) == 1
        async with acting_in(deployment, ada) as acting:
            assert len(await own_snapshots(acting)) == 1


async def test_an_application_that_fails_leaves_no_file_behind(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment) as ada:
        job_id = await new_job(deployment, owner)
        document = await upload(deployment, ada, "ada.pdf", pdf("Ada"))
        before = _stored(deployment)
        with suppress(RuntimeError):
            async with acting_in(deployment, ada) as acting:
                notice = await notice_in_force(acting.tx, Kind.APPLICATION, "en")
                await submit_application(acting, job_id, LETTER, document.id, notice.id)
                assert len(_stored(deployment) - before) == 1
                raise RuntimeError
        assert _stored(deployment) == before


async def test_a_closed_job_and_one_whose_last_day_has_passed_take_no_application(deployment: Deployment) -> None:
    async with employer(deployment) as owner, candidate(deployment) as ada:
        closed, late = await new_job(deployment, owner), await new_job(deployment, owner, "Late job")
        async with acting_in(deployment, owner) as acting:
            await close_job(acting, closed)
        administrator = await deployment.administrator()
        yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
        await administrator.execute("update upheld.jobs set closes_on = $1 where id = $2", yesterday, late)
        await administrator.close()
        assert (await ada.get(f"/jobs/{closed}/apply")).status_code == httpx.codes.NOT_FOUND
        assert "no longer takes applications" in (await ada.get(f"/jobs/{late}/apply")).text
        for job_id in (closed, late):
            async with acting_in(deployment, ada) as acting:
                notice = await notice_in_force(acting.tx, Kind.APPLICATION, "en")
                with pytest.raises(ConflictError, match="no longer takes applications"):
                    await submit_application(acting, job_id, "", None, notice.id)


async def test_nobody_sends_a_document_of_somebody_else(deployment: Deployment) -> None:
    async with (
        employer(deployment) as owner,
        candidate(deployment) as ada,
        candidate(deployment, "mallory@example.org") as mallory,
    ):
        job_id = await new_job(deployment, owner)
        document = await upload(deployment, ada, "ada.pdf", pdf("Ada"))
        for wanted in (str(document.id), str(uuid4())):
            answer = await send(mallory, job_id, document=wanted)
            assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
            assert "Choose one of your documents" in answer.text


async def test_the_candidate_follows_an_application_after_the_job_has_closed(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        async with acting_in(deployment, sent.owner) as acting:
            await close_job(acting, sent.job_id)
        assert "Boat keeper" in (await sent.candidate.get("/applications")).text
        assert (await sent.candidate.get(sent.own_page())).status_code == httpx.codes.OK


async def test_a_withdrawn_application_ends_consent_and_disclosure_and_waits_for_no_decision(
    deployment: Deployment,
) -> None:
    async with applied(deployment) as sent:
        assert "Withdraw your application?" in (await sent.candidate.get(sent.own_page("/withdraw"))).text
        page = await sent.candidate.post(sent.own_page("/withdraw"))
        assert "You withdrew your application" in page.text
        assert "as its record until" in page.text
        async with acting_in(deployment, sent.candidate) as acting:
            organisation = (await own_snapshots(acting))[0].organisation_id
            assert not await has_consented(acting, Purpose.APPLICATION, organisation)
        assert await _disclosed(deployment) == [True]
        assert (await sent.candidate.post(sent.own_page("/withdraw"))).status_code == httpx.codes.CONFLICT
        answer = await sent.owner.form(sent.page("/decide"), outcome="hired", reason="She would be the best of all.")
        assert answer.status_code == httpx.codes.CONFLICT
        assert "Withdrawn by the candidate" in (await sent.owner.get(sent.page())).text


async def test_disclosure_lasts_until_the_last_open_application_to_an_employer(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        second = await apply_for(sent.candidate, await new_job(deployment, sent.owner, "Sail maker"))
        await sent.candidate.post(sent.own_page("/withdraw"))
        assert await _disclosed(deployment) == [False]
        async with acting_in(deployment, sent.candidate) as acting:
            organisation = (await own_snapshots(acting))[0].organisation_id
            assert await has_consented(acting, Purpose.APPLICATION, organisation)
        await sent.candidate.post(f"/applications/{second}/withdraw")
        assert await _disclosed(deployment) == [True]


async def test_one_candidate_finds_nothing_of_another(deployment: Deployment) -> None:
    async with (
        applied(deployment, ("ada.docx", docx("Ada"))) as sent,
        candidate(deployment, "mallory@example.org") as mallory,
    ):
        for part in ("", "/resume", "/withdraw"):
            assert (await mallory.get(sent.own_page(part))).status_code == httpx.codes.NOT_FOUND
        assert (await mallory.post(sent.own_page("/withdraw"))).status_code == httpx.codes.NOT_FOUND
        assert "You applied" in (await sent.candidate.get(sent.own_page())).text


async def test_a_snapshot_is_ciphertext_under_the_key_of_this_person_with_this_employer(deployment: Deployment) -> None:
    async with applied(deployment, ("Ada Okafor.pdf", pdf("Ada"))) as sent:
        administrator = await deployment.administrator()
        row = await administrator.fetchrow("select * from upheld.application_snapshots")
        await administrator.close()
        stored = b"".join(value for value in row.values() if isinstance(value, bytes))
        for secret in (PROFILE.full_name, PROFILE.email, LETTER, "Ada Okafor.pdf"):
            assert str(secret).encode() not in stored
        # The account's keys gone, the employer's record still opens; its own key gone, it does not.
        await deployment.platform.vault.destroy(row["person_id"], PLATFORM)
        assert LETTER in (await sent.owner.get(sent.page())).text
        assert (await sent.owner.get(sent.page("/resume.png"))).status_code == httpx.codes.OK
        await deployment.platform.vault.destroy(row["person_id"], row["organisation_id"])
        assert (await sent.owner.get(sent.page())).status_code == httpx.codes.GONE
        assert (await sent.owner.get(sent.page("/resume"))).status_code == httpx.codes.GONE


def _stored(deployment: Deployment) -> set[str]:
    return {path.name for path in (deployment.settings.var / "objects").rglob("*") if path.is_file()}


async def _disclosed(deployment: Deployment) -> list[bool]:
    """Return for each disclosure whether it has ended."""
    administrator = await deployment.administrator()
    rows = await administrator.fetch("select ended_at is not null as ended from upheld.disclosures")
    await administrator.close()
    return [row["ended"] for row in rows]
