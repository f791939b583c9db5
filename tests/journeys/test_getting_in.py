"""Getting in, in a real Chromium: a way back that passes nothing by, an address taken back, a role that ends at once.

Each of them with as many windows as people: one's own, and whoever sits at the other end.
"""

import asyncio
from collections.abc import Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.features.factors.steps import Phone, sets_up_an_app
from tests.support.cluster import Cluster
from tests.support.deployment import PASSWORD, deployed
from tests.support.hiring import OWNER, employer
from tests.support.mailbox import link_to
from tests.support.people import Person, a_browser, somebody
from tests.support.server import Server, serving
from upheld.platform.settings import Settings

ADA, BEA, ELSEWHERE, IVO = "ada@example.org", "bea@example.org", "bea@elsewhere.example", "ivo@example.org"
OTHER = "nine purple harbours"
INVITE = "/hiring/organisation/invite"


@dataclass(frozen=True)
class House:
    """A running deployment: Ada, with the app she set up; Bea and Ivo, with a password each; Olga, who owns a yard."""

    server: Server
    browser: Browser
    phone: Phone

    def window(self) -> AbstractContextManager[Person]:
        """Open a window of its own for somebody."""
        return somebody(self.browser, self.server.settings.address)


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Generator[House]:
    """Run one deployment, with a worker that sends its mails."""
    settings, phone = asyncio.run(_prepared(cluster))
    with serving(settings, "web", "worker") as server, a_browser() as browser:
        yield House(server, browser, phone)


async def _prepared(cluster: Cluster) -> tuple[Settings, Phone]:
    async with deployed(cluster) as deployment, employer(deployment), deployment.person(ADA) as ada:
        for address in (BEA, IVO):
            await deployment.register(address)
        phone, _ = await sets_up_an_app(ada)
        return deployment.settings, phone


def test_a_forgotten_password_lets_nobody_in_and_passes_no_second_factor_by(house: House) -> None:
    with house.window() as ada:
        ada.goes_to("/sign-in")
        ada.follows("Forgot your password?")
        ada.types(email=ADA)
        ada.presses("Send the link")
        ada.sees("a link to choose a new password is on its way")
        link = link_to(house.server, ADA, r"/reset/link/[\w-]+")
        ada.goes_to(link)
        ada.types(password=OTHER)
        ada.presses("Use this password")
        ada.sees("Your new password counts.")
        is_outside(ada)
        enters(ada, ADA, OTHER)
        ada.sees("One more step")
        is_outside(ada)
        ada.goes_to("/sign-in/second-factor")
        ada.types(code=house.phone.code())
        ada.presses("Go on")
        is_inside(ada)
    with house.window() as finder:
        finder.goes_to(link)
        finder.types(password="a third one for whoever finds the mail")
        finder.presses("Use this password")
        finder.page.get_by_role("link", name="Send a new link").wait_for()
        is_outside(finder)


def test_an_address_that_somebody_else_moved_is_taken_back_from_the_old_mailbox(house: House) -> None:
    with house.window() as mallory, house.window() as bea:
        mallory.signs_in(BEA, PASSWORD)
        mallory.goes_to("/account/address")
        mallory.types(email=ELSEWHERE)
        mallory.presses("Send the link")
        mallory.goes_to(link_to(house.server, ELSEWHERE, r"/address/[\w-]+"))
        is_known_as(mallory, BEA)
        mallory.page.go_back()
        mallory.presses("Use this address")
        mallory.sees("We have told the old one.")
        is_known_as(mallory, ELSEWHERE)
        bea.goes_to(link_to(house.server, BEA, r"/address/[\w-]+/take-back"))
        is_known_as(mallory, ELSEWHERE)
        bea.presses("Take it back")
        bea.sees("Your former address is yours again")
        is_outside(mallory)
        for address in (ELSEWHERE, BEA):
            enters(mallory, address, PASSWORD)
            mallory.page.get_by_role("alert").wait_for()
            is_outside(mallory)
        bea.types(email=BEA)
        bea.presses("Send the link")
        bea.goes_to(link_to(house.server, BEA, r"/reset/link/[\w-]+"))
        bea.types(password=OTHER)
        bea.presses("Use this password")
        enters(bea, BEA, OTHER)
        is_inside(bea)
        is_known_as(bea, BEA)


def test_whoever_accepts_an_invitation_may_act_until_the_click_after_the_demotion(house: House) -> None:
    with house.window() as olga, house.window() as ivo:
        olga.signs_in(OWNER, PASSWORD)
        invites(olga, IVO, "Manager")
        ivo.goes_to(link_to(house.server, IVO, r"/invitations/[0-9a-f-]{36}"))
        ivo.sees("Harbour & Sons invites you")
        ivo.follows("Sign in")
        enters_here(ivo, IVO, PASSWORD)
        is_inside(ivo)
        assert not may_invite(ivo), "signing in accepts nothing"
        ivo.goes_to(link_to(house.server, IVO, r"/invitations/[0-9a-f-]{36}"))
        ivo.presses("Accept")
        ivo.page.get_by_role("heading", name="Harbour & Sons").wait_for()
        assert may_invite(ivo)
        ivo.types(email="friend@example.org")
        ivo.page.get_by_label("Interviewer").check()
        demotes(olga, IVO)
        with ivo.page.expect_response(lambda answer: answer.request.method == "POST") as answered:
            ivo.presses("Send the invitation")
        assert answered.value.status == HTTPStatus.FORBIDDEN, "the page was open, and the role is not his any more"
        assert not may_invite(ivo)
        olga.goes_to("/hiring/organisation/members")
        olga.sees("Nobody is invited at the moment.")


def enters(person: Person, address: str, password: str) -> None:
    """Send the form that signs in, wherever it leads."""
    person.goes_to("/sign-in")
    enters_here(person, address, password)


def enters_here(person: Person, address: str, password: str) -> None:
    """Do so on the page that asks for it now."""
    person.types(email=address, password=password)
    person.presses("Sign in")


def is_inside(person: Person) -> None:
    """Expect a session."""
    person.page.get_by_role("button", name="Sign out").wait_for()


def is_outside(person: Person) -> None:
    """Expect that a private page asks to sign in."""
    person.goes_to("/account")
    assert urlsplit(person.page.url).path == "/sign-in"


def is_known_as(person: Person, address: str) -> None:
    """Expect the account to use an address."""
    person.goes_to("/account")
    person.page.get_by_role("main").get_by_text(address).first.wait_for()


def invites(person: Person, address: str, role: str) -> None:
    """Invite somebody in a role."""
    person.goes_to(INVITE)
    person.types(email=address)
    person.page.get_by_label(role).check()
    person.presses("Send the invitation")
    person.sees("Invited.")


def demotes(person: Person, address: str) -> None:
    """Make a manager an interviewer."""
    person.goes_to("/hiring/organisation/members")
    person.page.get_by_role("link", name=f"Change role {address}").click()
    person.page.get_by_label("Interviewer").check()
    person.presses("Change role")
    person.page.get_by_role("row", name=address).get_by_text("Interviewer").wait_for()


def may_invite(person: Person) -> bool:
    """Whether the page opens on which one invites."""
    answer = person.page.goto(person.url + INVITE)
    assert answer is not None
    return answer.ok
