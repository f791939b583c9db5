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
