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
