"""What PostgreSQL lets every role do by itself, and ours may not; and rights that end with a duty or a first time."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.boundary.world import NOBODY, World, peopled
from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.hiring import colleague, employer

pytestmark = pytest.mark.anyio

ROLES = ("web", "gate", "worker", "maintenance", "support", "auditor")
BEYOND = {
    "create a large object": "select lo_create(0)",
    "write a large object": "select lo_from_bytea(0, 'x')",
    "read a large object": "select lo_get(4711)",
    "end a connection": "select pg_terminate_backend(pg_backend_pid())",
    "cancel a statement": "select pg_cancel_backend(pg_backend_pid())",
    "create a temporary table": "create temporary table mine (id integer)",
    "create a table": "create table upheld.mine (id integer)",
    "create a function": "create function public.mine() returns integer language sql return 1",
    "create a schema": "create schema mine",
}


@pytest.fixture(scope="module")
async def world(cluster: Cluster) -> AsyncGenerator[World]:
    """Open one world; each attempt is undone."""
    async with peopled(cluster) as world:
        yield world


@pytest.mark.parametrize("what", BEYOND)
async def test_no_role_that_logs_in_can(world: World, what: str) -> None:
    for role in ROLES:
        state, _ = await world.attack(role, NOBODY, BEYOND[what])
        assert state == "42501", role


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_bound_in_time(world: World, role: str) -> None:
    for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        _, rows = await world.attack(role, NOBODY, f"select current_setting('{setting}')")
        assert rows[0][0] != "0", setting


async def test_a_member_who_has_not_accepted_fair_use_writes_to_no_candidate(world: World) -> None:
    """Ines belongs to the organisation that Ada applied to."""
    mail = "select upheld.queue_message(gen_random_uuid(), '{ada}', 'applications/application-moved', 'x', 'x')"
    state, _ = await world.attack("web", "ines", mail)
    assert state == "42501"


FOUND = "select upheld.found_organisation(gen_random_uuid(), 'HARBOUR & sons', null)"


async def session_of(world: World, who: str) -> bytes:
    """Give a person another session, which acts for no organisation."""
    secret = secrets.token_bytes(32)
    admin = await world.deployment.administrator()
    try:
        await admin.execute(
            "insert into upheld.sessions (person_id, secret_hash, idle_for, expires_at)"
            " values ($1, sha256($2), '1 hour', now() + interval '1 hour')",
            UUID(world.ids[who]), secret,
        )  # fmt: skip
    finally:
        await admin.close()
    return secret


async def found(connection: Any, secret: bytes) -> None:
    """Found an organisation in a transaction of a session."""
    async with connection.transaction():
        await connection.fetch("select upheld.open_context($1)", secret)
        await connection.execute(FOUND)


async def test_a_second_session_founds_no_second_organisation_of_one_name(world: World) -> None:
    """Olga has Harbour & Sons, which her second session does not act for; others of other names she may found."""
    secret = await session_of(world, "olga")
    async with world.deployment.connected("web") as connection:
        with pytest.raises(asyncpg.UniqueViolationError, match="belongs to an organisation of that name already"):
            await found(connection, secret)


async def test_two_sessions_at_once_found_one_organisation(world: World) -> None:
    """The second waits for the first, whose organisation it would not see yet."""
    first, second = await session_of(world, "olaf"), await session_of(world, "olaf")
    async with world.deployment.connected("web") as one, world.deployment.connected("web") as other:
        begun = one.transaction()
        await begun.start()
        await one.fetch("select upheld.open_context($1)", first)
        await one.execute(FOUND)
        await other.execute("set lock_timeout = '300ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await found(other, second)
        await begun.rollback()


async def test_of_two_owners_who_leave_at_once_one_stays(cluster: Cluster) -> None:
    """The second waits for the first, and is told by then that they are the last."""
    leave = "select upheld.end_membership(upheld.current_person())"
    waits = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    async with deployed(cluster) as deployment, AsyncExitStack() as stack:
        olga = await stack.enter_async_context(employer(deployment))
        ines = await stack.enter_async_context(colleague(deployment, olga, "ines@example.com", "owner"))
        one, other = [await stack.enter_async_context(deployment.connected("web")) for _ in range(2)]
        admin = await deployment.administrator()
        first = one.transaction()
        await first.start()
        await one.fetch("select upheld.open_context($1)", deployment.secret_of(olga))
        assert await one.fetchval(leave) == "gone"

        async def also_leaves() -> str:
            async with other.transaction():
                await other.fetch("select upheld.open_context($1)", deployment.secret_of(ines))
                return await other.fetchval(leave)

        second = asyncio.create_task(also_leaves())
        while not second.done() and not await admin.fetchval(waits):  # noqa: ASYNC110 - the event is in the database
            await asyncio.sleep(0.02)
        await first.commit()
        assert await second == "last owner"
        assert await admin.fetchval("select count(*) from upheld.members where role = 'owner'") == 1
        await admin.close()


async def test_the_eraser_removes_nothing_but_on_the_duty_of_erasure(world: World) -> None:
    """Its policies ask for the duty, whatever the function that lends its rights forgets to ask."""
    gone = {duty: await removed_by_the_eraser(world, duty) for duty in ("mail", "erasure")}
    assert set(gone["mail"].values()) == {"DELETE 0"}
    assert "DELETE 0" not in gone["erasure"].values()


async def removed_by_the_eraser(world: World, duty: str) -> dict[str, str]:
    """Act as the eraser under the context of some work for Ben; what it removed, which is undone."""
    secret = secrets.token_bytes(32)
    admin = await world.deployment.administrator()
    undone = admin.transaction()
    await undone.start()
    try:
        await admin.execute(
            "insert into upheld.job_secrets (secret_hash, person_id, duty, expires_at)"
            " values (sha256($1), $2, $3, now() + interval '1 hour')",
            secret, UUID(world.ids["ben"]), duty,
        )  # fmt: skip
        await admin.fetch("select upheld.open_job_context($1)", secret)
        await admin.execute("set local role eraser")
        tables = ("documents", "profiles", "sessions")
        whose = "where person_id = upheld.current_person()"
        return {tab: await admin.execute(f"delete from upheld.{tab} {whose}") for tab in tables}  # noqa: S608 - names from the line above
    finally:
        await undone.rollback()
        await admin.close()
