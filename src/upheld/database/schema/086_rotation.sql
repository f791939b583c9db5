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
