-- What people were told, word for word, and what they agreed to.
create table upheld.notices (
    id uuid primary key,
    kind text not null check (kind in ('account', 'application', 'fair-use')),
    version text not null,
    language text not null,
    body text not null,
    sha256 bytea not null check (sha256 = pg_catalog.sha256(pg_catalog.convert_to(body, 'UTF8'))),
    published_at timestamptz not null default upheld.clock_now(),
    unique (kind, version, language)
);
alter table upheld.notices enable row level security;
alter table upheld.notices force row level security;
create policy published_notices_are_seen_by_everyone on upheld.notices
for select to web, gate, worker, credential_keeper using (published_at is not null);
create policy notices_are_published_by_maintenance on upheld.notices
for insert to maintenance with check (published_at is not null);
create policy notices_are_read_by_maintenance on upheld.notices
for select to maintenance using (published_at is not null);
grant select on upheld.notices to web, gate, worker, credential_keeper, maintenance;
grant insert (id, kind, version, language, body, sha256) on upheld.notices to maintenance;
comment on table upheld.notices is 'Every published wording of every notice; never edited, only followed by the next version.';
call upheld.classify('upheld.notices', '{id,kind,version,language,body,sha256,published_at}', 'consent', 'nobody', '{consent}', 'legal obligation', 'consent', false, 'kept');

-- One row each time a person gives or withdraws a consent. Appended, never changed.
create table upheld.consents (
    id uuid primary key default gen_random_uuid(),
    person_id uuid not null default upheld.current_person(),
    purpose text not null check (purpose in ('account', 'resume-reading', 'application')),
    organisation_id uuid references upheld.organisations (id),
    notice_id uuid not null references upheld.notices (id),
    given boolean not null,
    at timestamptz not null default upheld.clock_now(),
    origin_sealed bytea,
    check ((purpose = 'application') = (organisation_id is not null))
);
create index consents_person_id_idx on upheld.consents (person_id, purpose, at);
create index consents_organisation_id_idx on upheld.consents (organisation_id);
create index consents_notice_id_idx on upheld.consents (notice_id);
alter table upheld.consents enable row level security;
alter table upheld.consents force row level security;
alter table upheld.consents alter column origin_sealed set statistics 0;
create policy consents_are_seen_by_their_person on upheld.consents
for select to web using (person_id = (select upheld.current_person()));
create policy consents_are_recorded_by_their_person on upheld.consents
for insert to web with check (
    person_id = (select upheld.current_person())
    -- The wording that is named is one about this purpose.
    and exists (
        select from upheld.notices as n
        where n.id = notice_id and n.kind = case purpose when 'application' then 'application' else 'account' end
    )
);
create policy first_consents_are_recorded_at_the_gate on upheld.consents
for insert to credential_keeper with check (organisation_id is null);
create policy platform_consents_go_with_the_account on upheld.consents
for delete to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
    and organisation_id is null
);
create policy consents_are_seen_by_the_eraser on upheld.consents
for select to eraser using (
    person_id = (select upheld.current_person()) and (select upheld.current_standing()) = 'duty:erasure'
);
grant select on upheld.consents to web, eraser;
grant insert (purpose, organisation_id, notice_id, given, origin_sealed) on upheld.consents to web;
grant insert (person_id, purpose, notice_id, given, origin_sealed) on upheld.consents to credential_keeper;
grant delete on upheld.consents to eraser;
comment on table upheld.consents is 'Consent given or withdrawn, purpose by purpose, with the notice that was shown.';
call upheld.classify('upheld.consents', '{id,person_id,purpose,organisation_id,notice_id,given,at}', 'consent', 'person', '{consent}', 'legal obligation', 'consent', true, 'row');
call upheld.classify('upheld.consents', '{origin_sealed}', 'technical', 'person', '{consent}', 'legal obligation', 'log month', false, 'key');
