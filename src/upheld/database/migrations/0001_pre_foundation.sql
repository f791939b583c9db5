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
-- People: one row for everyone who has an account, whatever they use it for.
create table upheld.people (
    id uuid primary key,
    email_index bytea not null unique,
    email_sealed bytea not null,
    verified_at timestamptz,
    is_probe boolean not null default false,
    language text not null default 'en' check (language ~ '^[a-z]{2}$'),
    created_at timestamptz not null default upheld.clock_now(),
    -- How often what they may do, or what lets them in, has changed (`086_rotation.sql`).
    changes bigint not null default 0
);
alter table upheld.people enable row level security;
alter table upheld.people force row level security;
alter table upheld.people alter column email_index set statistics 0;
alter table upheld.people alter column email_sealed set statistics 0;
comment on table upheld.people is 'A person with an account. The address is ciphertext, found by a keyed index.';
call upheld.classify('upheld.people', '{id,verified_at,language,created_at}', 'identity', 'person', '{account}', 'contract', 'account', true, 'row');
call upheld.classify('upheld.people', '{email_index}', 'contact', 'person', '{account}', 'contract', 'account', false, 'row');
call upheld.classify('upheld.people', '{email_sealed}', 'contact', 'person', '{account}', 'contract', 'account', true, 'key');
call upheld.classify('upheld.people', '{changes}', 'technical', 'person', '{account}', 'contract', 'account', false, 'row');
call upheld.classify('upheld.people', '{is_probe}', 'technical', 'nobody', '{proof}', 'legitimate interest', 'account', false, 'row');

-- The bcrypt hash of a person's password. Read by the gate's functions only.
create table upheld.credentials (
    person_id uuid primary key references upheld.people (id) on delete cascade,
    password_hash text not null check (password_hash ~ '^\$2b\$1[0-9]\$'),
    changed_at timestamptz not null default upheld.clock_now()
);
alter table upheld.credentials enable row level security;
alter table upheld.credentials force row level security;
alter table upheld.credentials alter column password_hash set statistics 0;
comment on table upheld.credentials is 'How a person proves who they are.';
call upheld.classify('upheld.credentials', '{person_id,changed_at}', 'technical', 'person', '{account}', 'contract', 'account', true, 'row');
call upheld.classify('upheld.credentials', '{password_hash}', 'technical', 'person', '{account}', 'contract', 'account', false, 'row');

-- A single-use link that shows that an address belongs to the person; only its hash is kept.
create table upheld.email_verifications (
    token_hash bytea primary key check (length(token_hash) = 32),
    person_id uuid not null references upheld.people (id) on delete cascade,
    expires_at timestamptz not null
);
create index email_verifications_person_id_idx on upheld.email_verifications (person_id);
alter table upheld.email_verifications enable row level security;
alter table upheld.email_verifications force row level security;
alter table upheld.email_verifications alter column token_hash set statistics 0;
comment on table upheld.email_verifications is 'Pending proofs that an address belongs to a person.';
call upheld.classify('upheld.email_verifications', '{token_hash}', 'technical', 'person', '{account}', 'contract', 'link', false, 'row');
call upheld.classify('upheld.email_verifications', '{person_id,expires_at}', 'technical', 'person', '{account}', 'contract', 'link', true, 'row');

-- An organisation that hires. Its name is public: it stands on its job pages.
create table upheld.organisations (
    id uuid primary key,
    name text not null check (length(btrim(name)) between 2 and 120),
    website text check (website ~ '^https://[^\s]{3,200}$'),
    is_probe boolean not null default false,
    created_at timestamptz not null default upheld.clock_now()
);
alter table upheld.organisations enable row level security;
alter table upheld.organisations force row level security;
comment on table upheld.organisations is 'An employer or agency: the controller of the applications sent to it.';
call upheld.classify('upheld.organisations', '{id,name,website,is_probe,created_at}', 'organisation', 'organisation', '{hiring}', 'contract', 'organisation', false, 'kept');

-- A role that an organisation has made for itself, of named permissions (`035_permissions.sql`). Who
-- may decide about applications has to see them.
create table upheld.roles (
    id uuid primary key,
    organisation_id uuid not null references upheld.organisations (id) on delete cascade,
    name text not null check (length(btrim(name)) between 2 and 40),
    permissions text[] not null check (
        permissions <@ array[
            'analytics:view', 'application:decide', 'application:view', 'assessment:manage', 'audit:view',
            'candidate:search', 'integration:manage', 'job:manage', 'member:invite', 'member:remove', 'role:grant',
            'settings:change'
        ]
        and (not permissions @> array['application:decide'] or permissions @> array['application:view'])
    ),
    made_at timestamptz not null default upheld.clock_now(),
    unique (organisation_id, id),
    unique (organisation_id, name)
);
alter table upheld.roles enable row level security;
alter table upheld.roles force row level security;
comment on table upheld.roles is 'A role of an organisation''s own, made of permissions.';
call upheld.classify('upheld.roles', '{id,organisation_id,name,permissions,made_at}', 'organisation', 'organisation', '{hiring}', 'contract', 'organisation', false, 'kept');

-- An invitation into an organisation, and what came of it. Whoever is invited may have no account:
-- their address is sealed under a key of this invitation's own, and goes when they accept, or at the
-- latest a week after it has come to nothing. An accepted one stays for as long as the membership.
create table upheld.invitations (
    id uuid primary key,
    organisation_id uuid not null references upheld.organisations (id) on delete cascade,
    role text not null check (role in ('owner', 'manager', 'interviewer', 'custom')),
    custom_role_id uuid,
    language text not null check (language ~ '^[a-z]{2}$'),
    invited_by uuid references upheld.people (id) on delete set null,
    state text not null default 'pending' check (state in ('pending', 'accepted', 'declined')),
    email_index bytea,
    email_sealed bytea,
    token_hash bytea unique check (length(token_hash) = 32),
    letter_sealed bytea,
    invited_at timestamptz not null default upheld.clock_now(),
    expires_at timestamptz not null,
    answered_at timestamptz,
    accepted_by uuid references upheld.people (id) on delete cascade,
    unique (organisation_id, id, accepted_by),
    foreign key (organisation_id, custom_role_id) references upheld.roles (organisation_id, id)
    on delete set null (custom_role_id),
    check (role = 'custom' or custom_role_id is null),
    check ((state = 'pending') = (answered_at is null) and (state = 'pending') = (token_hash is not null)),
    check ((state = 'accepted') = (accepted_by is not null)),
    check ((state = 'accepted') = (email_index is null) and (state = 'accepted') = (email_sealed is null)),
    check (letter_sealed is null or state = 'pending')
);
create unique index invitations_one_pending_idx on upheld.invitations (organisation_id, email_index)
where state = 'pending';
create index invitations_accepted_by_idx on upheld.invitations (accepted_by);
create index invitations_invited_by_idx on upheld.invitations (invited_by);
create index invitations_email_index_idx on upheld.invitations (email_index);
alter table upheld.invitations enable row level security;
alter table upheld.invitations force row level security;
alter table upheld.invitations alter column email_index set statistics 0;
alter table upheld.invitations alter column email_sealed set statistics 0;
alter table upheld.invitations alter column token_hash set statistics 0;
alter table upheld.invitations alter column letter_sealed set statistics 0;
comment on table upheld.invitations is 'Who was invited into an organisation, by whom, as what, and whether they accepted.';
call upheld.classify('upheld.invitations', '{id,organisation_id,role,custom_role_id,language,invited_by,state,invited_at,expires_at,answered_at,accepted_by}', 'organisation', 'member', '{hiring}', 'contract', 'invitation', true, 'row');
call upheld.classify('upheld.invitations', '{email_index}', 'contact', 'person', '{hiring}', 'legitimate interest', 'invitation', false, 'row');
call upheld.classify('upheld.invitations', '{email_sealed,letter_sealed}', 'contact', 'person', '{hiring}', 'legitimate interest', 'invitation', false, 'key');
call upheld.classify('upheld.invitations', '{token_hash}', 'technical', 'person', '{hiring}', 'legitimate interest', 'invitation', false, 'row');

-- Who belongs to an organisation, and as what. Nobody does who neither founded it nor accepted an
-- invitation of it: the row names the acceptance, and goes with it.
create table upheld.members (
    organisation_id uuid not null references upheld.organisations (id),
    person_id uuid not null references upheld.people (id) on delete cascade,
    role text not null check (role in ('owner', 'manager', 'interviewer', 'custom')),
    custom_role_id uuid,
    is_founder boolean not null default false,
    invitation_id uuid,
    joined_at timestamptz not null default upheld.clock_now(),
    primary key (organisation_id, person_id),
    foreign key (organisation_id, custom_role_id) references upheld.roles (organisation_id, id),
    constraint members_accepted_fkey foreign key (organisation_id, invitation_id, person_id)
    references upheld.invitations (organisation_id, id, accepted_by) on delete cascade,
    constraint members_founded_or_accepted check (is_founder <> (invitation_id is not null)),
    check ((role = 'custom') = (custom_role_id is not null))
);
create index members_person_id_idx on upheld.members (person_id);
create unique index members_one_founder_idx on upheld.members (organisation_id) where is_founder;
alter table upheld.members enable row level security;
alter table upheld.members force row level security;
comment on table upheld.members is 'Membership of a person in an organisation.';
call upheld.classify('upheld.members', '{organisation_id,person_id,role,custom_role_id,is_founder,invitation_id,joined_at}', 'organisation', 'member', '{hiring}', 'contract', 'account', true, 'row');

-- A session. The cookie carries a secret, this row its hash; the row decides.
create table upheld.sessions (
    id uuid primary key default gen_random_uuid(),
    person_id uuid not null references upheld.people (id) on delete cascade,
    secret_hash bytea not null unique check (length(secret_hash) = 32),
    -- At which of its person's changes the secret was made; which one it took the place of, and until when that
    -- opens the session still: without end until the new one has been shown.
    made_at_change bigint not null default 0,
    former_hash bytea unique check (length(former_hash) = 32),
    former_until timestamptz,
    organisation_id uuid,
    created_at timestamptz not null default upheld.clock_now(),
    last_seen_at timestamptz not null default upheld.clock_now(),
    -- Null: opened by a provider's word, which may have asked for nothing.
    proven_at timestamptz default upheld.clock_now(),
    idle_for interval not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    origin_sealed bytea,
    strength text not null default 'password'
    check (strength in ('password', 'provider', 'two-factor', 'passkey', 'machine')),
    foreign key (organisation_id, person_id) references upheld.members (organisation_id, person_id)
    on delete set null (organisation_id),
    check ((former_hash is null) = (former_until is null))
);
create index sessions_person_id_idx on upheld.sessions (person_id);
create index sessions_expires_at_idx on upheld.sessions (expires_at);
alter table upheld.sessions enable row level security;
alter table upheld.sessions force row level security;
alter table upheld.sessions alter column secret_hash set statistics 0;
alter table upheld.sessions alter column former_hash set statistics 0;
alter table upheld.sessions alter column origin_sealed set statistics 0;
comment on table upheld.sessions is 'A signed-in browser: who, acting for which organisation, and until when.';
call upheld.classify('upheld.sessions', '{origin_sealed}', 'technical', 'person', '{account}', 'contract', 'session', true, 'key');
call upheld.classify('upheld.sessions', '{secret_hash,made_at_change,former_hash,former_until}', 'technical', 'person', '{account}', 'contract', 'session', false, 'row');
call upheld.classify('upheld.sessions', '{id,person_id,organisation_id,created_at,last_seen_at,proven_at,idle_for,expires_at,revoked_at,strength}', 'technical', 'person', '{account}', 'contract', 'session', true, 'row');

-- The right of one piece of background work to act for one person; only a hash is kept.
create table upheld.job_secrets (
    secret_hash bytea primary key check (length(secret_hash) = 32),
    person_id uuid not null,
    duty text not null check (duty in ('mail', 'erasure', 'invitation')),
    takes_up boolean not null default false check (duty = 'erasure' or not takes_up),
    expires_at timestamptz not null
);
create index job_secrets_person_id_idx on upheld.job_secrets (person_id);
alter table upheld.job_secrets enable row level security;
alter table upheld.job_secrets force row level security;
alter table upheld.job_secrets alter column secret_hash set statistics 0;
comment on table upheld.job_secrets is 'What background work presents to the database instead of a name.';
call upheld.classify('upheld.job_secrets', '{secret_hash}', 'technical', 'person', '{account}', 'contract', 'link', false, 'row');
call upheld.classify('upheld.job_secrets', '{person_id,duty,takes_up,expires_at}', 'technical', 'person', '{account}', 'contract', 'link', true, 'row');
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
-- What somebody may do in the organisation they act for: permissions, by name. Policies and functions
-- ask for a permission and never for a role, which is only a set of them: three that every
-- organisation has, and those it makes for itself (`upheld.roles`).
--
--   analytics:view       see how hiring goes, in numbers
--   application:view     see who applied, and what they sent, once fair use is accepted
--   application:decide   move applications on, and decide about them
--   assessment:manage    write assessments, and set them
--   audit:view           read what members did with members, roles, jobs and the organisation
--   candidate:search     look for candidates who let themselves be found
--   integration:manage   connect other systems, and keep their credentials
--   job:manage           write, publish and close jobs
--   member:invite        invite, and take invitations back
--   member:remove        let members go
--   role:grant           make roles, and change who has which
--   settings:change      change what everyone reads about the organisation, and its rules

create policy roles_are_looked_up_by_the_context_keeper on upheld.roles
for select to context_keeper using (length(name) > 0);
create policy names_of_organisations_are_looked_up_by_the_context_keeper on upheld.organisations
for select to context_keeper using (length(name) > 0);
grant select on upheld.roles to context_keeper;
grant select (id, name) on upheld.organisations to context_keeper;

-- What a role that every organisation has may do; null for one that an organisation made.
create function upheld.permissions_of(role text) returns text[]
language sql immutable
return case role
    when 'owner'
        then
            array[
                'analytics:view', 'application:decide', 'application:view', 'assessment:manage', 'audit:view',
                'candidate:search', 'integration:manage', 'job:manage', 'member:invite', 'member:remove', 'role:grant',
                'settings:change'
            ]
    when 'manager'
        then
            array[
                'analytics:view', 'application:decide', 'application:view', 'assessment:manage', 'candidate:search',
                'job:manage', 'member:invite'
            ]
    when 'interviewer' then array[]::text[]
end;

-- What the person asking may do in the organisation they act for; null when they have no standing there.
create function upheld.current_permissions() returns text[]
language plpgsql stable security definer set search_path = ''
as $$
declare
    standing text := upheld.current_standing();
    who uuid[];
begin
    if standing = 'custom' then
        who := upheld.asking();
        return (
            select r.permissions
            from upheld.members as m
            inner join upheld.roles as r on m.organisation_id = r.organisation_id and m.custom_role_id = r.id
            where m.organisation_id = who[2] and m.person_id = who[1]
        );
    end if;
    return upheld.permissions_of(standing);
end
$$;

-- Whether the person asking may do something in the organisation they act for. Never null: what
-- nobody has been given, nobody may.
create function upheld.may(permission text) returns boolean
language sql stable
return coalesce(permission = any(upheld.current_permissions()), false);

-- The organisations that somebody belongs to, longest first: for the frame of their pages.
create function upheld.seats_of(whose uuid) returns jsonb
language sql stable security definer set search_path = ''
begin atomic
    select
        coalesce(
            pg_catalog.jsonb_agg(
                pg_catalog.jsonb_build_object('organisation_id', o.id, 'name', o.name) order by m.joined_at, o.id
            ), '[]'
        )
    from upheld.members as m
    inner join upheld.organisations as o on m.organisation_id = o.id
    where m.person_id = whose;
end;

grant execute on function upheld.permissions_of(text) to queue_writer;
grant execute on function upheld.current_permissions(), upheld.may(text) to web, record_reader, queue_writer;
-- The append-only security audit log.
--
-- An entry is written in the transaction of the act it records. Its leaf commits to a
-- salt and the entry's content, so that the tree which later seals the leaves can prove
-- an entry without revealing its neighbours. Ids are pseudonymous; the address and the
-- browser are ciphertext under a monthly log key, so that nobody can erase the evidence
-- of an intrusion by erasing their own account.
create table upheld.audit_entries (
    id bigint primary key generated always as identity,
    at timestamptz not null default upheld.clock_now(),
    actor_id uuid,
    organisation_id uuid,
    action text not null check (action ~ '^[a-z]+\.[a-z_]+$'),
    target_kind text check (target_kind ~ '^[a-z_]+$'),
    target_id uuid,
    details jsonb not null default '{}' check (pg_catalog.jsonb_typeof(details) = 'object'),
    origin_sealed bytea,
    salt bytea not null check (length(salt) = 32),
    leaf bytea not null check (length(leaf) = 32),
    -- What of its organisation's an act concerns, for its activity (ADR 0025). Named one by one: what a
    -- member does with their own account, and with candidates, concerns nobody there.
    concerns text generated always as (
        case
            when action in (
                'member.invited', 'invitation.sent_again', 'invitation.revoked', 'invitation.accepted',
                'invitation.declined', 'member.left', 'member.removed', 'member.role_changed',
                'member.ownership_offered', 'member.ownership_offer_ended', 'member.ownership_accepted'
            ) then 'members'
            when action in ('role.made', 'role.altered', 'role.removed') then 'roles'
            when action in (
                'permission.organisation_founded', 'permission.fair_use_accepted', 'organisation.changed',
                'organisation.factor_required', 'organisation.factor_rule_lifted'
            ) then 'organisation'
            when action in ('job.posted', 'job.changed') then 'jobs'
            when action in ('activity.viewed', 'activity.exported') then 'activity'
        end
    ) stored
);
create index audit_entries_actor_id_idx on upheld.audit_entries (actor_id, id);
create index audit_entries_organisation_id_idx on upheld.audit_entries (organisation_id, at, id)
where concerns is not null;
create index audit_entries_concerns_idx on upheld.audit_entries (organisation_id, concerns, at, id)
where concerns is not null;
-- Whether the person asking may read what members did in the organisation they act for, and it is written
-- down that they do: within the hour. What nobody is told of is not shown.
create function upheld.has_looked_at_activity() returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
    who uuid[] := upheld.asking();
begin
    return upheld.may('audit:view') and exists (
        select from upheld.audit_entries as e
        where
            e.organisation_id = who[2] and e.concerns = 'activity' and e.actor_id = who[1]
            and e.at > upheld.clock_now() - interval '1 hour'
    );
end
$$;
alter table upheld.audit_entries enable row level security;
alter table upheld.audit_entries force row level security;
alter table upheld.audit_entries alter column origin_sealed set statistics 0;
alter table upheld.audit_entries alter column salt set statistics 0;
alter table upheld.audit_entries alter column leaf set statistics 0;
create policy entries_are_appended_by_the_audit_writer on upheld.audit_entries
for insert to audit_writer with check (length(leaf) = 32);
create policy entries_are_seen_by_the_person_who_acted on upheld.audit_entries
for select to web using (actor_id = (select upheld.current_person()));
create policy entries_of_an_organisation_are_seen_by_who_has_looked on upheld.audit_entries
for select to web using (
    organisation_id = (select upheld.current_organisation()) and concerns is not null
    and (select upheld.has_looked_at_activity())
);
create policy own_looks_are_found_by_the_audit_writer on upheld.audit_entries
for select to audit_writer using (actor_id = (select upheld.current_person()) and concerns = 'activity');
create policy entries_are_seen_by_the_auditor on upheld.audit_entries
for select to auditor using (length(leaf) = 32);
grant insert (at, actor_id, organisation_id, action, target_kind, target_id, details, origin_sealed, salt, leaf)
on upheld.audit_entries to audit_writer;
grant select on upheld.audit_entries to auditor;
-- Whence an act came is not for a page: the browser's address says where somebody lives and works.
grant select (id, at, actor_id, organisation_id, action, target_kind, target_id, details, concerns)
on upheld.audit_entries to web;
grant select (at, actor_id, organisation_id, concerns) on upheld.audit_entries to audit_writer;
comment on table upheld.audit_entries is 'Who did what to whom, when and from where; appended, never changed.';
call upheld.classify('upheld.audit_entries', '{id,at,actor_id,organisation_id,action,target_kind,target_id,details,concerns}', 'record', 'person', '{security}', 'legal obligation', 'audit', true, 'kept');
call upheld.classify('upheld.audit_entries', '{origin_sealed}', 'technical', 'person', '{security}', 'legal obligation', 'log month', false, 'key');
call upheld.classify('upheld.audit_entries', '{salt,leaf}', 'technical', 'nobody', '{security}', 'legal obligation', 'audit', false, 'kept');

-- Not even a role that is granted the right by mistake can change what is written.
create function upheld.refuse_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception 'The audit log is only ever appended to.' using errcode = '42501';
end
$$;
create trigger entries_are_never_changed before update or delete or truncate on upheld.audit_entries
for each statement execute function upheld.refuse_change();

-- The bytes an entry's leaf commits to, after its salt. Whoever holds an entry can rebuild them.
create function upheld.audit_content(
    at timestamptz, actor_id uuid, organisation_id uuid, action text,
    target_kind text, target_id uuid, details jsonb, origin_sealed bytea
) returns bytea
language sql stable set search_path = ''
return pg_catalog.convert_to(pg_catalog.jsonb_build_array(
    pg_catalog.to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    actor_id, organisation_id, action, target_kind, target_id, details,
    pg_catalog.encode(pg_catalog.sha256(origin_sealed), 'hex')
)::text, 'UTF8');

create function upheld.append_entry(
    actor_id uuid, organisation_id uuid, action text,
    target_kind text, target_id uuid, details jsonb, origin_sealed bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    clock timestamptz := upheld.clock_now();
    salt bytea := pg_catalog.sha256(pg_catalog.convert_to(
        pg_catalog.gen_random_uuid()::text || pg_catalog.gen_random_uuid()::text
        || pg_catalog.gen_random_uuid()::text, 'UTF8'));
begin
    insert into upheld.audit_entries
    (at, actor_id, organisation_id, action, target_kind, target_id, details, origin_sealed, salt, leaf)
    values (
        clock, actor_id, organisation_id, action, target_kind, target_id, details, origin_sealed, salt,
        pg_catalog.sha256(salt || upheld.audit_content(
            clock, actor_id, organisation_id, action, target_kind, target_id, details, origin_sealed))
    );
end
$$;

-- Records an act of the person whose context is open: nobody can write an entry in
-- another's name, nor in nobody's, which would look like a duty of the platform.
create function upheld.record_act(
    action text, target_kind text, target_id uuid, details jsonb, origin_sealed bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    who uuid[] := upheld.asking();
begin
    if who[1] is null then
        raise exception 'Only a person records an act.' using errcode = '42501';
    end if;
    -- What is not recorded does not happen, since both are one transaction: so these acts
    -- happen to nobody who has not just proved who they are.
    if action = any(array['data.exported', 'activity.exported']) then
        perform upheld.demand_fresh_proof();
    end if;
    -- Of an organisation that keeps somebody out until they have a factor, it is still what they did there.
    perform upheld.append_entry(
        who[1], coalesce(who[2], who[5]), action,
        target_kind, target_id, details, origin_sealed);
end
$$;

-- Records what happens before anyone is signed in: sign-ins, failures, registrations.
create function upheld.record_at_the_gate(
    actor_id uuid, action text, details jsonb, origin_sealed bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if action !~ '^(account|session|attempt|factor)\.' then
        raise exception 'The gate records accounts, sessions, factors and attempts only.' using errcode = '42501';
    end if;
    perform upheld.append_entry(actor_id, null, action, 'person', actor_id, details, origin_sealed);
end
$$;

-- Records a duty of the platform itself, such as a key rotation or a retention run.
create function upheld.record_duty(action text, details jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if action !~ '^(keys|retention|maintenance|proof)\.' then
        raise exception 'A duty is about keys, retention, maintenance or proof.' using errcode = '42501';
    end if;
    perform upheld.append_entry(null, null, action, null, null, details, null);
end
$$;

-- Has the person asking look at what members did in the organisation they act for: written down once an
-- hour, however many pages they turn. False, and nothing written, when they may not.
create function upheld.look_at_activity(origin_sealed bytea) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    who uuid[] := upheld.asking();
begin
    if not upheld.may('audit:view') then
        return false;
    end if;
    if not upheld.has_looked_at_activity() then
        perform upheld.append_entry(
            who[1], who[2], 'activity.viewed', 'organisation', who[2], '{}', origin_sealed);
    end if;
    return true;
end
$$;

grant execute on function upheld.current_permissions(), upheld.may(text) to audit_writer;
grant execute on function upheld.has_looked_at_activity(), upheld.look_at_activity(bytea) to web;
grant execute on function upheld.record_act(text, text, uuid, jsonb, bytea) to web, worker;
grant execute on function upheld.record_at_the_gate(uuid, text, jsonb, bytea) to gate;
grant execute on function upheld.record_duty(text, jsonb) to maintenance;
grant execute on function upheld.audit_content(timestamptz, uuid, uuid, text, text, uuid, jsonb, bytea) to auditor;
-- The shared store of limits: exact across every process and node.
--
-- A row is the log of the last tries of one kind by one subject, as many as the limit counts. A
-- window moves with the clock: no stretch of time, wherever it begins, holds more than the limit.
create table upheld.limit_counters (
    subject bytea primary key check (length(subject) = 32),
    taken_at timestamptz[] not null check (cardinality(taken_at) between 1 and 1000),
    expires_at timestamptz not null
) with (fillfactor = 70);
alter table upheld.limit_counters enable row level security;
alter table upheld.limit_counters force row level security;
alter table upheld.limit_counters alter column subject set statistics 0;
create policy counters_are_read_by_their_keeper on upheld.limit_counters
for select to limit_keeper using (length(subject) = 32);
create policy counters_are_added_by_their_keeper on upheld.limit_counters
for insert to limit_keeper with check (expires_at > upheld.clock_now());
create policy counters_are_raised_by_their_keeper on upheld.limit_counters
for update to limit_keeper using (length(subject) = 32) with check (expires_at > upheld.clock_now());
create policy spent_counters_are_dropped_by_their_keeper on upheld.limit_counters
for delete to limit_keeper using (expires_at <= upheld.clock_now());
grant select, insert, update (taken_at, expires_at), delete on upheld.limit_counters to limit_keeper;
comment on table upheld.limit_counters is 'When something was tried; the subject is a keyed hash, never an address.';
call upheld.classify('upheld.limit_counters', '{subject,taken_at,expires_at}', 'technical', 'nobody', '{security}', 'legitimate interest', 'limit', false, 'row');

-- How long to wait, in seconds, after these tries (the last is the latest): until each of the
-- limits has one to give, since its n-th last try lies further back than its time.
create function upheld.wait_after(
    taken_at timestamptz[], at_most integer[], per interval[], clock timestamptz
) returns integer
language sql stable set search_path = ''
return (
    select coalesce(max(ceil(extract(epoch from least(nth + allowed.per - wait_after.clock, allowed.per)))), 0)::integer
    from (
        select
            wait_after.taken_at[cardinality(wait_after.taken_at) + 1 - a.at_most] as nth,
            a.per
        from unnest(wait_after.at_most, wait_after.per) as a (at_most, per)
    ) as allowed
    where nth + allowed.per > wait_after.clock
);

-- Whether a limit is spent, without taking from it: the seconds to wait, or zero. `formers` are
-- the subject's names under keys that were replaced: it is known by them until it is taken from.
create function upheld.look_at_limit(subject bytea, formers bytea[], at_most integer[], per interval[])
returns integer
language sql stable security definer set search_path = ''
return coalesce((
    select upheld.wait_after(c.taken_at, look_at_limit.at_most, look_at_limit.per, upheld.clock_now())
    from upheld.limit_counters as c
    where c.subject = look_at_limit.subject or c.subject = any(look_at_limit.formers)
    order by (c.subject = look_at_limit.subject) desc, c.expires_at desc
    limit 1
), 0);

-- Takes one from a limit: zero when each of its figures had one to give, and the try is in the
-- log; else the seconds to wait, and nothing was taken.
create function upheld.take_from_limit(subject bytea, formers bytea[], at_most integer[], per interval[])
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
    clock timestamptz := upheld.clock_now();
    ends timestamptz := clock + (select max(p) from unnest(take_from_limit.per) as p);
    kept integer := (select max(m) from unnest(take_from_limit.at_most) as m);
begin
    if cardinality(take_from_limit.formers) > 0 then
        insert into upheld.limit_counters (subject, taken_at, expires_at)
        select take_from_limit.subject, c.taken_at, c.expires_at
        from upheld.limit_counters as c
        where c.subject = any(take_from_limit.formers) and c.expires_at > clock
        order by c.expires_at desc limit 1
        on conflict on constraint limit_counters_pkey do nothing;
    end if;
    -- Whoever comes at the same moment waits for this row, and finds what is in it by then. A
    -- clock that lags behind that of the last try counts as that: the log stays in order.
    insert into upheld.limit_counters as c (subject, taken_at, expires_at)
    values (take_from_limit.subject, array[clock], ends)
    on conflict on constraint limit_counters_pkey do update
    set
        taken_at = c.taken_at[greatest(cardinality(c.taken_at) + 2 - kept, 1):]
        || greatest(clock, c.taken_at[cardinality(c.taken_at)]),
        expires_at = greatest(ends, c.expires_at)
    where upheld.wait_after(c.taken_at, take_from_limit.at_most, take_from_limit.per, clock) = 0;
    if found then
        return 0;
    end if;
    return greatest(1, upheld.look_at_limit(
        take_from_limit.subject, '{}', take_from_limit.at_most, take_from_limit.per));
end
$$;

-- Drops counters whose time is over; returns how many.
create function upheld.drop_spent_counters() returns bigint
language sql volatile security definer set search_path = ''
begin atomic
    with gone as (
        delete from upheld.limit_counters where expires_at <= upheld.clock_now() returning 1
    )

    select count(*) from gone;
end;

grant execute on function upheld.take_from_limit(bytea, bytea[], integer[], interval[]) to gate, web;
grant execute on function upheld.look_at_limit(bytea, bytea[], integer[], interval[]) to gate;
grant execute on function upheld.drop_spent_counters() to maintenance;
-- What people were told, word for word, and what they agreed to.
create table upheld.notices (
    id uuid primary key,
    kind text not null check (kind in ('account', 'application', 'fair-use')),
    version text not null,
    language text not null,
    body text not null,
    sha256 bytea not null check (sha256 = pg_catalog.sha256(pg_catalog.convert_to(body, 'UTF8'))),
    published_at timestamptz not null default upheld.clock_now(),
    unique (kind, version, language)
);
alter table upheld.notices enable row level security;
alter table upheld.notices force row level security;
create policy published_notices_are_seen_by_everyone on upheld.notices
for select to web, gate, worker, credential_keeper using (published_at is not null);
create policy notices_are_published_by_maintenance on upheld.notices
for insert to maintenance with check (published_at is not null);
create policy notices_are_read_by_maintenance on upheld.notices
for select to maintenance using (published_at is not null);
grant select on upheld.notices to web, gate, worker, credential_keeper, maintenance;
grant insert (id, kind, version, language, body, sha256) on upheld.notices to maintenance;
comment on table upheld.notices is 'Every published wording of every notice; never edited, only followed by the next version.';
call upheld.classify('upheld.notices', '{id,kind,version,language,body,sha256,published_at}', 'consent', 'nobody', '{consent}', 'legal obligation', 'consent', false, 'kept');

-- One row each time a person gives or withdraws a consent. Appended, never changed.
create table upheld.consents (
    id uuid primary key default gen_random_uuid(),
    person_id uuid not null default upheld.current_person(),
    purpose text not null check (purpose in ('account', 'resume-reading', 'application')),
    organisation_id uuid references upheld.organisations (id),
    notice_id uuid not null references upheld.notices (id),
    given boolean not null,
    at timestamptz not null default upheld.clock_now(),
    origin_sealed bytea,
    check ((purpose = 'application') = (organisation_id is not null))
);
create index consents_person_id_idx on upheld.consents (person_id, purpose, at);
create index consents_organisation_id_idx on upheld.consents (organisation_id);
create index consents_notice_id_idx on upheld.consents (notice_id);
alter table upheld.consents enable row level security;
alter table upheld.consents force row level security;
alter table upheld.consents alter column origin_sealed set statistics 0;
create policy consents_are_seen_by_their_person on upheld.consents
for select to web using (person_id = (select upheld.current_person()));
create policy consents_are_recorded_by_their_person on upheld.consents
for insert to web with check (
    person_id = (select upheld.current_person())
    -- The wording that is named is one about this purpose.
    and exists (
        select from upheld.notices as n
        where n.id = notice_id and n.kind = case purpose when 'application' then 'application' else 'account' end
    )
);
create policy first_consents_are_recorded_at_the_gate on upheld.consents
for insert to credential_keeper with check (organisation_id is null);
create policy platform_consents_go_with_the_account on upheld.consents
for delete to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
    and organisation_id is null
);
create policy consents_are_seen_by_the_eraser on upheld.consents
for select to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
grant select on upheld.consents to web, eraser;
grant insert (purpose, organisation_id, notice_id, given, origin_sealed) on upheld.consents to web;
grant insert (person_id, purpose, notice_id, given, origin_sealed) on upheld.consents to credential_keeper;
grant delete on upheld.consents to eraser;
comment on table upheld.consents is 'Consent given or withdrawn, purpose by purpose, with the notice that was shown.';
call upheld.classify('upheld.consents', '{id,person_id,purpose,organisation_id,notice_id,given,at}', 'consent', 'person', '{consent}', 'legal obligation', 'consent', true, 'row');
call upheld.classify('upheld.consents', '{origin_sealed}', 'technical', 'person', '{consent}', 'legal obligation', 'log month', false, 'key');
-- Getting in: what the gate may ask of the database, and nothing more.

create policy people_are_known_to_the_credential_keeper on upheld.people
for select to credential_keeper using (length(email_index) = 33);
create policy people_are_added_by_the_credential_keeper on upheld.people
for insert to credential_keeper with check (length(email_index) = 33);
create policy addresses_are_verified_by_the_credential_keeper on upheld.people
for update to credential_keeper using (verified_at is null) with check (verified_at is not null);
create policy a_person_sees_their_own_account on upheld.people
for select to web, worker using (id = (select upheld.current_person()));
create policy a_person_chooses_their_language on upheld.people
for update to web using (id = (select upheld.current_person())) with check (id = (select upheld.current_person()));
grant select, insert, update (verified_at) on upheld.people to credential_keeper;
grant select on upheld.people to web, worker;
grant update (language) on upheld.people to web;

create policy hashes_are_read_by_the_credential_keeper on upheld.credentials
for select to credential_keeper using (password_hash is not null);
create policy hashes_are_set_by_the_credential_keeper on upheld.credentials
for insert to credential_keeper with check (password_hash is not null);
create policy hashes_are_replaced_by_the_credential_keeper on upheld.credentials
for update to credential_keeper using (password_hash is not null);
create policy hashes_that_nobody_proved_are_wiped_by_the_credential_keeper on upheld.credentials
for delete to credential_keeper using (password_hash is not null);
grant select, insert, update (password_hash, changed_at), delete on upheld.credentials to credential_keeper;

create policy links_are_made_by_the_credential_keeper on upheld.email_verifications
for insert to credential_keeper with check (expires_at > upheld.clock_now());
create policy links_are_read_by_the_credential_keeper on upheld.email_verifications
for select to credential_keeper using (expires_at > upheld.clock_now());
create policy links_are_used_up_by_the_credential_keeper on upheld.email_verifications
for delete to credential_keeper using (expires_at > upheld.clock_now());
grant select, insert, delete on upheld.email_verifications to credential_keeper;

create policy sessions_are_minted_by_the_credential_keeper on upheld.sessions
for insert to credential_keeper with check (revoked_at is null);
create policy sessions_are_returned_by_the_credential_keeper on upheld.sessions
for select to credential_keeper using (revoked_at is null);
create policy sessions_are_freshened_by_the_credential_keeper on upheld.sessions
for update to credential_keeper using (revoked_at is null);
create policy a_person_sees_their_own_sessions on upheld.sessions
for select to web using (person_id = (select upheld.current_person()));
create policy a_person_ends_their_own_sessions on upheld.sessions
for update to web using (person_id = (select upheld.current_person()) and revoked_at is null)
with check (person_id = (select upheld.current_person()));
grant select, insert, update (proven_at, secret_hash) on upheld.sessions to credential_keeper;
grant select (
    id, person_id, organisation_id, created_at, last_seen_at, proven_at, idle_for, expires_at, revoked_at, strength,
    origin_sealed
) on upheld.sessions to web;
grant update (revoked_at, organisation_id) on upheld.sessions to web;

create policy memberships_are_looked_up_at_sign_in on upheld.members
for select to credential_keeper using (role in ('owner', 'manager', 'interviewer', 'custom'));
grant select on upheld.members to credential_keeper;

-- Adds a person with credential, pending link and first consents. False, and nothing is
-- written, when the address is taken; the caller answers the same either way.
--   consents: [{"purpose", "notice_id", "given"}]
create function upheld.register_person(
    new_id uuid, new_email_index bytea, new_email_sealed bytea, new_password_hash text,
    link_hash bytea, link_lives interval, consents jsonb, origin_sealed bytea, as_probe boolean, speaks text
) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into upheld.people (id, email_index, email_sealed, is_probe, language)
    values (new_id, new_email_index, new_email_sealed, as_probe, speaks)
    on conflict (email_index) do nothing;
    if not found then
        return false;
    end if;
    -- Whoever comes through a provider has no password, and nobody can sign in as invented people.
    if new_password_hash is not null then
        insert into upheld.credentials (person_id, password_hash) values (new_id, new_password_hash);
    end if;
    insert into upheld.email_verifications (token_hash, person_id, expires_at)
    values (link_hash, new_id, upheld.clock_now() + link_lives);
    insert into upheld.consents (person_id, purpose, notice_id, given, origin_sealed)
    select new_id, c.purpose, c.notice_id, c.given, register_person.origin_sealed
    from pg_catalog.jsonb_to_recordset(consents) as c (purpose text, notice_id uuid, given boolean);
    return true;
end
$$;

-- Registering an address again before it was proven: the newer password and link count,
-- and the older ones are worth nothing, whoever chose them. Without a password when the
-- newer registration came through a provider. Who is waiting, or null.
create function upheld.register_again(
    whose_email_index bytea, new_password_hash text, link_hash bytea, link_lives interval
) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    waiting uuid;
begin
    select id into waiting from upheld.people
    where email_index = whose_email_index and verified_at is null;
    delete from upheld.credentials where person_id = waiting;
    if waiting is not null and new_password_hash is not null then
        insert into upheld.credentials (person_id, password_hash) values (waiting, new_password_hash);
    end if;
    delete from upheld.email_verifications where person_id = waiting;
    return upheld.renew_link(whose_email_index, link_hash, link_lives);
end
$$;

-- Whose address a link proves, with the hash of the password that was chosen for it last, if one was.
create function upheld.verification_of(link_hash bytea) returns table (person_id uuid, password_hash text)
language sql stable security definer set search_path = ''
begin atomic
    select v.person_id, c.password_hash from upheld.email_verifications as v
    left join upheld.credentials as c on v.person_id = c.person_id
    where v.token_hash = link_hash;
end;

-- Uses up a link; the person whose address it proves, or null. What was there before the proof
-- is worth nothing after it: sessions, other links. The password is the one that whoever
-- opened the link has typed (`verification_of`), never one that a stranger chose.
create function upheld.verify_email(link_hash bytea) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    proven uuid;
begin
    delete from upheld.email_verifications where token_hash = link_hash
    returning person_id into proven;
    if proven is not null then
        update upheld.people set verified_at = upheld.clock_now() where id = proven and verified_at is null;
        delete from upheld.email_verifications where person_id = proven;
        delete from upheld.account_links where person_id = proven;
        perform upheld.end_sessions_but(proven, null);
    end if;
    return proven;
end
$$;

-- Makes a new link for a person who is not verified yet; who they are, or null.
create function upheld.renew_link(whose_email_index bytea, link_hash bytea, link_lives interval)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    waiting uuid;
begin
    select id into waiting from upheld.people
    where email_index = whose_email_index and verified_at is null;
    if waiting is not null then
        insert into upheld.email_verifications (token_hash, person_id, expires_at)
        values (link_hash, waiting, upheld.clock_now() + link_lives);
    end if;
    return waiting;
end
$$;

-- Who uses an address, with their hash if they have a password; no row when nobody does.
create function upheld.find_credential(wanted_email_index bytea)
returns table (person_id uuid, password_hash text, verified boolean)
language sql stable security definer set search_path = ''
begin atomic
    select p.id, c.password_hash, p.verified_at is not null as verified
    from upheld.people as p
    left join upheld.credentials as c on p.id = c.person_id
    where p.email_index = wanted_email_index;
end;

-- The hash of a signed-in person, for asking them to prove themselves again.
create function upheld.credential_of(whose uuid) returns text
language sql stable security definer set search_path = ''
return (select c.password_hash from upheld.credentials as c where c.person_id = whose);

-- Replaces a hash, when the cost has risen or the password changed.
create function upheld.replace_credential(whose uuid, new_password_hash text) returns void
language sql volatile security definer set search_path = ''
begin atomic
    update upheld.credentials
    set password_hash = new_password_hash, changed_at = upheld.clock_now()
    where person_id = whose;
end;

-- Opens a session for a person whose proof the gate has checked. A member starts in the
-- organisation they joined first. Null, and nothing opened, while a factor is missing: whoever
-- has one gets no session for a password or for a provider's word alone, by whichever way. A provider's
-- word is no fresh proof: it may have been given without asking for anything (`freshen_session` for one that is).
create function upheld.mint_session(
    whose uuid, new_secret_hash bytea, idle interval, lives interval, how text
) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    opened uuid;
begin
    if how in ('password', 'provider') and upheld.has_factor(whose) then
        return null;
    end if;
    insert into upheld.sessions (person_id, secret_hash, idle_for, expires_at, strength, proven_at, organisation_id)
    values (
        whose, new_secret_hash, idle, upheld.clock_now() + lives, how,
        case when how <> 'provider' then upheld.clock_now() end,
        (
            select m.organisation_id from upheld.members as m
            where m.person_id = whose
            order by m.joined_at limit 1
        )
    )
    returning id into opened;
    return opened;
end
$$;

-- Notes that the person behind a session has just proved themselves again, and has the session
-- go on under another secret: whoever copied the old one is left outside at once. Until when it lasts;
-- null when it has ended.
create function upheld.freshen_session(whose uuid, which uuid, new_secret_hash bytea) returns timestamptz
language sql volatile security definer set search_path = ''
begin atomic
    update upheld.sessions set proven_at = upheld.clock_now(), secret_hash = new_secret_hash
    where id = which and person_id = whose and expires_at > upheld.clock_now()
    returning expires_at;
end;

grant execute on function
upheld.register_person(uuid, bytea, bytea, text, bytea, interval, jsonb, bytea, boolean, text),
upheld.register_again(bytea, text, bytea, interval),
upheld.verification_of(bytea),
upheld.verify_email(bytea),
upheld.renew_link(bytea, bytea, interval),
upheld.find_credential(bytea),
upheld.credential_of(uuid),
upheld.replace_credential(uuid, text),
upheld.mint_session(uuid, bytea, interval, interval, text),
upheld.freshen_session(uuid, uuid, bytea)
to gate;

-- Replacing the key of the blind index. An index is the number of its key and a hash, made
-- from the index of the key before: whoever replaces it reads nobody's address.
create policy indexes_of_addresses_are_raised on upheld.people
for update to retention_keeper using (length(email_index) = 33) with check (length(email_index) = 33);
create policy indexes_of_invited_addresses_are_raised on upheld.invitations
for update to retention_keeper using (length(email_index) = 33) with check (length(email_index) = 33);
create policy invitations_are_known_to_the_retention_keeper on upheld.invitations
for select to retention_keeper using (id is not null);
grant select (id, email_index), update (email_index) on upheld.people, upheld.invitations to retention_keeper;

-- Up to a thousand indexes that keys before the newest made: of people, and of whom was invited.
create function upheld.older_email_indexes(newest integer) returns table (id uuid, email_index bytea)
language sql stable security definer set search_path = ''
begin atomic
    select p.id, p.email_index from upheld.people as p
    where p.email_index < pg_catalog.set_byte('\x00'::bytea, 0, newest)
    union all
    select i.id, i.email_index from upheld.invitations as i
    where i.email_index < pg_catalog.set_byte('\x00'::bytea, 0, newest)
    order by email_index limit 1000;
end;

-- Stores the newest key's indexes, where the older ones still stand. Only ever a newer
-- generation (their first byte): nobody's can be put in another's place.
create function upheld.raise_email_indexes(whose uuid[], older bytea[], newer bytea[]) returns void
language sql volatile security definer set search_path = ''
begin atomic
    update upheld.people as p set email_index = r.newer
    from unnest(whose, older, newer) as r (id, older, newer)
    where
        p.id = r.id and p.email_index = r.older
        and pg_catalog.get_byte(r.newer, 0) > pg_catalog.get_byte(r.older, 0);
    update upheld.invitations as i set email_index = r.newer
    from unnest(whose, older, newer) as r (id, older, newer)
    where
        i.id = r.id and i.email_index = r.older
        and pg_catalog.get_byte(r.newer, 0) > pg_catalog.get_byte(r.older, 0);
end;

grant execute on function upheld.older_email_indexes(integer), upheld.raise_email_indexes(uuid[], bytea[], bytea[])
to maintenance;
-- Identities: who somebody is at another site, and the sign-ins that are on their way there.
--
-- Somebody is known by issuer and subject. No function here takes an address, or finds anybody
-- by one: what a provider says about addresses opens nothing that exists.

create table upheld.identities (
    id uuid primary key,
    person_id uuid not null references upheld.people (id) on delete cascade,
    issuer text not null check (length(issuer) between 1 and 300),
    -- The keyed hash of issuer and subject together: one identity opens one account.
    subject_index bytea not null unique check (length(subject_index) = 33),
    subject_sealed bytea not null,
    linked_at timestamptz not null default upheld.clock_now(),
    used_at timestamptz
);
create index identities_person_id_idx on upheld.identities (person_id);
alter table upheld.identities enable row level security;
alter table upheld.identities force row level security;
alter table upheld.identities alter column subject_index set statistics 0;
alter table upheld.identities alter column subject_sealed set statistics 0;
create policy identities_are_known_to_the_credential_keeper on upheld.identities
for select to credential_keeper using (length(subject_index) = 33);
create policy identities_are_linked_by_the_credential_keeper on upheld.identities
for insert to credential_keeper with check (length(subject_index) = 33);
create policy identities_are_used_by_the_credential_keeper on upheld.identities
for update to credential_keeper using (length(subject_index) = 33);
create policy identities_are_unlinked_by_the_credential_keeper on upheld.identities
for delete to credential_keeper using (length(subject_index) = 33);
create policy a_person_sees_their_own_identities on upheld.identities
for select to web using (person_id = (select upheld.current_person()));
grant select, insert, update (used_at), delete on upheld.identities to credential_keeper;
grant select (id, person_id, issuer, subject_sealed, linked_at, used_at) on upheld.identities to web;
comment on table upheld.identities is 'Other sites that a person signs in with: who they are there.';
call upheld.classify('upheld.identities', '{id,person_id,issuer,linked_at,used_at}', 'identity', 'person', '{account}', 'contract', 'account', true, 'row');
call upheld.classify('upheld.identities', '{subject_index}', 'identity', 'person', '{account}', 'contract', 'account', false, 'row');
call upheld.classify('upheld.identities', '{subject_sealed}', 'identity', 'person', '{account}', 'contract', 'account', true, 'key');

-- A browser that left for a provider and is expected back, once. Hashes of what it carries;
-- nobody's name, since nobody knows yet who comes back.
create table upheld.departures (
    state_hash bytea primary key check (length(state_hash) = 32),
    browser_hash bytea not null check (length(browser_hash) = 32),
    provider text not null check (provider ~ '^[a-z0-9]{1,40}$'),
    purpose text not null check (purpose in ('enter', 'link', 'prove')),
    begun_at timestamptz not null default upheld.clock_now(),
    expires_at timestamptz not null default upheld.clock_now() + interval '10 minutes'
);
create index departures_expires_at_idx on upheld.departures (expires_at);
alter table upheld.departures enable row level security;
alter table upheld.departures force row level security;
alter table upheld.departures alter column state_hash set statistics 0;
alter table upheld.departures alter column browser_hash set statistics 0;
create policy departures_are_noted_by_the_credential_keeper on upheld.departures
for insert to credential_keeper with check (expires_at > upheld.clock_now());
create policy departures_are_known_to_the_credential_keeper on upheld.departures
for select to credential_keeper using (expires_at > upheld.clock_now());
create policy departures_are_used_up_by_the_credential_keeper on upheld.departures
for delete to credential_keeper using (expires_at > upheld.clock_now());
grant select, insert (state_hash, browser_hash, provider, purpose), delete on upheld.departures to credential_keeper;
comment on table upheld.departures is 'Sign-ins on their way to another site and back.';
call upheld.classify('upheld.departures', '{state_hash,browser_hash,provider,purpose,begun_at,expires_at}', 'technical', 'nobody', '{account}', 'contract', 'link', false, 'row');

-- What was opened before an address was proven ends with the proof.
create policy sessions_that_predate_the_proof_are_ended on upheld.sessions
for delete to credential_keeper using (revoked_at is null);
grant delete on upheld.sessions to credential_keeper;

-- Notes that a browser leaves for a provider.
create function upheld.note_departure(
    new_state_hash bytea, new_browser_hash bytea, new_provider text, new_purpose text
) returns timestamptz
language sql volatile security definer set search_path = ''
begin atomic
    insert into upheld.departures (state_hash, browser_hash, provider, purpose)
    values (new_state_hash, new_browser_hash, new_provider, new_purpose)
    returning begun_at;
end;

-- Uses up a departure: what it was for, and since when; no row unless this very browser left for
-- this very provider within ten minutes and has not come back.
create function upheld.use_departure(wanted_state_hash bytea, from_browser_hash bytea, from_provider text)
returns table (purpose text, begun_at timestamptz)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query
    delete from upheld.departures as d
    where d.state_hash = wanted_state_hash and d.browser_hash = from_browser_hash and d.provider = from_provider
    returning d.purpose, d.begun_at;
end
$$;

-- Notes that an identity was proven; whose account it opens, or null.
create function upheld.use_identity(wanted_index bytea) returns uuid
language sql volatile security definer set search_path = ''
begin atomic
    update upheld.identities as i set used_at = upheld.clock_now()
    where i.subject_index = wanted_index
    returning i.person_id;
end;

-- Whether somebody can sign in at all, with anything.
create function upheld.has_a_way_in(whose uuid) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
    return exists (select from upheld.credentials as c where c.person_id = whose)
        or exists (select from upheld.identities as i where i.person_id = whose)
        or exists (select from upheld.passkeys as p where p.person_id = whose);
end
$$;

-- Links an identity to the person behind a session in which they have just proved who they are.
-- False, and nothing is written, when it opens an account already. Asked for under every
-- generation of its index, since the key may just be replaced.
create function upheld.link_identity(
    which_session uuid, new_id uuid, new_issuer text, known_indexes bytea[], new_subject_sealed bytea
) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    whose uuid;
begin
    select s.person_id into whose from upheld.sessions as s where s.id = which_session;
    if whose is null or not upheld.session_is_fresh(which_session) then
        raise exception 'An identity is linked in a session that has just been proven.' using errcode = 'UH001';
    end if;
    if exists (select from upheld.identities as i where i.subject_index = any(known_indexes)) then
        return false;
    end if;
    insert into upheld.identities (id, person_id, issuer, subject_index, subject_sealed)
    values (new_id, whose, new_issuer, known_indexes[1], new_subject_sealed)
    on conflict (subject_index) do nothing;
    return found;
end
$$;

-- Unlinks an identity of the person behind a session in which they have just proved who they are.
-- False when it is not theirs. The trigger below refuses when it is their last way in.
create function upheld.unlink_identity(which_session uuid, which uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not upheld.session_is_fresh(which_session) then
        raise exception 'An identity is unlinked in a session that has just been proven.' using errcode = 'UH001';
    end if;
    delete from upheld.identities as i
    using upheld.sessions as s
    where s.id = which_session and i.person_id = s.person_id and i.id = which;
    return found;
end
$$;

-- Uses up the link that proves the address of a new account, and makes the identity that it was
-- begun with its way in. Whatever else was waiting under that address is wiped: it was
-- chosen by somebody who had shown nothing. Who they are; null when the link is unknown or
-- too old, belongs to another registration, or the account is somebody's already.
create function upheld.verify_with_identity(
    link_hash bytea, waiting uuid, new_id uuid, new_issuer text, known_indexes bytea[], new_subject_sealed bytea
) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform from upheld.email_verifications as v
    inner join upheld.people as p on v.person_id = p.id
    where v.token_hash = link_hash and p.id = waiting and p.verified_at is null;
    if not found or exists (select from upheld.identities as i where i.subject_index = any(known_indexes)) then
        return null;
    end if;
    delete from upheld.credentials as c where c.person_id = waiting;
    delete from upheld.identities as i where i.person_id = waiting;
    delete from upheld.sessions as s where s.person_id = waiting;
    insert into upheld.identities (id, person_id, issuer, subject_index, subject_sealed, used_at)
    values (new_id, waiting, new_issuer, known_indexes[1], new_subject_sealed, upheld.clock_now());
    return upheld.verify_email(link_hash);
end
$$;

-- Nobody whose address is proven is left without a way in, whatever removes the last one: looked at
-- when the transaction ends, one after the other, so that two removals cannot pass each other.
create function upheld.keep_a_way_in() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(old.person_id::text, 72));
    if
        exists (select from upheld.people as p where p.id = old.person_id and p.verified_at is not null)
        and not upheld.has_a_way_in(old.person_id)
    then
        raise exception 'This is the last way in to the account.' using errcode = 'UH002';
    end if;
    return null;
end
$$;
create constraint trigger a_way_in_is_left after delete on upheld.identities
deferrable initially deferred for each row execute function upheld.keep_a_way_in();
create constraint trigger a_way_in_is_left after delete on upheld.credentials
deferrable initially deferred for each row execute function upheld.keep_a_way_in();

grant execute on function
upheld.note_departure(bytea, bytea, text, text),
upheld.use_departure(bytea, bytea, text),
upheld.use_identity(bytea),
upheld.link_identity(uuid, uuid, text, bytea[], bytea),
upheld.unlink_identity(uuid, uuid),
upheld.has_a_way_in(uuid),
upheld.verify_with_identity(bytea, uuid, uuid, text, bytea[], bytea)
to gate;

-- Replacing the key of the blind index, as for addresses.
create policy indexes_of_identities_are_raised on upheld.identities
for update to retention_keeper using (length(subject_index) = 33) with check (length(subject_index) = 33);
create policy indexes_of_identities_are_read_to_be_raised on upheld.identities
for select to retention_keeper using (length(subject_index) = 33);
grant select (id, subject_index), update (subject_index) on upheld.identities to retention_keeper;

-- Up to a thousand indexes that keys before the newest made.
create function upheld.older_identity_indexes(newest integer) returns table (id uuid, subject_index bytea)
language sql stable security definer set search_path = ''
begin atomic
    select i.id, i.subject_index from upheld.identities as i
    where i.subject_index < pg_catalog.set_byte('\x00'::bytea, 0, newest)
    order by i.subject_index limit 1000;
end;

-- Stores the newest key's indexes, where the older ones still stand; only ever a newer generation.
create function upheld.raise_identity_indexes(whose uuid[], older bytea[], newer bytea[]) returns void
language sql volatile security definer set search_path = ''
begin atomic
    update upheld.identities as i set subject_index = r.newer
    from unnest(whose, older, newer) as r (id, older, newer)
    where
        i.id = r.id and i.subject_index = r.older
        and pg_catalog.get_byte(r.newer, 0) > pg_catalog.get_byte(r.older, 0);
end;

grant execute on function
upheld.older_identity_indexes(integer), upheld.raise_identity_indexes(uuid[], bytea[], bytea[])
to maintenance;
-- Ways back into an account, and out of somebody else's hands: a forgotten password, a new
-- address, an address taken back. Each is a link that works once; only its hash is kept.
create table upheld.account_links (
    token_hash bytea primary key check (length(token_hash) = 32),
    person_id uuid not null references upheld.people (id) on delete cascade,
    purpose text not null check (purpose in ('reset', 'new address', 'former address')),
    email_sealed bytea,
    made_at timestamptz not null default upheld.clock_now(),
    expires_at timestamptz not null,
    check ((purpose = 'reset') = (email_sealed is null))
);
create index account_links_person_id_idx on upheld.account_links (person_id);
create index account_links_expires_at_idx on upheld.account_links (expires_at);
create unique index account_links_one_pending_idx on upheld.account_links (person_id, purpose)
where purpose <> 'former address';
alter table upheld.account_links enable row level security;
alter table upheld.account_links force row level security;
alter table upheld.account_links alter column token_hash set statistics 0;
alter table upheld.account_links alter column email_sealed set statistics 0;
create policy account_links_are_made_by_the_credential_keeper on upheld.account_links
for insert to credential_keeper with check (expires_at > upheld.clock_now());
create policy account_links_are_read_by_the_credential_keeper on upheld.account_links
for select to credential_keeper using (length(token_hash) = 32);
create policy account_links_are_used_up_by_the_credential_keeper on upheld.account_links
for delete to credential_keeper using (length(token_hash) = 32);
create policy a_person_sees_the_links_to_their_account on upheld.account_links
for select to web using (person_id = (select upheld.current_person()));
grant select, insert (token_hash, person_id, purpose, email_sealed, expires_at), delete
on upheld.account_links to credential_keeper;
grant select (person_id, purpose, email_sealed, made_at, expires_at) on upheld.account_links to web;
comment on table upheld.account_links is 'Links that reset a password, confirm a new address or take a former one back.';
call upheld.classify('upheld.account_links', '{token_hash}', 'technical', 'person', '{account}', 'contract', 'link', false, 'row');
call upheld.classify('upheld.account_links', '{person_id,purpose,made_at,expires_at}', 'technical', 'person', '{account}', 'contract', 'link', true, 'row');
call upheld.classify('upheld.account_links', '{email_sealed}', 'contact', 'person', '{account}', 'contract', 'link', true, 'key');

create policy addresses_are_replaced_by_the_credential_keeper on upheld.people
for update to credential_keeper using (verified_at is not null) with check (verified_at is not null);
create policy who_only_claimed_an_address_makes_room on upheld.people
for delete to credential_keeper using (verified_at is null);
grant update (email_index, email_sealed), delete on upheld.people to credential_keeper;
create policy sessions_are_ended_by_the_credential_keeper on upheld.sessions
for update to credential_keeper using (revoked_at is null) with check (revoked_at is not null);
create policy ended_sessions_are_known_to_the_credential_keeper on upheld.sessions
for select to credential_keeper using (revoked_at is not null);
grant update (revoked_at, origin_sealed) on upheld.sessions to credential_keeper;
create policy names_of_organisations_are_known_to_the_credential_keeper on upheld.organisations
for select to credential_keeper using (id is not null);
grant select (id, name) on upheld.organisations to credential_keeper;

-- Ends the sessions of a person but one, if one is to stay; how many there were.
create function upheld.end_sessions_but(whose uuid, stays uuid) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    ended bigint;
begin
    update upheld.sessions set revoked_at = upheld.clock_now()
    where
        person_id = whose and id is distinct from stays and revoked_at is null
        and least(expires_at, last_seen_at + idle_for) > upheld.clock_now();
    get diagnostics ended = row_count;
    return ended;
end
$$;

-- Keeps with a session that has just been opened where it was opened from, and ends the one
-- that was used longest ago when somebody has more than twenty.
create function upheld.settle_session(which uuid, opened_from bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update upheld.sessions set origin_sealed = opened_from where id = which;
    update upheld.sessions set revoked_at = upheld.clock_now()
    where id in (
        select s.id from upheld.sessions as s
        where
            s.person_id = (select own.person_id from upheld.sessions as own where own.id = which)
            and s.revoked_at is null and least(s.expires_at, s.last_seen_at + s.idle_for) > upheld.clock_now()
        order by s.id = which desc, s.last_seen_at desc, s.created_at desc
        offset 20
    );
end
$$;

-- What a password of somebody may not be made of, as it is stored.
create function upheld.own_words(whose uuid) returns table (email_sealed bytea, organisations text[])
language sql stable security definer set search_path = ''
begin atomic
    select
        p.email_sealed,
        array(
            select o.name from upheld.organisations as o
            inner join upheld.members as m on o.id = m.organisation_id
            where m.person_id = p.id
            order by o.name
        ) as organisations
    from upheld.people as p where p.id = whose;
end;

-- Changes the password of the person behind a session that has just proved who they are; how
-- many of their other sessions ended with it, when they were to.
create function upheld.change_password(which uuid, new_password_hash text, ends_others boolean) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    whose uuid := (select s.person_id from upheld.sessions as s where s.id = which and s.revoked_at is null);
begin
    if not upheld.session_is_fresh(which) then
        raise exception 'This needs a fresh proof of who is asking.' using errcode = 'UH001';
    end if;
    insert into upheld.credentials (person_id, password_hash) values (whose, new_password_hash)
    on conflict (person_id) do update
    set password_hash = excluded.password_hash, changed_at = upheld.clock_now();
    delete from upheld.account_links where person_id = whose and purpose = 'reset';
    return case when ends_others then upheld.end_sessions_but(whose, which) else 0 end;
end
$$;

-- Who uses an address, or only whoever has shown that it is theirs; null when nobody does.
create function upheld.person_at(wanted_email_index bytea, only_proven boolean) returns uuid
language sql stable security definer set search_path = ''
return (
    select p.id from upheld.people as p
    where p.email_index = wanted_email_index and (p.verified_at is not null or not only_proven)
);

-- Stores a link that lets a person choose another password; it is the only one from here on. For
-- nobody nothing is stored.
create function upheld.ask_reset(whose uuid, link_hash bytea, link_lives interval) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from upheld.account_links where person_id = whose and purpose = 'reset';
    insert into upheld.account_links (token_hash, person_id, purpose, expires_at)
    select link_hash, p.id, 'reset', upheld.clock_now() + link_lives from upheld.people as p where p.id = whose;
end
$$;

-- Whose a link is, with the address it is about; no row when it is used or too old.
create function upheld.account_link(link_hash bytea, wanted_purpose text)
returns table (person_id uuid, email_sealed bytea)
language sql stable security definer set search_path = ''
begin atomic
    select l.person_id, l.email_sealed from upheld.account_links as l
    where l.token_hash = link_hash and l.purpose = wanted_purpose and l.expires_at > upheld.clock_now();
end;

-- Uses a link up; whose it was, or null.
create function upheld.spend_link(link_hash bytea, wanted_purpose text) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    whose uuid;
begin
    delete from upheld.account_links
    where token_hash = link_hash and purpose = wanted_purpose and expires_at > upheld.clock_now()
    returning person_id into whose;
    return whose;
end
$$;

-- Gives whoever holds the link another password: only they read the mail. What was there before
-- is worth nothing any more: sessions, access tokens, sign-ins that wait for a factor, and a change
-- of address that was only asked for. An address that was not proven is from here on. Whose it was, or null.
create function upheld.use_reset(link_hash bytea, new_password_hash text) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    whose uuid := upheld.spend_link(link_hash, 'reset');
begin
    if whose is null then
        return null;
    end if;
    insert into upheld.credentials (person_id, password_hash) values (whose, new_password_hash)
    on conflict (person_id) do update
    set password_hash = excluded.password_hash, changed_at = upheld.clock_now();
    update upheld.people set verified_at = upheld.clock_now() where id = whose and verified_at is null;
    delete from upheld.email_verifications where person_id = whose;
    delete from upheld.account_links where person_id = whose and purpose = 'new address';
    perform upheld.end_sessions_but(whose, null);
    perform upheld.end_what_opens(whose);
    return whose;
end
$$;

-- Stores the address that the person behind a session wants to use; the former wish is void. It
-- takes somebody who has just proved who they are.
create function upheld.ask_new_address(which uuid, link_hash bytea, new_email_sealed bytea, link_lives interval)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    whose uuid := (select s.person_id from upheld.sessions as s where s.id = which and s.revoked_at is null);
begin
    if not upheld.session_is_fresh(which) then
        raise exception 'This needs a fresh proof of who is asking.' using errcode = 'UH001';
    end if;
    delete from upheld.account_links where person_id = whose and purpose = 'new address';
    insert into upheld.account_links (token_hash, person_id, purpose, email_sealed, expires_at)
    values (link_hash, whose, 'new address', new_email_sealed, upheld.clock_now() + link_lives);
end
$$;

-- Removes whoever only claimed to have an address and never showed it: they keep it from nobody
-- whose it is. Who they were said to be, so that their keys can go too.
create function upheld.make_room_at(wanted_email_indexes bytea[]) returns setof uuid
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query delete from upheld.people
    where email_index = any(wanted_email_indexes) and verified_at is null
    returning id;
end
$$;

-- Uses up the link in the mail to a new address: it is the account's from here on. The former one
-- can be taken back with another link for a while. Whose it was, or null.
create function upheld.take_new_address(link_hash bytea, new_email_index bytea, way_back_hash bytea, way_back_lives interval)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    wanted bytea := (select l.email_sealed from upheld.account_links as l where l.token_hash = link_hash);
    whose uuid := upheld.spend_link(link_hash, 'new address');
begin
    if whose is null then
        return null;
    end if;
    insert into upheld.account_links (token_hash, person_id, purpose, email_sealed, expires_at)
    select way_back_hash, p.id, 'former address', p.email_sealed, upheld.clock_now() + way_back_lives
    from upheld.people as p where p.id = whose;
    update upheld.people set email_index = new_email_index, email_sealed = wanted where id = whose;
    delete from upheld.account_links where person_id = whose and purpose = 'reset';
    return whose;
end
$$;

-- Uses up the link in the mail to a former address: it is the account's again. Whoever changed it
-- loses what they had: the password, every session and access token, every link that was made since. Whose it
-- was, or null.
create function upheld.take_address_back(link_hash bytea, former_email_index bytea, new_password_hash text)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    former upheld.account_links := (select l from upheld.account_links as l where l.token_hash = link_hash);
    whose uuid := upheld.spend_link(link_hash, 'former address');
begin
    if whose is null then
        return null;
    end if;
    update upheld.people set email_index = former_email_index, email_sealed = former.email_sealed where id = whose;
    insert into upheld.credentials (person_id, password_hash) values (whose, new_password_hash)
    on conflict (person_id) do update
    set password_hash = excluded.password_hash, changed_at = upheld.clock_now();
    -- What lets in and is younger than the change goes. What was there before stays: a mailbox
    -- alone passes no second factor by.
    delete from upheld.passkeys where person_id = whose and created_at >= former.made_at;
    delete from upheld.authenticator_apps where person_id = whose and created_at >= former.made_at;
    delete from upheld.identities where person_id = whose and linked_at >= former.made_at;
    delete from upheld.recovery_codes where person_id = whose and (made_at >= former.made_at or not upheld.has_factor(whose));
    delete from upheld.account_links where person_id = whose and (purpose <> 'former address' or made_at >= former.made_at);
    perform upheld.end_sessions_but(whose, null);
    perform upheld.end_what_opens(whose);
    return whose;
end
$$;

-- Ends every session of a person, and what else lets them in without a new sign-in, access tokens and
-- sign-ins that wait for a factor, on the word of whoever operates the deployment. It leaves an entry in
-- the log, in nobody's name. How many sessions there were; null when there is no such person.
create function upheld.end_sessions_of(whose uuid, or_at bytea[]) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
    known uuid := (select p.id from upheld.people as p where p.id = whose or p.email_index = any(or_at) limit 1);
    ended bigint;
begin
    if known is null then
        return null;
    end if;
    ended := upheld.end_sessions_but(known, null);
    perform upheld.end_what_opens(known);
    perform upheld.append_entry(
        null, null, 'session.ended_by_operator', 'person', known, pg_catalog.jsonb_build_object('others', ended), null);
    return ended;
end
$$;

grant execute on function upheld.append_entry(uuid, uuid, text, text, uuid, jsonb, bytea) to credential_keeper;
grant execute on function
upheld.settle_session(uuid, bytea),
upheld.own_words(uuid),
upheld.change_password(uuid, text, boolean),
upheld.person_at(bytea, boolean),
upheld.ask_reset(uuid, bytea, interval),
upheld.account_link(bytea, text),
upheld.use_reset(bytea, text),
upheld.ask_new_address(uuid, bytea, bytea, interval),
upheld.make_room_at(bytea[]),
upheld.take_new_address(bytea, bytea, bytea, interval),
upheld.take_address_back(bytea, bytea, text)
to gate;
grant execute on function upheld.end_sessions_of(uuid, bytea[]) to maintenance;
-- Strong sign-in: what a person has beside their password, and the sign-in that waits for it.
--
-- Nobody but the gate's functions reads what proves a factor; the role web sees names and dates.
-- What changes a factor asks for the session that changes it, and refuses one that was not proven
-- within the last ten minutes.

-- An app that shows codes (RFC 6238): its shared secret, sealed under the person's key.
create table upheld.authenticator_apps (
    person_id uuid primary key references upheld.people (id) on delete cascade,
    secret_sealed bytea not null,
    created_at timestamptz not null default upheld.clock_now(),
    confirmed_at timestamptz,
    last_step bigint,
    last_used_at timestamptz,
    check ((confirmed_at is null) = (last_step is null))
);
alter table upheld.authenticator_apps enable row level security;
alter table upheld.authenticator_apps force row level security;
alter table upheld.authenticator_apps alter column secret_sealed set statistics 0;
create policy apps_are_read_by_the_credential_keeper on upheld.authenticator_apps
for select to credential_keeper using (person_id is not null);
create policy apps_are_begun_by_the_credential_keeper on upheld.authenticator_apps
for insert to credential_keeper with check (confirmed_at is null);
create policy apps_are_advanced_by_the_credential_keeper on upheld.authenticator_apps
for update to credential_keeper using (person_id is not null) with check (last_step is not null);
create policy apps_are_removed_by_the_credential_keeper on upheld.authenticator_apps
for delete to credential_keeper using (person_id is not null);
create policy a_person_sees_their_own_app on upheld.authenticator_apps
for select to web using (person_id = (select upheld.current_person()));
grant select, insert (person_id, secret_sealed), update (confirmed_at, last_step, last_used_at), delete
on upheld.authenticator_apps to credential_keeper;
grant select (person_id, created_at, confirmed_at, last_used_at) on upheld.authenticator_apps to web;
comment on table upheld.authenticator_apps is 'The app that shows a person codes; it counts once it has shown one.';
call upheld.classify('upheld.authenticator_apps', '{person_id,created_at,confirmed_at,last_used_at}', 'technical', 'person', '{account}', 'contract', 'account', true, 'row');
call upheld.classify('upheld.authenticator_apps', '{secret_sealed}', 'technical', 'person', '{account}', 'contract', 'account', false, 'key');
call upheld.classify('upheld.authenticator_apps', '{last_step}', 'technical', 'person', '{account}', 'contract', 'account', false, 'row');

-- A passkey: the public half of a key that a person's device holds (WebAuthn).
create table upheld.passkeys (
    id uuid primary key,
    person_id uuid not null references upheld.people (id) on delete cascade,
    credential_id bytea not null unique check (length(credential_id) between 16 and 1023),
    public_key bytea not null,
    sign_count bigint not null check (sign_count >= 0),
    name_sealed bytea not null,
    created_at timestamptz not null default upheld.clock_now(),
    last_used_at timestamptz
);
create index passkeys_person_id_idx on upheld.passkeys (person_id);
alter table upheld.passkeys enable row level security;
alter table upheld.passkeys force row level security;
alter table upheld.passkeys alter column credential_id set statistics 0;
alter table upheld.passkeys alter column public_key set statistics 0;
alter table upheld.passkeys alter column name_sealed set statistics 0;
create policy passkeys_are_read_by_the_credential_keeper on upheld.passkeys
for select to credential_keeper using (person_id is not null);
create policy passkeys_are_added_by_the_credential_keeper on upheld.passkeys
for insert to credential_keeper with check (last_used_at is null);
create policy passkeys_are_counted_on_by_the_credential_keeper on upheld.passkeys
for update to credential_keeper using (person_id is not null) with check (last_used_at is not null);
create policy passkeys_are_removed_by_the_credential_keeper on upheld.passkeys
for delete to credential_keeper using (person_id is not null);
create policy a_person_sees_their_own_passkeys on upheld.passkeys
for select to web using (person_id = (select upheld.current_person()));
grant select, insert (id, person_id, credential_id, public_key, sign_count, name_sealed),
update (sign_count, last_used_at), delete
on upheld.passkeys to credential_keeper;
grant select (id, person_id, name_sealed, created_at, last_used_at) on upheld.passkeys to web;
comment on table upheld.passkeys is 'The passkeys of a person: public keys, and how often each was used.';
call upheld.classify('upheld.passkeys', '{id,person_id,created_at,last_used_at}', 'technical', 'person', '{account}', 'contract', 'account', true, 'row');
call upheld.classify('upheld.passkeys', '{name_sealed}', 'technical', 'person', '{account}', 'contract', 'account', true, 'key');
call upheld.classify('upheld.passkeys', '{credential_id,public_key,sign_count}', 'technical', 'person', '{account}', 'contract', 'account', false, 'row');

-- A recovery code, for when app and passkeys are out of reach; only its hash is kept.
create table upheld.recovery_codes (
    code_hash bytea primary key check (length(code_hash) = 32),
    person_id uuid not null references upheld.people (id) on delete cascade,
    made_at timestamptz not null default upheld.clock_now(),
    used_at timestamptz
);
create index recovery_codes_person_id_idx on upheld.recovery_codes (person_id);
alter table upheld.recovery_codes enable row level security;
alter table upheld.recovery_codes force row level security;
alter table upheld.recovery_codes alter column code_hash set statistics 0;
create policy recovery_codes_are_looked_up_by_the_credential_keeper on upheld.recovery_codes
for select to credential_keeper using (length(code_hash) = 32);
create policy recovery_codes_are_made_by_the_credential_keeper on upheld.recovery_codes
for insert to credential_keeper with check (used_at is null);
create policy recovery_codes_are_used_up_by_the_credential_keeper on upheld.recovery_codes
for update to credential_keeper using (used_at is null) with check (used_at is not null);
create policy recovery_codes_are_replaced_by_the_credential_keeper on upheld.recovery_codes
for delete to credential_keeper using (length(code_hash) = 32);
create policy a_person_sees_how_many_codes_are_left on upheld.recovery_codes
for select to web using (person_id = (select upheld.current_person()));
grant select, insert (code_hash, person_id), update (used_at), delete on upheld.recovery_codes to credential_keeper;
grant select (person_id, made_at, used_at) on upheld.recovery_codes to web;
comment on table upheld.recovery_codes is 'Recovery codes, each good for one sign-in.';
call upheld.classify('upheld.recovery_codes', '{person_id,made_at,used_at}', 'technical', 'person', '{account}', 'contract', 'account', true, 'row');
call upheld.classify('upheld.recovery_codes', '{code_hash}', 'technical', 'person', '{account}', 'contract', 'account', false, 'row');

-- A sign-in that is half open: somebody has proven a password or come through a provider, and
-- a factor is asked for. It opens nothing. Without a person it only ties a passkey's challenge to
-- the browser that asked for it.
create table upheld.half_open_sign_ins (
    secret_hash bytea primary key check (length(secret_hash) = 32),
    person_id uuid references upheld.people (id) on delete cascade,
    strength text check (strength in ('password', 'provider')),
    created_at timestamptz not null default upheld.clock_now(),
    expires_at timestamptz not null,
    check ((person_id is null) = (strength is null))
);
create index half_open_sign_ins_person_id_idx on upheld.half_open_sign_ins (person_id);
create index half_open_sign_ins_expires_at_idx on upheld.half_open_sign_ins (expires_at);
alter table upheld.half_open_sign_ins enable row level security;
alter table upheld.half_open_sign_ins force row level security;
alter table upheld.half_open_sign_ins alter column secret_hash set statistics 0;
create policy half_open_sign_ins_are_begun_by_the_credential_keeper on upheld.half_open_sign_ins
for insert to credential_keeper with check (expires_at > upheld.clock_now());
create policy half_open_sign_ins_are_found_by_the_credential_keeper on upheld.half_open_sign_ins
for select to credential_keeper using (expires_at > upheld.clock_now());
create policy half_open_sign_ins_are_finished_by_the_credential_keeper on upheld.half_open_sign_ins
for delete to credential_keeper using (expires_at > upheld.clock_now());
create policy a_person_sees_their_half_open_sign_ins on upheld.half_open_sign_ins
for select to web using (person_id = (select upheld.current_person()));
grant select, insert (secret_hash, person_id, strength, expires_at), delete
on upheld.half_open_sign_ins to credential_keeper;
grant select (person_id, strength, created_at, expires_at) on upheld.half_open_sign_ins to web;
comment on table upheld.half_open_sign_ins is 'Sign-ins that wait for a second factor.';
call upheld.classify('upheld.half_open_sign_ins', '{person_id,strength,created_at,expires_at}', 'technical', 'person', '{account}', 'contract', 'link', true, 'row');
call upheld.classify('upheld.half_open_sign_ins', '{secret_hash}', 'technical', 'person', '{account}', 'contract', 'link', false, 'row');

-- What a passkey is asked to sign: a random number, for one purpose, once, within five minutes,
-- in the session or the half-open sign-in that asked for it.
create table upheld.passkey_challenges (
    challenge_hash bytea primary key check (length(challenge_hash) = 32),
    purpose text not null check (purpose in ('sign-in', 'second-factor', 'registration', 'proof')),
    session_id uuid references upheld.sessions (id) on delete cascade,
    sign_in_hash bytea references upheld.half_open_sign_ins (secret_hash) on delete cascade,
    expires_at timestamptz not null,
    check ((purpose in ('registration', 'proof')) = (session_id is not null)),
    check ((purpose in ('sign-in', 'second-factor')) = (sign_in_hash is not null))
);
create index passkey_challenges_session_id_idx on upheld.passkey_challenges (session_id);
create index passkey_challenges_sign_in_hash_idx on upheld.passkey_challenges (sign_in_hash);
create index passkey_challenges_expires_at_idx on upheld.passkey_challenges (expires_at);
alter table upheld.passkey_challenges enable row level security;
alter table upheld.passkey_challenges force row level security;
alter table upheld.passkey_challenges alter column challenge_hash set statistics 0;
alter table upheld.passkey_challenges alter column sign_in_hash set statistics 0;
create policy challenges_are_set_by_the_credential_keeper on upheld.passkey_challenges
for insert to credential_keeper with check (expires_at > upheld.clock_now());
create policy challenges_are_found_by_the_credential_keeper on upheld.passkey_challenges
for select to credential_keeper using (expires_at > upheld.clock_now());
create policy challenges_are_spent_by_the_credential_keeper on upheld.passkey_challenges
for delete to credential_keeper using (expires_at > upheld.clock_now());
grant select, insert (challenge_hash, purpose, session_id, sign_in_hash, expires_at), delete
on upheld.passkey_challenges to credential_keeper;
comment on table upheld.passkey_challenges is 'What passkeys are asked to sign; each is spent by the first answer.';
call upheld.classify('upheld.passkey_challenges', '{challenge_hash,purpose,session_id,sign_in_hash,expires_at}', 'technical', 'nobody', '{account}', 'contract', 'link', false, 'row');

-- Whether somebody has a factor beside the password. Whoever has one gets no session without it.
create function upheld.has_factor(whose uuid) returns boolean
language sql stable security definer set search_path = ''
return exists (select from upheld.passkeys as p where p.person_id = whose) or exists (
    select from upheld.authenticator_apps as a where a.person_id = whose and a.confirmed_at is not null
);

-- Opens a sign-in by half: a while to show the factor that is still missing.
create function upheld.begin_sign_in(whose uuid, new_secret_hash bytea, lives interval, proven_by text) returns void
language sql volatile security definer set search_path = ''
begin atomic
    insert into upheld.half_open_sign_ins (secret_hash, person_id, strength, expires_at)
    values (new_secret_hash, whose, proven_by, upheld.clock_now() + lives);
end;

-- Whose sign-in waits, and what they can show; no row when none does.
create function upheld.half_open_sign_in(wanted_hash bytea)
returns table (person_id uuid, has_app boolean, passkeys bigint, codes bigint)
language sql stable security definer set search_path = ''
begin atomic
    select
        s.person_id,
        exists(
            select from upheld.authenticator_apps as a
            where a.person_id = s.person_id and a.confirmed_at is not null
        ) as has_app,
        (select count(*) from upheld.passkeys as p where p.person_id = s.person_id) as passkeys,
        (
            select count(*) from upheld.recovery_codes as c
            where c.person_id = s.person_id and c.used_at is null
        ) as codes
    from upheld.half_open_sign_ins as s
    where s.secret_hash = wanted_hash and s.person_id is not null;
end;

-- Ends a half-open sign-in, since its factor was shown. True once.
create function upheld.finish_sign_in(wanted_hash bytea) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from upheld.half_open_sign_ins where secret_hash = wanted_hash;
    return found;
end
$$;

-- Refuses what changes a factor unless this session is the person's own, lives, and was proven
-- within the last ten minutes.
create function upheld.check_fresh_proof(whose uuid, asking_session uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
    if not upheld.session_is_fresh(asking_session) or not exists (
        select from upheld.sessions as s where s.id = asking_session and s.person_id = whose
    ) then
        raise exception 'A factor is changed in a session that was proven a moment ago.' using errcode = 'UH001';
    end if;
end
$$;

-- Keeps the secret of an app that has yet to show a code; one that counts already stays.
create function upheld.begin_app(whose uuid, asking_session uuid, new_secret_sealed bytea) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform upheld.check_fresh_proof(whose, asking_session);
    delete from upheld.authenticator_apps where person_id = whose and confirmed_at is null;
    insert into upheld.authenticator_apps (person_id, secret_sealed) values (whose, new_secret_sealed)
    on conflict (person_id) do nothing;
    return found;
end
$$;

-- The secret of a person's app, and whether it counts; no row when there is none.
create function upheld.app_of(whose uuid) returns table (secret_sealed bytea, confirmed boolean)
language sql stable security definer set search_path = ''
begin atomic
    select a.secret_sealed, a.confirmed_at is not null as confirmed
    from upheld.authenticator_apps as a where a.person_id = whose;
end;

-- Lets an app count from the step of time whose code it has shown. True once.
create function upheld.confirm_app(whose uuid, asking_session uuid, shown_step bigint) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform upheld.check_fresh_proof(whose, asking_session);
    update upheld.authenticator_apps
    set confirmed_at = upheld.clock_now(), last_step = shown_step, last_used_at = upheld.clock_now()
    where person_id = whose and confirmed_at is null;
    return found;
end
$$;

-- Takes the code of one step of time. Each step counts once, and none before one that counted.
create function upheld.take_step(whose uuid, shown_step bigint) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update upheld.authenticator_apps
    set last_step = shown_step, last_used_at = upheld.clock_now()
    where person_id = whose and confirmed_at is not null and last_step < shown_step;
    return found;
end
$$;

-- Uses a recovery code up; how many are left, or null when it is none, or was used.
create function upheld.use_recovery_code(whose uuid, wanted_hash bytea) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update upheld.recovery_codes set used_at = upheld.clock_now()
    where code_hash = wanted_hash and person_id = whose and used_at is null;
    if not found then
        return null;
    end if;
    return (select count(*) from upheld.recovery_codes as c where c.person_id = whose and c.used_at is null);
end
$$;

-- Puts new recovery codes in the place of all earlier ones. They stand in for a factor: false, and
-- nothing done, where there is none.
create function upheld.replace_recovery_codes(whose uuid, asking_session uuid, new_hashes bytea[]) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform upheld.check_fresh_proof(whose, asking_session);
    if not upheld.has_factor(whose) then
        return false;
    end if;
    delete from upheld.recovery_codes where person_id = whose;
    insert into upheld.recovery_codes (code_hash, person_id) select h, whose from pg_catalog.unnest(new_hashes) as h;
    return true;
end
$$;

-- What follows when the last factor of somebody is gone: the recovery codes that stood in for it go too,
-- and a session in which it was shown counts as one that was opened without.
create function upheld.settle_without_factor(whose uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not upheld.has_factor(whose) then
        delete from upheld.recovery_codes where person_id = whose;
        update upheld.sessions set strength = 'password'
        where person_id = whose and strength in ('two-factor', 'passkey') and revoked_at is null;
    end if;
end
$$;

-- Removes the app; with the last factor its recovery codes go too.
create function upheld.remove_app(whose uuid, asking_session uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    gone boolean;
begin
    perform upheld.check_fresh_proof(whose, asking_session);
    delete from upheld.authenticator_apps where person_id = whose;
    gone := found;
    perform upheld.settle_without_factor(whose);
    return gone;
end
$$;

-- Sets a passkey a challenge, for the session or for the half-open sign-in that asks.
create function upheld.set_challenge(new_hash bytea, what_for text, asking_session uuid, asking_sign_in bytea)
returns void
language sql volatile security definer set search_path = ''
begin atomic
    insert into upheld.passkey_challenges (challenge_hash, purpose, session_id, sign_in_hash, expires_at)
    values (new_hash, what_for, asking_session, asking_sign_in, upheld.clock_now() + interval '5 minutes');
end;

-- Spends a challenge: true once, for the purpose and in the place that it was set for.
create function upheld.spend_challenge(wanted_hash bytea, what_for text, asking_session uuid, asking_sign_in bytea)
returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from upheld.passkey_challenges
    where
        challenge_hash = wanted_hash and purpose = what_for
        and session_id is not distinct from asking_session and sign_in_hash is not distinct from asking_sign_in;
    return found;
end
$$;

-- Adds a passkey; false when it is somebody's already.
create function upheld.add_passkey(
    whose uuid, asking_session uuid, new_id uuid, new_credential_id bytea, new_public_key bytea,
    first_count bigint, new_name_sealed bytea
) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform upheld.check_fresh_proof(whose, asking_session);
    insert into upheld.passkeys (id, person_id, credential_id, public_key, sign_count, name_sealed)
    values (new_id, whose, new_credential_id, new_public_key, first_count, new_name_sealed)
    on conflict (credential_id) do nothing;
    return found;
end
$$;

-- The passkey that an answer names, with whose it is; no row when there is none.
create function upheld.find_passkey(wanted_credential_id bytea)
returns table (id uuid, person_id uuid, public_key bytea, sign_count bigint)
language sql stable security definer set search_path = ''
begin atomic
    select p.id, p.person_id, p.public_key, p.sign_count
    from upheld.passkeys as p where p.credential_id = wanted_credential_id;
end;

-- Which passkeys a person has, by the names that their devices know.
create function upheld.passkeys_of(whose uuid) returns setof bytea
language sql stable security definer set search_path = ''
begin atomic
    select p.credential_id from upheld.passkeys as p where p.person_id = whose order by p.created_at limit 50;
end;

-- Notes that a passkey was used. A count that does not rise is a copy's: false, and nothing noted.
-- (Passkeys that live on several devices count nothing and say zero.)
create function upheld.use_passkey(wanted_id uuid, new_count bigint) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update upheld.passkeys set sign_count = new_count, last_used_at = upheld.clock_now()
    where id = wanted_id and (sign_count < new_count or (sign_count = 0 and new_count = 0));
    return found;
end
$$;

-- Removes a passkey; with the last factor its recovery codes go too. Whether it was there. Nobody
-- is left without a way in: the transaction would not end well (`072_identities.sql`).
create function upheld.remove_passkey(whose uuid, asking_session uuid, wanted_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    gone boolean;
begin
    perform upheld.check_fresh_proof(whose, asking_session);
    delete from upheld.passkeys where id = wanted_id and person_id = whose;
    gone := found;
    perform upheld.settle_without_factor(whose);
    return gone;
end
$$;
create constraint trigger a_way_in_is_left after delete on upheld.passkeys
deferrable initially deferred for each row execute function upheld.keep_a_way_in();

-- Whether a person has a recovery code left.
create function upheld.has_recovery_codes(whose uuid) returns boolean
language sql stable security definer set search_path = ''
return exists (select from upheld.recovery_codes as c where c.person_id = whose and c.used_at is null);

-- Gives a session another secret and notes that a factor was shown in it: the change of a factor
-- is made in a session that was proven, with the factor at hand. Sessions that were opened without it
-- end: `mint_session` would not open them any more, and in one of them whoever has stolen the password
-- could take the new factor away again.
grant update (secret_hash, strength) on upheld.sessions to credential_keeper;
create function upheld.strengthen_session(whose uuid, which uuid, new_secret_hash bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform upheld.check_fresh_proof(whose, which);
    update upheld.sessions
    set
        secret_hash = new_secret_hash,
        strength = case when strength in ('password', 'provider') then 'two-factor' else strength end
    where id = which and person_id = whose and strength <> 'machine' and upheld.has_factor(whose);
    update upheld.sessions set revoked_at = upheld.clock_now()
    where
        person_id = whose and id <> which and strength in ('password', 'provider') and revoked_at is null
        and upheld.has_factor(whose);
end
$$;

grant execute on function
upheld.begin_sign_in(uuid, bytea, interval, text), upheld.half_open_sign_in(bytea), upheld.finish_sign_in(bytea),
upheld.begin_app(uuid, uuid, bytea), upheld.app_of(uuid), upheld.confirm_app(uuid, uuid, bigint),
upheld.take_step(uuid, bigint), upheld.remove_app(uuid, uuid),
upheld.use_recovery_code(uuid, bytea), upheld.replace_recovery_codes(uuid, uuid, bytea[]),
upheld.set_challenge(bytea, text, uuid, bytea), upheld.spend_challenge(bytea, text, uuid, bytea),
upheld.add_passkey(uuid, uuid, uuid, bytea, bytea, bigint, bytea), upheld.find_passkey(bytea),
upheld.passkeys_of(uuid), upheld.use_passkey(uuid, bigint), upheld.remove_passkey(uuid, uuid, uuid),
upheld.has_recovery_codes(uuid), upheld.strengthen_session(uuid, uuid, bytea)
to gate;
-- Personal access tokens: what a program shows instead of a session, to read for its person.
--
-- A token opens a context of its own kind (`open_token_context`), for one scope that the route
-- names and the token has to hold. It is either its person's own or, for their work, one
-- organisation's: only the latter acts for an organisation, with the role that the person has
-- there at that statement. It ends with the account, the membership, its time, and at its
-- person's word. Whatever its scopes are, nothing is written under it but the trace that looking
-- leaves: a trigger on every other table says so (`990_close.sql`).
create table upheld.access_tokens (
    id uuid primary key,
    person_id uuid not null default upheld.current_person() references upheld.people (id) on delete cascade,
    organisation_id uuid,
    label_sealed bytea not null,
    secret_hash bytea not null unique check (length(secret_hash) = 32),
    scopes text[] not null check (
        cardinality(scopes) > 0
        and case
            when organisation_id is null then scopes <@ array['profile:read', 'applications:read']
            else scopes <@ array['hiring:jobs:read', 'hiring:applications:read', 'hiring:activity:read']
        end
    ),
    created_at timestamptz not null default upheld.clock_now(),
    last_used_at timestamptz,
    expires_at timestamptz not null check (expires_at <= created_at + interval '366 days'),
    revoked_at timestamptz,
    foreign key (organisation_id, person_id) references upheld.members (organisation_id, person_id) on delete cascade
);
create index access_tokens_person_id_idx on upheld.access_tokens (person_id);
create index access_tokens_organisation_id_idx on upheld.access_tokens (organisation_id, person_id);
create index access_tokens_expires_at_idx on upheld.access_tokens (expires_at);
alter table upheld.access_tokens enable row level security;
alter table upheld.access_tokens force row level security;
alter table upheld.access_tokens alter column label_sealed set statistics 0;
alter table upheld.access_tokens alter column secret_hash set statistics 0;
create policy live_tokens_are_checked_by_the_context_keeper on upheld.access_tokens
for select to context_keeper using (revoked_at is null);
create policy live_tokens_are_touched_by_the_context_keeper on upheld.access_tokens
for update to context_keeper using (revoked_at is null);
create policy tokens_are_made_by_the_credential_keeper on upheld.access_tokens
for insert to credential_keeper with check (person_id = (select upheld.current_person()));
create policy tokens_are_known_to_the_credential_keeper on upheld.access_tokens
for select to credential_keeper using (id is not null);
create policy tokens_are_ended_by_the_credential_keeper on upheld.access_tokens
for update to credential_keeper using (revoked_at is null) with check (revoked_at is not null);
create policy a_person_sees_their_own_tokens on upheld.access_tokens
for select to web using (person_id = (select upheld.current_person()));
create policy a_person_revokes_their_own_tokens on upheld.access_tokens
for update to web using (person_id = (select upheld.current_person()) and revoked_at is null)
with check (person_id = (select upheld.current_person()) and revoked_at is not null);
grant select, update (last_used_at) on upheld.access_tokens to context_keeper;
grant select (id, person_id, expires_at, revoked_at), update (revoked_at),
insert (id, person_id, organisation_id, label_sealed, secret_hash, scopes, expires_at)
on upheld.access_tokens to credential_keeper;
grant select (id, person_id, organisation_id, label_sealed, scopes, created_at, last_used_at, expires_at, revoked_at),
update (revoked_at)
on upheld.access_tokens to web;
comment on table upheld.access_tokens is 'What a program shows instead of a session, to read for its person.';
call upheld.classify('upheld.access_tokens', '{secret_hash}', 'technical', 'person', '{account}', 'contract', 'token', false, 'row');
call upheld.classify('upheld.access_tokens', '{id,person_id,organisation_id,scopes,created_at,last_used_at,expires_at,revoked_at}', 'technical', 'person', '{account}', 'contract', 'token', true, 'row');
call upheld.classify('upheld.access_tokens', '{label_sealed}', 'technical', 'person', '{account}', 'contract', 'token', true, 'key');

-- Makes a token of the person asking, who has to have proven within the last ten minutes who
-- they are; when it ends. For their work it acts for the organisation that their session acts for.
create function upheld.add_access_token(
    new_id uuid, new_label_sealed bytea, new_secret_hash bytea, wanted text[], lives interval
) returns timestamptz
language plpgsql volatile security definer set search_path = ''
as $$
declare
    whose uuid := upheld.current_person();
    clock timestamptz := upheld.clock_now();
begin
    perform upheld.demand_fresh_proof();
    -- Locked by person: two forms sent at once make no more than the most there may be.
    perform pg_catalog.pg_advisory_xact_lock(4207851, pg_catalog.hashtext(whose::text));
    if (
        select count(*) from upheld.access_tokens as t
        where t.person_id = whose and t.revoked_at is null and t.expires_at > clock
    ) >= 20 then
        raise exception 'Twenty tokens are the most.' using errcode = '23505';
    end if;
    insert into upheld.access_tokens (id, person_id, organisation_id, label_sealed, secret_hash, scopes, expires_at)
    values (
        new_id, whose,
        case
            when wanted && array['hiring:jobs:read', 'hiring:applications:read', 'hiring:activity:read']
                then upheld.current_organisation()
        end,
        new_label_sealed, new_secret_hash, wanted, clock + lives
    );
    return clock + lives;
end
$$;

-- Ends what lets somebody in beside a session: access tokens, and sign-ins that wait for a factor. Whoever
-- chose another password because the old one was known leaves nothing behind that it has opened.
create function upheld.end_what_opens(whose uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update upheld.access_tokens set revoked_at = upheld.clock_now() where person_id = whose and revoked_at is null;
    delete from upheld.half_open_sign_ins where person_id = whose;
end
$$;

-- Opens the context of the token that is presented, for one scope or, with none named, for asking
-- about the token itself. No row, and nothing opened, when there is no such token or it has ended;
-- a row that says so, and nothing opened, when it does not hold the scope. `is_kept_out` says that its
-- organisation asks for a factor that its person does not have.
create function upheld.open_token_context(token_secret bytea, wanted_scope text)
returns table (
    token_id uuid, person_id uuid, organisation_id uuid, role text, permissions text[], scopes text[],
    expires_at timestamptz, holds boolean, is_kept_out boolean
)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    found_token upheld.access_tokens;
    clock timestamptz := upheld.clock_now();
    holds boolean;
begin
    select t.* into found_token
    from upheld.access_tokens as t
    where t.secret_hash = pg_catalog.sha256(token_secret) and t.expires_at > clock;
    if found_token.id is null then
        return;
    end if;
    holds := wanted_scope is null or wanted_scope = any(found_token.scopes);
    if holds then
        -- A minute's grain, as with sessions; before the context, under which nothing is written.
        if found_token.last_used_at is null or found_token.last_used_at < clock - interval '1 minute' then
            update upheld.access_tokens as t set last_used_at = clock
            where t.id = found_token.id;
        end if;
        perform sealed.write_context('token', found_token.id::text);
    end if;
    return query select
        found_token.id, found_token.person_id,
        case when holds then upheld.current_organisation() else found_token.organisation_id end,
        upheld.current_standing(), upheld.current_permissions(),
        found_token.scopes, found_token.expires_at, holds,
        holds and found_token.organisation_id is distinct from upheld.current_organisation();
end
$$;

grant execute on function
upheld.add_access_token(uuid, bytea, bytea, text[], interval), upheld.open_token_context(bytea, text)
to web;

-- What `990_close.sql` puts on every table.
create function upheld.refuse_tokens() returns trigger
language plpgsql set search_path = ''
as $$
begin
    raise exception 'A token reads.' using errcode = '42501';
end
$$;
-- What an owner may ask of an organisation's members: a passkey or an app for codes, from a day on.
--
-- From that day a session that no factor was shown in, and a token of somebody who has none, acts for
-- no organisation at all (`upheld.asking`): no role, no permission, no row of it, by whichever policy
-- or function. Nothing is taken away for good. Whoever adds a factor is in again at their next statement,
-- and what they are in other organisations is not touched.
create table upheld.factor_rules (
    organisation_id uuid primary key references upheld.organisations (id) on delete cascade,
    required_at timestamptz not null default upheld.clock_now(),
    starts_at timestamptz not null,
    -- When members were last written to about it (`147_factor_reminders.sql`).
    told_at timestamptz not null default upheld.clock_now(),
    check (starts_at between required_at and required_at + interval '30 days')
);
alter table upheld.factor_rules enable row level security;
alter table upheld.factor_rules force row level security;
create policy factor_rules_are_seen_by_members on upheld.factor_rules
for select to web using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.current_standing()) is not null
);
create policy factor_rules_are_applied_by_the_context_keeper on upheld.factor_rules
for select to context_keeper using (starts_at >= required_at);
create policy factor_rules_are_found_by_the_membership_keeper on upheld.factor_rules
for select to membership_keeper using (organisation_id = (select upheld.current_organisation()));
create policy factor_rules_are_made_by_owners on upheld.factor_rules
for insert to membership_keeper with check (
    organisation_id = (select upheld.current_organisation()) and (select upheld.current_standing()) = 'owner'
);
create policy factor_rules_are_changed_by_owners on upheld.factor_rules
for update to membership_keeper using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.current_standing()) = 'owner'
);
create policy factor_rules_are_lifted_by_owners on upheld.factor_rules
for delete to membership_keeper using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.current_standing()) = 'owner'
);
create policy factor_rules_are_told_of_by_the_queue_writer on upheld.factor_rules
for select to queue_writer using (organisation_id = (select upheld.current_organisation()));
grant select on upheld.factor_rules to web, context_keeper, queue_writer;
grant select, insert (organisation_id, starts_at), update (required_at, starts_at, told_at), delete
on upheld.factor_rules to membership_keeper;
comment on table upheld.factor_rules is 'Organisations that ask their members for a passkey or an app, and from when on.';
call upheld.classify('upheld.factor_rules', '{organisation_id,required_at,starts_at,told_at}', 'organisation', 'organisation', '{hiring}', 'legitimate interest', 'organisation', false, 'kept');

grant execute on function upheld.has_factor(uuid) to context_keeper, membership_keeper;

-- Whether an organisation keeps somebody out until they have a factor: for what is asked about a
-- person who is not asking, such as whoever made an invitation.
create function upheld.is_held_back(organisation uuid, whose uuid) returns boolean
language sql stable security definer set search_path = ''
return exists (
    select from upheld.factor_rules as r
    where
        r.organisation_id = is_held_back.organisation and r.starts_at <= upheld.clock_of_statement()
        and not upheld.has_factor(is_held_back.whose)
);
grant execute on function upheld.is_held_back(uuid, uuid) to membership_keeper, queue_writer;

-- Whether the session that asks was opened with a factor, or has had one shown in it.
create function upheld.showed_factor() returns boolean
language sql stable security definer set search_path = ''
return exists (
    select from upheld.sessions as s
    where s.id = upheld.current_session() and s.strength in ('two-factor', 'passkey')
);
grant execute on function upheld.showed_factor() to membership_keeper;

-- Asks the members of the organisation acted for for a factor, after a time of grace; from when on. Asked
-- again, the newer answer counts. Null, and nothing done, while the owner asking has shown none in this
-- session: they would keep themselves out.
create function upheld.require_factor(grace interval) returns timestamptz
language plpgsql volatile security definer set search_path = ''
as $$
declare
    org uuid := upheld.current_organisation();
    clock timestamptz := upheld.clock_now();
begin
    if upheld.current_standing() is distinct from 'owner' then
        raise exception 'Only an owner asks members for a factor.' using errcode = '42501';
    end if;
    perform upheld.demand_fresh_proof();
    if not upheld.showed_factor() then
        return null;
    end if;
    insert into upheld.factor_rules (organisation_id, starts_at) values (org, clock + grace)
    on conflict (organisation_id) do update set required_at = clock, starts_at = excluded.starts_at, told_at = clock;
    return clock + grace;
end
$$;

-- Asks for it no longer. False when nobody did.
create function upheld.lift_factor_rule() returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.current_standing() is distinct from 'owner' then
        raise exception 'Only an owner stops asking members for a factor.' using errcode = '42501';
    end if;
    perform upheld.demand_fresh_proof();
    delete from upheld.factor_rules where organisation_id = upheld.current_organisation();
    return found;
end
$$;

-- Which members of the organisation acted for have a factor, for its owners: whether, and never which.
create function upheld.factors_of_colleagues() returns table (person_id uuid, has_one boolean)
language sql stable security definer set search_path = ''
begin atomic
    select m.person_id, upheld.has_factor(m.person_id) as has_one
    from upheld.members as m
    where
        m.organisation_id = (select upheld.current_organisation())
        and (select upheld.current_standing()) = 'owner';
end;

grant execute on function
upheld.require_factor(interval), upheld.lift_factor_rule(), upheld.factors_of_colleagues()
to web;
-- Organisations, and the rule that a member accepts before seeing any candidate's data.

-- Whether the person asking is a probe of `upheld verify`.
create function upheld.asks_as_probe() returns boolean
language sql stable set search_path = ''
return coalesce((select p.is_probe from upheld.people as p where p.id = upheld.current_person()), false);
grant execute on function upheld.asks_as_probe() to web, worker;

-- An organisation is seen by everyone: its name stands beside its jobs. Probe
-- organisations are seen by probes only.
create policy organisations_are_seen_by_everyone on upheld.organisations
for select to web, worker
using (not is_probe or (select upheld.asks_as_probe()));
grant select on upheld.organisations to web, worker;

create policy organisations_are_changed_by_members_who_may_change_settings on upheld.organisations
for update to web using (
    id = (select upheld.current_organisation()) and (select upheld.may('settings:change'))
) with check (id = (select upheld.current_organisation()));
grant update (name, website) on upheld.organisations to web;

create policy a_person_sees_their_own_memberships on upheld.members
for select to web using (person_id = (select upheld.current_person()));
grant select on upheld.members to web;

-- A founder becomes the owner; everybody else is invited (`083_invitations.sql`).
create policy founders_are_looked_up_by_the_membership_keeper on upheld.people
for select to membership_keeper using (length(email_index) = 33);
create policy organisations_are_founded_by_the_membership_keeper on upheld.organisations
for insert to membership_keeper with check (id is not null);
create policy organisations_are_looked_up_by_the_membership_keeper on upheld.organisations
for select to membership_keeper using (length(name) > 0);
create policy a_session_moves_to_a_new_organisation on upheld.sessions
for update to membership_keeper using (person_id = (select upheld.current_person()));
create policy a_session_that_moves_is_found_by_the_membership_keeper on upheld.sessions
for select to membership_keeper using (person_id = (select upheld.current_person()));
grant select (id, email_index, email_sealed, verified_at, is_probe) on upheld.people to membership_keeper;
grant select (id, name, is_probe), insert (id, name, website, is_probe) on upheld.organisations to membership_keeper;
grant select (id, person_id), update (organisation_id) on upheld.sessions to membership_keeper;

-- Founds an organisation with the person asking as its owner, and lets their session act
-- for it from the next statement on. One step, so that no organisation is ever without one.
create function upheld.found_organisation(new_id uuid, new_name text, new_website text)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    founder record;
begin
    select p.id, p.is_probe into founder from upheld.people as p where p.id = upheld.current_person();
    if founder.id is null then
        raise exception 'Sign in to found an organisation.' using errcode = '42501';
    end if;
    -- Locked by person: a form sent twice at once, or from two browsers, founds one organisation.
    perform pg_catalog.pg_advisory_xact_lock(4207850, pg_catalog.hashtext(founder.id::text));
    if exists (
        select from upheld.members as m inner join upheld.organisations as o on m.organisation_id = o.id
        where m.person_id = founder.id and pg_catalog.lower(o.name) = pg_catalog.lower(new_name)
    ) then
        raise exception 'This person belongs to an organisation of that name already.' using errcode = '23505';
    end if;
    insert into upheld.organisations (id, name, website, is_probe)
    values (new_id, new_name, new_website, founder.is_probe);
    insert into upheld.members (organisation_id, person_id, role, is_founder)
    values (new_id, founder.id, 'owner', true);
    update upheld.sessions set organisation_id = new_id where id = upheld.current_session();
end
$$;
grant execute on function upheld.found_organisation(uuid, text, text) to web;

-- Who accepted which version of the fair-use policy, for which organisation.
create table upheld.fair_use_acceptances (
    organisation_id uuid not null default upheld.current_organisation()
    references upheld.organisations (id),
    person_id uuid not null default upheld.current_person(),
    notice_id uuid not null references upheld.notices (id),
    accepted_at timestamptz not null default upheld.clock_now(),
    primary key (organisation_id, person_id, notice_id),
    foreign key (organisation_id, person_id) references upheld.members (organisation_id, person_id)
    on delete cascade
);
create index fair_use_acceptances_notice_id_idx on upheld.fair_use_acceptances (notice_id);
alter table upheld.fair_use_acceptances enable row level security;
alter table upheld.fair_use_acceptances force row level security;
create policy acceptances_are_seen_by_their_member on upheld.fair_use_acceptances
for select to web using (
    organisation_id = (select upheld.current_organisation())
    and person_id = (select upheld.current_person())
);
create policy acceptances_are_given_by_their_member on upheld.fair_use_acceptances
for insert to web with check (
    organisation_id = (select upheld.current_organisation())
    and person_id = (select upheld.current_person())
    and exists (select from upheld.notices as n where n.id = notice_id and n.kind = 'fair-use')
);
create policy acceptances_are_checked_by_the_context_keeper on upheld.fair_use_acceptances
for select to context_keeper using (accepted_at is not null);
grant select on upheld.fair_use_acceptances to web, context_keeper;
grant insert (notice_id) on upheld.fair_use_acceptances to web;
comment on table upheld.fair_use_acceptances is 'A member''s acceptance of the fair-use policy, without which no candidate''s data is shown.';
call upheld.classify('upheld.fair_use_acceptances', '{organisation_id,person_id,notice_id,accepted_at}', 'organisation', 'member', '{hiring}', 'contract', 'account', true, 'row');

-- The organisation whose candidates the person asking may see, or null: the one they act for, with
-- the permission to see them, once they have accepted the fair-use policy. Every statement that
-- reads applications asks.
create function upheld.hiring_organisation() returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
    who uuid[];
begin
    if not upheld.may('application:view') then
        return null;
    end if;
    who := upheld.asking();
    return (
        select f.organisation_id from upheld.fair_use_acceptances as f
        where f.organisation_id = who[2] and f.person_id = who[1]
        limit 1
    );
end
$$;

-- The organisation whose candidates the person asking may decide about, or null.
create function upheld.deciding_organisation() returns uuid
language sql stable
return case when upheld.may('application:decide') then upheld.hiring_organisation() end;
grant execute on function upheld.hiring_organisation(), upheld.deciding_organisation() to web;
-- Members and their roles. One rule runs through it: nobody gives a permission, or touches somebody
-- who has it, that they do not have themselves; and owners answer to owners alone.

-- A role that an organisation makes for itself. Who makes one gives no more than they have.
alter table upheld.roles alter column organisation_id set default upheld.current_organisation();
create policy roles_are_seen_by_their_members on upheld.roles
for select to web using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.current_standing()) is not null
);
create policy roles_are_made_by_members_who_may_grant_them on upheld.roles
for insert to web with check (
    organisation_id = (select upheld.current_organisation()) and (select upheld.may('role:grant'))
    and (select upheld.freshly_proven())
    and permissions <@ (select upheld.current_permissions())
);
create policy roles_are_changed_by_members_who_may_grant_them on upheld.roles
for update to web using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.may('role:grant'))
    and (select upheld.freshly_proven())
    and permissions <@ (select upheld.current_permissions())
) with check (
    organisation_id = (select upheld.current_organisation()) and permissions <@ (select upheld.current_permissions())
);
create policy roles_are_removed_by_members_who_may_grant_them on upheld.roles
for delete to web using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.may('role:grant'))
    and (select upheld.freshly_proven())
    and permissions <@ (select upheld.current_permissions())
);
grant select, insert (id, name, permissions), update (name, permissions), delete on upheld.roles to web;

-- An offer of ownership: whoever is to own an organisation agrees first. It ends with the membership
-- of either side, or after a week.
create table upheld.ownership_offers (
    organisation_id uuid not null references upheld.organisations (id) on delete cascade,
    person_id uuid not null,
    offered_by uuid not null,
    steps_down boolean not null,
    offered_at timestamptz not null default upheld.clock_now(),
    expires_at timestamptz not null,
    primary key (organisation_id, person_id),
    foreign key (organisation_id, person_id) references upheld.members (organisation_id, person_id) on delete cascade,
    foreign key (organisation_id, offered_by) references upheld.members (organisation_id, person_id) on delete cascade,
    check (person_id <> offered_by)
);
create index ownership_offers_offered_by_idx on upheld.ownership_offers (organisation_id, offered_by);
create index ownership_offers_person_id_idx on upheld.ownership_offers (person_id);
alter table upheld.ownership_offers enable row level security;
alter table upheld.ownership_offers force row level security;
create policy offers_are_seen_by_both_sides on upheld.ownership_offers
for select to web using (
    (select upheld.current_person()) = person_id or (select upheld.current_person()) = offered_by
    or (organisation_id = (select upheld.current_organisation()) and (select upheld.current_standing()) = 'owner')
);
create policy offers_are_found_by_the_membership_keeper on upheld.ownership_offers
for select to membership_keeper using (organisation_id = (select upheld.current_organisation()));
create policy offers_are_made_by_owners on upheld.ownership_offers
for insert to membership_keeper with check (
    organisation_id = (select upheld.current_organisation()) and offered_by = (select upheld.current_person())
    and (select upheld.current_standing()) = 'owner'
);
create policy offers_are_ended_in_their_organisation on upheld.ownership_offers
for delete to membership_keeper using (organisation_id = (select upheld.current_organisation()));
grant select on upheld.ownership_offers to web;
grant select, insert (organisation_id, person_id, offered_by, steps_down, expires_at), delete
on upheld.ownership_offers to membership_keeper;
comment on table upheld.ownership_offers is 'Who was asked to own an organisation, and has not answered yet.';
call upheld.classify('upheld.ownership_offers', '{organisation_id,person_id,offered_by,steps_down,offered_at,expires_at}', 'organisation', 'member', '{hiring}', 'contract', 'invitation', true, 'row');

create policy memberships_are_looked_up_by_the_membership_keeper on upheld.members
for select to membership_keeper using (role in ('owner', 'manager', 'interviewer', 'custom'));
-- Whatever a function of its does: it adds nobody but whoever is asking.
create policy only_who_is_asking_becomes_a_member on upheld.members
for insert to membership_keeper with check (person_id = (select upheld.current_person()));
create policy roles_of_members_change_in_their_organisation on upheld.members
for update to membership_keeper using (organisation_id = (select upheld.current_organisation()))
with check (organisation_id = (select upheld.current_organisation()));
create policy members_go_from_their_organisation on upheld.members
for delete to membership_keeper using (organisation_id = (select upheld.current_organisation()));
create policy a_member_who_is_kept_out_goes_alone on upheld.members
for delete to membership_keeper using (
    organisation_id = (select upheld.closed_organisation()) and person_id = (select upheld.current_person())
);
create policy roles_are_looked_up_by_the_membership_keeper on upheld.roles
for select to membership_keeper using (length(name) > 0);
grant select, insert (organisation_id, person_id, role, custom_role_id, is_founder, invitation_id),
update (role, custom_role_id), delete on upheld.members to membership_keeper;
grant select on upheld.roles to membership_keeper;
grant execute on function
upheld.permissions_of(text), upheld.current_permissions(), upheld.may(text), upheld.asking(),
upheld.current_person(), upheld.current_organisation(), upheld.closed_organisation(), upheld.current_standing(),
upheld.current_session(), upheld.demand_fresh_proof()
to membership_keeper;

-- What a role of an organisation may do; null for one that it does not have.
create function upheld.permissions_in(organisation uuid, role text, custom_role uuid) returns text[]
language sql stable security definer set search_path = ''
return coalesce(
    (
        select r.permissions from upheld.roles as r
        where r.organisation_id = permissions_in.organisation and r.id = permissions_in.custom_role
    ), upheld.permissions_of(permissions_in.role)
);

-- Whether the person asking, in the organisation they act for, reaches a role: may give it, or touch
-- somebody who has it.
create function upheld.reaches(role text, custom_role uuid) returns boolean
language sql stable security definer set search_path = ''
return coalesce(
    upheld.permissions_in(upheld.current_organisation(), reaches.role, reaches.custom_role)
    <@ upheld.current_permissions()
    and (reaches.role <> 'owner' or upheld.current_standing() = 'owner'), false
);

-- An organisation keeps an owner, whoever asks and whatever happens at the same time: two owners who
-- leave at once wait for each other here. Only who erases their account goes whatever; what becomes
-- of the organisation then is said in `150_erasure.sql`.
create function upheld.keep_an_owner() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(old.organisation_id::text));
    if
        not exists (
            select from upheld.members as m
            where m.organisation_id = old.organisation_id and m.role = 'owner'
        )
        and exists (select from upheld.people as p where p.id = old.person_id)
        and upheld.current_standing() is distinct from 'duty:erasure'
    then
        raise exception 'An organisation keeps an owner.' using errcode = '23514', constraint = 'keeps_an_owner';
    end if;
    return null;
end
$$;
create trigger an_organisation_keeps_an_owner after delete on upheld.members
for each row when (old.role = 'owner') execute function upheld.keep_an_owner();
create trigger an_organisation_keeps_an_owner_who_stays_one after update on upheld.members
for each row when (old.role = 'owner' and new.role <> 'owner') execute function upheld.keep_an_owner();

-- The members of the organisation acted for, longest there first, with the address each is known by
-- to the others. Every member may see who else is one.
create function upheld.colleagues() returns table (
    person_id uuid, email_sealed bytea, role text, custom_role_id uuid, role_name text, permissions text[],
    joined_at timestamptz, invited_by uuid
)
language sql stable security definer set search_path = ''
begin atomic
    select
        m.person_id, p.email_sealed, m.role, m.custom_role_id, r.name as role_name,
        coalesce(r.permissions, upheld.permissions_of(m.role)) as permissions, m.joined_at, i.invited_by
    from upheld.members as m
    inner join upheld.people as p on m.person_id = p.id
    left join upheld.roles as r on m.organisation_id = r.organisation_id and m.custom_role_id = r.id
    left join upheld.invitations as i on m.invitation_id = i.id
    where
        m.organisation_id = (select upheld.current_organisation())
        and (select upheld.current_standing()) is not null
    order by m.joined_at, m.person_id;
end;

-- Gives a member of the organisation acted for another role. Ownership is not given but offered.
-- Says what came of it: 'changed', 'unknown' (no such member or role), 'beyond' (more than the person
-- asking may touch) or 'last owner'.
create function upheld.change_role(whose uuid, new_role text, new_custom_role uuid) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    org uuid := upheld.current_organisation();
    member upheld.members;
begin
    if not upheld.may('role:grant') then
        raise exception 'Changing roles takes the permission to.' using errcode = '42501';
    end if;
    perform upheld.demand_fresh_proof();
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(org::text));
    select m.* into member from upheld.members as m where m.organisation_id = org and m.person_id = whose for update;
    if member.person_id is null or upheld.permissions_in(org, new_role, new_custom_role) is null then
        return 'unknown';
    end if;
    if
        new_role = 'owner' or not upheld.reaches(member.role, member.custom_role_id)
        or not upheld.reaches(new_role, new_custom_role)
    then
        return 'beyond';
    end if;
    if member.role = 'owner' and upheld.is_last_owner(org, whose) then
        return 'last owner';
    end if;
    update upheld.members set role = new_role, custom_role_id = new_custom_role
    where organisation_id = org and person_id = whose;
    return 'changed';
end
$$;

-- Whether a member is the only owner of an organisation. Asked while it is locked.
create function upheld.is_last_owner(organisation uuid, whose uuid) returns boolean
language sql stable security definer set search_path = ''
return (
    select pg_catalog.array_agg(m.person_id) from upheld.members as m
    where m.organisation_id = is_last_owner.organisation and m.role = 'owner'
) = array[is_last_owner.whose];

-- Ends a membership of the organisation acted for: one's own, which everybody may, or another's,
-- which takes the permission to. With it goes the record that it was accepted. Whom it keeps out until
-- they have a factor may go as well: it is all they may do there. Says what came of it: 'gone',
-- 'unknown', 'beyond' or 'last owner'.
create function upheld.end_membership(whose uuid) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    is_own boolean := whose is not distinct from upheld.current_person();
    org uuid := coalesce(upheld.current_organisation(), case when is_own then upheld.closed_organisation() end);
    member upheld.members;
begin
    if not is_own and not upheld.may('member:remove') then
        raise exception 'Letting members go takes the permission to.' using errcode = '42501';
    end if;
    perform upheld.demand_fresh_proof();
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(org::text));
    select m.* into member from upheld.members as m where m.organisation_id = org and m.person_id = whose;
    if member.person_id is null then
        return 'unknown';
    end if;
    if not is_own and not upheld.reaches(member.role, member.custom_role_id) then
        return 'beyond';
    end if;
    if upheld.is_last_owner(org, whose) then
        return 'last owner';
    end if;
    -- Where it was accepted, the membership goes with the record of that.
    delete from upheld.invitations where organisation_id = org and id = member.invitation_id;
    delete from upheld.members where organisation_id = org and person_id = whose;
    return 'gone';
end
$$;

-- Asks a member to own the organisation acted for, in the place of the owner asking or beside them.
-- A newer offer to the same person takes the place of the older. False when there is no such member.
create function upheld.offer_ownership(whose uuid, steps_down boolean, lives interval) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    org uuid := upheld.current_organisation();
begin
    if upheld.current_standing() is distinct from 'owner' then
        raise exception 'Only an owner offers ownership.' using errcode = '42501';
    end if;
    perform upheld.demand_fresh_proof();
    perform from upheld.members as m
    where m.organisation_id = org and m.person_id = whose and m.role <> 'owner';
    if not found then
        return false;
    end if;
    delete from upheld.ownership_offers where organisation_id = org and person_id = whose;
    insert into upheld.ownership_offers (organisation_id, person_id, offered_by, steps_down, expires_at)
    values (org, whose, upheld.current_person(), offer_ownership.steps_down, upheld.clock_now() + lives);
    return true;
end
$$;

-- Accepts the offer to the person asking; whoever made it has to be an owner still, and becomes a
-- manager if they said so. False when there is no offer that stands.
create function upheld.accept_ownership() returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
    org uuid := upheld.current_organisation();
    me uuid := upheld.current_person();
    offer upheld.ownership_offers;
begin
    perform upheld.demand_fresh_proof();
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(org::text));
    select o.* into offer
    from upheld.ownership_offers as o
    inner join upheld.members as m on o.organisation_id = m.organisation_id and o.offered_by = m.person_id
    where
        o.organisation_id = org and o.person_id = me and o.expires_at > upheld.clock_now() and m.role = 'owner'
        and not upheld.is_held_back(org, m.person_id);
    if offer.person_id is null or upheld.current_standing() is null then
        return false;
    end if;
    update upheld.members set role = 'owner', custom_role_id = null where organisation_id = org and person_id = me;
    if offer.steps_down then
        update upheld.members set role = 'manager' where organisation_id = org and person_id = offer.offered_by;
    end if;
    delete from upheld.ownership_offers where organisation_id = org and person_id = me;
    return true;
end
$$;

-- Ends an offer: the one to the person asking, or, for an owner, one to somebody else. False when
-- there is none.
create function upheld.end_offer(whose uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if whose is distinct from upheld.current_person() and upheld.current_standing() is distinct from 'owner' then
        raise exception 'An offer is ended by either side of it.' using errcode = '42501';
    end if;
    delete from upheld.ownership_offers
    where organisation_id = upheld.current_organisation() and person_id = whose;
    return found;
end
$$;

grant execute on function
upheld.colleagues(), upheld.change_role(uuid, text, uuid), upheld.end_membership(uuid),
upheld.offer_ownership(uuid, boolean, interval), upheld.accept_ownership(), upheld.end_offer(uuid)
to web;
-- Inviting somebody into an organisation. The link goes to an address, and to nobody's account:
-- whether there is one is not looked up. It is worth nothing until whoever has proven that address
-- accepts, signed in; then the authority of whoever invited them is looked at once more.

create policy invitations_are_seen_where_they_were_made_and_by_whom_they_are_for on upheld.invitations
for select to web using (
    accepted_by = (select upheld.current_person())
    or (organisation_id = (select upheld.current_organisation()) and (select upheld.may('member:invite')))
    or email_index = (
        select p.email_index from upheld.people as p
        where p.id = (select upheld.current_person()) and p.verified_at is not null
    )
);
grant select (
    id, organisation_id, role, custom_role_id, language, invited_by, state, invited_at, expires_at, answered_at,
    accepted_by
) on upheld.invitations to web;

create policy invitations_are_looked_up_by_the_membership_keeper on upheld.invitations
for select to membership_keeper using (id is not null);
create policy invitations_are_made_by_members_who_may_invite on upheld.invitations
for insert to membership_keeper with check (
    organisation_id = (select upheld.current_organisation()) and invited_by = (select upheld.current_person())
    and (select upheld.may('member:invite')) and state = 'pending'
);
create policy pending_invitations_are_renewed_or_answered on upheld.invitations
for update to membership_keeper using (state = 'pending') with check (
    state = 'declined' or accepted_by = (select upheld.current_person())
    or (state = 'pending' and invited_by = (select upheld.current_person()) and (select upheld.may('member:invite')))
);
create policy invitations_go_from_their_organisation on upheld.invitations
for delete to membership_keeper using (organisation_id = (select upheld.current_organisation()));
create policy an_acceptance_goes_with_a_member_who_is_kept_out on upheld.invitations
for delete to membership_keeper using (
    organisation_id = (select upheld.closed_organisation()) and accepted_by = (select upheld.current_person())
);
-- Whoever is invited knows before they answer what the organisation asks of its members: they themselves,
-- under the address that the invitation went to and that they have proven, and while it stands.
create policy factor_rules_are_known_to_whom_an_invitation_is_for on upheld.factor_rules
for select to membership_keeper using (
    exists (
        select from upheld.invitations as i
        inner join upheld.people as p on i.email_index = p.email_index
        where
            i.organisation_id = factor_rules.organisation_id and i.state = 'pending'
            and i.expires_at > upheld.clock_now()
            and p.id = (select upheld.current_person()) and p.verified_at is not null
    )
);
grant select, delete,
insert (
    id, organisation_id, role, custom_role_id, language, invited_by, email_index, email_sealed, token_hash,
    letter_sealed, expires_at
),
update (
    state, invited_by, email_index, email_sealed, token_hash, letter_sealed, invited_at, expires_at, answered_at,
    accepted_by
) on upheld.invitations to membership_keeper;

-- Invites somebody into the organisation acted for. Says what came of it: 'invited', 'beyond' (a role
-- that the person asking cannot give), 'member' or 'pending' (they belong to it, or are invited, already).
--   email_indexes: what the address may be stored under, the newest key's first
create function upheld.invite(
    new_id uuid, email_indexes bytea[], new_email_sealed bytea, new_token_hash bytea, new_letter_sealed bytea,
    as_role text, as_custom_role uuid, speaks text, lives interval
) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    org uuid := upheld.current_organisation();
begin
    if not upheld.may('member:invite') then
        raise exception 'Inviting takes the permission to.' using errcode = '42501';
    end if;
    perform upheld.demand_fresh_proof();
    if not upheld.reaches(as_role, as_custom_role) then
        return 'beyond';
    end if;
    -- Only of the members is it asked whose address it is: they are known to whoever invites.
    if exists (
        select from upheld.members as m inner join upheld.people as p on m.person_id = p.id
        where m.organisation_id = org and p.email_index = any(email_indexes)
    ) then
        return 'member';
    end if;
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(org::text));
    if exists (
        select from upheld.invitations as i
        where i.organisation_id = org and i.state = 'pending' and i.email_index = any(email_indexes)
    ) then
        return 'pending';
    end if;
    insert into upheld.invitations (
        id, organisation_id, role, custom_role_id, language, invited_by, email_index, email_sealed, token_hash,
        letter_sealed, expires_at
    ) values (
        new_id, org, as_role, as_custom_role, speaks, upheld.current_person(), email_indexes[1], new_email_sealed,
        new_token_hash, new_letter_sealed, upheld.clock_now() + lives
    );
    return 'invited';
end
$$;

-- The invitations of the organisation acted for that have not come to a membership, with the address
-- each went to, for those who may invite; the newest first.
create function upheld.open_invitations() returns table (
    id uuid, email_sealed bytea, role text, role_name text, state text, invited_by uuid, invited_at timestamptz,
    expires_at timestamptz
)
language sql stable security definer set search_path = ''
begin atomic
    select i.id, i.email_sealed, i.role, r.name as role_name, i.state, i.invited_by, i.invited_at, i.expires_at
    from upheld.invitations as i
    left join upheld.roles as r on i.organisation_id = r.organisation_id and i.custom_role_id = r.id
    where
        i.organisation_id = (select upheld.current_organisation()) and (select upheld.may('member:invite'))
        and i.state <> 'accepted'
    order by i.invited_at desc, i.id asc;
end;

-- Gives a pending invitation a new link, and the time to use it; the one before is worth nothing from
-- here on. Whoever sends it again vouches for it. False when there is none that they reach.
create function upheld.renew_invitation(
    wanted_id uuid, new_token_hash bytea, new_letter_sealed bytea, lives interval
) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not upheld.may('member:invite') then
        raise exception 'Inviting takes the permission to.' using errcode = '42501';
    end if;
    update upheld.invitations as i
    set
        token_hash = new_token_hash, letter_sealed = new_letter_sealed, invited_by = upheld.current_person(),
        invited_at = upheld.clock_now(), expires_at = upheld.clock_now() + lives
    where
        i.id = wanted_id and i.organisation_id = upheld.current_organisation() and i.state = 'pending'
        and upheld.reaches(i.role, i.custom_role_id);
    return found;
end
$$;

-- Takes an invitation back: nothing of it stays. False when there is none that is open.
create function upheld.revoke_invitation(wanted_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not upheld.may('member:invite') then
        raise exception 'Taking invitations back takes the permission to invite.' using errcode = '42501';
    end if;
    delete from upheld.invitations as i
    where i.id = wanted_id and i.organisation_id = upheld.current_organisation() and i.state <> 'accepted';
    return found;
end
$$;

-- Whether whoever made an invitation may still make it: a member with the permission to invite, who has
-- every permission of the role themselves; an owner, where it is ownership. Nobody may whom the
-- organisation keeps out until they have a factor.
create function upheld.still_stands(invitation upheld.invitations) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
    inviter upheld.members;
    given text[];
begin
    select m.* into inviter from upheld.members as m
    where m.organisation_id = invitation.organisation_id and m.person_id = invitation.invited_by;
    given := upheld.permissions_in(inviter.organisation_id, inviter.role, inviter.custom_role_id);
    return coalesce(
        'member:invite' = any(given)
        and upheld.permissions_in(invitation.organisation_id, invitation.role, invitation.custom_role_id) <@ given
        and (invitation.role <> 'owner' or inviter.role = 'owner')
        and not upheld.is_held_back(inviter.organisation_id, inviter.person_id), false
    );
end
$$;

-- What an invitation offers, for whoever holds its link: which organisation, as what, from whom, and
-- until when; and, for somebody signed in, whether it is for them. Only if it is: `factor_by`, from when on the
-- organisation asks its members for a factor. No row when the link is worth nothing (any more).
create function upheld.invitation_by_token(token bytea) returns table (
    id uuid, organisation_id uuid, organisation_name text, role text, role_name text, permissions text[],
    invited_by uuid, inviter_sealed bytea, expires_at timestamptz, is_mine boolean, is_member boolean,
    factor_by timestamptz
)
language sql stable security definer set search_path = ''
begin atomic
    select
        i.id, i.organisation_id, o.name as organisation_name, i.role, r.name as role_name,
        upheld.permissions_in(i.organisation_id, i.role, i.custom_role_id) as permissions,
        i.invited_by, inviter.email_sealed as inviter_sealed, i.expires_at,
        coalesce(me.email_index = i.email_index and me.verified_at is not null, false) as is_mine,
        exists(
            select from upheld.members as m where m.organisation_id = i.organisation_id and m.person_id = me.id
        ) as is_member,
        asks.starts_at as factor_by
    from upheld.invitations as i
    inner join upheld.organisations as o on i.organisation_id = o.id
    inner join upheld.people as inviter on i.invited_by = inviter.id
    left join upheld.roles as r on i.organisation_id = r.organisation_id and i.custom_role_id = r.id
    left join upheld.people as me on me.id = upheld.current_person()
    left join upheld.factor_rules as asks
        on i.organisation_id = asks.organisation_id and i.email_index = me.email_index and me.verified_at is not null
    where
        i.token_hash = pg_catalog.sha256(invitation_by_token.token) and i.state = 'pending'
        and i.expires_at > upheld.clock_now() and upheld.still_stands(i)
        and (not o.is_probe or coalesce(me.is_probe, false));
end;

-- Accepts an invitation, as the person asking: they become a member, and their session acts for the
-- organisation from the next statement on. Says what came of it: 'accepted', 'unknown' (no link of one
-- that stands), 'not yours' (it went to another address) or 'member'.
create function upheld.accept_invitation(token bytea) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    me record;
    invitation upheld.invitations;
begin
    select p.id, p.email_index, p.verified_at, p.is_probe into me
    from upheld.people as p where p.id = upheld.current_person() and upheld.current_session() is not null;
    if me.id is null or me.verified_at is null then
        raise exception 'Sign in to accept an invitation.' using errcode = '42501';
    end if;
    select i.* into invitation from upheld.invitations as i
    where
        i.token_hash = pg_catalog.sha256(token) and i.state = 'pending' and i.expires_at > upheld.clock_now()
    for update;
    if
        invitation.id is null or me.is_probe is distinct from (
            select o.is_probe from upheld.organisations as o where o.id = invitation.organisation_id
        )
    then
        return 'unknown';
    end if;
    if invitation.email_index <> me.email_index then
        return 'not yours';
    end if;
    -- Who invited may be losing that very right at this moment: both wait here for each other.
    perform pg_catalog.pg_advisory_xact_lock(4207852, pg_catalog.hashtext(invitation.organisation_id::text));
    if not upheld.still_stands(invitation) then
        return 'unknown';
    end if;
    if exists (
        select from upheld.members as m
        where m.organisation_id = invitation.organisation_id and m.person_id = me.id
    ) then
        return 'member';
    end if;
    -- Nobody gains rights in a session whose secret may have been copied long ago: a proof replaces it.
    perform upheld.demand_fresh_proof();
    update upheld.invitations
    set
        state = 'accepted', accepted_by = me.id, answered_at = upheld.clock_now(),
        email_index = null, email_sealed = null, token_hash = null, letter_sealed = null
    where id = invitation.id;
    insert into upheld.members (organisation_id, person_id, role, custom_role_id, invitation_id)
    values (invitation.organisation_id, me.id, invitation.role, invitation.custom_role_id, invitation.id);
    update upheld.sessions set organisation_id = invitation.organisation_id where id = upheld.current_session();
    return 'accepted';
end
$$;

-- Declines an invitation. Whoever holds the link may, with an account or without one; it is written
-- down as theirs if they are signed in, and as nobody's otherwise. The invitation, or null.
create function upheld.decline_invitation(token bytea, origin_sealed bytea) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    declined record;
begin
    update upheld.invitations as i
    set state = 'declined', answered_at = upheld.clock_now(), token_hash = null, letter_sealed = null
    where
        i.token_hash = pg_catalog.sha256(token) and i.state = 'pending' and i.expires_at > upheld.clock_now()
    returning i.id, i.organisation_id into declined;
    if declined.id is not null then
        perform upheld.append_entry(
            upheld.current_person(), declined.organisation_id, 'invitation.declined', 'invitation', declined.id,
            '{}', origin_sealed);
    end if;
    return declined.id;
end
$$;
grant execute on function upheld.append_entry(uuid, uuid, text, text, uuid, jsonb, bytea) to membership_keeper;

grant execute on function
upheld.invite(uuid, bytea[], bytea, bytea, bytea, text, uuid, text, interval), upheld.open_invitations(),
upheld.renew_invitation(uuid, bytea, bytea, interval), upheld.revoke_invitation(uuid),
upheld.invitation_by_token(bytea), upheld.accept_invitation(bytea), upheld.decline_invitation(bytea, bytea)
to web;
-- Operators: who looks after this deployment. The first is made through a one-time link
-- that `upheld init` prints. Being one opens no row of anybody.
create table upheld.operators (
    person_id uuid primary key references upheld.people (id) on delete cascade,
    since timestamptz not null default upheld.clock_now()
);
alter table upheld.operators enable row level security;
alter table upheld.operators force row level security;
create policy operators_know_that_they_are on upheld.operators
for select to web using (person_id = (select upheld.current_person()));
create policy operators_are_made_by_the_credential_keeper on upheld.operators
for insert to credential_keeper with check (person_id is not null);
grant select on upheld.operators to web;
grant insert (person_id) on upheld.operators to credential_keeper;
comment on table upheld.operators is 'Who looks after this deployment.';
call upheld.classify('upheld.operators', '{person_id,since}', 'technical', 'person', '{operation}', 'contract', 'account', true, 'row');

-- A one-time link that makes its opener an operator; only its hash is kept.
create table upheld.operator_invitations (
    token_hash bytea primary key check (length(token_hash) = 32),
    expires_at timestamptz not null
);
alter table upheld.operator_invitations enable row level security;
alter table upheld.operator_invitations force row level security;
alter table upheld.operator_invitations alter column token_hash set statistics 0;
create policy invitations_are_made_by_maintenance on upheld.operator_invitations
for insert to maintenance with check (expires_at > upheld.clock_now());
create policy invitations_are_found_by_the_credential_keeper on upheld.operator_invitations
for select to credential_keeper using (expires_at > upheld.clock_now());
create policy invitations_are_used_up_by_the_credential_keeper on upheld.operator_invitations
for delete to credential_keeper using (expires_at > upheld.clock_now());
grant insert on upheld.operator_invitations to maintenance;
grant select, delete on upheld.operator_invitations to credential_keeper;
comment on table upheld.operator_invitations is 'Pending one-time links for operators.';
call upheld.classify('upheld.operator_invitations', '{token_hash,expires_at}', 'technical', 'nobody', '{operation}', 'contract', 'link', false, 'row');

-- Uses up an invitation and makes a person, registered a moment ago through it, an
-- operator with a proven address: the link came from the machine itself.
create function upheld.appoint_operator(invitation_hash bytea, whose uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from upheld.operator_invitations where token_hash = invitation_hash;
    if not found then
        return false;
    end if;
    update upheld.people set verified_at = upheld.clock_now() where id = whose and verified_at is null;
    insert into upheld.operators (person_id) values (whose);
    return true;
end
$$;
grant execute on function upheld.appoint_operator(bytea, uuid) to gate;
-- Rotation: a session whose person may do something else by now, or gets in by something else, goes on
-- under another secret.
--
-- Triggers on the tables that decide this count each change beside the person, whoever makes it and by
-- whichever function. A secret knows at which change it was made. The next answer to the session
-- carries another one (`renew_session`, called by the one middleware). An answer may be lost, and what the
-- browser had sent off by then still arrives: the former secret opens the same session until a minute after
-- the new one was first shown, and is replaced by nothing. A fresh proof leaves none. Sessions of the machine itself are in no browser and stay as they are.

grant update (changes) on upheld.people to credential_keeper;
grant update (made_at_change, former_hash, former_until) on upheld.sessions to credential_keeper;

-- A new secret is of this moment, and leaves no former one behind unless it says so. A session that
-- comes to act for another organisation, or for none, needs one.
create function upheld.date_secret() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    if tg_op = 'INSERT' or new.secret_hash <> old.secret_hash then
        new.made_at_change := coalesce((select p.changes from upheld.people as p where p.id = new.person_id), 0);
        if tg_op = 'UPDATE' and new.former_hash is not distinct from old.former_hash then
            new.former_hash := null;
            new.former_until := null;
        end if;
    elsif new.organisation_id is distinct from old.organisation_id then
        new.made_at_change := -1;
    end if;
    return new;
end
$$;
create trigger secrets_are_dated before insert or update of secret_hash, organisation_id on upheld.sessions
for each row execute function upheld.date_secret();

-- Has the session whose present secret is shown go on under another one, if that is due; until when it lasts,
-- or null. Of two answers at once the first replaces it, and the other finds that it is done.
create function upheld.renew_session(present_secret bytea, new_secret_hash bytea) returns timestamptz
language sql volatile security definer set search_path = ''
begin atomic
    update upheld.sessions as s
    set
        secret_hash = new_secret_hash,
        former_hash = s.secret_hash,
        former_until = 'infinity'
    from upheld.people as p
    where
        s.secret_hash = pg_catalog.sha256(present_secret) and s.person_id = p.id
        and s.made_at_change <> p.changes and s.strength <> 'machine'
        and s.revoked_at is null and s.expires_at > upheld.clock_now()
    returning s.expires_at;
end;
grant execute on function upheld.renew_session(bytea, bytea) to web;

-- Counts a change of whom the row is about.
create function upheld.count_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
    update upheld.people set changes = changes + 1
    where id = coalesce(new.person_id, old.person_id) and verified_at is not null;
    return null;
end
$$;

-- Counts a change of every member of the organisation that the row is about, always in the same order.
create function upheld.count_change_of_members() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    members uuid[] := array(
        select m.person_id from upheld.members as m
        where m.organisation_id = coalesce(new.organisation_id, old.organisation_id)
    );
begin
    perform from upheld.people as p
    where p.id = any(members) and p.verified_at is not null order by p.id for no key update;
    update upheld.people set changes = changes + 1 where id = any(members) and verified_at is not null;
    return null;
end
$$;

-- An address is a way in.
create function upheld.count_change_of_address() returns trigger
language plpgsql set search_path = ''
as $$
begin
    new.changes := old.changes + 1;
    return new;
end
$$;

-- What somebody may do.
create trigger changes_are_counted after insert or delete or update of role, custom_role_id on upheld.members
for each row execute function upheld.count_change();
create trigger changes_are_counted after insert or delete on upheld.fair_use_acceptances
for each row execute function upheld.count_change();
create trigger changes_are_counted after insert or delete on upheld.operators
for each row execute function upheld.count_change();
create trigger changes_are_counted after update of permissions on upheld.roles
for each row when (old.permissions <> new.permissions) execute function upheld.count_change_of_members();
create trigger changes_are_counted after insert or delete or update of starts_at on upheld.factor_rules
for each row execute function upheld.count_change_of_members();

-- What lets somebody in.
create trigger changes_are_counted after insert or delete or update of password_hash on upheld.credentials
for each row execute function upheld.count_change();
create trigger changes_are_counted after insert or delete on upheld.identities
for each row execute function upheld.count_change();
create trigger changes_are_counted after insert or delete on upheld.passkeys
for each row execute function upheld.count_change();
create trigger changes_are_counted after update of confirmed_at on upheld.authenticator_apps
for each row execute function upheld.count_change();
create trigger removals_are_counted after delete on upheld.authenticator_apps
for each row when (old.confirmed_at is not null) execute function upheld.count_change();
create trigger changes_are_counted after insert or delete on upheld.recovery_codes
for each row execute function upheld.count_change();
create trigger changes_are_counted before update of email_sealed on upheld.people
for each row when (old.email_sealed <> new.email_sealed) execute function upheld.count_change_of_address();
-- A candidate's profile: who may find it, and its sealed contents. Private by default.
create table upheld.profiles (
    person_id uuid primary key default upheld.current_person()
    references upheld.people (id) on delete cascade,
    visibility text not null default 'private' check (visibility in ('private', 'open')),
    full_name_sealed bytea,
    headline_sealed bytea,
    email_sealed bytea,
    phone_sealed bytea,
    location_sealed bytea,
    summary_sealed bytea,
    updated_at timestamptz not null default upheld.clock_now()
);
alter table upheld.profiles enable row level security;
alter table upheld.profiles force row level security;
alter table upheld.profiles alter column full_name_sealed set statistics 0;
alter table upheld.profiles alter column headline_sealed set statistics 0;
alter table upheld.profiles alter column email_sealed set statistics 0;
alter table upheld.profiles alter column phone_sealed set statistics 0;
alter table upheld.profiles alter column location_sealed set statistics 0;
alter table upheld.profiles alter column summary_sealed set statistics 0;
create policy a_candidate_starts_their_own_profile on upheld.profiles
for insert to web with check (person_id = (select upheld.current_person()));
create policy a_candidate_edits_their_own_profile on upheld.profiles
for update to web using (person_id = (select upheld.current_person()))
with check (person_id = (select upheld.current_person()));
create policy a_candidate_finds_their_own_profile on upheld.profiles
for select to web, record_reader using (person_id = (select upheld.current_person()));
grant insert (full_name_sealed, headline_sealed, email_sealed, phone_sealed, location_sealed, summary_sealed),
update (visibility, full_name_sealed, headline_sealed, email_sealed, phone_sealed, location_sealed, summary_sealed, updated_at)
on upheld.profiles to web;
-- Columns that are not ciphertext only: contents come through `own_profile()`.
grant select (person_id, visibility, updated_at) on upheld.profiles to web;
grant select on upheld.profiles to record_reader;
comment on table upheld.profiles is 'What a candidate says of themselves, sealed under their own key.';
call upheld.classify('upheld.profiles', '{person_id,visibility,updated_at}', 'professional', 'candidate', '{profile}', 'consent', 'account', true, 'row');
call upheld.classify('upheld.profiles', '{full_name_sealed}', 'identity', 'candidate', '{profile}', 'consent', 'account', true, 'key');
call upheld.classify('upheld.profiles', '{email_sealed,phone_sealed,location_sealed}', 'contact', 'candidate', '{profile}', 'consent', 'account', true, 'key');
call upheld.classify('upheld.profiles', '{headline_sealed,summary_sealed}', 'professional', 'candidate', '{profile}', 'consent', 'account', true, 'key');

-- A candidate's uploaded documents. The file lies in the object store under `object_id`,
-- in authenticated chunks; the text that was read out of it waits here to be confirmed.
-- No two documents name one object, and no two snapshots. That a document names the object of
-- a snapshot is not refused here: it would take a trigger with rights to see everyone's rows,
-- to stop what yields nothing. The id has to be guessed (74 random bits that no query shows to
-- others), and the store itself holds an object to its owner: it opens and removes it only for
-- the person, employer and kind of data whose key marked it (`platform/objects.py`). The worst
-- that is left is a file that nobody can open staying in the store for as long as the row.
create table upheld.documents (
    id uuid primary key,
    person_id uuid not null default upheld.current_person()
    references upheld.people (id) on delete cascade,
    object_id uuid not null unique,
    media_type text not null check (media_type in (
        'application/pdf', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
    )),
    size_bytes integer not null check (size_bytes between 1 and 10485760),
    name_sealed bytea not null,
    text_sealed bytea,
    uploaded_at timestamptz not null default upheld.clock_now()
);
create index documents_person_id_idx on upheld.documents (person_id);
alter table upheld.documents enable row level security;
alter table upheld.documents force row level security;
alter table upheld.documents alter column name_sealed set statistics 0;
alter table upheld.documents alter column text_sealed set statistics 0;
create policy a_candidate_adds_their_own_documents on upheld.documents
for insert to web with check (person_id = (select upheld.current_person()));
create policy a_candidate_removes_their_own_documents on upheld.documents
for delete to web using (person_id = (select upheld.current_person()));
create policy what_was_read_from_a_document_can_be_forgotten on upheld.documents
for update to web using (person_id = (select upheld.current_person()))
with check (person_id = (select upheld.current_person()) and text_sealed is null);
create policy a_candidate_finds_their_own_documents on upheld.documents
for select to web, record_reader, eraser using (person_id = (select upheld.current_person()));
grant insert (id, object_id, media_type, size_bytes, name_sealed, text_sealed) on upheld.documents to web;
grant update (text_sealed), delete on upheld.documents to web;
grant select (id, person_id, object_id, media_type, size_bytes, uploaded_at) on upheld.documents to web, eraser;
grant select on upheld.documents to record_reader;
comment on table upheld.documents is 'A candidate''s own documents; employers get copies of their own, never these.';
call upheld.classify('upheld.documents', '{id,person_id,object_id,media_type,size_bytes,uploaded_at}', 'document', 'candidate', '{profile}', 'consent', 'account', true, 'row');
call upheld.classify('upheld.documents', '{name_sealed,text_sealed}', 'document', 'candidate', '{profile}', 'consent', 'account', true, 'key');

-- What rested on a consent goes when the consent does, whoever withdraws it and how.
create function upheld.forget_what_was_read() returns trigger
language plpgsql set search_path = ''
as $$
begin
    update upheld.documents set text_sealed = null
    where person_id = new.person_id;
    return null;
end
$$;
create trigger texts_go_when_reading_is_no_longer_agreed_to after insert on upheld.consents
for each row when (new.purpose = 'resume-reading' and not new.given and upheld.current_person() is not null)
execute function upheld.forget_what_was_read();
-- Whether the organisation acted for is a probe's: its jobs are invisible to everyone else.
create function upheld.acts_for_probe() returns boolean
language sql stable set search_path = ''
return coalesce((
    select o.is_probe from upheld.organisations as o where o.id = upheld.current_organisation()
), false);
grant execute on function upheld.acts_for_probe() to web;

-- A position an organisation is hiring for; its page is public while it is open.
create table upheld.jobs (
    id uuid primary key,
    organisation_id uuid not null default upheld.current_organisation()
    references upheld.organisations (id),
    title text not null check (length(btrim(title)) between 3 and 120),
    description text not null check (length(description) between 30 and 20000),
    employment_type text not null
    check (employment_type in ('full-time', 'part-time', 'contract', 'internship', 'temporary')),
    location text not null check (length(btrim(location)) between 2 and 120),
    country text not null check (country ~ '^[A-Z]{2}$'),
    is_remote boolean not null default false,
    salary_currency text check (salary_currency ~ '^[A-Z]{3}$'),
    salary_from integer check (salary_from > 0),
    salary_to integer check (salary_to >= salary_from),
    status text not null default 'draft' check (status in ('draft', 'open', 'closed')),
    posted_at timestamptz,
    closes_on date,
    is_probe boolean not null default upheld.acts_for_probe(),
    created_at timestamptz not null default upheld.clock_now(),
    unique (organisation_id, id),
    check ((status = 'draft') = (posted_at is null)),
    check ((salary_from is null) = (salary_currency is null) and (salary_to is null) = (salary_from is null))
);
create index jobs_open_idx on upheld.jobs (posted_at desc) where status = 'open';
alter table upheld.jobs enable row level security;
alter table upheld.jobs force row level security;
create policy open_jobs_are_seen_by_everyone on upheld.jobs
for select to web
using (status = 'open' and (not is_probe or (select upheld.asks_as_probe())));
create policy jobs_are_seen_by_their_organisation on upheld.jobs
for select to web using (organisation_id = (select upheld.current_organisation()));
create policy jobs_are_posted_by_members_who_may_manage_them on upheld.jobs
for insert to web with check (
    organisation_id = (select upheld.current_organisation())
    and (select upheld.may('job:manage'))
);
create policy jobs_are_changed_by_members_who_may_manage_them on upheld.jobs
for update to web using (
    organisation_id = (select upheld.current_organisation())
    and (select upheld.may('job:manage'))
) with check (organisation_id = (select upheld.current_organisation()));
grant select on upheld.jobs to web;
grant insert (id, title, description, employment_type, location, country, is_remote, salary_currency, salary_from, salary_to, status, posted_at, closes_on),
update (title, description, employment_type, location, country, is_remote, salary_currency, salary_from, salary_to, status, posted_at, closes_on)
on upheld.jobs to web;
comment on table upheld.jobs is 'A position an organisation is hiring for.';
call upheld.classify('upheld.jobs', '{id,organisation_id,title,description,employment_type,location,country,is_remote,salary_currency,salary_from,salary_to,status,posted_at,closes_on,is_probe,created_at}', 'organisation', 'organisation', '{hiring}', 'contract', 'organisation', false, 'kept');
-- A candidate's application to a job: where it stands. What it says is in its snapshot.
--
-- The candidate's id has no foreign key on purpose: an application is the employer's own
-- record, with a rule of its own, and outlives an account that is erased.
create table upheld.applications (
    id uuid primary key,
    organisation_id uuid not null,
    job_id uuid not null,
    person_id uuid not null default upheld.current_person(),
    stage text not null default 'new'
    check (stage in ('new', 'review', 'interview', 'offer', 'hired', 'rejected', 'withdrawn')),
    submitted_at timestamptz not null default upheld.clock_now(),
    closed_at timestamptz,
    keep_until date,
    unique (organisation_id, id),
    unique (organisation_id, job_id, person_id),
    foreign key (organisation_id, job_id) references upheld.jobs (organisation_id, id),
    check ((stage in ('hired', 'rejected', 'withdrawn')) = (closed_at is not null)),
    check ((closed_at is null) = (keep_until is null))
);
create index applications_by_job_idx
on upheld.applications (organisation_id, job_id, stage, submitted_at desc, id desc);
create index applications_by_stage_idx
on upheld.applications (organisation_id, stage, submitted_at desc, id desc);
create index applications_person_id_idx on upheld.applications (person_id);
create index applications_keep_until_idx on upheld.applications (keep_until) where keep_until is not null;
alter table upheld.applications enable row level security;
alter table upheld.applications force row level security;
-- Whether an application that closes does so now, and is kept for as long as the rule says
-- (`APPLICATION_RECORD` in `kit/deadlines.py`). A day on either side: the clock that counted
-- the months may already, or not yet, be past midnight.
create function upheld.closes_by_the_rule(closed_at timestamptz, keep_until date) returns boolean
language sql stable set search_path = ''
return closed_at is null or (
    closed_at = upheld.clock_now()
    and keep_until - ((closed_at at time zone 'UTC')::date + interval '12 months')::date between -1 and 1
);
grant execute on function upheld.closes_by_the_rule(timestamptz, date) to web, eraser;

create policy applications_are_seen_by_their_candidate on upheld.applications
for select to web, worker, record_reader, eraser using (person_id = (select upheld.current_person()));
create policy applications_are_seen_by_members_who_accepted_fair_use on upheld.applications
for select to web, record_reader using (organisation_id = (select upheld.hiring_organisation()));
create policy applications_are_submitted_by_their_candidate on upheld.applications
for insert to web with check (
    person_id = (select upheld.current_person()) and stage = 'new'
    and exists (
        select from upheld.jobs as j
        where
            j.id = job_id and j.organisation_id = applications.organisation_id
            and j.status = 'open'
            and (j.closes_on is null or j.closes_on >= (upheld.clock_now() at time zone 'UTC')::date)
    )
);
create policy applications_are_withdrawn_by_their_candidate on upheld.applications
for update to web using (person_id = (select upheld.current_person()) and closed_at is null)
with check (
    person_id = (select upheld.current_person()) and stage = 'withdrawn'
    and upheld.closes_by_the_rule(closed_at, keep_until)
);
create policy applications_are_moved_by_members_who_may_decide on upheld.applications
for update to web using (
    organisation_id = (select upheld.deciding_organisation()) and closed_at is null
) with check (
    organisation_id = (select upheld.deciding_organisation()) and stage <> 'withdrawn'
    and upheld.closes_by_the_rule(closed_at, keep_until)
);
create policy open_applications_are_withdrawn_at_erasure on upheld.applications
for update to eraser using (person_id = (select upheld.current_person()) and closed_at is null)
with check (stage = 'withdrawn' and upheld.closes_by_the_rule(closed_at, keep_until));
grant select on upheld.applications to web, worker, record_reader, eraser;
grant insert (id, organisation_id, job_id) on upheld.applications to web;
grant update (stage, closed_at, keep_until) on upheld.applications to web, eraser;
grant execute on function upheld.hiring_organisation() to record_reader;
comment on table upheld.applications is 'Where a candidate''s application to a job stands.';
call upheld.classify('upheld.applications', '{id,organisation_id,job_id,person_id,stage,submitted_at,closed_at,keep_until}', 'application', 'candidate', '{application}', 'consent', 'application record', true, 'kept');

-- How many applications to a job stand at a stage: the sum over its slots. Kept by the triggers
-- below in the transaction that submits, moves, withdraws, erases or removes an application, so
-- that a list never counts. A connection counts in a slot of its own: whoever has not committed
-- yet holds up nobody who applies for the same job at the same moment.
create table upheld.stage_counts (
    organisation_id uuid not null,
    job_id uuid not null,
    stage text not null,
    slot integer not null check (slot between 0 and 7),
    number integer not null,
    primary key (organisation_id, job_id, stage, slot),
    foreign key (organisation_id, job_id) references upheld.jobs (organisation_id, id) on delete cascade
) with (fillfactor = 50);
alter table upheld.stage_counts enable row level security;
alter table upheld.stage_counts force row level security;
create policy counts_are_seen_by_members_who_accepted_fair_use on upheld.stage_counts
for select to web using (organisation_id = (select upheld.hiring_organisation()));
create policy counts_are_begun_by_their_keeper on upheld.stage_counts
for insert to count_keeper with check (slot >= 0);
create policy counts_are_found_by_their_keeper on upheld.stage_counts
for select to count_keeper using (slot >= 0);
create policy counts_are_kept_by_their_keeper on upheld.stage_counts
for update to count_keeper using (slot >= 0);
grant select on upheld.stage_counts to web;
grant select, insert, update (number) on upheld.stage_counts to count_keeper;
comment on table upheld.stage_counts is 'How many applications to a job stand at a stage.';
call upheld.classify('upheld.stage_counts', '{organisation_id,job_id,stage,slot,number}', 'organisation', 'organisation', '{hiring}', 'contract', 'organisation', false, 'kept');

-- Carries a statement's changes over into the counts, in one order for everybody, so that two who
-- move applications between the same stages in opposite directions do not wait for each other.
create function upheld.count_applications() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        insert into upheld.stage_counts as c (organisation_id, job_id, stage, slot, number)
        select n.organisation_id, n.job_id, n.stage, pg_catalog.pg_backend_pid() % 8, count(*)
        from came as n
        group by n.organisation_id, n.job_id, n.stage
        order by n.organisation_id, n.job_id, n.stage
        on conflict (organisation_id, job_id, stage, slot) do update set number = c.number + excluded.number;
    elsif tg_op = 'DELETE' then
        insert into upheld.stage_counts as c (organisation_id, job_id, stage, slot, number)
        select o.organisation_id, o.job_id, o.stage, pg_catalog.pg_backend_pid() % 8, -count(*)
        from went as o
        group by o.organisation_id, o.job_id, o.stage
        order by o.organisation_id, o.job_id, o.stage
        on conflict (organisation_id, job_id, stage, slot) do update set number = c.number + excluded.number;
    else
        insert into upheld.stage_counts as c (organisation_id, job_id, stage, slot, number)
        select m.organisation_id, m.job_id, m.stage, pg_catalog.pg_backend_pid() % 8, sum(m.number)
        from (
            select n.organisation_id, n.job_id, n.stage, 1 as number from came as n
            union all
            select o.organisation_id, o.job_id, o.stage, -1 as number from went as o
        ) as m
        group by m.organisation_id, m.job_id, m.stage
        having sum(m.number) <> 0
        order by m.organisation_id, m.job_id, m.stage
        on conflict (organisation_id, job_id, stage, slot) do update set number = c.number + excluded.number;
    end if;
    return null;
end
$$;
create trigger applications_that_come_are_counted after insert on upheld.applications
referencing new table as came for each statement execute function upheld.count_applications();
create trigger applications_that_go_are_counted after delete on upheld.applications
referencing old table as went for each statement execute function upheld.count_applications();
create trigger applications_that_move_are_counted after update on upheld.applications
referencing old table as went new table as came for each statement execute function upheld.count_applications();

-- The jobs the person asking has applied to. An array, so that the policy below asks once
-- per statement; a function, because policies of two tables that name each other are refused.
create function upheld.jobs_applied_to() returns uuid[]
language sql stable security definer set search_path = ''
return array(select a.job_id from upheld.applications as a where a.person_id = upheld.current_person());
grant execute on function upheld.jobs_applied_to() to web;

-- Who has applied follows the application to its end, also after the job has closed.
create policy jobs_are_seen_by_those_who_applied on upheld.jobs
for select to web using (id = any((select upheld.jobs_applied_to())::uuid[]));

-- What the candidate sent, as it was on that day, under the key of this person with this
-- employer. The résumé is a copy with an object of its own.
create table upheld.application_snapshots (
    application_id uuid primary key,
    organisation_id uuid not null,
    person_id uuid not null default upheld.current_person(),
    full_name_sealed bytea not null,
    headline_sealed bytea,
    email_sealed bytea not null,
    phone_sealed bytea,
    location_sealed bytea,
    summary_sealed bytea,
    letter_sealed bytea,
    resume_object_id uuid unique,
    resume_media_type text,
    resume_bytes integer,
    resume_name_sealed bytea,
    foreign key (organisation_id, application_id)
    references upheld.applications (organisation_id, id) on delete cascade
);
create index application_snapshots_person_id_idx on upheld.application_snapshots (person_id);
alter table upheld.application_snapshots enable row level security;
alter table upheld.application_snapshots force row level security;
do $$
declare
    col text;
begin
    -- No sampled value of a ciphertext column reaches the statistics.
    foreach col in array array['full_name', 'headline', 'email', 'phone', 'location', 'summary', 'letter', 'resume_name'] loop
        execute format('alter table upheld.application_snapshots alter column %I set statistics 0', col || '_sealed');
    end loop;
end
$$;
create policy snapshots_are_sent_by_their_candidate on upheld.application_snapshots
for insert to web with check (
    person_id = (select upheld.current_person())
    and exists (
        select from upheld.applications as a
        where
            a.id = application_id and a.organisation_id = application_snapshots.organisation_id
            and a.person_id = (select upheld.current_person())
    )
);
create policy snapshots_are_read_for_their_candidate on upheld.application_snapshots
for select to record_reader using (person_id = (select upheld.current_person()));
create policy snapshots_are_read_for_members_who_accepted_fair_use on upheld.application_snapshots
for select to record_reader using (organisation_id = (select upheld.hiring_organisation()));
grant insert (
    application_id, organisation_id, full_name_sealed, headline_sealed, email_sealed, phone_sealed,
    location_sealed, summary_sealed, letter_sealed, resume_object_id, resume_media_type, resume_bytes,
    resume_name_sealed
) on upheld.application_snapshots to web;
grant select on upheld.application_snapshots to record_reader;
comment on table upheld.application_snapshots is 'What a candidate sent with an application; read through functions that leave a trace.';
call upheld.classify('upheld.application_snapshots', '{application_id,organisation_id,person_id,resume_object_id,resume_media_type,resume_bytes}', 'application', 'candidate', '{application}', 'consent', 'application record', true, 'kept');
call upheld.classify('upheld.application_snapshots', '{full_name_sealed}', 'identity', 'candidate', '{application}', 'consent', 'application record', true, 'kept');
call upheld.classify('upheld.application_snapshots', '{email_sealed,phone_sealed,location_sealed}', 'contact', 'candidate', '{application}', 'consent', 'application record', true, 'kept');
call upheld.classify('upheld.application_snapshots', '{headline_sealed,summary_sealed,letter_sealed,resume_name_sealed}', 'professional', 'candidate', '{application}', 'consent', 'application record', true, 'kept');

-- What happened to an application, step by step; the candidate follows it to the end.
-- The reason of a decision is shown to the candidate: it is about them.
create table upheld.application_events (
    id uuid primary key,
    application_id uuid not null,
    organisation_id uuid not null,
    person_id uuid not null,
    actor_id uuid default upheld.current_person(),
    stage text not null,
    reason_sealed bytea,
    at timestamptz not null default upheld.clock_now(),
    foreign key (organisation_id, application_id)
    references upheld.applications (organisation_id, id) on delete cascade
);
create index application_events_application_id_idx on upheld.application_events (organisation_id, application_id, at);
create index application_events_at_idx on upheld.application_events (organisation_id, at desc, id);
create index application_events_person_id_idx on upheld.application_events (person_id);
alter table upheld.application_events enable row level security;
alter table upheld.application_events force row level security;
alter table upheld.application_events alter column reason_sealed set statistics 0;
create policy events_are_seen_by_their_candidate on upheld.application_events
for select to web using (person_id = (select upheld.current_person()));
create policy events_are_seen_by_members_who_accepted_fair_use on upheld.application_events
for select to web using (organisation_id = (select upheld.hiring_organisation()));
create policy events_are_added_by_their_candidate on upheld.application_events
for insert to web with check (
    person_id = (select upheld.current_person()) and stage in ('new', 'withdrawn')
    and exists (
        select from upheld.applications as a
        where
            a.id = application_id and a.organisation_id = application_events.organisation_id
            and a.person_id = (select upheld.current_person())
    )
);
create policy events_are_added_by_members_who_may_decide on upheld.application_events
for insert to web with check (
    organisation_id = (select upheld.deciding_organisation())
    and stage in ('review', 'interview', 'offer', 'hired', 'rejected')
    and exists (
        select from upheld.applications as a
        where
            a.id = application_id and a.organisation_id = application_events.organisation_id
            and a.person_id = application_events.person_id
    )
);
create policy events_are_added_at_erasure on upheld.application_events
for insert to eraser with check (person_id = (select upheld.current_person()) and stage = 'withdrawn');
grant select on upheld.application_events to web;
grant insert (id, application_id, organisation_id, person_id, stage, reason_sealed) on upheld.application_events to web, eraser;
comment on table upheld.application_events is 'What happened to an application, step by step.';
call upheld.classify('upheld.application_events', '{id,application_id,organisation_id,person_id,actor_id,stage,at}', 'application', 'candidate', '{application}', 'consent', 'application record', true, 'kept');
call upheld.classify('upheld.application_events', '{reason_sealed}', 'application', 'candidate', '{application}', 'consent', 'application record', true, 'kept');

-- Which employers may see what of a candidate because the candidate said so.
create table upheld.disclosures (
    person_id uuid not null default upheld.current_person(),
    organisation_id uuid not null references upheld.organisations (id),
    sections text[] not null check (sections <@ array['identity', 'contact', 'summary', 'resume']),
    made_at timestamptz not null default upheld.clock_now(),
    ended_at timestamptz,
    primary key (person_id, organisation_id)
);
create index disclosures_organisation_id_idx on upheld.disclosures (organisation_id);
alter table upheld.disclosures enable row level security;
alter table upheld.disclosures force row level security;
create policy disclosures_are_seen_by_their_candidate on upheld.disclosures
for select to web using (person_id = (select upheld.current_person()));
create policy disclosures_are_counted_by_the_eraser on upheld.disclosures
for select to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
create policy disclosures_are_made_by_their_candidate on upheld.disclosures
for insert to web with check (person_id = (select upheld.current_person()));
create policy disclosures_are_changed_by_their_candidate on upheld.disclosures
for update to web using (person_id = (select upheld.current_person()))
with check (person_id = (select upheld.current_person()));
create policy disclosures_go_with_the_account on upheld.disclosures
for delete to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
grant select on upheld.disclosures to web, eraser;
grant insert (organisation_id, sections), update (sections, made_at, ended_at) on upheld.disclosures to web;
grant delete on upheld.disclosures to eraser;
comment on table upheld.disclosures is 'What a candidate has shared with which employer.';
call upheld.classify('upheld.disclosures', '{person_id,organisation_id,sections,made_at,ended_at}', 'application', 'candidate', '{application}', 'consent', 'account', true, 'row');
-- The access journal: who saw which part of a candidate's data, and when. Only the
-- functions below write it, and they are the only way to the ciphertext.
create table upheld.access_journal (
    id uuid primary key default gen_random_uuid(),
    person_id uuid not null,
    viewer_id uuid not null,
    organisation_id uuid not null references upheld.organisations (id),
    application_id uuid not null,
    part text not null check (part in ('list', 'application', 'contact', 'resume')),
    at timestamptz not null default upheld.clock_now()
);
create index access_journal_person_id_idx on upheld.access_journal (person_id, at desc);
create index access_journal_viewer_id_idx on upheld.access_journal (viewer_id, person_id, at desc) where part = 'list';
create index access_journal_organisation_id_idx on upheld.access_journal (organisation_id);
alter table upheld.access_journal enable row level security;
alter table upheld.access_journal force row level security;
create policy the_journal_is_written_by_the_record_reader on upheld.access_journal
for insert to record_reader with check (
    viewer_id = (select upheld.current_person())
    and organisation_id = (select upheld.current_organisation())
);
create policy the_journal_is_checked_by_the_record_reader on upheld.access_journal
for select to record_reader using (viewer_id = (select upheld.current_person()));
create policy the_journal_is_seen_by_the_person_it_is_about on upheld.access_journal
for select to web using (person_id = (select upheld.current_person()));
create policy the_journal_goes_with_the_account on upheld.access_journal
for delete to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
create policy the_journal_is_found_by_the_eraser on upheld.access_journal
for select to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
grant select on upheld.access_journal to web, record_reader, eraser;
grant insert (person_id, viewer_id, organisation_id, application_id, part) on upheld.access_journal to record_reader;
grant delete on upheld.access_journal to eraser;
comment on table upheld.access_journal is 'Who saw which part of a candidate''s data, and when.';
call upheld.classify('upheld.access_journal', '{id,person_id,viewer_id,organisation_id,application_id,part,at}', 'record', 'candidate', '{transparency}', 'legal obligation', 'account', true, 'row');

-- The name lines of applications, newest first: of one job or of all, at the given stages or at
-- every one, from a place in that order on; so many of each stage at most, and so many in all. Each
-- candidate gets one journal entry per viewer and hour for appearing.
create function upheld.list_applications(
    wanted_job_id uuid, wanted_stages text[], after_at timestamptz, after_id uuid,
    of_each_stage integer, in_all integer
)
returns table (
    id uuid, job_id uuid, person_id uuid, stage text, submitted_at timestamptz, closed_at timestamptz,
    full_name_sealed bytea, headline_sealed bytea, has_resume boolean
)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    employer uuid := upheld.hiring_organisation();
    viewer uuid := upheld.current_person();
    every_stage text[] := array['new', 'review', 'interview', 'offer', 'hired', 'rejected', 'withdrawn'];
    shown uuid[];
begin
    -- Planned anew each time: what is not asked for falls out of the plan, which then reads along an
    -- index and stops. This statement alone, since a setting of the function would have every
    -- look at the context planned anew as well.
    execute $query$
        select array(
            select one.id
            from pg_catalog.unnest($1) as w (stage)
            cross join lateral (
                select a.id, a.submitted_at
                from upheld.applications as a
                where
                    a.organisation_id = $2 and a.stage = w.stage
                    and ($3 is null or a.job_id = $3)
                    and ($4 is null or (a.submitted_at, a.id) < ($4, $5))
                order by a.submitted_at desc, a.id desc
                limit least($6, 100)
            ) as one
            order by one.submitted_at desc, one.id desc
            limit least($7, 200)
        )
    $query$ into shown
    using
        coalesce(wanted_stages, every_stage), employer, wanted_job_id, after_at, after_id, of_each_stage, in_all;
    insert into upheld.access_journal (person_id, viewer_id, organisation_id, application_id, part)
    select distinct on (a.person_id) a.person_id, viewer, a.organisation_id, a.id, 'list'
    from upheld.applications as a
    where a.id = any(shown) and not exists (
        select from upheld.access_journal as j
        where
            j.viewer_id = viewer and j.person_id = a.person_id and j.part = 'list'
            and j.organisation_id = a.organisation_id
            and j.at > upheld.clock_now() - interval '1 hour'
    )
    order by a.person_id, a.submitted_at desc;
    return query
    select
        a.id, a.job_id, a.person_id, a.stage, a.submitted_at, a.closed_at,
        s.full_name_sealed, s.headline_sealed, s.resume_object_id is not null
    from upheld.applications as a
    inner join upheld.application_snapshots as s on s.application_id = a.id
    where a.id = any(shown)
    order by a.submitted_at desc, a.id desc;
end
$$;

-- Writes the journal entry for one part of one application of the viewer's organisation;
-- false when the viewer may not see it.
create function upheld.note_view(wanted_id uuid, viewed_part text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into upheld.access_journal (person_id, viewer_id, organisation_id, application_id, part)
    select a.person_id, upheld.current_person(), a.organisation_id, a.id, viewed_part
    from upheld.applications as a
    where
        a.id = wanted_id and a.organisation_id = upheld.hiring_organisation();
    return found;
end
$$;

-- What a candidate sent, without contact and file; one journal entry.
create function upheld.open_application(wanted_id uuid)
returns table (
    full_name_sealed bytea, headline_sealed bytea, location_sealed bytea, summary_sealed bytea,
    letter_sealed bytea, resume_media_type text, resume_bytes integer, resume_name_sealed bytea
)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.note_view(wanted_id, 'application') then
        return query
        select
            s.full_name_sealed, s.headline_sealed, s.location_sealed, s.summary_sealed,
            s.letter_sealed, s.resume_media_type, s.resume_bytes, s.resume_name_sealed
        from upheld.application_snapshots as s
        where s.application_id = wanted_id;
    end if;
end
$$;

-- How to reach a candidate; one journal entry.
create function upheld.open_contact(wanted_id uuid)
returns table (email_sealed bytea, phone_sealed bytea)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.note_view(wanted_id, 'contact') then
        return query
        select s.email_sealed, s.phone_sealed
        from upheld.application_snapshots as s
        where s.application_id = wanted_id;
    end if;
end
$$;

-- Where the résumé sent with an application lies; one journal entry.
create function upheld.open_resume(wanted_id uuid)
returns table (object_id uuid, media_type text, size_bytes integer, name_sealed bytea, person_id uuid)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.note_view(wanted_id, 'resume') then
        return query
        select s.resume_object_id, s.resume_media_type, s.resume_bytes, s.resume_name_sealed, s.person_id
        from upheld.application_snapshots as s
        where s.application_id = wanted_id and s.resume_object_id is not null;
    end if;
end
$$;

-- A candidate's own profile, for themselves.
create function upheld.own_profile()
returns table (
    visibility text, full_name_sealed bytea, headline_sealed bytea, email_sealed bytea,
    phone_sealed bytea, location_sealed bytea, summary_sealed bytea, updated_at timestamptz
)
language sql stable security definer set search_path = ''
begin atomic
    select
        p.visibility, p.full_name_sealed, p.headline_sealed, p.email_sealed,
        p.phone_sealed, p.location_sealed, p.summary_sealed, p.updated_at
    from upheld.profiles as p
    where p.person_id = upheld.current_person();
end;

-- A candidate's own documents, newest first, for themselves.
create function upheld.own_documents()
returns table (
    id uuid, object_id uuid, media_type text, size_bytes integer,
    name_sealed bytea, text_sealed bytea, uploaded_at timestamptz
)
language sql stable security definer set search_path = ''
begin atomic
    select d.id, d.object_id, d.media_type, d.size_bytes, d.name_sealed, d.text_sealed, d.uploaded_at
    from upheld.documents as d
    where d.person_id = upheld.current_person()
    order by d.uploaded_at desc, d.id asc;
end;

-- What a candidate sent with their own applications, for themselves.
create function upheld.own_snapshots()
returns table (
    application_id uuid, organisation_id uuid, full_name_sealed bytea, headline_sealed bytea,
    email_sealed bytea, phone_sealed bytea, location_sealed bytea, summary_sealed bytea,
    letter_sealed bytea, resume_object_id uuid, resume_media_type text, resume_bytes integer,
    resume_name_sealed bytea
)
language sql stable security definer set search_path = ''
begin atomic
    select
        s.application_id, s.organisation_id, s.full_name_sealed, s.headline_sealed,
        s.email_sealed, s.phone_sealed, s.location_sealed, s.summary_sealed,
        s.letter_sealed, s.resume_object_id, s.resume_media_type, s.resume_bytes, s.resume_name_sealed
    from upheld.application_snapshots as s
    where s.person_id = upheld.current_person();
end;

grant execute on function
upheld.list_applications(uuid, text[], timestamptz, uuid, integer, integer), upheld.open_application(uuid),
upheld.open_contact(uuid), upheld.open_resume(uuid),
upheld.own_profile(), upheld.own_documents(), upheld.own_snapshots()
to web;
-- The queue of background work. Tables, indexes and trigger are PgQueuer's; roles, policies
-- and comments are ours.

create schema queue;
comment on schema queue is 'Background work waiting and done.';
grant usage on schema queue to backup;
alter default privileges in schema queue grant select on tables to backup;
alter default privileges in schema queue grant select on sequences to backup;
grant usage on schema queue to worker, queue_writer, eraser, retention_keeper, web;
grant create on schema queue to
context_keeper, credential_keeper, record_reader, audit_writer, limit_keeper,
queue_writer, eraser, retention_keeper;

-- From here to the trigger: the objects that PgQueuer 1.6.0 installs (durable, no prefix),
-- with its names, in our spelling.
create type queue.pgqueuer_status as enum (
    'queued', 'picked', 'successful', 'exception', 'canceled', 'deleted', 'failed'
);
revoke usage on type queue.pgqueuer_status from public;

create table queue.pgqueuer (
    id bigserial primary key,
    priority integer not null,
    queue_manager_id uuid,
    created timestamptz not null default now(),
    updated timestamptz not null default now(),
    heartbeat timestamptz not null default now(),
    execute_after timestamptz not null default now(),
    status queue.pgqueuer_status not null,
    entrypoint text not null,
    dedupe_key text,
    payload bytea,
    headers jsonb,
    attempts integer not null default 0,
    slot bigint
);
create index pgqueuer_ep_ea_idx on queue.pgqueuer (entrypoint, execute_after) where status = 'queued';
create index pgqueuer_ep_prio_id_idx on queue.pgqueuer (entrypoint, priority desc, id) where status = 'queued';
create index pgqueuer_picked_heartbeat_idx on queue.pgqueuer (heartbeat) where status = 'picked';
create unique index pgqueuer_picked_slot_idx on queue.pgqueuer (entrypoint, slot)
where status = 'picked' and slot is not null;
create index pgqueuer_priority_id_id1_idx on queue.pgqueuer (priority, id desc) include (id) where status = 'queued';
create index pgqueuer_queue_manager_id_idx on queue.pgqueuer (queue_manager_id) where queue_manager_id is not null;
create unique index pgqueuer_unique_dedupe_key on queue.pgqueuer (dedupe_key)
where status in ('queued', 'picked') and dedupe_key is not null;
create index pgqueuer_updated_id_id1_idx on queue.pgqueuer (updated, id desc) include (id) where status = 'picked';

create table queue.pgqueuer_log (
    id bigint primary key generated by default as identity,
    created timestamptz not null default now(),
    job_id bigint not null,
    status queue.pgqueuer_status not null,
    priority integer not null,
    entrypoint text not null,
    traceback jsonb,
    aggregated boolean default false
);
create index pgqueuer_log_created on queue.pgqueuer_log (created);
create index pgqueuer_log_job_id_status on queue.pgqueuer_log (job_id, created desc);
create index pgqueuer_log_not_aggregated on queue.pgqueuer_log ((1)) where not aggregated;
create index pgqueuer_log_status on queue.pgqueuer_log (status);

create table queue.pgqueuer_schedules (
    id bigserial primary key,
    expression text not null,
    entrypoint text not null,
    heartbeat timestamptz not null default now(),
    created timestamptz not null default now(),
    updated timestamptz not null default now(),
    next_run timestamptz not null default now(),
    last_run timestamptz,
    status queue.pgqueuer_status default 'queued',
    unique (expression, entrypoint)
);

create table queue.pgqueuer_statistics (
    id bigserial primary key,
    created timestamptz not null default date_trunc('sec', now()),
    count bigint not null,
    priority integer not null,
    status queue.pgqueuer_status not null,
    entrypoint text not null
);
create unique index pgqueuer_statistics_unique_count on queue.pgqueuer_statistics
(priority, date_trunc('sec', timezone('UTC', created)), status, entrypoint);

-- Wakes the workers. PgQueuer's own body compares OLD with NEW, which a statement's trigger
-- does not have: an update notifies nobody there either, so this one says so.
create function queue.fn_pgqueuer_changed() returns trigger
language plpgsql set search_path = ''
as $$
begin
    if tg_op <> 'UPDATE' then
        perform pg_catalog.pg_notify('ch_pgqueuer', pg_catalog.json_build_object(
            'channel', 'ch_pgqueuer', 'operation', pg_catalog.lower(tg_op), 'sent_at', pg_catalog.now(),
            'table', tg_table_name, 'type', 'table_changed_event')::text);
    end if;
    return null;
end
$$;
create trigger tg_pgqueuer_changed after insert or update or delete or truncate on queue.pgqueuer
for each statement execute function queue.fn_pgqueuer_changed();

alter table queue.pgqueuer enable row level security;
alter table queue.pgqueuer force row level security;
alter table queue.pgqueuer_log enable row level security;
alter table queue.pgqueuer_log force row level security;
alter table queue.pgqueuer_schedules enable row level security;
alter table queue.pgqueuer_schedules force row level security;
alter table queue.pgqueuer_statistics enable row level security;
alter table queue.pgqueuer_statistics force row level security;

-- The worker handles the duties it knows; a row with another name is invisible to it.
create policy known_duties_are_seen_by_the_worker on queue.pgqueuer
for select to worker using (entrypoint in ('mail', 'erasure', 'invitation'));
create policy known_duties_are_advanced_by_the_worker on queue.pgqueuer
for update to worker using (entrypoint in ('mail', 'erasure', 'invitation')) with check (entrypoint in ('mail', 'erasure', 'invitation'));
create policy finished_duties_are_dropped_by_the_worker on queue.pgqueuer
for delete to worker using (entrypoint in ('mail', 'erasure', 'invitation'));
create policy duties_are_enqueued_by_the_queue_writer on queue.pgqueuer
for insert to queue_writer with check (entrypoint in ('mail', 'erasure', 'invitation') and status = 'queued');
create policy outcomes_are_logged_by_the_worker on queue.pgqueuer_log
for insert to worker with check (entrypoint in ('mail', 'erasure', 'invitation') and traceback is null);
create policy outcomes_are_read_by_the_worker on queue.pgqueuer_log
for select to worker using (entrypoint in ('mail', 'erasure', 'invitation'));
create policy outcomes_are_summed_by_the_worker on queue.pgqueuer_log
for update to worker using (entrypoint in ('mail', 'erasure', 'invitation'));
create policy schedules_are_seen_by_the_worker on queue.pgqueuer_schedules
for select to worker using (entrypoint in ('tidy', 'rotate', 'scan', 'remind'));
create policy schedules_are_registered_by_the_worker on queue.pgqueuer_schedules
for insert to worker with check (entrypoint in ('tidy', 'rotate', 'scan', 'remind'));
create policy schedules_are_advanced_by_the_worker on queue.pgqueuer_schedules
for update to worker using (entrypoint in ('tidy', 'rotate', 'scan', 'remind'));
create policy statistics_are_read_by_the_worker on queue.pgqueuer_statistics
for select to worker using (entrypoint in ('mail', 'erasure', 'invitation'));
create policy statistics_are_added_by_the_worker on queue.pgqueuer_statistics
for insert to worker with check (entrypoint in ('mail', 'erasure', 'invitation'));
create policy statistics_are_summed_by_the_worker on queue.pgqueuer_statistics
for update to worker using (entrypoint in ('mail', 'erasure', 'invitation'));

grant select, update, delete on queue.pgqueuer to worker;
grant insert (priority, entrypoint, payload, status, execute_after) on queue.pgqueuer to queue_writer;
grant select, insert, update on queue.pgqueuer_log, queue.pgqueuer_schedules, queue.pgqueuer_statistics to worker;
grant usage on sequence
queue.pgqueuer_id_seq, queue.pgqueuer_log_id_seq, queue.pgqueuer_schedules_id_seq, queue.pgqueuer_statistics_id_seq
to worker, queue_writer;

comment on table queue.pgqueuer is 'Background work waiting to be done; payloads carry ids and a job''s secret.';
comment on table queue.pgqueuer_log is 'What became of background work; never a traceback, which could quote personal data.';
comment on table queue.pgqueuer_schedules is 'When the platform''s recurring duties run.';
comment on table queue.pgqueuer_statistics is 'How much background work was done.';
call upheld.classify('queue.pgqueuer', '{id,priority,queue_manager_id,created,updated,heartbeat,execute_after,status,entrypoint,dedupe_key,payload,headers,attempts,slot}', 'technical', 'nobody', '{operation}', 'legitimate interest', 'job', false, 'row');
call upheld.classify('queue.pgqueuer_log', '{id,created,job_id,status,priority,entrypoint,traceback,aggregated}', 'technical', 'nobody', '{operation}', 'legitimate interest', 'job', false, 'row');
call upheld.classify('queue.pgqueuer_schedules', '{id,expression,entrypoint,heartbeat,created,updated,next_run,last_run,status}', 'technical', 'nobody', '{operation}', 'legitimate interest', 'job', false, 'kept');
call upheld.classify('queue.pgqueuer_statistics', '{id,created,count,priority,status,entrypoint}', 'technical', 'nobody', '{operation}', 'legitimate interest', 'job', false, 'kept');
-- A mail waiting to be sent to a person; its kind names the template. It names no address:
-- the worker takes the one of the account, under a context that lets it see that person and
-- nobody else.
create table upheld.messages (
    id uuid primary key,
    person_id uuid not null references upheld.people (id) on delete cascade,
    kind text not null check (kind ~ '^[a-z]+/[a-z-]+$'),
    parameters_sealed bytea not null,
    created_at timestamptz not null default upheld.clock_now()
);
create index messages_person_id_idx on upheld.messages (person_id);
alter table upheld.messages enable row level security;
alter table upheld.messages force row level security;
alter table upheld.messages alter column parameters_sealed set statistics 0;
create policy messages_are_queued_by_the_queue_writer on upheld.messages
for insert to queue_writer with check (length(parameters_sealed) > 0);
create policy messages_are_read_for_their_person on upheld.messages
for select to worker using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:mail'
);
create policy messages_are_dropped_when_sent on upheld.messages
for delete to worker using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:mail'
);
grant insert (id, person_id, kind, parameters_sealed) on upheld.messages to queue_writer;
grant select, delete on upheld.messages to worker;
comment on table upheld.messages is 'Mails that wait to be sent; dropped when they are.';
call upheld.classify('upheld.messages', '{id,person_id,kind,created_at}', 'technical', 'person', '{account}', 'contract', 'message', true, 'row');
call upheld.classify('upheld.messages', '{parameters_sealed}', 'technical', 'person', '{account}', 'contract', 'message', true, 'key');

create policy job_secrets_are_stored_by_the_queue_writer on upheld.job_secrets
for insert to queue_writer with check (expires_at > upheld.clock_now());
grant insert (secret_hash, person_id, duty, takes_up, expires_at) on upheld.job_secrets to queue_writer;
create policy candidates_of_an_employer_are_known_to_the_queue_writer on upheld.applications
for select to queue_writer using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.may('application:decide'))
);
create policy own_applications_are_known_to_the_queue_writer on upheld.applications
for select to queue_writer using (person_id = (select upheld.current_person()));
create policy who_reads_applications_is_known_to_the_queue_writer on upheld.members
for select to queue_writer using (role in ('owner', 'manager', 'interviewer', 'custom'));
create policy what_roles_may_read_is_known_to_the_queue_writer on upheld.roles
for select to queue_writer using (length(name) > 0);
grant select on upheld.applications, upheld.members, upheld.roles to queue_writer;
grant execute on function upheld.hiring_organisation(), upheld.deciding_organisation() to queue_writer;

-- Stores a piece of work with the secret that will open its context. The payload carries
-- ids and the secret, never personal data.
create function upheld.enqueue(
    duty text, whose uuid, subject_id uuid, secret bytea, not_before timestamptz, lives interval
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into upheld.job_secrets (secret_hash, person_id, duty, expires_at)
    values (pg_catalog.sha256(secret), whose, enqueue.duty, not_before + lives);
    insert into queue.pgqueuer (priority, entrypoint, payload, status, execute_after)
    values (
        0, enqueue.duty,
        pg_catalog.convert_to(pg_catalog.jsonb_build_object(
            'id', subject_id, 'secret', pg_catalog.encode(secret, 'hex'))::text, 'UTF8'),
        'queued', not_before
    );
end
$$;

-- Queues a mail to anyone; only the gate may, which speaks to people before they sign in.
create function upheld.queue_message_at_the_gate(
    message_id uuid, whose uuid, message_kind text, parameters bytea, secret bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into upheld.messages (id, person_id, kind, parameters_sealed)
    values (message_id, whose, message_kind, parameters);
    perform upheld.enqueue('mail', whose, message_id, secret, upheld.clock_now(), interval '7 days');
end
$$;

-- Queues a mail to the person asking, or to a candidate of the organisation they act for.
create function upheld.queue_message(
    message_id uuid, whose uuid, message_kind text, parameters bytea, secret bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if whose is distinct from upheld.current_person() and not exists (
        select from upheld.applications as a
        where
            a.person_id = whose and a.organisation_id = upheld.deciding_organisation()
    ) then
        raise exception 'A mail goes to yourself or to a candidate of yours.' using errcode = '42501';
    end if;
    -- Nobody is written to after erasing their account: the foreign key to `people` refuses.
    insert into upheld.messages (id, person_id, kind, parameters_sealed)
    values (message_id, whose, message_kind, parameters);
    perform upheld.enqueue('mail', whose, message_id, secret, upheld.clock_now(), interval '7 days');
end
$$;

-- Who is told of an application: members who may see it, longest there first.
-- Told to nobody but the candidate, in the very transaction that sends it.
create function upheld.people_to_tell(wanted_id uuid) returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
    select m.person_id
    from upheld.applications as a
    inner join upheld.members as m on a.organisation_id = m.organisation_id
    left join upheld.roles as r on m.organisation_id = r.organisation_id and m.custom_role_id = r.id
    where
        a.id = wanted_id and a.person_id = upheld.current_person()
        and a.submitted_at = upheld.clock_now()
        and 'application:view' = any(coalesce(r.permissions, upheld.permissions_of(m.role)))
        and not upheld.is_held_back(m.organisation_id, m.person_id)
    order by m.joined_at, m.person_id
    limit 20;
end;

-- Queues the mail about an application to one of them. Somebody who has left meanwhile is not
-- written to, and the candidate does not notice.
create function upheld.queue_arrival(
    message_id uuid, whose uuid, application_id uuid, parameters bytea, secret bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not coalesce(whose in (select upheld.people_to_tell(application_id)), false) then
        raise exception 'A mail about an application goes to those who read it.' using errcode = '42501';
    end if;
    insert into upheld.messages (id, person_id, kind, parameters_sealed)
    values (message_id, whose, 'applications/application-arrived', parameters);
    perform upheld.enqueue('mail', whose, message_id, secret, upheld.clock_now(), interval '7 days');
exception when foreign_key_violation then
    return;
end
$$;

-- Queues the mail that tells a member of a factor that they are asked for, in the very transaction in
-- which an owner asks. Nothing is queued for somebody who has left meanwhile.
create function upheld.queue_factor_rule(message_id uuid, whose uuid, parameters bytea, secret bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.current_standing() is distinct from 'owner' or not exists (
        select from upheld.factor_rules as r
        inner join upheld.members as m on r.organisation_id = m.organisation_id
        where
            r.organisation_id = upheld.current_organisation() and r.required_at = upheld.clock_now()
            and m.person_id = whose
    ) then
        raise exception 'This mail goes to members, when an owner asks them for a factor.' using errcode = '42501';
    end if;
    insert into upheld.messages (id, person_id, kind, parameters_sealed)
    values (message_id, whose, 'organisations/factor-required', parameters);
    perform upheld.enqueue('mail', whose, message_id, secret, upheld.clock_now(), interval '7 days');
exception when foreign_key_violation then
    return;
end
$$;

grant execute on function
upheld.people_to_tell(uuid), upheld.queue_arrival(uuid, uuid, uuid, bytea, bytea),
upheld.queue_factor_rule(uuid, uuid, bytea, bytea)
to web;
grant execute on function upheld.queue_message_at_the_gate(uuid, uuid, text, bytea, bytea) to gate;
grant execute on function upheld.queue_message(uuid, uuid, text, bytea, bytea) to web;
-- Mailing an invitation. Whoever is invited may have no account, so the work acts for the member who
-- invites, on a duty of its own: it sees that member's pending invitations, and nothing else of anybody's.
create policy pending_invitations_are_mailed_for_whoever_made_them on upheld.invitations
for select to worker using (
    invited_by = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:invitation'
    and state = 'pending'
);
create policy letters_are_crossed_out_when_they_are_mailed on upheld.invitations
for update to worker using (
    invited_by = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:invitation'
    and state = 'pending'
) with check (letter_sealed is null);
grant select (id, language, invited_by, state, email_sealed, letter_sealed, expires_at), update (letter_sealed)
on upheld.invitations to worker;
create policy own_invitations_are_known_to_the_queue_writer on upheld.invitations
for select to queue_writer using (invited_by = (select upheld.current_person()));
grant select (id, invited_by, letter_sealed) on upheld.invitations to queue_writer;

-- Queues the mail of an invitation that the person asking has just made, or is sending again.
create function upheld.queue_invitation(wanted_id uuid, secret bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform from upheld.invitations as i
    where i.id = wanted_id and i.invited_by = upheld.current_person() and i.letter_sealed is not null;
    if not found then
        raise exception 'There is no such invitation to mail.' using errcode = '42501';
    end if;
    perform upheld.enqueue(
        'invitation', upheld.current_person(), wanted_id, secret, upheld.clock_now(), interval '7 days');
end
$$;
grant execute on function upheld.queue_invitation(uuid, bytea) to web;
-- Reminding members of the factor that they are asked for: three days before it starts to count, and on the day
-- before. When members were last told is written down with the rule, in the transaction that queues the mails: of
-- several workers one tells them, and one that dies has told nobody.
create policy names_of_organisations_are_looked_up_for_the_platform_itself on upheld.organisations
for select to queue_writer using (
    (select upheld.current_person()) is null
    and id in (select r.organisation_id from upheld.factor_rules as r where r.starts_at > upheld.clock_now())
);
create policy factor_rules_to_come_are_found_for_the_platform_itself on upheld.factor_rules
for select to queue_writer using (
    starts_at > (select upheld.clock_now()) and (select upheld.current_person()) is null
);
create policy reminders_are_written_down_for_the_platform_itself on upheld.factor_rules
for update to queue_writer using (
    starts_at > (select upheld.clock_now()) and (select upheld.current_person()) is null
) with check (told_at = (select upheld.clock_now()));
grant select (id, name) on upheld.organisations to queue_writer;
grant update (told_at) on upheld.factor_rules to queue_writer;
grant execute on function upheld.has_factor(uuid) to queue_writer;

-- Takes up an organisation whose members are to be reminded: what it is called, from when on it asks for a
-- factor, and who of its members has none. No row when none is due.
create function upheld.take_factor_reminder()
returns table (organisation_name text, starts_at timestamptz, people uuid[])
language plpgsql volatile security definer set search_path = ''
as $$
declare
    due upheld.factor_rules;
    clock timestamptz := upheld.clock_now();
begin
    select r.* into due
    from upheld.factor_rules as r
    where exists (
        select from pg_catalog.unnest(array[interval '3 days', interval '1 day']) as ahead
        where r.told_at < r.starts_at - ahead and r.starts_at - ahead <= clock and clock < r.starts_at
    )
    order by r.starts_at asc, r.organisation_id asc
    limit 1
    for update skip locked;
    if due.organisation_id is null then
        return;
    end if;
    update upheld.factor_rules as r set told_at = clock where r.organisation_id = due.organisation_id;
    return query
    select o.name, due.starts_at, array(
        select m.person_id from upheld.members as m
        where m.organisation_id = o.id and not upheld.has_factor(m.person_id)
        order by m.joined_at, m.person_id
    )
    from upheld.organisations as o where o.id = due.organisation_id;
end
$$;

-- Queues the reminder of one of them, in the very transaction in which their organisation was taken up.
-- Nothing is queued for somebody who has just erased their account.
create function upheld.queue_factor_reminder(message_id uuid, whose uuid, parameters bytea, secret bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.has_factor(whose) or not exists (
        select from upheld.factor_rules as r
        inner join upheld.members as m on r.organisation_id = m.organisation_id
        where r.told_at = upheld.clock_now() and m.person_id = whose
    ) then
        raise exception 'This mail goes to members who are to be reminded of a factor.' using errcode = '42501';
    end if;
    insert into upheld.messages (id, person_id, kind, parameters_sealed)
    values (message_id, whose, 'organisations/factor-reminder', parameters);
    perform upheld.enqueue('mail', whose, message_id, secret, upheld.clock_now(), interval '1 day');
exception when foreign_key_violation then
    return;
end
$$;

grant execute on function
upheld.take_factor_reminder(), upheld.queue_factor_reminder(uuid, uuid, bytea, bytea)
to maintenance;
-- A person's request to leave for good, and what came of it. It outlives the account: who
-- holds the receipt can follow it to the certificate. Until it runs it can be called off.
create table upheld.erasures (
    id uuid primary key,
    person_id uuid not null default upheld.current_person(),
    receipt_hash bytea not null unique check (length(receipt_hash) = 32),
    state text not null default 'scheduled' check (state in ('scheduled', 'cancelled', 'running', 'done')),
    requested_at timestamptz not null default upheld.clock_now(),
    due_at timestamptz not null,
    finished_at timestamptz,
    certificate jsonb,
    check ((state = 'done') = (finished_at is not null and certificate is not null))
);
create unique index erasures_one_pending_idx on upheld.erasures (person_id) where state in ('scheduled', 'running');
alter table upheld.erasures enable row level security;
alter table upheld.erasures force row level security;
alter table upheld.erasures alter column receipt_hash set statistics 0;
create policy erasures_are_asked_for_by_their_person on upheld.erasures
for insert to web with check (
    person_id = (select upheld.current_person()) and state = 'scheduled'
    -- The law gives us a month (GDPR Art. 12(3)); nobody can put it off for longer.
    and due_at <= (select upheld.clock_now()) + interval '30 days'
    and (select upheld.freshly_proven())
);
create policy erasures_are_seen_by_their_person on upheld.erasures
for select to web using (person_id = (select upheld.current_person()));
create policy erasures_are_called_off_by_their_person on upheld.erasures
for update to web using (person_id = (select upheld.current_person()) and state = 'scheduled')
with check (person_id = (select upheld.current_person()) and state = 'cancelled');
create policy erasures_are_carried_out_by_the_eraser on upheld.erasures
for update to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
    and state in ('scheduled', 'running')
) with check (state <> 'scheduled');
create policy erasures_lost_in_a_restore_are_taken_up_again on upheld.erasures
for insert to eraser with check (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
    and state = 'running'
);
create policy erasures_are_followed_by_the_eraser on upheld.erasures
for select to eraser using (length(receipt_hash) = 32);
grant select on upheld.erasures to web, eraser;
grant insert (id, receipt_hash, due_at), update (state) on upheld.erasures to web;
grant insert (id, receipt_hash, state, requested_at, due_at), update (state, finished_at, certificate)
on upheld.erasures to eraser;
comment on table upheld.erasures is 'Requests for erasure and their certificates.';
call upheld.classify('upheld.erasures', '{id,person_id,state,requested_at,due_at,finished_at,certificate}', 'record', 'person', '{erasure}', 'legal obligation', 'erasure record', true, 'kept');
call upheld.classify('upheld.erasures', '{receipt_hash}', 'technical', 'person', '{erasure}', 'legal obligation', 'erasure record', false, 'kept');

-- Rows of these tables go with the account. The eraser sees and removes those of the
-- person in its context, and only while it is on that duty.
do $$
declare
    tab text;
    col text;
begin
    foreach tab in array array[
        'people', 'credentials', 'email_verifications', 'account_links', 'sessions', 'access_tokens', 'job_secrets',
        'members', 'fair_use_acceptances', 'profiles', 'messages', 'operators', 'identities', 'ownership_offers',
        'authenticator_apps', 'passkeys', 'recovery_codes', 'half_open_sign_ins'
    ] loop
        col := case tab when 'people' then 'id' else 'person_id' end;
        execute format(
            'create policy %s_are_counted_by_the_eraser on upheld.%I for select to eraser
             using (%I = (select upheld.current_person()) and (select upheld.current_standing()) = ''duty:erasure'')',
            tab, tab, col);
        execute format(
            'create policy %s_go_with_the_account on upheld.%I for delete to eraser
             using (%I = (select upheld.current_person()) and (select upheld.current_standing()) = ''duty:erasure'')',
            tab, tab, col);
        execute format('grant select (%I), delete on upheld.%I to eraser', col, tab);
    end loop;
end
$$;
-- The record that somebody accepted an invitation, and any that still waits for their address.
create policy invitations_are_counted_by_the_eraser on upheld.invitations
for select to eraser using (
    (select upheld.current_standing()) = 'duty:erasure' and (
        accepted_by = (select upheld.current_person()) or email_index = (select p.email_index from upheld.people as p)
    )
);
create policy invitations_go_with_the_account on upheld.invitations
for delete to eraser using (
    (select upheld.current_standing()) = 'duty:erasure' and (
        accepted_by = (select upheld.current_person()) or email_index = (select p.email_index from upheld.people as p)
    )
);
grant select (accepted_by, email_index), delete on upheld.invitations to eraser;
grant select (email_index) on upheld.people to eraser;
create policy documents_go_with_the_account on upheld.documents
for delete to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
grant delete on upheld.documents to eraser;
grant select (organisation_id, role) on upheld.members to eraser;
grant select (secret_hash, takes_up) on upheld.job_secrets to eraser;
-- The organisations that the person asking is the only owner of. Whoever knows the memberships of
-- everyone answers, and tells nothing else about them.
create function upheld.left_without_owner() returns uuid[]
language sql stable security definer set search_path = ''
return array(
    select m.organisation_id from upheld.members as m
    where m.person_id = upheld.current_person() and m.role = 'owner' and not exists (
        select from upheld.members as other
        where
            other.organisation_id = m.organisation_id and other.role = 'owner' and other.person_id <> m.person_id
    )
);
grant execute on function upheld.left_without_owner() to web, eraser;

-- An organisation that loses its last owner takes no more applications: nobody can be asked to answer
-- for them. Whoever else belongs to it goes on with those it has.
create policy jobs_of_the_leaving_owner_are_seen_by_the_eraser on upheld.jobs
for select to eraser using (
    organisation_id = any((select upheld.left_without_owner())::uuid[])
    and (select upheld.current_standing()) = 'duty:erasure'
);
create policy jobs_close_when_the_last_owner_leaves on upheld.jobs
for update to eraser using (
    organisation_id = any((select upheld.left_without_owner())::uuid[])
    and (select upheld.current_standing()) = 'duty:erasure'
) with check (status = 'closed');
grant select (organisation_id, status), update (status) on upheld.jobs to eraser;

-- Begins an erasure that is due, or goes on with one that has begun, and says what it has
-- to reach outside the database. From here on it cannot be called off. An error when the
-- context is not on that duty or the time has not come; no row when it is done or called off.
create function upheld.plan_erasure(wanted_id uuid)
returns table (requested_at timestamptz, receipt_hash bytea, object_ids uuid[])
language plpgsql volatile security definer set search_path = ''
as $$
declare
    begun upheld.erasures;
begin
    if upheld.current_standing() is distinct from 'duty:erasure' then
        raise exception 'Only the erasure duty may plan an erasure.' using errcode = '42501';
    end if;
    update upheld.erasures as e set state = 'running'
    where e.id = wanted_id and e.person_id = upheld.current_person() and e.state in ('scheduled', 'running')
    returning e.* into begun;
    if begun.due_at > upheld.clock_now() then
        raise exception 'The erasure is not due yet.' using errcode = '55000';
    end if;
    return query
    select
        begun.requested_at, begun.receipt_hash,
        array(select d.object_id from upheld.documents as d where d.person_id = begun.person_id order by d.object_id)
    where begun.id is not null;
end
$$;

-- Removes every row that goes with the account, withdraws open applications, which stay
-- the employer's record until `keep_until`, and returns how many rows went, by table.
create function upheld.erase_person(wanted_id uuid, keep_records_until date) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
    whose uuid := upheld.current_person();
    counts jsonb := '{}';
    gone bigint;
    tab text;
begin
    if upheld.current_standing() is distinct from 'duty:erasure' or not exists (
        select from upheld.erasures as e
        where e.id = wanted_id and e.person_id = whose and e.state = 'running'
    ) then
        raise exception 'There is no such erasure to carry out.' using errcode = '42501';
    end if;
    insert into upheld.application_events (id, application_id, organisation_id, person_id, stage)
    select pg_catalog.gen_random_uuid(), a.id, a.organisation_id, a.person_id, 'withdrawn'
    from upheld.applications as a where a.person_id = whose and a.closed_at is null;
    update upheld.applications
    set stage = 'withdrawn', closed_at = upheld.clock_now(), keep_until = keep_records_until
    where person_id = whose and closed_at is null;
    update upheld.jobs set status = 'closed'
    where status <> 'draft' and organisation_id = any(upheld.left_without_owner());
    foreach tab in array array[
        'documents', 'profiles', 'messages', 'disclosures', 'access_journal', 'consents',
        'fair_use_acceptances', 'ownership_offers', 'sessions', 'access_tokens', 'members', 'operators',
        'email_verifications', 'account_links',
        'authenticator_apps', 'passkeys', 'recovery_codes', 'half_open_sign_ins', 'credentials', 'identities'
    ] loop
        execute format(
            'delete from upheld.%I where person_id = $1', tab) using whose;
        get diagnostics gone = row_count;
        counts := counts || pg_catalog.jsonb_build_object(tab, gone);
    end loop;
    -- The policies above say which: those they accepted, and those that wait for their address.
    delete from upheld.invitations;
    get diagnostics gone = row_count;
    counts := counts || pg_catalog.jsonb_build_object('invitations', gone);
    -- All but the one that this work acts with, which goes last, with the certificate.
    select count(*) into gone from upheld.job_secrets where person_id = whose;
    counts := counts || pg_catalog.jsonb_build_object('job_secrets', gone);
    delete from upheld.job_secrets where person_id = whose and secret_hash <> upheld.current_work();
    delete from upheld.people where id = whose;
    get diagnostics gone = row_count;
    return counts || pg_catalog.jsonb_build_object('people', gone);
end
$$;

-- Files the certificate of an erasure that has been carried out: the person is gone. With it
-- goes the last right to act for them; no statement of this transaction can follow.
create function upheld.certify_erasure(wanted_id uuid, new_certificate jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update upheld.erasures
    set state = 'done', finished_at = upheld.clock_now(), certificate = new_certificate
    where
        id = wanted_id and person_id = upheld.current_person() and state = 'running'
        and not exists (select from upheld.people as p where p.id = upheld.current_person());
    if not found then
        raise exception 'There is no such erasure to certify.' using errcode = '42501';
    end if;
    delete from upheld.job_secrets where person_id = upheld.current_person();
end
$$;

-- Where an erasure stands, for whoever holds its receipt; the account may be gone.
create function upheld.erasure_by_receipt(receipt bytea)
returns table (state text, requested_at timestamptz, due_at timestamptz, finished_at timestamptz, certificate jsonb)
language sql stable security definer set search_path = ''
begin atomic
    select e.state, e.requested_at, e.due_at, e.finished_at, e.certificate
    from upheld.erasures as e
    where e.receipt_hash = pg_catalog.sha256(receipt);
end;

-- Schedules the work of an erasure that the person asking has just requested.
create function upheld.queue_erasure(wanted_id uuid, secret bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    due timestamptz;
begin
    select e.due_at into due from upheld.erasures as e
    where e.id = wanted_id and e.person_id = upheld.current_person() and e.state = 'scheduled';
    if due is null then
        raise exception 'There is no such erasure to schedule.' using errcode = '42501';
    end if;
    perform upheld.enqueue('erasure', upheld.current_person(), wanted_id, secret, due, interval '30 days');
end
$$;
create policy erasures_are_scheduled_by_the_queue_writer on upheld.erasures
for select to queue_writer using (person_id = (select upheld.current_person()));
grant select on upheld.erasures to queue_writer;

-- After a restore of an older backup, whoever is in the register of erasures may be here
-- again. Three narrow steps repeat an erasure, and no single role can take all of them.
--
-- 1. Maintenance asks which of the people in the register are here.
create function upheld.which_exist(wanted uuid[]) returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
    select p.id from upheld.people as p where p.id = any(wanted);
end;

-- Whose erasure has begun and is still being worked on, so that a worker that was killed
-- halfway is no mismatch. A month later its secret has expired, and it is one.
create function upheld.erasures_under_way() returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
    select e.person_id from upheld.erasures as e
    where e.state = 'running' and e.due_at > upheld.clock_now() - interval '30 days';
end;

-- How many erasures should have been done an hour ago.
create function upheld.count_overdue_erasures() returns bigint
language sql stable security definer set search_path = ''
begin atomic
    select count(*) from upheld.erasures as e
    where e.state in ('scheduled', 'running') and e.due_at < upheld.clock_now() - interval '1 hour';
end;

-- 2. Maintenance stores a secret for the erasure duty. It can do nothing with it itself.
create function upheld.allow_erasure_again(whose uuid, secret bytea) returns void
language sql volatile security definer set search_path = ''
begin atomic
    insert into upheld.job_secrets (secret_hash, person_id, duty, takes_up, expires_at)
    values (pg_catalog.sha256(secret), whose, 'erasure', true, upheld.clock_now() + interval '1 hour');
end;

-- 3. The worker, in the context that the secret opens, takes the erasure up again under
-- the id and receipt that the register names; then it goes the way of every erasure. The
-- secret of an ordinary erasure does not do: with it a worker could skip the time in which
-- a person may call it off, or go on after they did.
create function upheld.take_up_erasure(
    wanted_id uuid, receipt bytea, asked_at timestamptz, secret bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.current_standing() is distinct from 'duty:erasure' or not exists (
        select from upheld.job_secrets as j where j.secret_hash = pg_catalog.sha256(secret) and j.takes_up
    ) then
        raise exception 'Only the duty of repeating an erasure may take it up.' using errcode = '42501';
    end if;
    update upheld.erasures set state = 'cancelled'
    where person_id = upheld.current_person() and state in ('scheduled', 'running') and id <> wanted_id;
    insert into upheld.erasures (id, receipt_hash, state, requested_at, due_at)
    values (wanted_id, receipt, 'running', asked_at, upheld.clock_now())
    on conflict (id) do update set state = 'running';
end
$$;

grant execute on function
upheld.which_exist(uuid[]), upheld.erasures_under_way(), upheld.count_overdue_erasures(),
upheld.allow_erasure_again(uuid, bytea)
to maintenance;
grant execute on function
upheld.plan_erasure(uuid), upheld.erase_person(uuid, date), upheld.certify_erasure(uuid, jsonb),
upheld.take_up_erasure(uuid, bytea, timestamptz, bytea)
to worker;
grant execute on function upheld.erasure_by_receipt(bytea), upheld.queue_erasure(uuid, bytea) to web;
-- What a person may read of their own, beyond what the other pages show, so that
-- `download everything` is complete. Column by column: never a hash of a secret.
create policy a_person_sees_when_their_password_changed on upheld.credentials
for select to web using (person_id = (select upheld.current_person()));
grant select (person_id, changed_at) on upheld.credentials to web;

create policy a_person_sees_their_pending_links on upheld.email_verifications
for select to web using (person_id = (select upheld.current_person()));
grant select (person_id, expires_at) on upheld.email_verifications to web;

create policy a_person_sees_what_work_may_act_for_them on upheld.job_secrets
for select to web using (person_id = (select upheld.current_person()));
grant select (person_id, duty, takes_up, expires_at) on upheld.job_secrets to web;

create policy a_person_sees_the_mails_that_wait_for_them on upheld.messages
for select to web using (person_id = (select upheld.current_person()));
grant select on upheld.messages to web;

create policy acceptances_are_seen_by_their_person on upheld.fair_use_acceptances
for select to web using (person_id = (select upheld.current_person()));
-- What the platform may no longer keep. Each duty has its own narrow policy: it can
-- remove what its rule names, and nothing else.

create policy applications_are_removed_after_their_time on upheld.applications
for delete to retention_keeper using (keep_until < upheld.clock_now()::date);
create policy applications_are_counted_by_the_retention_keeper on upheld.applications
for select to retention_keeper using (submitted_at is not null);
create policy snapshots_past_their_time_are_found on upheld.application_snapshots
for select to retention_keeper using (
    exists (
        select from upheld.applications as a
        where a.id = application_id and a.keep_until < upheld.clock_now()::date
    )
);
create policy sessions_are_removed_after_their_time on upheld.sessions
for delete to retention_keeper using (expires_at < upheld.clock_now() or revoked_at is not null);
create policy sessions_past_their_time_are_found on upheld.sessions
for select to retention_keeper using (expires_at < upheld.clock_now() or revoked_at is not null);
create policy tokens_are_removed_after_their_time on upheld.access_tokens
for delete to retention_keeper using (
    expires_at < upheld.clock_now() - interval '30 days' or revoked_at < upheld.clock_now() - interval '30 days'
);
create policy tokens_past_their_time_are_found on upheld.access_tokens
for select to retention_keeper using (
    expires_at < upheld.clock_now() - interval '30 days' or revoked_at < upheld.clock_now() - interval '30 days'
);
create policy links_are_removed_after_their_time on upheld.email_verifications
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy links_are_known_to_the_retention_keeper on upheld.email_verifications
for select to retention_keeper using (expires_at is not null);
create policy account_links_are_removed_after_their_time on upheld.account_links
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy account_links_past_their_time_are_found on upheld.account_links
for select to retention_keeper using (expires_at < upheld.clock_now());
create policy invitations_are_removed_after_their_time on upheld.operator_invitations
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy invitations_past_their_time_are_found on upheld.operator_invitations
for select to retention_keeper using (expires_at < upheld.clock_now());
create policy departures_are_removed_after_their_time on upheld.departures
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy departures_past_their_time_are_found on upheld.departures
for select to retention_keeper using (expires_at < upheld.clock_now());
create policy job_secrets_are_removed_after_their_time on upheld.job_secrets
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy job_secrets_past_their_time_are_found on upheld.job_secrets
for select to retention_keeper using (expires_at < upheld.clock_now());
create policy mails_that_nobody_took_are_removed on upheld.messages
for delete to retention_keeper using (created_at < upheld.clock_now() - interval '7 days');
create policy mails_that_nobody_took_are_found on upheld.messages
for select to retention_keeper using (created_at < upheld.clock_now() - interval '7 days');
create policy half_open_sign_ins_are_removed_after_their_time on upheld.half_open_sign_ins
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy half_open_sign_ins_past_their_time_are_found on upheld.half_open_sign_ins
for select to retention_keeper using (expires_at < upheld.clock_now());
create policy challenges_are_removed_after_their_time on upheld.passkey_challenges
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy challenges_past_their_time_are_found on upheld.passkey_challenges
for select to retention_keeper using (expires_at < upheld.clock_now());
grant select (created_at), delete on upheld.messages to retention_keeper;
grant select (expires_at), delete on upheld.half_open_sign_ins, upheld.passkey_challenges to retention_keeper;
grant select, delete on upheld.applications to retention_keeper;
grant select (application_id, resume_object_id) on upheld.application_snapshots to retention_keeper;
grant select (id, expires_at, revoked_at), delete on upheld.sessions to retention_keeper;
grant select (expires_at, revoked_at), delete on upheld.access_tokens to retention_keeper;
grant select (expires_at), delete on upheld.email_verifications to retention_keeper;
grant select (expires_at), delete on upheld.account_links to retention_keeper;
grant select (expires_at), delete on upheld.job_secrets to retention_keeper;
grant select (expires_at), delete on upheld.departures to retention_keeper;
grant select (expires_at), delete on upheld.operator_invitations to retention_keeper;

-- What was agreed with an employer goes with the last application record, what was agreed
-- with us with the account; the journal about a person who has left goes with the record it
-- is about.
create policy consents_go_with_the_last_record_or_with_the_account on upheld.consents
for delete to retention_keeper using (
    case
        when organisation_id is null
            then not exists (select from upheld.people as p where p.id = consents.person_id)
        else not exists (
            select from upheld.applications as a
            where a.person_id = consents.person_id and a.organisation_id = consents.organisation_id
        )
    end
);
create policy consents_to_employers_and_of_nobody_are_found on upheld.consents
for select to retention_keeper using (
    organisation_id is not null or not exists (select from upheld.people as p where p.id = consents.person_id)
);
create policy people_who_are_still_here_are_known on upheld.people
for select to retention_keeper using (id is not null);
create policy the_journal_of_those_who_left_goes_with_the_record on upheld.access_journal
for delete to retention_keeper using (
    not exists (select from upheld.people as p where p.id = access_journal.person_id)
    and not exists (select from upheld.applications as a where a.id = access_journal.application_id)
);
create policy the_journal_of_those_who_left_is_found on upheld.access_journal
for select to retention_keeper using (
    not exists (select from upheld.people as p where p.id = access_journal.person_id)
);
grant select (id) on upheld.people to retention_keeper;
grant select (person_id, organisation_id), delete on upheld.consents to retention_keeper;
grant select (person_id, application_id), delete on upheld.access_journal to retention_keeper;

-- Removes up to a hundred application records whose time is over. For each, whether it
-- was the last of this person with this employer, so that the key can go too.
create function upheld.remove_old_applications()
returns table (person_id uuid, organisation_id uuid, resume_object_id uuid, was_last boolean)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    due record;
begin
    for due in
        select a.id, a.person_id, a.organisation_id, s.resume_object_id
        from upheld.applications as a
        left join upheld.application_snapshots as s on s.application_id = a.id
        where a.keep_until < upheld.clock_now()::date
        order by a.keep_until limit 100
    loop
        delete from upheld.applications as a where a.id = due.id;
        person_id := due.person_id;
        organisation_id := due.organisation_id;
        resume_object_id := due.resume_object_id;
        was_last := not exists (
            select from upheld.applications as a
            where a.person_id = due.person_id and a.organisation_id = due.organisation_id
        );
        delete from upheld.consents as c
        where c.person_id = due.person_id and c.organisation_id = due.organisation_id;
        delete from upheld.access_journal as j where j.application_id = due.id;
        return next;
    end loop;
end
$$;

-- Removes sessions, tokens, sign-ins, links, job secrets and mails whose time is over; how many, by table. The
-- statement names no condition: the policies above are the condition.
create function upheld.remove_expired() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
    tab text;
    gone bigint;
    counts jsonb := '{}';
begin
    foreach tab in array array[
        'sessions', 'access_tokens', 'email_verifications', 'account_links', 'operator_invitations', 'job_secrets',
        'messages', 'departures', 'passkey_challenges', 'half_open_sign_ins', 'ownership_offers'
    ] loop
        execute format('delete from upheld.%I', tab);
        get diagnostics gone = row_count;
        counts := counts || pg_catalog.jsonb_build_object(tab, gone);
    end loop;
    return counts;
end
$$;

-- Invitations that came to nothing are removed a week later: whoever made them has seen what became of
-- them. Their ids, so that their keys go too; the policies are the condition.
create policy invitations_that_came_to_nothing_are_removed on upheld.invitations
for delete to retention_keeper using (
    (state = 'pending' and expires_at < upheld.clock_now() - interval '7 days')
    or (state = 'declined' and answered_at < upheld.clock_now() - interval '7 days')
);
create policy offers_that_nobody_took_are_removed on upheld.ownership_offers
for delete to retention_keeper using (expires_at < upheld.clock_now());
create policy offers_that_nobody_took_are_found on upheld.ownership_offers
for select to retention_keeper using (expires_at < upheld.clock_now());
grant select (organisation_id, state, expires_at, answered_at), delete on upheld.invitations to retention_keeper;
grant select (expires_at), delete on upheld.ownership_offers to retention_keeper;
create function upheld.remove_ended_invitations() returns table (id uuid, organisation_id uuid)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query delete from upheld.invitations as i returning i.id, i.organisation_id;
end
$$;

-- Whoever registered and never showed that the address is theirs is nobody's account: it goes a
-- week later, with what was agreed to, unless a link that was asked for since still works.
create policy accounts_that_nobody_proved_are_removed on upheld.people
for delete to retention_keeper using (
    verified_at is null and created_at < upheld.clock_now() - interval '7 days'
    and not exists (select from upheld.email_verifications as v where v.person_id = people.id)
);
grant select (verified_at, created_at), delete on upheld.people to retention_keeper;
grant select (person_id) on upheld.email_verifications to retention_keeper;

-- Removes accounts that nobody proved to be theirs; whose they were said to be, so that the keys
-- can go too. As above, the policies are the condition.
create function upheld.remove_unproven() returns setof uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    gone uuid[];
begin
    with removed as (delete from upheld.people returning id)
    select pg_catalog.array_agg(id) into gone from removed;
    delete from upheld.consents as c where c.organisation_id is null and c.person_id = any(gone);
    return query select pg_catalog.unnest(gone);
end
$$;

-- Which of the given files a row names; the others were left behind by a process that was
-- killed between writing the file and committing the row.
create policy files_of_documents_are_known on upheld.documents
for select to retention_keeper using (object_id is not null);
create policy files_of_applications_are_known on upheld.application_snapshots
for select to retention_keeper using (resume_object_id is not null);
grant select (object_id) on upheld.documents to retention_keeper;
create function upheld.known_objects(wanted uuid[]) returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
    select d.object_id from upheld.documents as d where d.object_id = any(wanted)
    union all
    select s.resume_object_id from upheld.application_snapshots as s where s.resume_object_id = any(wanted);
end;

grant execute on function
upheld.remove_old_applications(), upheld.remove_expired(), upheld.remove_unproven(), upheld.known_objects(uuid[]),
upheld.remove_ended_invitations()
to maintenance;
-- What the promises came to, run by run: the signed evidence that /trust shows. Whoever reads a
-- run checks its signature first, so a row that something else wrote shows nothing.
create table upheld.runs (
    number bigint generated always as identity primary key,
    at timestamptz not null default upheld.clock_now(),
    report jsonb not null check (report ? 'signature'),
    -- What the history is drawn from: read off the report, so that the two cannot differ.
    promises jsonb not null generated always as (jsonb_path_query_array(report, '$.promises[*].id')) stored,
    states jsonb not null generated always as (jsonb_path_query_array(report, '$.promises[*].state')) stored
);
alter table upheld.runs enable row level security;
alter table upheld.runs force row level security;
create policy runs_are_seen_by_everyone on upheld.runs
for select to web using (number is not null);
create policy runs_are_followed_by_maintenance on upheld.runs
for select to maintenance using (number is not null);
create policy runs_are_recorded_by_maintenance on upheld.runs
for insert to maintenance with check (at = upheld.clock_now());
create policy old_runs_are_removed_by_maintenance on upheld.runs
for delete to maintenance using (at < upheld.clock_now() - interval '90 days');
grant select on upheld.runs to web, maintenance;
grant insert (report), delete on upheld.runs to maintenance;
comment on table upheld.runs is 'Each time the promises were checked, and what was found; signed, never edited.';
call upheld.classify('upheld.runs', '{number,at,report,promises,states}', 'technical', 'nobody', '{operation}', 'legitimate interest', 'run', false, 'row');

-- Whom to tell that a promise is broken: ids only; the gate writes to them.
create policy operators_are_found_to_be_told on upheld.operators
for select to queue_writer using (person_id is not null);
grant select (person_id) on upheld.operators to queue_writer;
create function upheld.operators_to_tell() returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
    select o.person_id from upheld.operators as o;
end;
grant execute on function upheld.operators_to_tell() to maintenance;
-- Probe people and organisations: made by `upheld verify`, marked from birth, invisible to
-- everybody else, never mailed, and removed right after the run. Their keeper sees and
-- removes what belongs to them, and nothing else.

create policy probe_people_are_found_by_their_keeper on upheld.people
for select to probe_keeper using (is_probe);
create policy probe_people_are_removed_by_their_keeper on upheld.people
for delete to probe_keeper using (is_probe);
create policy probe_organisations_are_found_by_their_keeper on upheld.organisations
for select to probe_keeper using (is_probe);
create policy probe_organisations_are_removed_by_their_keeper on upheld.organisations
for delete to probe_keeper using (is_probe);
create policy probe_jobs_are_found_by_their_keeper on upheld.jobs
for select to probe_keeper using (is_probe);
create policy probe_jobs_are_removed_by_their_keeper on upheld.jobs
for delete to probe_keeper using (is_probe);
grant select (id, is_probe, created_at), delete on upheld.people, upheld.organisations to probe_keeper;
grant select (is_probe, organisation_id), delete on upheld.jobs to probe_keeper;

-- Who is a probe, as one array each, so that the policies below ask once per statement.
create function upheld.probe_people() returns uuid[]
language sql stable security definer set search_path = ''
return array(select p.id from upheld.people as p where p.is_probe);
create function upheld.probe_organisations() returns uuid[]
language sql stable security definer set search_path = ''
return array(select o.id from upheld.organisations as o where o.is_probe);

do $$
declare
    tab text;
begin
    -- What hangs on a person or an organisation without a foreign key that removes it.
    foreach tab in array array['job_secrets', 'erasures'] loop
        execute format(
            'create policy %s_of_probes_are_found_by_their_keeper on upheld.%I for select to probe_keeper
             using (person_id = any((select upheld.probe_people())::uuid []))', tab, tab);
        execute format(
            'create policy %s_of_probes_are_removed_by_their_keeper on upheld.%I for delete to probe_keeper
             using (person_id = any((select upheld.probe_people())::uuid []))', tab, tab);
        execute format('grant select (person_id), delete on upheld.%I to probe_keeper', tab);
    end loop;
    foreach tab in array array['consents', 'disclosures', 'access_journal'] loop
        execute format(
            'create policy %s_of_probes_are_found_by_their_keeper on upheld.%I for select to probe_keeper using (
                 person_id = any((select upheld.probe_people())::uuid [])
                 or organisation_id = any((select upheld.probe_organisations())::uuid []))', tab, tab);
        execute format(
            'create policy %s_of_probes_are_removed_by_their_keeper on upheld.%I for delete to probe_keeper using (
                 person_id = any((select upheld.probe_people())::uuid [])
                 or organisation_id = any((select upheld.probe_organisations())::uuid []))', tab, tab);
        execute format('grant select (person_id, organisation_id), delete on upheld.%I to probe_keeper', tab);
    end loop;
    -- An application is its employer's record, and outlives a candidate who left: it goes with a
    -- probe employer. Only probes can apply there, since nobody else sees such an employer's jobs.
    foreach tab in array array['applications', 'application_snapshots'] loop
        execute format(
            'create policy %s_to_probes_are_found_by_their_keeper on upheld.%I for select to probe_keeper
             using (organisation_id = any((select upheld.probe_organisations())::uuid []))', tab, tab);
    end loop;
end
$$;
create policy applications_to_probes_are_removed_by_their_keeper on upheld.applications
for delete to probe_keeper using (organisation_id = any((select upheld.probe_organisations())::uuid[]));
create policy documents_of_probes_are_found_by_their_keeper on upheld.documents
for select to probe_keeper using (person_id = any((select upheld.probe_people())::uuid[]));
grant select (person_id, organisation_id), delete on upheld.applications to probe_keeper;
grant select (person_id, organisation_id, resume_object_id) on upheld.application_snapshots to probe_keeper;
grant select (person_id, object_id) on upheld.documents to probe_keeper;
create policy invitations_of_probes_are_found_by_their_keeper on upheld.invitations
for select to probe_keeper using (organisation_id = any((select upheld.probe_organisations())::uuid[]));
grant select (id, organisation_id) on upheld.invitations to probe_keeper;

-- Removes every probe: the run's own, and whatever a run that was killed left behind.
-- Returns what lies outside this database: whose keys (an invitation's are its own) and which files
-- have to go too.
create function upheld.remove_probes()
returns table (people uuid[], organisations uuid[], object_ids uuid[])
language plpgsql volatile security definer set search_path = ''
as $$
begin
    organisations := upheld.probe_organisations();
    people := array(
        select pg_catalog.unnest(upheld.probe_people())
        union
        select a.person_id from upheld.applications as a where a.organisation_id = any(organisations)
        union
        select i.id from upheld.invitations as i where i.organisation_id = any(organisations)
    );
    object_ids := array(
        select d.object_id from upheld.documents as d where d.person_id = any(people)
        union all
        select s.resume_object_id from upheld.application_snapshots as s
        where s.organisation_id = any(organisations) and s.resume_object_id is not null
    );
    delete from upheld.applications where organisation_id = any(organisations);
    delete from upheld.access_journal where person_id = any(people) or organisation_id = any(organisations);
    delete from upheld.disclosures where person_id = any(people) or organisation_id = any(organisations);
    delete from upheld.consents where person_id = any(people) or organisation_id = any(organisations);
    delete from upheld.erasures where person_id = any(people);
    delete from upheld.job_secrets where person_id = any(people);
    delete from upheld.people where is_probe;
    delete from upheld.jobs where is_probe;
    delete from upheld.organisations where is_probe;
    return next;
end
$$;
grant execute on function upheld.remove_probes() to maintenance;
-- The last word of every change of the schema: functions change hands to the family that
-- lends its rights, and from here on nobody but the owner can create anything.

alter function sealed.padded(bytea, integer) owner to context_keeper;
alter function sealed.make_context_key() owner to context_keeper;
alter function sealed.seal_of(bytea, bytea, text, text) owner to context_keeper;
alter function sealed.write_context(text, text) owner to context_keeper;
alter function sealed.refuse_context(text[]) owner to context_keeper;
alter function upheld.asking() owner to context_keeper;
alter function upheld.current_work() owner to context_keeper;
alter function upheld.current_person() owner to context_keeper;
alter function upheld.current_organisation() owner to context_keeper;
alter function upheld.current_standing() owner to context_keeper;
alter function upheld.closed_organisation() owner to context_keeper;
alter function upheld.current_session() owner to context_keeper;
alter function upheld.hiring_organisation() owner to context_keeper;
alter function upheld.session_is_fresh(uuid) owner to context_keeper;
alter function upheld.freshly_proven() owner to context_keeper;
alter function upheld.demand_fresh_proof() owner to context_keeper;
alter function upheld.deciding_organisation() owner to context_keeper;
alter function upheld.permissions_of(text) owner to context_keeper;
alter function upheld.current_permissions() owner to context_keeper;
alter function upheld.may(text) owner to context_keeper;
alter function upheld.seats_of(uuid) owner to context_keeper;
alter function upheld.open_context(bytea) owner to context_keeper;
alter function upheld.open_job_context(bytea) owner to context_keeper;
alter function upheld.rotate_context_key() owner to context_keeper;
alter function upheld.open_token_context(bytea, text) owner to context_keeper;
alter function upheld.is_held_back(uuid, uuid) owner to context_keeper;
alter function upheld.showed_factor() owner to context_keeper;

alter function upheld.audit_content(timestamptz, uuid, uuid, text, text, uuid, jsonb, bytea) owner to audit_writer;
alter function upheld.append_entry(uuid, uuid, text, text, uuid, jsonb, bytea) owner to audit_writer;
alter function upheld.record_act(text, text, uuid, jsonb, bytea) owner to audit_writer;
alter function upheld.record_at_the_gate(uuid, text, jsonb, bytea) owner to audit_writer;
alter function upheld.record_duty(text, jsonb) owner to audit_writer;
alter function upheld.has_looked_at_activity() owner to audit_writer;
alter function upheld.look_at_activity(bytea) owner to audit_writer;

alter function upheld.wait_after(timestamptz[], integer[], interval[], timestamptz) owner to limit_keeper;
alter function upheld.look_at_limit(bytea, bytea[], integer[], interval[]) owner to limit_keeper;
alter function upheld.take_from_limit(bytea, bytea[], integer[], interval[]) owner to limit_keeper;
alter function upheld.drop_spent_counters() owner to limit_keeper;

alter function upheld.register_person(uuid, bytea, bytea, text, bytea, interval, jsonb, bytea, boolean, text) owner to credential_keeper;
alter function upheld.register_again(bytea, text, bytea, interval) owner to credential_keeper;
alter function upheld.verify_email(bytea) owner to credential_keeper;
alter function upheld.renew_link(bytea, bytea, interval) owner to credential_keeper;
alter function upheld.find_credential(bytea) owner to credential_keeper;
alter function upheld.credential_of(uuid) owner to credential_keeper;
alter function upheld.replace_credential(uuid, text) owner to credential_keeper;
alter function upheld.mint_session(uuid, bytea, interval, interval, text) owner to credential_keeper;
alter function upheld.freshen_session(uuid, uuid, bytea) owner to credential_keeper;
alter function upheld.date_secret() owner to credential_keeper;
alter function upheld.renew_session(bytea, bytea) owner to credential_keeper;
alter function upheld.count_change() owner to credential_keeper;
alter function upheld.count_change_of_members() owner to credential_keeper;
alter function upheld.has_factor(uuid) owner to credential_keeper;
alter function upheld.begin_sign_in(uuid, bytea, interval, text) owner to credential_keeper;
alter function upheld.half_open_sign_in(bytea) owner to credential_keeper;
alter function upheld.finish_sign_in(bytea) owner to credential_keeper;
alter function upheld.check_fresh_proof(uuid, uuid) owner to credential_keeper;
alter function upheld.begin_app(uuid, uuid, bytea) owner to credential_keeper;
alter function upheld.app_of(uuid) owner to credential_keeper;
alter function upheld.confirm_app(uuid, uuid, bigint) owner to credential_keeper;
alter function upheld.take_step(uuid, bigint) owner to credential_keeper;
alter function upheld.use_recovery_code(uuid, bytea) owner to credential_keeper;
alter function upheld.replace_recovery_codes(uuid, uuid, bytea[]) owner to credential_keeper;
alter function upheld.settle_without_factor(uuid) owner to credential_keeper;
alter function upheld.remove_app(uuid, uuid) owner to credential_keeper;
alter function upheld.set_challenge(bytea, text, uuid, bytea) owner to credential_keeper;
alter function upheld.spend_challenge(bytea, text, uuid, bytea) owner to credential_keeper;
alter function upheld.add_passkey(uuid, uuid, uuid, bytea, bytea, bigint, bytea) owner to credential_keeper;
alter function upheld.find_passkey(bytea) owner to credential_keeper;
alter function upheld.passkeys_of(uuid) owner to credential_keeper;
alter function upheld.use_passkey(uuid, bigint) owner to credential_keeper;
alter function upheld.remove_passkey(uuid, uuid, uuid) owner to credential_keeper;
alter function upheld.has_recovery_codes(uuid) owner to credential_keeper;
alter function upheld.strengthen_session(uuid, uuid, bytea) owner to credential_keeper;
alter function upheld.end_sessions_but(uuid, uuid) owner to credential_keeper;
alter function upheld.settle_session(uuid, bytea) owner to credential_keeper;
alter function upheld.own_words(uuid) owner to credential_keeper;
alter function upheld.change_password(uuid, text, boolean) owner to credential_keeper;
alter function upheld.person_at(bytea, boolean) owner to credential_keeper;
alter function upheld.ask_reset(uuid, bytea, interval) owner to credential_keeper;
alter function upheld.account_link(bytea, text) owner to credential_keeper;
alter function upheld.spend_link(bytea, text) owner to credential_keeper;
alter function upheld.use_reset(bytea, text) owner to credential_keeper;
alter function upheld.ask_new_address(uuid, bytea, bytea, interval) owner to credential_keeper;
alter function upheld.make_room_at(bytea[]) owner to credential_keeper;
alter function upheld.take_new_address(bytea, bytea, bytea, interval) owner to credential_keeper;
alter function upheld.take_address_back(bytea, bytea, text) owner to credential_keeper;
alter function upheld.end_sessions_of(uuid, bytea[]) owner to credential_keeper;
alter function upheld.verification_of(bytea) owner to credential_keeper;
alter function upheld.appoint_operator(bytea, uuid) owner to credential_keeper;
alter function upheld.add_access_token(uuid, bytea, bytea, text[], interval) owner to credential_keeper;
alter function upheld.end_what_opens(uuid) owner to credential_keeper;
alter function upheld.note_departure(bytea, bytea, text, text) owner to credential_keeper;
alter function upheld.use_departure(bytea, bytea, text) owner to credential_keeper;
alter function upheld.use_identity(bytea) owner to credential_keeper;
alter function upheld.has_a_way_in(uuid) owner to credential_keeper;
alter function upheld.link_identity(uuid, uuid, text, bytea[], bytea) owner to credential_keeper;
alter function upheld.unlink_identity(uuid, uuid) owner to credential_keeper;
alter function upheld.verify_with_identity(bytea, uuid, uuid, text, bytea[], bytea) owner to credential_keeper;
alter function upheld.keep_a_way_in() owner to credential_keeper;

alter function upheld.found_organisation(uuid, text, text) owner to membership_keeper;
alter function upheld.permissions_in(uuid, text, uuid) owner to membership_keeper;
alter function upheld.reaches(text, uuid) owner to membership_keeper;
alter function upheld.keep_an_owner() owner to membership_keeper;
alter function upheld.colleagues() owner to membership_keeper;
alter function upheld.change_role(uuid, text, uuid) owner to membership_keeper;
alter function upheld.is_last_owner(uuid, uuid) owner to membership_keeper;
alter function upheld.end_membership(uuid) owner to membership_keeper;
alter function upheld.offer_ownership(uuid, boolean, interval) owner to membership_keeper;
alter function upheld.accept_ownership() owner to membership_keeper;
alter function upheld.end_offer(uuid) owner to membership_keeper;
alter function upheld.invite(uuid, bytea[], bytea, bytea, bytea, text, uuid, text, interval) owner to membership_keeper;
alter function upheld.open_invitations() owner to membership_keeper;
alter function upheld.renew_invitation(uuid, bytea, bytea, interval) owner to membership_keeper;
alter function upheld.revoke_invitation(uuid) owner to membership_keeper;
alter function upheld.still_stands(upheld.invitations) owner to membership_keeper;
alter function upheld.invitation_by_token(bytea) owner to membership_keeper;
alter function upheld.accept_invitation(bytea) owner to membership_keeper;
alter function upheld.decline_invitation(bytea, bytea) owner to membership_keeper;
alter function upheld.require_factor(interval) owner to membership_keeper;
alter function upheld.lift_factor_rule() owner to membership_keeper;
alter function upheld.factors_of_colleagues() owner to membership_keeper;

alter function upheld.count_applications() owner to count_keeper;

alter function upheld.jobs_applied_to() owner to record_reader;
alter function upheld.list_applications(uuid, text[], timestamptz, uuid, integer, integer) owner to record_reader;
alter function upheld.note_view(uuid, text) owner to record_reader;
alter function upheld.open_application(uuid) owner to record_reader;
alter function upheld.open_contact(uuid) owner to record_reader;
alter function upheld.open_resume(uuid) owner to record_reader;
alter function upheld.own_profile() owner to record_reader;
alter function upheld.own_documents() owner to record_reader;
alter function upheld.own_snapshots() owner to record_reader;

alter function queue.fn_pgqueuer_changed() owner to queue_writer;
alter function upheld.enqueue(text, uuid, uuid, bytea, timestamptz, interval) owner to queue_writer;
alter function upheld.queue_message_at_the_gate(uuid, uuid, text, bytea, bytea) owner to queue_writer;
alter function upheld.queue_message(uuid, uuid, text, bytea, bytea) owner to queue_writer;
alter function upheld.people_to_tell(uuid) owner to queue_writer;
alter function upheld.queue_arrival(uuid, uuid, uuid, bytea, bytea) owner to queue_writer;
alter function upheld.queue_erasure(uuid, bytea) owner to queue_writer;
alter function upheld.queue_invitation(uuid, bytea) owner to queue_writer;
alter function upheld.queue_factor_rule(uuid, uuid, bytea, bytea) owner to queue_writer;
alter function upheld.take_factor_reminder() owner to queue_writer;
alter function upheld.queue_factor_reminder(uuid, uuid, bytea, bytea) owner to queue_writer;
alter function upheld.operators_to_tell() owner to queue_writer;

alter function upheld.plan_erasure(uuid) owner to eraser;
alter function upheld.erase_person(uuid, date) owner to eraser;
alter function upheld.certify_erasure(uuid, jsonb) owner to eraser;
alter function upheld.erasure_by_receipt(bytea) owner to eraser;
alter function upheld.erasures_under_way() owner to eraser;
alter function upheld.count_overdue_erasures() owner to eraser;
alter function upheld.take_up_erasure(uuid, bytea, timestamptz, bytea) owner to eraser;
alter function upheld.left_without_owner() owner to membership_keeper;
alter function upheld.which_exist(uuid[]) owner to credential_keeper;
alter function upheld.allow_erasure_again(uuid, bytea) owner to queue_writer;

alter function upheld.probe_people() owner to probe_keeper;
alter function upheld.probe_organisations() owner to probe_keeper;
alter function upheld.remove_probes() owner to probe_keeper;

alter function upheld.remove_old_applications() owner to retention_keeper;
alter function upheld.remove_expired() owner to retention_keeper;
alter function upheld.remove_ended_invitations() owner to retention_keeper;
alter function upheld.remove_unproven() owner to retention_keeper;
alter function upheld.known_objects(uuid[]) owner to retention_keeper;
alter function upheld.older_email_indexes(integer) owner to retention_keeper;
alter function upheld.raise_email_indexes(uuid[], bytea[], bytea[]) owner to retention_keeper;
alter function upheld.older_identity_indexes(integer) owner to retention_keeper;
alter function upheld.raise_identity_indexes(uuid[], bytea[], bytea[]) owner to retention_keeper;

do $$
declare
    name text;
begin
    foreach name in array array[
        'context_keeper', 'credential_keeper', 'record_reader', 'audit_writer', 'limit_keeper',
        'queue_writer', 'eraser', 'retention_keeper', 'probe_keeper', 'count_keeper', 'membership_keeper'
    ] loop
        execute format('revoke create on schema upheld, sealed, queue from %I', name);
    end loop;
end
$$;

-- Nothing is sampled that says whose a row is: whoever may ask for a plan could otherwise read
-- off the estimate how often somebody occurs in rows that they cannot see. The planner is told
-- what it would have found: about ten rows of each person.
do $$
declare
    tab record;
begin
    for tab in
        select n.nspname, c.relname, a.attname
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on a.attrelid = c.oid
        inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
        where
            n.nspname = 'upheld' and c.relkind = 'r' and not a.attisdropped
            and a.attname in (
                'person_id', 'viewer_id', 'actor_id', 'target_id', 'invited_by', 'accepted_by', 'offered_by'
            )
    loop
        execute format('alter table %I.%I alter column %I set statistics 0', tab.nspname, tab.relname, tab.attname);
        perform pg_catalog.pg_restore_attribute_stats(
            'schemaname', tab.nspname::text, 'relname', tab.relname::text, 'attname', tab.attname::text,
            'inherited', false, 'null_frac', 0::real, 'avg_width', 16, 'n_distinct', (-0.1)::real);
    end loop;
end
$$;

-- Under a token's context nothing is written, by whichever role or function: but for the trace
-- that looking leaves, and for what counts against a limit.
do $$
declare
    tab text;
begin
    for tab in
        select c.relname
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
        where
            n.nspname = 'upheld' and c.relkind = 'r'
            and c.relname not in ('audit_entries', 'access_journal', 'limit_counters')
    loop
        execute format(
            'create trigger tokens_change_nothing before insert or update or delete or truncate on upheld.%I
             for each statement when (split_part(current_setting(''upheld.context'', true), ''|'', 2) = ''token'')
             execute function upheld.refuse_tokens()', tab);
    end loop;
end
$$;
