"""Ways to change rows that are not one's own, or to learn from a refusal that they are there."""

# ruff: noqa: S608 - injected SQL is what this module is for; names come from the catalog

from collections.abc import Iterator
from random import Random

from tests.boundary.generator.reads import Bait, random_uuid, unknown
from tests.boundary.generator.shot import Shot
from tests.boundary.generator.target import Column, Table

_PLAIN: dict[str, tuple[str, ...]] = {
    "update": ("update {t} set {u} = {u}",),
    "update, returning": ("update {t} set {u} = {u} returning {k}",),
    "update to the default": ("update {t} set {u} = default",),
    "update from itself": ("update {t} as o set {u} = i.{u} from {t} as i where true",),
    "update in a query": ("with x as (update {t} set {u} = {u} returning 1) select count(*) from x",),
    "update in a do block": ("do $$ begin update {t} set {u} = {u}; end $$",),
    "delete": ("delete from {t}",),
    "delete, returning": ("delete from {t} returning {k}",),
    "delete in a query": ("with gone as (delete from {t} returning 1) select count(*) from gone",),
    "insert nothing": ("insert into {t} default values",),
    "insert what is there": ("insert into {t} ({i}) select {i} from {t}",),
    "truncate": ("truncate {t} cascade",),
    "lock": ("lock table {t} in access exclusive mode nowait",),
    "lock to share": ("lock table {t} in share mode nowait",),
}

_AIMED: dict[str, tuple[str, ...]] = {
    "update": ("update {t} set {u} = {u} where {k} = {v} returning 1",),
    "update, joined": ("update {t} as o set {u} = o.{u} from (values ({v})) as v (k) where o.{k} = v.k returning 1",),
    "delete": ("delete from {t} where {k} = {v} returning 1",),
    "delete, joined": ("delete from {t} as o using (values ({v})) as v (k) where o.{k} = v.k returning 1",),
    "merge, update": (
        """merge into {t} as o using (values ({v})) as v (k) on o.{k} = v.k
        when matched then update set {u} = o.{u} returning 1""",
    ),
    "merge, delete": (
        "merge into {t} as o using (values ({v})) as v (k) on o.{k} = v.k when matched then delete returning 1",
    ),
}

_INSERTS: dict[str, str] = {
    "insert": "insert into {t} ({i}) values ({vs})",
    "insert, returning": "insert into {t} ({i}) values ({vs}) returning {k}",
    "insert or nothing": "insert into {t} ({i}) values ({vs}) on conflict do nothing returning 1",
    "insert or update": "insert into {t} ({i}) values ({vs}) on conflict ({key}) do update set {u} = excluded.{u}",
    "insert in a query": "with x as (insert into {t} ({i}) values ({vs}) returning 1) select count(*) from x",
}


def writes_of(table: Table, baits: list[Bait], dice: Random) -> Iterator[Shot]:
    """Yield every way to change one table."""
    if not table.touchable:
        for how in ("update", "delete", "insert nothing", "truncate", "lock"):
            said = tuple(step.format(**_words(table)) for step in _PLAIN[how])
            yield Shot((table.name,), "write", how, said, refused=True)
        return
    for how, steps in _PLAIN.items():
        yield Shot((table.name,), "write", how, tuple(step.format(**_words(table)) for step in steps))
    for bait in baits:
        yield from _aimed(table, bait, dice)
        yield from _taken_over(table, bait)
        yield from _inserted(table, bait, dice)


def _aimed(table: Table, bait: Bait, dice: Random) -> Iterator[Shot]:
    for column in [c for c in table.readable if c.kind == "uuid"][:2]:
        value, other = bait.value(column), unknown(column, dice)
        for how, steps in _AIMED.items():
            words = {**_words(table), "k": column.quoted}
            yield Shot(
                (table.name,), "write", f"{how}, by {column.col}",
                tuple(step.format(**words, v=value) for step in steps),
                tuple(step.format(**words, v=other) for step in steps) if other else (),
            )  # fmt: skip


def _taken_over(table: Table, bait: Bait) -> Iterator[Shot]:
    """Yield tries to put each value of somebody else's row into whatever can be reached."""
    for column in table.columns:
        if column.updatable:
            said = f"update {table.quoted} set {column.quoted} = {bait.value(column)}"
            yield Shot((table.name,), "write", f"take over {column.col}", (said,))


def _inserted(table: Table, bait: Bait, dice: Random) -> Iterator[Shot]:
    """Yield inserts of somebody else's row: as it is, under ids nobody has, and each value under a new key."""
    columns = [column for column in table.columns if column.insertable]
    if not columns:
        said = f"insert into {table.quoted} ({_words(table)['u']}) values ({bait.value(table.columns[0])})"
        yield Shot((table.name,), "write", "insert", (said,))
        return
    as_it_is = {column.col: bait.value(column) for column in columns}
    with_new_key = {**as_it_is, **{c.col: _fresh(c, dice) for c in columns if c.is_unique and not c.refers}}
    with_new_ids = {**as_it_is, **{c.col: unknown(c, dice) or as_it_is[c.col] for c in columns}}
    for how, said in _INSERTS.items():
        yield _insert(table, columns, how, said, as_it_is)
        yield _insert(table, columns, f"{how}, under a new key", said, with_new_key)
        yield _insert(table, columns, f"{how}, under new ids", said, with_new_ids)
    for column in columns:
        if column.is_unique or column.refers:
            yield from _oracle(table, columns, column, bait, {**with_new_key, column.col: as_it_is[column.col]}, dice)
    row = "\t".join(_copied(bait.row.get(column.col)) for column in columns) + "\n"
    yield Shot(
        (table.name,), "write", "copy in", (row,), through="copy in",
        copy_to=(table.name, [column.col for column in columns]),
    )  # fmt: skip


def _oracle(
    table: Table, columns: list[Column], column: Column, bait: Bait, row: dict[str, str], dice: Random
) -> Iterator[Shot]:
    """Yield an insert that names one value of somebody else's row, beside the same with one nobody has."""
    other = unknown(column, dice)
    if other is None or bait.row.get(column.col) is None:
        return
    said = _INSERTS["insert"]
    there, nowhere = (
        _insert(table, columns, f"oracle of {column.col}", said, {**row, column.col: v})
        for v in (row[column.col], other)
    )
    yield Shot(there.tables, "write", there.how, there.steps, nowhere.steps)


def _insert(table: Table, columns: list[Column], how: str, said: str, row: dict[str, str]) -> Shot:
    words = {
        **_words(table), "i": ", ".join(c.quoted for c in columns), "vs": ", ".join(row[c.col] for c in columns),
        "key": ", ".join(c.quoted for c in table.columns if c.is_key) or "id",
    }  # fmt: skip
    return Shot((table.name,), "write", how, (said.format(**words),))


def _fresh(column: Column, dice: Random) -> str:
    if column.kind == "uuid":
        return f"'{random_uuid(dice)}'::uuid"
    if column.kind == "bytea":
        return f"'\\x{dice.randbytes(32).hex()}'::bytea"
    return "default"


def _copied(value: object) -> str:
    if value is None:
        return "\\N"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("\\", "\\\\").replace("\t", " ").replace("\n", " ")


def _words(table: Table) -> dict[str, str]:
    updatable = [column for column in table.columns if column.updatable] or list(table.columns)
    insertable = [column for column in table.columns if column.insertable] or list(table.columns)
    # What is set to itself has to be readable too, where anything is.
    chosen = next((column for column in updatable if column.readable), updatable[0])
    readable = table.readable
    return {
        "t": table.quoted, "u": chosen.quoted, "i": ", ".join(c.quoted for c in insertable),
        "k": readable[0].quoted if readable else table.columns[0].quoted,
    }  # fmt: skip
