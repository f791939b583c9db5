"""Taking a backup: one instant of a database, sealed, with the files that belong to it.

The data's instant comes first and its files after it: a file is stored before the row that
names it, so every file of the instant is there, or was erased in the meantime. The keyring
is backed up by a command of its own, later, to another place.
"""

import asyncio
import datetime as dt
import shutil
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from obstore.store import ObjectStore

from upheld.platform.backup import streams
from upheld.platform.backup.checking import check
from upheld.platform.backup.counting import counted
from upheld.platform.backup.entries import mark_of, stored_entries
from upheld.platform.backup.errors import PlaceError
from upheld.platform.backup.manifest import NAME, Kind, Manifest, RegisterMark, Seal, Stored, new_seal
from upheld.platform.backup.programs import Server, dumped
from upheld.platform.backup.watching import Watcher
from upheld.platform.database import load_queries
from upheld.platform.install import url
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.private import settle, write_private
from upheld.platform.reach import tls_for
from upheld.platform.settings import Settings

_Q = load_queries("upheld.platform.backup")
_KEYRING = load_queries("upheld.platform.backup.keyring")

CLOCKS_DIFFER_BY = dt.timedelta(minutes=5)
"""By how much the clock of an object store may be ahead of ours."""

_UNFINISHED = ".unfinished"

ROTATION_IS_CHECKED_EVERY = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Instant:
    """One instant of a database: what everybody who is given its name sees of it."""

    name: str
    tables: dict[str, int]
    steps: list[str]
    server: str
    size: int
    head: RegisterMark | None


async def back_up_data(
    settings: Settings, keys: KeyFiles, store: ObjectStore, destination: Path, watcher: Watcher
) -> Path:
    """Back up the data, its files and the register of erasures; return the verified backup's folder.

    Raises:
        PlaceError: keyring backups lie there, or it is part of the deployment itself.
    """
    seal = new_seal(keys, Kind.DATA)
    server = Server(settings.database, "backup", settings.secret("backup"))
    with _passing(settings, destination, Kind.DATA) as passing:
        async with _instant(server) as instant:
            taken_at = dt.datetime.now(dt.UTC)
            rows = await _dump(passing, seal, server, instant, watcher)
        register, stored, size = await asyncio.to_thread(_store_files, passing, seal, store, taken_at, watcher)
        manifest = _manifest(
            Kind.DATA, seal, instant, taken_at, register, {streams.DATABASE: rows, streams.OBJECTS: size}
        )
        manifest = msgspec.structs.replace(manifest, stored=stored)
        return await asyncio.to_thread(_finished, passing, manifest.signed(keys), keys, watcher)


async def back_up_keyring(settings: Settings, keys: KeyFiles, destination: Path, watcher: Watcher) -> Path:
    """Back up the keyring, sealed under the epoch key; return the verified backup's folder.

    Raises:
        PlaceError: data backups lie there, or it is part of the deployment itself.
    """
    opens_until = keys.epoch_began_at() + dt.timedelta(days=settings.epoch_days) + ROTATION_IS_CHECKED_EVERY
    seal = new_seal(keys, Kind.KEYRING)
    server = Server(settings.keyring_database, "backup", settings.secret("backup"))
    taken_at = dt.datetime.now(dt.UTC)
    with _passing(settings, destination, Kind.KEYRING) as passing:
        async with _instant(server) as instant:
            size = await _dump(passing, seal, server, instant, watcher)
        register = instant.head or mark_of([])
        manifest = _manifest(Kind.KEYRING, seal, instant, taken_at, register, {streams.DATABASE: size})
        manifest = msgspec.structs.replace(manifest, epoch=seal.epoch, opens_until=opens_until)
        return await asyncio.to_thread(_finished, passing, manifest.signed(keys), keys, watcher)


def backups_in(place: Path, kind: Kind) -> list[Path]:
    """Return the backups of a kind in a folder, oldest first; unfinished ones are none."""
    return sorted(path for path in place.glob(f"{kind}-*Z") if (path / NAME).exists())


@asynccontextmanager
async def _instant(server: Server) -> AsyncGenerator[Instant]:
    connection: Any = await asyncpg.connect(url(server.base, server.role, server.password), ssl=tls_for(server.base))
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            name = await connection.fetchval(_Q["export_snapshot"].sql)
            tables = await counted(connection)
            yield Instant(
                name=name,
                tables=tables,
                steps=[row["name"] for row in await connection.fetch(_Q["steps"].sql)],
                server=str(connection.get_server_version().major),
                size=await connection.fetchval(_Q["database_size"].sql),
                head=await _head(connection) if "keyring.register_head" in tables else None,
            )
    finally:
        await connection.close()


async def _head(connection: Any) -> RegisterMark | None:  # noqa: ANN401 - asyncpg's own object
    row = await connection.fetchrow(_KEYRING["register_head"].sql)
    return RegisterMark(row["entries"], row["head"]) if row else None


async def _dump(passing: Path, seal: Seal, server: Server, instant: Instant, watcher: Watcher) -> int:
    watcher.begins("Rows", instant.size)
    dump = dumped(server, instant.name)
    return await asyncio.to_thread(streams.write, passing, streams.DATABASE, seal.key, seal.id, dump, watcher.advances)


def _store_files(
    passing: Path, seal: Seal, store: ObjectStore, taken_at: dt.datetime, watcher: Watcher
) -> tuple[RegisterMark, Stored, int]:
    """Seal the files that rows of the instant can name, and the register; what they are, and the stream's size."""
    entries = stored_entries(store)
    paths, size = _files_until(store, taken_at + CLOCKS_DIFFER_BY)
    watcher.begins("Encrypted files", size)
    tally = streams.Tally()
    packed = streams.packed(store, [entry.path for entry in entries], paths, tally)
    written = streams.write(passing, streams.OBJECTS, seal.key, seal.id, packed, watcher.advances)
    return mark_of(entries), Stored(tally.files, tally.bytes), written


def _files_until(store: ObjectStore, moment: dt.datetime) -> tuple[list[str], int]:
    there = [meta for meta in streams.listed(store, "files/") if meta["last_modified"] <= moment]
    return [meta["path"] for meta in there], sum(meta["size"] for meta in there)


def _manifest(
    kind: Kind, seal: Seal, instant: Instant, taken_at: dt.datetime, register: RegisterMark, sizes: dict[str, int]
) -> Manifest:
    return Manifest(
        kind=kind,
        id=seal.id,
        taken_at=taken_at,
        server=instant.server,
        steps=instant.steps,
        tables=instant.tables,
        register=register,
        streams=sizes,
        wrapped_key=seal.wrapped.hex(),
    )


@contextmanager
def _passing(settings: Settings, destination: Path, kind: Kind) -> Generator[Path]:
    """Make the folder of a backup that is not whole yet; unless it becomes whole, it goes again."""
    place = destination.resolve()
    _check_place(settings, place, kind)
    _clear_away(place, kind)
    passing = place / f".{kind}-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%fZ}{_UNFINISHED}"
    passing.mkdir(mode=0o700, parents=True)
    try:
        yield passing
    finally:
        shutil.rmtree(passing, ignore_errors=True)


def _clear_away(place: Path, kind: Kind) -> None:
    """Remove what a killed backup has left; what is younger than a day may still be under way."""
    for left in place.glob(f".{kind}-*{_UNFINISHED}"):
        if left.stat().st_mtime < time.time() - dt.timedelta(days=1).total_seconds():
            shutil.rmtree(left, ignore_errors=True)


def _check_place(settings: Settings, place: Path, kind: Kind) -> None:
    other = Kind.KEYRING if kind is Kind.DATA else Kind.DATA
    if any(place.glob(f"{other}-*")):
        msg = (
            f"{place} holds backups of the {other}. Keep the two apart, where nobody can read both: together, and with "
            "your key files and root key, they bring back what people had erased."
        )
        raise PlaceError(msg)
    if place.is_relative_to(settings.var.resolve()):
        msg = f"{place} is inside {settings.var}: whatever destroys the one destroys the other. Choose another place."
        raise PlaceError(msg)


def _finished(passing: Path, manifest: Manifest, keys: KeyFiles, watcher: Watcher) -> Path:
    """Write the manifest, read everything back, and give the backup its name."""
    # By renaming: where backups lie, hard links may be unknown.
    write_private(passing / NAME, manifest.file_bytes(), replace=True)
    check(passing, keys, watcher)
    whole = passing.rename(passing.with_name(passing.name.removeprefix(".").removesuffix(_UNFINISHED)))
    settle(whole.parent)
    return whole
