"""access.rls, tried: every role, every table, every act, without a context and in a stranger's.

Nothing that is tried lasts: each attempt has a transaction of its own, which is undone.
"""

from collections import Counter
from dataclasses import dataclass, field

import asyncpg

from upheld.features.trust.cast import Cast
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.attempts import OPEN_ROWS, OPENING, READING, Attempt, targets_of
from upheld.features.trust.probes.catalog import RUNTIME_ROLES
from upheld.features.trust.scene import Scene
from upheld.platform.database import Role


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
    """Try, as every role, to see and change the rows of another tenant."""
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
        targets = await targets_of(connection)
        ledger.tables |= {target.name for target in targets}
        for secret in contexts:
            for target in targets:
                attempt = Attempt(connection, role, secret, target, cast)
                for fault in await attempt.everything(ledger.acts):
                    ledger.faults.append(f"{role}{' as a stranger' if secret else ''}, {target.name}: {fault}")


async def _through_functions(scene: Scene, cast: Cast) -> list[str]:
    """Return which of the functions that hand out candidates' data hand it to a stranger."""
    faults: list[str] = []
    async with scene.connected("web") as connection:
        for secret in (None, cast.stranger.secret, cast.candidate.secret):
            for name, call in READING.items():
                subject = cast.job if name == "upheld.list_applications" else cast.application
                transaction = connection.transaction()
                await transaction.start()
                if secret:
                    await connection.fetchval(OPENING["web"], secret)
                rows = await connection.fetch(call, subject)
                await transaction.rollback()
                faults += [f"web, {name}: {len(rows)} rows for somebody who is no member"] if rows else []
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
        for target in await targets_of(connection):
            owned = " or ".join(f"{column} = any($1)" for column in target.ids())
            if owned:
                query = f"select exists (select from {target.quoted} where {owned})"  # noqa: S608 - quoted names
                found += await connection.fetchval(query, list(cast.ids))
    return found
