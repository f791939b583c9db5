"""A deployment that real browsers reach, with boards that have one card each."""

import asyncio
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator

from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.hiring import apply_for, candidate, employer, new_job
from tests.support.people import Person, a_browser, somebody
from tests.support.server import Server, serving
from upheld.platform.settings import Settings
from upheld.platform.web.cookies import SESSION_COOKIE

BOARDS = 12


@dataclass(frozen=True)
class Site:
    """A running deployment, the cookies of Olga who hires and Ada who applied, boards nobody touched, and a job."""

    server: Server
    browser: Browser
    olga: str
    ada: str
    boards: Iterator[tuple[UUID, UUID]]
    open_job: UUID
    """Nobody has applied for it."""


@dataclass(frozen=True)
class Recruiter:
    """Olga before a board, in her browser."""

    person: Person
    job: UUID
    application: UUID

    @property
    def handle(self) -> Locator:
        """What lifts the card."""
        return self.person.page.get_by_role("button", name="Move Ada Okafor")

    def column(self, name: str) -> Locator:
        """Return a column by its stage's name."""
        return self.person.page.get_by_role("region", name=name)

    def finds_the_card_in(self, name: str) -> None:
        """Expect the card in one column, counted, and in no other."""
        self.column(name).locator("[data-application]", has_text="Ada Okafor").wait_for()
        assert self.person.page.locator("[data-application]").count() == 1
        assert self.column(name).locator("[data-count]").inner_text() == "1"

    def looks_again(self) -> None:
        """Load the board anew, as the site has it."""
        self.person.goes_to(f"/hiring/jobs/{self.job}")


@pytest.fixture(scope="module")
def site(cluster: Cluster) -> Generator[Site]:
    """Run one deployment for every test of a file."""
    settings, olga, ada, boards, open_job = asyncio.run(_prepared(cluster))
    with serving(settings) as server, a_browser() as browser:
        yield Site(server, browser, olga, ada, iter(boards), open_job)


async def _prepared(cluster: Cluster) -> tuple[Settings, str, str, list[tuple[UUID, UUID]], UUID]:
    async with deployed(cluster) as deployment, employer(deployment) as olga, candidate(deployment) as ada:
        jobs = [await new_job(deployment, olga, f"Boat keeper {number}") for number in range(BOARDS)]
        boards = [(job, await apply_for(ada, job)) for job in jobs]
        cookies = olga.cookies[SESSION_COOKIE], ada.cookies[SESSION_COOKIE]
        return deployment.settings, *cookies, boards, await new_job(deployment, olga, "Sail maker")


@pytest.fixture
def recruiter(site: Site) -> Generator[Recruiter]:
    """Put Olga before a board of her own."""
    with somebody(site.browser, site.server.url) as person:
        yield _before_a_board(site, person)


@pytest.fixture
def recruiter_without_script(site: Site) -> Generator[Recruiter]:
    """Put Olga before a board, in a browser that runs no script."""
    with somebody(site.browser, site.server.url, javascript=False) as person:
        yield _before_a_board(site, person)


def _before_a_board(site: Site, person: Person) -> Recruiter:
    person.page.context.add_cookies([{"name": SESSION_COOKIE, "value": site.olga, "url": site.server.url}])
    olga = Recruiter(person, *next(site.boards))
    olga.looks_again()
    return olga
