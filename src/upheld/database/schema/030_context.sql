-- The sealed context: the database itself authenticates each request, and each statement in it.
--
-- 1. `open_context(secret)` finds the session by the hash of its secret, checks that it
--    is alive, and writes which session is asking into a setting that ends with the transaction.
-- 2. The setting carries a MAC over backend, transaction and content, under a key that no
--    role which logs in can read. A setting written by anybody else does not verify; one
--    copied from another transaction or connection does not verify.
-- 3. Policies read it through `current_person()` and its sisters, wrapped in a subquery
--    so that the check is made once per statement. What they answer is read off the session's
--    row at that moment, not off the setting: whoever is signed out, removed or given another
--    role meanwhile finds that so at their next statement. A context whose session or work has
--    ended is an error, never an empty answer that could be mistaken for one.
--
-- The key table is unlogged: it is in no base backup and no write-ahead log (and in no dump
-- made with `--no-unlogged-table-data`), and it is empty after a crash, whereupon
-- `open_context` makes a new key. A former one stays until no request can be running that
-- began with it, so that rotations, however many, break none.

create unlogged table sealed.context_keys (
    generation integer primary key generated always as identity,
    made_at timestamptz not null default upheld.clock_now(),
    inner_pad bytea not null check (length(inner_pad) = 64),
    outer_pad bytea not null check (length(outer_pad) = 64)
);
alter table sealed.context_keys enable row level security;
alter table sealed.context_keys force row level security;
alter table sealed.context_keys alter column inner_pad set statistics 0;
alter table sealed.context_keys alter column outer_pad set statistics 0;
create policy context_keys_are_read_by_their_keeper on sealed.context_keys
for select to context_keeper using (generation > 0);
create policy context_keys_are_made_by_their_keeper on sealed.context_keys
for insert to context_keeper with check (generation > 0);
create policy old_context_keys_are_dropped_by_their_keeper on sealed.context_keys
for delete to context_keeper using (generation > 0);
grant select, insert (inner_pad, outer_pad), delete on sealed.context_keys to context_keeper;
-- `pg_dump` locks what it describes. This is the one privilege that lets it, and shows no row.
grant maintain on sealed.context_keys to backup; -- noqa: PRS
comment on table sealed.context_keys is 'The HMAC pads that seal the context: the newest, and former ones that a running request may need.';
call upheld.classify('sealed.context_keys', '{generation,made_at,inner_pad,outer_pad}', 'technical', 'nobody', '{account}', 'legitimate interest', 'rotation', false, 'kept');

create policy live_sessions_are_checked_by_the_context_keeper on upheld.sessions
for select to context_keeper using (revoked_at is null);
create policy live_sessions_are_touched_by_the_context_keeper on upheld.sessions
for update to context_keeper using (revoked_at is null);
create policy changes_are_known_to_the_context_keeper on upheld.people
for select to context_keeper using (verified_at is not null);
create policy memberships_are_checked_by_the_context_keeper on upheld.members
for select to context_keeper using (role in ('owner', 'manager', 'interviewer', 'custom'));
create policy job_secrets_are_checked_by_the_context_keeper on upheld.job_secrets
for select to context_keeper using (expires_at > upheld.clock_now());
grant select, update (last_seen_at, former_until) on upheld.sessions to context_keeper;
grant select (id, changes) on upheld.people to context_keeper;
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

-- A new generation of the key. Dropped is every one that was replaced longer ago than a
-- request may take (15 minutes, `LONGEST_REQUEST`, and one more for a slow commit). Its 32
-- bytes are the hash of 488 bits from the server's strong random source.
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
    delete from sealed.context_keys as k where exists (
        select from sealed.context_keys as newer
        where newer.generation > k.generation and newer.made_at < upheld.clock_now() - interval '16 minutes'
    );
    return made;
end
$$;

-- HMAC-SHA-256 of which session or work is asking, bound to this backend and this
-- transaction. Without a fixed search path, and parsed when it is created, so that the
-- planner can put it in the place of its call.
create function sealed.seal_of(inner_pad bytea, outer_pad bytea, kind text, id text) returns text
language sql stable
return pg_catalog.encode(
    pg_catalog.sha256(outer_pad || pg_catalog.sha256(
        inner_pad
        || pg_catalog.int4send(pg_catalog.pg_backend_pid())
        || pg_catalog.timestamptz_send(pg_catalog.transaction_timestamp())
        || pg_catalog.convert_to(kind || '|' || id, 'UTF8')
    )), 'hex'
);

-- Seals into the transaction which session, or which piece of work, is asking.
create function sealed.write_context(kind text, id text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    key sealed.context_keys;
begin
    -- Elsewhere every statement sees the state at the first one: nobody could be signed out.
    if pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'A context is opened in a transaction that is read committed.' using errcode = '25001';
    end if;
    select k.* into key from sealed.context_keys as k order by k.generation desc limit 1;
    if key.generation is null then
        -- Empty after a crash of the server; one of the waiting transactions makes the key.
        perform pg_catalog.pg_advisory_xact_lock(4207849);
        if not exists (select from sealed.context_keys) then
            perform sealed.make_context_key();
        end if;
        select k.* into key from sealed.context_keys as k order by k.generation desc limit 1;
    end if;
    perform pg_catalog.set_config('upheld.context', pg_catalog.concat_ws('|',
        key.generation, kind, id, sealed.seal_of(key.inner_pad, key.outer_pad, kind, id)), true);
end
$$;

-- Says why a context does not answer: it is not sealed, or what it was sealed for is over.
create function sealed.refuse_context(written text[]) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
    if exists (
        select from sealed.context_keys as k
        where
            k.generation::text = written[1]
            and sealed.seal_of(k.inner_pad, k.outer_pad, written[2], written[3]) = written[4]
    ) then
        raise exception 'The session or the work of this context has ended.' using errcode = '28P01';
    end if;
    raise exception 'The context is not sealed by this transaction.' using errcode = '28000';
end
$$;

-- Who is asking, as their session, token or piece of work stands at this statement: person,
-- organisation, session, token; nulls for what there is none of. One call with one look-up, and an
-- array rather than a row, because every statement pays for it: a session that is idle for
-- too long is found so when it opens, not while it is in use.
--
-- An organisation that asks its members for a factor (`076_factor_rules.sql`) is not acted for without
-- one. It stands in the fifth place then, where no policy looks.
create function upheld.asking() returns uuid []
language plpgsql stable security definer set search_path = ''
as $$
declare
    written text[] := pg_catalog.string_to_array(pg_catalog.current_setting('upheld.context', true), '|');
    who uuid[];
    inner_pad bytea;
    outer_pad bytea;
    kept_out_from timestamptz;
begin
    if written[1] is null then
        return null;
    end if;
    if pg_catalog.cardinality(written) <> 4 or written[1] !~ '^[0-9]{1,9}$' then
        perform sealed.refuse_context(written);
    elsif written[2] = 'session' then
        select
            array[s.person_id, s.organisation_id, s.id], k.inner_pad, k.outer_pad,
            case when s.strength not in ('two-factor', 'passkey') then (
                select r.starts_at from upheld.factor_rules as r where r.organisation_id = s.organisation_id
            ) end
        into who, inner_pad, outer_pad, kept_out_from
        from sealed.context_keys as k cross join upheld.sessions as s
        where
            k.generation = written[1]::integer and s.id = written[3]::uuid
            and s.expires_at > upheld.clock_of_statement();
    elsif written[2] = 'token' then
        select
            array[t.person_id, t.organisation_id, null, t.id], k.inner_pad, k.outer_pad,
            (
                select r.starts_at from upheld.factor_rules as r
                where r.organisation_id = t.organisation_id and not upheld.has_factor(t.person_id)
            )
        into who, inner_pad, outer_pad, kept_out_from
        from sealed.context_keys as k cross join upheld.access_tokens as t
        where
            k.generation = written[1]::integer and t.id = written[3]::uuid
            and t.expires_at > upheld.clock_of_statement();
    elsif written[2] = 'duty' then
        select array[j.person_id, null, null], k.inner_pad, k.outer_pad into who, inner_pad, outer_pad
        from sealed.context_keys as k cross join upheld.job_secrets as j
        where
            k.generation = written[1]::integer and j.secret_hash = pg_catalog.decode(written[3], 'hex')
            and j.expires_at > upheld.clock_of_statement();
    end if;
    if who is null or sealed.seal_of(inner_pad, outer_pad, written[2], written[3]) <> written[4] then
        perform sealed.refuse_context(written);
    end if;
    if kept_out_from <= upheld.clock_of_statement() then
        return array[who[1], null, who[3], who[4], who[2]];
    end if;
    return who;
end
$$;

-- The person asking, or null. These three are put in the place of their call, like `seal_of`.
create function upheld.current_person() returns uuid
language sql stable
return (upheld.asking())[1];

-- The organisation the person acts for in this session, or null.
create function upheld.current_organisation() returns uuid
language sql stable
return (upheld.asking())[2];

-- The organisation that the session is set to act for and that keeps it out until a factor is shown, or null.
create function upheld.closed_organisation() returns uuid
language sql stable
return (upheld.asking())[5];

-- The session that opened this context, or null.
create function upheld.current_session() returns uuid
language sql stable
return (upheld.asking())[3];

-- The hash of the secret of the piece of work that is asking, or null.
create function upheld.current_work() returns bytea
language plpgsql stable security definer set search_path = ''
as $$
declare
    who uuid[] := upheld.asking();
begin
    if who[1] is null or who[3] is not null or who[4] is not null then
        return null;
    end if;
    return pg_catalog.decode(pg_catalog.split_part(pg_catalog.current_setting('upheld.context', true), '|', 3), 'hex');
end
$$;

-- The person's role in that organisation, `duty:…` for background work, or null.
create function upheld.current_standing() returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
    who uuid[] := upheld.asking();
begin
    if who[3] is not null or who[4] is not null then
        return (
            select m.role from upheld.members as m
            where m.organisation_id = who[2] and m.person_id = who[1]
        );
    end if;
    return (select 'duty:' || j.duty from upheld.job_secrets as j where j.secret_hash = upheld.current_work());
end
$$;

-- Whether the person behind a session has proved themselves within the last ten minutes. The
-- bound is the database's own: `UPHELD_FRESH_FOR` asks people sooner, and never later.
create function upheld.session_is_fresh(which uuid) returns boolean
language sql stable security definer set search_path = ''
return exists (
    select from upheld.sessions as s
    where
        s.id = which and s.expires_at > upheld.clock_of_statement()
        and s.proven_at > upheld.clock_of_statement() - interval '10 minutes'
);

-- Whether the person asking has proved themselves within the last ten minutes: for policies
-- of what takes everything along, cannot be undone, or gives others power. Background work
-- has proved nothing.
create function upheld.freshly_proven() returns boolean
language sql stable security definer set search_path = ''
return upheld.session_is_fresh(upheld.current_session());

-- The same for functions and triggers, which say so by failing: the page then asks for a proof.
create function upheld.demand_fresh_proof() returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
    if not upheld.freshly_proven() then
        raise exception 'This needs a fresh proof of who is asking.' using errcode = 'UH001';
    end if;
end
$$;

-- Opens the context of the session whose secret is presented; returns no row, and opens
-- nothing, when there is no such session or it is revoked, expired or idle for too long. `factor_by` is from
-- when on the organisation it was acting for asks for a factor, where none was shown in it. A secret that was
-- replaced a moment ago opens it as well; `is_outdated` is what the present one is when it is to be replaced
-- (`086_rotation.sql`).
create function upheld.open_context(session_secret bytea)
returns table (
    person_id uuid, session_id uuid, organisation_id uuid, role text, permissions text[], seats jsonb,
    proven_at timestamptz, expires_at timestamptz, strength text, factor_by timestamptz, is_outdated boolean
)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    found_session upheld.sessions;
    presented bytea := pg_catalog.sha256(session_secret);
    clock timestamptz := upheld.clock_now();
begin
    select s.* into found_session
    from upheld.sessions as s
    where s.secret_hash = presented and s.expires_at > clock and s.last_seen_at + s.idle_for > clock;
    if found_session.id is null then
        select s.* into found_session
        from upheld.sessions as s
        where
            s.former_hash = presented and s.former_until > clock
            and s.expires_at > clock and s.last_seen_at + s.idle_for > clock;
    elsif found_session.former_until = 'infinity' then
        -- The new secret has arrived: what was sent off with the former one still does, for a minute.
        update upheld.sessions as s set former_until = clock + interval '1 minute'
        where s.id = found_session.id and s.secret_hash = presented;
    end if;
    if found_session.id is null then
        return;
    end if;
    perform sealed.write_context('session', found_session.id::text);
    -- A minute's grain keeps reading from becoming writing.
    if found_session.last_seen_at < clock - interval '1 minute' then
        update upheld.sessions as s set last_seen_at = clock
        where s.id = found_session.id;
    end if;
    return query select
        found_session.person_id, found_session.id, upheld.current_organisation(),
        upheld.current_standing(), upheld.current_permissions(), upheld.seats_of(found_session.person_id),
        found_session.proven_at, found_session.expires_at, found_session.strength,
        (
            select r.starts_at from upheld.factor_rules as r
            where
                r.organisation_id = found_session.organisation_id
                and found_session.strength not in ('two-factor', 'passkey')
        ),
        found_session.secret_hash = presented and found_session.strength <> 'machine' and exists (
            select from upheld.people as p
            where p.id = found_session.person_id and p.changes <> found_session.made_at_change
        );
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
    perform sealed.write_context('duty', pg_catalog.encode(found_job.secret_hash, 'hex'));
    return found_job.person_id;
end
$$;

-- Replaces the sealing key; its generation. Running transactions keep the one they began with.
create function upheld.rotate_context_key() returns integer
language sql volatile security definer set search_path = ''
return sealed.make_context_key();

grant execute on function upheld.open_context(bytea) to web;
grant execute on function upheld.open_job_context(bytea) to worker;
grant execute on function upheld.rotate_context_key() to maintenance;
grant execute on function upheld.current_work() to eraser;
grant execute on function upheld.session_is_fresh(uuid) to credential_keeper;
grant execute on function upheld.freshly_proven(), upheld.demand_fresh_proof()
to web, audit_writer, record_reader, queue_writer, credential_keeper;
grant execute on function
upheld.asking(),
upheld.current_person(), upheld.current_organisation(), upheld.current_standing(), upheld.current_session()
to web, worker, auditor, record_reader, audit_writer, queue_writer, eraser, credential_keeper;
