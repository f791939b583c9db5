"""store.audit: the log is only ever appended to, and every act that must be in it is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import asyncpg

from upheld.features.trust import store
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.attempts import OPENING
from upheld.features.trust.probes.catalog import RUNTIME_ROLES
from upheld.features.trust.probes.powers import undone
from upheld.features.trust.scene import Scene

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

# What would change, remove or forge an entry. Rights are asked before rows are: these touch none,
# even should the rights be there.
_CHANGES: Mapping[str, str] = {
    "change entries": "update upheld.audit_entries set action = 'session.opened' where false",
    "change what an entry commits to": "update upheld.audit_entries set leaf = salt where false",
    "remove entries": "delete from upheld.audit_entries where false",
    "remove all entries": "truncate upheld.audit_entries",
    "write an entry past the functions": (
        "insert into upheld.audit_entries (action, salt, leaf)"
        " values ('session.opened', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))"
    ),
    "write an entry in another's name": (
        "select upheld.append_entry(gen_random_uuid(), null, 'session.opened', null, null, '{}', null)"
    ),
    "take the guard away": "alter table upheld.audit_entries disable trigger all",
    "replace the guard": (
        "create or replace function upheld.refuse_change() returns trigger language plpgsql as 'begin return null; end'"
    ),
}


@probe(privilege="logs in as every role; reads the catalog", cost="a short transaction for each role and act")
async def append_only(scene: Scene) -> Finding:
    """Try, as every role and in every context of ours, to change, remove or forge an entry of the log."""
    cast = await scene.cast()
    faults: list[str] = []
    for role in RUNTIME_ROLES:
        if role != "vault":
            faults += await _changed_as(
                scene, role, {"web": cast.employer.secret, "worker": cast.strangers_work}.get(role)
            )
    async with scene.platform.database.maintenance() as tx:
        guarded = await store.guarded_acts(tx)
    faults += [f"no trigger keeps whoever may from this: {act}" for act in _GUARDED if act not in guarded]
    if scene.administrator is not None:
        faults += await _changed_as_administrator(scene)
    return judged(
        faults,
        acts=list(_CHANGES),
        roles=len(RUNTIME_ROLES) - 1,
        guarded_from_everyone=guarded,
        tried_by_administrator=bool(scene.administrator),
    )


async def _changed_as(scene: Scene, role: str, secret: bytes | None) -> list[str]:
    """Return what a role is not kept from trying, without a context and in one of ours."""
    faults: list[str] = []
    async with scene.connected(role) as connection:  # pyright: ignore[reportArgumentType] - the names of `Role`
        for what, statement in _CHANGES.items():
            for context in dict.fromkeys((None, secret)):
                state = await _state_of(connection, role, context, statement)
                if state != "42501":
                    faults.append(f"{role} is not kept from trying to {what} ({state or 'done'})")
    return faults


async def _changed_as_administrator(scene: Scene) -> list[str]:
    async with scene.as_administrator() as connection:
        return [
            f"not even the guard keeps the administrator from this: {statement}"
            for statement in _BY_THE_ADMINISTRATOR
            if await _state_of(connection, "administrator", None, statement) != "42501"
        ]


_GUARDED = ("delete", "truncate", "update")
# The guard is asked before any row is: these touch none, even should it be gone.
_BY_THE_ADMINISTRATOR = (
    "update upheld.audit_entries set leaf = salt where false",
    "delete from upheld.audit_entries where false",
)


async def _state_of(connection: "Connection", role: str, secret: bytes | None, statement: str) -> str | None:
    """Return the SQLSTATE with which a statement is refused, or None when it is not; it is undone."""
    try:
        async with undone(connection):
            await connection.execute("select set_config('lock_timeout', '2s', true)")
            if secret is not None:
                await connection.fetchval(OPENING[role], secret)
            await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return error.sqlstate or "XX000"
    return None
