"""Linking and unlinking, proving anew, and never ending up without a way in."""

import re

import asyncpg
import httpx
import pytest

from tests.features.providers.conftest import Offering
from tests.features.providers.steps import ADA, registered
from tests.support.certified import WORK, Certified, Journey
from tests.support.deployment import Browser, Deployment, text_of

pytestmark = pytest.mark.anyio
LINK = f"/account/providers/{WORK}/link"


def at_the_provider(provider: Certified, browser: Browser, visitor: httpx.AsyncClient) -> Journey:
    """Return the way of somebody who is signed in here already."""
    return Journey(provider, browser, visitor)


async def links(journey: Journey, login: str) -> httpx.Response:
    """Link an account at the provider to the one that is signed in, and say yes."""
    page = await journey.returns(await journey.says(await journey.leaves(LINK), login, "at-work@example.org"))
    assert page.url.path == "/account/providers/add", page.text
    return await journey.browser.post("/account/providers/add")


async def grown_old(deployment: Deployment) -> None:
    """Let everybody's last proof lie longer back than it counts."""
    admin = await deployment.administrator()
    await admin.execute("update upheld.sessions set proven_at = now() - interval '11 minutes'")
    await admin.close()


async def test_a_provider_is_added_by_a_yes_and_opens_the_account_from_then_on(here: Offering) -> None:
    async with here.deployment.person(ADA) as browser, here.provider.visitor() as visitor:
        answer = await links(at_the_provider(here.provider, browser, visitor), "ada-at-work")
        assert "Added." in answer.text
        await here.deployment.work()
        assert "Work now opens your account" in here.deployment.mails(ADA)[-1]["subject"]
    async with here.somebody() as ada:
        assert (await ada.enters("ada-at-work", "whatever@example.org")).url.path == "/home"
        assert ADA in (await ada.browser.get("/home")).text + (await ada.browser.get("/privacy")).text


async def test_a_provider_added_or_removed_replaces_the_secret_of_the_session(here: Offering) -> None:
    async with here.deployment.person(ADA) as browser, here.provider.visitor() as visitor:
        secrets = [here.deployment.secret_of(browser)]
        page = await links(at_the_provider(here.provider, browser, visitor), "ada-at-work")
        secrets.append(here.deployment.secret_of(browser))
        remove = re.search(r"/account/providers/[0-9a-f-]{36}/remove", page.text)
        assert remove is not None
        assert "Removed" in (await browser.post(remove[0])).text
        secrets.append(here.deployment.secret_of(browser))
        assert (await browser.get("/account")).url.path == "/account"
    assert len(set(secrets)) == 3


async def test_coming_back_links_nothing_before_the_yes(here: Offering) -> None:
    async with here.deployment.person(ADA) as browser, here.provider.visitor() as visitor:
        journey = at_the_provider(here.provider, browser, visitor)
        page = await journey.returns(await journey.says(await journey.leaves(LINK), "ada-at-work", "w@example.org"))
        assert "w@example.org" in page.text
        assert "None yet" in (await browser.get("/account/providers")).text


async def test_what_opens_one_account_is_not_added_to_another(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
    async with here.deployment.person("ben@example.org") as browser, here.provider.visitor() as visitor:
        answer = await links(at_the_provider(here.provider, browser, visitor), "ada")
        assert answer.status_code == httpx.codes.CONFLICT
        assert "opens an account here already" in answer.text


async def test_linking_and_unlinking_need_a_fresh_proof(here: Offering) -> None:
    async with here.deployment.person(ADA) as browser, here.provider.visitor() as visitor:
        journey = at_the_provider(here.provider, browser, visitor)
        await links(journey, "ada-at-work")
        remove = re.search(r"/account/providers/[0-9a-f-]+/remove", (await browser.get("/account/providers")).text)
        assert remove is not None
        await grown_old(here.deployment)
        assert (await browser.get(LINK)).url.path == "/prove"
        assert (await browser.post(remove[0])).status_code == httpx.codes.UNAUTHORIZED
        assert "Remove" in (await browser.get("/account/providers")).text


async def test_the_database_itself_refuses_to_link_in_a_session_that_is_not_fresh(here: Offering) -> None:
    async with here.deployment.person(ADA):
        await grown_old(here.deployment)
        async with here.deployment.connected("gate") as gate:
            admin = await here.deployment.administrator()
            session = await admin.fetchval("select id from upheld.sessions")
            await admin.close()
            linking = (
                "select upheld.link_identity($1, gen_random_uuid(), 'https://x.example', array[$2::bytea], '\\x01')"
            )
            with pytest.raises(asyncpg.PostgresError, match="just been proven"):
                await gate.fetchval(linking, session, b"\x01" * 33)


async def test_a_session_links_what_it_asked_for_itself(here: Offering) -> None:
    """Another session of this browser, somebody else's perhaps, says yes to what an earlier one asked for."""
    await here.deployment.register("ben@example.org")
    async with here.deployment.person(ADA) as browser, here.provider.visitor() as visitor:
        journey = at_the_provider(here.provider, browser, visitor)
        await journey.returns(await journey.says(await journey.leaves(LINK), "ada-at-work", "w@example.org"))
        async with here.deployment.signed_in("ben@example.org") as other:
            browser.cookies.set("__Host-session", other.cookies["__Host-session"], domain="upheld.localhost")
            assert (await browser.post("/account/providers/add")).status_code == httpx.codes.FORBIDDEN
            assert "None yet" in (await browser.get("/account/providers")).text


async def test_the_last_way_in_stays(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
        page = await ada.browser.get("/account/providers")
        remove = re.search(r"/account/providers/[0-9a-f-]+/remove", page.text)
        assert remove is not None
        answer = await ada.browser.post(remove[0])
        assert answer.status_code == httpx.codes.CONFLICT
        assert "the only way in" in answer.text
        assert "Remove" in (await ada.browser.get("/account/providers")).text


@pytest.mark.parametrize("table", ["identities", "credentials"])
async def test_no_statement_whatever_leaves_somebody_without_a_way_in(here: Offering, table: str) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
    await here.deployment.register("ben@example.org")
    admin = await here.deployment.administrator()
    try:
        with pytest.raises(asyncpg.PostgresError, match="last way in"):
            await admin.execute(f"delete from upheld.{table}")  # noqa: S608 - a constant
    finally:
        await admin.close()


async def test_one_of_two_ways_in_can_go_and_opens_nothing_any_more(here: Offering) -> None:
    async with here.deployment.person(ADA) as browser, here.provider.visitor() as visitor:
        await links(at_the_provider(here.provider, browser, visitor), "ada-at-work")
        remove = re.search(r"/account/providers/[0-9a-f-]+/remove", (await browser.get("/account/providers")).text)
        assert remove is not None
        assert "Removed." in (await browser.post(remove[0])).text
        await here.deployment.work()
        assert "no longer opens" in text_of(here.deployment.mails(ADA)[-1]) + here.deployment.mails(ADA)[-1]["subject"]
    async with here.somebody() as ada:
        assert (await ada.enters("ada-at-work", "w@example.org")).url.path == "/register/with"


async def test_nobody_removes_another_persons_way_in(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
        remove = re.search(r"/account/providers/[0-9a-f-]+/remove", (await ada.browser.get("/account/providers")).text)
    assert remove is not None
    async with here.deployment.person("ben@example.org") as browser:
        assert (await browser.post(remove[0])).status_code == httpx.codes.NOT_FOUND


async def test_somebody_without_a_password_proves_anew_at_the_provider(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
        await grown_old(here.deployment)
        asked = await ada.browser.get("/privacy/export")
        assert asked.url.path == "/prove"
        other_way = re.search(r'href="(/account/providers/prove[^"]*)"', asked.text)
        assert other_way is not None
        page = await ada.browser.get(other_way[1].replace("&amp;", "&"))
        button = re.search(rf'href="(/account/providers/{WORK}/prove[^"]*)"', page.text)
        assert button is not None
        before = ada.browser.cookies["__Host-session"]
        back = await ada.says(await ada.leaves(button[1].replace("&amp;", "&")), "ada", ADA)
        assert (await ada.returns(back)).url.path == "/privacy/export"
        assert ada.browser.cookies["__Host-session"] != before


async def test_another_account_at_the_provider_proves_nothing(here: Offering) -> None:
    async with here.deployment.person("ben@example.org") as browser, here.provider.visitor() as visitor:
        await links(at_the_provider(here.provider, browser, visitor), "ben")
    async with here.somebody() as ada:
        await registered(here, ada)
        await grown_old(here.deployment)
        for login in ("ben", "somebody-new"):
            there = await ada.leaves(f"/account/providers/{WORK}/prove")
            async with here.provider.visitor() as visitor:
                back = await at_the_provider(here.provider, ada.browser, visitor).says(there, login, "b@example.org")
            answer = await ada.returns(back)
            assert answer.status_code == httpx.codes.FORBIDDEN
            assert "Nothing was changed" in answer.text
        assert (await ada.browser.get("/privacy/export")).url.path == "/prove"


async def test_identities_are_in_the_export_and_go_with_the_account(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
        answer = await ada.browser.post("/privacy/export")
        assert answer.status_code == httpx.codes.OK
        assert b"sign-ins-elsewhere" in answer.content
