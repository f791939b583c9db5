"""What runs while somebody uses the product: functions, statements, and what those reach in the database, in order.

For following what the papers tell. Every call of our own code on this thread is noted once, when it
begins; a coroutine that goes on after waiting is not called again.
"""

import re
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import upheld
from tests.support.catalog import connected
from tests.support.cluster import Cluster
from upheld.platform.database import Query

_SOURCE = Path(upheld.__file__).parent
_ID = re.compile(r"/(?:[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=/|$)")
_NAMED = re.compile(r"\bupheld\.(\w+)")
_WALK_IN, _ASKS = "Edge.__call__", {"Transaction.all", "Transaction.one", "Transaction.value", "Transaction.column",
                                    "Transaction.run"}  # fmt: skip


@dataclass(frozen=True)
class Footstep:
    """Something that ran: by the names it goes by, and where it is written, from `src/upheld` on."""

    names: frozenset[str]
    file: str


@dataclass
class Footsteps:
    """Everything that ran, in order."""

    bodies: Mapping[str, str]
    """What functions of the database consist of, by name."""

    taken: list[Footstep] = field(default_factory=list[Footstep])
    _frames: set[FrameType] = field(default_factory=set[FrameType])

    def note(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call, as `sys.setprofile` tells it."""
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith(str(_SOURCE)) or frame in self._frames:
            return
        self._frames.add(frame)  # held, so that no other frame is taken for it
        name = frame.f_code.co_qualname
        if name == _WALK_IN and frame.f_locals["scope"]["type"] == "http":
            scope: dict[str, Any] = frame.f_locals["scope"]
            self._take(f"{scope['method']} {_ID.sub('/<id>', scope['path'])}")
        self._take(name, frame.f_code.co_name, name.split(".")[0], file=str(Path(file).relative_to(_SOURCE)))
        if name in _ASKS:
            self._ask(frame.f_locals["query"])

    def forget(self) -> None:
        """Let go of what only noting needed."""
        self._frames.clear()

    def _ask(self, query: Query) -> None:
        self._take(query.name)
        self._reach(query.sql, set())

    def _reach(self, sql: str, seen: set[str]) -> None:
        """Note tables and functions that a statement names, and what those functions name in turn."""
        for name in _NAMED.findall(sql):
            if name not in seen:
                seen.add(name)
                self._take(name, file=_WRITTEN.get(name, ""))
                self._reach(self.bodies.get(name, ""), seen)

    def _take(self, *names: str, file: str = "") -> None:
        self.taken.append(Footstep(frozenset(names), file))


@contextmanager
def noted(bodies: Mapping[str, str]) -> Generator[Footsteps]:
    """Note what runs on this thread for as long as the block lasts."""
    steps = Footsteps(bodies)
    sys.setprofile(steps.note)
    try:
        yield steps
    finally:
        sys.setprofile(None)
        steps.forget()


async def bodies_of(cluster: Cluster, database: str) -> dict[str, str]:
    """Return what every function of the schema `upheld` consists of, as the server has it."""
    async with connected(cluster, database) as administrator:
        rows = await administrator.fetch(
            "select proname, coalesce(pg_get_function_sqlbody(oid), prosrc) as body from pg_proc"
            " where pronamespace = 'upheld'::regnamespace"
        )
    return {row["proname"]: row["body"] for row in rows}


def _written() -> Iterator[tuple[str, str]]:
    for path in sorted((_SOURCE / "database" / "schema").glob("*.sql")):
        for name in re.findall(r"(?m)^create (?:or replace )?(?:function|table|view) upheld\.(\w+)", path.read_text()):
            yield name, str(path.relative_to(_SOURCE))


_WRITTEN = dict(_written())
"""In which file of the schema a table or function is made."""
