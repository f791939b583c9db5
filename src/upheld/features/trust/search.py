"""Searching everything that a deployment stores, for words and keys that must not be there."""

import asyncio
import os
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import asyncpg

from upheld.features.trust.canaries import found_in
from upheld.features.trust.scene import Scene
from upheld.platform.naming import rows_of

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_BLOCK = 4 << 20
_WHOLE_FILE = 512 << 20


@dataclass
class Search:
    """What was searched, and what was found where."""

    wanted: Mapping[str, bytes]
    faults: list[str] = field(default_factory=list[str])
    unread: list[str] = field(default_factory=list[str])
    files: int = 0
    size: int = 0

    def look_into(self, content: bytes, where: str) -> None:
        """Search one piece."""
        self.size += len(content)
        self.faults += [f"{where}: {what}" for what in found_in(content, self.wanted)]

    def look_through(self, path: Path, shown: str) -> None:
        """Search a file block by block; a word across two blocks is found too."""
        overlap = max(map(len, self.wanted.values())) - 1
        tail = b""
        try:
            with path.open("rb") as file:
                self.files += 1
                while block := file.read(_BLOCK):
                    self.look_into(tail + block, shown)
                    tail = block[-overlap:]
        except FileNotFoundError:
            return  # gone between listing and opening: a temporary file, a recycled segment
        except OSError as error:
            self.unread.append(f"{shown}: {error.strerror}")


async def search_files(scene: Scene, search: Search, changed_after: float, skipping: Iterable[str] = ()) -> None:
    """Search `var` (but for some of its folders), the object store, the cluster and fresh temporary files.

    Databases of others in the same cluster are passed over; its log and write-ahead log are not.
    """
    async with scene.as_administrator() as connection:
        rows = await connection.fetch(
            "select oid::text as name from pg_catalog.pg_database where datname <> all($1) and not datistemplate",
            [*_names(scene), "postgres"],
        )
    strangers = {row["name"] for row in rows}
    await asyncio.to_thread(_search_folders, scene, search, changed_after, frozenset(skipping), strangers)


def _search_folders(
    scene: Scene, search: Search, changed_after: float, skipping: Collection[str], strangers: Collection[str]
) -> None:
    var = scene.settings.var.resolve()
    for path in files_below(var):
        place = path.relative_to(var)
        if place.parts[0] not in skipping:
            search.look_through(path, f"var/{place}")
    for folder in (objects_folder(scene), scene.database_files):
        if folder is not None and not folder.resolve().is_relative_to(var):
            for path in files_below(folder):
                if not (path.parent.parent.name == "base" and path.parent.name in strangers):
                    search.look_through(path, f"{folder.name}/{path.relative_to(folder)}")
    for path in _temporary_files(changed_after, var):
        search.look_through(path, str(path))


def _names(scene: Scene) -> list[str]:
    return [urlsplit(base).path.lstrip("/") for base in (scene.settings.database, scene.settings.keyring_database)]


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder."""
    for at, _, names in os.walk(folder):
        yield from (path for name in sorted(names) if (path := Path(at) / name).is_file() and not path.is_symlink())


def _temporary_files(changed_after: float, var: Path) -> Iterator[Path]:
    """Yield what changed in the temporary folder since the canaries were planted."""
    folder = Path(tempfile.gettempdir()).resolve()
    for at, folders, names in os.walk(folder):
        # A deployment that lies here itself is looked through as such; others are not ours.
        folders[:] = [name for name in folders if not _is_a_deployment(Path(at) / name, var)]
        # By plain names: of the hundred thousands that lie in some such folders, few are fresh.
        yield from (Path(at, name) for name in names if _is_fresh(os.path.join(at, name), changed_after))  # noqa: PTH118 - as above


def _is_a_deployment(folder: Path, var: Path) -> bool:
    return folder == var or (folder / "PG_VERSION").exists()


def _is_fresh(path: str, changed_after: float) -> bool:
    try:
        facts = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_mtime > changed_after and facts.st_size < _WHOLE_FILE


def objects_folder(scene: Scene) -> Path | None:
    """Return where stored files lie, when that is on this machine."""
    parts = urlsplit(scene.settings.objects_url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


async def read_every_table(scene: Scene, search: Search) -> int:
    """Read every table of both databases, system ones included, in the server's own binary form."""
    count = 0
    for keyring in (False, True):
        async with scene.as_administrator(keyring=keyring) as connection:
            tables = await connection.fetch(
                "select c.oid::regclass::text as name from pg_catalog.pg_class as c where c.relkind in ('r', 'm')"
                " and c.relnamespace <> 'pg_toast'::regnamespace and c.relpersistence <> 't'"
            )
            for table in tables:
                count += 1
                await _read_table(connection, table["name"], search)
    return count


async def _read_table(connection: "Connection", name: str, search: Search) -> None:
    pieces: list[bytes] = []

    async def keep(piece: bytes) -> None:
        pieces.append(piece)
        if sum(map(len, pieces)) > _BLOCK:
            search.look_into(b"".join(pieces), name)
            pieces[:] = [pieces[-1]]

    try:
        await connection.copy_from_query(rows_of(name), output=keep, format="binary")
    except (asyncpg.FeatureNotSupportedError, asyncpg.UndefinedFunctionError):
        await connection.copy_from_query(rows_of(name), output=keep)  # Its type has no binary form: as text.
    search.look_into(b"".join(pieces), name)
