"""A context lives as long as what it was opened for: the next statement finds out, and no later transaction does."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.boundary.world import World, peopled
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed
from upheld.kit.errors import SignInNeededError
from upheld.platform.context import rotate_context_key
from upheld.platform.database import LONGEST_REQUEST, Query, Role

pytestmark = pytest.mark.anyio

OWN = "select count(*) from upheld.applications where person_id = upheld.current_person()"
SENT = "select count(*) from upheld.applications"
BECOMES = "update upheld.members set role = $3 where organisation_id = $1 and person_id = $2"
LEAVES = "delete from upheld.members where organisation_id = $1 and person_id = $2"
CONTEXT = "select coalesce(current_setting('upheld.context', true), '')"
WHO = Query("who", "select upheld.current_person()", "Who is asking.")
OPEN = Query("open", "select person_id from upheld.open_context($1)", "Opens a context.")
OPENING: dict[Role, str] = {"web": "open_context", "worker": "open_job_context"}


@pytest.fixture(scope="module")
async def world(cluster: Cluster) -> AsyncGenerator[World]:
    """Open one world; each test ends a session or work of its own."""
    async with peopled(cluster) as world:
        yield world


@pytest.fixture
async def deployment(cluster: Cluster) -> AsyncGenerator[Deployment]:
    """Open a deployment without anybody in it."""
    async with deployed(cluster) as fresh:
        yield fresh


@asynccontextmanager
async def asking(world: World, role: Role, secret: bytes) -> AsyncGenerator[Any]:
    """Yield a connection in the middle of a transaction whose context is open."""
    async with world.deployment.connected(role) as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.fetch(f"select upheld.{OPENING[role]}($1)", secret)
            yield connection
        finally:
            await transaction.rollback()


async def changed(world: World, statement: str, *values: object) -> None:
    """Change something in another transaction, committed at once."""
    admin = await world.deployment.administrator()
    try:
        await admin.execute(statement, *values)
    finally:
        await admin.close()


async def new_session(world: World, who: str, organisation: str | None = None) -> bytes:
    """Give a person another session, as if they had signed in from somewhere else."""
    secret = secrets.token_bytes(32)
    await changed(
        world,
        "insert into upheld.sessions (person_id, secret_hash, idle_for, expires_at, organisation_id)"
        " values ($1, sha256($2), '1 hour', now() + interval '1 hour', $3)",
        UUID(world.ids[who]), secret, UUID(organisation) if organisation else None,
    )  # fmt: skip
    return secret


@pytest.mark.parametrize(
    "ending",
    [
        "update upheld.sessions set revoked_at = now() where secret_hash = sha256($1)",
        "update upheld.sessions set expires_at = now() where secret_hash = sha256($1)",
        "delete from upheld.sessions where secret_hash = sha256($1)",
    ],
    ids=["revoked", "expired", "removed"],
)
async def test_a_session_that_ends_elsewhere_ends_the_sight_of_the_next_statement(world: World, ending: str) -> None:
    secret = await new_session(world, "ada")
    async with asking(world, "web", secret) as connection:
        assert await connection.fetchval(OWN) == 1
        await changed(world, ending, secret)
        with pytest.raises(asyncpg.InvalidPasswordError, match="has ended"):
            await connection.fetchval(OWN)


async def test_a_session_that_expires_in_the_middle_of_a_transaction_sees_nothing_from_then_on(world: World) -> None:
    secret = await new_session(world, "ada")
    await changed(
        world,
        "update upheld.sessions set expires_at = clock_timestamp() + '1 second' where secret_hash = sha256($1)",
        secret,
    )
    async with asking(world, "web", secret) as connection:
        assert await connection.fetchval(OWN) == 1
        await asyncio.sleep(1.1)
        with pytest.raises(asyncpg.InvalidPasswordError, match="has ended"):
            await connection.fetchval(OWN)


async def test_a_member_made_an_interviewer_or_removed_sees_no_application_from_the_next_statement_on(
    world: World,
) -> None:
    olga, harbour = UUID(world.ids["olga"]), UUID(world.ids["org_of_olga"])
    secret = await new_session(world, "olga", str(harbour))
    try:
        async with asking(world, "web", secret) as connection:
            assert await connection.fetchval(SENT) == 1
            await changed(world, BECOMES, harbour, olga, "interviewer")
            assert await connection.fetchval(SENT) == 0
            assert await connection.fetchval("select upheld.current_standing()") == "interviewer"
            await changed(world, BECOMES, harbour, olga, "owner")
            assert await connection.fetchval(SENT) == 1
            await changed(world, LEAVES, harbour, olga)
            assert await connection.fetchval(SENT) == 0
            assert await connection.fetchval("select upheld.current_organisation()") is None
    finally:
        await changed(
            world,
            "insert into upheld.members (organisation_id, person_id, role, is_founder) values ($1, $2, 'owner', true)"
            " on conflict (organisation_id, person_id) do update set role = 'owner'",
            harbour, olga,
        )  # fmt: skip


@pytest.mark.parametrize("ending", ["delete from", "update"], ids=["removed", "expired"])
async def test_work_whose_secret_ends_elsewhere_sees_nothing_from_the_next_statement_on(
    world: World, ending: str
) -> None:
    secret = secrets.token_bytes(32)
    await changed(
        world,
        "insert into upheld.job_secrets (secret_hash, person_id, duty, expires_at)"
        " values (sha256($1), $2, 'mail', now() + interval '1 hour')",
        secret, UUID(world.ids["ada"]),
    )  # fmt: skip
    change = " set expires_at = now()" if ending == "update" else ""
    async with asking(world, "worker", secret) as connection:
        assert await connection.fetchval("select count(*) from upheld.people") == 1
        await changed(world, f"{ending} upheld.job_secrets{change} where secret_hash = sha256($1)", secret)
        with pytest.raises(asyncpg.InvalidPasswordError, match="has ended"):
            await connection.fetchval("select count(*) from upheld.people")


async def test_who_is_signed_out_in_the_middle_of_a_request_is_asked_to_sign_in(world: World) -> None:
    secret = await new_session(world, "ada")
    async with world.deployment.platform.database.transaction("web") as tx:
        await tx.value(OPEN, secret)
        await changed(world, "update upheld.sessions set revoked_at = now() where secret_hash = sha256($1)", secret)
        with pytest.raises(SignInNeededError):
            await tx.value(WHO)


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
async def test_no_context_opens_where_statements_would_see_an_old_state(world: World, level: str) -> None:
    state, rows = await world.attack(
        "web", "nobody", f"set transaction isolation level {level}",
        f"select * from upheld.open_context('\\x{world.secrets['ada'].hex()}')",  # noqa: S608 - a secret of ours
    )  # fmt: skip
    assert (state, rows) == ("25001", [])


class Undone(Exception):  # noqa: N818 - it is no error but the end of a block
    """Undoes a transaction on purpose."""


async def _committed(_: Any) -> None:
    """End in order."""


async def _undone(_: Any) -> None:
    raise Undone


async def _failed(tx: Any) -> None:
    await tx.value(Query("broken", "select 1 / 0", "Fails in the database."))


async def _cancelled(tx: Any) -> None:
    asyncio.get_running_loop().call_later(0.05, asyncio.current_task().cancel)  # type: ignore[union-attr] - we run in a task
    await tx.value(Query("slow", "select pg_sleep(5)::text", "Waits to be cancelled."))


@pytest.mark.parametrize("ending", [_committed, _undone, _failed, _cancelled])
@pytest.mark.parametrize("role", ["web", "worker"])
async def test_a_context_does_not_survive_the_pool(world: World, role: Role, ending: Any) -> None:
    """The next transaction on the same connection begins with nobody, however the last one ended."""
    database = world.deployment.platform.database
    secret = await new_session(world, "ada") if role == "web" else world.secrets["mail for ada"]
    opening = Query("open", f"select upheld.{OPENING[role]}($1)::text", "Opens a context.")
    backend = Query("backend", "select pg_backend_pid()", "Which connection this is.")
    used: list[int] = []

    async def visit() -> None:
        async with database.transaction(role) as tx:
            await tx.value(opening, secret)
            used.append(await tx.value(backend))
            assert await tx.value(WHO) is not None
            await ending(tx)

    with suppress(Undone, asyncpg.DivisionByZeroError, asyncio.CancelledError):
        await asyncio.create_task(visit())
    seen: set[int] = set()
    # Every connection of the pool, the used one among them unless it was closed.
    async with asyncio.TaskGroup() as tasks:
        for _ in range(16):  # as many as the largest pool
            tasks.create_task(_begins_with_nobody(database, role, seen))
    assert used, "the context was never open"
    assert seen


async def _begins_with_nobody(database: Any, role: Role, seen: set[int]) -> None:
    async with database.transaction(role) as tx:
        seen.add(await tx.value(Query("backend", "select pg_backend_pid()", "Which connection this is.")))
        assert await tx.value(Query("context", CONTEXT, "What is written.")) == ""
        assert await tx.value(WHO) is None


@pytest.mark.parametrize("role", ["gate", "maintenance", "support"])
async def test_a_role_without_contexts_cannot_ask_who_is_asking(world: World, role: str) -> None:
    state, rows = await world.attack(role, "nobody", "select upheld.current_person()")
    assert (state, rows) == ("42501", [])


async def test_requests_go_on_while_the_key_rotates_however_often(deployment: Deployment) -> None:
    async with deployment.person("ada@example.org") as browser:
        running: list[asyncio.Task[Any]] = []
        generations: list[int] = []
        for _ in range(12):
            running += [asyncio.create_task(browser.get("/privacy")) for _ in range(3)]
            await asyncio.sleep(0)
            generations.append(await rotate_context_key(deployment.platform))
        assert [answer.status_code for answer in await asyncio.gather(*running)] == [200] * 36
    assert generations == sorted(set(generations))


async def test_a_former_key_stays_as_long_as_a_request_may_take_and_no_longer(world: World) -> None:
    """No request that began with it can be running then: the database ends those (`LONGEST_REQUEST`)."""
    secret = await new_session(world, "ada")
    async with asking(world, "web", secret) as connection:
        for _ in range(3):
            newest = await rotate_context_key(world.deployment.platform)
            assert await connection.fetchval(OWN) == 1
        # As if the last replacement was a request ago: what came before it is of use to nobody.
        await changed(world, "update sealed.context_keys set made_at = made_at - $1::interval", LONGEST_REQUEST)
        await rotate_context_key(world.deployment.platform)
        assert await connection.fetchval(OWN) == 1
        await changed(world, "update sealed.context_keys set made_at = made_at - interval '2 minutes'")
        newest = await rotate_context_key(world.deployment.platform)
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match="not sealed"):
            await connection.fetchval(OWN)
    admin = await world.deployment.administrator()
    try:
        kept = await admin.fetch("select generation from sealed.context_keys order by 1")
    finally:
        await admin.close()
    assert [row[0] for row in kept][-1] == newest
    assert len(kept) == 3  # this one, the one it replaced, and the one replaced two minutes ago
