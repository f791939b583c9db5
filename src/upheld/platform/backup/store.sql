-- name: export_snapshot
-- What this transaction sees, for others to see the same.
select pg_catalog.pg_export_snapshot();

-- name: qualified_names
-- Names are printed with their schema, as a dump prints them.
select pg_catalog.set_config('search_path', '', true);

-- name: tables
-- Every table whose rows belong into a dump.
select c.oid::regclass::text as name
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by name;

-- name: steps
-- The migrations that have been applied.
select s.name from road.steps as s order by s.name;

-- name: database_size
-- About how many bytes the database has.
select pg_catalog.pg_database_size(pg_catalog.current_database());

-- name: sealed_columns
-- Every column that holds values sealed under the keys of people, and which column says whose row it is.
select
    c.oid::regclass::text as tab,
    pg_catalog.quote_ident(a.attname) as col,
    coalesce(
        (
            select pg_catalog.quote_ident(p.attname) from pg_catalog.pg_attribute as p
            where p.attrelid = c.oid and p.attname in ('person_id', 'actor_id') and not p.attisdropped
            order by p.attname desc limit 1
        ),
        case c.relname when 'people' then 'id' end
    ) as whose
from pg_catalog.pg_class as c
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
where c.relkind = 'r' and c.relpersistence = 'p' and a.attname ~ '_sealed$' and not a.attisdropped
order by tab, col;

-- name: is_occupied
-- Whether Upheld has been set up in this database.
select exists(select from pg_catalog.pg_namespace as n where n.nspname in ('upheld', 'keyring', 'road'));

-- name: visitors
-- Who is connected to a database, by what they call themselves.
select distinct coalesce(nullif(a.application_name, ''), a.usename, 'somebody')::text as name
from pg_catalog.pg_stat_activity as a
where a.datname = $1 and a.pid <> pg_catalog.pg_backend_pid() and a.backend_type = 'client backend'
order by name;

-- name: database_exists
-- Whether there is a database of a name.
select exists(select from pg_catalog.pg_database as d where d.datname = $1);
