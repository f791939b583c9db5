"""What the catalog and the statistics tell about a table to a role that may not read its rows."""

from collections.abc import Iterator, Sequence

from tests.boundary.generator.shot import Shot
from tests.boundary.generator.target import Table

_OID = (
    "(select c.oid from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
    " where n.nspname = '{schema}' and c.relname = '{name}')"
)

# `{oid}` finds the table without a right to name it.
_SAID: dict[str, str] = {
    "estimates": "select reltuples, relpages, relallvisible from pg_class where oid = {oid}",
    "samples": "select s::text from pg_stats as s where schemaname = '{schema}' and tablename = '{name}'",
    "samples of expressions": "select s::text from pg_stats_ext_exprs as s where tablename = '{name}'",
    "samples of several columns": "select s::text from pg_stats_ext as s where tablename = '{name}'",
    "raw samples": "select stavalues1::text, stavalues2::text from pg_statistic where starelid = {oid}",
    "raw samples of several columns": "select stxdmcv::text from pg_statistic_ext_data",
    "counts": "select t::text from pg_stat_all_tables as t where relid = {oid}",
    "counts of this transaction": "select t::text from pg_stat_xact_all_tables as t where relid = {oid}",
    "counts of indexes": "select t::text from pg_stat_all_indexes as t where relid = {oid}",
    "counts of blocks": "select t::text from pg_statio_all_tables as t where relid = {oid}",
    "size": "select pg_relation_size({oid}), pg_total_relation_size({oid}), pg_table_size({oid})",
    "file": "select pg_relation_filepath({oid}), pg_relation_filenode({oid})",
    "file, read": "select pg_read_binary_file(pg_relation_filepath({oid}))",
    "columns": "select a::text from pg_attribute as a where attrelid = {oid}",
    "defaults": "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = {oid}",
    "constraints": "select pg_get_constraintdef(oid) from pg_constraint where conrelid = {oid}",
    "indexes": "select pg_get_indexdef(indexrelid) from pg_index where indrelid = {oid}",
    "policies": "select p::text from pg_policies as p where schemaname = '{schema}' and tablename = '{name}'",
    "triggers": "select pg_get_triggerdef(oid) from pg_trigger where tgrelid = {oid}",
    "locks": "select l::text from pg_locks as l where relation = {oid}",
    "sessions": "select a::text from pg_stat_activity as a where query ilike '%{name}%' and pid <> pg_backend_pid()",
    "prepared by others": "select p::text from pg_prepared_statements as p where statement ilike '%{name}%'",
    "cursors of others": "select c::text from pg_cursors as c where statement ilike '%{name}%'",
    "privileges": "select has_table_privilege({oid}, 'select'), row_security_active({oid})",
    "comments": "select obj_description({oid}), col_description({oid}, 1)",
    "schema of information": "select c::text from information_schema.columns as c where table_name = '{name}'",
    "rights of information": "select p::text from information_schema.table_privileges as p where table_name = '{name}'",
    "sequences": "select s::text from pg_sequences as s where schemaname = '{schema}'",
    "named": "select to_regclass('{schema}.{name}')",
    "progress": "select p::text from pg_stat_progress_vacuum as p where relid = {oid}",
    "large objects": "select l::text from pg_largeobject as l",
    "clearing": "select pg_stat_reset_single_table_counters({oid})",
    "statistics, written": "select pg_clear_relation_stats('{schema}', '{name}')",
}


def oid_of(table: str) -> str:
    """Return the subquery that finds a table without a right to name it."""
    schema, name = table.split(".", 1)
    return _OID.format(schema=schema, name=name)


def catalogued(table: Table) -> Iterator[Shot]:
    """Yield every question to the catalog about one table."""
    schema, name = table.name.split(".", 1)
    oid = oid_of(table.name)
    for how, said in _SAID.items():
        yield Shot((table.name,), "catalog", how, (said.format(schema=schema, name=name, oid=oid),))


def read_out(table: Table, functions: Sequence[tuple[str, str]]) -> Iterator[Shot]:
    """Yield a call of every function of PostgreSQL's own that takes nothing but a table."""
    oid = oid_of(table.name)
    for function, kind in functions:
        said = f"select pg_catalog.{function}({oid}::{kind})::text"
        yield Shot((table.name,), "catalog", f"{function}()", (said,))
