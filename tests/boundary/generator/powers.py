"""What no login role has: each statement has to be refused, whoever's context is open."""

from collections.abc import Iterator, Sequence

from tests.boundary.generator.catalogue import oid_of
from tests.boundary.generator.shot import Shot
from tests.boundary.generator.target import Function, Table

_OVER_TABLES: dict[str, str] = {
    "row security off": "alter table {t} disable row level security",
    "row security unforced": "alter table {t} no force row level security",
    "a policy": "create policy mine on {t} using (true)",
    "a trigger": "create trigger mine before insert on {t} execute function suppress_redundant_updates_trigger()",
    "a rule": "create rule mine as on select to {t} do instead select 1",
    "an index": "create index on {t} (({k}))",
    "another owner": "alter table {t} owner to {r}",
    "a column": "alter table {t} add column mine integer",
    "a comment": "comment on table {t} is 'mine'",
    "dropped": "drop table {t} cascade",
    "statistics": "create statistics mine on {k}, ctid from {t}",
    "gathered": "vacuum {t}",
    "published": "create publication mine for table {t}",
    "a view": "create view pg_temp.{name} as select * from {t}",
    "a shadow": "create temporary table {name} (like {t})",
    "a child": "create temporary table mine () inherits ({t})",
    "copied to a file": "copy {t} to '/tmp/upheld-stolen'",
    "copied to a program": "copy {t} to program 'cat'",
    "copied from a program": "copy {t} from program 'id'",
    "copied from a file": "copy {t} from '/etc/passwd'",
}

# Granting what one may not is a warning, no error: the second step fails where nothing was granted.
_GRANTED_TABLE = (
    "grant all on {t} to public",
    "select 1 / count(*) from pg_class as c, aclexplode(c.relacl) as a where c.oid = {oid} and a.grantee = 0",
)
_GRANTED_FUNCTION = (
    "grant execute on function {f} to public",
    "select 1 / count(*) from pg_proc as p, aclexplode(p.proacl) as a where p.oid = {oid} and a.grantee = 0",
)

_OVER_FUNCTIONS: dict[str, str] = {
    "replaced": "create or replace function {called}() returns void language sql as 'select'",
    "with another owner": "alter function {f} owner to {r}",
    "along another path": "alter function {f} set search_path = pg_temp",
    "leakproof": "alter function {f} leakproof",
    "shadowed": "create function pg_temp.{name}() returns uuid language sql return null",
}

_AT_ALL: dict[str, str] = {
    "an operator": "create operator pg_temp.= (leftarg = uuid, rightarg = uuid, function = pg_catalog.uuid_eq)",
    "a type": "create type pg_temp.uuid as (x integer)",
    "a domain": "create domain pg_temp.mine as text",
    "a cast": "create cast (text as uuid) with inout as implicit",
    "an aggregate": "create aggregate pg_temp.mine (text) (sfunc = pg_catalog.textcat, stype = text)",
    "an extension": "create extension plpgsql",
    "a foreign server": "create foreign data wrapper mine",
    "a language": "create language mine handler plpgsql_call_handler",
    "an event trigger": "create event trigger mine on login execute function pg_event_trigger_ddl_commands()",
    "a subscription": "create subscription mine connection '' publication mine",
    "a database": "create database mine",
    "a setting of the system": "alter system set log_statement = 'all'",
    "a setting of the database": "alter database {database} set search_path = pg_temp",
    "a reload": "select pg_reload_conf()",
    "a checkpoint": "checkpoint",
    "a program": "copy (select 1) to program 'id'",
    "a file": "select pg_read_file('/etc/passwd')",
    "a folder": "select pg_ls_dir('.')",
    "settings of the server": "select sourcefile from pg_file_settings",
    "authentication": "select * from pg_hba_file_rules",
    "passwords": "select rolpassword from pg_authid",
    "a library": "load 'plpgsql_check'",
    "replication": "select pg_create_logical_replication_slot('mine', 'test_decoding')",
    "triggers off": "set local session_replication_role = replica",
    "every statement logged": "set local log_statement = 'all'",
    "a search path of one's own": "create schema mine",
    "an import": "select lo_import('/etc/passwd')",
    "an export": "select lo_export(1, '/tmp/upheld-stolen')",
}


def powers(
    tables: Sequence[Table], functions: Sequence[Function], roles: Sequence[str], mine: str, database: str
) -> Iterator[Shot]:
    """Yield what a role must never be able to do, over every table, function and role."""
    yield from _over_tables(tables, mine)
    yield from _over_functions(functions, mine)
    for role in roles:
        if role != mine:
            for said in (
                f"set local role {role}",
                f"set local session authorization {role}",
                f"grant {role} to {mine}",
                f"alter role {role} set role = 'postgres'",
            ):
                yield Shot((), "power", said, (said,), refused=True)
    for how, said in _AT_ALL.items():
        yield Shot((), "power", how, (said.format(database=database),), refused=True)


def _over_tables(tables: Sequence[Table], mine: str) -> Iterator[Shot]:
    for table in tables:
        words = {
            "t": table.quoted, "name": table.name.split(".")[1], "r": mine, "k": table.columns[0].quoted,
        }  # fmt: skip
        for how, said in _OVER_TABLES.items():
            yield Shot((table.name,), "power", how, (said.format(**words),), refused=True)
        granted = tuple(said.format(**words, oid=oid_of(table.name)) for said in _GRANTED_TABLE)
        yield Shot((table.name,), "power", "a grant", granted, refused=True)


def _over_functions(functions: Sequence[Function], mine: str) -> Iterator[Shot]:
    for function in functions:
        words = {"f": function.name, "called": function.called, "r": mine, "name": function.called.split(".")[1]}
        for how, said in _OVER_FUNCTIONS.items():
            yield Shot(function.tables, "power", f"{function.name} {how}", (said.format(**words),), refused=True)
        granted = tuple(said.format(**words, oid=f"'{function.name}'::regprocedure") for said in _GRANTED_FUNCTION)
        yield Shot(function.tables, "power", f"{function.name} granted", granted, refused=True)
