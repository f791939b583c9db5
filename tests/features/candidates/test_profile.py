"""The profile: private, typed or confirmed, and shown back as it is stored."""

import httpx
import pytest

from tests.features.candidates.steps import upload
from tests.support.deployment import Deployment
from tests.support.documents import make_pdf

pytestmark = pytest.mark.anyio
ADA, GRACE = "ada@example.org", "grace@example.org"
TYPED = {
    "full_name": "Ada Lovelace", "headline": "Analyst", "email": "ada.work@example.org",
    "phone": "+44 20 7946 0958", "location": "London", "summary": "I write <b>notes</b>.\nAnd programs.",
}  # fmt: skip


async def test_an_empty_profile_is_private_and_says_how_to_begin(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        page = await browser.get("/profile")
    assert "Upload a résumé" in page.text
    assert "Write it yourself" in page.text
    assert "Private: no employer finds you." in page.text


async def test_what_was_typed_is_stored_and_shown_back(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        assert f'value="{ADA}"' in (await browser.get("/profile/edit")).text
        page = await browser.form("/profile/edit", **TYPED)
    assert page.url.path == "/profile"
    assert "This is what is stored now." in page.text
    assert "6 of 6 answers given" in page.text
    for said in ("Ada Lovelace", "ada.work@example.org", "I write &lt;b&gt;notes&lt;/b&gt;."):
        assert said in page.text


async def test_what_does_not_fit_is_shown_again_with_what_to_change(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        wrong = {**TYPED, "email": "not an address", "phone": "call me", "headline": "x" * 161}
        page = await browser.form("/profile/edit", **wrong)
        assert page.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        for said in (
            "Enter an e-mail address",
            "Enter a phone number",
            "Shorten the headline",
            'value="call me"',
            "notes",
        ):
            assert said in page.text
        assert "Write it yourself" in (await browser.get("/profile")).text


async def test_an_answer_can_be_taken_back(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await browser.form("/profile/edit", **TYPED)
        page = await browser.form("/profile/edit", **{**TYPED, "phone": ""})
    assert "5 of 6 answers given" in page.text
    assert "7946" not in page.text


async def test_one_answer_is_changed_on_a_page_of_its_own_and_the_others_stay(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await browser.form("/profile/edit", **TYPED)
        question = (await browser.get("/profile/edit/phone")).text
        assert "Where can employers call you?" in question
        assert 'autocomplete="tel"' in question
        assert TYPED["summary"] not in question
        wrong = await browser.form("/profile/edit/phone", phone="call me")
        assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "<title>Problem: Where can employers call you?" in wrong.text
        assert 'value="call me"' in wrong.text
        page = await browser.form("/profile/edit/phone", phone="+44 555 0100 200")
        assert page.url.path == "/profile"
        for said in ("+44 555 0100 200", TYPED["full_name"], TYPED["location"]):
            assert said in page.text
        for method in ("GET", "POST"):
            assert (await browser.request(method, "/profile/edit/password")).status_code == httpx.codes.NOT_FOUND


async def test_visibility_changes_only_when_said_and_can_be_undone(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await browser.form("/profile/edit", **TYPED)
        assert "Open: employers" in (await browser.form("/profile/visibility", visibility="open")).text
        assert "Open: employers" in (await browser.form("/profile/edit", **TYPED)).text
        assert "Private: no employer" in (await browser.form("/profile/visibility", visibility="private")).text
        refused = await browser.form("/profile/visibility", visibility="everyone")
    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert await _recorded(deployment, "permission.visibility_changed") == 2


async def test_nothing_of_a_profile_lies_readable_in_the_database(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await browser.form("/profile/edit", **TYPED)
        await upload(browser, make_pdf(), "Ada Lovelace.pdf")
    admin = await deployment.administrator()
    try:
        for table in ("profiles", "documents", "audit_entries"):
            stored = await admin.fetchval(f"select string_agg(t::text, ' ') from upheld.{table} as t")  # noqa: S608 - names of ours
            assert stored
            for said in (*TYPED.values(), "Lovelace"):
                assert said not in stored
                assert said.encode().hex() not in stored
    finally:
        await admin.close()


async def test_only_ticked_suggestions_reach_the_profile_as_the_candidate_left_them(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await browser.form("/profile/edit", full_name="Ada King", email=ADA)
        page = await upload(browser, make_pdf())
        assert page.url.path.endswith("/confirm")
        assert 'value="Ada Lovelace"' in page.text
        assert "Ada King" in page.text
        assert "checked" not in page.text
        ticked = {"use-headline": "yes", "use-summary": "yes", "summary": "Corrected by hand."}
        page = await browser.form(
            page.url.path,
            full_name="Ada Lovelace",
            headline="Analyst and Programmer",
            phone="+44 20 7946 0958",
            **ticked,
        )
    assert page.url.path == "/profile"
    assert page.url.query == b"done=saved"
    for said in ("Ada King", "Analyst and Programmer", "Corrected by hand.", "4 of 6 answers given"):
        assert said in page.text
    assert "7946" not in page.text


async def test_confirming_without_a_tick_or_with_an_unfit_value_stores_nothing(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        path = (await upload(browser, make_pdf())).url.path
        nothing = await browser.form(path, full_name="Ada Lovelace")
        empty = await browser.form(path, **{"full_name": " ", "use-full_name": "yes"})
        unfit = await browser.form(path, **{"phone": "call me", "use-phone": "yes"})
        for page, said in (
            (nothing, "Tick what you want"),
            (empty, "Write something here"),
            (unfit, "phone number like"),
        ):
            assert page.status_code == httpx.codes.UNPROCESSABLE_ENTITY
            assert said in page.text
        assert 'value="call me"' in unfit.text
        assert "Write it yourself" in (await browser.get("/profile")).text


async def test_every_change_is_recorded_without_what_it_says(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await browser.form("/profile/edit", **TYPED)
        await upload(browser, make_pdf())
    assert await _recorded(deployment, "profile.changed") == 1
    assert await _recorded(deployment, "document.added") == 1


async def test_a_stranger_is_sent_to_sign_in(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        for path in ("/profile", "/profile/edit", "/documents"):
            assert (await browser.get(path)).url.path == "/sign-in"


async def _recorded(deployment: Deployment, action: str) -> int:
    admin = await deployment.administrator()
    try:
        return await admin.fetchval("select count(*) from upheld.audit_entries where action = $1", action)
    finally:
        await admin.close()
