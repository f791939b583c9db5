"""How much a page asks of the databases, and how large it gets: the same however many applications there are."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from tests.support.cluster import Cluster
from tests.support.deployment import PASSWORD, Browser, Deployment, deployed
from tests.support.hiring import applied, docx
from tests.support.statements import counted
from upheld.main.demo.crowd import OWNER, Door, bring, employ
from upheld.platform.install import database_name

pytestmark = pytest.mark.anyio
MOST, LARGEST = 8, 60_000
PEOPLE = 1200


@pytest.fixture(scope="module")
async def crowded(cluster: Cluster) -> AsyncGenerator[tuple[Deployment, Browser, dict[str, str]]]:
    """Yield a deployment with a crowd, its employer's browser, and the addresses of the employer's pages by name."""
    async with deployed(cluster) as deployment:
        where = await employ(deployment.platform, PASSWORD, jobs=3)
        settings = deployment.settings
        names = database_name(settings.database), database_name(settings.keyring_database)
        door = Door(settings, cluster.administrator, names)
        await asyncio.to_thread(bring, door, where, 0, PEOPLE, lambda _: None)
        administrator = await deployment.administrator()
        application = await administrator.fetchval(
            "select id from upheld.applications where stage = 'rejected' limit 1"
        )
        await administrator.close()
        async with deployment.signed_in(OWNER) as owner:
            yield deployment, owner, {
                "home": "/hiring",
                "board": f"/hiring/jobs/{where.jobs[0]}",
                "list": f"/hiring/jobs/{where.jobs[0]}/list",
                "every application": "/hiring/applications",
                "application": f"/hiring/applications/{application}",
                "careers": "/jobs",
            }  # fmt: skip


@pytest.mark.parametrize("name", ["home", "board", "list", "every application", "application", "careers"])
async def test_a_page_of_a_large_employer_asks_little_and_stays_small(
    crowded: tuple[Deployment, Browser, dict[str, str]], name: str
) -> None:
    deployment, owner, pages = crowded
    assert (await owner.get(pages[name])).status_code == 200  # the month's log key is known from here on
    async with counted(deployment.cluster) as asked:
        page = await owner.get(pages[name])
    assert page.status_code == 200
    assert "upheld.open_context" in " ".join(asked.statements), "the server writes down what it is asked"
    assert len(asked.statements) <= MOST, asked.statements
    assert len(page.content) <= LARGEST


async def test_the_page_of_an_application_with_a_word_file_asks_little(deployment: Deployment) -> None:
    async with applied(deployment, ("ada.docx", docx("Ada builds boats"))) as sent:
        assert "Ada builds boats" in (await sent.owner.get(sent.page())).text
        async with counted(deployment.cluster) as asked:
            await sent.owner.get(sent.page())
        assert len(asked.statements) <= MOST, asked.statements


async def test_a_visitor_leaves_no_session(crowded: tuple[Deployment, Browser, dict[str, str]]) -> None:
    deployment, _, _ = crowded
    administrator = await deployment.administrator()
    before = await administrator.fetchval("select count(*) from upheld.sessions")
    async with deployment.browser() as visitor:
        for path in ("/", "/jobs", "/sign-in", "/about"):
            answer = await visitor.get(path)
            assert not answer.headers.get_list("set-cookie"), path
    assert before > 0
    assert await administrator.fetchval("select count(*) from upheld.sessions") == before
    await administrator.close()
