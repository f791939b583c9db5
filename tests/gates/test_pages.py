"""What must be true of every page: nothing found by axe, nothing wider than a phone, hardly a script."""

import asyncio
import gzip
from collections.abc import Generator

import pytest

from tests.gates.pages import AXE, NARROWEST, Look, look_everywhere
from tests.gates.site import prepared
from tests.support.cluster import Cluster
from tests.support.people import a_browser
from tests.support.server import Server, serving

LARGEST_SCRIPT = 40_000

_FOR_PROGRAMS = "answers a program that holds a token; tests/features/tokens and tests/gates/test_api.py ask it"
_LEADS_AWAY = "leads to another site and shows nothing of its own"
NO_PAGES = {
    "/static/{tag:str}/{name:str}": "files; the pages load them",
    "/erasure/{receipt:str}/certificate.json": "a file, once the erasure is done",
    "/account/providers/{provider:str}/link": _LEADS_AWAY,
    "/account/providers/{provider:str}/prove": _LEADS_AWAY,
    "/sign-in/with/{provider:str}": _LEADS_AWAY,
    "/sign-in/with/{provider:str}/back": "without that site's answer it refuses, which is looked at and is no page",
    "/api/applications": _FOR_PROGRAMS,
    "/api/applications/{application_id:uuid}": _FOR_PROGRAMS,
    "/api/hiring/activity": _FOR_PROGRAMS,
    "/api/hiring/applications": _FOR_PROGRAMS,
    "/api/hiring/applications/{application_id:uuid}": _FOR_PROGRAMS,
    "/api/hiring/applications/{application_id:uuid}/contact": _FOR_PROGRAMS,
    "/api/hiring/jobs": _FOR_PROGRAMS,
    "/api/hiring/jobs/{job_id:uuid}": _FOR_PROGRAMS,
    "/api/profile": _FOR_PROGRAMS,
    "/api/token": _FOR_PROGRAMS,
}
"""Routes to which no caller here is shown a page, with the reason; files of any kind need none."""


@pytest.fixture(scope="module")
def server_and_looks(cluster: Cluster) -> Generator[tuple[Server, list[Look]]]:
    """Look at everything once, for all tests of this file."""
    site = asyncio.run(prepared(cluster))
    with serving(site.settings) as server:
        with a_browser() as browser:
            looks = list(look_everywhere(site, server, browser))
        yield server, looks


@pytest.fixture
def looks(server_and_looks: tuple[Server, list[Look]]) -> list[Look]:
    """Return everything that was looked at."""
    return server_and_looks[1]


def test_axe_finds_nothing_on_any_page_in_light_and_dark(looks: list[Look]) -> None:
    assert [f"{look.route} as {look.caller}, {found}" for look in looks for found in look.findings] == []


def test_every_route_was_seen_or_has_its_reason(looks: list[Look]) -> None:
    shown = {look.route for look in looks if look.is_page}
    files = {look.route for look in looks if look.status == 200 and look.kind != "text/html"}
    assert {look.route for look in looks} - shown - files == set(NO_PAGES)
    assert {look.status for look in looks if look.width and not look.is_page} >= {403, 404}
    assert len(shown) > 35, "fewer pages than there were: did the crawl see them?"


def test_no_page_is_wider_than_a_small_phone(looks: list[Look]) -> None:
    assert [f"{look.route} as {look.caller}: {look.width}" for look in looks if look.width > NARROWEST] == []


def test_no_page_carries_more_than_40_kb_of_script(server_and_looks: tuple[Server, list[Look]]) -> None:
    server, looks = server_and_looks
    with server.client() as client:
        weights = {url: len(gzip.compress(client.get(url).content)) for look in looks for url in look.scripts}
    assert len(weights) == 1, "the islands are one file, and were built"
    assert [look for look in looks if sum(weights[url] for url in look.scripts) > LARGEST_SCRIPT] == []


def test_axe_would_find_something() -> None:
    with a_browser() as browser:
        page = browser.new_page()
        page.set_content("<html lang=en><title>A page</title><main><h1>A page</h1><img src=x></main>")
        page.add_script_tag(path=AXE)
        found = page.evaluate("async () => (await axe.run()).violations.map((one) => one.id)")
    assert found == ["image-alt"]
