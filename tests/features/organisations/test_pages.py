"""Founding an organisation and accepting its rule, through the pages."""

from uuid import uuid4

import httpx
import pytest

from tests.support.deployment import PASSWORD, Browser, Deployment, hidden
from tests.support.hiring import acting_in, everybody_becomes
from upheld.features.organisations import store
from upheld.features.organisations.queries import may_see_candidates, organisation, own_organisation
from upheld.features.organisations.wording import region_name
from upheld.kit.errors import NotFoundError

pytestmark = pytest.mark.anyio
GRACE = "grace@example.org"


async def _found(browser: Browser) -> httpx.Response:
    return await browser.form("/organisations/new", name="  Northwind   Hospital ", website="northwind.example")


async def _accept(browser: Browser) -> httpx.Response:
    notice = hidden(await browser.get("/hiring/fair-use"), "notice")
    return await browser.form("/hiring/fair-use", notice=notice, accept="yes")


async def _set_role(deployment: Deployment, role: str) -> None:
    connection = await deployment.administrator()
    await everybody_becomes(connection, role)
    await connection.close()


async def _recorded(deployment: Deployment, action: str) -> int:
    connection = await deployment.administrator()
    count: int = await connection.fetchval("select count(*) from upheld.audit_entries where action = $1", action)
    await connection.close()
    return count


async def test_a_founder_becomes_the_owner_and_reads_the_fair_use_policy_next(deployment: Deployment) -> None:
    async with deployment.person(GRACE) as browser:
        answer = await _found(browser)
        assert answer.url.path == "/hiring/fair-use"
        assert "People trust Northwind Hospital" in answer.text
        async with acting_in(deployment, browser) as acting:
            assert acting.role == "owner"
            own = await own_organisation(acting)
    assert (own.name, own.website) == ("Northwind Hospital", "https://northwind.example")
    assert await _recorded(deployment, "permission.organisation_founded") == 1


async def test_a_name_that_does_not_do_is_asked_for_again_and_what_was_typed_stays(deployment: Deployment) -> None:
    async with deployment.person(GRACE) as browser:
        answer = await browser.form("/organisations/new", name="N", website="https://northwind.example/about")
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "Enter the name candidates know you by" in answer.text
    assert 'value="https://northwind.example/about"' in answer.text


async def test_only_a_plain_https_address_becomes_a_link_on_public_pages(deployment: Deployment) -> None:
    refused = (
        "http://northwind.example", "javascript://northwind.example/%0aalert(1)", "https://you@northwind.example",
        "https://localhost", "https://north wind.example", "https://[northwind.example",
        "https://northwind.example/" + "x" * 200,
    )  # fmt: skip
    async with deployment.person(GRACE) as browser:
        for website in refused:
            answer = await browser.form("/organisations/new", name="Northwind Hospital", website=website)
            assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, website
            assert "Enter an address like https://example.org" in answer.text
    assert await _recorded(deployment, "permission.organisation_founded") == 0


async def test_a_person_may_found_several_organisations_and_none_twice(deployment: Deployment) -> None:
    async with deployment.person(GRACE) as browser:
        await _found(browser)
        again = await _found(browser)
        assert again.status_code == httpx.codes.CONFLICT
        assert "You belong to an organisation of this name already" in again.text
        another = await browser.form("/organisations/new", name="Southwind Hospital", website="")
        assert "People trust Southwind Hospital" in another.text
        async with acting_in(deployment, browser) as acting:
            assert (await own_organisation(acting)).name == "Southwind Hospital"
    assert await _recorded(deployment, "permission.organisation_founded") == 2


async def test_candidates_stay_closed_until_the_policy_is_accepted(deployment: Deployment) -> None:
    async with deployment.person(GRACE) as browser:
        await _found(browser)
        async with acting_in(deployment, browser) as acting:
            assert not await may_see_candidates(acting)
        assert (await _accept(browser)).url.path == "/hiring"
        async with acting_in(deployment, browser) as acting:
            assert await may_see_candidates(acting)
        assert "You accepted this policy for Northwind Hospital" in (await browser.get("/hiring/fair-use")).text


async def test_an_interviewer_who_accepted_the_policy_still_sees_no_candidate(deployment: Deployment) -> None:
    async with deployment.person(GRACE) as browser:
        await _found(browser)
        await _accept(browser)
        await _set_role(deployment, "interviewer")
        async with acting_in(deployment, browser) as acting:
            assert not await may_see_candidates(acting)


async def test_without_the_tick_or_with_another_wording_nothing_is_accepted(deployment: Deployment) -> None:
    async with deployment.person(GRACE) as browser:
        await _found(browser)
        notice = hidden(await browser.get("/hiring/fair-use"), "notice")
        unticked = await browser.form("/hiring/fair-use", notice=notice)
        account_notice = hidden(await browser.get("/register"), "notice")
        other = await browser.form("/hiring/fair-use", notice=account_notice, accept="yes")
        async with acting_in(deployment, browser) as acting:
            assert not await may_see_candidates(acting)
    assert unticked.status_code == other.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "Tick the box" in unticked.text
    assert "The policy has changed" in other.text


async def test_accepting_the_same_wording_twice_is_recorded_once(deployment: Deployment) -> None:
    async with deployment.person(GRACE) as browser:
        notice = hidden(await _found(browser), "notice")
        for _ in range(2):
            answer = await browser.form("/hiring/fair-use", notice=notice, accept="yes")
            assert answer.url.path == "/hiring"
    assert await _recorded(deployment, "permission.fair_use_accepted") == 1


async def test_who_acts_for_no_organisation_is_led_to_set_one_up(deployment: Deployment) -> None:
    async with deployment.person(GRACE) as browser:
        assert (await browser.get("/hiring/fair-use")).url.path == "/organisations/new"
        answer = await browser.form("/hiring/fair-use", notice=str(uuid4()), accept="yes")
        assert answer.status_code in {httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY}
        async with acting_in(deployment, browser) as acting:
            with pytest.raises(NotFoundError):
                await own_organisation(acting)
            with pytest.raises(NotFoundError):
                await organisation(acting.tx, uuid4())


async def test_strangers_are_asked_to_sign_in(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        for path in ("/organisations/new", "/hiring/fair-use"):
            assert (await browser.get(path)).url.path == "/sign-in"
            assert (await browser.form(path, name="Northwind")).status_code == httpx.codes.UNAUTHORIZED


async def test_signing_in_leads_back_to_setting_up_the_organisation(deployment: Deployment) -> None:
    await deployment.register(GRACE)
    async with deployment.browser() as browser:
        to = hidden(await browser.get("/organisations/new"), "to")
        answer = await browser.form("/sign-in", email=GRACE, password=PASSWORD, to=to)
    assert answer.url.path == "/organisations/new"


async def test_an_owner_changes_what_everyone_reads(deployment: Deployment) -> None:
    async with deployment.person(GRACE) as browser:
        await _found(browser)
        page = await browser.get("/hiring/organisation")
        assert "Northwind Hospital" in page.text
        assert "You have not accepted the fair-use policy yet" in page.text
        assert 'value="https://northwind.example"' in (await browser.get("/hiring/organisation/edit")).text
        wrong = await browser.form("/hiring/organisation/edit", name="N", website="http://x")
        assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert 'value="http://x"' in wrong.text
        saved = await browser.form("/hiring/organisation/edit", name="Southwind Hospital", website="")
        assert saved.url.path == "/hiring/organisation"
        assert "Candidates see it from now on" in saved.text
        await browser.form("/hiring/organisation/edit", name="Southwind Hospital", website="")
        async with acting_in(deployment, browser) as acting:
            own = await own_organisation(acting)
    assert (own.name, own.website) == ("Southwind Hospital", None)
    assert await _recorded(deployment, "organisation.changed") == 1, "what stays as it is is no change"


@pytest.mark.parametrize("role", ["manager", "interviewer"])
async def test_nobody_but_an_owner_renames_an_organisation_not_even_past_the_pages(
    deployment: Deployment, role: str
) -> None:
    async with deployment.person(GRACE) as browser:
        await _found(browser)
        await _set_role(deployment, role)
        assert "Your role does not include changing this" in (await browser.get("/hiring/organisation")).text
        assert (await browser.get("/hiring/organisation/edit")).status_code == httpx.codes.FORBIDDEN
        answer = await browser.form("/hiring/organisation/edit", name="Southwind Hospital", website="")
        assert answer.status_code == httpx.codes.FORBIDDEN
        async with acting_in(deployment, browser) as acting:
            assert not await store.change_organisation(acting.tx, "Southwind Hospital", None)
            assert (await own_organisation(acting)).name == "Northwind Hospital"


def test_a_region_is_called_by_its_name() -> None:
    assert [region_name("en", code) for code in ("in", "eu", "us-ca", "xq")] == [
        "India", "European Union", "United States (us-ca)", "xq",
    ]  # fmt: skip
