"""Interrupted uploads: nothing stays of them, or nothing for an hour, and no file is taken from a running upload."""

import asyncio
import datetime as dt
import os
import signal
import socket
import ssl
import sys
from dataclasses import replace

import httpx
import pytest

from tests.support.bucket import BucketService
from tests.support.clock import SetClock
from tests.support.deployment import Browser, Deployment
from tests.support.hiring import acting_in, candidate, pdf, upload
from tests.support.server import serving
from upheld.features.candidates.actions import add_document
from upheld.features.privacy.duties import LEFT_BEHIND_AFTER, RECENT, tidy
from upheld.main.supervisor import environment_of
from upheld.main.worker import TIDY_AT
from upheld.platform.database import LONGEST_REQUEST, Query
from upheld.platform.objects import Objects
from upheld.platform.web.cookies import SESSION_COOKIE
from upheld.platform.web.forms import Upload

pytestmark = pytest.mark.anyio

RESUME = Upload("resume.pdf", pdf("Ada Okafor", "Boats"))
NAME_OF_TIMEOUT = Query("timeout", "select current_setting('transaction_timeout')", "The limit of a transaction.")


async def files(deployment: Deployment) -> int:
    """Return how many files there are."""
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    return sum([len(batch) async for batch in deployment.platform.objects.older_than(later)])


async def tidied(deployment: Deployment, after: dt.timedelta, *, all_files: bool = False) -> int:
    """Return how many files a turn of `tidy` removes after a while."""
    clock = SetClock(dt.datetime.now(dt.UTC) + after)
    return (await tidy(replace(deployment.platform, clock=clock), all_files=all_files))["files"]


async def test_a_request_that_fails_after_the_file_was_stored_leaves_none(stored: Deployment) -> None:
    async with candidate(stored) as ada:
        with pytest.raises(ZeroDivisionError):
            await _upload_and_fail(stored, ada)
    assert await files(stored) == 0


async def _upload_and_fail(deployment: Deployment, browser: Browser) -> None:
    async with acting_in(deployment, browser) as acting:
        await add_document(acting, RESUME)
        assert await files(deployment) == 1
        raise ZeroDivisionError


async def test_an_upload_that_is_called_off_while_it_is_stored_leaves_none(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, is_stored = Objects.put, asyncio.Event()

    async def put_and_wait(*arguments: object) -> None:
        await put(*arguments)  # pyright: ignore[reportArgumentType] - passed on
        is_stored.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Objects, "put", put_and_wait)
    async with candidate(deployment) as ada:
        uploading = asyncio.create_task(upload(deployment, ada, RESUME.name, RESUME.content))
        await is_stored.wait()
        assert await files(deployment) == 1
        uploading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await uploading
    assert await files(deployment) == 0


async def test_what_a_killed_process_stored_goes_within_the_hour(
    stored: Deployment, bucket_service: BucketService
) -> None:
    assert bucket_service.endpoint
    async with candidate(stored) as ada:
        kept = await upload(stored, ada, RESUME.name, RESUME.content)
        await _killed_while_uploading(stored, ada)
        assert await files(stored) == 2
        assert await tidied(stored, dt.timedelta(minutes=1)) == 0
        assert await tidied(stored, LEFT_BEHIND_AFTER + dt.timedelta(minutes=1)) == 1
        answer = await ada.get(f"/documents/{kept.id}/file")
        assert answer.content == RESUME.content


async def _killed_while_uploading(deployment: Deployment, browser: Browser) -> None:
    command = [sys.executable, "-m", "tests.support.killed", browser.cookies[SESSION_COOKIE]]
    environment = {**environment_of(deployment.settings), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    assert await process.wait() == -signal.SIGKILL


async def test_the_file_of_a_transaction_that_still_runs_is_never_removed(deployment: Deployment) -> None:
    async with candidate(deployment) as ada, acting_in(deployment, ada) as acting:
        document = await add_document(acting, RESUME)
        timeout = await acting.tx.value(NAME_OF_TIMEOUT)
        for after in (dt.timedelta(0), LONGEST_REQUEST, LEFT_BEHIND_AFTER - dt.timedelta(minutes=1)):
            assert await tidied(deployment, after, all_files=True) == 0
        assert await deployment.platform.objects.exists(document.object_id)
    # Later than that no request's transaction runs any more: the database itself ends it.
    assert timeout == "15min"
    assert dt.timedelta(minutes=15) == LONGEST_REQUEST < LEFT_BEHIND_AFTER


def test_no_turn_of_tidy_comes_too_late_or_looks_too_short_a_way_back() -> None:
    between_turns = dt.timedelta(minutes=int(TIDY_AT.split()[0].removeprefix("*/")))
    assert LEFT_BEHIND_AFTER + between_turns < dt.timedelta(hours=1)
    assert 3 * (LEFT_BEHIND_AFTER + between_turns) < RECENT


async def test_a_turn_looks_at_the_last_hours_and_all_files_when_told_to(deployment: Deployment) -> None:
    async with candidate(deployment) as ada:
        await _killed_while_uploading(deployment, ada)
    assert await tidied(deployment, RECENT + dt.timedelta(hours=2)) == 0
    assert await tidied(deployment, RECENT + dt.timedelta(hours=2), all_files=True) == 1


async def test_whoever_hangs_up_in_the_middle_of_an_upload_leaves_nothing(deployment: Deployment) -> None:
    async with candidate(deployment) as ada:
        token = ada.cookies[SESSION_COOKIE]
    with serving(deployment.settings) as server:
        for sent in (200, 60_000):
            await asyncio.to_thread(_hang_up, server.port, server.tls(), token, sent)
        async with httpx.AsyncClient(base_url=server.url, verify=server.tls()) as client:
            answer = await client.get("/documents", headers={"cookie": f"{SESSION_COOKIE}={token}"})
            assert answer.status_code == httpx.codes.OK
    assert await files(deployment) == 0
    assert [path for path in (deployment.settings.var / "objects").rglob("*") if path.is_file()] == []


def _hang_up(port: int, tls: ssl.SSLContext, token: str, sent: int) -> None:
    body = (
        b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + b"%PDF-1.4\n" + bytes(99_000)
    )
    head = (
        f"POST /documents HTTP/1.1\r\nhost: upheld.localhost:{port}\r\ncookie: {SESSION_COOKIE}={token}\r\n"
        "sec-fetch-site: same-origin\r\ncontent-type: multipart/form-data; boundary=x\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        tls.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(head.encode() + body[:sent])
