"""access.context: what no role may do, since the context rests on it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.catalog import RUNTIME_ROLES
from upheld.features.trust.scene import Scene

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

# What no role but the named one may do, with values of the right kind.
_SEALED: tuple[tuple[str, str | None, str], ...] = (
    ("read the sealing key", None, "select * from sealed.context_keys"),
    ("make a sealing key", None, "select sealed.make_context_key()"),
    ("seal a context", None, "select sealed.seal_of('', '', 'session', 'x')"),
    ("write a context", None, "select sealed.write_context('session', gen_random_uuid()::text)"),
    ("replace the sealing key", "maintenance", "select upheld.rotate_context_key()"),
    ("open a context", "web", "select upheld.open_context('\\x00')"),
    ("open a context of background work", "worker", "select upheld.open_job_context('\\x00')"),
    ("mint a session", "gate", "select upheld.mint_session(gen_random_uuid(), '\\x00', '1 hour', '1 hour', 'x')"),
    ("find a credential", "gate", "select upheld.find_credential('\\x00')"),
    ("read a credential", "gate", "select upheld.credential_of(gen_random_uuid())"),
    ("replace a credential", "gate", "select upheld.replace_credential(gen_random_uuid(), 'x')"),
    ("verify an address", "gate", "select upheld.verify_email('\\x00')"),
    ("read password hashes", None, "select password_hash from upheld.credentials"),
    ("read the hashes of session secrets", None, "select secret_hash from upheld.sessions"),
    ("read the hashes of work secrets", None, "select secret_hash from upheld.job_secrets"),
    ("read sealed profiles", None, "select full_name_sealed from upheld.profiles"),
    ("read sealed snapshots", None, "select full_name_sealed from upheld.application_snapshots"),
    ("act as the owner", None, "set local role owner"),
    ("act as the context's keeper", None, "set local role context_keeper"),
)


@probe(privilege="logs in as every role", cost="a short transaction for each role and act")
async def sealed(scene: Scene) -> Finding:
    """Try, as every role, to seal a context, mint a session, or read what either rests on."""
    faults: list[str] = []
    tried = 0
    for role in RUNTIME_ROLES:
        if role == "vault":
            continue
        async with scene.connected(role) as connection:  # pyright: ignore[reportArgumentType] - the names of `Role`
            for what, allowed, statement in _SEALED:
                if role != allowed:
                    tried += 1
                    faults += await _possible(connection, f"{role} can {what}", statement)
    return judged(faults, attempts=tried, acts=len(_SEALED))


async def _possible(connection: "Connection", what: str, statement: str) -> list[str]:
    try:
        async with undone(connection):
            await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return []
    except asyncpg.PostgresError as error:
        return [f"{what} ({error.sqlstate})"]
    return [what]


@asynccontextmanager
async def undone(connection: "Connection") -> AsyncGenerator[None]:
    """Run a block in a transaction (or a part of one) that is undone."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()
