"""The frame around every page: each person is offered rooms that open for them, and told where they are."""

import re
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.deployment import Browser, Deployment
from tests.support.hiring import colleague, employer

pytestmark = pytest.mark.anyio


def offered(page: httpx.Response) -> list[str]:
    """Return where header and footer lead."""
    frame = page.text.split("<main", 1)[0] + page.text.split("</main>", 1)[1]
    return re.findall(r'<a [^>]*href="(/[^"]*)"', frame)


async def opens_all_of_them(browser: Browser, start: str) -> set[str]:
    links = set(offered(await browser.get(start)))
    for link in links:
        answer = await browser.get(link)
        assert answer.status_code == httpx.codes.OK, f"{link} answers {answer.status_code}"
        assert link == "/" or answer.url.path != "/sign-in" or link == "/sign-in", f"{link} asks to sign in"
    return links


async def test_every_room_that_is_offered_opens(deployment: Deployment) -> None:
    async with AsyncExitStack() as stack:
        stranger = await stack.enter_async_context(deployment.browser())
        candidate = await stack.enter_async_context(deployment.person("ada@example.org"))
        owner = await stack.enter_async_context(employer(deployment))
        interviewer = await stack.enter_async_context(colleague(deployment, owner, "ivan@example.org", "interviewer"))
        public = {"/", "/jobs", "/trust", "/about/privacy", "/about/data-map", "/about/disclosure", "/outbox"}
        own = {"/applications", "/profile", "/privacy", "/account"}
        assert await opens_all_of_them(stranger, "/jobs") == public | {"/sign-in", "/register"}
        assert await opens_all_of_them(candidate, "/profile") == public | own | {"/home"}
        hiring = {"/hiring", "/hiring/applications", "/hiring/organisation"}
        assert await opens_all_of_them(owner, "/hiring") == public | own | hiring
        interviews = {"/hiring/interviews", "/hiring/organisation"}
        assert await opens_all_of_them(interviewer, "/hiring/interviews") == public | own | interviews


async def test_every_room_offers_to_sign_out(deployment: Deployment) -> None:
    rooms = ("/profile", "/documents", "/applications", "/privacy", "/account", "/account/security", "/tokens")
    hiring = ("/hiring", "/hiring/applications", "/hiring/organisation", "/hiring/organisation/roles")
    async with employer(deployment) as owner:
        for room in (*rooms, *hiring):
            page = await owner.get(room)
            assert page.url.path == room
            assert 'action="/sign-out"' in page.text.split("<main", 1)[0], room


async def test_the_room_one_is_in_is_said_once_in_each_shape_of_the_navigation(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        for path, room in (
            ("/hiring", "/hiring"),
            ("/hiring/applications", "/hiring/applications"),
            ("/hiring/jobs/new", "/hiring"),
            ("/documents", "/profile"),
        ):
            page = await owner.get(path)
            assert urlsplit(str(page.url)).path == path
            header = page.text.split("<main", 1)[0]
            assert re.findall(r'href="([^"]*)" aria-current="page"', header) == [room, room]
