"""access.rls, tried: every role, every table, every act, without a context and in a stranger's.

Nothing that is tried lasts: each attempt has a transaction of its own, which is undone.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import asyncpg

from upheld.features.trust import store
from upheld.features.trust.cast import Cast
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.catalog import RUNTIME_ROLES
from upheld.features.trust.scene import Scene
from upheld.platform.database import Role

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

# Rows that a role sees without anybody's context, and why; all others stay dark.
OPEN_ROWS = {
    ("web", "upheld.notices"): "notices are published",
    ("gate", "upheld.notices"): "notices are published",
    ("worker", "upheld.notices"): "notices are published",
    ("maintenance", "upheld.notices"): "notices are published",
    ("web", "upheld.organisations"): "an employer's name stands beside its jobs",
    ("worker", "upheld.organisations"): "an employer's name stands in mails about its jobs",
    ("web", "upheld.jobs"): "open jobs are published",
    ("worker", "queue.pgqueuer"): "the worker takes what is due; it holds ids, never personal data",
    ("worker", "queue.pgqueuer_log"): "the worker's own notes",
    ("worker", "queue.pgqueuer_schedules"): "the worker's own timetable",
    ("worker", "queue.pgqueuer_statistics"): "the worker's own counts",
    ("auditor", "upheld.audit_entries"): "the auditor reads the audit log, and nothing else",
}

# In these a person names an employer in a row of their own, which is what they are for.
OWN_ROWS_NAMING_AN_EMPLOYER = frozenset({"upheld.consents", "upheld.disclosures", "upheld.applications"})

PUBLIC_TABLES = frozenset({"upheld.jobs", "upheld.organisations"})

_OPENING = {
    "web": "select upheld.open_context($1)",
    "worker": "select upheld.open_job_context($1)",
}


@dataclass(frozen=True)
class Target:
    """A table, and what the role that tries may do with its columns."""

    name: str
    columns: Sequence[store.Column]

    @property
    def quoted(self) -> str:
        """The name, safe to stand in a statement."""
        schema, table = self.name.split(".", 1)
        return f'"{schema}"."{table}"'

    def ids(self, *, insertable: bool = False) -> list[str]:
        """Return the id columns that can be read (or named in an insert), quoted."""
        return [f'"{c.col}"' for c in self.columns if c.is_id and (c.insertable if insertable else c.readable)]


@dataclass
class Ledger:
    """What the attempts came to."""

    faults: list[str] = field(default_factory=list[str])
    acts: Counter[str] = field(default_factory=Counter[str])
    tables: set[str] = field(default_factory=set[str])


@probe(
    privilege="logs in as every role; a session of a probe person",
    cost="about five short transactions for each role and table",
)
async def strangers(scene: Scene) -> Finding:
    """No role sees or changes a row of another tenant, with no context or with a stranger's."""
    cast = await scene.cast()
    ledger = Ledger()
    for role in RUNTIME_ROLES:
        if role != "vault":
            await _try_as(scene, role, cast, ledger)  # pyright: ignore[reportArgumentType] - the names of `Role`
    ledger.faults += await _through_functions(scene, cast)
    ledger.faults += await _across_databases(scene)
    return judged(
        ledger.faults,
        roles=len(RUNTIME_ROLES),
        tables=len(ledger.tables),
        attempts=dict(ledger.acts),
        tables_with_rows_to_find=await _found_by_administrator(scene, cast),
        by_design=[f"{role}, {table}: {why}" for (role, table), why in OPEN_ROWS.items()],
    )


async def _try_as(scene: Scene, role: Role, cast: Cast, ledger: Ledger) -> None:
    contexts: list[bytes | None] = [None]
    if role == "web":
        contexts.append(cast.stranger.secret)
    if role == "worker":
        contexts.append(cast.strangers_work)
    async with scene.connected(role) as connection:
        targets = await _targets(connection)
        ledger.tables |= {target.name for target in targets}
        for secret in contexts:
            for target in targets:
                attempt = Attempt(connection, role, secret, target, cast)
                for fault in await attempt.everything(ledger.acts):
                    ledger.faults.append(f"{role}{' as a stranger' if secret else ''}, {target.name}: {fault}")


@dataclass(frozen=True)
class Attempt:
    """One role's tries at one table, in one context."""

    connection: "Connection"
    role: str
    secret: bytes | None
    target: Target
    cast: Cast

    async def everything(self, acts: Counter[str]) -> list[str]:
        """Try all five acts; return what should not have been possible."""
        faults: list[str] = []
        for name, act in (
            ("select", self._select), ("insert", self._insert), ("update", self._update),
            ("delete", self._delete), ("truncate", self._truncate),
        ):  # fmt: skip
            acts[name] += 1
            faults += [f"{name}: {fault}" for fault in await act()]
        return faults

    async def _select(self) -> list[str]:
        if self.secret is None:
            return await self._select_without_context()
        ids = self.target.ids()
        if not ids:
            return []
        owned = " or ".join(f"{column} = any($1)" for column in ids)
        state, rows = await self._run(
            f"select {', '.join(ids)} from {self.target.quoted} where {owned}",  # noqa: S608 - quoted names
            list(self.cast.ids),
        )
        # Open jobs and their employers are public; those of probes are, to probes.
        hidden = [row for row in rows if not (self.target.name in PUBLIC_TABLES and self.cast.public_ids.issuperset(row))]
        return [f"{len(hidden)} rows of another tenant were seen"] if hidden else _unless_refused(state)

    async def _select_without_context(self) -> list[str]:
        readable = next((f'"{column.col}"' for column in self.target.columns if column.readable), None)
        state, rows = await self._run(f"select {readable or 1} from {self.target.quoted} limit 1")  # noqa: S608 - quoted names
        if rows and (self.role, self.target.name) not in OPEN_ROWS:
            return ["rows were seen"]
        if not readable and state != "42501":
            return [f"was not refused ({state or 'no rows'})"]
        return _unless_refused(state)

    async def _insert(self) -> list[str]:
        named = [column for column in self.target.ids(insertable=True) if self._owner_of(column)]
        names_a_person = bool({'"person_id"', '"viewer_id"', '"actor_id"'} & set(named))
        is_own = self.secret and not names_a_person and self.target.name in OWN_ROWS_NAMING_AN_EMPLOYER
        if not named or is_own:
            return []
        row = {column: self._owner_of(column) for column in named}
        if '"id"' in self.target.ids(insertable=True):
            row['"id"'] = uuid4()
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        state, _ = await self._run(
            f"insert into {self.target.quoted} ({', '.join(row)}) values ({places})",  # noqa: S608 - quoted names
            *row.values(),
        )
        # A constraint that complains has been reached: the policies had let the row through.
        return [] if state == "42501" else [f"a row in another tenant's name passed the policies ({state or 'written'})"]

    async def _update(self) -> list[str]:
        changeable = [f'"{column.col}"' for column in self.target.columns if column.updatable]
        if not changeable:
            state, _ = await self._run(f"update {self.target.quoted} set {self._any_column()} = default")  # noqa: S608 - quoted names
            return [] if state == "42501" else [f"was not refused ({state or 'done'})"]
        readable = {f'"{column.col}"' for column in self.target.columns if column.readable}
        kept = next((column for column in changeable if column in readable), None)
        change = f"{kept} = {kept}" if kept else f"{changeable[0]} = default"
        return await self._change(f"update {self.target.quoted} set {change}")  # noqa: S608 - quoted names

    async def _delete(self) -> list[str]:
        return await self._change(f"delete from {self.target.quoted}")  # noqa: S608 - a quoted name

    async def _truncate(self) -> list[str]:
        state, _ = await self._run(f"truncate {self.target.quoted} cascade")
        return [] if state == "42501" else [f"was not refused ({state or 'done'})"]

    async def _change(self, statement: str) -> list[str]:
        """Run a change of every row in reach; a fault when it reaches one of another tenant."""
        ids = self.target.ids()
        state, rows = await self._run(f"{statement} returning {', '.join(ids)}" if ids else f"{statement} returning 1")
        if state and state.startswith("23"):
            return [f"reached rows that only a constraint kept ({state})"]
        foreign = [row for row in rows if not self.cast.ids.isdisjoint(row)]
        # Rows without an id belong to the platform's own duties, such as the queue's.
        return [f"{len(foreign)} rows of another tenant were changed"] if foreign else []

    def _any_column(self) -> str:
        return f'"{self.target.columns[0].col}"'

    def _owner_of(self, column: str) -> UUID | None:
        """Return the tenant's id for a column that says whose a row is."""
        return {
            '"person_id"': self.cast.candidate.person,
            '"viewer_id"': self.cast.employer.person,
            '"actor_id"': self.cast.employer.person,
            '"organisation_id"': self.cast.organisation,
            '"application_id"': self.cast.application,
            '"job_id"': self.cast.job,
        }.get(column)

    async def _run(self, statement: str, *args: object) -> tuple[str | None, list[tuple[object, ...]]]:
        """Run a statement in a transaction that is undone; its error's SQLSTATE, or its rows."""
        transaction = self.connection.transaction()
        await transaction.start()
        try:
            if self.secret:
                await self.connection.execute("select set_config('lock_timeout', '2s', true)")
                await self.connection.fetchval(_OPENING[self.role], self.secret)
            return None, [tuple(row.values()) for row in await self.connection.fetch(statement, *args)]
        except asyncpg.PostgresError as error:
            return error.sqlstate or "XX000", []
        finally:
            await transaction.rollback()


def _unless_refused(state: str | None) -> list[str]:
    return [] if state in {None, "42501"} else [f"answered {state}"]


async def _targets(connection: "Connection") -> list[Target]:
    rows = await connection.fetch(store.QUERIES["columns"].sql)
    grouped: defaultdict[str, list[store.Column]] = defaultdict(list)
    for row in rows:
        column = store.Column(**dict(row))
        grouped[f"{column.schema}.{column.name}"].append(column)
    return [Target(name, columns) for name, columns in grouped.items()]


async def _through_functions(scene: Scene, cast: Cast) -> list[str]:
    """Return which of the functions that hand out candidates' data hand it to a stranger."""
    asked = {
        "upheld.list_applications($1, 100, 0)": cast.job,
        "upheld.open_application($1)": cast.application,
        "upheld.open_contact($1)": cast.application,
        "upheld.open_resume($1)": cast.application,
    }
    faults: list[str] = []
    async with scene.connected("web") as connection:
        for secret in (None, cast.stranger.secret, cast.candidate.secret):
            for call, subject in asked.items():
                transaction = connection.transaction()
                await transaction.start()
                if secret:
                    await connection.fetchval(_OPENING["web"], secret)
                rows = await connection.fetch(f"select * from {call}", subject)  # noqa: S608 - one of the calls above
                await transaction.rollback()
                faults += [f"web, {call}: {len(rows)} rows for somebody who is no member"] if rows else []
    return faults


async def _across_databases(scene: Scene) -> list[str]:
    """Return which roles reach the database that is not theirs."""
    faults: list[str] = []
    for role, keyring in [*((role, True) for role in RUNTIME_ROLES if role != "vault"), ("vault", False)]:
        try:
            async with scene.connected(role, keyring=keyring):  # pyright: ignore[reportArgumentType] - the names of `Role`
                faults.append(f"{role} can connect to the {'keyring' if keyring else 'data'}")
        except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidAuthorizationSpecificationError):
            continue
    return faults


async def _found_by_administrator(scene: Scene, cast: Cast) -> int | str:
    """Return in how many tables the first tenant has rows: where there are none, none can be seen."""
    if scene.administrator is None:
        return "unknown: counting them needs an administrator"
    found = 0
    async with scene.as_administrator() as connection:
        for target in await _targets(connection):
            owned = " or ".join(f"{column} = any($1)" for column in target.ids())
            if owned:
                query = f"select exists (select from {target.quoted} where {owned})"  # noqa: S608 - quoted names
                found += await connection.fetchval(query, list(cast.ids))
    return found
