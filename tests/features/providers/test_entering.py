"""Signing in through a certified provider, step by step."""

from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.features.providers.conftest import Offering, offering
from tests.features.providers.steps import ADA, agrees, opens_mail, registered
from tests.support.certified import WORK, Certified
from tests.support.cluster import Cluster
from tests.support.deployment import PASSWORD, deployed

pytestmark = pytest.mark.anyio


async def test_a_newcomer_agrees_confirms_the_address_and_is_in(here: Offering) -> None:
    async with here.somebody() as ada:
        page = await ada.enters("ada", ADA)
        assert page.url.path == "/register/with"
        assert f'value="{ADA}"' in page.text
        assert "Look into your mailbox" in (await agrees(ada, page)).text
        assert (await opens_mail(here.deployment, ada)).url.path == "/home"
        assert (await ada.browser.get("/profile")).status_code == httpx.codes.OK


async def test_whoever_is_known_is_in_at_once(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
    async with here.somebody() as ada:
        # The address has changed at the provider, which changes nothing here.
        assert (await ada.enters("ada", "new@example.org")).url.path == "/home"


async def test_nothing_about_a_newcomer_is_stored_before_they_agree(here: Offering) -> None:
    async with here.somebody() as ada:
        page = await ada.enters("ada", ADA)
        refused = await ada.browser.post("/register/with", data={"email": ADA, "notice": "x"})
        assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "We need your consent" in (await agrees(ada, page, account="no")).text
    admin = await here.deployment.administrator()
    try:
        for table in ("people", "identities", "consents", "departures", "messages"):
            assert await admin.fetchval(f"select count(*) from upheld.{table}") == 0, table  # noqa: S608 - a constant
    finally:
        await admin.close()


async def test_an_address_that_the_operator_trusts_the_provider_with_needs_no_mail(
    cluster: Cluster, certified: Certified
) -> None:
    async with offering(cluster, certified, trusts_addresses=True) as here:
        async with here.somebody() as ada:
            assert (await agrees(ada, await ada.enters("ada", ADA))).url.path == "/home"
        async with here.somebody() as eve:
            # Neither is one that it does not say is verified, nor one that was typed instead.
            page = await eve.enters("eve", "eve@example.org", verified=False)
            assert "Look into your mailbox" in (await agrees(eve, page, email="eve@example.org")).text
        async with here.somebody() as mallory:
            page = await mallory.enters("mallory", "mallory@example.org")
            assert "Look into your mailbox" in (await agrees(mallory, page, email="victim@example.org")).text


async def test_the_answer_is_the_same_for_an_address_that_is_taken(here: Offering) -> None:
    await here.deployment.register(ADA)
    async with here.somebody() as somebody:
        taken = await agrees(somebody, await somebody.enters("somebody", ADA))
        free = await agrees(somebody, await somebody.enters("somebody", ADA), email="free@example.org")
    assert taken.text == free.text
    await here.deployment.work()
    assert "You have an account already" in here.deployment.mails(ADA)[-1]["subject"]


async def test_the_way_back_goes_along_and_leads_nowhere_else(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
        for asked, led in (("to=privacy.home", "/privacy"), ("to=//elsewhere.example", "/home")):
            there = await ada.leaves(f"/sign-in/with/{WORK}?{asked}")
            assert (await ada.returns(await ada.says(there, "ada", ADA))).url.path == led


async def test_another_site_sends_nobody_through_a_sign_in(here: Offering) -> None:
    async with here.somebody() as ada:
        answer = await ada.browser.get(
            f"/sign-in/with/{WORK}", headers={"sec-fetch-site": "cross-site"}, follow_redirects=False
        )
    assert answer.headers["location"] == "/sign-in"


async def test_what_the_browser_is_sent_away_with_holds_every_defence(here: Offering) -> None:
    async with here.somebody() as ada:
        query = parse_qs(urlsplit(await ada.leaves()).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["response_type"] == ["code"]
    assert query["max_age"] == [str(int(here.deployment.settings.session_lifetime.total_seconds()))]
    assert all(len(query[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


async def test_a_provider_that_changes_its_keys_is_understood_at_once(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
        here.provider.change_keys()
    async with here.somebody() as ada:
        assert (await ada.enters("ada", ADA)).url.path == "/home"


async def test_whoever_declines_is_told_what_to_do(here: Offering) -> None:
    async with here.somebody() as ada:
        state = parse_qs(urlsplit(await ada.leaves()).query)["state"][0]
        query = urlencode({"error": "access_denied", "error_description": "<b>no</b>", "state": state})
        answer = await ada.returns(f"/sign-in/with/{WORK}/back?{query}")
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "Begin again, or sign in another way" in answer.text
    assert "<b>no</b>" not in answer.text


async def test_a_provider_that_does_not_answer_keeps_nobody_waiting(cluster: Cluster, certified: Certified) -> None:
    gone = replace(certified, issuer="https://127.0.0.1:9")
    async with offering(cluster, gone) as here, here.somebody() as ada:
        answer = await ada.browser.get(f"/sign-in/with/{WORK}")
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "sign in in another way" in answer.text


async def test_buttons_stand_where_providers_are_offered(here: Offering, cluster: Cluster) -> None:
    async with deployed(cluster) as bare, bare.browser() as browser:
        assert "Continue with" not in (await browser.get("/sign-in")).text + (await browser.get("/register")).text
    async with here.deployment.browser() as browser:
        assert "Continue with Work" in (await browser.get("/sign-in")).text
        assert "Continue with Work" in (await browser.get("/register")).text


async def test_somebody_without_a_password_is_told_the_same_as_somebody_with_another(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
    async with here.deployment.browser() as browser:
        wrong = [
            await browser.form("/sign-in", email=email, password=PASSWORD) for email in (ADA, "nobody@example.org")
        ]
    assert wrong[0].text.replace(ADA, "") == wrong[1].text.replace("nobody@example.org", "")


async def test_whoever_has_a_second_factor_is_asked_for_it_here_as_well(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
        admin = await here.deployment.administrator()
        await admin.execute(
            "insert into upheld.authenticator_apps (person_id, secret_sealed, confirmed_at, last_step)"
            " select id, '\\x01', now(), 1 from upheld.people"
        )
        await admin.close()
    async with here.somebody() as ada:
        page = await ada.enters("ada", ADA)
        assert page.url.path == "/sign-in/second-factor", page.url
        assert (await ada.browser.get("/profile")).url.path == "/sign-in"
