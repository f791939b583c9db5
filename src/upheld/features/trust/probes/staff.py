"""access.support: what the role of staff reaches, tried."""

from typing import TYPE_CHECKING

import asyncpg

from upheld.features.trust import store
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.powers import undone
from upheld.features.trust.scene import Scene

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_REFUSED = "42501"


@probe(privilege="logs in as support", cost="a short transaction for each relation and function")
async def support_reaches_nothing(scene: Scene) -> Finding:
    """Try, as the role of staff, to read every relation, call every function and become every other role."""
    tries: dict[str, str] = {}
    faults: list[str] = []
    async with scene.connected("support") as connection:
        for name in await connection.fetch(store.QUERIES["relations"].sql):
            tries[f"reads {name['name']}"] = f"select 1 from {name['quoted']}"  # noqa: S608 - names the catalog has quoted
        for function in await connection.fetch(store.QUERIES["callable"].sql):
            tries[f"calls {function['name']}"] = f"select {function['call']}"
            # A body may refuse what was granted; the grant is a fault of its own.
            faults += [f"support may call {function['name']}"] if function["granted"] else []
        for role in await connection.fetch(store.QUERIES["other_roles"].sql):
            tries[f"becomes {role['name']}"] = f"set local role {role['quoted']}"
        states = {what: await _state_of(connection, statement) for what, statement in tries.items()}
    faults += [f"support {what} ({state or 'done'})" for what, state in states.items() if state != _REFUSED]
    return judged(faults, attempts=len(tries))


async def _state_of(connection: "Connection", statement: str) -> str | None:
    try:
        async with undone(connection):
            await connection.execute("select set_config('lock_timeout', '2s', true)")
            await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return error.sqlstate or "XX000"
    return None
