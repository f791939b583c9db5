"""Error pages: what happened, what to do, and a way on that fits who is there."""

import re
from typing import TYPE_CHECKING, cast

import httpx
import pytest

from tests.support.deployment import Deployment
from tests.support.hiring import employer
from upheld.kit.errors import TooSoonError
from upheld.platform.i18n import Words
from upheld.platform.web.errors import render_error

if TYPE_CHECKING:
    from litestar.types import Scope

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


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 second"), (119, "119 seconds"), (121, "3 minutes"), (900, "15 minutes"), (7201, "3 hours")],
)
def test_a_wait_is_told_in_the_unit_people_think_in_and_never_too_short(seconds: int, said: str) -> None:
    assert Words("en").wait(seconds) == said


def test_whoever_tried_too_often_reads_how_long_to_wait_and_that_nothing_typed_is_lost() -> None:
    def refused(method: str) -> str:
        scope = cast("Scope", {"type": "http", "method": method, "path": "/profile/edit", "headers": []})
        status, headers, body = render_error(scope, TooSoonError(900))
        assert (status, dict(headers)[b"retry-after"]) == (429, b"900")
        return body.decode()

    assert "Try again in 15 minutes." in refused("POST")
    assert "What you sent is still in your browser" in refused("POST")
    assert "What you sent" not in refused("GET")
