"""What PostgreSQL lets every role do by itself, and ours may not."""

from collections.abc import AsyncGenerator

import pytest

from tests.boundary.world import NOBODY, World, peopled
from tests.support.cluster import Cluster

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
