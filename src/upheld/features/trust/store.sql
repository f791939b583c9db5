-- name: renew_link
-- A link of our own for a probe person, who is never mailed one; who they are.
select upheld.renew_link($1, $2, interval '10 minutes');

-- name: mint_session
-- A session of a probe person, with the ages it should have.
select upheld.mint_session($1, $2, $3, $4);

-- name: queue_message_at_the_gate
-- A mail to a probe person, which is never sent, and with it a secret of background work.
select upheld.queue_message_at_the_gate($1, $2, $3, $4, $5);

-- name: open_context
-- Opens the context of a probe person's session; the organisation it acts for.
select organisation_id from upheld.open_context($1);

-- name: own_files
-- Where the documents of a probe person and the résumés they sent lie in the object store.
select object_id as id from upheld.own_documents()
union all
select resume_object_id as id from upheld.own_snapshots() where resume_object_id is not null;

-- name: looks_at_resume
-- How often somebody has opened the résumé of an application of a probe person.
select pg_catalog.count(*) from upheld.access_journal
where application_id = $1 and part = 'resume';

-- name: remove_probes
-- Removes every probe; what of them lies outside the database.
select people, organisations, object_ids from upheld.remove_probes();

-- name: record_duty
-- Journals what a run does.
select upheld.record_duty($1, $2);

-- name: tables
-- Every relation in a schema that one of our roles can look into.
select
    n.nspname::text || '.' || c.relname::text as name,
    c.relkind::text as kind,
    c.relrowsecurity as enabled,
    c.relforcerowsecurity as forced,
    (select count(*) from pg_catalog.pg_policy as p where p.polrelid = c.oid) as policies,
    coalesce(c.reloptions @> array['security_invoker=true'], false) as asks_as_caller
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where
    c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and exists (
        select from pg_catalog.pg_roles as r
        where r.rolname = any($1::text[]) and pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage')
    )
order by 1;

-- name: policies
-- Every policy, with its expressions as the server prints them and the columns they may name.
select
    n.nspname::text || '.' || c.relname::text as tab,
    p.polname::text as name,
    p.polcmd::text as command,
    0 = any(p.polroles) as for_everyone,
    pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using_said,
    pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check_said,
    array(
        select a.attname::text from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) as columns
from pg_catalog.pg_policy as p
inner join pg_catalog.pg_class as c on p.polrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
order by 1, 2;

-- name: roles
-- What our roles are, what they belong to, and whether they own anything anywhere.
select
    r.rolname::text as name,
    r.rolsuper as is_superuser,
    r.rolbypassrls as bypasses,
    r.rolcreaterole or r.rolcreatedb or r.rolreplication as administers,
    r.rolcanlogin as logs_in,
    array(
        select m.rolname::text from pg_catalog.pg_roles as m
        where m.oid <> r.oid and pg_catalog.pg_has_role(r.oid, m.oid, 'member')
        order by 1
    ) as member_of,
    exists(
        select from pg_catalog.pg_shdepend as d
        where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = r.oid and d.deptype = 'o'
    ) as owns_something,
    exists(select from pg_catalog.pg_class as c where c.relowner = r.oid) as owns_tables
from pg_catalog.pg_roles as r
where r.rolname = any($1::text[])
order by 1;

-- name: functions
-- Every function of our schemas: with whose rights it runs, and who may call it.
select
    p.oid::regprocedure::text as name,
    p.prosecdef as lends_rights,
    o.rolname::text as owner,
    o.rolsuper or o.rolbypassrls or o.rolcanlogin as owner_is_too_strong,
    coalesce(pg_catalog.array_to_string(p.proconfig, ',') like '%search_path=%', false) as path_is_fixed,
    p.proacl is null or exists (
        select from pg_catalog.aclexplode(p.proacl) as a where a.grantee = 0
    ) as open_to_everyone
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_roles as o on p.proowner = o.oid
where
    n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
order by 1;

-- name: families
-- The roles that lend their rights to definer functions.
select distinct o.rolname::text as name
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_roles as o on p.proowner = o.oid
where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by 1;

-- name: columns
-- What the role that asks may do with each column of each table it can name at all.
select
    n.nspname::text as schema,
    c.relname::text as name,
    a.attname::text as col,
    pg_catalog.format_type(a.atttypid, null) as kind,
    pg_catalog.has_column_privilege(c.oid, a.attnum, 'select') as readable,
    pg_catalog.has_column_privilege(c.oid, a.attnum, 'insert') as insertable,
    pg_catalog.has_column_privilege(c.oid, a.attnum, 'update') as updatable
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
where
    c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by 1, 2, 3;

-- name: guarded_acts
-- What a trigger on the audit log refuses to everyone, whatever they were granted.
select act.name
from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_proc as p on t.tgfoid = p.oid
cross join (values ('delete', 8), ('truncate', 32), ('update', 16)) as act (name, bit)
where
    t.tgrelid = 'upheld.audit_entries'::regclass and t.tgenabled in ('O', 'A')
    and p.oid = 'upheld.refuse_change()'::regprocedure
    and t.tgtype::integer & 2 = 2 and t.tgtype::integer & act.bit = act.bit
order by 1;

-- name: entries_of
-- What is in the log of these people, as its auditor: whether each entry says from where, and whether it is still what its leaf commits to.
select
    e.action,
    e.origin_sealed is not null as has_origin,
    e.leaf = pg_catalog.sha256(e.salt || upheld.audit_content(
        e.at, e.actor_id, e.organisation_id, e.action, e.target_kind, e.target_id, e.details, e.origin_sealed
    )) as agrees
from upheld.audit_entries as e
where e.actor_id = any($1::uuid[])
order by e.id;

-- name: relations
-- Every table, view and sequence that is not PostgreSQL's own.
select
    n.nspname::text || '.' || c.relname::text as name,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as quoted
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by 1;

-- name: callable
-- Every function that is not PostgreSQL's own, with a call that gives it nothing, and whether the one who asks may make it.
select
    n.nspname::text || '.' || p.proname::text as name,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) || '('
    || coalesce((
        select pg_catalog.string_agg('null::' || pg_catalog.format_type(a.type, null), ', ' order by a.place)
        from pg_catalog.unnest(p.proargtypes::oid []) with ordinality as a (type, place)
    ), '') || ')' as call,
    pg_catalog.has_function_privilege(p.oid, 'execute')
    and pg_catalog.has_schema_privilege(n.oid, 'usage') as granted
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where
    n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and p.prokind = 'f'
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
order by 1;

-- name: other_roles
-- Every role that the one who asks could try to become.
select r.rolname::text as name, pg_catalog.quote_ident(r.rolname) as quoted
from pg_catalog.pg_roles as r
where r.rolname <> current_user and r.rolname !~ '^pg_'
order by 1;

-- name: sealed_columns_readable_by
-- Which of these roles read a sealed column about candidates by themselves.
select r.rolname::text as role, n.nspname::text || '.' || c.relname::text || '.' || a.attname::text as col
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_class as c on a.attrelid = c.oid
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
cross join pg_catalog.pg_roles as r
where
    a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attname ~ '_sealed$'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and pg_catalog.col_description(c.oid, a.attnum)::jsonb ->> 'whose' = 'candidate'
    and r.rolname = any($1::text[]) and pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'select')
order by 1, 2;

-- name: functions_seeing_sealed
-- Which functions that one of these roles may call run with the rights of somebody who reads a sealed column about candidates.
select distinct n.nspname::text || '.' || p.proname::text as name
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where
    p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and exists (
        select from pg_catalog.pg_roles as r
        where r.rolname = any($1::text[]) and pg_catalog.has_function_privilege(r.oid, p.oid, 'execute')
    )
    and exists (
        select from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on a.attrelid = c.oid
        where
            a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p') and a.attname ~ '_sealed$'
            and pg_catalog.col_description(c.oid, a.attnum)::jsonb ->> 'whose' = 'candidate'
            and pg_catalog.has_column_privilege(p.proowner, c.oid, a.attnum, 'select')
    )
order by 1;

-- name: journal_by_part
-- How many entries the candidate asking finds in their journal, by part.
select part, count(*) as number from upheld.access_journal
where person_id = upheld.current_person()
group by part;

-- name: declared
-- Every column of this database with what its comment declares; the road's own notes hold nothing but names of migrations.
select
    n.nspname::text || '.' || c.relname::text as tab,
    pg_catalog.obj_description(c.oid, 'pg_class') as about,
    a.attname::text as col,
    pg_catalog.col_description(c.oid, a.attnum) as said
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
where
    c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped
    and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'road')
order by 1, a.attnum;
