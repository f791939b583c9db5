"""The list of one's own sessions says where each was opened, in the reader's words."""

import html

import httpx
import pytest

from tests.support.deployment import PASSWORD, Deployment
from upheld.platform.web.cookies import LANGUAGE_COOKIE

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"
PLACES = {
    "49.36.0.1": ("India", "भारत"),
    "2a00:1450:4001::1": ("Ireland", "आयरलैंड"),
    "::ffff:8.8.8.8": ("United States", "संयुक्त राज्य"),
    "10.1.2.3": ("this site's own network", "इस साइट का अपना नेटवर्क"),
    "203.0.113.9": ("place unknown", "जगह पता नहीं"),
}
"""From where somebody signs in, and what they read of it in either language."""


async def test_each_session_is_told_by_its_country_in_the_readers_language(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        for address in PLACES:
            async with deployment.browser(address) as there:
                there.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
                signed_in = await there.form("/sign-in", email=ADA, password=PASSWORD)
                assert signed_in.status_code == httpx.codes.OK
        english = html.unescape((await ada.get("/account")).text)
        ada.cookies.set(LANGUAGE_COOKIE, "hi", domain="upheld.localhost")
        hindi = html.unescape((await ada.get("/account")).text)
    for address, (said, in_hindi) in PLACES.items():
        assert f"Firefox on Linux, {said}<" in english
        assert f"From {address}." in english
        assert f"{in_hindi}<" in hindi
        assert address in hindi


async def test_a_session_of_the_network_one_is_in_is_told_from_the_others(deployment: Deployment) -> None:
    await deployment.register(ADA)
    async with deployment.browser("2405:200::1") as here, deployment.browser("2405:200:0:1::1") as elsewhere:
        for browser in (elsewhere, here):
            await browser.form("/sign-in", email=ADA, password=PASSWORD)
        page = (await here.get("/account")).text
    assert "From 2405:200::1, the network you are in now." in page
    assert "From 2405:200:0:1::1." in page
