"""Steps that several tests go with somebody who comes through the provider."""

import re

import httpx

from tests.features.providers.conftest import Offering
from tests.support.certified import Journey
from tests.support.deployment import Deployment, hidden, text_of

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
