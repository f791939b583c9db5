"""The queries of the probes, typed."""

import datetime as dt
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from upheld.platform.database import Transaction, load_queries

QUERIES = load_queries("upheld.features.trust")


class Gone(msgspec.Struct, frozen=True):
    """What of the removed probes lies outside the database."""

    people: list[UUID]
    organisations: list[UUID]
    object_ids: list[UUID]


class Table(msgspec.Struct, frozen=True):
    """A relation, as the catalog describes it."""

    name: str
    kind: str
    enabled: bool
    forced: bool
    policies: int
    asks_as_caller: bool


class Policy(msgspec.Struct, frozen=True):
    """A policy, as the catalog describes it: `using` chooses rows, `check` admits them."""

    tab: str
    name: str
    command: str
    for_everyone: bool
    using_said: str | None
    check_said: str | None
    columns: list[str]

    @property
    def expressions(self) -> list[str]:
        """Both of its expressions, where it has them."""
        return [said for said in (self.using_said, self.check_said) if said is not None]


class RoleFacts(msgspec.Struct, frozen=True):
    """A role, as the catalog describes it."""

    name: str
    is_superuser: bool
    bypasses: bool
    administers: bool
    logs_in: bool
    member_of: list[str]
    owns_something: bool
    owns_tables: bool


class Function(msgspec.Struct, frozen=True):
    """A function, as the catalog describes it."""

    name: str
    lends_rights: bool
    owner: str
    owner_is_too_strong: bool
    path_is_fixed: bool
    open_to_everyone: bool


class Readable(msgspec.Struct, frozen=True):
    """A column that a role reads."""

    role: str
    col: str


class Declared(msgspec.Struct, frozen=True):
    """A column, with the comments on its table and on itself."""

    tab: str
    about: str | None
    col: str
    said: str | None


class Column(msgspec.Struct, frozen=True):
    """A column, and what the role that asked may do with it."""

    schema: str
    name: str
    col: str
    kind: str
    readable: bool
    insertable: bool
    updatable: bool


class StoredRun(msgspec.Struct, frozen=True):
    """A recorded run, as it lies in the database."""

    number: int
    report: dict[str, Any]


class RunStates(msgspec.Struct, frozen=True):
    """What became of every promise in a run: ids and states, in the same order."""

    number: int
    at: dt.datetime
    promises: list[str]
    states: list[str]


async def renew_link(tx: Transaction, email_index: bytes, link_hash: bytes) -> UUID | None:
    """Make a link of our own for a probe person; return who they are."""
    return await tx.value(QUERIES["renew_link"], email_index, link_hash)


async def mint_session(tx: Transaction, person: UUID, secret_hash: bytes, idle: timedelta, lives: timedelta) -> UUID:
    """Open a session of a probe person, with the ages it should have."""
    return await tx.value(QUERIES["mint_session"], person, secret_hash, idle, lives)


async def mint_unproven_session(tx: Transaction, person: UUID, secret_hash: bytes, lives: timedelta) -> UUID:
    """Open a session of a probe person who has not proved who they are in it."""
    return await tx.value(QUERIES["mint_unproven_session"], person, secret_hash, lives)


async def queue_message_at_the_gate(
    tx: Transaction, message_id: UUID, person: UUID, kind: str, parameters: bytes, secret: bytes
) -> None:
    """Queue a mail to a probe person, with a secret of background work that we know."""
    await tx.value(QUERIES["queue_message_at_the_gate"], message_id, person, kind, parameters, secret)


async def open_context(tx: Transaction, secret: bytes) -> UUID | None:
    """Open the context of a probe person's session; return the organisation it acts for."""
    return await tx.value(QUERIES["open_context"], secret)


async def own_files(tx: Transaction) -> list[UUID]:
    """Return where the files of a probe person lie, whose context is open."""
    return await tx.column(QUERIES["own_files"])


async def looks_at_resume(tx: Transaction, application: UUID) -> int:
    """Return how many looks at a résumé the journal of a probe person shows, whose context is open."""
    return await tx.value(QUERIES["looks_at_resume"], application)


async def remove_probes(tx: Transaction) -> Gone:
    """Remove every probe."""
    gone = await tx.one(QUERIES["remove_probes"], into=Gone)
    assert gone is not None  # noqa: S101 - the function returns one row
    return gone


async def record_duty(tx: Transaction, action: str, details: dict[str, object]) -> None:
    """Journal what a run does."""
    await tx.value(QUERIES["record_duty"], action, details)


async def tables(tx: Transaction, roles: list[str]) -> list[Table]:
    """Return every relation in a schema that one of `roles` can look into."""
    return await tx.all(QUERIES["tables"], roles, into=Table)


async def policies(tx: Transaction) -> list[Policy]:
    """Return every policy."""
    return await tx.all(QUERIES["policies"], into=Policy)


async def roles(tx: Transaction, names: list[str]) -> list[RoleFacts]:
    """Return what the named roles are."""
    return await tx.all(QUERIES["roles"], names, into=RoleFacts)


async def functions(tx: Transaction) -> list[Function]:
    """Return every function of our schemas."""
    return await tx.all(QUERIES["functions"], into=Function)


async def families(tx: Transaction) -> list[str]:
    """Return the roles that lend their rights to definer functions."""
    return await tx.column(QUERIES["families"])


async def guarded_acts(tx: Transaction) -> list[str]:
    """Return what a trigger on the audit log refuses to everyone."""
    return await tx.column(QUERIES["guarded_acts"])


async def sealed_columns_readable_by(tx: Transaction, roles: list[str]) -> list[Readable]:
    """Return which of these roles read a sealed column about candidates by themselves."""
    return await tx.all(QUERIES["sealed_columns_readable_by"], roles, into=Readable)


async def functions_seeing_sealed(tx: Transaction, roles: list[str]) -> list[str]:
    """Return which functions that one of these roles may call can see what is sealed about candidates."""
    return await tx.column(QUERIES["functions_seeing_sealed"], roles)


async def declared(tx: Transaction) -> list[Declared]:
    """Return every column of a database with what is declared of it."""
    return await tx.all(QUERIES["declared"], into=Declared)


async def lint(tx: Transaction, name: str, *known: list[str]) -> list[str]:
    """Return the faults that a query of the catalog finds; `known` is what it passes by."""
    return await tx.column(QUERIES[name], *known)


async def record_run(tx: Transaction, report: dict[str, Any]) -> int:
    """Record a signed run; return its number."""
    return await tx.value(QUERIES["record_run"], report)


async def last_run(tx: Transaction) -> StoredRun | None:
    """Return the run that was recorded last."""
    return await tx.one(QUERIES["last_run"], into=StoredRun)


async def last_signature(tx: Transaction) -> str | None:
    """Return what the run that was recorded last is signed with."""
    return await tx.value(QUERIES["last_signature"])


async def run_before(tx: Transaction, number: int) -> StoredRun | None:
    """Return the run that was recorded before this one."""
    return await tx.one(QUERIES["run_before"], number, into=StoredRun)


async def recorded_runs(tx: Transaction, at_most: int) -> list[StoredRun]:
    """Return the newest runs, newest first."""
    return await tx.all(QUERIES["recorded_runs"], at_most, into=StoredRun)


async def run_states(tx: Transaction, at_most: int) -> list[RunStates]:
    """Return what became of every promise in the newest runs, newest first."""
    return await tx.all(QUERIES["run_states"], at_most, into=RunStates)


async def remove_old_runs(tx: Transaction) -> int:
    """Remove the runs whose time is over; return how many."""
    return await tx.run(QUERIES["remove_old_runs"])


async def operators_to_tell(tx: Transaction) -> list[UUID]:
    """Return whom to tell that a promise is broken."""
    return await tx.column(QUERIES["operators_to_tell"])
