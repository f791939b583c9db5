"""One role's tries at one table: select, insert, update, delete and truncate, all undone."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from upheld.features.trust import store
from upheld.features.trust.cast import Cast

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

# Rows that a role sees without anybody's context, and why; all others stay dark.
OPEN_ROWS = {
    ("web", "upheld.notices"): "notices are published",
    ("gate", "upheld.notices"): "notices are published",
    ("worker", "upheld.notices"): "notices are published",
    ("maintenance", "upheld.notices"): "notices are published",
    ("web", "upheld.runs"): "what became of the promises is published",
    ("maintenance", "upheld.runs"): "what became of the promises is published",
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

# Something for every other column, so that no policy refuses a row for what it leaves out.
_PLAUSIBLE = {
    "uuid": "gen_random_uuid()",
    "text": "'new'",
    "text[]": "'{}'",
    "bytea": "decode(repeat('00', 32), 'hex')",
    "boolean": "true",
    "integer": "1",
    "bigint": "1",
    "jsonb": "'{}'",
    "date": "current_date",
    "interval": "interval '1 hour'",
    "timestamp with time zone": "now() + interval '1 hour'",
}

OPENING = {
    "web": "select upheld.open_context($1)",
    "worker": "select upheld.open_job_context($1)",
}

# The functions that hand out candidates' data, called for a job or an application.
READING = {
    "upheld.list_applications": "select * from upheld.list_applications($1, null, null, null, 100, 100)",
    "upheld.open_application": "select * from upheld.open_application($1)",
    "upheld.open_contact": "select * from upheld.open_contact($1)",
    "upheld.open_resume": "select * from upheld.open_resume($1)",
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
        return [f'"{c.col}"' for c in self.columns if c.kind == "uuid" and (c.insertable if insertable else c.readable)]


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
        hidden = [
            row for row in rows if not (self.target.name in PUBLIC_TABLES and self.cast.public_ids.issuperset(row))
        ]
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
        owners = [self._owner_of(column) for column in named]
        filled = {
            f'"{c.col}"': _PLAUSIBLE[c.kind] for c in self.target.columns if c.insertable and c.kind in _PLAUSIBLE
        }
        row = {**filled, **{column: f"${number}" for number, column in enumerate(named, start=1)}}
        state, _ = await self._run(
            f"insert into {self.target.quoted} ({', '.join(row)}) values ({', '.join(row.values())})",  # noqa: S608 - quoted names
            *owners,
        )
        # A constraint that complains has been reached: the policies had let the row through.
        return (
            [] if state == "42501" else [f"a row in another tenant's name passed the policies ({state or 'written'})"]
        )

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
                await self.connection.fetchval(OPENING[self.role], self.secret)
            return None, [tuple(row.values()) for row in await self.connection.fetch(statement, *args)]
        except asyncpg.PostgresError as error:
            return error.sqlstate or "XX000", []
        finally:
            await transaction.rollback()


def _unless_refused(state: str | None) -> list[str]:
    return [] if state in {None, "42501"} else [f"answered {state}"]


async def targets_of(connection: "Connection") -> list[Target]:
    """Return every table, with what the role that is connected may do with its columns."""
    rows = await connection.fetch(store.QUERIES["columns"].sql)
    grouped: defaultdict[str, list[store.Column]] = defaultdict(list)
    for row in rows:
        column = store.Column(**dict(row))
        grouped[f"{column.schema}.{column.name}"].append(column)
    return [Target(name, columns) for name, columns in grouped.items()]
