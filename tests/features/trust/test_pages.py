"""The trust pages, as anybody sees them."""

import datetime as dt
import re
from dataclasses import replace

import httpx
import msgspec
import pytest
import rfc8785

from tests.support.clock import SetClock
from tests.support.cluster import Cluster
from tests.support.deployment import Browser, Deployment
from tests.support.proofs import recorded, told
from upheld.features.trust import store
from upheld.features.trust.model import PromiseState
from upheld.features.trust.probe import CheckState
from upheld.features.trust.promises import PROMISES
from upheld.main.web import create_app

pytestmark = pytest.mark.anyio


def shown_state(page: str, promise: str) -> str:
    """Return the word that stands beside a promise."""
    found = re.search(rf'<li id="{re.escape(promise)}">.*?<span class="tag[^"]*">([^<]*)<', page, re.DOTALL)
    assert found is not None, promise
    return found[1]


def after(deployment: Deployment, days: int) -> Browser:
    """Return a browser in which it is some days later."""
    clock = SetClock(deployment.platform.clock.now() + dt.timedelta(days=days))
    platform = replace(deployment.platform, clock=clock)
    return replace(deployment, platform=platform, app=create_app(platform)).browser()


async def test_before_the_first_run_nothing_is_shown_as_kept_and_the_page_says_what_to_do(
    deployment: Deployment,
) -> None:
    async with deployment.browser() as browser:
        page, file = await browser.get("/trust"), await browser.get("/trust.json")
        one = await browser.get("/trust/access.rls")
    assert "Nothing has been checked yet" in page.text
    assert "upheld verify" in page.text
    assert ">Upheld<" not in page.text + one.text
    assert "No run has looked at this yet" in one.text
    assert file.status_code == httpx.codes.NOT_FOUND
    assert "upheld verify" in file.text


async def test_each_state_stands_there_as_a_word(deployment: Deployment) -> None:
    await told(deployment, "store.cookies", CheckState.PASSED)
    await told(deployment, "edge.headers", CheckState.FAILED, faults=["GET /jobs lacks a header"])
    async with deployment.browser() as browser:
        page = (await browser.get("/trust")).text
        one = (await browser.get("/trust/edge.headers")).text
    assert [shown_state(page, name) for name in ("store.cookies", "edge.headers", "access.rls", "agent.wss")] == [
        "Upheld", "Broken", "Unproven", "Not built yet",
    ]  # fmt: skip
    assert "GET /jobs lacks a header" in page
    assert "GET /jobs lacks a header" in one
    assert "was unproven, is now broken." in page


async def test_every_promise_is_on_the_page_and_has_one_of_its_own(deployment: Deployment) -> None:
    await told(deployment, "store.cookies", CheckState.PASSED)
    async with deployment.browser() as browser:
        page = (await browser.get("/trust")).text
        assert re.findall(r'<li id="([a-z]+\.[a-z]+)">', page) == re.findall(
            r'href="/trust/([a-z]+\.(?!py)[a-z]+)">[^<]{20}', page
        )
        assert set(re.findall(r'<li id="([a-z]+\.[a-z]+)">', page)) == {promise.id for promise in PROMISES}
        for promise in PROMISES:
            one = await browser.get(f"/trust/{promise.id}")
            assert one.status_code == httpx.codes.OK
            assert all(f'id="{check.id}"' in one.text for check in promise.checks)
        assert (await browser.get("/trust/access.nothing")).status_code == httpx.codes.NOT_FOUND
    assert len(page.encode()) < 60_000


async def test_the_json_twin_is_the_signed_run_in_canonical_form(deployment: Deployment, cluster: Cluster) -> None:
    report = await recorded(deployment, cluster)
    async with deployment.browser() as browser:
        answer = await browser.get("/trust.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == rfc8785.dumps(answer.json())
    assert answer.json()["signature"] == report.signature
    assert set(answer.json()) == {"promises", "summary", "signature"}


async def test_the_history_shows_since_when_and_has_a_table_behind_it(deployment: Deployment) -> None:
    for state in (CheckState.PASSED, CheckState.FAILED, CheckState.PASSED, CheckState.PASSED):
        await told(deployment, "store.cookies", state, faults=["planted"])
    async with deployment.browser() as browser:
        page = (await browser.get("/trust/store.cookies")).text
    strip = re.findall(r'<path class="([a-z-]+)" d="M(\d+) [\d.]+h(\d+)"/>', page)
    assert strip == [("upheld", "0", "1"), ("broken", "1", "1"), ("upheld", "2", "2")]
    assert re.findall(r'<td data-label="State">(\w+)</td>', page) == ["upheld", "upheld", "broken", "upheld"]
    assert "The last 4 runs, oldest first" in page


async def test_the_page_filters_by_state_and_says_so_when_nothing_is_in_it(deployment: Deployment) -> None:
    await told(deployment, "store.cookies", CheckState.PASSED)
    async with deployment.browser() as browser:
        upheld = (await browser.get("/trust", params={"state": "upheld"})).text
        broken = (await browser.get("/trust", params={"state": "broken"})).text
        odd = (await browser.get("/trust", params={"state": "<b>"})).text
    assert re.findall(r'<li id="([a-z.]+)">', upheld) == ["store.cookies"]
    assert "No promise is in this state" in broken
    assert set(re.findall(r'<li id="([a-z.]+)">', odd)) == {promise.id for promise in PROMISES}


async def test_what_no_run_could_show_is_not_called_checked(deployment: Deployment) -> None:
    await told(deployment, "store.cookies", CheckState.UNPROVEN, could_not_look="it was away")
    async with deployment.browser() as browser:
        page = (await browser.get("/trust/store.cookies")).text
    assert "could not show all of it" in page
    assert "Last checked" not in page
    assert "<dt>Tried at</dt>" in page


async def test_a_run_that_is_days_old_is_said_to_be_old(deployment: Deployment) -> None:
    await told(deployment, "store.cookies", CheckState.PASSED)
    async with after(deployment, 1) as browser:
        assert "These results are old." not in (await browser.get("/trust")).text
    async with after(deployment, 3) as browser:
        assert "These results are old." in (await browser.get("/trust")).text


def stats(page: str) -> dict[str, str]:
    """Return the numbers of a page, by what they count."""
    return dict(re.findall(r'<div class="stat"><dt>([^<]*)</dt><dd>([^<]*)</dd>', page))


async def test_the_front_page_counts_what_the_last_run_found_and_nothing_before_it(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        assert stats((await browser.get("/")).text).keys() == {"promises", "checks that run"}
        await told(deployment, "store.cookies", CheckState.PASSED)
        held = stats((await browser.get("/")).text)
        assert (held["promises"], held["upheld"]) == (str(len(PROMISES)), "1")
        assert "broken" not in held
        await told(deployment, "store.cookies", CheckState.FAILED, faults=["planted"])
        assert stats((await browser.get("/")).text).items() >= {"upheld": "0", "broken": "1"}.items()


async def test_the_front_page_says_nothing_of_a_run_that_somebody_else_signed(deployment: Deployment) -> None:
    genuine = await told(deployment, "store.cookies", CheckState.PASSED)
    forged = {**msgspec.to_builtins(genuine), "summary": {**genuine.summary, "upheld": 99}, "signature": "00" * 64}
    async with deployment.platform.database.maintenance() as tx:
        await store.record_run(tx, forged)
    async with deployment.browser() as browser:
        assert "upheld" not in stats((await browser.get("/")).text)


async def test_whoever_finds_a_weakness_is_led_to_somebody_who_reads_it(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        file = await browser.get("/.well-known/security.txt")
        page = await browser.get("/about/disclosure")
    assert file.headers["content-type"].replace(" ", "") == "text/plain;charset=utf-8"
    assert f"Policy: {deployment.settings.address}/about/disclosure\n" in file.text
    assert "Contact: mailto:privacy@example.org\n" in file.text
    assert 'href="mailto:privacy@example.org"' in page.text
    assert "Safe harbour" in page.text


def test_only_the_first_state_is_called_upheld() -> None:
    assert next(iter(PromiseState)) == "upheld"
    assert [state for state in PromiseState if "upheld" in state] == [PromiseState.UPHELD]
