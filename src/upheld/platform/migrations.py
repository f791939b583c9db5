"""Migrations: the road to the schema, walked once, in order, in one transaction each.

A file is `NNNN_pre_name.sql` (applied before the new code runs) or `NNNN_post_name.sql`
(applied after the old code is gone). What has been applied is written down in the schema
`road`, which no runtime role can see into. `database/schema/` shows the same schema as it
is today; a test proves the two equal.
"""

from importlib import resources

import asyncpg

from upheld.platform.install import sql, url
from upheld.platform.reach import tls_for
from upheld.platform.settings import Settings

_ROAD = """
create schema if not exists road;
create table if not exists road.steps (
    name text primary key, applied_at timestamptz not null default now()
);
alter table road.steps enable row level security;
grant usage on schema road to backup;
grant select on road.steps to backup;
"""


def steps(folder: str = "migrations") -> list[str]:
    """Return the names of the migrations in the order in which they apply."""
    return sorted(
        entry.name for entry in resources.files("upheld.database").joinpath(folder).iterdir()
        if entry.name.endswith(".sql")
    )  # fmt: skip


async def migrate(settings: Settings) -> list[str]:
    """Apply what has not been applied, to data and keyring; return what was."""
    password = settings.secret("migrator")
    applied: list[str] = []
    for base, folder in ((settings.database, "migrations"), (settings.keyring_database, "keyring")):
        connection = await asyncpg.connect(url(base, "migrator", password), ssl=tls_for(base))
        try:
            applied += await walk(connection, folder)
        finally:
            await connection.close()
    return applied


async def walk(connection: "asyncpg.Connection[asyncpg.Record]", folder: str) -> list[str]:
    """Apply the steps of one folder that this database has not taken yet."""
    await connection.execute("set role owner")
    await connection.execute("set lock_timeout = '10s'")
    await connection.execute(_ROAD)
    taken = {row["name"] for row in await connection.fetch("select name from road.steps")}
    todo = [name for name in steps(folder) if name not in taken]
    for name in todo:
        async with connection.transaction():
            await connection.execute(sql(folder, name))
            await connection.execute("insert into road.steps (name) values ($1)", name)
    return todo
