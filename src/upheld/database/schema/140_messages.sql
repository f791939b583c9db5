-- A mail waiting to be sent to a person; its kind names the template. It names no address:
-- the worker takes the one of the account, under a context that lets it see that person and
-- nobody else.
create table upheld.messages (
    id uuid primary key,
    person_id uuid not null references upheld.people (id) on delete cascade,
    kind text not null check (kind ~ '^[a-z]+/[a-z-]+$'),
    parameters_sealed bytea not null,
    created_at timestamptz not null default upheld.clock_now()
);
create index messages_person_id_idx on upheld.messages (person_id);
alter table upheld.messages enable row level security;
alter table upheld.messages force row level security;
alter table upheld.messages alter column parameters_sealed set statistics 0;
create policy messages_are_queued_by_the_queue_writer on upheld.messages
for insert to queue_writer with check (length(parameters_sealed) > 0);
create policy messages_are_read_for_their_person on upheld.messages
for select to worker using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:mail'
);
create policy messages_are_dropped_when_sent on upheld.messages
for delete to worker using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:mail'
);
grant insert (id, person_id, kind, parameters_sealed) on upheld.messages to queue_writer;
grant select, delete on upheld.messages to worker;
comment on table upheld.messages is 'Mails that wait to be sent; dropped when they are.';
call upheld.classify('upheld.messages', '{id,person_id,kind,created_at}', 'technical', 'person', '{account}', 'contract', 'message', true, 'row');
call upheld.classify('upheld.messages', '{parameters_sealed}', 'technical', 'person', '{account}', 'contract', 'message', true, 'key');

create policy job_secrets_are_stored_by_the_queue_writer on upheld.job_secrets
for insert to queue_writer with check (expires_at > upheld.clock_now());
grant insert (secret_hash, person_id, duty, takes_up, expires_at) on upheld.job_secrets to queue_writer;
create policy candidates_of_an_employer_are_known_to_the_queue_writer on upheld.applications
for select to queue_writer using (
    organisation_id = (select upheld.current_organisation()) and (select upheld.may('application:decide'))
);
create policy own_applications_are_known_to_the_queue_writer on upheld.applications
for select to queue_writer using (person_id = (select upheld.current_person()));
create policy who_reads_applications_is_known_to_the_queue_writer on upheld.members
for select to queue_writer using (role in ('owner', 'manager', 'interviewer', 'custom'));
create policy what_roles_may_read_is_known_to_the_queue_writer on upheld.roles
for select to queue_writer using (length(name) > 0);
grant select on upheld.applications, upheld.members, upheld.roles to queue_writer;
grant execute on function upheld.hiring_organisation(), upheld.deciding_organisation() to queue_writer;

-- Stores a piece of work with the secret that will open its context. The payload carries
-- ids and the secret, never personal data.
create function upheld.enqueue(
    duty text, whose uuid, subject_id uuid, secret bytea, not_before timestamptz, lives interval
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into upheld.job_secrets (secret_hash, person_id, duty, expires_at)
    values (pg_catalog.sha256(secret), whose, enqueue.duty, not_before + lives);
    insert into queue.pgqueuer (priority, entrypoint, payload, status, execute_after)
    values (
        0, enqueue.duty,
        pg_catalog.convert_to(pg_catalog.jsonb_build_object(
            'id', subject_id, 'secret', pg_catalog.encode(secret, 'hex'))::text, 'UTF8'),
        'queued', not_before
    );
end
$$;

-- Queues a mail to anyone; only the gate may, which speaks to people before they sign in.
create function upheld.queue_message_at_the_gate(
    message_id uuid, whose uuid, message_kind text, parameters bytea, secret bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into upheld.messages (id, person_id, kind, parameters_sealed)
    values (message_id, whose, message_kind, parameters);
    perform upheld.enqueue('mail', whose, message_id, secret, upheld.clock_now(), interval '7 days');
end
$$;

-- Queues a mail to the person asking, or to a candidate of the organisation they act for.
create function upheld.queue_message(
    message_id uuid, whose uuid, message_kind text, parameters bytea, secret bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if whose is distinct from upheld.current_person() and not exists (
        select from upheld.applications as a
        where
            a.person_id = whose and a.organisation_id = upheld.deciding_organisation()
    ) then
        raise exception 'A mail goes to yourself or to a candidate of yours.' using errcode = '42501';
    end if;
    -- Nobody is written to after erasing their account: the foreign key to `people` refuses.
    insert into upheld.messages (id, person_id, kind, parameters_sealed)
    values (message_id, whose, message_kind, parameters);
    perform upheld.enqueue('mail', whose, message_id, secret, upheld.clock_now(), interval '7 days');
end
$$;

-- Who is told of an application: members who may see it, longest there first.
-- Told to nobody but the candidate, in the very transaction that sends it.
create function upheld.people_to_tell(wanted_id uuid) returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
    select m.person_id
    from upheld.applications as a
    inner join upheld.members as m on a.organisation_id = m.organisation_id
    left join upheld.roles as r on m.organisation_id = r.organisation_id and m.custom_role_id = r.id
    where
        a.id = wanted_id and a.person_id = upheld.current_person()
        and a.submitted_at = upheld.clock_now()
        and 'application:view' = any(coalesce(r.permissions, upheld.permissions_of(m.role)))
        and not upheld.is_held_back(m.organisation_id, m.person_id)
    order by m.joined_at, m.person_id
    limit 20;
end;

-- Queues the mail about an application to one of them. Somebody who has left meanwhile is not
-- written to, and the candidate does not notice.
create function upheld.queue_arrival(
    message_id uuid, whose uuid, application_id uuid, parameters bytea, secret bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not coalesce(whose in (select upheld.people_to_tell(application_id)), false) then
        raise exception 'A mail about an application goes to those who read it.' using errcode = '42501';
    end if;
    insert into upheld.messages (id, person_id, kind, parameters_sealed)
    values (message_id, whose, 'applications/application-arrived', parameters);
    perform upheld.enqueue('mail', whose, message_id, secret, upheld.clock_now(), interval '7 days');
exception when foreign_key_violation then
    return;
end
$$;

-- Queues the mail that tells a member of a factor that they are asked for, in the very transaction in
-- which an owner asks. Nothing is queued for somebody who has left meanwhile.
create function upheld.queue_factor_rule(message_id uuid, whose uuid, parameters bytea, secret bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.current_standing() is distinct from 'owner' or not exists (
        select from upheld.factor_rules as r
        inner join upheld.members as m on r.organisation_id = m.organisation_id
        where
            r.organisation_id = upheld.current_organisation() and r.required_at = upheld.clock_now()
            and m.person_id = whose
    ) then
        raise exception 'This mail goes to members, when an owner asks them for a factor.' using errcode = '42501';
    end if;
    insert into upheld.messages (id, person_id, kind, parameters_sealed)
    values (message_id, whose, 'organisations/factor-required', parameters);
    perform upheld.enqueue('mail', whose, message_id, secret, upheld.clock_now(), interval '7 days');
exception when foreign_key_violation then
    return;
end
$$;

grant execute on function
upheld.people_to_tell(uuid), upheld.queue_arrival(uuid, uuid, uuid, bytea, bytea),
upheld.queue_factor_rule(uuid, uuid, bytea, bytea)
to web;
grant execute on function upheld.queue_message_at_the_gate(uuid, uuid, text, bytea, bytea) to gate;
grant execute on function upheld.queue_message(uuid, uuid, text, bytea, bytea) to web;
