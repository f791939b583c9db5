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
