"""Backup and restore of a million rows while others write, and what sealing costs beside a bare dump."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench.figures import Figure
from tests.support.backups import Backups
from tests.support.catalog import connected
from tests.support.cluster import Cluster
from upheld.platform.backup.manifest import read
from upheld.platform.backup.programs import Server, dumped
from upheld.platform.settings import Settings

ROWS, WRITERS = 1_000_000, 4

# What a person's row looks like on disk: random bytes, as ciphertext and keyed hashes are.
_FILL = """
insert into upheld.people (id, email_index, email_sealed, verified_at)
select gen_random_uuid(), '\\x01'::bytea || sha256(n::text::bytea),
    '\\x01'::bytea || sha256(('a' || n)::bytea) || sha256(('b' || n)::bytea), now()
from generate_series(1, $1::integer) as n
"""
_WRITE = "insert into upheld.people (id, email_index, email_sealed) values ($1, '\\x01'::bytea || sha256($2), $2)"


async def measure() -> list[Figure]:
    """Back a million rows up while four writers insert, restore them, and look for what was acknowledged before."""
    with tempfile.TemporaryDirectory(prefix="upheld-bench-") as folder:
        Path(folder).chmod(0o711)  # noqa: ASYNC240 - before anything else runs
        cluster = Cluster(Path(folder) / "cluster", spares_the_disk=False)
        try:
            await asyncio.to_thread(cluster.start)  # which runs a loop of its own
            settings = await cluster.deploy()
            return await _measured(Backups(cluster, settings, Path(folder) / "backups"), cluster, settings)
        finally:
            cluster.stop()


async def _measured(backups: Backups, cluster: Cluster, settings: Settings) -> list[Figure]:
    async with connected(cluster, settings.database) as admin:
        await admin.execute("set synchronous_commit = off")
        await admin.execute(_FILL, ROWS, timeout=600)
        size = await admin.fetchval("select pg_database_size(current_database())") / 1e6
        bare = await _bare_dump(settings, admin)
    acknowledged: dict[UUID, float] = {}
    async with _writers(cluster, settings, acknowledged):
        await asyncio.sleep(2)
        began, written = time.monotonic(), len(acknowledged)
        folder = await backups.data()
        taking = time.monotonic() - began
        during = len(acknowledged) - written
    before = [row for row, at in acknowledged.items() if at < began]
    sealed = sum(read(folder, backups.keys).streams.values()) / 1e6
    began = time.monotonic()
    await backups.restore_data(folder)
    restoring = time.monotonic() - began
    async with connected(cluster, settings.database) as admin:
        found = await admin.fetchval("select count(*) from upheld.people where id = any($1::uuid[])", before)
        rows = await admin.fetchval("select count(*) from upheld.people")
    return [
        Figure("rows in the data", rows, "rows", at_least=ROWS),
        Figure("acknowledged before the backup began, and lost", len(before) - found, "rows", at_most=0),
        Figure("acknowledged before the backup began", len(before), "rows", at_least=1),
        Figure("acknowledged by others while it was taken", during / taking, "rows/s", at_least=1),
        Figure("backup, sealed and read back", taking, "s"),
        Figure("backup, of the database's size", size / taking, "MB/s"),
        Figure("backup beside a bare pg_dump of the idle database", taking / bare, "times"),
        Figure("restore, checked first and counted afterwards", restoring, "s"),
        Figure("restore, of the database's size", size / restoring, "MB/s"),
        Figure("size of the backup beside the database's", sealed / size, "times"),
    ]


async def _bare_dump(settings: Settings, admin: Any) -> float:  # noqa: ANN401 - asyncpg's own connection
    server = Server(settings.database, "backup", settings.secret("backup"))
    async with admin.transaction(isolation="repeatable_read", readonly=True):
        snapshot = await admin.fetchval("select pg_export_snapshot()")
        began = time.monotonic()
        await asyncio.to_thread(lambda: sum(map(len, dumped(server, snapshot))))
        return time.monotonic() - began


@contextlib.asynccontextmanager
async def _writers(cluster: Cluster, settings: Settings, acknowledged: dict[UUID, float]) -> AsyncGenerator[None]:
    """Insert rows on connections of their own, and note when each was acknowledged."""

    async def write() -> None:
        async with connected(cluster, settings.database) as connection:
            while True:
                row = uuid4()
                await connection.execute(_WRITE, row, b"\x01" + row.bytes * 4)
                acknowledged[row] = time.monotonic()

    tasks = [asyncio.create_task(write()) for _ in range(WRITERS)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError, asyncpg.InterfaceError):
            await asyncio.gather(*tasks)
