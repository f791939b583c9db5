"""The measuring: every caller tries every act on every table of a running deployment.

Each caller logs in as the real role and opens the real context; each try is undone. What is
measured is which rows are reached, not what a grant says. An update or delete is tried twice:
row by row on what the caller sees, and once without looking, which row security judges by
another policy.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from tests.boundary.model import LOGINS, Columns, Reach
from tests.boundary.populace import CALLERS, ROWS, Caller, Row, plant
from tests.boundary.tries import CHANGES, INSERTS
from tests.support.deployment import Deployment
from upheld.platform.install import url

REFUSED = "42501"
_OPENING = {"web": "open_context", "worker": "open_job_context"}
_TOKEN = "select upheld.open_token_context($1, null)"
_COLUMNS = """
    select n.nspname || '.' || c.relname as tab, a.attname::text as col,
        has_column_privilege(c.oid, a.attnum, 'select') as reads,
        has_column_privilege(c.oid, a.attnum, 'insert') as inserts,
        has_column_privilege(c.oid, a.attnum, 'update') as updates
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and a.attnum > 0 and not a.attisdropped order by 1, a.attnum
"""
_FUNCTIONS = """
    select distinct p.proname::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('upheld', 'sealed', 'queue') and has_function_privilege(p.oid, 'execute')
    and has_schema_privilege(n.oid, 'usage') and p.prorettype <> 'trigger'::regtype
"""
_LOGINS = "select rolname::text as name from pg_roles where rolcanlogin and not rolsuper"
Texts = Mapping[str, str | None]


@dataclass(frozen=True)
class Matrix:
    """Who reaches what; by table and caller, by table and login role, by login role."""

    reach: Mapping[str, Mapping[str, Reach]]
    columns: Mapping[str, Mapping[str, Columns]]
    every: Mapping[str, tuple[str, ...]]
    functions: Mapping[str, frozenset[str]]
    connects: Mapping[str, frozenset[str]]
    logins: frozenset[str]


async def measured(deployment: Deployment) -> Matrix:
    """Plant the populace, let every caller try everything, and return what each reached."""
    administrator = await deployment.administrator()
    try:
        await plant(administrator)
        every = _by_table(await administrator.fetch(_COLUMNS))
        logins = frozenset([row["name"] for row in await administrator.fetch(_LOGINS)])
        planted = {table: await _planted(administrator, table, every[table]) for table in ROWS if table in every}
    finally:
        await administrator.close()
    reach: dict[str, dict[str, Reach]] = {table: {} for table in every}
    columns: dict[str, dict[str, Columns]] = {table: {} for table in every}
    functions: dict[str, frozenset[str]] = {}
    for login in LOGINS:
        connection = await _connect(deployment, login)
        try:
            functions[login] = frozenset([row["name"] for row in await connection.fetch(_FUNCTIONS)])
            for caller in (caller for caller in CALLERS if caller.login == login):
                if caller.acts_as:
                    await connection.execute(f"set role {caller.acts_as}")
                granted = _granted(await connection.fetch(_COLUMNS))
                if not caller.acts_as:
                    for table in every:
                        columns[table][login] = granted[table]
                for table in every:
                    tries = Tries(connection, caller, table, every[table], granted[table], planted.get(table, {}))
                    reach[table][caller.name] = await tries.all()
        finally:
            await connection.close()
    return Matrix(reach, columns, every, functions, await _connects(deployment), logins)


@dataclass(frozen=True)
class Tries:
    """One caller's tries at one table, in one transaction that is undone."""

    connection: Any
    caller: Caller
    table: str
    every: tuple[str, ...]
    named: Columns
    planted: Mapping[str, Texts]

    async def all(self) -> Reach:
        """Try every act."""
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            if self.caller.secret is not None:
                is_token = (self.caller.duty or "").endswith("token")
                opening = _TOKEN if is_token else f"select upheld.{_OPENING[self.caller.login]}($1)"
                assert await self.connection.fetchval(opening, self.caller.secret)
            seen = await self._seen()
            return Reach(
                reads=seen,
                inserts=await self._inserted(),
                updates=await self._updated(seen),
                deletes=await self._changed("", f"delete from {self.table}", seen),  # noqa: S608 - our own names
                truncates=frozenset(await self._passes({"all of it": f"truncate {self.table} cascade"})),
            )
        finally:
            await transaction.rollback()

    async def _seen(self) -> frozenset[str]:
        readable = self.named.reads.split()
        if not readable:
            refused = await self._try(f"select 1 from {self.table}")  # noqa: S608 - our own names
            return frozenset() if refused == REFUSED else frozenset({f"that there are rows ({refused})"})
        shown = ", ".join(f'"{column}"::text' for column in readable)
        await self.connection.execute("savepoint try")
        try:
            rows = await self.connection.fetch(f"select {shown} from {self.table}")  # noqa: S608 - our own names
        except asyncpg.PostgresError as error:
            return frozenset() if error.sqlstate == REFUSED else frozenset({f"an error ({error.sqlstate})"})
        finally:
            await self.connection.execute("rollback to savepoint try")
        found = {tuple(row.values()) for row in rows}
        return frozenset(
            name for name, texts in self.planted.items() if tuple(texts[column] for column in readable) in found
        )

    async def _inserted(self) -> frozenset[str]:
        tries = {
            name: f"insert into {self.table} ({', '.join(values)}) values ({', '.join(values.values())})"  # noqa: S608 - our own names
            for name, values in INSERTS.get(self.table, {}).items()
        }
        return frozenset(await self._passes(tries or {"any row": f"insert into {self.table} default values"}))

    async def _updated(self, seen: frozenset[str]) -> frozenset[str]:
        column = (self.named.updates.split() or self.every)[0]
        changes = CHANGES.get(self.table) or {"change": f'"{column}" = default'}
        found: set[str] = set()
        for name, change in changes.items():
            found |= await self._changed(f"{name} ", f"update {self.table} set {change}", seen)  # noqa: S608 - our own names
        return frozenset(found)

    async def _changed(self, name: str, statement: str, seen: frozenset[str]) -> frozenset[str]:
        """Make a change to each row that is seen, and then to whatever there is without looking."""
        readable = self.named.reads.split()
        found: set[str] = set()
        for row in sorted(seen & self.planted.keys()):
            outcome = await self._try(f"{statement} where {_is(self.planted[row], readable)}")
            if outcome not in {REFUSED, "0"}:
                found.add(f"{name}{row}{_said(outcome)}")
        blindly, looking = await self._try(statement), "0"
        if readable:
            looking = await self._try(f'{statement} where "{readable[0]}" is not distinct from "{readable[0]}"')
        if blindly not in {looking, REFUSED, "0"}:
            found.add(f"{name}rows unseen ({blindly})")
        return frozenset(found)

    async def _passes(self, tries: Mapping[str, str]) -> list[str]:
        outcomes = {name: await self._try(statement) for name, statement in tries.items()}
        return [f"{name}{_said(outcome)}" for name, outcome in outcomes.items() if outcome != REFUSED]

    async def _try(self, statement: str) -> str:
        """Run a statement and undo it; return its SQLSTATE, or how many rows it touched."""
        await self.connection.execute("savepoint try")
        try:
            tag: str = await self.connection.execute(statement)
        except asyncpg.PostgresError as error:
            return error.sqlstate or "XX000"
        else:
            return tag.rsplit(" ", 1)[-1]
        finally:
            await self.connection.execute("rollback to savepoint try")


def _said(outcome: str) -> str:
    """Return what to add to a try that came through: a constraint that complains has been reached."""
    return "" if len(outcome) < len(REFUSED) or outcome.startswith("23") or outcome.isalpha() else f" ({outcome})"


def _is(texts: Texts, columns: Iterable[str]) -> str:
    parts = [
        f'"{column}"::text is null' if texts[column] is None else f'"{column}"::text = $value${texts[column]}$value$'
        for column in columns
    ]
    return " and ".join(parts)


async def _planted(administrator: Any, table: str, columns: Iterable[str]) -> dict[str, Texts]:
    """Return the planted rows of a table by name, every column as text."""
    shown = ", ".join(f'"{column}"::text' for column in columns)
    found: dict[str, Texts] = {}
    for row in ROWS[table]:
        record = await administrator.fetchrow(f"select {shown} from {table} where {_chosen(row)}")  # noqa: S608 - our own names
        assert record is not None, f"{table}: {row.name} is not there"
        found[row.name] = dict(record)
    return found


def _chosen(row: Row) -> str:
    lasting = {c: v for c, v in row.values.items() if not re.search("clock_now|current_date|default", v)}
    return " and ".join(f"{column} is not distinct from {value}" for column, value in lasting.items())


def _by_table(rows: Iterable[Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["tab"], []).append(row["col"])
    return {table: tuple(columns) for table, columns in found.items()}


def _granted(rows: Iterable[Any]) -> dict[str, Columns]:
    named: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        acts = named.setdefault(row["tab"], {"reads": [], "inserts": [], "updates": []})
        for act, columns in acts.items():
            if row[act]:
                columns.append(row["col"])
    return {table: Columns(**{act: " ".join(names) for act, names in acts.items()}) for table, acts in named.items()}


async def _connects(deployment: Deployment) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    settings = deployment.settings
    for name, base in (("data", settings.database), ("keyring", settings.keyring_database)):
        logins: set[str] = set()
        for login in (*LOGINS, "vault"):
            try:
                connection = await asyncpg.connect(url(base, login, settings.secret(login)))
            except asyncpg.PostgresError:
                continue
            await connection.close()
            logins.add(login)
        found[name] = frozenset(logins)
    return found


async def _connect(deployment: Deployment, login: str) -> Any:
    settings = deployment.settings
    return await asyncpg.connect(
        url(settings.database, login, settings.secret(login)), server_settings={"lock_timeout": "2s"}
    )
