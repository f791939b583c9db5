"""Leaving for good: asked for, called off, carried out, and finished by whoever takes over."""

import asyncio
import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from tests.support.catalog import connected
from tests.support.cluster import Cluster
from tests.support.deployment import PASSWORD, Deployment, deployed, text_of
from tests.support.hiring import ADA, LETTER, PROFILE, applied, pdf
from tests.support.leaving import ask_to_leave, person_of, rows_about
from upheld.features.privacy import jobs
from upheld.features.privacy.certificate import is_about, verify
from upheld.main.supervisor import environment_of
from upheld.main.worker import drain
from upheld.platform.mail import FolderMail
from upheld.platform.objects import Objects
from upheld.platform.register import Entry, Erasure, Register
from upheld.platform.vault import PLATFORM, KeyRef, Vault

pytestmark = pytest.mark.anyio

RESUME = ("resume.pdf", pdf("Ada Okafor", "Boats"))
STAYS = {
    "applications.person_id",
    "application_snapshots.person_id",
    "application_events.person_id",
    "application_events.actor_id",
    "audit_entries.actor_id",
    "consents.person_id",
    "erasures.person_id",
}
"""What may name a person who left: the employer's own record, the pseudonymous log, the request itself."""


class KilledError(BaseException):
    """Stands for a worker's death: nothing catches it on the way out."""


def stored_files(deployment: Deployment) -> int:
    """Return how many encrypted files there are."""
    return len([path for path in (deployment.settings.var / "objects" / "files").rglob("*") if path.is_file()])


async def certificate_at(deployment: Deployment, path: str) -> dict[str, Any]:
    """Return the verified certificate of an erasure, fetched by somebody without an account."""
    async with deployment.browser() as stranger:
        answer = await stranger.get(f"{path}/certificate.json")
    assert answer.status_code == httpx.codes.OK, answer.text
    verdict = verify(answer.content)
    assert verdict.problems == []
    return verdict.certificate


async def expect_gone(deployment: Deployment, person: UUID, path: str) -> dict[str, Any]:
    """Check that a person is gone everywhere, and certified; return the certificate."""
    assert set(await rows_about(deployment, person)) <= STAYS
    assert await deployment.platform.vault.key_ids(person, PLATFORM) == []
    assert not (deployment.settings.var / "mail" / str(person)).exists()
    certificate = await certificate_at(deployment, path)
    assert is_about(certificate, person)
    return certificate


async def test_a_person_leaves_and_the_certificate_says_what_went_and_what_stays(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        person = await person_of(deployment, application.candidate)
        keys = await deployment.platform.vault.key_ids(person, PLATFORM)
        path = await ask_to_leave(application.candidate)
        await deployment.work()
        certificate = await expect_gone(deployment, person, path)
        assert certificate["keys_destroyed"]["count"] == len(keys) > 0
        assert certificate["files_removed"] == 1
        assert certificate["rows_removed"]["people"] == 1
        assert certificate["register"]["entry"] == 1
        (held,) = certificate["held"]
        assert (held["organisation"], held["applications"]) == ("Harbour & Sons", 1)
        assert stored_files(deployment) == 1  # the employer's copy
        assert (
            (await application.candidate.get("/privacy", follow_redirects=False))
            .headers["location"]
            .startswith("/sign-in")
        )
        record = await application.owner.get(application.page())
        assert str(PROFILE.full_name) in record.text
        assert LETTER in record.text
        assert "Withdrawn" in record.text


async def test_a_person_who_left_cannot_sign_in_and_may_register_anew(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        await ask_to_leave(ada)
        await deployment.work()
        answer = await ada.form("/sign-in", email=ADA, password=PASSWORD)
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    async with deployment.person(ADA) as ada:
        assert (await ada.get("/privacy")).status_code == httpx.codes.OK


async def test_leaving_takes_the_word(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        for word in ("LEAF", ""):
            answer = await ada.form("/privacy/leave", word=word)
            assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
            assert f'value="{word}"' in answer.text
        assert "You are leaving" not in (await ada.get("/privacy")).text


async def test_the_page_before_leaving_says_which_employer_keeps_what_until_when(deployment: Deployment) -> None:
    async with applied(deployment) as application:
        page = (await application.candidate.get("/privacy/leave")).text
        assert "Harbour &amp; Sons" in page
        assert "withdrawn when you leave" in page
        assert "last owner" not in page
        assert "Harbour &amp; Sons" in (await application.owner.get("/privacy/leave")).text.split("last owner")[1]


async def test_until_it_is_due_leaving_can_be_called_off_and_asked_for_again(cluster: Cluster) -> None:
    async with deployed(cluster, erasure_grace=timedelta(minutes=10)) as deployment, deployment.person(ADA) as ada:
        path = await ask_to_leave(ada)
        await deployment.work()
        page = await ada.get(path)
        assert "Call it off" in page.text
        assert page.headers["refresh"]
        again = await ada.form("/privacy/leave", word="LEAVE")
        assert again.status_code == httpx.codes.CONFLICT
        assert "You are leaving" not in (await ada.form("/privacy/leave/call-off")).text
        assert "It was called off" in (await ada.get(path)).text
        assert (await ada.form("/privacy/leave/call-off")).status_code == httpx.codes.CONFLICT
        await ask_to_leave(ada)


async def test_a_mail_leads_to_the_page_that_follows_an_erasure(cluster: Cluster) -> None:
    async with deployed(cluster, erasure_grace=timedelta(minutes=10)) as deployment, deployment.person(ADA) as ada:
        path = await ask_to_leave(ada)
        await deployment.work()
        assert deployment.settings.address + path in text_of(deployment.mails(ADA)[-1])


async def test_an_erasure_that_has_begun_cannot_be_called_off(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        path = await ask_to_leave(ada)
        async with connected(deployment.cluster, deployment.settings.database) as connection:
            await connection.execute("update upheld.erasures set state = 'running'")
        assert (await ada.form("/privacy/leave/call-off")).status_code == httpx.codes.CONFLICT
        assert "looks again by itself" in (await ada.get(path)).text


async def test_another_persons_erasure_cannot_be_called_off_with_its_receipt(cluster: Cluster) -> None:
    async with deployed(cluster, erasure_grace=timedelta(minutes=10)) as deployment, deployment.person(ADA) as ada:
        path = await ask_to_leave(ada)
        async with deployment.person("mallory@example.org") as mallory:
            assert "Call it off" not in (await mallory.get(path)).text
            assert (await mallory.form("/privacy/leave/call-off")).status_code == httpx.codes.CONFLICT
        assert "Call it off" in (await ada.get(path)).text


async def test_a_receipt_that_nobody_was_given_shows_nothing(deployment: Deployment) -> None:
    async with deployment.browser() as stranger:
        for receipt in ("0" * 64, "not-hexadecimal", "%00"):
            for part in ("", "/certificate.json"):
                assert (await stranger.get(f"/erasure/{receipt}{part}")).status_code == httpx.codes.NOT_FOUND


# Killed at any step. Each stand-in does its step, or does not, and dies.


class DyingRegister(Register):
    """Writes the entry and dies."""

    async def append(self, erasure: Erasure) -> Entry:
        """Write the entry and die."""
        await super().append(erasure)
        raise KilledError


class DyingVault(Vault):
    """Destroys the keys and dies."""

    async def destroy(self, subject: UUID, controller: UUID, *others: UUID) -> list[UUID]:
        """Destroy the keys and die."""
        await super().destroy(subject, controller, *others)
        raise KilledError


class DyingObjects(Objects):
    """Removes the files and dies."""

    async def remove(self, owners: Collection[KeyRef], object_ids: Iterable[UUID]) -> int:
        """Remove the files and die."""
        await super().remove(owners, object_ids)
        raise KilledError


class DyingMail(FolderMail):
    """Removes the mails and dies, with the rows removed but not committed."""

    async def forget(self, person: UUID) -> int:
        """Remove the mails and die."""
        await super().forget(person)
        raise KilledError


def dying_at(step: str, deployment: Deployment) -> tuple[Any, FolderMail]:
    """Return a platform and a mailer of which one dies after its step."""
    platform, mailer = deployment.platform, FolderMail(deployment.settings.var / "mail")
    stand_ins: dict[str, tuple[str, Any]] = {
        "register": ("register", DyingRegister),
        "keys": ("vault", DyingVault),
        "files": ("objects", DyingObjects),
    }
    if step == "mails":
        return platform, DyingMail(mailer.folder)
    part, stand_in = stand_ins[step]
    dying = stand_in.__new__(stand_in)
    dying.__dict__.update(getattr(platform, part).__dict__)
    return dataclasses.replace(platform, **{part: dying}), mailer


async def queued_erasure(deployment: Deployment) -> tuple[UUID, str]:
    """Return what the queued erasure carries."""
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        payload = await connection.fetchval("select payload from queue.pgqueuer where entrypoint = 'erasure'")
    piece = json.loads(payload)
    return UUID(piece["id"]), piece["secret"]


@pytest.mark.parametrize("step", ["register", "keys", "files", "mails"])
async def test_an_erasure_killed_at_any_step_ends_when_it_is_taken_up_again(deployment: Deployment, step: str) -> None:
    async with applied(deployment, RESUME) as application:
        person = await person_of(deployment, application.candidate)
        keys = await deployment.platform.vault.key_ids(person, PLATFORM)
        path = await ask_to_leave(application.candidate)
        erasure_id, secret = await queued_erasure(deployment)
        platform, mailer = dying_at(step, deployment)
        with pytest.raises(KilledError):
            await jobs.erase(platform, mailer, erasure_id, secret)
        assert "people.id" in await rows_about(deployment, person)
        await deployment.work()
        certificate = await expect_gone(deployment, person, path)
    assert certificate["keys_destroyed"]["count"] == len(keys)
    assert certificate["files_removed"] == 1
    assert [entry.erasure_id for entry in await deployment.platform.register.entries()] == [erasure_id]


async def test_an_erasure_done_twice_is_done_once(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        person, path = await person_of(deployment, ada), await ask_to_leave(ada)
        erasure_id, secret = await queued_erasure(deployment)
        await deployment.work()
        first = await certificate_at(deployment, path)
        await jobs.erase(deployment.platform, FolderMail(deployment.settings.var / "mail"), erasure_id, secret)
        assert await expect_gone(deployment, person, path) == first


async def test_a_person_whose_keys_are_gone_already_is_told_so(deployment: Deployment) -> None:
    async with applied(deployment) as application:
        person = await person_of(deployment, application.candidate)
        await ask_to_leave(application.candidate)
        await deployment.platform.vault.destroy(person, PLATFORM)
        assert (await application.candidate.get("/profile")).status_code == httpx.codes.GONE


_DYING_WORKER = """
import asyncio, os, signal, sys
from datetime import timedelta
from upheld.main.worker import work
from upheld.platform.mail import FolderMail
from upheld.platform.settings import Settings

class DyingMail(FolderMail):
    async def forget(self, person):
        os.kill(os.getpid(), signal.SIGKILL)

settings = Settings.read()
asyncio.run(work(settings, DyingMail(settings.var / "mail"), timedelta(seconds=2)))
"""


_LIVING_WORKER = _DYING_WORKER.replace("os.kill(os.getpid(), signal.SIGKILL)", "return await super().forget(person)")


async def test_a_worker_killed_with_kill_9_has_its_erasure_finished_by_the_next(deployment: Deployment) -> None:
    async with applied(deployment, RESUME) as application:
        person, path = await person_of(deployment, application.candidate), await ask_to_leave(application.candidate)
        first = worker(deployment, _DYING_WORKER)
        assert first.wait(30) == -9
        assert "people.id" in await rows_about(deployment, person)
        second = worker(deployment, _LIVING_WORKER)
        try:
            await done(application.owner, path)
        finally:
            second.terminate()
            assert second.wait(20) == 0
        await expect_gone(deployment, person, path)


async def test_a_worker_whose_connection_is_cut_goes_on(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        running = worker(deployment, _LIVING_WORKER)
        try:
            await _waiting_worker(deployment)
            async with connected(deployment.cluster, "postgres") as admin:
                await admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'worker' and datname = $1",
                    urlsplit(deployment.settings.database).path.lstrip("/"),
                )
            await done(ada, await ask_to_leave(ada))
        finally:
            running.terminate()
            assert running.wait(20) == 0


async def _waiting_worker(deployment: Deployment) -> None:
    """Wait until a worker has registered its schedules: then it works."""
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        limit = time.monotonic() + 30
        while not await connection.fetchval("select count(*) from queue.pgqueuer_schedules"):
            assert time.monotonic() < limit, "the worker did not start"
            await asyncio.sleep(0.1)


def worker(deployment: Deployment, script: str) -> subprocess.Popen[bytes]:
    """Start a worker process of a deployment."""
    environment = {**environment_of(deployment.settings), "PYTHONPATH": str(Path.cwd())}
    with (deployment.settings.var / "worker.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=log, stderr=log)  # noqa: S603 - ourselves


async def done(browser: httpx.AsyncClient, path: str) -> None:
    """Wait until an erasure is done."""
    limit = time.monotonic() + 30
    while "Your account was erased" not in (await browser.get(path)).text:
        assert time.monotonic() < limit, "the erasure was not finished"
        await asyncio.sleep(0.2)


async def test_work_that_fails_is_put_back_without_a_word_of_why(deployment: Deployment) -> None:
    class FailingMail(FolderMail):
        async def forget(self, person: UUID) -> int:
            raise OSError(str(person))

    async with deployment.person(ADA) as ada:
        await ask_to_leave(ada)
    await drain(deployment.platform, FailingMail(deployment.settings.var / "mail"))
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        job = await connection.fetchrow(
            "select status::text, attempts, execute_after > now() as later from queue.pgqueuer"
        )
        assert tuple(job) == ("queued", 1, True)
        assert await connection.fetchval("select count(*) from queue.pgqueuer_log where traceback is not null") == 0
        assert await connection.fetchval("select count(*) from queue.pgqueuer_log where status = 'queued'") == 1
        await connection.execute("update queue.pgqueuer set execute_after = now()")
    await deployment.work()
    async with deployment.browser() as stranger:
        answer = await stranger.form("/sign-in", email=ADA, password=PASSWORD)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
