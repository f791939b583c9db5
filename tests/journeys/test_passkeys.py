"""Getting in with a passkey, in a real Chromium with an authenticator of its own (CDP WebAuthn).

Somebody registers, confirms the address, makes a passkey, signs out and signs in with it; uses it
after the password; and, in a browser without scripts, gets in with a code instead.
"""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.features.factors.steps import Phone
from tests.support.cluster import Cluster
from tests.support.deployment import PASSWORD, deployed
from tests.support.mailbox import link_to
from tests.support.people import Person, a_browser, somebody
from tests.support.server import Server, serving
from upheld.platform.settings import Settings

EMAIL = "pascale@example.org"
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def server(cluster: Cluster) -> Generator[Server]:
    """Run a deployment on its own, with a worker that sends its mails."""
    with serving(asyncio.run(_cut(cluster)), "web", "worker") as server:
        yield server


async def _cut(cluster: Cluster) -> Settings:
    async with deployed(cluster) as deployment:
        return deployment.settings


@contextmanager
def with_a_device(person: Person) -> Generator[None]:
    """Give somebody's browser a device that keeps passkeys, unlocked; it goes with the block."""
    session = person.page.context.new_cdp_session(person.page)
    session.send("WebAuthn.enable")  # pyright: ignore[reportUnknownMemberType] - Playwright's own types
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})  # pyright: ignore[reportUnknownMemberType] - as above
    yield
    session.detach()


def test_somebody_registers_makes_a_passkey_and_signs_in_with_it(server: Server) -> None:
    address = server.settings.address
    with a_browser() as browser:
        with somebody(browser, address) as person, with_a_device(person):
            registers(person, server)
            makes_a_passkey(person)
            person.presses("Sign out")
            person.goes_to("/sign-in")
            person.presses("Sign in with a passkey")
            person.page.get_by_role("button", name="Sign out").wait_for()
            person.goes_to("/account/security")
            person.sees("Last used on")
            phone, codes = sets_up_an_app(person)
            person.presses("Sign out")
            comes_with_the_password(person)
            person.presses("Use a passkey")
            person.page.get_by_role("button", name="Sign out").wait_for()
        with somebody(browser, address, javascript=False) as person:
            comes_with_the_password(person)
            person.sees("this browser does not offer it on this page")
            person.types(code=phone.code())
            person.presses("Go on")
            person.page.get_by_role("button", name="Sign out").wait_for()
            person.presses("Sign out")
            comes_with_the_password(person)
            person.follows("Use a recovery code instead")
            person.types(code=codes[0])
            person.presses("Go on")
            person.page.get_by_role("button", name="Sign out").wait_for()


def registers(person: Person, server: Server) -> None:
    """Register, open the link in the mail, and be in."""
    person.goes_to("/register")
    person.types(email=EMAIL, password=PASSWORD)
    person.page.get_by_label("I agree that Upheld keeps an account for me").check()
    person.presses("Create my account")
    person.sees("Look into your mailbox")
    person.goes_to(link_to(server, EMAIL, r"/verify/[\w-]+"))
    person.types(password=PASSWORD)
    person.presses("Confirm my address")
    person.page.get_by_role("button", name="Sign out").wait_for()


def makes_a_passkey(person: Person) -> None:
    """Make a passkey, and keep the codes that come with it."""
    person.goes_to("/account/security")
    person.follows("Add a passkey")
    person.types(name="My laptop")
    person.presses("Add the passkey")
    person.sees("Keep your recovery codes")
    assert person.page.locator("#codes li").count() == 10
    person.follows("I have kept them")
    person.sees("My laptop")


def sets_up_an_app(person: Person) -> tuple[Phone, list[str]]:
    """Read the secret off the page, as an app reads the picture; make new recovery codes."""
    person.presses("Set up an app")
    person.page.locator("svg.qr").wait_for()
    person.page.get_by_text("Or type this instead").click()
    phone = Phone(person.page.locator("[data-copy]").inner_text().replace(" ", ""))
    person.types(code=phone.code())
    person.presses("Turn codes on")
    person.sees("Codes are on.")
    person.goes_to("/account/security/codes")
    person.presses("Make new codes")
    return phone, person.page.locator("#codes li").all_inner_texts()


def comes_with_the_password(person: Person) -> None:
    """Enter the password, and stand before the second factor."""
    person.goes_to("/sign-in")
    person.types(email=EMAIL, password=PASSWORD)
    person.presses("Sign in")
    person.sees("One more step")
