"""The privacy centre: what is held, who saw it, what was agreed to."""

import httpx
import pytest

from tests.support.catalog import connected
from tests.support.deployment import Deployment
from tests.support.hiring import ADA, applied, pdf
from upheld.platform.signatures import public_hex

pytestmark = pytest.mark.anyio


async def test_a_newcomer_sees_that_little_is_held_and_nobody_looked(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        page = (await ada.get("/privacy")).text
    assert ADA in page
    assert "None yet" in page
    assert "Nobody yet" in page
    assert "You signed in" in page


async def test_a_candidate_sees_which_employer_saw_which_part(deployment: Deployment) -> None:
    async with applied(deployment, ("resume.pdf", pdf("Ada Okafor"))) as application:
        assert "Nobody yet" in (await application.candidate.get("/privacy")).text
        await application.owner.get(application.page())
        page = (await application.candidate.get("/privacy")).text
        assert "Nobody yet" not in page
        assert "Harbour &amp; Sons" in page
        assert "read your application" in page
        assert "Boat keeper" in page
        await application.owner.get(application.page("/resume"))
        assert "opened your résumé" in (await application.candidate.get("/privacy/journal")).text


async def test_the_whole_journal_is_shown_a_hundred_lines_a_page(deployment: Deployment) -> None:
    async with applied(deployment) as application:
        async with connected(deployment.cluster, deployment.settings.database) as connection:
            await connection.execute(
                "insert into upheld.access_journal (person_id, viewer_id, organisation_id, application_id, part)"
                " select person_id, gen_random_uuid(), organisation_id, id, 'contact'"
                " from upheld.applications, generate_series(1, 130)"
            )
        ada = application.candidate
        assert "Show all 130" in (await ada.get("/privacy")).text
        assert (await ada.get("/privacy/journal")).text.count("looked up how to reach you") == 100
        assert (await ada.get("/privacy/journal?page=2")).text.count("looked up how to reach you") == 30
        for odd in ("0", "-1", "x", "99999999999999999999"):
            assert (await ada.get(f"/privacy/journal?page={odd}")).status_code == httpx.codes.OK


async def test_a_consent_is_withdrawn_and_given_again_in_one_step_each(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        withdrawn = await ada.form("/privacy/consents", purpose="resume-reading", organisation="")
        assert ">Agree<" in withdrawn.text
        given = await ada.form("/privacy/consents", purpose="resume-reading", give="yes")
        assert ">Withdraw<" in given.text
        again = await ada.form("/privacy/consents", purpose="resume-reading", give="yes")
        assert again.status_code == httpx.codes.OK
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        words = await connection.fetch("select given from upheld.consents where purpose = 'resume-reading' order by at")
    assert [row["given"] for row in words] == [True, False, True]


async def test_withdrawing_the_consent_to_an_employer_takes_the_applications_back(deployment: Deployment) -> None:
    async with applied(deployment) as application:
        ada = application.candidate
        async with connected(deployment.cluster, deployment.settings.database) as connection:
            employer = await connection.fetchval("select organisation_id from upheld.applications")
        await ada.form("/privacy/consents", purpose="application", organisation=str(employer))
        assert "Withdrawn" in (await ada.get(application.own_page())).text
        repeated = await ada.form("/privacy/consents", purpose="application", organisation=str(employer))
        assert repeated.status_code == httpx.codes.NOT_FOUND


async def test_withdrawing_says_first_which_applications_are_taken_back(deployment: Deployment) -> None:
    async with applied(deployment) as application, deployment.person("mallory@example.org") as mallory:
        employer = await _organisation(deployment)
        question = f"/privacy/consents/{employer}/withdraw"
        page = (await application.candidate.get(question)).text
        assert "Your application for Boat keeper is taken back" in page
        assert "You applied" in (await application.candidate.get(application.own_page())).text, "asking changes nothing"
        assert (await mallory.get(question)).status_code == httpx.codes.NOT_FOUND
        done = await application.candidate.form("/privacy/consents", purpose="application", organisation=employer)
        assert "You have withdrawn your consent" in done.text
        assert (await application.candidate.get(question)).status_code == httpx.codes.NOT_FOUND


async def test_the_words_that_were_agreed_to_are_shown_also_when_others_are_in_force(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        newer = "11111111-1111-4111-8111-111111111111"
        async with connected(deployment.cluster, deployment.settings.database) as connection:
            agreed = await connection.fetchval("select distinct notice_id::text from upheld.consents")
            await connection.execute(
                "insert into upheld.notices (id, kind, version, language, body, sha256, published_at)"
                " select $1, kind, '9.newer', language, $2, sha256(convert_to($2, 'UTF8')), now() + interval '1 second'"
                " from upheld.notices where id::text = $3",
                newer, "# A newer wording\n\nWe changed our mind.", agreed,
            )  # fmt: skip
        assert f'href="/privacy/agreed/{agreed}"' in (await ada.get("/privacy")).text
        page = (await ada.get(f"/privacy/agreed/{agreed}")).text
        assert "Keeping an account for you" in page
        assert "We changed our mind" not in page
        assert (await ada.get(f"/privacy/agreed/{newer}")).status_code == httpx.codes.NOT_FOUND


async def test_the_journal_is_filtered_by_employer_and_part_and_printed_as_a_table(deployment: Deployment) -> None:
    async with applied(deployment, ("resume.pdf", pdf("Ada Okafor"))) as application:
        await application.owner.get(application.page())
        await application.owner.get(application.page("/contact"))
        ada, employer = application.candidate, await _organisation(deployment)
        contact = (await ada.get(f"/privacy/journal?part=contact&organisation={employer}")).text
        assert "looked up how to reach you" in contact
        assert "read your application" not in contact
        assert "Nothing fits" in (await ada.get("/privacy/journal?part=resume")).text
        table = (await ada.get("/privacy/journal?as=table")).text
        assert table.count("<tr>") == 3
        for odd in ("part=nonsense", "organisation=nonsense"):
            assert "read your application" in (await ada.get(f"/privacy/journal?{odd}")).text


async def test_leaving_is_called_off_with_a_word_that_it_was(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        await ada.form("/privacy/leave", word="leave")
        assert "You are leaving" in (await ada.get("/privacy")).text
        page = (await ada.post("/privacy/leave/call-off")).text
    assert "Called off. Your account stays" in page
    assert "You are leaving" not in page


async def test_the_page_of_the_archive_says_when_everything_was_last_taken(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        assert "You last downloaded everything" not in (await ada.get("/privacy/export")).text
        await ada.form("/privacy/export")
        assert "You last downloaded everything" in (await ada.get("/privacy/export")).text


async def _organisation(deployment: Deployment) -> str:
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        return str(await connection.fetchval("select organisation_id from upheld.applications"))


async def test_what_cannot_be_changed_here_is_not_changed(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        for fields in (
            {"purpose": "account"},
            {"purpose": "account", "give": "yes"},
            {"purpose": "application", "give": "yes"},
            {"purpose": "nonsense"},
            {"purpose": "application", "organisation": "00000000-0000-0000-0000-000000000000"},
        ):
            assert (await ada.form("/privacy/consents", **fields)).status_code == httpx.codes.NOT_FOUND
        odd = await ada.form("/privacy/consents", purpose="application", organisation="x")
        assert odd.status_code == httpx.codes.UNPROCESSABLE_ENTITY


async def test_the_key_that_signs_certificates_is_public(deployment: Deployment) -> None:
    async with deployment.browser() as stranger:
        answer = await stranger.get("/.well-known/upheld-signing-key")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == public_hex(deployment.platform.keys.signing_key()) + "\n"


@pytest.mark.parametrize("path", ["/privacy", "/privacy/journal", "/privacy/export", "/privacy/leave"])
async def test_the_privacy_centre_is_for_those_who_are_signed_in(deployment: Deployment, path: str) -> None:
    async with deployment.browser() as stranger:
        answer = await stranger.get(path, follow_redirects=False)
    assert answer.headers["location"].startswith("/sign-in")
