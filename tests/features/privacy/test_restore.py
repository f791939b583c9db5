"""Backups that bring erased people back: nothing is served until their erasure is repeated."""

import time

import httpx
import pytest

from tests.features.privacy.test_erasure import RESUME, certificate_at, expect_gone
from tests.support.deployment import Deployment
from tests.support.hiring import ADA, applied
from tests.support.leaving import ask_to_leave, loaded_by_hand_afterwards, person_of, restored_afterwards, rows_about
from tests.support.server import serving
from upheld.features.privacy.duties import replay
from upheld.features.privacy.queries import check_register, mismatches
from upheld.main.worker import work
from upheld.platform.mail import FolderMail
from upheld.platform.register import RegisterError
from upheld.platform.settings import Settings
from upheld.platform.vault import PLATFORM

pytestmark = pytest.mark.anyio
REPLAY = "upheld erasures replay"


def mailer(deployment: Deployment) -> FolderMail:
    """Return the mailer of a deployment."""
    return FolderMail(deployment.settings.var / "mail")


async def test_a_deployment_whose_erasures_hold_starts(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        await ask_to_leave(ada)
        await deployment.work()
    await check_register(deployment.platform)
    assert await replay(deployment.platform, mailer(deployment)) == []


async def test_a_restored_backup_of_the_data_is_refused_until_the_erasures_are_replayed(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        person = await person_of(deployment, application.candidate)
        async with restored_afterwards(deployment, deployment.settings.database):
            path = await ask_to_leave(application.candidate)
            await deployment.work()
            first = await certificate_at(deployment, path)
        assert "people.id" in await rows_about(deployment, person)
        with pytest.raises(RegisterError, match="upheld erasures replay"):
            await check_register(deployment.platform)
        with pytest.raises(RegisterError):
            await work(deployment.settings)
        assert await replay(deployment.platform, mailer(deployment)) == [1]
        await check_register(deployment.platform)
        again = await expect_gone(deployment, person, path)
        assert (again["register"], again["keys_destroyed"]) == (first["register"], first["keys_destroyed"])


async def test_a_restored_backup_of_data_and_keys_is_refused_until_the_erasures_are_replayed(
    deployment: Deployment,
) -> None:
    settings = deployment.settings
    async with deployment.person(ADA) as ada:
        person = await person_of(deployment, ada)
        async with restored_afterwards(deployment, settings.database, settings.keyring_database):
            path = await ask_to_leave(ada)
            await deployment.work()
        assert await mismatches(deployment.platform) == {person}
        assert (await ada.get("/privacy")).is_success, "the backup did not bring the account back"
        assert await replay(deployment.platform, mailer(deployment)) == [1]
        await expect_gone(deployment, person, path)


async def test_a_restored_backup_of_the_keys_alone_has_them_destroyed_again(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        person = await person_of(deployment, ada)
        async with restored_afterwards(deployment, deployment.settings.keyring_database):
            path = await ask_to_leave(ada)
            await deployment.work()
        assert await mismatches(deployment.platform) == {person}
        assert await replay(deployment.platform, mailer(deployment)) == [1]
        assert await deployment.platform.vault.key_ids(person, PLATFORM) == []
        await expect_gone(deployment, person, path)


async def test_a_backup_from_between_the_request_and_its_end_is_refused_too(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        person, path = await person_of(deployment, ada), await ask_to_leave(ada)
        async with restored_afterwards(deployment, deployment.settings.database):
            await deployment.work()
        assert await mismatches(deployment.platform) == {person}
        assert await replay(deployment.platform, mailer(deployment)) == [1]
        await expect_gone(deployment, person, path)


async def test_a_dump_that_was_loaded_by_hand_is_refused_until_the_erasures_are_replayed(
    deployment: Deployment,
) -> None:
    async with deployment.person(ADA) as ada:
        person = await person_of(deployment, ada)
        async with loaded_by_hand_afterwards(deployment):
            path = await ask_to_leave(ada)
            await deployment.work()
        assert "people.id" in await rows_about(deployment, person)
        with pytest.raises(RegisterError, match=REPLAY):
            await check_register(deployment.platform)
        assert await replay(deployment.platform, mailer(deployment)) == [1]
        await expect_gone(deployment, person, path)


async def test_a_web_process_serves_nothing_beside_people_who_were_erased(deployment: Deployment) -> None:
    database = deployment.settings.database
    async with deployment.person(ADA) as ada, restored_afterwards(deployment, database):
        await ask_to_leave(ada)
        await deployment.work()
    with pytest.raises((RuntimeError, httpx.HTTPError)):
        served(deployment.settings)
    assert REPLAY in said_by_web(deployment.settings)


def served(settings: Settings) -> None:
    """Start a web process and ask it for a page.

    It ends at once; or, where the database was too slow to answer at its start, it listens,
    says 503 to everybody, and looks again every second.
    """
    with serving(settings) as server, server.client() as browser:
        limit = time.monotonic() + 20
        while REPLAY not in said_by_web(settings) and time.monotonic() < limit:
            time.sleep(0.1)
        browser.get("/jobs").raise_for_status()


def said_by_web(settings: Settings) -> str:
    """Return what the web process has logged."""
    return (settings.var / "log" / "web.log").read_text()
