"""A full disk: under the files, and under PostgreSQL. What people see, and that room is all it takes."""

import asyncio
import random
import re
import time
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.support.demo import Demo, running_demo, without_people
from tests.support.deployment import hidden
from tests.support.faults.crowd import Candidate, Crowd
from tests.support.faults.inspection import inspecting
from tests.support.faults.killing import client_of, until_ready
from tests.support.faults.site import Site, fill, running_site, small_disk
from tests.support.hiring import pdf
from upheld.main.setup import administrator_of
from upheld.platform.embedded import EmbeddedPostgres


def stored_files(folder: Path) -> int:
    return sum(path.is_file() for path in (folder / "files").rglob("*"))


def apply(site: Site) -> httpx.Response:
    form = site.browser.get(f"/jobs/{site.job}/apply")
    document = re.search(r'name="document" value="([0-9a-f-]{36})"', form.text)
    assert document is not None
    fields = {name: hidden(form, name) for name in ("profile", "notice")}
    typed = {"letter": "I would like to look after your boats.", "document": document[1], "consent": "yes"}
    return site.browser.post(f"/jobs/{site.job}/apply", data={**fields, **typed})


def test_without_room_for_files_nothing_is_half_stored_and_room_is_all_it_takes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        objects = disk / "objects"
        with running_site(tmp_path, objects=objects.as_uri()) as site:
            file = {"file": ("paper.pdf", pdf("Ada Okafor", "Twelve years of boats"), "application/pdf")}
            assert site.browser.post("/documents", files=file).status_code == httpx.codes.SEE_OTHER
            before = stored_files(objects)
            filler = fill(disk)
            for _ in range(3):
                refused = site.browser.post("/documents", files=file)
                assert refused.status_code == httpx.codes.INSUFFICIENT_STORAGE
                assert "There is no room left" in refused.text
            refused = apply(site)
            assert refused.status_code == httpx.codes.INSUFFICIENT_STORAGE
            assert "load this page again to send it once more" in refused.text
            assert int(refused.headers["retry-after"]) > 0
            assert site.documents() == 1
            assert "Boat keeper" not in site.browser.get("/applications").text
            assert stored_files(objects) == before
            filler.unlink()
            assert apply(site).status_code == httpx.codes.SEE_OTHER
            assert site.browser.post("/documents", files=file).status_code == httpx.codes.SEE_OTHER
            assert stored_files(objects) == before + 2


@pytest.mark.anyio
async def test_postgresql_without_room_is_started_again_until_there_is_some(tmp_path: Path) -> None:
    without_people(tmp_path / "var")
    with small_disk(tmp_path / "var" / "postgres", "320m") as disk, running_demo(tmp_path / "var") as demo:
        crowd = Crowd(demo, random.Random(1))  # noqa: S311 - of no weight
        crowd.going.set()
        ada = Candidate(crowd, client_of(demo))
        await ada.join()
        assert await ada.write_profile()
        filler = fill(disk)
        await _use_up_the_log(demo)
        statuses = [(await ada.client.get(path)).status_code for path in ("/profile", "/api/jobs", "/health/live")]
        assert statuses == [503, 503, 200]
        assert not await ada.write_profile()
        await asyncio.sleep(4)
        assert demo.process.poll() is None, "the run gave up"
        filler.unlink()
        await until_ready(ada.client)
        assert await ada.write_profile()
        async with inspecting(demo.var) as inspector:
            assert (await inspector.inspect(crowd.ledger)).faults == []
        assert "postgres ended" in demo.output.read_text()
        assert "Traceback" not in demo.output.read_text()
        await ada.client.aclose()


async def _use_up_the_log(demo: Demo) -> None:
    """Ask for a new segment of the write-ahead log until there is no room: PostgreSQL panics then."""
    administrator = administrator_of(EmbeddedPostgres(demo.var / "postgres")).format(database="postgres")
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        try:
            connection = await asyncpg.connect(administrator)
            for _ in range(40):
                await connection.execute("select pg_logical_emit_message(true, 'full', repeat('x', 500000))")
                await connection.execute("select pg_switch_wal()")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            # What was refused may be this statement alone: only a server that ended has no room left.
            if "postgres ended" in demo.output.read_text():
                return
            await asyncio.sleep(0.05)
    raise AssertionError
