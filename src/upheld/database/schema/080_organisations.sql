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

-- What everyone reads about an organisation is changed by its owners alone.
create policy organisations_are_changed_by_their_owners on upheld.organisations
for update to web using (
    id = (select upheld.current_organisation()) and (select upheld.current_standing()) = 'owner'
) with check (id = (select upheld.current_organisation()));
grant update (name, website) on upheld.organisations to web;

create policy a_person_sees_their_own_memberships on upheld.members
for select to web using (person_id = (select upheld.current_person()));
grant select on upheld.members to web;

-- The founder becomes the owner: the only way into an organisation in this release.
create policy founders_are_added_by_the_credential_keeper on upheld.members
for insert to credential_keeper with check (role = 'owner');
create policy organisations_are_founded_by_the_credential_keeper on upheld.organisations
for insert to credential_keeper with check (id is not null);
grant insert (organisation_id, person_id, role) on upheld.members to credential_keeper;
grant insert (id, name, website, is_probe) on upheld.organisations to credential_keeper;
create policy a_session_moves_to_a_new_organisation on upheld.sessions
for update to credential_keeper using (person_id = (select upheld.current_person()));
grant update (organisation_id) on upheld.sessions to credential_keeper;

-- Founds an organisation with the person asking as its owner, and lets their session act
-- for it from the next statement on. One step, so that no organisation is ever without one.
create function upheld.found_organisation(new_id uuid, new_name text, new_website text)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    founder upheld.people;
begin
    select p.* into founder from upheld.people as p where p.id = upheld.current_person();
    if founder.id is null then
        raise exception 'Sign in to found an organisation.' using errcode = '42501';
    end if;
    -- Locked by person: a form sent twice at once, or from two browsers, founds one organisation.
    perform pg_catalog.pg_advisory_xact_lock(4207850, pg_catalog.hashtext(founder.id::text));
    if exists (select from upheld.members as m where m.person_id = founder.id) then
        raise exception 'This person belongs to an organisation already.' using errcode = '23505';
    end if;
    insert into upheld.organisations (id, name, website, is_probe)
    values (new_id, new_name, new_website, founder.is_probe);
    insert into upheld.members (organisation_id, person_id, role)
    values (new_id, founder.id, 'owner');
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

-- The organisation whose candidates the person asking may see, or null: the one they act for, in a
-- role that may see candidates, once they have accepted the fair-use policy. One look-up: every
-- statement that reads applications asks.
create function upheld.hiring_organisation() returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
    who uuid[] := upheld.asking();
begin
    return (
        select m.organisation_id from upheld.members as m
        where
            m.organisation_id = who[2] and m.person_id = who[1] and m.role in ('owner', 'manager')
            and exists (
                select from upheld.fair_use_acceptances as f
                where f.organisation_id = m.organisation_id and f.person_id = m.person_id
            )
    );
end
$$;
grant execute on function upheld.hiring_organisation() to web;
