"""Calls of every function a role may execute, with hostile arguments."""

# ruff: noqa: S608 - injected SQL is what this module is for; names come from the catalog

from collections.abc import Iterator, Sequence
from random import Random

from tests.boundary.generator.holdings import Row
from tests.boundary.generator.reads import HALVED, random_uuid
from tests.boundary.generator.shot import Shot
from tests.boundary.generator.target import Function

_EDGES: dict[str, tuple[str, ...]] = {
    "uuid": ("null", "'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
    "text": (
        "null", "''", "' '", "'x'", "repeat('x', 100000)", "E'\\u202e\\u0001'", "'''; select 1; --'", "'%s%n'",
        "'account.left'", "'keys.rotated'", "'session.opened'", "'erasure.completed'", "'accounts/verify-address'",
        "'applications/application-moved'", "'person'", "'../../etc/passwd'", "'$2b$12$' || repeat('a', 53)",
    ),
    "integer": ("null", "0", "-1", "1", "200", "2147483647", "-2147483648"),
    "bigint": ("null", "0", "-1", "9223372036854775807"),
    "interval": ("null", "'0'", "'1 hour'", "'-1 year'", "'170000000 years'", "'infinity'", "'1 microsecond'"),
    "timestamp with time zone": ("null", "'infinity'", "'-infinity'", "'epoch'", "now()", "'2001-01-01'"),
    "date": ("null", "'infinity'", "'-infinity'", "'4713-01-01 BC'", "current_date", "'9999-12-31'"),
    "jsonb": (
        "null", "'{}'", "'[]'", "'null'", "'[null]'", "'\"x\"'", "'{\"a\": {\"b\": [1, 2, {\"c\": null}]}}'",
        "to_jsonb(repeat('x', 100000))", "'[{\"purpose\": \"account\", \"notice_id\": null, \"given\": true}]'",
    ),
    "boolean": ("null", "true", "false"),
    "bytea": (
        "null", "''", "'\\x00'", "sha256('x')", "decode(repeat('00', 32), 'hex')",
        "convert_to(repeat('x', 1000000), 'UTF8')",
    ),
}  # fmt: skip

_TRIES = 10
"""Calls with everything chosen at random, beside those that go through the edges one by one."""


class Arguments:
    """Draws arguments of any kind: edges, random bytes, and values of somebody else's rows."""

    def __init__(self, prey: Sequence[Row], dice: Random) -> None:
        """Take rows of others and a source of chance."""
        self._dice = dice
        self._ids = sorted({v for row in prey for v in row.values() if isinstance(v, str) and _is_id(v)})
        self._by_column: dict[str, list[str]] = {}
        cells = ((column, v) for row in prey for column, v in row.items() if isinstance(v, str) and _is_id(v))
        for column, value in sorted({cell for cell in cells if cell[0].endswith("_id")}):
            self._by_column.setdefault(column, []).append(value)
        self._bytes = sorted({v for row in prey for v in row.values() if isinstance(v, str) and v.startswith("\\x")})

    def edges(self, kind: str) -> list[str]:
        """Return the values of a kind that are worth going through one by one."""
        if kind.endswith("[]"):
            return [f"null::{kind}", f"'{{}}'::{kind}", f"array[null]::{kind}", self._several(kind)]
        drawn = [f"{value}::{kind}" for value in _EDGES.get(kind, ("null",))]
        if kind == "uuid":
            # One of whatever other rows refer to, and a few of anything: a person's id is not left to chance.
            drawn.extend(_split(self._dice.choice(values)) for values in self._by_column.values())
        return [*drawn, *(self.stolen(kind) for _ in range(4 if kind in {"uuid", "bytea"} else 0))]

    def stolen(self, kind: str) -> str:
        """Draw a value of somebody else's row, or a random one where there is none of the kind."""
        if kind == "uuid" and self._ids:
            return _split(self._dice.choice(self._ids))
        if kind == "bytea" and self._bytes:
            value = self._dice.choice(self._bytes)
            return f"'{value}'::bytea"
        return self.nobodys(kind)

    def nobodys(self, kind: str) -> str:
        """Draw a value that no row has."""
        if kind == "uuid":
            return f"'{random_uuid(self._dice)}'::uuid"
        if kind == "bytea":
            return f"'\\x{self._dice.randbytes(32).hex()}'::bytea"
        if kind.endswith("[]"):
            return self._several(kind)
        return f"{self._dice.choice(_EDGES.get(kind, ('null',)))}::{kind}"

    def like(self, stolen: str) -> str:
        """Draw a value that no row has, of the kind and length of one that was stolen."""
        if not stolen.startswith("'\\x"):
            return self.nobodys("uuid")
        return f"'\\x{self._dice.randbytes(len(stolen.split(chr(39))[1]) // 2 - 1).hex()}'::bytea"

    def any(self, kind: str) -> str:
        """Draw any value of a kind."""
        return self.stolen(kind) if self._dice.random() < 0.6 else self._dice.choice(self.edges(kind))

    def _several(self, kind: str) -> str:
        if kind == "uuid[]":
            return f"array['{random_uuid(self._dice)}', null]::uuid[]"
        return f"'{{}}'::{kind}"


def _split(value: str) -> str:
    """Write an id in two halves, so that a statement that is merely repeated in an answer does not hold it."""
    return f"('{value[:18]}{HALVED}{value[18:]}')::uuid"


def _is_id(value: str) -> bool:
    return len(value) == 36 and value.count("-") == 4


def calls_of(function: Function, prey: Sequence[Row], dice: Random) -> Iterator[Shot]:
    """Yield calls of one function: each edge of each argument in turn, then chance."""
    arguments = Arguments(prey, dice)
    if not function.kinds:
        yield _call(function, [])
        return
    for at, kind in enumerate(function.kinds):
        for edge in arguments.edges(kind):
            drawn = [arguments.stolen(other) for other in function.kinds]
            yield _call(function, [*drawn[:at], edge, *drawn[at + 1 :]])
    for _ in range(_TRIES):
        yield _call(function, [arguments.any(kind) for kind in function.kinds])
    yield from _oracles(function, arguments)


def _oracles(function: Function, arguments: Arguments) -> Iterator[Shot]:
    """Yield calls with a value of somebody else's row, beside the same with one nobody has."""
    for at, kind in enumerate(function.kinds):
        if kind in {"uuid", "bytea"}:
            for _ in range(3):
                drawn = [arguments.nobodys(other) for other in function.kinds]
                stolen = arguments.stolen(kind)
                there = _call(function, [*drawn[:at], stolen, *drawn[at + 1 :]])
                nowhere = _call(function, [*drawn[:at], arguments.like(stolen), *drawn[at + 1 :]])
                yield Shot(there.tables, "function", f"{there.how}, oracle", there.steps, nowhere.steps, echoes=True)


def _call(function: Function, drawn: list[str]) -> Shot:
    said = f"{function.called}({', '.join(drawn)})"
    statement = f"call {said}" if function.is_procedure else f"select * from {said}"
    return Shot(function.tables, "function", function.name, (statement,), echoes=True)
