"""Error pages: what happened, what to do, and a way on that fits who is there."""

import re

import httpx
import pytest

from tests.support.deployment import Deployment
from tests.support.hiring import employer

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"
NOBODYS = "0d8f1f6e-6f0e-4c55-9a6f-1c1a2b3c4d5e"


def ways_on(page: httpx.Response) -> list[str]:
    """Return where the buttons and links of the page lead, the first first."""
    main = page.text.split("<main", 1)[1].split("</main>", 1)[0]
    return re.findall(r'href="([^"]*)"', main)


async def test_a_stranger_is_led_to_the_start_page_and_to_the_jobs(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        for path in ("/nothing-here", "//evil.example/x"):
            answer = await browser.get(deployment.settings.address + path)
            assert answer.status_code == httpx.codes.NOT_FOUND
            assert ways_on(answer)[0] == "/"
            assert "evil.example" not in answer.text
            assert "<h1>Nothing here</h1>" in answer.text


async def test_somebody_signed_in_is_led_to_their_own_pages(deployment: Deployment) -> None:
    async with deployment.person(ADA) as candidate:
        answer = await candidate.get(f"/applications/{NOBODYS}")
        assert ways_on(answer)[0] == "/home"
        assert "Sign out" in answer.text
    async with employer(deployment) as owner:
        answer = await owner.get(f"/hiring/applications/{NOBODYS}")
        assert ways_on(answer)[0] == "/hiring"


async def test_what_an_address_does_not_take_is_said(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        answer = await browser.post("/signed-out")
    assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED
    assert "This cannot be done here" in answer.text
