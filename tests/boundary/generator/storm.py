"""Firing: every try in a savepoint on the caller's own connection, its answer searched and undone."""

import time
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import chain
from random import Random
from typing import Any

import asyncpg

from tests.boundary.generator.battlefield import Battlefield
from tests.boundary.generator.calls import calls_of
from tests.boundary.generator.catalogue import catalogued, read_out
from tests.boundary.generator.contexts import contexts_of
from tests.boundary.generator.holdings import Caller, tags_in
from tests.boundary.generator.powers import powers
from tests.boundary.generator.reads import HALVED, Bait, ciphertext_of, reads_of
from tests.boundary.generator.report import BUSY, Answer, Report
from tests.boundary.generator.shot import Shot
from tests.boundary.generator.target import Catalog, Table, catalog_of
from tests.boundary.generator.witness import SAID, digest, testimony
from tests.boundary.generator.writes import writes_of
from upheld.platform.install import database_name

_READERS = {"ben", "ines"}
"""A second candidate, and a member who has not accepted fair use: functions are called as Ada and Olga."""

_AT_A_TIME = 400
"""Tries in one transaction."""


@dataclass
class Gun:
    """One caller's connection, and what its tries come to."""

    field_: Battlefield
    caller: Caller
    connection: Any
    report: Report
    allowed: set[str]
    notices: list[str] = field(default_factory=list[str])
    fired: int = 0

    async def fire(self, shots: Iterable[Shot]) -> None:
        """Fire all, a few hundred in a transaction."""
        self.connection.add_log_listener(self._listen)
        for shot in shots:
            await self._aim()
            there = await self._try(shot, shot.steps)
            if shot.twin and self._names_what_is_hidden(shot):
                nowhere = await self._try(shot, shot.twin)
                self.report.compare(self.caller, shot, there, nowhere)
        await self.connection.execute("rollback")

    def _listen(self, _: Any, message: Any) -> None:
        self.notices.append(_all_said(message))

    async def _aim(self) -> None:
        if self.fired % _AT_A_TIME == 0 or not self.connection.is_in_transaction():
            await self.connection.execute("rollback")
            await self.field_.open(self.connection, self.caller)
            await self.connection.execute("savepoint aimed")
        self.fired += 1

    def _names_what_is_hidden(self, shot: Shot) -> bool:
        """Say whether a try names something whose very existence is not the caller's to know."""
        named, twin = (tags_in("\n".join(steps).replace(HALVED, "")) for steps in (shot.steps, shot.twin))
        return bool((named - twin) & self.field_.holdings.tags.keys() - self.allowed)

    async def _try(self, shot: Shot, steps: Sequence[str]) -> Answer:
        self.notices.clear()
        state: str | None = None
        said: list[str] = []
        rows = heard = 0
        try:
            for step in steps:
                heard = len(self.notices)
                found = await self._step(shot, step)
                rows = len(found)
                said.extend(found)
        except asyncpg.PostgresError as error:
            state = error.sqlstate or "XX000"
            said.append(_all_said(error))
            # What the statement that failed had changed is undone; what it said has been heard.
            self.notices[heard:] = [notice for notice in self.notices[heard:] if not notice.startswith(SAID)]
        except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            state = "client"
            said.append(str(error))
        if self.connection.is_in_transaction():
            await self.connection.execute("rollback to savepoint aimed")
        answer = Answer(state, rows, "\n".join(said), tuple(self.notices))
        self.report.note(self.caller, shot, answer)
        self._judge(shot, steps, answer)
        return answer

    async def _step(self, shot: Shot, step: str) -> list[str]:
        if shot.through == "fetch":
            return [_written(row) for row in await self.connection.fetch(step)]
        if shot.through == "copy out":
            received: list[bytes] = []

            async def receive(data: bytes) -> None:
                received.append(data)

            await self.connection.copy_from_query(step, output=receive)
            return b"".join(received).decode(errors="replace").splitlines()
        schema, table = shot.copy_to[0].split(".", 1)
        await self.connection.copy_to_table(table, schema_name=schema, columns=shot.copy_to[1], source=_sent(step))
        return []

    def _judge(self, shot: Shot, steps: Sequence[str], answer: Answer) -> None:
        said = "\n".join([answer.said, *(n for n in answer.notices if not n.startswith(SAID))])
        foreign = (tags_in(said) & self.field_.holdings.tags.keys()) - self.allowed
        if shot.echoes or answer.state:
            foreign -= tags_in("\n".join(steps).replace(HALVED, ""))
        foreign -= self.field_.holdings.handed_out(self.caller, shot.how) if foreign else set()
        if foreign:
            tables = sorted({table for tag in foreign for table, _ in self.field_.holdings.tags[tag]})
            self.report.find(self.caller, shot, f"saw what is not theirs, of {', '.join(tables)}", steps)
        for notice in answer.notices:
            if notice.startswith(SAID):
                self._hear(shot, steps, notice)
        if shot.refused and answer.state is None:
            self.report.find(self.caller, shot, "was not refused", steps)
        if shot.expects not in {None, answer.rows} and answer.state not in BUSY:
            self.report.find(self.caller, shot, f"saw {answer.rows} rows, and {shot.expects} are theirs", steps)

    def _hear(self, shot: Shot, steps: Sequence[str], notice: str) -> None:
        table, act, old, new = testimony(notice)
        if not self.field_.holdings.may_change(self.caller, table, act, old, new):
            self.report.find(self.caller, shot, f"changed what is not theirs, of {table} ({act.lower()})", steps)


async def _sent(rows: str) -> AsyncGenerator[bytes]:
    yield rows.encode()


def _all_said(error: Any) -> str:
    """Return every field of an error or a notice that a client is told."""
    if str(error.message or "").startswith(SAID):
        return str(error.message)
    fields = ("message", "detail", "hint", "context", "internal_query", "column_name", "constraint_name")
    return "\n".join(str(text) for name in fields if (text := getattr(error, name, None)))


def _written(value: Any) -> str:
    """Write an answered value as PostgreSQL would, so that tags are found in it."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, asyncpg.Record):
        return " | ".join(_written(part) for part in value.values())
    if isinstance(value, (list, tuple)):
        return ", ".join(_written(part) for part in value)  # pyright: ignore[reportUnknownVariableType] - whatever was answered
    return str(value)


async def storm(
    battlefield: Battlefield,
    seed: int,
    *,
    tables: Collection[str] | None = None,
    callers: Collection[str] | None = None,
    families: Collection[str] | None = None,
) -> Report:
    """Attack everything as everyone, or only some tables (or callers, or families of tries).

    Args:
        battlefield: what is attacked.
        seed: of every choice that is left to chance.
        tables: names such as `upheld.people`.
        callers: roles, or roles and people such as `web as ada`.
        families: `Shot.family`.
    """
    report, began = Report(seed), time.perf_counter()
    async with battlefield.administrated() as administrator:
        await administrator.execute("set timezone = 'UTC'")
        before = await digest(administrator, battlefield.tables)
        for number, caller in enumerate(battlefield.callers):
            if callers is None or {caller.role, str(caller)} & set(callers):
                await _attack(battlefield, caller, report, Random(f"{seed}/{number}"), tables, families)  # noqa: S311 - repeatable on purpose
        after = await digest(administrator, battlefield.tables)
    report.lasting = sorted(name for name in before if before[name] != after[name])
    report.seconds = time.perf_counter() - began
    return report


async def _attack(
    battlefield: Battlefield,
    caller: Caller,
    report: Report,
    dice: Random,
    tables: Collection[str] | None,
    families: Collection[str] | None,
) -> None:
    async with battlefield.connected(caller.role) as connection, battlefield.stolen(caller) as stolen:
        await connection.execute("set timezone = 'UTC'")
        catalog = await catalog_of(connection)
        await battlefield.open(connection, caller)
        current = await connection.fetchval("select current_setting('upheld.context', true)") or ""
        gun = Gun(battlefield, caller, connection, report, battlefield.holdings.allowed(caller))
        arsenal = _arsenal(battlefield, caller, catalog, current, stolen, dice)
        chosen = (
            shot
            for shot in arsenal
            if (families is None or shot.family in families)
            and (tables is None or not shot.tables or set(shot.tables) & set(tables))
        )
        await gun.fire(chosen)


def _arsenal(
    battlefield: Battlefield, caller: Caller, catalog: Catalog, current: str, stolen: dict[str, str], dice: Random
) -> Iterator[Shot]:
    victim = _victim(battlefield, caller)
    prey = [row for table in battlefield.tables for row in battlefield.holdings.prey(caller, table)]
    database = database_name(battlefield.settings.database)
    for table in catalog.tables:
        baits = _baits(battlefield, caller, table, dice)
        expected = battlefield.holdings.own(caller, table.name)
        itself = chain(
            ciphertext_of(table),
            reads_of(table, baits, dice),
            writes_of(table, baits, dice),
            contexts_of(table, current, stolen, victim),
        )
        for shot in itself:
            whole = shot.family == "read" and shot.how == "select" and not shot.refused
            yield replace(shot, granted=_is_granted(table, shot), expects=expected if whole else None)
        # The catalog answers a role, whoever it serves: where the table itself answers, two contexts do.
        if caller.person is None or caller.who == "ada" or not table.touchable:
            yield from catalogued(table)
    for function in catalog.functions if caller.who not in _READERS else ():
        yield from calls_of(function, prey, dice)
    if caller.person is None:
        yield from powers(catalog.tables, catalog.functions, catalog.roles, caller.role, database)
    if caller.role == "web" and caller.person is None:
        yield from chain.from_iterable(read_out(table, catalog.read_outs) for table in catalog.tables)


def _is_granted(table: Table, shot: Shot) -> bool:
    """Say whether a role has a right to try this, so that policies answer and not the grants alone."""
    if shot.refused:
        return False
    if shot.family != "write":
        return bool(table.readable)
    said = shot.steps[0]
    return (
        (said.startswith(("update", "merge")) and any(c.updatable for c in table.columns))
        or (said.startswith("delete") and table.deletable)
        or (said.startswith("insert") and any(c.insertable for c in table.columns))
    )


def _baits(battlefield: Battlefield, caller: Caller, table: Table, dice: Random) -> list[Bait]:
    """Choose rows that are not the caller's, and where there are none, one that is.

    The first is left to chance; more are taken until every column that the caller may set holds a
    value in one of them, where any row of somebody else has one: taking over a null proves nothing.
    """
    rows = battlefield.holdings.rows.get(table.name, [])
    prey = battlefield.holdings.prey(caller, table.name) if rows else []
    chosen = dice.sample(prey, min(1, len(prey))) or rows[:1]
    for column in (column.col for column in table.columns if column.updatable):
        if all(row.get(column) is None for row in chosen):
            chosen += [row for row in prey if row.get(column) is not None][:1]
    return [Bait(row) for row in chosen]


def _victim(battlefield: Battlefield, caller: Caller) -> dict[str, str]:
    ids = battlefield.ids
    name = "ben" if caller.person != ids["ben"] else "ada"
    owner = "petra" if caller.organisation != ids["org_of_petra"] else "olga"
    work = sha256(
        battlefield.secrets["mail for ada" if caller.who != "mail for ada" else "erasure for ben"]
    ).hexdigest()
    return {
        "person": ids[name], "organisation": ids[f"org_of_{owner}"], "session": ids[f"session_of_{name}"], "work": work,
    }  # fmt: skip
