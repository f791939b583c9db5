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
