"""Migrations: the road to the schema, walked once, in order, in one transaction each.

A file is `NNNN_pre_name.sql` (taken while the old code still serves, which goes on working) or
`NNNN_post_name.sql` (taken after the old code is gone). What has been taken is written down in
the schema `road`, which no runtime role can see into. `database/schema/` shows the same schema as
it is today; a test proves the two equal.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import asyncpg

from upheld.kit.errors import AwayError, ConflictError, UnavailableError
from upheld.platform.install import sql, url
from upheld.platform.reach import tls_for
from upheld.platform.settings import Settings

_PATIENCE = 5.0
_ROAD = """
create schema if not exists road;
create table if not exists road.steps (
    name text primary key, applied_at timestamptz not null default now()
);
alter table road.steps enable row level security;
grant usage on schema road to backup;
grant select on road.steps to backup;
"""


class MigrationError(UnavailableError):
    """A step could not be taken. Nothing of it was applied; mend what stands in its way, and migrate again."""

    code = "migration"


class SchemaError(ConflictError):
    """The databases are of another version than this code."""

    code = "schema"


@dataclass(frozen=True)
class Walked:
    """What was taken, and what waits until the old version is stopped."""

    taken: list[str] = field(default_factory=list[str])
    waiting: list[str] = field(default_factory=list[str])


def steps(folder: str = "migrations") -> list[str]:
    """Return the names of the migrations in the order in which they apply."""
    return sorted(
        entry.name for entry in resources.files("upheld.database").joinpath(folder).iterdir()
        if entry.name.endswith(".sql")
    )  # fmt: skip


def is_post(step: str) -> bool:
    """Whether a step takes away what older code needs."""
    return step.split("_")[1] == "post"


async def migrate(settings: Settings, *, finish: bool) -> Walked:
    """Take the steps that have not been taken, of data and keyring.

    Args:
        settings: name both databases.
        finish: whether the old version has stopped. While it serves, the road is walked up to
            the first step that it could not live with.

    Raises:
        MigrationError: a step failed, and left nothing behind.
        AwayError: a database does not answer.
    """
    walked = Walked()
    for base, folder in _roads(settings):
        async with _migrator(settings, base) as connection:
            part = await walk(connection, folder, finish=finish)
        walked.taken.extend(part.taken)
        walked.waiting.extend(part.waiting)
    return walked


async def check_schema(settings: Settings) -> None:
    """Refuse to serve from databases that this code cannot live with.

    Raises:
        SchemaError: a step that this version needs has not been taken, or one was that it does not survive.
        AwayError: a database does not answer.
    """
    for base, folder in _roads(settings):
        async with _migrator(settings, base) as connection:
            known, taken = steps(folder), await _taken(connection)
        if missing := [step for step in known if not is_post(step) and step not in taken]:
            msg = f"The databases are of an older version: {missing[0]} has not been taken. Run `upheld migrate`."
            raise SchemaError(msg)
        if beyond := sorted(step for step in taken - set(known) if is_post(step)):
            msg = f"The databases are of a newer version, which has taken {beyond[0]}. Start that, or restore a backup."
            raise SchemaError(msg)


async def walk(connection: Any, folder: str, *, finish: bool) -> Walked:  # noqa: ANN401 - asyncpg's own connection
    """Take the steps of one folder that this database has not taken yet; all of them when it has taken none."""
    await connection.execute("set lock_timeout = '10s'")
    await connection.execute("set role owner")
    await connection.execute(_ROAD)
    taken = await _taken(connection)
    todo = [step for step in steps(folder) if step not in taken]
    waits = next((at for at, step in enumerate(todo) if is_post(step)), len(todo))
    go = len(todo) if finish or not taken else waits
    for step in todo[:go]:
        await _take(connection, folder, step)
    return Walked(todo[:go], todo[go:])


async def _take(connection: Any, folder: str, step: str) -> None:  # noqa: ANN401 - asyncpg's own connection
    try:
        async with connection.transaction():
            await connection.execute(sql(folder, step))
            await connection.execute("insert into road.steps (name) values ($1)", step)
    except asyncpg.PostgresError as error:
        # The first line only: a detail quotes rows.
        said = str(error).partition("\n")[0]
        msg = f"{step} could not be taken: {said}. Nothing of it was applied, and nothing after it was tried."
        raise MigrationError(msg) from error


def _roads(settings: Settings) -> list[tuple[str, str]]:
    """Return both databases, each with the folder of its road."""
    return [(settings.database, "migrations"), (settings.keyring_database, "keyring")]


@asynccontextmanager
async def _migrator(settings: Settings, base: str) -> AsyncGenerator[Any]:
    address = url(base, "migrator", settings.secret("migrator"))
    try:
        connection = await asyncpg.connect(address, ssl=tls_for(base), timeout=_PATIENCE)
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError) as error:
        msg = f"The database does not answer as migrator: {type(error).__name__}."
        raise AwayError(msg) from error
    try:
        yield connection
    finally:
        await connection.close()


async def _taken(connection: Any) -> set[str]:  # noqa: ANN401 - asyncpg's own connection
    await connection.execute("set role owner")
    if await connection.fetchval("select to_regclass('road.steps')") is None:
        return set()
    return {row["name"] for row in await connection.fetch("select name from road.steps")}
