"""store.atrest: canaries in every field, then everything that is stored is searched for them."""

import asyncio
from typing import TYPE_CHECKING, Any

from upheld.features.trust.canaries import key_spellings
from upheld.features.trust.cast import Cast
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.probe import CheckState, Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.features.trust.search import Search, files_below, objects_folder, read_every_table, search_files
from upheld.platform.keyfiles import PLATFORM_KEYS
from upheld.platform.objects import MAGIC
from upheld.platform.vault import KeyRef, unwrap

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

_MOST_KEYS = 24

# Where words or keys like the sought ones do lie, and until when.
EXCEPTIONS = {
    "var/mail": "a demo keeps the mails it does not send, as written, until their person leaves or `var` is removed",
    "var/keys": "the key files themselves: the root key, and every other key wrapped under it",
    "var/secrets": "passwords of the database roles, as long as the deployment exists",
    "queue.pgqueuer": "a piece of work carries the secret of its own context until it is done, 30 days at most",
}


@probe(
    privilege="reads every file of the deployment; an administrator for the checkpoint",
    cost="reads everything under `var` once (a hundred megabytes a second)",
    safe_in_production=False,
)
async def files(scene: Scene) -> Finding:
    """Search every file for canaries: live data, write-ahead log, stored objects, logs, mails, temporary files."""
    cast = await scene.cast()
    search = Search(cast.canaries.spellings())
    async with scene.as_administrator() as connection:
        await connection.execute("checkpoint")
    await search_files(scene, search, cast.planted_at)
    missing = _not_here(scene)
    return _found(
        search, missing, planted=sorted(cast.canaries.planted), exceptions={"var/mail": EXCEPTIONS["var/mail"]}
    )


@probe(privilege="an administrator of both databases", cost="reads every table once", safe_in_production=False)
async def rows(scene: Scene) -> Finding:
    """Search every row of every table for canaries, read as a dump would read it."""
    cast = await scene.cast()
    search = Search(cast.canaries.spellings())
    tables = await read_every_table(scene, search)
    return judged(search.faults, tables=tables, bytes=search.size, planted=sorted(cast.canaries.planted))


@probe(
    privilege="an administrator of both databases",
    cost="has the server sample every table anew, and reads its statistics once",
    safe_in_production=False,
)
async def statistics(scene: Scene) -> Finding:
    """Search what the database notes about its contents and its work for canaries."""
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
    return judged(search.faults, views=views, bytes=search.size)


@probe(
    privilege="the root key; reads every file of the deployment; an administrator of both databases",
    cost="reads everything under `var` and every table once, for at most 24 data keys",
    safe_in_production=False,
)
async def keys(scene: Scene) -> Finding:
    """Search for the root, epoch, platform and data keys in use, and a session's secret, outside the key files."""
    cast = await scene.cast()
    wanted, known = await live_keys(scene, cast)
    search = Search(wanted)
    await search_files(scene, search, cast.planted_at, skipping=("keys",))
    tables = await read_every_table(scene, search)
    await asyncio.to_thread(_only_the_root_is_plain, scene, search)
    exceptions = {name: EXCEPTIONS[name] for name in ("var/keys", "var/secrets", "queue.pgqueuer")}
    return _found(search, _not_here(scene), tables=tables, exceptions=exceptions, **known)


@probe(
    privilege="an administrator of both databases; reads the stored files",
    cost="reads every sealed column, and the beginning of every stored file, once",
    safe_in_production=False,
)
async def envelope(scene: Scene) -> Finding:
    """Read off that every value of every sealed column, and every stored file, has the form of ciphertext."""
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
    folder = objects_folder(scene)
    if folder is None:
        return 0, []
    faults: list[str] = []
    count = 0
    for path in (folder / "files").rglob("*"):
        if path.is_file():
            count += 1
            with path.open("rb") as file:
                faults += [] if file.read(len(MAGIC)) == MAGIC else [f"objects/{path.name}: not sealed"]
    return count, faults


def _found(search: Search, missing: list[str], **facts: Any) -> Finding:  # noqa: ANN401 - facts are whatever JSON can say
    """Judge a search; what could not be looked at makes it unproven, unless something was found."""
    evidence: dict[str, Any] = {"files": search.files, "bytes": search.size, **facts}
    unseen = [*missing, *search.unread]
    if search.faults or not unseen:
        return judged(search.faults, **evidence)
    return Finding(CheckState.UNPROVEN, {"not_looked_at": unseen[:20], **evidence})


def _not_here(scene: Scene) -> list[str]:
    """Return what is stored on another machine, where only its own operator can look."""
    missing = [] if scene.database_files else ["the database's files and write-ahead log: on another machine"]
    if objects_folder(scene) is None:
        missing.append("the object store: on another machine")
    return missing


async def _sealed_columns(connection: "Connection") -> list[tuple[str, str]]:
    rows = await connection.fetch(
        "select c.oid::regclass::text as tab, quote_ident(a.attname) as col"
        " from pg_catalog.pg_class as c inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid"
        " where c.relkind in ('r', 'p') and a.attname ~ '_sealed$' and not a.attisdropped order by 1, 2"
    )
    return [(row["tab"], row["col"]) for row in rows]


async def live_keys(scene: Scene, cast: Cast) -> tuple[dict[str, bytes], dict[str, object]]:
    """Return the keys to search for in every spelling: those of the probes first, then others up to a bound."""
    platform = scene.platform
    root = platform.keys.roots()[0]
    epoch, epoch_key = platform.keys.current_epoch()
    wanted = {**key_spellings("the root key", root), **key_spellings("the epoch key", epoch_key)}
    for name in PLATFORM_KEYS:
        wanted |= key_spellings(f"the {name} key", platform.keys.platform_key(name))
    wanted |= key_spellings("a session's secret", cast.candidate.secret)
    probes = [cast.candidate.person, cast.employer.person, cast.stranger.person]
    async with scene.as_administrator(keyring=True) as connection:
        rows = await connection.fetch(
            "select id, subject_id, controller_id, class, wrapped from keyring.data_keys where epoch_id = $1"
            " order by subject_id = any($2::uuid[]) desc, id limit $3",
            epoch, probes, _MOST_KEYS,
        )  # fmt: skip
        total: int = await connection.fetchval("select count(*) from keyring.data_keys")
    for number, row in enumerate(rows):
        bound = KeyRef(row["subject_id"], row["controller_id"], row["class"]).bound(row["id"])
        wanted |= key_spellings(f"data key {number}", unwrap(epoch_key, row["wrapped"], bound))
    if not rows:
        msg = "There is no data key to search for."
        raise CannotLookError(msg)
    return wanted, {"data_keys_sought": len(rows), "data_keys_live": total, "other_keys_sought": len(PLATFORM_KEYS) + 3}


def _only_the_root_is_plain(scene: Scene, search: Search) -> None:
    """Search the folder of keys for every key but the root's, which lies there as the operator put it."""
    wrapped = Search({what: form for what, form in search.wanted.items() if not what.startswith("the root key")})
    for path in files_below(scene.settings.keys_folder):
        wrapped.look_through(path, f"keys/{path.name}")
    search.faults += wrapped.faults
    search.files += wrapped.files
