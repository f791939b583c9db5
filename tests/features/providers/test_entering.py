"""Signing in through a certified provider, step by step."""

import re

import httpx
import pytest

from tests.features.providers.conftest import Offering
from tests.support.certified import Journey
from tests.support.deployment import Deployment, hidden, text_of

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"


async def agrees(journey: Journey, page: httpx.Response, **typed: str) -> httpx.Response:
    """Agree to the notice and create the account."""
    form = {"email": ADA, "account": "yes", "notice": hidden(page, "notice"), **typed}
    return await journey.browser.post("/register/with", data=form)


async def opens_mail(deployment: Deployment, journey: Journey, address: str = ADA) -> httpx.Response:
    """Press the button behind the link in the last mail."""
    await deployment.work()
    link = re.search(r"/register/with/confirm/[\w-]+", text_of(deployment.mails(address)[-1]))
    assert link is not None
    return await journey.browser.post(link[0])


async def registered(here: Offering, journey: Journey, login: str = "ada") -> None:
    """Register through the provider, all the way in."""
    page = await journey.enters(login, ADA)
    await agrees(journey, page)
    answer = await opens_mail(here.deployment, journey)
    assert answer.url.path == "/home", answer.text


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
