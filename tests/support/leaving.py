"""People who leave, and the backups that bring them back."""

import asyncio
import re
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from tests.support.catalog import connected
from tests.support.deployment import Deployment
from tests.support.hiring import acting_in
from upheld.platform.embedded import binary

_ROLES = "migrator, gate, web, worker, maintenance, support, auditor, vault, backup"


async def ask_to_leave(browser: httpx.AsyncClient) -> str:
    """Ask to leave, through the pages; return the path of the page that follows it."""
    answer = await browser.post("/privacy/leave", data={"word": "LEAVE"})
    assert re.fullmatch(r"/erasure/[0-9a-f]{64}", answer.url.path), answer.text
    return answer.url.path


async def person_of(deployment: Deployment, browser: Any) -> UUID:
    """Return who is signed in to a browser."""
    async with acting_in(deployment, browser) as acting:
        return acting.person_id


async def rows_about(deployment: Deployment, person: UUID) -> dict[str, int]:
    """Return how many rows of each table name a person, whatever the column is called."""
    columns = """
        select c.relname as tab, a.attname as col from pg_class c
        join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
        where n.nspname = 'upheld' and c.relkind = 'r' and a.atttypid = 'uuid'::regtype and not a.attisdropped
        and (a.attname in ('person_id', 'actor_id', 'viewer_id') or c.relname = 'people')
    """
    found: dict[str, int] = {}
    async with connected(deployment.cluster, deployment.settings.database) as connection:
        for row in await connection.fetch(columns):
            counted = f'select count(*) from upheld."{row["tab"]}" where "{row["col"]}" = $1'  # noqa: S608 - names from the catalog
            number = await connection.fetchval(counted, person)
            if number:
                found[f"{row['tab']}.{row['col']}"] = number
    return found


@asynccontextmanager
async def restored_afterwards(deployment: Deployment, *urls: str) -> AsyncGenerator[None]:
    """Back databases up, run the block, and put the backups in their place."""
    names = [urlsplit(url).path.lstrip("/") for url in urls]
    async with connected(deployment.cluster, "postgres") as admin:
        for name in names:
            async with _nobody_in(admin, name):
                await admin.execute(f"create database {name}_backup template {name} owner owner")
                await admin.execute(f"grant connect on database {name}_backup to {_ROLES}")
        yield
        for name in names:
            async with _nobody_in(admin, name):
                await admin.execute(f"alter database {name} rename to {name}_lost")
                await admin.execute(f"alter database {name}_backup rename to {name}")


@asynccontextmanager
async def loaded_by_hand_afterwards(deployment: Deployment) -> AsyncGenerator[None]:
    """Dump the data, run the block, and load the dump into an empty database, with PostgreSQL's own programs."""
    name = urlsplit(deployment.settings.database).path.lstrip("/")
    address = deployment.cluster.administrator.format(database=name)
    asked = ["--format=custom", "--no-unlogged-table-data", f"--dbname={address}"]
    dump = await asyncio.to_thread(_run, [str(binary("pg_dump")), *asked])
    yield
    async with connected(deployment.cluster, "postgres") as admin:
        async with _nobody_in(admin, name):
            await admin.execute(f"alter database {name} rename to {name}_lost")
            await admin.execute(f"create database {name} owner owner template template0")
        await admin.execute(f"alter database {name}_lost allow_connections false")
    await asyncio.to_thread(_run, [str(binary("pg_restore")), "--exit-on-error", f"--dbname={address}"], dump)


def _run(command: list[str], given: bytes = b"") -> bytes:
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout  # noqa: S603 - PostgreSQL's own program


@asynccontextmanager
async def _nobody_in(admin: Any, name: str) -> AsyncGenerator[None]:
    """Keep everybody out of a database; pools open their connections again afterwards."""
    await admin.execute(f"alter database {name} allow_connections false")
    await admin.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1", name)
    yield
    await admin.execute(f"alter database {name} allow_connections true")
