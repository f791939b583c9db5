"""The one door to the database: a transaction, opened for a role, with named queries.

Nothing outside this module holds a connection of a request. (Installing, migrating, the
queue's loop and the probes of `upheld verify` have their own.) A request gets one transaction,
a job gets one; the three exceptions are named (`Database.attempt`, the gate's transactions around a
password hash, `Database.maintenance`). Who is asking is not a parameter of any query: the
transaction's context says it, and row security does the rest.
"""

import asyncio
import datetime as dt
import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from upheld.kit.errors import AwayError, UnsureError
from upheld.platform.failures import FAILED, translated
from upheld.platform.install import url
from upheld.platform.reach import tls_for
from upheld.platform.settings import Settings
from upheld.platform.telemetry import traces

log = logging.getLogger("upheld.database")

Role = Literal["web", "gate", "worker", "maintenance", "vault", "auditor", "support"]
Row = TypeVar("Row")

# What the driver returns as Python values already.
_NATIVE = (bytes, UUID, dt.datetime, dt.date, dt.timedelta)

# Connections each role may hold in one process. The gate's pool is small on purpose: it
# serves the sign-in code alone.
_POOL_SIZES: dict[Role, int] = {
    "web": 16, "gate": 4, "worker": 6, "maintenance": 2, "vault": 8, "auditor": 1, "support": 1,
}  # fmt: skip

# How long each role waits for an answer, in seconds, before the database counts as away: people
# get to know soon; the vault waits for a rotation of its keys, and retention removes a lot at once.
_ANSWER_PATIENCE: dict[Role, float] = {
    "web": 10, "gate": 10, "worker": 60, "maintenance": 600, "vault": 30, "auditor": 60, "support": 60,
}  # fmt: skip
_CONNECT_PATIENCE, _UNDO_PATIENCE = 5.0, 3.0

LONGEST_REQUEST = dt.timedelta(minutes=15)
"""After this long the database ends the transaction of a request. Only requests write files before
the rows that name them: a file without a row is nobody's once it is older than this."""


@dataclass(frozen=True)
class Query:
    """A named statement from a slice's `store.sql`."""

    name: str
    sql: str
    meaning: str


def load_queries(package: str) -> dict[str, Query]:
    """Read `store.sql` of a package: `-- name: x`, a sentence, the statement."""
    text = resources.files(package).joinpath("store.sql").read_text()
    queries: dict[str, Query] = {}
    for part in re.split(r"(?m)^-- name: ", text)[1:]:
        name, rest = part.split("\n", 1)
        lines = rest.strip().splitlines()
        said = [line.removeprefix("-- ") for line in lines if line.startswith("--")]
        body = "\n".join(line for line in lines if not line.startswith("--"))
        queries[name.strip()] = Query(name.strip(), body.strip().rstrip(";"), " ".join(said))
    return queries


def _session_settings(role: Role) -> dict[str, str]:
    longest = {"transaction_timeout": str(int(LONGEST_REQUEST.total_seconds() * 1000))} if role == "web" else {}
    return {"application_name": f"upheld-{role}", **longest}


class Transaction:
    """An open transaction. It ends with the block that opened it; nobody else commits."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's pool proxy has no public type
        """Wrap a connection inside a transaction; only `Database` calls this."""
        self._connection = connection
        self._amends: list[Callable[[], Awaitable[object]]] = []
        self._afterwards: list[Callable[[], Awaitable[object]]] = []

    def if_undone(self, make_amends: Callable[[], Awaitable[object]]) -> None:
        """Remember what to do outside the database, should this transaction be undone.

        A file is written before the row that names it is committed; without the row nobody
        would ever remove it. A commit whose fate nobody knows makes no amends: a file too
        many is ciphertext that nothing names, a file too few is somebody's loss.
        """
        self._amends.append(make_amends)

    def once_committed(self, finish: Callable[[], Awaitable[object]]) -> None:
        """Remember what to do outside the database as soon as this transaction has been committed.

        A file is removed after the row that named it, never before: a row without its file
        would be a promise broken.
        """
        self._afterwards.append(finish)

    async def make_amends(self) -> None:
        """Do what was remembered for an undone transaction; only `Database` calls this."""
        await _latest_first(self._amends)

    async def finish(self) -> None:
        """Do what was remembered for a committed transaction; only `Database` calls this."""
        await _latest_first(self._afterwards)

    async def all(self, query: Query, *args: object, into: type[Row]) -> list[Row]:
        """Return every row as `into`, a struct whose fields are the columns."""
        with traces.span(query.name), translated():
            rows = await self._connection.fetch(query.sql, *args)
        return _convert([dict(row) for row in rows], list[into])

    async def one(self, query: Query, *args: object, into: type[Row]) -> Row | None:
        """Return the first row as `into`, or None."""
        with traces.span(query.name), translated():
            row = await self._connection.fetchrow(query.sql, *args)
        return None if row is None else _convert(dict(row), into)

    async def value(self, query: Query, *args: object) -> Any:  # noqa: ANN401 - the column decides
        """Return the first column of the first row, or None."""
        with traces.span(query.name), translated():
            return await self._connection.fetchval(query.sql, *args)

    async def column(self, query: Query, *args: object) -> list[Any]:
        """Return the first column of every row."""
        with traces.span(query.name), translated():
            return [row[0] for row in await self._connection.fetch(query.sql, *args)]

    async def run(self, query: Query, *args: object) -> int:
        """Run a statement; return how many rows it touched."""
        with traces.span(query.name), translated():
            status: str = await self._connection.execute(query.sql, *args)
        return int(status.rsplit(" ", 1)[-1]) if status[-1].isdigit() else 0


class Database:
    """Pools by role. `async with Database.open(settings, roles)` is the only way to get one."""

    def __init__(self, pools: dict[Role, Any]) -> None:
        """Take open pools; only `open` calls this."""
        self._pools = pools

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, roles: Sequence[Role]) -> AsyncGenerator["Database"]:
        """Connect as each of `roles`; close on leaving.

        Raises:
            SettingsError: a remote database without verified TLS is configured.
            AwayError: the database cannot be reached.
        """
        pools: dict[Role, Any] = {}
        try:
            for role in roles:
                base = settings.keyring_database if role == "vault" else settings.database
                try:
                    pools[role] = await asyncpg.create_pool(
                        url(base, role, settings.secret(role)),
                        # None is kept open on purpose: the pool would log a trace a second while the server is away.
                        min_size=0,
                        max_size=_POOL_SIZES[role],
                        ssl=tls_for(base),
                        init=_prepare_connection,
                        timeout=_CONNECT_PATIENCE,
                        command_timeout=_ANSWER_PATIENCE[role],
                        server_settings=_session_settings(role),
                    )
                except FAILED as error:
                    msg = f"The database does not answer as {role}: {type(error).__name__}."
                    raise AwayError(msg) from error
            yield cls(pools)
        finally:
            for pool in pools.values():
                await _closed(pool)

    @asynccontextmanager
    async def transaction(self, role: Role) -> AsyncGenerator[Transaction]:
        """Open a transaction as `role`: committed when the block ends, undone when it raises."""
        async with self._connection(role) as connection:
            current = await _begun(connection)
            tx = Transaction(connection)
            try:
                yield tx
            except BaseException:
                try:
                    await _roll_back(connection, current)
                finally:
                    await tx.make_amends()
                raise
            await _commit(current)
            await tx.finish()

    @asynccontextmanager
    async def request(self) -> AsyncGenerator["RequestTransaction"]:
        """Open the web's transaction of one request; the middleware says when it commits."""
        async with self._connection("web") as connection:
            request = RequestTransaction(connection, await _begun(connection))
            try:
                yield request
            finally:
                await request.undo()

    async def read(self, role: Role, query: Query, *args: object, into: type[Row]) -> list[Row]:
        """Run one statement that reads: a transaction by itself, so that none is begun and ended around it."""
        async with self._connection(role) as connection:
            return await Transaction(connection).all(query, *args, into=into)

    async def answers(self, role: Role) -> bool:
        """Whether the database answers as one of the roles opened here."""
        try:
            async with self.transaction(role) as tx:
                return await tx.value(_ALIVE) == 1
        except AwayError:
            return False

    @asynccontextmanager
    async def _connection(self, role: Role) -> AsyncGenerator[Any]:
        pool = self._pools[role]
        try:
            connection = await pool.acquire(timeout=2 * _CONNECT_PATIENCE)
        except FAILED as error:
            raise AwayError from error
        try:
            yield connection
        finally:
            await _give_back(pool, connection)

    @asynccontextmanager
    async def attempt(self) -> AsyncGenerator[Transaction]:
        """Exception one, *attempts*: limits and refused acts survive the request's rollback."""
        async with self.transaction("gate") as tx:
            yield tx

    @asynccontextmanager
    async def statements(self) -> AsyncGenerator[Transaction]:
        """Exception one again: attempts as the gate that are a statement each, and lasting as soon as it was answered.

        Nothing is begun or committed around them, which is worth half of their time.
        """
        async with self._connection("gate") as connection:
            yield Transaction(connection)

    @asynccontextmanager
    async def maintenance(self) -> AsyncGenerator[Transaction]:
        """Exception three, *maintenance*: the platform's own duties, with a role of their own."""
        async with self.transaction("maintenance") as tx:
            yield tx


class RequestTransaction(Transaction):
    """A request's transaction: committed before the first byte of a good answer leaves."""

    def __init__(self, connection: Any, current: Any) -> None:  # noqa: ANN401 - asyncpg's own objects
        """Take the connection and its started transaction."""
        super().__init__(connection)
        self._current = current
        self._open = True

    async def commit(self) -> None:
        """Make everything written in this request last."""
        if self._open:
            self._open = False
            await _commit(self._current)
            await self.finish()

    async def undo(self) -> None:
        """Undo everything written in this request, unless it was committed."""
        if self._open:
            self._open = False
            try:
                await _roll_back(self._connection, self._current)
            finally:
                await self.make_amends()

    @asynccontextmanager
    async def attempt(self) -> AsyncGenerator[Transaction]:
        """Exception one, once this request has been undone: what was refused lasts all the same.

        On the request's own connection: whoever is refused often waits for nobody else's.
        """
        await self.undo()
        with translated():
            async with self._connection.transaction():
                yield Transaction(self._connection)

    @asynccontextmanager
    async def afterwards(self) -> AsyncGenerator[Transaction]:
        """Look at the database once more when this request has ended, on its own connection; nothing of it lasts."""
        current = await _begun(self._connection)
        try:
            yield Transaction(self._connection)
        finally:
            await _roll_back(self._connection, current)


_ALIVE = Query("alive", "select 1", "Answers.")


async def _begun(connection: Any) -> Any:  # noqa: ANN401 - asyncpg's own objects
    current = connection.transaction()
    with translated():
        await current.start()
    return current


async def _commit(current: Any) -> None:  # noqa: ANN401 - asyncpg's own object
    """Commit; when the connection is lost meanwhile, nobody here can know whether it was done."""
    try:
        with translated():
            await current.commit()
    except AwayError as error:
        raise UnsureError from error.__cause__


async def _roll_back(connection: Any, current: Any) -> None:  # noqa: ANN401 - asyncpg's own objects
    """Undo; a connection that cannot even do that is dropped, and the server undoes by itself."""
    try:
        async with asyncio.timeout(_UNDO_PATIENCE):
            await current.rollback()
    except FAILED:
        with suppress(asyncpg.InterfaceError):  # a lost connection has left its pool already
            connection.terminate()


async def _give_back(pool: Any, connection: Any) -> None:  # noqa: ANN401 - asyncpg's own objects
    """Return a connection to its pool; one that does not answer is dropped there."""
    try:
        await pool.release(connection, timeout=_UNDO_PATIENCE)
    except FAILED as error:
        log.warning("a connection was dropped: %s", type(error).__name__)


async def _closed(pool: Any) -> None:  # noqa: ANN401 - asyncpg's own objects
    try:
        async with asyncio.timeout(_CONNECT_PATIENCE):
            await pool.close()
    except TimeoutError:
        pool.terminate()


async def _latest_first(duties: list[Callable[[], Awaitable[object]]]) -> None:
    while duties:
        try:
            await duties.pop()()
        except Exception as error:  # noqa: BLE001 - what became of the transaction is decided, and is what to tell
            log.error("a duty outside the database failed: %s", type(error).__name__)  # noqa: TRY400 - its words may hold personal data


async def _prepare_connection(connection: Any) -> None:  # noqa: ANN401 - asyncpg's own object
    await connection.set_type_codec(
        "jsonb",
        encoder=_encode_jsonb,
        decoder=_decode_jsonb,
        schema="pg_catalog",
        format="binary",
    )


def _encode_jsonb(value: object) -> bytes:
    """Write what the wire calls jsonb: a version and the text."""
    return b"\x01" + msgspec.json.encode(value)


def _decode_jsonb(data: bytes) -> object:
    return msgspec.json.decode(data[1:])


def _convert(found: object, into: type[Row]) -> Row:
    return msgspec.convert(found, into, builtin_types=_NATIVE, strict=True)
