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
