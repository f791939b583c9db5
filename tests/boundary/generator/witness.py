"""What an attacker changed: a witness on every table, and a digest of everything.

Every try is undone, so the witness speaks while it happens: a trigger that says, in a notice,
which row was changed into which. It is on no role's path and asks for no right.
"""

import json
from typing import Any

from tests.boundary.generator.holdings import Row
from tests.boundary.generator.target import quoted

SAID = "witness: "

_INSTALL = """
create schema witness;
create function witness.tell() returns trigger
language plpgsql security definer set search_path = '' set client_min_messages = notice
as $$
begin
    raise notice 'witness: %', pg_catalog.jsonb_build_object(
        'table', tg_table_schema || '.' || tg_table_name, 'act', tg_op,
        'old', case when tg_op in ('UPDATE', 'DELETE') then pg_catalog.to_jsonb(old) end,
        'new', case when tg_op in ('UPDATE', 'INSERT') then pg_catalog.to_jsonb(new) end);
    return null;
end
$$;
create function witness.tell_of_all() returns trigger
language plpgsql security definer set search_path = '' set client_min_messages = notice
as $$
begin
    raise notice 'witness: %', pg_catalog.jsonb_build_object(
        'table', tg_table_schema || '.' || tg_table_name, 'act', tg_op);
    return null;
end
$$;
"""

_WATCH = """
create trigger zz_witness after insert or update or delete on {table} for each row execute function witness.tell();
alter table {table} enable always trigger zz_witness;
create trigger zz_witness_of_all after truncate on {table} for each statement execute function witness.tell_of_all();
alter table {table} enable always trigger zz_witness_of_all;
"""

_LARGE_OBJECTS = "select coalesce(md5(string_agg(l::text, '|' order by l::text)), '') from pg_largeobject_metadata as l"
_DIGEST = "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {table} as t"


async def watch(administrator: Any, tables: list[str]) -> None:
    """Put a witness on every table."""
    await administrator.execute(_INSTALL)
    for table in tables:
        await administrator.execute(_WATCH.format(table=quoted(table)))


def testimony(notice: str) -> tuple[str, str, Row | None, Row | None]:
    """Return table, act, old and new row of what a witness said."""
    said: dict[str, Any] = json.loads(notice.removeprefix(SAID))
    return said["table"], said["act"], said.get("old"), said.get("new")


async def digest(administrator: Any, tables: list[str]) -> dict[str, str]:
    """Return a digest of each table's rows, of large objects, and of what roles have been set to."""
    digests = {table: await administrator.fetchval(_DIGEST.format(table=quoted(table))) for table in tables}
    digests["large objects"] = await administrator.fetchval(_LARGE_OBJECTS)
    digests["settings of roles"] = await administrator.fetchval(_DIGEST.format(table="pg_catalog.pg_db_role_setting"))
    digests["functions"] = await administrator.fetchval(_DIGEST.format(table="pg_catalog.pg_proc"))
    digests["relations"] = await administrator.fetchval(
        "select md5(string_agg("
        "concat(relname, relowner, relacl, relrowsecurity, relforcerowsecurity), '|' order by oid)) from pg_class"
    )
    digests["policies"] = await administrator.fetchval(_DIGEST.format(table="pg_catalog.pg_policy"))
    return digests
