"""Putting a backup back: beside what is there first, and in its place at the very end.

Nothing is taken away before the whole backup was opened, loaded and counted. A restored
deployment is held: it does not serve until `upheld erasures replay` has been run, because
whoever was erased since the backup is in it.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import obstore
from obstore.store import ObjectStore

from upheld.platform import naming
from upheld.platform.backup import streams
from upheld.platform.backup.checking import check, opened
from upheld.platform.backup.counting import counted
from upheld.platform.backup.entries import StoredEntry, brought_back, is_entry, stored_entries
from upheld.platform.backup.errors import DamagedError, LossError, OccupiedError
from upheld.platform.backup.manifest import Kind, Manifest
from upheld.platform.backup.programs import Server, loaded
from upheld.platform.backup.readable import unreadable
from upheld.platform.backup.watching import Watcher
from upheld.platform.database import load_queries
from upheld.platform.hold import held, hold
from upheld.platform.install import DATA_ROLES, KEYRING_ROLES, database_name, harden, let_in
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.reach import tls_for
from upheld.platform.settings import Settings

_Q = load_queries("upheld.platform.backup")


@dataclass(frozen=True)
class Target:
    """Where a backup is restored to, and on what terms.

    Args:
        settings: the deployment's; its roles exist (`install`).
        keys: its key files, put back by the operator beforehand.
        store: its object store.
        administrator: URL of an administrator of the cluster, with `{database}`.
        replace: whether what is there may go.
        accepts_loss: whether what an older keyring cannot open may be lost.
    """

    settings: Settings
    keys: KeyFiles
    store: ObjectStore
    administrator: str
    replace: bool = False
    accepts_loss: bool = False


@dataclass(frozen=True)
class Restored:
    """What was restored, and how many entries the register of erasures lacked."""

    manifest: Manifest
    entries_added: int = 0


async def restore_data(target: Target, folder: Path, watcher: Watcher) -> Restored:
    """Put a data backup in place: rows, files, and what the register of erasures lacks.

    Raises:
        DamagedError: it is not a whole data backup of this deployment.
        OccupiedError: there is data here already, or somebody is connected to it.
        LossError: the keyring was restored to a point before this backup.
    """
    manifest = await _checked(target, folder, Kind.DATA, watcher)
    async with _loaded(target, target.settings.database, DATA_ROLES, folder, manifest, watcher) as incoming:
        entries = await asyncio.to_thread(_bring_files, target, folder, manifest, watcher)
        added = await asyncio.to_thread(brought_back, target.store, entries)
        before = held(target.store)
        if before and before.keyring and before.keyring < manifest.taken_at:
            async with _administrator(target, database_name(target.settings.keyring_database)) as keyring:
                await _check_readable(target, incoming, keyring)
        hold(target.store, data=manifest.taken_at)
    return Restored(manifest, added)


async def restore_keyring(target: Target, folder: Path, watcher: Watcher) -> Restored:
    """Put a keyring backup in place.

    Raises:
        DamagedError: it is not a whole keyring backup of this deployment, or opens no more.
        OccupiedError: there is a keyring here already, or somebody is connected to it.
        LossError: it is older than the data, and rows of the time between could not be read.
    """
    manifest = await _checked(target, folder, Kind.KEYRING, watcher)
    base = target.settings.keyring_database
    async with _loaded(target, base, KEYRING_ROLES, folder, manifest, watcher) as incoming:
        async with _administrator(target, database_name(target.settings.database)) as data:
            before = held(target.store)
            point = before.data if before and before.data else dt.datetime.now(dt.UTC)
            if manifest.taken_at < point and await data.fetchval(_Q["is_occupied"].sql):
                await _check_readable(target, data, incoming)
        hold(target.store, keyring=manifest.taken_at)
    return Restored(manifest)


async def restore_register(target: Target, folder: Path, watcher: Watcher) -> Restored:
    """Add the entries of a newer data backup to the register of erasures, and nothing else of it."""
    manifest = await _checked(target, folder, Kind.DATA, watcher)

    def bring() -> int:
        parts = opened(folder, manifest, target.keys, streams.OBJECTS, watcher)
        found = [StoredEntry(path, content.read()) for path, content in streams.unpacked(parts) if is_entry(path)]
        return brought_back(target.store, found)

    return Restored(manifest, await asyncio.to_thread(bring))


async def _checked(target: Target, folder: Path, kind: Kind, watcher: Watcher) -> Manifest:
    manifest = await asyncio.to_thread(check, folder, target.keys, watcher)
    if manifest.kind is not kind:
        msg = f"{folder} is a backup of the {manifest.kind}, not of the {kind}."
        raise DamagedError(msg)
    return manifest


@asynccontextmanager
async def _loaded(
    target: Target, base: str, roles: Iterable[str], folder: Path, manifest: Manifest, watcher: Watcher
) -> AsyncGenerator[Any]:
    """Load a dump into a new database, let the block judge it, and put it in the place of the old one."""
    name = database_name(base)
    incoming, replaced = f"{name[:50]}_incoming", f"{name[:50]}_replaced"
    async with _administrator(target, "postgres") as admin:
        await _check_free(target, admin, name)
        for leftover in (incoming, replaced):
            await admin.execute(naming.drop_database(leftover))
        await admin.execute(naming.make_database(incoming))
        try:
            await asyncio.to_thread(_load, target, incoming, folder, manifest, watcher)
            async with _administrator(target, incoming) as connection:
                await _check_counts(connection, manifest)
                await connection.execute("analyze")
                yield connection
            await harden(target.administrator.format(database=incoming))
            await let_in(admin, incoming, roles)
            await _put_in_place(admin, name, incoming, replaced)
        except BaseException:
            await admin.execute(naming.drop_database(incoming))
            raise


def _load(target: Target, database: str, folder: Path, manifest: Manifest, watcher: Watcher) -> None:
    watcher.begins("Loading rows", manifest.streams[streams.DATABASE])
    server = Server.of(target.administrator.format(database=database))
    loaded(server, opened(folder, manifest, target.keys, streams.DATABASE, watcher))


async def _check_free(target: Target, admin: Any, name: str) -> None:  # noqa: ANN401 - asyncpg's own connection
    if visitors := [row["name"] for row in await admin.fetch(_Q["visitors"].sql, name)]:
        msg = f"Somebody is connected to the database {name} ({', '.join(visitors)}). Stop the deployment first."
        raise OccupiedError(msg)
    if target.replace or not await admin.fetchval(_Q["database_exists"].sql, name):
        return
    async with _administrator(target, name) as connection:
        if await connection.fetchval(_Q["is_occupied"].sql):
            msg = f"The database {name} is not empty. Add --replace to put the backup in its place; it is dropped then."
            raise OccupiedError(msg)


async def _check_counts(connection: Any, manifest: Manifest) -> None:  # noqa: ANN401 - asyncpg's own connection
    async with connection.transaction(readonly=True):
        there = await counted(connection)
    for tab, count in manifest.tables.items():
        if there.get(tab) != count:
            msg = f"The restored table {tab} does not have the rows of the backup. Nothing was changed."
            raise DamagedError(msg)


async def _check_readable(target: Target, data: Any, keyring: Any) -> None:  # noqa: ANN401 - asyncpg's own connections
    lost = await unreadable(data, keyring, _erased(target.store))
    if lost and not target.accepts_loss:
        named = ", ".join(f"{count} in {column}" for column, count in sorted(lost.items()))
        msg = (
            f"This keyring is older than the data. Values that could never be read again: {named}. Nothing was "
            "changed. Restore a newer keyring, or an older data backup. With --accept-loss they are lost."
        )
        raise LossError(msg)


async def _put_in_place(admin: Any, name: str, incoming: str, replaced: str) -> None:  # noqa: ANN401 - asyncpg's own connection
    try:
        if await admin.fetchval(_Q["database_exists"].sql, name):
            await admin.execute(naming.rename_database(name, replaced))
        await admin.execute(naming.rename_database(incoming, name))
        await admin.execute(naming.drop_database(replaced))
    except asyncpg.ObjectInUseError:
        msg = f"Somebody connected to the database {name} meanwhile. Stop the deployment, then repeat this."
        raise OccupiedError(msg) from None


def _bring_files(target: Target, folder: Path, manifest: Manifest, watcher: Watcher) -> list[StoredEntry]:
    """Store the files of a backup; return the entries of its register, which are not overwritten."""
    watcher.begins("Encrypted files", manifest.streams[streams.OBJECTS])
    entries: list[StoredEntry] = []
    for path, content in streams.unpacked(opened(folder, manifest, target.keys, streams.OBJECTS, watcher)):
        if is_entry(path):
            entries.append(StoredEntry(path, content.read()))
        else:
            obstore.put(target.store, path, iter(lambda content=content: content.read(1 << 20), b""))
    return entries


def _erased(store: ObjectStore) -> set[UUID]:
    return {stored.entry().person_id for stored in stored_entries(store)}


@asynccontextmanager
async def _administrator(target: Target, database: str) -> AsyncGenerator[Any]:
    base = target.administrator.format(database=database)
    connection: Any = await asyncpg.connect(base, ssl=tls_for(base))
    try:
        yield connection
    finally:
        await connection.close()
