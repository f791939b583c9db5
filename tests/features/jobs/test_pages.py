"""Posting, finding and closing jobs, through the pages and the JSON beside them."""

import json
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.deployment import Browser, Deployment
from tests.support.hiring import employer, new_job
from upheld.platform.web.pages import notice_html

pytestmark = pytest.mark.anyio
NURSE = {
    "title": "Ward nurse",
    "employment_type": "part-time",
    "description": "# Nights\n\nYou look after **twelve** patients.",
    "location": "Lisbon",
    "country": "PT",
    "salary_currency": "EUR",
    "salary_from": "28,000",
    "salary_to": "34,500",
    "closes_on": "2199-03-31",
}


async def _post(owner: Browser, then: str = "publish", **fields: str) -> UUID:
    answer = await owner.form("/hiring/jobs/new", **{**NURSE, **fields}, then=then)
    found = re.fullmatch(r"/hiring/jobs/([0-9a-f-]{36})/preview", answer.url.path)
    assert found is not None, answer.text
    return UUID(found[1])


async def _end_yesterday(deployment: Deployment, job_id: UUID) -> None:
    """Let the closing day of a job pass."""
    connection = await deployment.administrator()
    await connection.execute("update upheld.jobs set closes_on = current_date - 2 where id = $1", job_id)
    await connection.close()


async def _posting(browser: Browser, job_id: UUID) -> dict[str, Any]:
    page = await browser.get(f"/jobs/{job_id}")
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)
    assert block is not None, page.text
    return json.loads(block[1])


async def test_a_draft_is_seen_by_its_employer_only_until_it_is_published(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.browser() as stranger:
        job_id = await _post(owner, then="save")
        assert "Only your organisation sees it" in (await owner.get(f"/hiring/jobs/{job_id}/preview?done=saved")).text
        assert (await stranger.get(f"/jobs/{job_id}")).status_code == httpx.codes.NOT_FOUND
        assert "Ward nurse" not in (await stranger.get("/jobs")).text
        assert "Everyone can read this job" in (await owner.post(f"/hiring/jobs/{job_id}/publish")).text
        page = await stranger.get(f"/jobs/{job_id}")
        assert "<strong>twelve</strong>" in page.text
        assert f'href="/jobs/{job_id}/apply"' in page.text
        assert "€28,000 to €34,500 a year" in page.text
        assert "Ward nurse" in (await stranger.get("/jobs")).text
        again = await owner.post(f"/hiring/jobs/{job_id}/publish")
    assert again.status_code == httpx.codes.CONFLICT
    assert "published already" in again.text


async def test_a_form_that_does_not_do_says_what_to_change_and_keeps_what_was_typed(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        answer = await owner.form("/hiring/jobs/new", **{**NURSE, "country": "", "salary_from": "plenty"})
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "Choose a country from the list." in answer.text
        assert 'value="plenty"' in answer.text
        assert '<option value="part-time" selected>' in answer.text
        assert "You look after **twelve** patients." in answer.text
        assert "Ward nurse" not in (await owner.get("/jobs")).text


async def test_a_job_is_found_by_any_words_of_its_title_place_and_employer(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.browser() as stranger:
        await new_job(deployment, owner, "Boat keeper")
        await new_job(deployment, owner, "Sail maker", is_remote=True)

        async def finds(search: str) -> set[str]:
            page = await stranger.get("/jobs", params={"search": search})
            return {title for title in ("Boat keeper", "Sail maker") if title in page.text}

        assert await finds("") == {"Boat keeper", "Sail maker"}
        assert await finds("KEEPER harbour bristol") == {"Boat keeper"}
        assert await finds("remote") == {"Sail maker"}
        assert await finds("%") == set()
        nothing = await stranger.get("/jobs", params={"search": '"><b>'})
        assert "No open job mentions all of these words" in nothing.text
        assert "<b>" not in nothing.text


async def test_jobs_are_filtered_by_kind_and_place_and_an_unknown_filter_hides_none(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.browser() as stranger:
        await new_job(deployment, owner, "Boat keeper")
        await new_job(deployment, owner, "Sail maker", is_remote=True)
        await _post(owner)

        async def finds(asked: str) -> set[str]:
            page = await stranger.get(f"/jobs?{asked}")
            assert page.status_code == httpx.codes.OK
            return {title for title in ("Boat keeper", "Sail maker", "Ward nurse") if title in page.text}

        assert await finds("employment=full-time") == {"Boat keeper", "Sail maker"}
        assert await finds("employment=full-time&remote=yes") == {"Sail maker"}
        assert await finds("employment=part-time&remote=yes") == set()
        assert await finds("employment=nonsense&remote=perhaps&search=") == {"Boat keeper", "Sail maker", "Ward nurse"}
        assert "Take a filter away" in (await stranger.get("/jobs?employment=internship")).text


async def test_a_long_list_is_read_page_by_page(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.browser() as stranger:
        for number in range(21):
            await new_job(deployment, owner, f"Keeper of boat {number}")
        first, second = await stranger.get("/jobs?search=boat"), await stranger.get("/jobs?search=boat&page=2")
        listed = (await stranger.get("/api/jobs")).json()
        rest = (await stranger.get("/api/jobs?page=2")).json()
    assert first.text.count("<h2>") == 20
    assert 'href="/jobs?search=boat&amp;page=2"' in first.text
    assert second.text.count("<h2>") == 1
    assert (len(listed["jobs"]), listed["next_page"]) == (20, 2)
    assert (len(rest["jobs"]), rest["next_page"]) == (1, None)


async def test_a_job_past_its_last_day_leaves_the_list_and_says_that_it_is_too_late(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.browser() as stranger:
        job_id = await _post(owner)
        await _end_yesterday(deployment, job_id)
        page = await stranger.get(f"/jobs/{job_id}")
        assert page.status_code == httpx.codes.OK
        assert "Applications closed on" in page.text
        assert f'href="/jobs/{job_id}/apply"' not in page.text
        assert "ld+json" not in page.text
        assert "Ward nurse" not in (await stranger.get("/jobs")).text
        assert (await stranger.get(f"/api/jobs/{job_id}")).json()["takes_applications"] is False
        preview = await owner.get(f"/hiring/jobs/{job_id}/preview")
        assert "Set a later day, or close it" in preview.text


async def test_closing_is_explained_first_and_cannot_be_undone(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.browser() as stranger:
        job_id = await _post(owner)
        assert "No application waits for your decision" in (await owner.get(f"/hiring/jobs/{job_id}/close")).text
        assert "Nobody can apply any more" in (await owner.post(f"/hiring/jobs/{job_id}/close")).text
        assert (await stranger.get(f"/jobs/{job_id}")).status_code == httpx.codes.NOT_FOUND
        assert (await stranger.get(f"/api/jobs/{job_id}")).status_code == httpx.codes.NOT_FOUND
        for act in ("close", "publish"):
            assert (await owner.post(f"/hiring/jobs/{job_id}/{act}")).status_code == httpx.codes.CONFLICT
        changed = await owner.form(f"/hiring/jobs/{job_id}/edit", **NURSE)
        assert changed.status_code == httpx.codes.CONFLICT
        assert "To hire again, post a new job" in changed.text


async def test_a_change_of_an_open_job_is_public_at_once(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.browser() as stranger:
        job_id = await _post(owner)
        assert 'value="28000"' in (await owner.get(f"/hiring/jobs/{job_id}/edit")).text
        changes = {"title": "Night nurse", "salary_to": ""}
        answer = await owner.form(f"/hiring/jobs/{job_id}/edit", **{**NURSE, **changes})
        assert "saved and public" in answer.text
        page = await stranger.get(f"/jobs/{job_id}")
        assert "Night nurse" in page.text
        assert "€28,000 a year" in page.text


async def test_the_posting_for_search_engines_is_complete(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.browser() as stranger:
        here = await _posting(stranger, await _post(owner))
        remote = await _posting(stranger, await _post(owner, is_remote="yes", salary_to="", closes_on=""))
    assert here["@type"] == "JobPosting"
    assert here["employmentType"] == "PART_TIME"
    assert here["validThrough"] == "2199-03-31T23:59:59Z"
    assert here["jobLocation"]["address"] == {
        "@type": "PostalAddress", "addressLocality": "Lisbon", "addressCountry": "PT",
    }  # fmt: skip
    assert here["hiringOrganization"]["name"] == "Harbour & Sons"
    assert here["baseSalary"]["value"]["maxValue"] == 34_500
    assert here["directApply"] is True
    assert "<h2>Nights</h2>" in here["description"]
    assert remote["jobLocationType"] == "TELECOMMUTE"
    assert remote["applicantLocationRequirements"]["name"] == "Portugal"
    assert remote["baseSalary"]["value"]["value"] == 28_000
    assert not {"jobLocation", "validThrough"} & remote.keys()


async def test_nothing_an_employer_types_becomes_markup(deployment: Deployment) -> None:
    hostile = "</script><script>alert(1)</script>"
    async with employer(deployment) as owner, deployment.browser() as stranger:
        job_id = await _post(owner, title=f"Nurse {hostile}", description=f"{hostile}\n\n[x](javascript:alert(1))")
        pages = [await stranger.get(f"/jobs/{job_id}"), await stranger.get("/jobs")]
        assert (await _posting(stranger, job_id))["title"] == f"Nurse {hostile}"
        preview = await owner.get(f"/hiring/jobs/{job_id}/preview")
    for page in (*pages, preview):
        assert "<script>" not in page.text
        assert 'href="javascript:' not in page.text


async def test_programs_read_jobs_as_json_and_problems_as_problem_details(deployment: Deployment) -> None:
    async with employer(deployment) as owner, deployment.browser() as program:
        job_id = await _post(owner)
        job = (await program.get(f"/api/jobs/{job_id}")).json()
        missing = await program.get(f"/api/jobs/{uuid4()}")
        unread = await program.get("/api/jobs?page=0")
    assert job["organisation"]["name"] == "Harbour & Sons"
    assert job["salary"] == {"currency": "EUR", "lowest": 28_000, "highest": 34_500}
    assert job["url"] == f"{deployment.settings.address}/jobs/{job_id}"
    assert job["takes_applications"] is True
    for answer, status in ((missing, 404), (unread, 422)):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


async def test_who_has_no_organisation_sets_one_up_before_posting(deployment: Deployment) -> None:
    async with deployment.person("grace@example.org") as browser:
        assert (await browser.get("/hiring/jobs/new")).url.path == "/organisations/new"
        answer = await browser.form("/hiring/jobs/new", **NURSE)
    assert answer.status_code == httpx.codes.FORBIDDEN


async def test_a_job_is_looked_at_before_anything_is_saved(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        looks = await owner.form("/hiring/jobs/new", **{**NURSE, "then": "look"})
        assert looks.status_code == httpx.codes.OK
        assert "How candidates would see it" in looks.text
        assert f'value="{NURSE["title"]}"' in looks.text, "nothing that was typed is lost"
        assert "Write a job" in (await owner.get("/hiring")).text, "there is none yet"
        job_id = await _post(owner)
        changed = await owner.form(f"/hiring/jobs/{job_id}/edit", **{**NURSE, "title": "Night nurse", "then": "look"})
        assert "<h1>Night nurse</h1>" in changed.text
        assert "Night nurse" not in (await owner.get(f"/jobs/{job_id}")).text
        wrong = await owner.form("/hiring/jobs/new", **{**NURSE, "title": "", "then": "look"})
        assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert NURSE["location"] in wrong.text


@pytest.mark.parametrize("written", ["# Nights\n\n## Days", "## Nights\n\n### Days", "#### Nights\n\n##### Days"])
async def test_headings_of_a_description_begin_below_the_pages_own(written: str) -> None:
    assert notice_html(written) == "<h2>Nights</h2>\n<h3>Days</h3>\n"
