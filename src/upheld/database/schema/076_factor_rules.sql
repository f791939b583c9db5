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
