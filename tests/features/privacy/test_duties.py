"""Retention and rotation: what goes when its time is over, and nothing before."""

import datetime as dt
import os
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from tests.support.catalog import connected
from tests.support.clock import SetClock
from tests.support.deployment import PASSWORD, Deployment, hidden
from tests.support.hiring import applied, pdf
from tests.support.leaving import ask_to_leave, person_of, rows_about
from upheld.features.privacy.duties import rotate, rotate_when_due, tidy
from upheld.kit.errors import RefusedError
from upheld.main.worker import FIRST_RETRY, LAST_RETRY, retry_delay
from upheld.platform.database import Query
from upheld.platform.vault import APPLICATION, PLATFORM, ErasedError, KeyRef

pytestmark = pytest.mark.anyio

RESUME = ("resume.pdf", pdf("Ada Okafor", "Boats"))


async def execute(deployment: Deployment, statement: str, *arguments: object) -> None:
    """Run a statement as the administrator: time cannot be waited for."""
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        await connection.execute(statement, *arguments)


async def value(deployment: Deployment, query: str, *arguments: object) -> object:
    """Return one value, as the administrator."""
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        return await connection.fetchval(query, *arguments)


def files(deployment: Deployment) -> set[str]:
    """Return the ids of the stored files."""
    return {path.name for path in (deployment.settings.var / "objects" / "files").rglob("*") if path.is_file()}


async def test_an_application_record_goes_with_file_key_and_consent_when_its_time_is_over(
    deployment: Deployment,
) -> None:
    async with applied(deployment, RESUME) as application:
        person = await person_of(deployment, application.candidate)
        employer = await value(deployment, "select organisation_id from upheld.applications")
        await application.owner.get(application.page())
        await ask_to_leave(application.candidate)
        await deployment.work()
    await execute(deployment, "update upheld.applications set keep_until = current_date")
    assert (await tidy(deployment.platform))["applications"] == 0
    assert len(files(deployment)) == 1
    await execute(deployment, "update upheld.applications set keep_until = current_date - 1")
    assert (await tidy(deployment.platform))["applications"] == 1
    assert files(deployment) == set()
    for table in ("applications", "application_snapshots", "application_events", "consents", "access_journal"):
        query = f"select count(*) from upheld.{table} where person_id = $1"  # noqa: S608 - fixed names
        assert await value(deployment, query, person) == 0, table
    with pytest.raises(ErasedError):
        await deployment.platform.vault.key(KeyRef(person, employer, APPLICATION))  # pyright: ignore[reportArgumentType] - a uuid column


async def test_an_account_that_nobody_proved_goes_after_a_week_with_consent_and_key(deployment: Deployment) -> None:
    await deployment.register("proven@example.org")
    async with deployment.browser() as browser:
        page = await browser.get("/register")
        await browser.form(
            "/register", email="a.typo@example.org", password=PASSWORD, notice=hidden(page, "notice"), account="yes"
        )
    await deployment.work()
    typo = await value(deployment, "select id from upheld.people where verified_at is null")
    assert isinstance(typo, UUID)
    await execute(deployment, "update upheld.people set created_at = now() - interval '8 days'")
    # A link that was asked for since still works: somebody may be about to open it.
    assert (await tidy(deployment.platform))["unproven_accounts"] == 0
    await execute(deployment, "update upheld.email_verifications set expires_at = now() - interval '1 minute'")
    await execute(deployment, "update upheld.job_secrets set expires_at = now() - interval '1 minute'")
    assert (await tidy(deployment.platform))["unproven_accounts"] == 1
    assert set(await rows_about(deployment, typo)) == {"audit_entries.actor_id"}
    assert await deployment.platform.vault.key_ids(typo, PLATFORM) == []
    async with deployment.signed_in("proven@example.org") as browser:
        assert (await browser.get("/privacy")).is_success
    await deployment.register("a.typo@example.org")


async def test_tidying_leaves_everything_else_alone(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        before = files(deployment)
        counts = await tidy(deployment.platform)
        assert counts["applications"] == counts["files"] == counts["overdue_erasures"] == 0
        assert files(deployment) == before
        assert (await application.candidate.get(application.own_page())).is_success


async def test_a_file_left_behind_by_a_crash_goes_after_an_hour(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        person = await person_of(deployment, application.candidate)
        kept, left_behind, fresh = files(deployment), uuid4(), uuid4()
        for object_id in (left_behind, fresh):
            await deployment.platform.objects.put(KeyRef(person, PLATFORM, "documents"), object_id, b"x")
        for path in (deployment.settings.var / "objects" / "files").rglob("*-*"):
            if path.name != str(fresh):
                os.utime(path, (0, 0))
        assert (await tidy(deployment.platform))["files"] == 1
        assert files(deployment) == {*kept, str(fresh)}


async def test_a_database_without_rows_does_not_cost_anybody_their_files(deployment: Deployment) -> None:
    folder = deployment.settings.var / "objects" / "files" / "00"
    folder.mkdir(parents=True)
    for _ in range(101):
        path = folder / str(uuid4())
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    assert (await tidy(deployment.platform))["files"] == 0
    assert len(files(deployment)) == 101


async def test_sessions_secrets_and_mails_go_when_their_time_is_over(deployment: Deployment) -> None:
    async with deployment.person("ada@example.org") as ada:
        await execute(deployment, "update upheld.sessions set expires_at = now() - interval '1 second'")
        await execute(
            deployment,
            "insert into upheld.messages (id, person_id, kind, parameters_sealed, created_at)"
            " select gen_random_uuid(), id, 'a/b', 'x', now() - interval '8 days' from upheld.people",
        )
        expired = await value(deployment, "select count(*) from upheld.sessions")
        counts = await tidy(deployment.platform)
        assert (counts["sessions"], counts["messages"]) == (expired, 1)
        assert await value(deployment, "select count(*) from upheld.sessions") == 0
        assert (await ada.get("/privacy", follow_redirects=False)).headers["location"].startswith("/sign-in")


async def test_retention_is_on_record(deployment: Deployment) -> None:
    await tidy(deployment.platform)
    await rotate(deployment.platform)
    recorded = await value(
        deployment, "select array_agg(action order by id) from upheld.audit_entries where actor_id is null"
    )
    assert recorded == ["retention.ran", "keys.epoch_rotated"]


async def test_the_epoch_key_is_replaced_when_it_is_old_and_not_before(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        keys, folder = deployment.platform.keys, deployment.settings.keys_folder
        first, _ = keys.current_epoch()
        assert await rotate_when_due(deployment.platform) is None
        later = dt.datetime.now(dt.UTC) + dt.timedelta(days=deployment.settings.epoch_days)
        assert await rotate_when_due(replace(deployment.platform, clock=SetClock(later)))
        assert keys.current_epoch()[0] != first
        assert len(list(folder.glob("epoch-*.wrapped"))) == 1
        assert (await application.candidate.get(application.own_page())).is_success
        assert (await application.owner.get(application.page())).is_success


async def test_maintenance_alone_cannot_erase_and_web_cannot_ask_who_is_here(deployment: Deployment) -> None:
    database = deployment.platform.database
    erase = Query("erase", "select upheld.erase_person($1, current_date)", "Erases.")
    exist = Query("exist", "select upheld.which_exist('{}'::uuid[])", "Asks.")
    async with database.maintenance() as tx:
        with pytest.raises(RefusedError):
            await tx.value(erase, uuid4())
    async with database.transaction("web") as tx:
        with pytest.raises(RefusedError):
            await tx.value(exist)


def test_retries_wait_longer_each_time_and_never_stop_coming() -> None:
    delays = [retry_delay(attempt) for attempt in range(50)]
    assert delays[0] == FIRST_RETRY
    assert delays == sorted(delays)
    assert delays[-1] == LAST_RETRY
