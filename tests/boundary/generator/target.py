"""What there is to attack, as the role that attacks sees it: tables, columns, functions."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_COLUMNS = """
select
    n.nspname || '.' || c.relname as name, a.attname as col,
    format_type(a.atttypid, null) as kind,
    has_schema_privilege(n.oid, 'usage') as named,
    has_column_privilege(c.oid, a.attnum, 'select') as readable,
    has_column_privilege(c.oid, a.attnum, 'insert') as insertable,
    has_column_privilege(c.oid, a.attnum, 'update') as updatable,
    has_table_privilege(c.oid, 'delete') as deletable,
    exists (
        select from pg_index as i where i.indrelid = c.oid and i.indisunique and a.attnum = any(i.indkey)
    ) as is_unique,
    exists (
        select from pg_index as i where i.indrelid = c.oid and i.indisprimary and a.attnum = any(i.indkey)
    ) as is_key,
    exists (
        select from pg_constraint as f where f.conrelid = c.oid and f.contype = 'f' and a.attnum = any(f.conkey)
    ) as refers
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'witness')
order by 1, a.attnum
"""

_FUNCTIONS = """
select
    p.oid::regprocedure::text as name, n.nspname || '.' || p.proname as called, p.prokind = 'p' as is_procedure,
    array(
        select format_type(t.oid, null) from unnest(p.proargtypes) with ordinality as a (oid, at)
        join pg_type as t on t.oid = a.oid order by a.at
    ) as kinds,
    has_function_privilege(p.oid, 'execute') and has_schema_privilege(n.oid, 'usage') as callable,
    coalesce(pg_get_functiondef(p.oid), '') as body
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'witness') and p.prokind in ('f', 'p')
order by 1
"""

_READ_OUTS = """
select p.proname as name, format_type(p.proargtypes[0], null) as kind
from pg_proc as p
where
    p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and p.pronargs = 1
    and p.proargtypes[0] in ('oid'::regtype, 'regclass'::regtype)
    and p.prorettype not in ('internal'::regtype, 'trigger'::regtype, 'event_trigger'::regtype)
    and has_function_privilege(p.oid, 'execute')
order by 1
"""


def quoted(name: str) -> str:
    """Return a name from the catalog, safe to stand in a statement."""
    return ".".join(f'"{part}"' for part in name.split(".", 1))


@dataclass(frozen=True)
class Column:
    """A column, and what the attacking role may do with it."""

    col: str
    kind: str
    readable: bool
    insertable: bool
    updatable: bool
    is_unique: bool
    is_key: bool
    refers: bool

    @property
    def quoted(self) -> str:
        """The name, safe to stand in a statement."""
        return f'"{self.col}"'


@dataclass(frozen=True)
class Table:
    """A table, and what the attacking role may do with it."""

    name: str
    columns: Sequence[Column]
    named: bool
    deletable: bool

    @property
    def quoted(self) -> str:
        """The name, safe to stand in a statement."""
        return quoted(self.name)

    @property
    def readable(self) -> list[Column]:
        """The columns that the role may select."""
        return [column for column in self.columns if column.readable and self.named]

    @property
    def touchable(self) -> bool:
        """Whether the role holds any right on the table at all."""
        return self.named and (self.deletable or any(c.readable or c.insertable or c.updatable for c in self.columns))


@dataclass(frozen=True)
class Function:
    """A function that the attacking role may call, and the tables that calling it may touch."""

    name: str
    called: str
    is_procedure: bool
    kinds: Sequence[str]
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Catalog:
    """Everything one role can aim at."""

    tables: Sequence[Table]
    functions: Sequence[Function]
    read_outs: Sequence[tuple[str, str]]
    roles: Sequence[str]


async def catalog_of(connection: Any) -> Catalog:
    """Read, on a role's own connection, what it can aim at."""
    grouped: defaultdict[str, list[Any]] = defaultdict(list)
    for row in await connection.fetch(_COLUMNS):
        grouped[row["name"]].append(row)
    tables = [
        Table(name, [_column(row) for row in rows], rows[0]["named"], rows[0]["deletable"])
        for name, rows in grouped.items()
    ]
    functions = _functions(await connection.fetch(_FUNCTIONS), {table.name for table in tables})
    read_outs = [(row["name"], row["kind"]) for row in await connection.fetch(_READ_OUTS)]
    roles = [row["rolname"] for row in await connection.fetch("select rolname from pg_roles order by 1")]
    return Catalog(tables, functions, read_outs, roles)


def _column(row: Any) -> Column:
    return Column(**{field: row[field] for field in Column.__dataclass_fields__})


def _functions(rows: Sequence[Any], tables: set[str]) -> list[Function]:
    """Return the functions that may be called, with the tables named in them or in what they call."""
    named = {row["called"]: set(re.findall(r"\b[a-z_]+\.[a-z_]+\b", row["body"])) for row in rows}

    def reached(called: str, seen: frozenset[str]) -> set[str]:
        names = named.get(called, set())
        deeper = [reached(name, seen | {called}) for name in names - seen - {called} if name in named]
        return (names & tables).union(*deeper)

    return [
        Function(
            row["name"], row["called"], row["is_procedure"], tuple(row["kinds"]),
            tuple(sorted(reached(row["called"], frozenset()))),
        )
        for row in rows
        if row["callable"]
    ]  # fmt: skip
