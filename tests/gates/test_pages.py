"""What must be true of every page: nothing found by axe, nothing wider than a phone, hardly a script."""

import asyncio
import gzip
from collections.abc import Generator

import pytest

from tests.gates.pages import AXE, NARROWEST, Look, look_everywhere, prepared
from tests.support.cluster import Cluster
from tests.support.people import a_browser
from tests.support.server import Server, serving

LARGEST_SCRIPT = 40_000

NO_PAGES = {
    "/static/{tag:str}/{name:str}": "files; the pages load them",
    "/erasure/{receipt:str}/certificate.json": "a file, once the erasure is done",
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
    assert {look.route for look in looks} - shown - files - {"nothing there"} == set(NO_PAGES)
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
