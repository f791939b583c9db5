"""Replacing keys while people work: nothing fails, nobody is signed out, what was sealed opens."""

import asyncio
import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from tests.support.catalog import connected
from tests.support.clock import SetClock
from tests.support.deployment import PASSWORD, Deployment
from tests.support.hiring import ADA, LETTER, Application, applied
from upheld.features.accounts.actions import raise_indexes
from upheld.features.privacy.duties import tidy
from upheld.features.privacy.rotation import LIMITS_OVERLAP, REPLACEABLE, drop_spent, replace_key
from upheld.kit.errors import TooSoonError
from upheld.main.supervisor import environment_of
from upheld.platform.keyfiles import KeyFileError, KeyFiles
from upheld.platform.limits import Limit, take
from upheld.platform.services import Platform, open_platform
from upheld.platform.vault import PLATFORM, ErasedError, KeyRef, LeftBehindError
from upheld.platform.web.cookies import SESSION_COOKIE

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def another_process(deployment: Deployment) -> AsyncGenerator[Platform]:
    """Open the same deployment a second time: nothing is shared but the databases and the folder."""
    async with open_platform(deployment.settings, ("web", "gate", "worker", "maintenance")) as platform:
        yield platform


def ageing(platform: Platform, by: dt.timedelta) -> Platform:
    """Return the platform as it will be after a time."""
    return replace(platform, clock=SetClock(dt.datetime.now(dt.UTC) + by))


# Everything, under load.


async def _until(done: asyncio.Event, step: Callable[[], Awaitable[None]]) -> int:
    """Repeat a person's step until it is enough; return how often it went well."""
    count = 0
    while not done.is_set():
        await step()
        count += 1
    return count


async def _read(application: Application) -> None:
    own = await application.candidate.get(application.own_page(), follow_redirects=False)
    seen = await application.owner.get(application.page(), follow_redirects=False)
    assert (own.status_code, seen.status_code) == (httpx.codes.OK, httpx.codes.OK)
    assert LETTER in seen.text


async def test_every_key_is_replaced_twice_while_people_work_and_nothing_is_lost(deployment: Deployment) -> None:
    async with applied(deployment) as application, another_process(deployment) as other:
        done, numbers = asyncio.Event(), iter(range(1000))

        async def arrive() -> None:
            address = f"person{next(numbers)}@example.org"
            async with deployment.person(address) as browser:
                assert (await browser.get("/privacy", follow_redirects=False)).status_code == httpx.codes.OK

        async def sign_in() -> None:
            async with deployment.signed_in(ADA) as browser:
                assert (await browser.get("/privacy", follow_redirects=False)).status_code == httpx.codes.OK
            await asyncio.sleep(0.8)  # ten a window are allowed

        working = [
            asyncio.create_task(_until(done, step))
            for step in (lambda: _read(application), lambda: _read(application), arrive, sign_in)
        ]
        for name in (*REPLACEABLE, *REPLACEABLE):
            await replace_key(other, name)
            await asyncio.sleep(0.1)
            assert not any(task.done() for task in working), [task for task in working if task.done()]
        done.set()
        counts = await asyncio.gather(*working)
        assert all(counts), counts
        await _read(application)  # the sessions from before, what was sealed before
        for number in range(counts[2]):  # everybody who arrived meanwhile is found by their address
            async with deployment.signed_in(f"person{number}@example.org"):
                pass
        assert await deployment.platform.vault.check_keys() == []
        assert deployment.platform.keys.broken() == ()


# Root.


async def test_a_new_root_key_opens_everything_and_the_old_one_nothing(deployment: Deployment) -> None:
    files, path = deployment.platform.keys, deployment.settings.root_key_file
    before, old = {key.id: key.secret for key in files.all()}, path.read_text()
    assert files.replace_root() == len(before)
    assert path.read_text() != old
    assert {key.id: key.secret for key in KeyFiles.open(deployment.settings).all()} == before
    path.write_text(old)
    assert KeyFiles.open(deployment.settings).all() == []
    assert [*deployment.settings.keys_folder.glob("root.key.*")] == []


KILLED = """
import os, signal, sys
from pathlib import Path
from upheld.platform import private, rootkeys, keyfiles
from upheld.platform.settings import Settings
left = int(sys.argv[1])
def counting(act):
    def counted(*given, **more):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return act(*given, **more)
    return counted
# Every step that reaches the disk counts; at the chosen one the process dies as if the power went.
for place, name in (
    (os, "open"), (os, "fsync"), (Path, "replace"), (Path, "unlink"), (Path, "hardlink_to"), (Path, "rename"),
):
    setattr(place, name, counting(getattr(place, name)))
keyfiles.KeyFiles.open(Settings.read()).replace_root()
print("whole")
"""


async def test_a_replacement_of_the_root_key_that_is_killed_at_any_step_loses_nothing(deployment: Deployment) -> None:
    files = deployment.platform.keys
    files.issue_recovery_key()
    before = {key.id: key.secret for key in files.all()}
    environment = {**environment_of(deployment.settings), "PYTHONPATH": os.pathsep.join(sys.path)}
    step, is_whole = 0, False
    while not is_whole:
        command = [sys.executable, "-c", KILLED, str(step)]
        done = await asyncio.to_thread(
            subprocess.run, command, env=environment, check=False, capture_output=True, text=True
        )
        is_whole = done.stdout == "whole\n"
        assert is_whole or done.returncode == -signal.SIGKILL, done.stderr
        opened = KeyFiles.open(deployment.settings)
        assert {key.id: key.secret for key in opened.all()} == before, step
        assert opened.broken() == (), step
        step += 7  # every seventh step of some eighty: each kill resumes what the one before left
    assert step > 28
    assert len(KeyFiles.open(deployment.settings).roots()) == 1
    assert [*deployment.settings.keys_folder.glob("root.key.*")] == []
    assert [*deployment.settings.keys_folder.glob(".*")] == []


async def test_a_root_key_is_not_replaced_while_a_file_would_be_lost(deployment: Deployment) -> None:
    folder, files = deployment.settings.keys_folder, deployment.platform.keys
    (cookie,) = folder.glob("cookie-*.wrapped")
    content = cookie.read_bytes()
    cookie.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    fresh = KeyFiles.open(deployment.settings)
    with pytest.raises(KeyFileError, match="cookie-"):
        fresh.replace_root()
    cookie.write_bytes(content)
    assert {key.id for key in KeyFiles.open(deployment.settings).all()} == {key.id for key in files.all()}


# Data keys in the keyring.


async def test_a_key_that_does_not_open_keeps_its_epoch_and_stops_no_other(deployment: Deployment) -> None:
    vault, keys = deployment.platform.vault, deployment.platform.keys
    people = [uuid4() for _ in range(3)]
    await vault.create_keys(KeyRef(person, PLATFORM, "profile") for person in people)
    async with connected(deployment.cluster, deployment.settings.keyring_database) as connection:
        await connection.execute(
            "update keyring.data_keys set wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)"
            " where subject_id = $1",
            people[0],
        )
        old, _ = keys.current_epoch()
        with pytest.raises(LeftBehindError, match="1 data keys"):
            await vault.rotate_epoch()
        assert await connection.fetchval("select count(*) from keyring.data_keys where epoch_id = $1", old) == 1
    assert keys.epoch(old)
    for person in people[1:]:
        assert await vault.key(KeyRef(person, PLATFORM, "profile"))


# Blind indexes.


async def test_an_address_is_found_before_during_and_after_its_index_is_moved(deployment: Deployment) -> None:
    platform = deployment.platform
    await deployment.register(ADA)
    first = platform.blind_index("email", ADA)
    platform.keys.add("blind")  # a replacement that has not moved anything yet
    assert platform.blind_indexes("email", ADA)[1] == first
    async with deployment.signed_in(ADA):
        pass
    await deployment.register("ben@example.org")  # is indexed under the new key
    assert await raise_indexes(platform) == 1
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        stored = set(await connection.fetch("select email_index from upheld.people"))
    assert {row[0] for row in stored} == {
        platform.blind_index("email", ADA), platform.blind_index("email", "ben@example.org")
    }  # fmt: skip
    for address in (ADA, "ben@example.org"):
        async with deployment.signed_in(address):
            pass


async def test_an_address_under_an_older_index_is_not_registered_twice(deployment: Deployment) -> None:
    await deployment.register(ADA)
    deployment.platform.keys.add("blind")
    async with deployment.browser() as browser:
        page = await browser.get("/register")
        notice = page.text.split('name="notice" value="')[1].split('"')[0]
        await browser.form("/register", email=ADA, password=PASSWORD + " too", notice=notice, account="yes")
    await deployment.work()
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        assert await connection.fetchval("select count(*) from upheld.people") == 1
    async with deployment.signed_in(ADA):
        pass


async def test_nobody_can_read_an_address_off_what_moves_its_index(deployment: Deployment) -> None:
    await deployment.register(ADA)
    platform = deployment.platform
    older = platform.blind_index("email", ADA)
    platform.keys.add("blind")
    assert platform.raised_index(older) == platform.blind_index("email", ADA)
    assert platform.raised_index(platform.blind_index("email", ADA)) == platform.blind_index("email", ADA)
    assert platform.raised_index(older) != older


# Cookies, limits, log keys: what an overlap means.


async def test_a_session_survives_a_new_cookie_key_until_it_would_have_ended_anyway(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await replace_key(deployment.platform, "cookie")
        assert (await browser.get("/privacy", follow_redirects=False)).status_code == httpx.codes.OK
        assert (await drop_spent(deployment.platform))["generations"] == 0
        later = ageing(deployment.platform, deployment.settings.session_lifetime)
        assert (await drop_spent(later))["generations"] == 1
        assert (await browser.get("/privacy", follow_redirects=False)).headers["location"].startswith("/sign-in")
        async with deployment.signed_in(ADA) as again:
            assert again.cookies[SESSION_COOKIE] != browser.cookies[SESSION_COOKIE]


async def test_a_spent_limit_stays_spent_when_its_key_is_replaced(deployment: Deployment) -> None:
    platform, limit = deployment.platform, Limit("a test's", 3, dt.timedelta(hours=12))
    async with platform.database.attempt() as tx:
        for _ in range(3):
            await take(tx, platform, limit, "somebody")
        await replace_key(platform, "limits")
        with pytest.raises(TooSoonError):
            await take(tx, platform, limit, "somebody")
        await take(tx, platform, limit, "somebody else")


async def test_the_old_limits_key_goes_when_nothing_is_counted_under_it_any_longer(deployment: Deployment) -> None:
    await replace_key(deployment.platform, "limits")
    assert (await drop_spent(deployment.platform))["generations"] == 0
    later = ageing(deployment.platform, LIMITS_OVERLAP + dt.timedelta(minutes=1))
    assert (await drop_spent(later))["generations"] == 1
    assert len(deployment.platform.keys.generations("limits")) == 1


async def test_an_address_in_the_log_is_unreadable_a_year_after_its_month(deployment: Deployment) -> None:
    vault, now = deployment.platform.vault, dt.datetime.now(dt.UTC)
    first = now.date().replace(day=1)
    kept, gone = dt.date(first.year - 1, first.month, 1), first - dt.timedelta(days=366 + 31)
    blobs = {
        day: await vault.seal_origin(dt.datetime.combine(day, dt.time(), dt.UTC), "192.0.2.7") for day in (kept, gone)
    }
    assert (await tidy(deployment.platform))["log_keys"] == 1
    key = await vault.key(KeyRef(PLATFORM, PLATFORM, f"log-{kept:%Y-%m}"))
    assert blobs[kept][1:17] == key.id.bytes
    with pytest.raises(ErasedError):
        await vault.key(KeyRef(PLATFORM, PLATFORM, f"log-{gone:%Y-%m}"))
    with pytest.raises(ErasedError):
        await vault.open("origin", PLATFORM, {"origin": blobs[gone]})


# Signatures.


async def test_what_was_signed_before_the_signing_key_was_replaced_is_still_checked(deployment: Deployment) -> None:
    async with deployment.browser() as browser, another_process(deployment) as other:
        first = (await browser.get("/.well-known/upheld-signing-key")).text.split()
        signature = deployment.platform.keys.signing_key().sign(b"a register's entry")
        await replace_key(other, "signing")
        shown = (await browser.get("/.well-known/upheld-signing-key")).text.split()
        assert shown[1:] == first
        assert shown[0] not in first
        for platform in (deployment.platform, other):
            newest, older = platform.keys.verifiers()
            older.verify(signature, b"a register's entry")
            newest.verify(platform.keys.signing_key().sign(b"x"), b"x")
        assert not [key for key in other.keys.all() if key.name == "signing" and key.secret.hex() in first]
