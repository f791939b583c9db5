"""Inviting people through the pages, and finding the link in the mail."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx

from tests.support.deployment import Browser, Deployment, text_of


async def invite(owner: Browser, address: str, role: str, **fields: str) -> httpx.Response:
    """Fill in the form of an invitation and send it."""
    form = {"email": address, "role": role, "language": "en", **fields}
    return await owner.form("/hiring/organisation/invite", **form)


async def link_to(deployment: Deployment, address: str) -> str:
    """Do the work that waits; return the path of the newest invitation to an address."""
    await deployment.work()
    links = [re.search(r"/invitations/[0-9a-f-]{36}", text_of(mail)) for mail in deployment.mails(address)]
    found = [link[0] for link in links if link]
    assert found, f"no invitation was mailed to {address}"
    return found[-1]


@asynccontextmanager
async def joined(deployment: Deployment, owner: Browser, address: str, role: str) -> AsyncGenerator[Browser]:
    """Yield the browser of somebody who was invited and has accepted."""
    answer = await invite(owner, address, role)
    assert "Invited." in answer.text, answer.text
    link = await link_to(deployment, address)
    async with deployment.person(address) as browser:
        answer = await browser.post(f"{link}/accept")
        assert answer.url.path == "/hiring/organisation", answer.text
        yield browser
