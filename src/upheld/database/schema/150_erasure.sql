-- A person's request to leave for good, and what came of it. It outlives the account: who
-- holds the receipt can follow it to the certificate. Until it runs it can be called off.
create table upheld.erasures (
    id uuid primary key,
    person_id uuid not null default upheld.current_person(),
    receipt_hash bytea not null unique check (length(receipt_hash) = 32),
    state text not null default 'scheduled' check (state in ('scheduled', 'cancelled', 'running', 'done')),
    requested_at timestamptz not null default upheld.clock_now(),
    due_at timestamptz not null,
    finished_at timestamptz,
    certificate jsonb,
    check ((state = 'done') = (finished_at is not null and certificate is not null))
);
create unique index erasures_one_pending_idx on upheld.erasures (person_id) where state in ('scheduled', 'running');
alter table upheld.erasures enable row level security;
alter table upheld.erasures force row level security;
alter table upheld.erasures alter column receipt_hash set statistics 0;
create policy erasures_are_asked_for_by_their_person on upheld.erasures
for insert to web with check (
    person_id = (select upheld.current_person()) and state = 'scheduled'
    -- The law gives us a month (GDPR Art. 12(3)); nobody can put it off for longer.
    and due_at <= (select upheld.clock_now()) + interval '30 days'
    and (select upheld.freshly_proven())
);
create policy erasures_are_seen_by_their_person on upheld.erasures
for select to web using (person_id = (select upheld.current_person()));
create policy erasures_are_called_off_by_their_person on upheld.erasures
for update to web using (person_id = (select upheld.current_person()) and state = 'scheduled')
with check (person_id = (select upheld.current_person()) and state = 'cancelled');
create policy erasures_are_carried_out_by_the_eraser on upheld.erasures
for update to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
    and state in ('scheduled', 'running')
) with check (state <> 'scheduled');
create policy erasures_lost_in_a_restore_are_taken_up_again on upheld.erasures
for insert to eraser with check (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
    and state = 'running'
);
create policy erasures_are_followed_by_the_eraser on upheld.erasures
for select to eraser using (length(receipt_hash) = 32);
grant select on upheld.erasures to web, eraser;
grant insert (id, receipt_hash, due_at), update (state) on upheld.erasures to web;
grant insert (id, receipt_hash, state, requested_at, due_at), update (state, finished_at, certificate)
on upheld.erasures to eraser;
comment on table upheld.erasures is 'Requests for erasure and their certificates.';
call upheld.classify('upheld.erasures', '{id,person_id,state,requested_at,due_at,finished_at,certificate}', 'record', 'person', '{erasure}', 'legal obligation', 'erasure record', true, 'kept');
call upheld.classify('upheld.erasures', '{receipt_hash}', 'technical', 'person', '{erasure}', 'legal obligation', 'erasure record', false, 'kept');

-- Rows of these tables go with the account. The eraser sees and removes those of the
-- person in its context, and only while it is on that duty.
do $$
declare
    tab text;
    col text;
begin
    foreach tab in array array[
        'people', 'credentials', 'email_verifications', 'account_links', 'sessions', 'access_tokens', 'job_secrets',
        'members', 'fair_use_acceptances', 'profiles', 'messages', 'operators', 'identities', 'ownership_offers',
        'authenticator_apps', 'passkeys', 'recovery_codes', 'half_open_sign_ins'
    ] loop
        col := case tab when 'people' then 'id' else 'person_id' end;
        execute format(
            'create policy %s_are_counted_by_the_eraser on upheld.%I for select to eraser
             using (%I = (select upheld.current_person()) and (select upheld.current_standing()) = ''duty:erasure'')',
            tab, tab, col);
        execute format(
            'create policy %s_go_with_the_account on upheld.%I for delete to eraser
             using (%I = (select upheld.current_person()) and (select upheld.current_standing()) = ''duty:erasure'')',
            tab, tab, col);
        execute format('grant select (%I), delete on upheld.%I to eraser', col, tab);
    end loop;
end
$$;
-- The record that somebody accepted an invitation, and any that still waits for their address.
create policy invitations_are_counted_by_the_eraser on upheld.invitations
for select to eraser using (
    (select upheld.current_standing()) = 'duty:erasure' and (
        accepted_by = (select upheld.current_person()) or email_index = (select p.email_index from upheld.people as p)
    )
);
create policy invitations_go_with_the_account on upheld.invitations
for delete to eraser using (
    (select upheld.current_standing()) = 'duty:erasure' and (
        accepted_by = (select upheld.current_person()) or email_index = (select p.email_index from upheld.people as p)
    )
);
grant select (accepted_by, email_index), delete on upheld.invitations to eraser;
grant select (email_index) on upheld.people to eraser;
create policy documents_go_with_the_account on upheld.documents
for delete to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
grant delete on upheld.documents to eraser;
grant select (organisation_id, role) on upheld.members to eraser;
grant select (secret_hash, takes_up) on upheld.job_secrets to eraser;
-- The organisations that the person asking is the only owner of. Whoever knows the memberships of
-- everyone answers, and tells nothing else about them.
create function upheld.left_without_owner() returns uuid[]
language sql stable security definer set search_path = ''
return array(
    select m.organisation_id from upheld.members as m
    where m.person_id = upheld.current_person() and m.role = 'owner' and not exists (
        select from upheld.members as other
        where
            other.organisation_id = m.organisation_id and other.role = 'owner' and other.person_id <> m.person_id
    )
);
grant execute on function upheld.left_without_owner() to web, eraser;

-- An organisation that loses its last owner takes no more applications: nobody can be asked to answer
-- for them. Whoever else belongs to it goes on with those it has.
create policy jobs_of_the_leaving_owner_are_seen_by_the_eraser on upheld.jobs
for select to eraser using (
    organisation_id = any((select upheld.left_without_owner())::uuid[])
    and (select upheld.current_standing()) = 'duty:erasure'
);
create policy jobs_close_when_the_last_owner_leaves on upheld.jobs
for update to eraser using (
    organisation_id = any((select upheld.left_without_owner())::uuid[])
    and (select upheld.current_standing()) = 'duty:erasure'
) with check (status = 'closed');
grant select (organisation_id, status), update (status) on upheld.jobs to eraser;

-- Begins an erasure that is due, or goes on with one that has begun, and says what it has
-- to reach outside the database. From here on it cannot be called off. An error when the
-- context is not on that duty or the time has not come; no row when it is done or called off.
create function upheld.plan_erasure(wanted_id uuid)
returns table (requested_at timestamptz, receipt_hash bytea, object_ids uuid[])
language plpgsql volatile security definer set search_path = ''
as $$
declare
    begun upheld.erasures;
begin
    if upheld.current_standing() is distinct from 'duty:erasure' then
        raise exception 'Only the erasure duty may plan an erasure.' using errcode = '42501';
    end if;
    update upheld.erasures as e set state = 'running'
    where e.id = wanted_id and e.person_id = upheld.current_person() and e.state in ('scheduled', 'running')
    returning e.* into begun;
    if begun.due_at > upheld.clock_now() then
        raise exception 'The erasure is not due yet.' using errcode = '55000';
    end if;
    return query
    select
        begun.requested_at, begun.receipt_hash,
        array(select d.object_id from upheld.documents as d where d.person_id = begun.person_id order by d.object_id)
    where begun.id is not null;
end
$$;

-- Removes every row that goes with the account, withdraws open applications, which stay
-- the employer's record until `keep_until`, and returns how many rows went, by table.
create function upheld.erase_person(wanted_id uuid, keep_records_until date) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
    whose uuid := upheld.current_person();
    counts jsonb := '{}';
    gone bigint;
    tab text;
begin
    if upheld.current_standing() is distinct from 'duty:erasure' or not exists (
        select from upheld.erasures as e
        where e.id = wanted_id and e.person_id = whose and e.state = 'running'
    ) then
        raise exception 'There is no such erasure to carry out.' using errcode = '42501';
    end if;
    insert into upheld.application_events (id, application_id, organisation_id, person_id, stage)
    select pg_catalog.gen_random_uuid(), a.id, a.organisation_id, a.person_id, 'withdrawn'
    from upheld.applications as a where a.person_id = whose and a.closed_at is null;
    update upheld.applications
    set stage = 'withdrawn', closed_at = upheld.clock_now(), keep_until = keep_records_until
    where person_id = whose and closed_at is null;
    update upheld.jobs set status = 'closed'
    where status <> 'draft' and organisation_id = any(upheld.left_without_owner());
    foreach tab in array array[
        'documents', 'profiles', 'messages', 'disclosures', 'access_journal', 'consents',
        'fair_use_acceptances', 'ownership_offers', 'sessions', 'access_tokens', 'members', 'operators',
        'email_verifications', 'account_links',
        'authenticator_apps', 'passkeys', 'recovery_codes', 'half_open_sign_ins', 'credentials', 'identities'
    ] loop
        execute format(
            'delete from upheld.%I where person_id = $1', tab) using whose;
        get diagnostics gone = row_count;
        counts := counts || pg_catalog.jsonb_build_object(tab, gone);
    end loop;
    -- The policies above say which: those they accepted, and those that wait for their address.
    delete from upheld.invitations;
    get diagnostics gone = row_count;
    counts := counts || pg_catalog.jsonb_build_object('invitations', gone);
    -- All but the one that this work acts with, which goes last, with the certificate.
    select count(*) into gone from upheld.job_secrets where person_id = whose;
    counts := counts || pg_catalog.jsonb_build_object('job_secrets', gone);
    delete from upheld.job_secrets where person_id = whose and secret_hash <> upheld.current_work();
    delete from upheld.people where id = whose;
    get diagnostics gone = row_count;
    return counts || pg_catalog.jsonb_build_object('people', gone);
end
$$;

-- Files the certificate of an erasure that has been carried out: the person is gone. With it
-- goes the last right to act for them; no statement of this transaction can follow.
create function upheld.certify_erasure(wanted_id uuid, new_certificate jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update upheld.erasures
    set state = 'done', finished_at = upheld.clock_now(), certificate = new_certificate
    where
        id = wanted_id and person_id = upheld.current_person() and state = 'running'
        and not exists (select from upheld.people as p where p.id = upheld.current_person());
    if not found then
        raise exception 'There is no such erasure to certify.' using errcode = '42501';
    end if;
    delete from upheld.job_secrets where person_id = upheld.current_person();
end
$$;

-- Where an erasure stands, for whoever holds its receipt; the account may be gone.
create function upheld.erasure_by_receipt(receipt bytea)
returns table (state text, requested_at timestamptz, due_at timestamptz, finished_at timestamptz, certificate jsonb)
language sql stable security definer set search_path = ''
begin atomic
    select e.state, e.requested_at, e.due_at, e.finished_at, e.certificate
    from upheld.erasures as e
    where e.receipt_hash = pg_catalog.sha256(receipt);
end;

-- Schedules the work of an erasure that the person asking has just requested.
create function upheld.queue_erasure(wanted_id uuid, secret bytea) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    due timestamptz;
begin
    select e.due_at into due from upheld.erasures as e
    where e.id = wanted_id and e.person_id = upheld.current_person() and e.state = 'scheduled';
    if due is null then
        raise exception 'There is no such erasure to schedule.' using errcode = '42501';
    end if;
    perform upheld.enqueue('erasure', upheld.current_person(), wanted_id, secret, due, interval '30 days');
end
$$;
create policy erasures_are_scheduled_by_the_queue_writer on upheld.erasures
for select to queue_writer using (person_id = (select upheld.current_person()));
grant select on upheld.erasures to queue_writer;

-- After a restore of an older backup, whoever is in the register of erasures may be here
-- again. Three narrow steps repeat an erasure, and no single role can take all of them.
--
-- 1. Maintenance asks which of the people in the register are here.
create function upheld.which_exist(wanted uuid[]) returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
    select p.id from upheld.people as p where p.id = any(wanted);
end;

-- Whose erasure has begun and is still being worked on, so that a worker that was killed
-- halfway is no mismatch. A month later its secret has expired, and it is one.
create function upheld.erasures_under_way() returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
    select e.person_id from upheld.erasures as e
    where e.state = 'running' and e.due_at > upheld.clock_now() - interval '30 days';
end;

-- How many erasures should have been done an hour ago.
create function upheld.count_overdue_erasures() returns bigint
language sql stable security definer set search_path = ''
begin atomic
    select count(*) from upheld.erasures as e
    where e.state in ('scheduled', 'running') and e.due_at < upheld.clock_now() - interval '1 hour';
end;

-- 2. Maintenance stores a secret for the erasure duty. It can do nothing with it itself.
create function upheld.allow_erasure_again(whose uuid, secret bytea) returns void
language sql volatile security definer set search_path = ''
begin atomic
    insert into upheld.job_secrets (secret_hash, person_id, duty, takes_up, expires_at)
    values (pg_catalog.sha256(secret), whose, 'erasure', true, upheld.clock_now() + interval '1 hour');
end;

-- 3. The worker, in the context that the secret opens, takes the erasure up again under
-- the id and receipt that the register names; then it goes the way of every erasure. The
-- secret of an ordinary erasure does not do: with it a worker could skip the time in which
-- a person may call it off, or go on after they did.
create function upheld.take_up_erasure(
    wanted_id uuid, receipt bytea, asked_at timestamptz, secret bytea
) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.current_standing() is distinct from 'duty:erasure' or not exists (
        select from upheld.job_secrets as j where j.secret_hash = pg_catalog.sha256(secret) and j.takes_up
    ) then
        raise exception 'Only the duty of repeating an erasure may take it up.' using errcode = '42501';
    end if;
    update upheld.erasures set state = 'cancelled'
    where person_id = upheld.current_person() and state in ('scheduled', 'running') and id <> wanted_id;
    insert into upheld.erasures (id, receipt_hash, state, requested_at, due_at)
    values (wanted_id, receipt, 'running', asked_at, upheld.clock_now())
    on conflict (id) do update set state = 'running';
end
$$;

grant execute on function
upheld.which_exist(uuid[]), upheld.erasures_under_way(), upheld.count_overdue_erasures(),
upheld.allow_erasure_again(uuid, bytea)
to maintenance;
grant execute on function
upheld.plan_erasure(uuid), upheld.erase_person(uuid, date), upheld.certify_erasure(uuid, jsonb),
upheld.take_up_erasure(uuid, bytea, timestamptz, bytea)
to worker;
grant execute on function upheld.erasure_by_receipt(bytea), upheld.queue_erasure(uuid, bytea) to web;
