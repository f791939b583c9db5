"""store.atrest: canaries in every field, then everything that is stored is searched for them."""

import asyncio
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import asyncpg

from upheld.features.trust.cast import Cast
from upheld.features.trust.canaries import found_in, key_spellings
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import CheckState, Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.platform.keyfiles import PLATFORM_KEYS
from upheld.platform.vault import unwrap

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_BLOCK = 4 << 20
_MOST_KEYS = 24
_WHOLE_FILE = 512 << 20

# Where words or keys like the sought ones do lie, and until when.
EXCEPTIONS = {
    "var/mail": "a demo keeps the mails it does not send, as written, until their person leaves or `var` is removed",
    "var/keys": "the key files themselves: the root key, and every other key wrapped under it",
    "var/secrets": "passwords of the database roles, as long as the deployment exists",
    "queue.pgqueuer": "a piece of work carries the secret of its own context until it is done, 30 days at most",
}


@dataclass
class Search:
    """What was searched, and what was found where."""

    wanted: Mapping[str, bytes]
    faults: list[str] = field(default_factory=list[str])
    unread: list[str] = field(default_factory=list[str])
    files: int = 0
    bytes: int = 0

    def look_into(self, content: bytes, where: str) -> None:
        """Search one piece."""
        self.bytes += len(content)
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


@probe(
    privilege="reads every file of the deployment; an administrator for the checkpoint",
    cost="reads everything under `var` once (a hundred megabytes a second)",
)
async def files(scene: Scene) -> Finding:
    """No canary lies in any file: live data, write-ahead log, stored objects, logs, mails, temporary files."""
    cast = await scene.cast()
    search = Search(cast.canaries.spellings())
    async with scene.as_administrator() as connection:
        await connection.execute("checkpoint")
    await asyncio.to_thread(_search_folders, scene, search, cast.planted_at)
    missing = _not_here(scene)
    return _found(
        search, missing, planted=sorted(cast.canaries.planted), exceptions={"var/mail": EXCEPTIONS["var/mail"]}
    )


@probe(privilege="an administrator of both databases", cost="reads every table once")
async def rows(scene: Scene) -> Finding:
    """No canary lies in any row of any table, read as a dump would read it."""
    cast = await scene.cast()
    search = Search(cast.canaries.spellings())
    tables = await _read_every_table(scene, search)
    return judged(search.faults, tables=tables, bytes=search.bytes, planted=sorted(cast.canaries.planted))


@probe(privilege="an administrator of both databases", cost="reads the statistics once")
async def statistics(scene: Scene) -> Finding:
    """No canary lies in what the database notes about its contents and its work."""
    cast = await scene.cast()
    search = Search(cast.canaries.spellings())
    views = ["pg_statistic", "pg_statistic_ext_data", "pg_stat_activity", "pg_prepared_statements"]
    async with scene.as_administrator() as connection:
        await connection.execute("analyze")
        if await connection.fetchval("select to_regclass('pg_stat_statements') is not null"):
            views.append("pg_stat_statements")
        for view in views:
            for row in await connection.fetch(f"select s::text as said from {view} as s"):  # noqa: S608 - a name from the list above
                search.look_into(row["said"].encode(), view)
    return judged(search.faults, views=views, bytes=search.bytes)


@probe(
    privilege="the root key; reads every file of the deployment; an administrator of both databases",
    cost="reads everything under `var` and every table once, for at most 24 data keys",
)
async def keys(scene: Scene) -> Finding:
    """No key in use lies anywhere but in the key files: not a root, epoch, platform or data key, nor a session's secret."""
    cast = await scene.cast()
    wanted, known = await _live_keys(scene, cast)
    search = Search(wanted)
    await asyncio.to_thread(_search_folders, scene, search, time.time(), skipping=("keys",))
    tables = await _read_every_table(scene, search)
    await asyncio.to_thread(_only_the_root_is_plain, scene, search)
    exceptions = {name: EXCEPTIONS[name] for name in ("var/keys", "var/secrets", "queue.pgqueuer")}
    return _found(search, _not_here(scene), tables=tables, exceptions=exceptions, **known)


@probe(privilege="an administrator of both databases", cost="reads the sealed columns once")
async def envelope(scene: Scene) -> Finding:
    """Every value of every sealed column has the form of ciphertext, and so has every stored file."""
    faults: list[str] = []
    columns: list[str] = []
    async with scene.as_administrator() as connection:
        for table, column in await _sealed_columns(connection):
            columns.append(f"{table}.{column}")
            faults += await _not_sealed(connection, table, column)
    files_seen, plain = await asyncio.to_thread(_plain_objects, scene)
    return judged([*faults, *plain], sealed_columns=len(columns), files=files_seen)


async def _not_sealed(connection: "Connection", table: str, column: str) -> list[str]:
    """Return a fault when a value is not `version | data key id | nonce | ciphertext and tag`."""
    version, header = 1, 1 + 16 + 12 + 16
    is_plain = f"length({column}) < {header} or get_byte({column}, 0) <> {version}"
    count = await connection.fetchval(f"select count(*) from {table} where {is_plain}")  # noqa: S608 - quoted names
    return [f"{table}.{column}: {count} values are not sealed"] if count else []


def _plain_objects(scene: Scene) -> tuple[int, list[str]]:
    folder = _objects_folder(scene)
    if folder is None:
        return 0, []
    faults: list[str] = []
    count = 0
    for path in (folder / "files").rglob("*"):
        if path.is_file():
            count += 1
            with path.open("rb") as file:
                faults += [] if file.read(5) == b"UPHF\x01" else [f"objects/{path.name}: not sealed"]
    return count, faults


def _found(search: Search, missing: list[str], **facts: Any) -> Finding:  # noqa: ANN401 - facts are whatever JSON can say
    """Judge a search; what could not be looked at makes it unproven, unless something was found."""
    evidence: dict[str, Any] = {"files": search.files, "bytes": search.bytes, **facts}
    unseen = [*missing, *search.unread]
    if search.faults or not unseen:
        return judged(search.faults, **evidence)
    return Finding(CheckState.UNPROVEN, {"not_looked_at": unseen[:20], **evidence})


def _search_folders(scene: Scene, search: Search, changed_after: float, skipping: Iterable[str] = ()) -> None:
    var = scene.settings.var.resolve()
    for path in _files_below(var):
        place = path.relative_to(var)
        if place.parts[0] not in skipping:
            search.look_through(path, f"var/{place}")
    for folder in (_objects_folder(scene), scene.database_files):
        if folder is not None and not folder.resolve().is_relative_to(var):
            for path in _files_below(folder):
                search.look_through(path, f"{folder.name}/{path.relative_to(folder)}")
    for path in _temporary_files(changed_after, var):
        search.look_through(path, str(path))


def _files_below(folder: Path) -> Iterator[Path]:
    for at, _, names in os.walk(folder):
        yield from (path for name in sorted(names) if (path := Path(at) / name).is_file() and not path.is_symlink())


def _temporary_files(changed_after: float, var: Path) -> Iterator[Path]:
    """Yield what changed in the temporary folder since the canaries were planted."""
    folder = Path(tempfile.gettempdir()).resolve()
    for at, folders, names in os.walk(folder):
        # A deployment that lies here itself is looked through as such; others are not ours.
        folders[:] = [name for name in folders if not _is_a_deployment(Path(at) / name, var)]
        yield from (path for name in names if _is_fresh(path := Path(at) / name, changed_after))


def _is_a_deployment(folder: Path, var: Path) -> bool:
    return folder == var or (folder / "PG_VERSION").exists()


def _is_fresh(path: Path, changed_after: float) -> bool:
    try:
        facts = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_mtime > changed_after and facts.st_size < _WHOLE_FILE


def _objects_folder(scene: Scene) -> Path | None:
    parts = urlsplit(scene.settings.objects_url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _not_here(scene: Scene) -> list[str]:
    """Return what is stored on another machine, where only its own operator can look."""
    missing = [] if scene.database_files else ["the database's files and write-ahead log: on another machine"]
    if _objects_folder(scene) is None:
        missing.append("the object store: on another machine")
    return missing


async def _read_every_table(scene: Scene, search: Search) -> int:
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
        await connection.copy_from_query(f"select * from only {name}", output=keep, format="binary")  # noqa: S608 - as the catalog spells it
    except (asyncpg.FeatureNotSupportedError, asyncpg.UndefinedFunctionError):
        await connection.copy_from_query(f"select * from only {name}", output=keep)  # noqa: S608 - as above; as text
    search.look_into(b"".join(pieces), name)


async def _sealed_columns(connection: "Connection") -> list[tuple[str, str]]:
    rows = await connection.fetch(
        "select c.oid::regclass::text as tab, quote_ident(a.attname) as col"
        " from pg_catalog.pg_class as c inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid"
        " where c.relkind in ('r', 'p') and a.attname ~ '_sealed$' and not a.attisdropped order by 1, 2"
    )
    return [(row["tab"], row["col"]) for row in rows]


async def _live_keys(scene: Scene, cast: Cast) -> tuple[dict[str, bytes], dict[str, object]]:
    """Return the keys to search for in every spelling: those of the probes first, then others up to a bound."""
    platform = scene.platform
    root = bytes.fromhex(scene.settings.root_key_file.read_text().strip())
    epoch, epoch_key = platform.keys.current_epoch()
    wanted = {**key_spellings("the root key", root), **key_spellings("the epoch key", epoch_key)}
    for name in PLATFORM_KEYS:
        wanted |= key_spellings(f"the {name} key", platform.keys.platform_key(name))
    wanted |= key_spellings("a session's secret", cast.candidate.secret)
    probes = [cast.candidate.person, cast.employer.person, cast.stranger.person]
    async with scene.as_administrator(keyring=True) as connection:
        rows = await connection.fetch(
            "select id, wrapped from keyring.data_keys where epoch_id = $1"
            " order by subject_id = any($2::uuid[]) desc, id limit $3",
            epoch, probes, _MOST_KEYS,
        )  # fmt: skip
        total: int = await connection.fetchval("select count(*) from keyring.data_keys")
    for number, row in enumerate(rows):
        wanted |= key_spellings(f"data key {number}", unwrap(epoch_key, row["wrapped"], row["id"].bytes))
    if not rows:
        msg = "There is no data key to search for."
        raise CannotLookError(msg)
    return wanted, {"data_keys_sought": len(rows), "data_keys_live": total, "other_keys_sought": len(PLATFORM_KEYS) + 3}


def _only_the_root_is_plain(scene: Scene, search: Search) -> None:
    """Search the folder of keys for every key but the root's, which lies there as the operator put it."""
    wrapped = Search({what: form for what, form in search.wanted.items() if not what.startswith("the root key")})
    for path in _files_below(scene.settings.keys_folder):
        wrapped.look_through(path, f"keys/{path.name}")
    search.faults += wrapped.faults
    search.files += wrapped.files

