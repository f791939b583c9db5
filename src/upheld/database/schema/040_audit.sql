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
