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
