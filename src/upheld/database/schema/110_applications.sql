-- A candidate's application to a job: where it stands. What it says is in its snapshot.
--
-- The candidate's id has no foreign key on purpose: an application is the employer's own
-- record, with a rule of its own, and outlives an account that is erased.
create table upheld.applications (
    id uuid primary key,
    organisation_id uuid not null,
    job_id uuid not null,
    person_id uuid not null default upheld.current_person(),
    stage text not null default 'new'
    check (stage in ('new', 'review', 'interview', 'offer', 'hired', 'rejected', 'withdrawn')),
    submitted_at timestamptz not null default upheld.clock_now(),
    closed_at timestamptz,
    keep_until date,
    unique (organisation_id, id),
    unique (organisation_id, job_id, person_id),
    foreign key (organisation_id, job_id) references upheld.jobs (organisation_id, id),
    check ((stage in ('hired', 'rejected', 'withdrawn')) = (closed_at is not null)),
    check ((closed_at is null) = (keep_until is null))
);
create index applications_by_job_idx
on upheld.applications (organisation_id, job_id, stage, submitted_at desc, id desc);
create index applications_by_stage_idx
on upheld.applications (organisation_id, stage, submitted_at desc, id desc);
create index applications_person_id_idx on upheld.applications (person_id);
create index applications_keep_until_idx on upheld.applications (keep_until) where keep_until is not null;
alter table upheld.applications enable row level security;
alter table upheld.applications force row level security;
-- Whether an application that closes does so now, and is kept for as long as the rule says
-- (`APPLICATION_RECORD` in `kit/deadlines.py`). A day on either side: the clock that counted
-- the months may already, or not yet, be past midnight.
create function upheld.closes_by_the_rule(closed_at timestamptz, keep_until date) returns boolean
language sql stable set search_path = ''
return closed_at is null or (
    closed_at = upheld.clock_now()
    and keep_until - ((closed_at at time zone 'UTC')::date + interval '12 months')::date between -1 and 1
);
grant execute on function upheld.closes_by_the_rule(timestamptz, date) to web, eraser;

create policy applications_are_seen_by_their_candidate on upheld.applications
for select to web, worker, record_reader, eraser using (person_id = (select upheld.current_person()));
create policy applications_are_seen_by_members_who_accepted_fair_use on upheld.applications
for select to web, record_reader using (organisation_id = (select upheld.hiring_organisation()));
create policy applications_are_submitted_by_their_candidate on upheld.applications
for insert to web with check (
    person_id = (select upheld.current_person()) and stage = 'new'
    and exists (
        select from upheld.jobs as j
        where
            j.id = job_id and j.organisation_id = applications.organisation_id
            and j.status = 'open'
            and (j.closes_on is null or j.closes_on >= (upheld.clock_now() at time zone 'UTC')::date)
    )
);
create policy applications_are_withdrawn_by_their_candidate on upheld.applications
for update to web using (person_id = (select upheld.current_person()) and closed_at is null)
with check (
    person_id = (select upheld.current_person()) and stage = 'withdrawn'
    and upheld.closes_by_the_rule(closed_at, keep_until)
);
create policy applications_are_moved_by_members_who_may_decide on upheld.applications
for update to web using (
    organisation_id = (select upheld.deciding_organisation()) and closed_at is null
) with check (
    organisation_id = (select upheld.deciding_organisation()) and stage <> 'withdrawn'
    and upheld.closes_by_the_rule(closed_at, keep_until)
);
create policy open_applications_are_withdrawn_at_erasure on upheld.applications
for update to eraser using (person_id = (select upheld.current_person()) and closed_at is null)
with check (stage = 'withdrawn' and upheld.closes_by_the_rule(closed_at, keep_until));
grant select on upheld.applications to web, worker, record_reader, eraser;
grant insert (id, organisation_id, job_id) on upheld.applications to web;
grant update (stage, closed_at, keep_until) on upheld.applications to web, eraser;
grant execute on function upheld.hiring_organisation() to record_reader;
comment on table upheld.applications is 'Where a candidate''s application to a job stands.';
call upheld.classify('upheld.applications', '{id,organisation_id,job_id,person_id,stage,submitted_at,closed_at,keep_until}', 'application', 'candidate', '{application}', 'consent', 'application record', true, 'kept');

-- How many applications to a job stand at a stage: the sum over its slots. Kept by the triggers
-- below in the transaction that submits, moves, withdraws, erases or removes an application, so
-- that a list never counts. A connection counts in a slot of its own: whoever has not committed
-- yet holds up nobody who applies for the same job at the same moment.
create table upheld.stage_counts (
    organisation_id uuid not null,
    job_id uuid not null,
    stage text not null,
    slot integer not null check (slot between 0 and 7),
    number integer not null,
    primary key (organisation_id, job_id, stage, slot),
    foreign key (organisation_id, job_id) references upheld.jobs (organisation_id, id) on delete cascade
) with (fillfactor = 50);
alter table upheld.stage_counts enable row level security;
alter table upheld.stage_counts force row level security;
create policy counts_are_seen_by_members_who_accepted_fair_use on upheld.stage_counts
for select to web using (organisation_id = (select upheld.hiring_organisation()));
create policy counts_are_begun_by_their_keeper on upheld.stage_counts
for insert to count_keeper with check (slot >= 0);
create policy counts_are_found_by_their_keeper on upheld.stage_counts
for select to count_keeper using (slot >= 0);
create policy counts_are_kept_by_their_keeper on upheld.stage_counts
for update to count_keeper using (slot >= 0);
grant select on upheld.stage_counts to web;
grant select, insert, update (number) on upheld.stage_counts to count_keeper;
comment on table upheld.stage_counts is 'How many applications to a job stand at a stage.';
call upheld.classify('upheld.stage_counts', '{organisation_id,job_id,stage,slot,number}', 'organisation', 'organisation', '{hiring}', 'contract', 'organisation', false, 'kept');

-- Carries a statement's changes over into the counts, in one order for everybody, so that two who
-- move applications between the same stages in opposite directions do not wait for each other.
create function upheld.count_applications() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        insert into upheld.stage_counts as c (organisation_id, job_id, stage, slot, number)
        select n.organisation_id, n.job_id, n.stage, pg_catalog.pg_backend_pid() % 8, count(*)
        from came as n
        group by n.organisation_id, n.job_id, n.stage
        order by n.organisation_id, n.job_id, n.stage
        on conflict (organisation_id, job_id, stage, slot) do update set number = c.number + excluded.number;
    elsif tg_op = 'DELETE' then
        insert into upheld.stage_counts as c (organisation_id, job_id, stage, slot, number)
        select o.organisation_id, o.job_id, o.stage, pg_catalog.pg_backend_pid() % 8, -count(*)
        from went as o
        group by o.organisation_id, o.job_id, o.stage
        order by o.organisation_id, o.job_id, o.stage
        on conflict (organisation_id, job_id, stage, slot) do update set number = c.number + excluded.number;
    else
        insert into upheld.stage_counts as c (organisation_id, job_id, stage, slot, number)
        select m.organisation_id, m.job_id, m.stage, pg_catalog.pg_backend_pid() % 8, sum(m.number)
        from (
            select n.organisation_id, n.job_id, n.stage, 1 as number from came as n
            union all
            select o.organisation_id, o.job_id, o.stage, -1 as number from went as o
        ) as m
        group by m.organisation_id, m.job_id, m.stage
        having sum(m.number) <> 0
        order by m.organisation_id, m.job_id, m.stage
        on conflict (organisation_id, job_id, stage, slot) do update set number = c.number + excluded.number;
    end if;
    return null;
end
$$;
create trigger applications_that_come_are_counted after insert on upheld.applications
referencing new table as came for each statement execute function upheld.count_applications();
create trigger applications_that_go_are_counted after delete on upheld.applications
referencing old table as went for each statement execute function upheld.count_applications();
create trigger applications_that_move_are_counted after update on upheld.applications
referencing old table as went new table as came for each statement execute function upheld.count_applications();

-- The jobs the person asking has applied to. An array, so that the policy below asks once
-- per statement; a function, because policies of two tables that name each other are refused.
create function upheld.jobs_applied_to() returns uuid[]
language sql stable security definer set search_path = ''
return array(select a.job_id from upheld.applications as a where a.person_id = upheld.current_person());
grant execute on function upheld.jobs_applied_to() to web;

-- Who has applied follows the application to its end, also after the job has closed.
create policy jobs_are_seen_by_those_who_applied on upheld.jobs
for select to web using (id = any((select upheld.jobs_applied_to())::uuid[]));

-- What the candidate sent, as it was on that day, under the key of this person with this
-- employer. The résumé is a copy with an object of its own.
create table upheld.application_snapshots (
    application_id uuid primary key,
    organisation_id uuid not null,
    person_id uuid not null default upheld.current_person(),
    full_name_sealed bytea not null,
    headline_sealed bytea,
    email_sealed bytea not null,
    phone_sealed bytea,
    location_sealed bytea,
    summary_sealed bytea,
    letter_sealed bytea,
    resume_object_id uuid unique,
    resume_media_type text,
    resume_bytes integer,
    resume_name_sealed bytea,
    foreign key (organisation_id, application_id)
    references upheld.applications (organisation_id, id) on delete cascade
);
create index application_snapshots_person_id_idx on upheld.application_snapshots (person_id);
alter table upheld.application_snapshots enable row level security;
alter table upheld.application_snapshots force row level security;
do $$
declare
    col text;
begin
    -- No sampled value of a ciphertext column reaches the statistics.
    foreach col in array array['full_name', 'headline', 'email', 'phone', 'location', 'summary', 'letter', 'resume_name'] loop
        execute format('alter table upheld.application_snapshots alter column %I set statistics 0', col || '_sealed');
    end loop;
end
$$;
create policy snapshots_are_sent_by_their_candidate on upheld.application_snapshots
for insert to web with check (
    person_id = (select upheld.current_person())
    and exists (
        select from upheld.applications as a
        where
            a.id = application_id and a.organisation_id = application_snapshots.organisation_id
            and a.person_id = (select upheld.current_person())
    )
);
create policy snapshots_are_read_for_their_candidate on upheld.application_snapshots
for select to record_reader using (person_id = (select upheld.current_person()));
create policy snapshots_are_read_for_members_who_accepted_fair_use on upheld.application_snapshots
for select to record_reader using (organisation_id = (select upheld.hiring_organisation()));
grant insert (
    application_id, organisation_id, full_name_sealed, headline_sealed, email_sealed, phone_sealed,
    location_sealed, summary_sealed, letter_sealed, resume_object_id, resume_media_type, resume_bytes,
    resume_name_sealed
) on upheld.application_snapshots to web;
grant select on upheld.application_snapshots to record_reader;
comment on table upheld.application_snapshots is 'What a candidate sent with an application; read through functions that leave a trace.';
call upheld.classify('upheld.application_snapshots', '{application_id,organisation_id,person_id,resume_object_id,resume_media_type,resume_bytes}', 'application', 'candidate', '{application}', 'consent', 'application record', true, 'kept');
call upheld.classify('upheld.application_snapshots', '{full_name_sealed}', 'identity', 'candidate', '{application}', 'consent', 'application record', true, 'kept');
call upheld.classify('upheld.application_snapshots', '{email_sealed,phone_sealed,location_sealed}', 'contact', 'candidate', '{application}', 'consent', 'application record', true, 'kept');
call upheld.classify('upheld.application_snapshots', '{headline_sealed,summary_sealed,letter_sealed,resume_name_sealed}', 'professional', 'candidate', '{application}', 'consent', 'application record', true, 'kept');

-- What happened to an application, step by step; the candidate follows it to the end.
-- The reason of a decision is shown to the candidate: it is about them.
create table upheld.application_events (
    id uuid primary key,
    application_id uuid not null,
    organisation_id uuid not null,
    person_id uuid not null,
    actor_id uuid default upheld.current_person(),
    stage text not null,
    reason_sealed bytea,
    at timestamptz not null default upheld.clock_now(),
    foreign key (organisation_id, application_id)
    references upheld.applications (organisation_id, id) on delete cascade
);
create index application_events_application_id_idx on upheld.application_events (organisation_id, application_id, at);
create index application_events_at_idx on upheld.application_events (organisation_id, at desc, id);
create index application_events_person_id_idx on upheld.application_events (person_id);
alter table upheld.application_events enable row level security;
alter table upheld.application_events force row level security;
alter table upheld.application_events alter column reason_sealed set statistics 0;
create policy events_are_seen_by_their_candidate on upheld.application_events
for select to web using (person_id = (select upheld.current_person()));
create policy events_are_seen_by_members_who_accepted_fair_use on upheld.application_events
for select to web using (organisation_id = (select upheld.hiring_organisation()));
create policy events_are_added_by_their_candidate on upheld.application_events
for insert to web with check (
    person_id = (select upheld.current_person()) and stage in ('new', 'withdrawn')
    and exists (
        select from upheld.applications as a
        where
            a.id = application_id and a.organisation_id = application_events.organisation_id
            and a.person_id = (select upheld.current_person())
    )
);
create policy events_are_added_by_members_who_may_decide on upheld.application_events
for insert to web with check (
    organisation_id = (select upheld.deciding_organisation())
    and stage in ('review', 'interview', 'offer', 'hired', 'rejected')
    and exists (
        select from upheld.applications as a
        where
            a.id = application_id and a.organisation_id = application_events.organisation_id
            and a.person_id = application_events.person_id
    )
);
create policy events_are_added_at_erasure on upheld.application_events
for insert to eraser with check (person_id = (select upheld.current_person()) and stage = 'withdrawn');
grant select on upheld.application_events to web;
grant insert (id, application_id, organisation_id, person_id, stage, reason_sealed) on upheld.application_events to web, eraser;
comment on table upheld.application_events is 'What happened to an application, step by step.';
call upheld.classify('upheld.application_events', '{id,application_id,organisation_id,person_id,actor_id,stage,at}', 'application', 'candidate', '{application}', 'consent', 'application record', true, 'kept');
call upheld.classify('upheld.application_events', '{reason_sealed}', 'application', 'candidate', '{application}', 'consent', 'application record', true, 'kept');

-- Which employers may see what of a candidate because the candidate said so.
create table upheld.disclosures (
    person_id uuid not null default upheld.current_person(),
    organisation_id uuid not null references upheld.organisations (id),
    sections text[] not null check (sections <@ array['identity', 'contact', 'summary', 'resume']),
    made_at timestamptz not null default upheld.clock_now(),
    ended_at timestamptz,
    primary key (person_id, organisation_id)
);
create index disclosures_organisation_id_idx on upheld.disclosures (organisation_id);
alter table upheld.disclosures enable row level security;
alter table upheld.disclosures force row level security;
create policy disclosures_are_seen_by_their_candidate on upheld.disclosures
for select to web using (person_id = (select upheld.current_person()));
create policy disclosures_are_counted_by_the_eraser on upheld.disclosures
for select to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
create policy disclosures_are_made_by_their_candidate on upheld.disclosures
for insert to web with check (person_id = (select upheld.current_person()));
create policy disclosures_are_changed_by_their_candidate on upheld.disclosures
for update to web using (person_id = (select upheld.current_person()))
with check (person_id = (select upheld.current_person()));
create policy disclosures_go_with_the_account on upheld.disclosures
for delete to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
grant select on upheld.disclosures to web, eraser;
grant insert (organisation_id, sections), update (sections, made_at, ended_at) on upheld.disclosures to web;
grant delete on upheld.disclosures to eraser;
comment on table upheld.disclosures is 'What a candidate has shared with which employer.';
call upheld.classify('upheld.disclosures', '{person_id,organisation_id,sections,made_at,ended_at}', 'application', 'candidate', '{application}', 'consent', 'account', true, 'row');
