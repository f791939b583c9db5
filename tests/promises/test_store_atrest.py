"""store.atrest, red under each of its sabotages, and unproven where nobody can look."""

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.promises.faults import LeakyVault, Scratch, Send

pytestmark = pytest.mark.anyio


class Chatty:
    """Logs what people type."""

    def __init__(self, app: Any, log: Path) -> None:
        """Take the application and the file to write to."""
        self._app, self._log = app, log

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Write down every body on its way in."""

        async def incoming() -> Any:
            message = await receive()
            with self._log.open("ab") as file:
                file.write(message.get("body", b""))
            return message

        await self._app(scope, incoming, send)


async def test_store_atrest_files_is_red_when_the_server_logs_what_people_type(scratch: Scratch) -> None:
    log = scratch.deployment.settings.var / "web.log"
    scratch.serve(Chatty(scratch.deployment.app, log))
    await scratch.sees_red("store.atrest.files", "var/web.log: plain")


async def test_store_atrest_files_is_red_when_one_field_is_stored_plain(scratch: Scratch) -> None:
    platform = scratch.deployment.platform
    scratch.serve_with(vault=LeakyVault(platform.database, platform.keys))
    await scratch.sees_red("store.atrest.files", "postgres/data/")


async def test_store_atrest_files_is_red_when_a_temporary_file_is_left_behind(
    scratch: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cast = await scratch.scene.cast()
    (tmp_path / "draft").write_text(cast.canaries.stem)
    await scratch.sees_red("store.atrest.files", f"{tmp_path}/draft: plain")


async def test_store_atrest_rows_is_red_when_one_field_is_stored_plain(scratch: Scratch) -> None:
    platform = scratch.deployment.platform
    scratch.serve_with(vault=LeakyVault(platform.database, platform.keys))
    await scratch.sees_red("store.atrest.rows", "upheld.profiles: plain", "upheld.application_snapshots: plain")


async def test_store_atrest_statistics_is_red_when_a_plain_index_was_sampled(scratch: Scratch) -> None:
    cast = await scratch.scene.cast()
    await scratch.change("create table upheld.search_index (word text)")
    await scratch.put("insert into upheld.search_index select $1 from generate_series(1, 50)", cast.canaries.stem)
    await scratch.change("analyze upheld.search_index", "delete from upheld.search_index")
    await scratch.sees_red("store.atrest.statistics", "pg_statistic: plain")


async def test_store_atrest_keys_is_red_when_a_key_is_written_to_a_log(scratch: Scratch) -> None:
    _, key = scratch.deployment.platform.keys.current_epoch()
    (scratch.deployment.settings.var / "debug.log").write_text(f"wrapping with {key.hex()}\n")
    await scratch.sees_red("store.atrest.keys", "var/debug.log: the epoch key, hex")


async def test_store_atrest_keys_is_red_when_a_key_lies_unwrapped_among_the_key_files(scratch: Scratch) -> None:
    key = scratch.deployment.platform.keys.platform_key("cookie")
    (scratch.deployment.settings.keys_folder / "cookie.key").write_bytes(key)
    await scratch.sees_red("store.atrest.keys", "keys/cookie.key: the cookie key, raw")


async def test_store_atrest_keys_is_red_when_session_secrets_are_stored(scratch: Scratch) -> None:
    cast = await scratch.scene.cast()
    await scratch.change("create table upheld.remembered (secret bytea)")
    await scratch.put("insert into upheld.remembered values ($1)", cast.candidate.secret)
    await scratch.sees_red("store.atrest.keys", "upheld.remembered: a session's secret, raw")


async def test_store_atrest_envelope_is_red_when_a_sealed_column_holds_an_address(scratch: Scratch) -> None:
    await scratch.scene.cast()
    await scratch.change(
        "update upheld.people set email_sealed = convert_to('somebody.with.a.long.name@example.org', 'UTF8')"
    )
    await scratch.sees_red("store.atrest.envelope", "upheld.people.email_sealed")


async def test_store_atrest_envelope_is_red_when_a_file_is_stored_as_it_came(scratch: Scratch) -> None:
    folder = scratch.deployment.settings.var / "objects" / "files" / "00"
    folder.mkdir(parents=True)
    (folder / "resume.pdf").write_bytes(b"%PDF-1.4")
    await scratch.sees_red("store.atrest.envelope", "objects/resume.pdf: not sealed")


@pytest.mark.parametrize("name", ["files", "rows", "statistics", "keys", "envelope"])
async def test_without_an_administrator_nothing_of_it_is_green(scratch: Scratch, name: str) -> None:
    scratch.scene.administrator = None
    result = await scratch.look(f"store.atrest.{name}")
    assert result.state == "unproven"
    assert re.search("needs an administrator", result.checks[0].evidence["could_not_look"])


async def test_a_database_on_another_machine_leaves_its_files_unproven(scratch: Scratch) -> None:
    scratch.scene.database_files = None
    result = await scratch.look("store.atrest.files")
    assert result.state == "unproven"
    assert "on another machine" in result.checks[0].evidence["not_looked_at"][0]
