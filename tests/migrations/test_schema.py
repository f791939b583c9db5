"""The schema as it is today and the road to it end at the same place."""

from typing import Any

import pytest

from tests.support.catalog import connected
from tests.support.cluster import Cluster
from upheld.platform.install import sql
from upheld.platform.migrations import MigrationError, Walked, steps, walk

pytestmark = pytest.mark.anyio

# One row a fact; two schemas are equal when the facts are. Names, not ids, throughout.
FACTS = {
    "tables": """
        select c.oid::regclass::text, c.relkind::text, c.relpersistence::text, c.relrowsecurity, c.relforcerowsecurity,
            pg_get_userbyid(c.relowner), obj_description(c.oid),
            (select array_agg(a::text order by 1) from unnest(c.relacl) a)
        from pg_class c where c.relnamespace = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'S')
    """,
    "columns": """
        select a.attrelid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod),
            a.attnotnull, a.attidentity::text, a.attstattarget,
            pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum),
            (select array_agg(x::text order by 1) from unnest(a.attacl) x)
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where c.relnamespace = any($1) and c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and not a.attisdropped
    """,
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        from pg_constraint where connamespace = any($1)
    """,
    "indexes": """
        select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
        where c.relnamespace = any($1)
    """,
    "policies": """
        select p.polrelid::regclass::text, p.polname, p.polcmd::text, p.polpermissive,
            (select array_agg(r.rolname order by 1) from pg_roles r where r.oid = any(p.polroles)),
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
        from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = any($1)
    """,
    "functions": """
        select p.oid::regprocedure::text, pg_get_userbyid(p.proowner), p.prosecdef, pg_get_functiondef(p.oid),
            (select array_agg(a::text order by 1) from unnest(p.proacl) a)
        from pg_proc p where p.pronamespace = any($1)
    """,
    "triggers": """
        select pg_get_triggerdef(t.oid), t.tgenabled::text from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = any($1) and not t.tgisinternal
    """,
    "types": """
        select t.oid::regtype::text, e.enumlabel from pg_type t join pg_enum e on e.enumtypid = t.oid
        where t.typnamespace = any($1) order by e.enumsortorder
    """,
    "schemas": """
        select n.nspname, pg_get_userbyid(n.nspowner), obj_description(n.oid), (select array_agg(a::text order by 1)
        from unnest(n.nspacl) a) from pg_namespace n where n.oid = any($1)
    """,
    "defaults": """
        select n.nspname, d.defaclobjtype::text, pg_get_userbyid(d.defaclrole), d.defaclacl::text
        from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
    """,
}
OURS = """
select array_agg(oid) from pg_namespace
where nspname not like 'pg\\_%' and nspname not in ('information_schema', 'road')
"""


async def facts(connection: Any) -> dict[str, list[str]]:
    """Return everything that a catalog knows of our schemas."""
    ours = await connection.fetchval(OURS)
    return {
        name: sorted(repr(tuple(row)) for row in await connection.fetch(query, *([ours] if "$1" in query else [])))
        for name, query in FACTS.items()
    }


async def empty_database(cluster: Cluster, name: str) -> None:
    """Make an empty database as `install` does."""
    async with connected(cluster, "postgres") as admin:
        await admin.execute(f"drop database if exists {name}")
        await admin.execute(f"create database {name} owner owner template template0 encoding 'UTF8'")


async def test_the_schema_of_today_is_what_the_migrations_build(cluster: Cluster) -> None:
    await empty_database(cluster, "walked")
    await empty_database(cluster, "drawn")
    async with connected(cluster, "walked") as walked, connected(cluster, "drawn") as drawn:
        await walk(walked, "migrations", finish=True)
        await drawn.execute("set role owner")
        for name in steps("schema"):
            await drawn.execute(sql("schema", name))
        road, today = await facts(walked), await facts(drawn)
    for name in FACTS:
        assert road[name] == today[name], name
    assert len(today["policies"]) > len(today["tables"]) > 0


async def test_a_migration_is_taken_once(cluster: Cluster) -> None:
    await empty_database(cluster, "walked_twice")
    async with connected(cluster, "walked_twice") as connection:
        first = await walk(connection, "migrations", finish=True)
        before = await facts(connection)
        assert first == Walked(taken=steps())
        assert await walk(connection, "migrations", finish=True) == Walked()
        assert await facts(connection) == before


async def test_the_roles_may_be_made_again(cluster: Cluster) -> None:
    everything = (
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolinherit from pg_roles"
    )
    members = "select roleid::regrole, member::regrole, inherit_option, set_option from pg_auth_members"
    async with connected(cluster, "postgres") as connection:
        before = [sorted(map(repr, await connection.fetch(query))) for query in (everything, members)]
        await connection.execute(sql("roles.sql"))
        assert [sorted(map(repr, await connection.fetch(query))) for query in (everything, members)] == before


async def test_the_road_names_when_each_step_applies() -> None:
    odd = [name for folder in ("migrations", "keyring") for name in steps(folder) if not _is_step(name)]
    assert odd == []


async def test_a_step_that_fails_leaves_nothing(cluster: Cluster) -> None:
    """A migration is one transaction: half a schema is never seen."""
    await empty_database(cluster, "stumbled")
    async with connected(cluster, "stumbled") as connection:
        await connection.execute("create schema queue")  # in the way of the schema's own
        with pytest.raises(MigrationError, match=r"0001_pre_foundation.sql could not be taken: .* exists"):
            await walk(connection, "migrations", finish=True)
        assert await connection.fetchval("select to_regnamespace('upheld')") is None


def _is_step(name: str) -> bool:
    number, when, *words = name.removesuffix(".sql").split("_")
    return len(number) == 4 and number.isdecimal() and when in {"pre", "post"} and bool(words)
