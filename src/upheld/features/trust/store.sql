-- name: renew_link
-- A link of our own for a probe person, who is never mailed one; who they are.
select upheld.renew_link($1, $2, interval '10 minutes');

-- name: mint_session
-- A session of a probe person, with the ages it should have.
select upheld.mint_session($1, $2, $3, $4, 'machine');

-- name: mint_unproven_session
-- A session of a probe person that a provider opened without having asked them for anything.
select upheld.mint_session($1, $2, $3, $3, 'provider');

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
order by name;

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
order by tab, name;

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
        order by m.rolname
    ) as member_of,
    exists(
        select from pg_catalog.pg_shdepend as d
        where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = r.oid and d.deptype = 'o'
    ) as owns_something,
    exists(select from pg_catalog.pg_class as c where c.relowner = r.oid) as owns_tables
from pg_catalog.pg_roles as r
where r.rolname = any($1::text[])
order by name;

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
order by name;

-- name: families
-- The roles that lend their rights to definer functions.
select distinct o.rolname::text as name
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
inner join pg_catalog.pg_roles as o on p.proowner = o.oid
where p.prosecdef and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by name;

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
order by schema, name, col;

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
order by act.name;

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
order by name;

-- name: callable
-- Every function that is not PostgreSQL's own, with a call that gives it nothing, and whether the one who asks may make it.
select
    n.nspname::text || '.' || p.proname::text as name,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) || '('
    || coalesce((
        select pg_catalog.string_agg('null::' || pg_catalog.format_type(a.type, null), ', ' order by a.place)
        from pg_catalog.unnest(p.proargtypes::oid[]) with ordinality as a (type, place)
    ), '') || ')' as call,
    pg_catalog.has_function_privilege(p.oid, 'execute')
    and pg_catalog.has_schema_privilege(n.oid, 'usage') as granted
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on p.pronamespace = n.oid
where
    n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and p.prokind = 'f'
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
order by name;

-- name: other_roles
-- Every role that the one who asks could try to become.
select r.rolname::text as name, pg_catalog.quote_ident(r.rolname) as quoted
from pg_catalog.pg_roles as r
where r.rolname <> current_user and r.rolname !~ '^pg_'
order by name;

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
order by role, col;

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
order by name;

-- name: journal_by_part
-- How many entries the candidate asking finds in their journal, by part.
select part, count(*) as number from upheld.access_journal
where person_id = (select upheld.current_person())
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
order by tab, a.attnum;

-- name: lint_public_grants
-- What everyone who connects could use: relations, columns, schemas, types, the database itself.
with o as (
    select c.oid::regclass::text as name, c.relacl as acl from pg_catalog.pg_class as c
    where c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    union all
    select a.attrelid::regclass::text || '.' || a.attname as name, a.attacl as acl from pg_catalog.pg_attribute as a
    where a.attacl is not null and a.attrelid::regclass::text !~ '^(pg_|information_schema)'
    union all
    select 'schema ' || n.nspname as name, n.nspacl as acl from pg_catalog.pg_namespace as n
    where n.nspname !~ '^(pg_|information_schema)'
    union all
    select
        'type ' || t.oid::regtype::text as name,
        coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner)) as acl
    from pg_catalog.pg_type as t
    where t.typtype in ('e', 'd', 'r') and t.typnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    union all
    select
        'this database' as name,
        coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba)) as acl
    from pg_catalog.pg_database as d
    where d.datname = pg_catalog.current_database()
)

select distinct 'everyone may ' || pg_catalog.lower(g.privilege_type) || ' ' || o.name as fault
from o
cross join lateral pg_catalog.aclexplode(o.acl) as g
where g.grantee = 0
order by fault;

-- name: lint_strong_grants
-- Rights that serve an application nothing and an attacker much, and rights that can be passed on.
with o as (
    select c.oid::regclass::text as name, c.relacl as acl, c.relowner as owner from pg_catalog.pg_class as c
    where c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    union all
    select 'schema ' || n.nspname as name, n.nspacl as acl, n.nspowner as owner from pg_catalog.pg_namespace as n
    where n.nspname !~ '^(pg_|information_schema)'
    union all
    select 'this database' as name, d.datacl as acl, d.datdba as owner from pg_catalog.pg_database as d
    where d.datname = pg_catalog.current_database()
)

select distinct
    r.rolname || ' may ' || pg_catalog.lower(g.privilege_type) || ' ' || o.name
    || case when g.is_grantable then ', and pass that on' else '' end as fault
from o
cross join lateral pg_catalog.aclexplode(o.acl) as g
inner join pg_catalog.pg_roles as r on g.grantee = r.oid
where
    g.grantee <> o.owner and not r.rolsuper and r.rolname !~ '^pg_'
    and (
        g.is_grantable
        or g.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN', 'CREATE', 'TEMPORARY')
    )
    -- The right to lock a table, for a dump that is to leave its rows out.
    and (r.rolname, g.privilege_type, o.name) <> ('backup', 'MAINTAIN', 'sealed.context_keys')
order by fault;

-- name: lint_ciphertext_grants
-- Ciphertext and hashes that a role which logs in can select, beyond those it is known to need.
select r.rolname || ' may select ' || c.oid::regclass::text || '.' || a.attname as fault
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_class as c on a.attrelid = c.oid
cross join pg_catalog.pg_roles as r
where
    c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
    and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    and (a.attname ~ '_sealed$|_hash$|_index$|^wrapped$|_pad$')
    and r.rolname = any($1::text[])
    and pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'select')
    and (r.rolname, c.relname, a.attname) not in (
        -- A person's own rows, for the export of everything, and for the worker that writes to them.
        ('web', 'people', 'email_sealed'), ('worker', 'people', 'email_sealed'),
        ('web', 'people', 'email_index'), ('worker', 'people', 'email_index'),
        ('web', 'messages', 'parameters_sealed'), ('worker', 'messages', 'parameters_sealed'),
        ('web', 'application_events', 'reason_sealed'), ('web', 'consents', 'origin_sealed'),
        ('web', 'erasures', 'receipt_hash'),
        -- What somebody called their own passkeys and tokens, who they are elsewhere, where their
        -- sessions were opened and which address they are moving to: their own rows.
        ('web', 'access_tokens', 'label_sealed'), ('web', 'passkeys', 'name_sealed'),
        ('web', 'identities', 'subject_sealed'),
        ('web', 'sessions', 'origin_sealed'), ('web', 'account_links', 'email_sealed'),
        -- The invitation that the worker is about to mail.
        ('worker', 'invitations', 'email_sealed'), ('worker', 'invitations', 'letter_sealed'),
        -- Whence an act came: sealed under the month's key, which the auditor does not have.
        ('auditor', 'audit_entries', 'origin_sealed'),
        ('vault', 'data_keys', 'wrapped')
    )
order by fault;

-- name: lint_granted_without_policy
-- Acts that are granted where no policy lets them through: a grant too many, or a policy too few.
select r.rolname || ' may ' || act.name || ' ' || c.oid::regclass::text || ', and no policy says which rows' as fault
from pg_catalog.pg_class as c
cross join pg_catalog.pg_roles as r
cross join (values ('r', 'select'), ('a', 'insert'), ('w', 'update'), ('d', 'delete')) as act (command, name)
where
    c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema|road)'
    and not r.rolsuper and not r.rolbypassrls and r.rolname !~ '^pg_' and c.relowner <> r.oid
    and (
        pg_catalog.has_table_privilege(r.oid, c.oid, act.name)
        or (act.name <> 'delete' and pg_catalog.has_any_column_privilege(r.oid, c.oid, act.name))
    )
    and not exists (
        select from pg_catalog.pg_policy as p
        where p.polrelid = c.oid and p.polcmd::text in (act.command, '*') and (r.oid = any(p.polroles) or 0 = any(p.polroles))
    )
order by fault;

-- name: lint_crowded_policies
-- Where several policies let one role through for one act, any of them suffices: each such place is known.
select
    r.rolname || ' passes ' || c.relname || ' by any of: ' || pg_catalog.string_agg(p.polname, ', ' order by p.polname)
        as fault
from pg_catalog.pg_policy as p
inner join pg_catalog.pg_class as c on p.polrelid = c.oid
inner join pg_catalog.pg_roles as r on r.oid = any(p.polroles)
where p.polpermissive
group by c.relname, p.polcmd, r.rolname -- noqa: AM06
having
    count(*) > 1 and (c.relname, p.polcmd::text, r.rolname, count(*)) not in (
        -- Both sides of an application.
        ('applications', 'r', 'web', 2), ('applications', 'w', 'web', 2), ('applications', 'r', 'record_reader', 2),
        ('application_events', 'r', 'web', 2), ('application_events', 'a', 'web', 2),
        ('application_snapshots', 'r', 'record_reader', 2),
        -- Whom a mail may go to: candidates of the one who writes, and whoever reads one's own application.
        ('applications', 'r', 'queue_writer', 2),
        -- Everyone, its organisation, and whoever applied to it before it closed.
        ('jobs', 'r', 'web', 3),
        -- Who acted, and whoever reads what was done with what is their organisation's.
        ('audit_entries', 'r', 'web', 2),
        -- The member acting, and the person reading everything about themselves.
        ('fair_use_acceptances', 'r', 'web', 2),
        -- Sessions are freshened while they live and then ended; both are known afterwards.
        ('sessions', 'w', 'credential_keeper', 2), ('sessions', 'r', 'credential_keeper', 2),
        -- An address is proven, and one that was proven is replaced.
        ('people', 'w', 'credential_keeper', 2),
        ('application_snapshots', 'r', 'retention_keeper', 2),
        -- Whoever may let members go, and a member who is kept out until they have a factor and goes alone.
        ('members', 'd', 'membership_keeper', 2), ('invitations', 'd', 'membership_keeper', 2),
        -- Who asks for a factor: the organisation acted for; the one that invites; those whose day is to come.
        ('factor_rules', 'r', 'membership_keeper', 2), ('factor_rules', 'r', 'queue_writer', 2)
    )
order by fault;

-- name: lint_vacuous_policies
-- Policies that hold for every row there can be, beyond those whose reason stands in CONVENTIONS.md. That a
-- column is filled says something where it may be empty.
select c.oid::regclass::text || ': ' || p.polname || ' holds for every row there can be' as fault
from pg_catalog.pg_policy as p
inner join pg_catalog.pg_class as c on p.polrelid = c.oid
where
    coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    ~ '^\((\w+ IS NOT NULL|length\(\w+\) [=>]+ \d+|\w+ >=? 0|\w+ = \w+|\w+ OR \(NOT \w+\)|role = ANY .*)\)$'
    and not exists (
        select from pg_catalog.pg_attribute as a
        where
            a.attrelid = c.oid and not a.attnotnull
            and coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
            = '(' || a.attname || ' IS NOT NULL)'
    )
    and p.polname <> all($1::text[])
order by fault;

-- name: lint_tenantless_references
-- References between two tables with tenants that do not carry the tenant.
with named as (
    select
        k.conrelid,
        k.confrelid,
        array(
            select a.attname::text from pg_catalog.pg_attribute as a
            where a.attrelid = k.conrelid and a.attnum = any(k.conkey)
        ) as cols
    from pg_catalog.pg_constraint as k
    where k.contype = 'f'
)

select
    named.conrelid::regclass::text || ' refers to ' || named.confrelid::regclass::text || ' by '
    || pg_catalog.array_to_string(named.cols, ', ') || ', without the organisation' as fault
from named
where
    'organisation_id' <> all(named.cols)
    and (
        select count(*) from pg_catalog.pg_attribute as a
        where a.attrelid in (named.conrelid, named.confrelid) and a.attname = 'organisation_id' and not a.attisdropped
    ) = 2
order by fault;

-- name: lint_unique_oracles
-- Unique keys of what belongs to somebody that hold neither whose it is nor anything unguessable.
select x.indexrelid::regclass::text || ' tells of one tenant''s rows to another' as fault
from pg_catalog.pg_index as x
inner join pg_catalog.pg_class as c on x.indrelid = c.oid
where
    x.indisunique and c.relkind = 'r' and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema|road|queue)'
    and exists (
        select from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attname in ('organisation_id', 'person_id', 'email_sealed')
    )
    and not exists (
        select from pg_catalog.pg_attribute as a
        where
            a.attrelid = c.oid and a.attnum = any(x.indkey)
            and (
                a.attname in ('organisation_id', 'person_id') or a.attidentity = 'a'
                or a.atttypid in ('uuid'::regtype, 'bytea'::regtype)
            )
    )
order by fault;

-- name: lint_outlets
-- Ways past row security and out of the database that this one does without.
select 'the extension ' || e.extname as fault from pg_catalog.pg_extension as e where e.extname <> 'plpgsql'
union all
select 'the language ' || l.lanname from pg_catalog.pg_language as l
where l.lanname not in ('internal', 'c', 'sql', 'plpgsql')
union all
select 'the foreign server ' || s.srvname from pg_catalog.pg_foreign_server as s
union all
select 'the foreign data wrapper ' || w.fdwname from pg_catalog.pg_foreign_data_wrapper as w
union all
select 'the event trigger ' || t.evtname from pg_catalog.pg_event_trigger as t
union all
select 'the publication ' || p.pubname from pg_catalog.pg_publication as p
union all
select 'the large object ' || o.oid::text from pg_catalog.pg_largeobject_metadata as o
union all
select 'the server''s setting ' || s.parname || ', which a role was granted' from pg_catalog.pg_parameter_acl as s
union all
select 'the rule ' || r.rulename || ' on ' || r.ev_class::regclass::text from pg_catalog.pg_rewrite as r
inner join pg_catalog.pg_class as c on r.ev_class = c.oid
where r.rulename <> '_RETURN' and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
union all
select 'the unlogged table ' || c.oid::regclass::text from pg_catalog.pg_class as c
where c.relkind = 'r' and c.relpersistence = 'u' and c.oid::regclass::text <> 'sealed.context_keys'
union all
select 'the function ' || p.oid::regprocedure::text || ' for ' || r.rolname from pg_catalog.pg_proc as p
cross join pg_catalog.pg_roles as r
where
    p.pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
    and pg_catalog.has_function_privilege(r.oid, p.oid, 'execute')
    and (r.rolname = 'support' or (r.rolname = any($1::text[]) and p.pronamespace::regnamespace::text = 'sealed'))
order by fault;

-- name: lint_sampled_columns
-- Ciphertext, hashes and keys of which the server keeps samples.
select a.attrelid::regclass::text || '.' || a.attname || ' is sampled' as fault
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_class as c on a.attrelid = c.oid
where
    c.relkind = 'r' and c.relnamespace::regnamespace::text in ('upheld', 'sealed', 'keyring')
    and a.attnum > 0 and not a.attisdropped and a.atttypid = 'bytea'::regtype
    and coalesce(a.attstattarget, -1) <> 0 and (c.relname, a.attname) <> ('notices', 'sha256')
order by fault;

-- name: lint_unclassified_columns
-- Columns that do not say what they hold, whose it is, why, until when, and how it goes.
with said as (
    select
        a.attrelid::regclass::text || '.' || a.attname as place,
        pg_catalog.col_description(a.attrelid, a.attnum) as words
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_class as c on a.attrelid = c.oid
    where
        c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
        and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema|road)'
)

select said.place || ' is not classified' as fault
from said
where
    not coalesce(pg_catalog.pg_input_is_valid(said.words, 'jsonb'), false)
    or not said.words::jsonb ?& array['category', 'whose', 'purposes', 'basis', 'kept', 'exported', 'erased']
order by fault;

-- name: own_connections
-- Every connection of the role that asks to this database: where from, and what TLS the server sees.
select
    coalesce(pg_catalog.host(a.client_addr), '') as client,
    s.ssl as encrypted,
    coalesce(s.version, '') as version
from pg_catalog.pg_stat_activity as a
inner join pg_catalog.pg_stat_ssl as s on a.pid = s.pid
where a.usename = current_user and a.datname = pg_catalog.current_database();

-- name: admission_rules
-- Whom the server lets in, line by line; and what is wrong with a line.
select
    line_number,
    coalesce(type, '') as kind,
    coalesce(address, '') as address,
    coalesce(netmask, '') as netmask,
    coalesce(auth_method, '') as method,
    error
from pg_catalog.pg_hba_file_rules
order by rule_number nulls last, line_number;

-- name: listens_on
-- The addresses of the network that the server listens on.
select pg_catalog.current_setting('listen_addresses');

-- name: record_run
-- Records a signed run; its number.
insert into upheld.runs (report) values ($1) returning number;

-- name: last_run
-- The run that was recorded last.
select number, report from upheld.runs order by number desc limit 1;

-- name: last_signature
-- What the run that was recorded last is signed with.
select report ->> 'signature' from upheld.runs order by number desc limit 1;

-- name: run_before
-- The run that was recorded before this one.
select number, report from upheld.runs where number < $1 order by number desc limit 1;

-- name: recorded_runs
-- The newest runs as they were recorded, newest first.
select number, report from upheld.runs order by number desc limit $1;

-- name: run_states
-- What became of every promise in the newest runs, newest first.
select
    number,
    (report -> 'summary' ->> 'at')::timestamptz as at,
    promises,
    states
from upheld.runs order by number desc limit $1;

-- name: remove_old_runs
-- Removes the runs whose time is over; the policy says which.
delete from upheld.runs;

-- name: operators_to_tell
-- Whom to tell that a promise is broken.
select upheld.operators_to_tell();
