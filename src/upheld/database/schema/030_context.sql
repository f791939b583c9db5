-- The sealed context: the database itself authenticates each request.
--
-- 1. `open_context(secret)` finds the session by the hash of its secret, checks that it
--    is alive, and writes who is asking into a setting that ends with the transaction.
-- 2. The setting carries a MAC over backend, transaction and content, under a key that no
--    role which logs in can read. A setting written by anybody else does not verify; one
--    copied from another transaction or connection does not verify.
-- 3. Policies read it through `current_person()` and its sisters, wrapped in a subquery
--    so that the check is made once per statement.
--
-- The key table is unlogged: it is in no base backup and no write-ahead log (and in no dump
-- made with `--no-unlogged-table-data`), and it is empty after a crash, whereupon
-- `open_context` makes a new key. At most two generations exist, so that a rotation breaks
-- no running request.

create unlogged table sealed.context_keys (
    generation integer primary key generated always as identity,
    inner_pad bytea not null check (length(inner_pad) = 64),
    outer_pad bytea not null check (length(outer_pad) = 64)
);
alter table sealed.context_keys enable row level security;
alter table sealed.context_keys force row level security;
create policy context_keys_are_read_by_their_keeper on sealed.context_keys
for select to context_keeper using (generation > 0);
create policy context_keys_are_made_by_their_keeper on sealed.context_keys
for insert to context_keeper with check (generation > 0);
create policy old_context_keys_are_dropped_by_their_keeper on sealed.context_keys
for delete to context_keeper using (generation > 0);
grant select, insert (inner_pad, outer_pad), delete on sealed.context_keys to context_keeper;
-- `pg_dump` locks what it describes. This is the one privilege that lets it, and shows no row.
grant maintain on sealed.context_keys to backup; -- noqa: PRS
comment on table sealed.context_keys is 'The HMAC pads that seal the context, two generations at most.';
call upheld.classify('sealed.context_keys', '{generation,inner_pad,outer_pad}', 'technical', 'nobody', '{account}', 'legitimate interest', 'rotation', false, 'kept');

create policy live_sessions_are_checked_by_the_context_keeper on upheld.sessions
for select to context_keeper using (revoked_at is null);
create policy live_sessions_are_touched_by_the_context_keeper on upheld.sessions
for update to context_keeper using (revoked_at is null);
create policy memberships_are_checked_by_the_context_keeper on upheld.members
for select to context_keeper using (role in ('owner', 'manager', 'interviewer'));
create policy job_secrets_are_checked_by_the_context_keeper on upheld.job_secrets
for select to context_keeper using (expires_at > upheld.clock_now());
grant select, update (last_seen_at) on upheld.sessions to context_keeper;
grant select on upheld.members to context_keeper;
grant select on upheld.job_secrets to context_keeper;

-- One byte string XORed with a repeated byte, for the pads of HMAC (RFC 2104).
create function sealed.padded(key bytea, mask integer) returns bytea
language plpgsql immutable strict set search_path = ''
as $$
declare
    pad bytea := pg_catalog.decode(pg_catalog.repeat(pg_catalog.to_hex(mask), 64), 'hex');
begin
    for i in 0..pg_catalog.length(key) - 1 loop
        pad := pg_catalog.set_byte(pad, i, pg_catalog.get_byte(key, i) # mask);
    end loop;
    return pad;
end
$$;

-- A new generation of the key; the one before last is dropped. Its 32 bytes are the hash
-- of 488 bits from the server's strong random source.
create function sealed.make_context_key() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
    key bytea := pg_catalog.sha256(pg_catalog.convert_to(
        pg_catalog.gen_random_uuid()::text || pg_catalog.gen_random_uuid()::text
        || pg_catalog.gen_random_uuid()::text || pg_catalog.gen_random_uuid()::text, 'UTF8'));
    made integer;
begin
    insert into sealed.context_keys (inner_pad, outer_pad)
    values (sealed.padded(key, 54), sealed.padded(key, 92))
    returning generation into made;
    delete from sealed.context_keys where generation < made - 1;
    return made;
end
$$;

-- HMAC-SHA-256 of the content, bound to this backend and this transaction.
create function sealed.seal_of(key_generation integer, content text) returns text
language sql stable strict security definer set search_path = ''
return (
    select
        pg_catalog.encode(
            pg_catalog.sha256(k.outer_pad || pg_catalog.sha256(k.inner_pad || pg_catalog.convert_to(
                pg_catalog.pg_backend_pid()::text || '|'
                || pg_catalog.extract('epoch', pg_catalog.transaction_timestamp())::text || '|'
                || content, 'UTF8'
            ))), 'hex'
        )
    from sealed.context_keys as k
    where k.generation = key_generation
);

-- Seals who is asking into the transaction. `role` is the role in the organisation, or
-- `duty:…` for background work.
create function sealed.write_context(
    person_id uuid, organisation_id uuid, role text, session_id uuid
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    newest integer;
    content text;
begin
    select max(k.generation) into newest from sealed.context_keys as k;
    if newest is null then
        -- Empty after a crash of the server; one of the waiting transactions makes the key.
        perform pg_catalog.pg_advisory_xact_lock(4207849);
        select max(k.generation) into newest from sealed.context_keys as k;
        if newest is null then
            newest := sealed.make_context_key();
        end if;
    end if;
    content := pg_catalog.concat_ws('|', newest, person_id,
        coalesce(organisation_id::text, '-'), coalesce(role, '-'), coalesce(session_id::text, '-'));
    perform pg_catalog.set_config('upheld.context',
        content || '|' || sealed.seal_of(newest, content), true);
end
$$;

-- Who is asking, or nulls when nobody is; an error when the seal does not verify.
create function sealed.read_context(
    out person_id uuid, out organisation_id uuid, out role text, out session_id uuid
)
language plpgsql stable security definer set search_path = ''
as $$
declare
    written text := pg_catalog.current_setting('upheld.context', true);
    parts text[];
    expected text;
begin
    if written is null or written = '' then
        return;
    end if;
    parts := pg_catalog.string_to_array(written, '|');
    if pg_catalog.cardinality(parts) = 6 and parts[1] ~ '^[0-9]{1,9}$' then
        expected := sealed.seal_of(parts[1]::integer, pg_catalog.array_to_string(parts[1:5], '|'));
    end if;
    if expected is null or expected <> parts[6] then
        raise exception 'The context is not sealed by this transaction.' using errcode = '28000';
    end if;
    person_id := parts[2]::uuid;
    organisation_id := nullif(parts[3], '-')::uuid;
    role := nullif(parts[4], '-');
    session_id := nullif(parts[5], '-')::uuid;
end
$$;

-- The person asking, or null.
create function upheld.current_person() returns uuid
language sql stable security definer set search_path = ''
return (select c.person_id from sealed.read_context() as c);

-- The organisation the person acts for in this session, or null.
create function upheld.current_organisation() returns uuid
language sql stable security definer set search_path = ''
return (select c.organisation_id from sealed.read_context() as c);

-- The person's role in that organisation, `duty:…` for background work, or null.
create function upheld.current_standing() returns text
language sql stable security definer set search_path = ''
return (select c.role from sealed.read_context() as c);

-- The session that opened this context, or null.
create function upheld.current_session() returns uuid
language sql stable security definer set search_path = ''
return (select c.session_id from sealed.read_context() as c);

-- Opens the context of the session whose secret is presented; returns no row, and opens
-- nothing, when there is no such session or it is revoked, expired or idle for too long.
create function upheld.open_context(session_secret bytea)
returns table (
    person_id uuid, session_id uuid, organisation_id uuid, role text,
    proven_at timestamptz, expires_at timestamptz
)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    found_session upheld.sessions;
    standing text;
    clock timestamptz := upheld.clock_now();
begin
    select s.* into found_session
    from upheld.sessions as s
    where
        s.secret_hash = pg_catalog.sha256(session_secret)
        and s.expires_at > clock
        and s.last_seen_at + s.idle_for > clock;
    if found_session.id is null then
        return;
    end if;
    select m.role into standing
    from upheld.members as m
    where m.organisation_id = found_session.organisation_id and m.person_id = found_session.person_id;
    perform sealed.write_context(
        found_session.person_id, found_session.organisation_id, standing, found_session.id);
    -- A minute's grain keeps reading from becoming writing.
    if found_session.last_seen_at < clock - interval '1 minute' then
        update upheld.sessions as s set last_seen_at = clock
        where s.id = found_session.id;
    end if;
    return query select
        found_session.person_id, found_session.id, found_session.organisation_id, standing,
        found_session.proven_at, found_session.expires_at;
end
$$;

-- Opens the context of the person for whom the work was enqueued; null, and nothing
-- opened, when the secret is unknown or has expired.
create function upheld.open_job_context(job_secret bytea) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    found_job upheld.job_secrets;
begin
    select j.* into found_job
    from upheld.job_secrets as j
    where j.secret_hash = pg_catalog.sha256(job_secret);
    if found_job.person_id is null then
        return null;
    end if;
    perform sealed.write_context(found_job.person_id, null, 'duty:' || found_job.duty, null);
    return found_job.person_id;
end
$$;

-- Replaces the sealing key. Running transactions keep the generation they began with.
create function upheld.rotate_context_key() returns integer
language sql volatile security definer set search_path = ''
return sealed.make_context_key();

grant execute on function upheld.open_context(bytea) to web;
grant execute on function upheld.open_job_context(bytea) to worker;
grant execute on function upheld.rotate_context_key() to maintenance;
grant execute on function
upheld.current_person(), upheld.current_organisation(), upheld.current_standing(), upheld.current_session()
to web, worker, auditor, record_reader, audit_writer, queue_writer, eraser;
