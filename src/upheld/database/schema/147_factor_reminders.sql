-- Reminding members of the factor that they are asked for: three days before it starts to count, and on the day
-- before. When members were last told is written down with the rule, in the transaction that queues the mails: of
-- several workers one tells them, and one that dies has told nobody.
create policy names_of_organisations_are_looked_up_for_the_platform_itself on upheld.organisations
for select to queue_writer using (
    (select upheld.current_person()) is null
    and id in (select r.organisation_id from upheld.factor_rules as r where r.starts_at > upheld.clock_now())
);
create policy factor_rules_to_come_are_found_for_the_platform_itself on upheld.factor_rules
for select to queue_writer using (
    starts_at > (select upheld.clock_now()) and (select upheld.current_person()) is null
);
create policy reminders_are_written_down_for_the_platform_itself on upheld.factor_rules
for update to queue_writer using (
    starts_at > (select upheld.clock_now()) and (select upheld.current_person()) is null
) with check (told_at = (select upheld.clock_now()));
grant select (id, name) on upheld.organisations to queue_writer;
grant update (told_at) on upheld.factor_rules to queue_writer;
grant execute on function upheld.has_factor(uuid) to queue_writer;

-- Takes up an organisation whose members are to be reminded: what it is called, from when on it asks for a
-- factor, and who of its members has none. No row when none is due.
create function upheld.take_factor_reminder()
returns table (organisation_name text, starts_at timestamptz, people uuid[])
language plpgsql volatile security definer set search_path = ''
as $$
declare
    due upheld.factor_rules;
    clock timestamptz := upheld.clock_now();
begin
    select r.* into due
    from upheld.factor_rules as r
    where exists (
        select from pg_catalog.unnest(array[interval '3 days', interval '1 day']) as ahead
        where r.told_at < r.starts_at - ahead and r.starts_at - ahead <= clock and clock < r.starts_at
    )
    order by r.starts_at asc, r.organisation_id asc
    limit 1
    for update skip locked;
    if due.organisation_id is null then
        return;
    end if;
    update upheld.factor_rules as r set told_at = clock where r.organisation_id = due.organisation_id;
    return query
    select o.name, due.starts_at, array(
        select m.person_id from upheld.members as m
        where m.organisation_id = o.id and not upheld.has_factor(m.person_id)
        order by m.joined_at, m.person_id
    )
    from upheld.organisations as o where o.id = due.organisation_id;
end
$$;

-- Queues the reminder of one of them, in the very transaction in which their organisation was taken up.
-- Nothing is queued for somebody who has just erased their account.
create function upheld.queue_factor_reminder(message_id uuid, whose uuid, parameters bytea, secret bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.has_factor(whose) or not exists (
        select from upheld.factor_rules as r
        inner join upheld.members as m on r.organisation_id = m.organisation_id
        where r.told_at = upheld.clock_now() and m.person_id = whose
    ) then
        raise exception 'This mail goes to members who are to be reminded of a factor.' using errcode = '42501';
    end if;
    insert into upheld.messages (id, person_id, kind, parameters_sealed)
    values (message_id, whose, 'organisations/factor-reminder', parameters);
    perform upheld.enqueue('mail', whose, message_id, secret, upheld.clock_now(), interval '1 day');
exception when foreign_key_violation then
    return;
end
$$;

grant execute on function
upheld.take_factor_reminder(), upheld.queue_factor_reminder(uuid, uuid, bytea, bytea)
to maintenance;
