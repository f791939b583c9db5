-- A person's request to leave for good, and what came of it. It outlives the account: who
-- holds the receipt can follow it to the certificate.
create table upheld.erasures (
    id uuid primary key,
    person_id uuid not null default upheld.current_person(),
    receipt_hash bytea not null unique check (length(receipt_hash) = 32),
    state text not null default 'scheduled' check (state in ('scheduled', 'cancelled', 'done')),
    requested_at timestamptz not null default upheld.clock_now(),
    due_at timestamptz not null,
    finished_at timestamptz,
    certificate jsonb,
    check ((state = 'done') = (finished_at is not null and certificate is not null))
);
create unique index erasures_one_pending_idx on upheld.erasures (person_id) where state = 'scheduled';
alter table upheld.erasures enable row level security;
alter table upheld.erasures force row level security;
create policy erasures_are_asked_for_by_their_person on upheld.erasures
for insert to web with check (person_id = (select upheld.current_person()) and state = 'scheduled');
create policy erasures_are_seen_by_their_person on upheld.erasures
for select to web using (person_id = (select upheld.current_person()));
create policy erasures_are_called_off_by_their_person on upheld.erasures
for update to web using (person_id = (select upheld.current_person()) and state = 'scheduled')
with check (person_id = (select upheld.current_person()) and state = 'cancelled');
create policy erasures_are_carried_out_by_the_eraser on upheld.erasures
for update to eraser using (person_id = (select upheld.current_person()) and state = 'scheduled')
with check (state = 'done');
create policy erasures_are_followed_by_the_eraser on upheld.erasures
for select to eraser using (length(receipt_hash) = 32);
grant select on upheld.erasures to web, eraser;
grant insert (id, receipt_hash, due_at), update (state) on upheld.erasures to web;
grant update (state, finished_at, certificate) on upheld.erasures to eraser;
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
        'people', 'credentials', 'email_verifications', 'sessions', 'job_secrets', 'members',
        'fair_use_acceptances', 'profiles', 'messages'
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
create policy documents_go_with_the_account on upheld.documents
for delete to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
grant delete on upheld.documents to eraser;
grant select (organisation_id, role) on upheld.members to eraser;
-- An organisation that loses its last member takes no more applications.
create policy jobs_of_the_leaving_member_are_seen_by_the_eraser on upheld.jobs
for select to eraser using (
    organisation_id in (
        select m.organisation_id from upheld.members as m where m.person_id = (select upheld.current_person())
    )
);
create policy jobs_close_when_the_last_member_leaves on upheld.jobs
for update to eraser using (
    organisation_id in (
        select m.organisation_id from upheld.members as m where m.person_id = (select upheld.current_person())
    )
) with check (status = 'closed');
grant select (organisation_id, status), update (status) on upheld.jobs to eraser;

-- What an erasure will have to reach outside the database. An error when the context is
-- not on that duty; no row when there is nothing left to do.
create function upheld.plan_erasure(wanted_id uuid)
returns table (object_ids uuid[], withdrawn uuid[], employers uuid[])
language plpgsql stable security definer set search_path = ''
as $$
begin
    if upheld.current_standing() is distinct from 'duty:erasure' then
        raise exception 'Only the erasure duty may plan an erasure.' using errcode = '42501';
    end if;
    return query
    select
        array(select d.object_id from upheld.documents as d where d.person_id = e.person_id),
        array(select a.id from upheld.applications as a where a.person_id = e.person_id and a.closed_at is null),
        array(select distinct a.organisation_id from upheld.applications as a where a.person_id = e.person_id)
    from upheld.erasures as e
    where
        e.id = wanted_id and e.person_id = upheld.current_person()
        and e.state = 'scheduled' and e.due_at <= upheld.clock_now();
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
        where e.id = wanted_id and e.person_id = whose and e.state = 'scheduled'
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
    where status <> 'draft' and organisation_id in (
        select m.organisation_id from upheld.members as m where m.person_id = whose
    );
    foreach tab in array array[
        'documents', 'profiles', 'messages', 'disclosures', 'access_journal', 'consents',
        'fair_use_acceptances', 'sessions', 'members', 'email_verifications', 'credentials', 'job_secrets'
    ] loop
        execute format(
            'delete from upheld.%I where person_id = $1', tab) using whose;
        get diagnostics gone = row_count;
        counts := counts || pg_catalog.jsonb_build_object(tab, gone);
    end loop;
    delete from upheld.people where id = whose;
    get diagnostics gone = row_count;
    return counts || pg_catalog.jsonb_build_object('people', gone);
end
$$;

-- Files the certificate of an erasure that has been carried out.
create function upheld.certify_erasure(wanted_id uuid, new_certificate jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    update upheld.erasures
    set state = 'done', finished_at = upheld.clock_now(), certificate = new_certificate
    where id = wanted_id and person_id = upheld.current_person() and state = 'scheduled';
    if not found then
        raise exception 'There is no such erasure to certify.' using errcode = '42501';
    end if;
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

grant execute on function
upheld.plan_erasure(uuid), upheld.erase_person(uuid, date), upheld.certify_erasure(uuid, jsonb)
to worker;
grant execute on function upheld.erasure_by_receipt(bytea), upheld.queue_erasure(uuid, bytea) to web;
