"""The first operator comes in through a link that the machine itself printed."""

import httpx
import pytest

from tests.support.deployment import PASSWORD, Deployment, hidden
from upheld.features.accounts.actions import invite_operator

pytestmark = pytest.mark.anyio
GRACE = "grace@example.org"


async def test_a_one_time_link_makes_an_operator_once(deployment: Deployment) -> None:
    link = await invite_operator(deployment.platform)
    async with deployment.browser() as browser:
        fields = {"account": "yes", "notice": hidden(await browser.get(link), "notice"), "password": PASSWORD}
        first = await browser.form(link, email=GRACE, **fields)
        second = await browser.form(link, email="mallory@example.org", **fields)
    assert "Your address is confirmed" in first.text
    assert second.status_code == httpx.codes.FORBIDDEN
    async with deployment.signed_in(GRACE):
        pass
    admin = await deployment.administrator()
    try:
        assert await admin.fetchval("select count(*) from upheld.operators") == 1
        assert await admin.fetchval("select count(*) from upheld.people") == 1
    finally:
        await admin.close()


async def test_a_guessed_link_makes_nobody_an_operator(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        link = "/first-operator/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        notice = hidden(await browser.get(link), "notice")
        answer = await browser.form(link, email=GRACE, password=PASSWORD, account="yes", notice=notice)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert f'value="{GRACE}"' in answer.text


async def test_a_new_deployment_knows_nobody(deployment: Deployment) -> None:
    administrator = await deployment.administrator()
    for table in ("people", "credentials", "operators", "sessions", "access_tokens", "members"):
        assert await administrator.fetchval(f"select count(*) from upheld.{table}") == 0, table  # noqa: S608 - constants
    await administrator.close()
