"""Pages of getting in, seen by somebody who is signed in: their frame says so, as that of every other page does."""

import re

import httpx
import pytest

from tests.support.deployment import Browser, Deployment

pytestmark = pytest.mark.anyio

OPENED = (
    "/prove", "/register", "/register/look-into-your-mail", "/verify/a-link", "/first-operator/a-link", "/reset",
    "/reset/look-into-your-mail", "/reset/link/a-link", "/address/a-link", "/address/a-link/take-back",
    "/sign-in/second-factor", "/register/with/confirm/a-link", "/invitations/00000000-0000-4000-8000-000000000000",
)  # fmt: skip
SENT = {
    "/prove": {"own-password": "not hers"},
    "/register": {"email": "no address"},
    "/verify/a-link": {"password": "not hers"},
    "/sign-in": {"email": "", "password": ""},
    "/sign-in/second-factor": {"code": "123456"},
    "/reset": {"email": "no address"},
    "/reset/link/a-link": {"password": "a quite long password of hers"},
    "/address/a-link/take-back": {},
}


def _frame(page: httpx.Response) -> str:
    found = re.search(r'<header class="top">(.*?)</header>', page.text, re.DOTALL)
    assert found is not None, page.text
    return found[1]


async def _frames(browser: Browser) -> dict[str, str]:
    """Return the head of each page, opened or answered to what was sent to it."""
    opened = {path: _frame(await browser.get(path)) for path in OPENED}
    return opened | {f"sent {path}": _frame(await browser.form(path, **fields)) for path, fields in SENT.items()}


async def test_pages_of_getting_in_say_who_is_signed_in(deployment: Deployment) -> None:
    async with deployment.person("ada@example.org") as ada:
        for path, frame in (await _frames(ada)).items():
            assert "Sign out" in frame, path
            assert "Create an account" not in frame, path


async def test_strangers_are_asked_in_on_the_same_pages(deployment: Deployment) -> None:
    async with deployment.browser() as stranger:
        for path, frame in (await _frames(stranger)).items():
            assert "Create an account" in frame, path
            assert "Sign out" not in frame, path
