-- The access journal: who saw which part of a candidate's data, and when. Only the
-- functions below write it, and they are the only way to the ciphertext.
create table upheld.access_journal (
    id uuid primary key default gen_random_uuid(),
    person_id uuid not null,
    viewer_id uuid not null,
    organisation_id uuid not null references upheld.organisations (id),
    application_id uuid not null,
    part text not null check (part in ('list', 'application', 'contact', 'resume')),
    at timestamptz not null default upheld.clock_now()
);
create index access_journal_person_id_idx on upheld.access_journal (person_id, at desc);
create index access_journal_viewer_id_idx on upheld.access_journal (viewer_id, person_id, at desc) where part = 'list';
create index access_journal_organisation_id_idx on upheld.access_journal (organisation_id);
alter table upheld.access_journal enable row level security;
alter table upheld.access_journal force row level security;
create policy the_journal_is_written_by_the_record_reader on upheld.access_journal
for insert to record_reader with check (
    viewer_id = (select upheld.current_person())
    and organisation_id = (select upheld.current_organisation())
);
create policy the_journal_is_checked_by_the_record_reader on upheld.access_journal
for select to record_reader using (viewer_id = (select upheld.current_person()));
create policy the_journal_is_seen_by_the_person_it_is_about on upheld.access_journal
for select to web using (person_id = (select upheld.current_person()));
create policy the_journal_goes_with_the_account on upheld.access_journal
for delete to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
create policy the_journal_is_found_by_the_eraser on upheld.access_journal
for select to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
grant select on upheld.access_journal to web, record_reader, eraser;
grant insert (person_id, viewer_id, organisation_id, application_id, part) on upheld.access_journal to record_reader;
grant delete on upheld.access_journal to eraser;
comment on table upheld.access_journal is 'Who saw which part of a candidate''s data, and when.';
call upheld.classify('upheld.access_journal', '{id,person_id,viewer_id,organisation_id,application_id,part,at}', 'record', 'candidate', '{transparency}', 'legal obligation', 'account', true, 'row');

-- The name lines of applications, newest first: of one job or of all, at the given stages or at
-- every one, from a place in that order on; so many of each stage at most, and so many in all. Each
-- candidate gets one journal entry per viewer and hour for appearing.
create function upheld.list_applications(
    wanted_job_id uuid, wanted_stages text[], after_at timestamptz, after_id uuid,
    of_each_stage integer, in_all integer
)
returns table (
    id uuid, job_id uuid, person_id uuid, stage text, submitted_at timestamptz, closed_at timestamptz,
    full_name_sealed bytea, headline_sealed bytea, has_resume boolean
)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    employer uuid := upheld.hiring_organisation();
    viewer uuid := upheld.current_person();
    every_stage text[] := array['new', 'review', 'interview', 'offer', 'hired', 'rejected', 'withdrawn'];
    shown uuid[];
begin
    -- Planned anew each time: what is not asked for falls out of the plan, which then reads along an
    -- index and stops. This statement alone, since a setting of the function would have every
    -- look at the context planned anew as well.
    execute $query$
        select array(
            select one.id
            from pg_catalog.unnest($1) as w (stage)
            cross join lateral (
                select a.id, a.submitted_at
                from upheld.applications as a
                where
                    a.organisation_id = $2 and a.stage = w.stage
                    and ($3 is null or a.job_id = $3)
                    and ($4 is null or (a.submitted_at, a.id) < ($4, $5))
                order by a.submitted_at desc, a.id desc
                limit least($6, 100)
            ) as one
            order by one.submitted_at desc, one.id desc
            limit least($7, 200)
        )
    $query$ into shown
    using
        coalesce(wanted_stages, every_stage), employer, wanted_job_id, after_at, after_id, of_each_stage, in_all;
    insert into upheld.access_journal (person_id, viewer_id, organisation_id, application_id, part)
    select distinct on (a.person_id) a.person_id, viewer, a.organisation_id, a.id, 'list'
    from upheld.applications as a
    where a.id = any(shown) and not exists (
        select from upheld.access_journal as j
        where
            j.viewer_id = viewer and j.person_id = a.person_id and j.part = 'list'
            and j.organisation_id = a.organisation_id
            and j.at > upheld.clock_now() - interval '1 hour'
    )
    order by a.person_id, a.submitted_at desc;
    return query
    select
        a.id, a.job_id, a.person_id, a.stage, a.submitted_at, a.closed_at,
        s.full_name_sealed, s.headline_sealed, s.resume_object_id is not null
    from upheld.applications as a
    inner join upheld.application_snapshots as s on s.application_id = a.id
    where a.id = any(shown)
    order by a.submitted_at desc, a.id desc;
end
$$;

-- Writes the journal entry for one part of one application of the viewer's organisation;
-- false when the viewer may not see it.
create function upheld.note_view(wanted_id uuid, viewed_part text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into upheld.access_journal (person_id, viewer_id, organisation_id, application_id, part)
    select a.person_id, upheld.current_person(), a.organisation_id, a.id, viewed_part
    from upheld.applications as a
    where
        a.id = wanted_id and a.organisation_id = upheld.hiring_organisation();
    return found;
end
$$;

-- What a candidate sent, without contact and file; one journal entry.
create function upheld.open_application(wanted_id uuid)
returns table (
    full_name_sealed bytea, headline_sealed bytea, location_sealed bytea, summary_sealed bytea,
    letter_sealed bytea, resume_media_type text, resume_bytes integer, resume_name_sealed bytea
)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.note_view(wanted_id, 'application') then
        return query
        select
            s.full_name_sealed, s.headline_sealed, s.location_sealed, s.summary_sealed,
            s.letter_sealed, s.resume_media_type, s.resume_bytes, s.resume_name_sealed
        from upheld.application_snapshots as s
        where s.application_id = wanted_id;
    end if;
end
$$;

-- How to reach a candidate; one journal entry.
create function upheld.open_contact(wanted_id uuid)
returns table (email_sealed bytea, phone_sealed bytea)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.note_view(wanted_id, 'contact') then
        return query
        select s.email_sealed, s.phone_sealed
        from upheld.application_snapshots as s
        where s.application_id = wanted_id;
    end if;
end
$$;

-- Where the résumé sent with an application lies; one journal entry.
create function upheld.open_resume(wanted_id uuid)
returns table (object_id uuid, media_type text, size_bytes integer, name_sealed bytea, person_id uuid)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if upheld.note_view(wanted_id, 'resume') then
        return query
        select s.resume_object_id, s.resume_media_type, s.resume_bytes, s.resume_name_sealed, s.person_id
        from upheld.application_snapshots as s
        where s.application_id = wanted_id and s.resume_object_id is not null;
    end if;
end
$$;

-- A candidate's own profile, for themselves.
create function upheld.own_profile()
returns table (
    visibility text, full_name_sealed bytea, headline_sealed bytea, email_sealed bytea,
    phone_sealed bytea, location_sealed bytea, summary_sealed bytea, updated_at timestamptz
)
language sql stable security definer set search_path = ''
begin atomic
    select
        p.visibility, p.full_name_sealed, p.headline_sealed, p.email_sealed,
        p.phone_sealed, p.location_sealed, p.summary_sealed, p.updated_at
    from upheld.profiles as p
    where p.person_id = upheld.current_person();
end;

-- A candidate's own documents, newest first, for themselves.
create function upheld.own_documents()
returns table (
    id uuid, object_id uuid, media_type text, size_bytes integer,
    name_sealed bytea, text_sealed bytea, uploaded_at timestamptz
)
language sql stable security definer set search_path = ''
begin atomic
    select d.id, d.object_id, d.media_type, d.size_bytes, d.name_sealed, d.text_sealed, d.uploaded_at
    from upheld.documents as d
    where d.person_id = upheld.current_person()
    order by d.uploaded_at desc, d.id asc;
end;

-- What a candidate sent with their own applications, for themselves.
create function upheld.own_snapshots()
returns table (
    application_id uuid, organisation_id uuid, full_name_sealed bytea, headline_sealed bytea,
    email_sealed bytea, phone_sealed bytea, location_sealed bytea, summary_sealed bytea,
    letter_sealed bytea, resume_object_id uuid, resume_media_type text, resume_bytes integer,
    resume_name_sealed bytea
)
language sql stable security definer set search_path = ''
begin atomic
    select
        s.application_id, s.organisation_id, s.full_name_sealed, s.headline_sealed,
        s.email_sealed, s.phone_sealed, s.location_sealed, s.summary_sealed,
        s.letter_sealed, s.resume_object_id, s.resume_media_type, s.resume_bytes, s.resume_name_sealed
    from upheld.application_snapshots as s
    where s.person_id = upheld.current_person();
end;

grant execute on function
upheld.list_applications(uuid, text[], timestamptz, uuid, integer, integer), upheld.open_application(uuid),
upheld.open_contact(uuid), upheld.open_resume(uuid),
upheld.own_profile(), upheld.own_documents(), upheld.own_snapshots()
to web;
