-- A candidate's profile: who may find it, and its sealed contents. Private by default.
create table upheld.profiles (
    person_id uuid primary key default upheld.current_person()
    references upheld.people (id) on delete cascade,
    visibility text not null default 'private' check (visibility in ('private', 'open')),
    full_name_sealed bytea,
    headline_sealed bytea,
    email_sealed bytea,
    phone_sealed bytea,
    location_sealed bytea,
    summary_sealed bytea,
    updated_at timestamptz not null default upheld.clock_now()
);
alter table upheld.profiles enable row level security;
alter table upheld.profiles force row level security;
alter table upheld.profiles alter column full_name_sealed set statistics 0;
alter table upheld.profiles alter column headline_sealed set statistics 0;
alter table upheld.profiles alter column email_sealed set statistics 0;
alter table upheld.profiles alter column phone_sealed set statistics 0;
alter table upheld.profiles alter column location_sealed set statistics 0;
alter table upheld.profiles alter column summary_sealed set statistics 0;
create policy a_candidate_starts_their_own_profile on upheld.profiles
for insert to web with check (person_id = (select upheld.current_person()));
create policy a_candidate_edits_their_own_profile on upheld.profiles
for update to web using (person_id = (select upheld.current_person()))
with check (person_id = (select upheld.current_person()));
create policy a_candidate_finds_their_own_profile on upheld.profiles
for select to web, record_reader using (person_id = (select upheld.current_person()));
grant insert (full_name_sealed, headline_sealed, email_sealed, phone_sealed, location_sealed, summary_sealed),
update (visibility, full_name_sealed, headline_sealed, email_sealed, phone_sealed, location_sealed, summary_sealed, updated_at)
on upheld.profiles to web;
-- Columns that are not ciphertext only: contents come through `own_profile()`.
grant select (person_id, visibility, updated_at) on upheld.profiles to web;
grant select on upheld.profiles to record_reader;
comment on table upheld.profiles is 'What a candidate says of themselves, sealed under their own key.';
call upheld.classify('upheld.profiles', '{person_id,visibility,updated_at}', 'professional', 'candidate', '{profile}', 'consent', 'account', true, 'row');
call upheld.classify('upheld.profiles', '{full_name_sealed}', 'identity', 'candidate', '{profile}', 'consent', 'account', true, 'key');
call upheld.classify('upheld.profiles', '{email_sealed,phone_sealed,location_sealed}', 'contact', 'candidate', '{profile}', 'consent', 'account', true, 'key');
call upheld.classify('upheld.profiles', '{headline_sealed,summary_sealed}', 'professional', 'candidate', '{profile}', 'consent', 'account', true, 'key');

-- A candidate's uploaded documents. The file lies in the object store under `object_id`,
-- in authenticated chunks; the text that was read out of it waits here to be confirmed.
-- No two documents name one object, and no two snapshots. That a document names the object of
-- a snapshot is not refused here: it would take a trigger with rights to see everyone's rows,
-- to stop what yields nothing. The id has to be guessed (74 random bits that no query shows to
-- others), and the store itself holds an object to its owner: it opens and removes it only for
-- the person, employer and kind of data whose key marked it (`platform/objects.py`). The worst
-- that is left is a file that nobody can open staying in the store for as long as the row.
create table upheld.documents (
    id uuid primary key,
    person_id uuid not null default upheld.current_person()
    references upheld.people (id) on delete cascade,
    object_id uuid not null unique,
    media_type text not null check (media_type in (
        'application/pdf', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
    )),
    size_bytes integer not null check (size_bytes between 1 and 10485760),
    name_sealed bytea not null,
    text_sealed bytea,
    uploaded_at timestamptz not null default upheld.clock_now()
);
create index documents_person_id_idx on upheld.documents (person_id);
alter table upheld.documents enable row level security;
alter table upheld.documents force row level security;
alter table upheld.documents alter column name_sealed set statistics 0;
alter table upheld.documents alter column text_sealed set statistics 0;
create policy a_candidate_adds_their_own_documents on upheld.documents
for insert to web with check (person_id = (select upheld.current_person()));
create policy a_candidate_removes_their_own_documents on upheld.documents
for delete to web using (person_id = (select upheld.current_person()));
create policy what_was_read_from_a_document_can_be_forgotten on upheld.documents
for update to web using (person_id = (select upheld.current_person()))
with check (person_id = (select upheld.current_person()) and text_sealed is null);
create policy a_candidate_finds_their_own_documents on upheld.documents
for select to web, record_reader, eraser using (person_id = (select upheld.current_person()));
grant insert (id, object_id, media_type, size_bytes, name_sealed, text_sealed) on upheld.documents to web;
grant update (text_sealed), delete on upheld.documents to web;
grant select (id, person_id, object_id, media_type, size_bytes, uploaded_at) on upheld.documents to web, eraser;
grant select on upheld.documents to record_reader;
comment on table upheld.documents is 'A candidate''s own documents; employers get copies of their own, never these.';
call upheld.classify('upheld.documents', '{id,person_id,object_id,media_type,size_bytes,uploaded_at}', 'document', 'candidate', '{profile}', 'consent', 'account', true, 'row');
call upheld.classify('upheld.documents', '{name_sealed,text_sealed}', 'document', 'candidate', '{profile}', 'consent', 'account', true, 'key');

-- What rested on a consent goes when the consent does, whoever withdraws it and how.
create function upheld.forget_what_was_read() returns trigger
language plpgsql set search_path = ''
as $$
begin
    update upheld.documents set text_sealed = null
    where person_id = new.person_id;
    return null;
end
$$;
create trigger texts_go_when_reading_is_no_longer_agreed_to after insert on upheld.consents
for each row when (new.purpose = 'resume-reading' and not new.given and upheld.current_person() is not null)
execute function upheld.forget_what_was_read();
