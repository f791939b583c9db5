"""Ways to read a table that is not one's own, or to learn that a row is in it."""

# ruff: noqa: S608 - injected SQL is what this module is for; names come from the catalog

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.boundary.generator.holdings import Row
from tests.boundary.generator.shot import Shot
from tests.boundary.generator.target import Column, Table

# `{t}` the table, `{c}` the columns that may be read, `{k}` one of them, `{n}` a number of the try.
_PLAIN: dict[str, tuple[str, ...]] = {
    "select": ("select {c} from {t}",),
    "aggregate": ("select count(*), min({k}::text), max({k}::text), string_agg({k}::text, ',') from {t}",),
    "json": ("select to_jsonb(x) from (select {c} from {t}) as x",),
    "json aggregate": ("select json_agg(x) from (select {c} from {t}) as x",),
    "row as text": ("select x::text from (select {c} from {t}) as x",),
    "materialised": ("with x as materialized (select {c} from {t}) select * from x",),
    "lateral": ("select x.* from (values (1), (2)) as v cross join lateral (select {c} from {t}) as x",),
    "window": ("select {k}, lag({k}) over (), first_value({k}) over () from {t}",),
    "rollup": ("select {k}, count(*) from {t} group by rollup ({k})",),
    "distinct": ("select distinct {k} from {t} order by 1",),
    "random order": ("select {c} from {t} order by random() limit 50",),
    "sample": ("select {c} from {t} tablesample system (100)",),
    "set operation": ("select {k} from {t} intersect select {k} from {t}",),
    "recursive": (
        """with recursive r (k, n) as (select {k}, 1 from {t}
        union select t.{k}, r.n + 1 from {t} as t, r where r.n < 3)
        select k from r""",
    ),
    "only": ("select {c} from only {t} where {k} is not null",),
    "whole table": ("table {t}",),
    "whole row": ("select t from {t} as t",),
    "array": ("select array(select {k} from {t})",),
    "system columns": ("select ctid, xmin, xmax, tableoid from {t}",),
    "by place": (
        "select {k} from {t} where ctid = any(array(select format('(0,%s)', g)::tid from generate_series(1, 90) as g))",
    ),
    "query to xml": ("select query_to_xml('select {cq} from {t}', true, false, '')",),
    "table to xml": ("select table_to_xml('{t}'::regclass, true, false, '')",),
    "cast in the filter": ("select 1 from {t} where ({k}::text || 'x')::integer = 1",),
    "division in the filter": ("select 1 from {t} where 1 / (length({k}::text) - length({k}::text)) = 1",),
    "cursor": ("declare stolen{n} scroll cursor for select {c} from {t}", "fetch all from stolen{n}"),
    "prepared": ("prepare stolen{n} as select {c} from {t}", "execute stolen{n}", "deallocate stolen{n}"),
    "do block": (
        "do $$ declare r record; begin for r in select {c} from {t} loop raise notice '%', r; end loop; end $$",
    ),
    "do block, error": (
        "do $$ declare r record; begin for r in select {c} from {t} loop raise exception '%', r; end loop; end $$",
    ),
    "dynamic": (
        """do $$ declare r text; begin execute 'select string_agg({k}::text, '','') from {t}' into r;
        raise warning '%', r; end $$""",
    ),
    "locked": ("select {k} from {t} for share skip locked",),
    "row security off": ("set local row_security = off", "select {c} from {t}"),
    "search path": ("set local search_path = pg_temp, upheld, queue, sealed, public", "select {c} from {bare}"),
    "another plan": ("set local enable_seqscan = off", "select {k} from {t}"),
    "explain": ("explain (verbose) select {c} from {t}",),
    "explain analyze": (
        "explain (analyze, verbose, costs off, timing off, summary off, buffers off) select {c} from {t}",
    ),
    "listen and notify": ("listen stolen", "select pg_notify('stolen', {k}::text) from {t}"),
    "advisory lock": ("select pg_try_advisory_xact_lock(hashtext({k}::text)) from {t}",),
    "setting": ("select set_config('stolen.value', string_agg({k}::text, ','), true) from {t}", "show stolen.value"),
}  # fmt: skip

# `{v}` is a value of a row that belongs to somebody else.
_AIMED: dict[str, tuple[str, ...]] = {
    "equal": ("select {c} from {t} where {k} = {v}",),
    "count": ("select count(*) from {t} where {k} = {v}",),
    "exists": ("select exists (select from {t} where {k} = {v})",),
    "any": ("select {k} from {t} where {k} = any(array[{v}])",),
    "joined": ("select o.* from (values ({v})) as v (k) join {t} as o on o.{k} = v.k",),
    "outer join": (
        """select o.k from (values ({v})) as v (k)
        left join lateral (select i.{k} as k from {t} as i where i.{k} = v.k) as o
        on true""",
    ),
    "scalar": ("select coalesce((select {k}::text from {t} where {k} = {v} limit 1), 'none')",),
    "a part of it": ("select {k} from {t} where right({k}::text, 9) = right({v}::text, 9)",),
    "range": ("select count(*) from {t} where {k} >= {v} and {k} <= {v}",),
    "division": ("select 1 from {t} where 1 / (case when {k} = {v} then 0 else 1 end) = 1",),
    "case": (
        "select case when exists (select from {t} where {k} = {v}) then 1 / (length(user) - length(user)) end",
    ),
    "do block": (
        "do $$ begin if exists (select from {t} where {k} = {v}) then raise exception 'here'; end if; end $$",
    ),
    "cursor": ("declare aimed{n} cursor for select {c} from {t} where {k} = {v}", "fetch all from aimed{n}"),
    "locked": ("select 1 from {t} where {k} = {v} for update nowait",),
    "explain": ("explain (costs off, verbose) select {c} from {t} where {k} = {v}",),
    "estimate": ("explain (format json) select {c} from {t} where {k} = {v}",),
    "rows removed": (
        "set local enable_seqscan = off", "set local enable_bitmapscan = off",
        "explain (analyze, costs off, timing off, summary off, buffers off) select {k} from {t} where {k} = {v}",
    ),
    "tuples fetched": (
        "set local enable_seqscan = off", "set local enable_bitmapscan = off",
        "select count(*) from {t} where {k} = {v}",
        "select seq_tup_read, idx_tup_fetch from pg_stat_xact_all_tables where relid = '{t}'::regclass",
    ),
}  # fmt: skip

# Against a table on which the role holds no right; each is refused, and says nothing in being so.
_FROM_OUTSIDE: dict[str, tuple[str, ...]] = {
    "select": ("select * from {t}",),
    "count": ("select count(*) from {t}",),
    "explain": ("explain select * from {t}",),
    "query to xml": ("select query_to_xml('select * from {t}', true, false, '')",),
    "do block": ("do $$ begin perform from {t}; end $$",),
}


HALVED = "' || '"
"""Ids are written in halves: an answer that holds one in full did not get it from the question."""


@dataclass(frozen=True)
class Bait:
    """A row of somebody else's, and how its values are written in SQL."""

    row: Row

    def value(self, column: Column) -> str:
        """Write a value of the row."""
        value = self.row.get(column.col)
        if value is None:
            return f"null::{column.kind}"
        text = str(value) if not isinstance(value, bool) else str(value).lower()
        text = text.replace("'", "''")
        half = len(text) // 2
        return f"('{text[:half]}{HALVED}{text[half:]}')::{column.kind}"


def unknown(column: Column, dice: Random) -> str | None:
    """Write a value of the same kind that no row has, or nothing where that cannot be said of a value."""
    if column.kind == "uuid":
        return f"'{random_uuid(dice)}'::uuid"
    if column.kind == "bytea":
        return f"'\\x{dice.randbytes(32).hex()}'::bytea"
    return None


def random_uuid(dice: Random) -> str:
    """Return a random id, the same for the same seed."""
    digits = f"{dice.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def reads_of(table: Table, baits: list[Bait], dice: Random) -> Iterator[Shot]:
    """Yield every way to read one table."""
    if not table.readable:
        for how, steps in _FROM_OUTSIDE.items():
            yield Shot((table.name,), "read", how, tuple(step.format(t=table.quoted) for step in steps), refused=True)
        yield Shot((table.name,), "read", "copy", (f"copy {table.quoted} to stdout",), refused=True)
        return
    words = _words(table, _telling(table)[0])
    for number, (how, steps) in enumerate(_PLAIN.items()):
        yield Shot((table.name,), "read", how, tuple(step.format(**words, n=number) for step in steps))
    yield Shot((table.name,), "read", "copy", (f"select {words['c']} from {table.quoted}",), through="copy out")
    yield from _beyond(table)
    for bait in baits:
        for column in _telling(table)[:2]:
            yield from _aimed(table, column, bait, dice)


# What a role reads of these goes through functions that note it, or leave it sealed for its owner.
_PAST_THE_JOURNAL = {"upheld.profiles", "upheld.documents", "upheld.application_snapshots"}


def ciphertext_of(table: Table) -> Iterator[Shot]:
    """Yield tries at each ciphertext of candidates that no role may select, whatever the catalog says."""
    if table.name in _PAST_THE_JOURNAL:
        for column in table.columns:
            if column.col.endswith("_sealed"):
                said = f"select {column.quoted} from {table.quoted}"
                yield Shot((table.name,), "read", f"ciphertext {column.col}", (said,), refused=True)


def _beyond(table: Table) -> Iterator[Shot]:
    """Yield tries at each column that the role may not read, beside those that it may."""
    for column in table.columns:
        if not column.readable:
            said = f"select {column.quoted} from {table.quoted}"
            yield Shot((table.name,), "read", f"column {column.col}", (said,), refused=True)
            ordered = f"select count(*) from {table.quoted} where {column.quoted} is not null"
            yield Shot((table.name,), "read", f"filter by {column.col}", (ordered,), refused=True)


def _aimed(table: Table, column: Column, bait: Bait, dice: Random) -> Iterator[Shot]:
    value, other = bait.value(column), unknown(column, dice)
    words = _words(table, column)
    for number, (how, steps) in enumerate(_AIMED.items(), start=100):
        yield Shot(
            (table.name,), "read", f"{how}, by {column.col}",
            tuple(step.format(**words, n=number, v=value) for step in steps),
            tuple(step.format(**words, n=number, v=other) for step in steps) if other else (),
            echoes="explain" in steps[-1],
        )  # fmt: skip


def _telling(table: Table) -> list[Column]:
    """Return the readable columns that tell rows apart, the best first."""
    order = {"uuid": 0, "bytea": 1, "timestamp with time zone": 2}
    return sorted(table.readable, key=lambda column: (order.get(column.kind, 3), not column.is_key, column.col))


def _words(table: Table, column: Column) -> dict[str, str]:
    columns = ", ".join(c.quoted for c in table.readable)
    return {
        "t": table.quoted, "c": columns, "cq": columns, "k": column.quoted, "bare": f'"{table.name.split(".")[1]}"',
    }  # fmt: skip
