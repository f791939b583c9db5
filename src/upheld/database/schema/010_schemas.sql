-- The schemas, and who may look inside. Functions are executable by nobody until a grant
-- beside them says so.

revoke all on schema public from public;

create schema upheld;
comment on schema upheld is 'Everything the application reads and writes, each table under forced row security.';

create schema sealed;
comment on schema sealed is 'The key that seals the context. No role that logs in can look inside.';

alter default privileges revoke execute on functions from public;
alter default privileges in schema upheld revoke execute on functions from public;
alter default privileges in schema sealed revoke execute on functions from public;

grant usage on schema upheld to
gate, web, worker, maintenance, auditor,
context_keeper, credential_keeper, record_reader, audit_writer, limit_keeper,
queue_writer, eraser, retention_keeper, probe_keeper, count_keeper, membership_keeper;
grant usage on schema sealed to context_keeper;

-- `backup` reads every row of every table there will be, and may call nothing. Of the sealing
-- key it takes the definition only (`030_context.sql`).
grant usage on schema upheld, sealed to backup;
alter default privileges in schema upheld grant select on tables to backup;
alter default privileges in schema upheld grant select on sequences to backup;

-- A definer function belongs to the family that lends its rights (`990_close.sql` hands
-- them over); a new owner needs CREATE on the schema for that moment, and loses it there.
grant create on schema upheld, sealed to
context_keeper, credential_keeper, record_reader, audit_writer, limit_keeper,
queue_writer, eraser, retention_keeper, probe_keeper, count_keeper, membership_keeper;

-- The one clock of the database: policies and functions ask nothing else for the time, so
-- that a test can install another body.
create function upheld.clock_now() returns timestamptz
language sql stable parallel safe
return pg_catalog.now();
grant execute on function upheld.clock_now() to
gate, web, worker, maintenance, auditor,
context_keeper, credential_keeper, record_reader, audit_writer, limit_keeper,
queue_writer, eraser, retention_keeper, probe_keeper, count_keeper, membership_keeper;

-- The same clock at the statement that is running, for what may end in the middle of a
-- transaction.
create function upheld.clock_of_statement() returns timestamptz
language sql stable parallel safe
return pg_catalog.statement_timestamp();
grant execute on function upheld.clock_of_statement() to context_keeper;

-- Writes the classification of columns into their comments, where the data map, the
-- export and the erasure plan find it. Used by schema files and migrations only.
--   category  identity, contact, professional, document, technical, application,
--             consent, organisation, record
--   whose     candidate, person, member, organisation, nobody
--   purposes  why we hold it; basis: on what ground; kept: the retention rule's name
--   exported  part of `download everything`; erased: key, row, kept (and why, in `kept`)
create procedure upheld.classify(
    tab regclass, cols text[], category text, whose text, purposes text[],
    basis text, kept text, exported boolean, erased text
)
language plpgsql set search_path = ''
as $$
declare
    col text;
begin
    foreach col in array cols loop
        execute format(
            'comment on column %s.%I is %L', tab, col,
            jsonb_build_object(
                'category', category, 'whose', whose, 'purposes', purposes, 'basis', basis,
                'kept', kept, 'exported', exported, 'erased', erased
            )::text
        );
    end loop;
end
$$;
