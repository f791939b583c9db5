"""Through another site, in a real browser and without JavaScript: register, come back, keep the one way in."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests.support.certified import Certified, running_certified
from tests.support.cluster import Cluster
from tests.support.mailbox import link_to
from tests.support.people import Person, a_browser, somebody
from tests.support.server import HOST, Server, free_port, serving

ADA = "ada@example.org"


def test_somebody_registers_through_another_site_and_comes_back(cluster: Cluster, tmp_path: Path) -> None:
    port, bare = free_port(), asyncio.run(cluster.deploy())
    address = f"https://{HOST}:{port}"
    with running_certified(tmp_path / "certified", [address]) as provider:
        settings = replace(bare, providers=provider.offer(bare))
        there: dict[str, Any] = {"listen": f"127.0.0.1:{port}", "address": address}
        with serving(settings, "web", "worker", **there) as server, a_browser() as browser:
            registers(browser, server, provider)
            comes_back(browser, server, provider)


def registers(browser: Browser, server: Server, provider: Certified) -> None:
    """Come for the first time: agree, confirm the address, be in."""
    with somebody(browser, server.settings.address, javascript=False, also=provider.issuer) as ada:
        ada.goes_to("/register")
        ada.follows("Continue with Work")
        says_who(ada)
        ada.sees("nothing about you is stored until you agree")
        ada.page.get_by_label("I agree that Upheld keeps an account").check()
        ada.presses("Create my account")
        ada.page.get_by_role("heading", name="Look into your mailbox").wait_for()
        ada.goes_to(link_to(server, ADA, r"/register/with/confirm/[\w-]+"))
        ada.presses("Confirm my address and go in")
        ada.page.get_by_role("button", name="Sign out").wait_for()


def comes_back(browser: Browser, server: Server, provider: Certified) -> None:
    """Come again, in another browser; nothing but the provider's own question is asked."""
    with somebody(browser, server.settings.address, javascript=False, also=provider.issuer) as ada:
        ada.goes_to("/sign-in?to=privacy.home")
        ada.follows("Continue with Work")
        says_who(ada)
        ada.page.wait_for_url("**/privacy")
        ada.goes_to("/account/providers")
        ada.presses("Remove")
        ada.sees("This is the only way in to your account")


def says_who(person: Person) -> None:
    """Say at the provider who one is."""
    person.page.get_by_role("heading", name="Who are you?").wait_for()
    person.types(login="ada", email=ADA)
    person.presses("Sign in")
