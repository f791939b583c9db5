"""Backups: whole or refused, sealed, apart, and equal to what they were taken from."""

import asyncio
import datetime as dt
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from tests.migrations.test_schema import facts
from tests.support.backups import Backups, opened
from tests.support.catalog import connected
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed
from tests.support.hiring import PROFILE, applied, pdf
from upheld.platform.backup.checking import check
from upheld.platform.backup.errors import DamagedError, OccupiedError, PlaceError, ProgramError
from upheld.platform.backup.manifest import Kind
from upheld.platform.backup.programs import Server, dumped, program
from upheld.platform.backup.pruning import prune
from upheld.platform.backup.taking import backups_in
from upheld.platform.backup.watching import Unwatched
from upheld.platform.install import database_name, url
from upheld.platform.settings import Settings

pytestmark = pytest.mark.anyio
RESUME = ("resume.pdf", pdf("Ada Okafor", "Boat builder"))


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


SPOILED: dict[str, Callable[[Path], object]] = {
    "flipped": flip,
    "cut short": lambda path: os.truncate(path, path.stat().st_size - 1),
    "empty": lambda path: os.truncate(path, 0),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "missing": Path.unlink,
    "swapped": lambda path: path.write_bytes(
        path.with_name("objects.sealed" if path.stem == "database" else "database.sealed").read_bytes()
    ),
}


@pytest.fixture
async def settings(cluster: Cluster) -> Settings:
    """Set up a deployment in which Ada has applied with a résumé, closed for now."""
    async with deployed(cluster) as deployment, applied(deployment, RESUME):
        return deployment.settings


@pytest.fixture
def backups(cluster: Cluster, settings: Settings, tmp_path: Path) -> Backups:
    """Return what takes and restores backups of that deployment."""
    return Backups(cluster, settings, tmp_path)


async def everything(deployment: Deployment) -> dict[str, list[str]]:
    """Return every row of every table, as text."""
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        names = await connection.fetch(
            "select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname in ('upheld', 'queue', 'road')"
        )
        return {
            row["name"]: sorted(r["t"] for r in await connection.fetch(f"select t::text as t from {row['name']} as t"))  # noqa: S608 - as the catalog spells it
            for row in names
        }


async def test_a_restored_backup_equals_what_it_was_taken_from(backups: Backups, cluster: Cluster) -> None:
    settings = backups.settings
    async with opened(settings, cluster) as deployment, connected(cluster, settings.database) as connection:
        rows, schema = await everything(deployment), await facts(connection)
    data, keyring = await backups.data(), await backups.keyring()
    async with connected(cluster, "postgres") as admin:
        for base in (settings.database, settings.keyring_database):
            await admin.execute(f"drop database {database_name(base)}")
    shutil.rmtree(settings.var / "objects")
    await backups.restore_data(data, replace=False)
    await backups.restore_keyring(keyring, replace=False)
    async with connected(cluster, settings.database) as connection:
        assert await facts(connection) == schema
    for base in (settings.database, settings.keyring_database):
        async with connected(cluster, base) as connection:
            assert not await connection.fetchval("select has_function_privilege('backup', 'lo_create(oid)', 'execute')")
    async with opened(settings, cluster) as deployment:
        assert await everything(deployment) == rows
        async with deployment.signed_in("ada@example.org") as ada:
            assert str(PROFILE.summary) in (await ada.get("/profile")).text
            assert "resume.pdf" in (await ada.get("/documents")).text


async def test_nothing_of_a_person_and_no_key_can_be_read_in_a_backup(backups: Backups) -> None:
    for folder in (await backups.data(), await backups.keyring()):
        content = b"".join(path.read_bytes() for path in folder.iterdir())
        for word in ("Okafor", "example.org", "Boat", "PGDMP", "upheld.people,", "UPHF"):
            assert word.encode() not in content, word
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
        assert folder.stat().st_mode & 0o777 == 0o700


async def test_the_two_kinds_never_lie_together_nor_inside_the_deployment(backups: Backups) -> None:
    await backups.data()
    together = Backups(backups.cluster, backups.settings, backups.place)
    (backups.place / "keyring").symlink_to(backups.place / "data")
    with pytest.raises(PlaceError, match="Keep the two apart"):
        await together.keyring()
    inside = Backups(backups.cluster, backups.settings, backups.settings.var)
    with pytest.raises(PlaceError, match="inside"):
        await inside.data()


async def test_a_backup_that_was_changed_is_refused_and_nothing_is_touched(backups: Backups, tmp_path: Path) -> None:
    data = await backups.data()
    async with opened(backups.settings, backups.cluster) as deployment:
        before = await everything(deployment)
    for number, (stream, spoil) in enumerate(itertools.product(("database", "objects"), SPOILED.values())):
        copy = shutil.copytree(data, tmp_path / f"copy-{number}")
        spoil(copy / f"{stream}.sealed")
        with pytest.raises(DamagedError):
            check(copy, backups.keys, Unwatched())
    with pytest.raises(DamagedError):
        await backups.restore_data(tmp_path / "copy-0")
    async with opened(backups.settings, backups.cluster) as deployment:
        assert await everything(deployment) == before
    async with connected(backups.cluster, "postgres") as admin:
        assert not await admin.fetchval("select count(*) from pg_database where datname like '%_incoming'")


async def test_a_manifest_that_was_changed_or_signed_by_others_is_refused(backups: Backups, cluster: Cluster) -> None:
    data = await backups.data()
    path = data / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, "taken_at": "2020-01-01T00:00:00Z"}))
    with pytest.raises(DamagedError, match="changed after it was signed"):
        check(data, backups.keys, Unwatched())
    path.write_text(json.dumps(manifest))
    check(data, backups.keys, Unwatched())
    strangers = Backups(cluster, await cluster.deploy(), backups.place)
    with pytest.raises(DamagedError, match="another deployment's keys"):
        check(data, strangers.keys, Unwatched())


async def test_a_manifest_without_an_end_is_not_waited_for(backups: Backups, tmp_path: Path) -> None:
    pipe, endless = tmp_path / "pipe", tmp_path / "endless"
    for folder in (pipe, endless):
        folder.mkdir()
    os.mkfifo(pipe / "manifest.json")
    (endless / "manifest.json").symlink_to("/dev/zero")
    for folder in (pipe, endless):
        with pytest.raises(DamagedError, match="cannot be read"):
            check(folder, backups.keys, Unwatched())


async def test_what_a_killed_backup_left_is_cleared_away_a_day_later(backups: Backups) -> None:
    place = backups.place / "keyring"
    old, young = place / ".keyring-20200101T000000000000Z.unfinished", place / ".keyring-now.unfinished"
    for left in (old, young):
        left.mkdir(parents=True)
    os.utime(old, (0, 0))
    await backups.keyring()
    assert (old.exists(), young.exists()) == (False, True)


async def test_what_is_here_stays_unless_told_otherwise(backups: Backups) -> None:
    data, keyring = await backups.data(), await backups.keyring()
    with pytest.raises(OccupiedError, match="--replace"):
        await backups.restore_data(data, replace=False)
    with pytest.raises(OccupiedError, match="--replace"):
        await backups.restore_keyring(keyring, replace=False)
    async with opened(backups.settings, backups.cluster):
        with pytest.raises(OccupiedError, match="Stop the deployment first"):
            await backups.restore_data(data)
    with pytest.raises(DamagedError, match="is a backup of the data"):
        await backups.restore_keyring(data)


async def test_a_keyring_backup_opens_no_more_after_the_epoch_and_pruning_removes_it(backups: Backups) -> None:
    await backups.data()
    keyring = await backups.keyring()
    async with opened(backups.settings, backups.cluster) as deployment:
        await deployment.platform.vault.rotate_epoch()
    with pytest.raises(DamagedError, match="opens no more"):
        await backups.restore_keyring(keyring)
    fresh = await backups.keyring()
    assert prune(backups.place / "keyring", backups.keys, dt.timedelta(days=30)) == [keyring]
    assert backups_in(backups.place / "keyring", Kind.KEYRING) == [fresh]
    assert prune(backups.place / "data", backups.keys, dt.timedelta(0)) == []


async def test_pruning_leaves_what_is_not_ours_and_what_was_changed(backups: Backups, cluster: Cluster) -> None:
    keyring = await backups.keyring()
    strangers = Backups(cluster, await cluster.deploy(), backups.place)
    place = backups.place / "keyring"
    with pytest.raises(DamagedError, match="another deployment's keys"):
        prune(place, strangers.keys, dt.timedelta(0))
    manifest = keyring / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"keyring"', '"data"'))
    with pytest.raises(DamagedError, match="changed after it was signed"):
        prune(place, backups.keys, dt.timedelta(0))
    assert backups_in(place, Kind.KEYRING) == [keyring]


async def test_the_backup_role_reads_every_row_but_no_sealing_key_and_writes_nothing(backups: Backups) -> None:
    settings = backups.settings
    connection = await asyncpg.connect(url(settings.database, "backup", settings.secret("backup")))
    try:
        assert await connection.fetchval("select count(*) from upheld.people") == 2
        for statement in (
            "select * from sealed.context_keys",
            "set transaction read write; select upheld.rotate_context_key()",
            "set transaction read write; delete from upheld.people",
            "set transaction read write; update upheld.people set verified_at = null",
            "set transaction read write; create table upheld.mine (id int)",
            "set role owner",
            "select upheld.open_context('\\x00')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("create temp table mine (id int)")
    finally:
        await connection.close()


async def test_a_dump_by_hand_leaves_the_sealing_key_out_or_fails(backups: Backups) -> None:
    careless = await asyncio.to_thread(dump_by_hand, backups.settings)
    assert careless.returncode == 1
    assert "context_keys" in careless.stderr.decode()
    careful = await asyncio.to_thread(dump_by_hand, backups.settings, "--no-unlogged-table-data")
    assert careful.returncode == 0, careful.stderr.decode()
    assert b"COPY upheld.people" in careful.stdout
    assert b"COPY sealed.context_keys" not in careful.stdout


def dump_by_hand(settings: Settings, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Run `pg_dump` as the role for backups, as an operator would."""
    command = [str(program("pg_dump")), f"--dbname={settings.database}", "--username=backup", *options]
    environment = {**os.environ, "PGPASSWORD": settings.secret("backup")}
    return subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - PostgreSQL's own program


async def test_a_password_lies_in_no_file_that_a_kill_could_leave_behind(
    backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = backups.settings
    (tmp_path / "passing").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "passing"))
    connection = await asyncpg.connect(url(settings.database, "backup", settings.secret("backup")))
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("select pg_export_snapshot()")
            dump = dumped(Server(settings.database, "backup", settings.secret("backup")), snapshot)
            assert next(dump).startswith(b"PGDMP")
            assert list((tmp_path / "passing").iterdir()) == []
            for _ in dump:
                pass
    finally:
        await connection.close()


async def test_without_programs_of_the_right_version_it_says_which(
    backups: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 15.18'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramError, match=r"the one at .*pg_dump is older.*postgresql-client-18"):
        program("pg_dump", Server("postgresql://db.example.org/upheld", "backup", ""))
    assert program("pg_dump", Server(backups.settings.database, "backup", "")).parent != tmp_path
