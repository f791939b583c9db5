-- name: own_profile
-- The profile of the person asking, sealed.
select
    visibility, full_name_sealed, headline_sealed, email_sealed, phone_sealed, location_sealed,
    summary_sealed, updated_at
from upheld.own_profile();

-- name: save_profile
-- Writes the contents of the profile of the person asking, starting it when there is none.
insert into upheld.profiles (
    full_name_sealed, headline_sealed, email_sealed, phone_sealed, location_sealed, summary_sealed
)
values ($1, $2, $3, $4, $5, $6)
on conflict (person_id) do update set
    full_name_sealed = $1, headline_sealed = $2, email_sealed = $3, phone_sealed = $4,
    location_sealed = $5, summary_sealed = $6, updated_at = upheld.clock_now();

-- name: start_profile
-- Starts an empty, private profile for the person asking, unless there is one.
insert into upheld.profiles (full_name_sealed) values (null)
on conflict (person_id) do nothing;

-- name: set_visibility
-- Says who may find the profile of the person asking; touches nothing when it is so already.
update upheld.profiles set visibility = $1, updated_at = upheld.clock_now()
where person_id = (select upheld.current_person()) and visibility <> $1;

-- name: own_documents
-- The documents of the person asking, sealed, newest first.
select
    id, object_id, media_type, size_bytes, name_sealed, text_sealed, uploaded_at
from upheld.own_documents();

-- name: hold_documents
-- Lets one change of somebody's documents happen at a time, until the transaction ends.
select pg_catalog.pg_advisory_xact_lock(
    pg_catalog.hashtextextended('documents ' || upheld.current_person()::text, 0)
);

-- name: count_documents
-- How many documents the person asking keeps.
select pg_catalog.count(*) from upheld.documents
where person_id = (select upheld.current_person());

-- name: add_document
-- Adds a document of the person asking; when that was.
insert into upheld.documents (id, object_id, media_type, size_bytes, name_sealed, text_sealed)
values ($1, $2, $3, $4, $5, $6)
returning uploaded_at;

-- name: remove_document
-- Removes a document of the person asking; the file it named.
delete from upheld.documents
where id = $1 and person_id = (select upheld.current_person())
returning object_id;

-- name: disclose
-- Adds sections to what the person asking shares with an organisation, or starts anew
-- where sharing had ended.
insert into upheld.disclosures as d (organisation_id, sections)
values ($1, $2)
on conflict (person_id, organisation_id) do update set
    sections = case
        when d.ended_at is null
            then array(select s from pg_catalog.unnest(d.sections || $2) as s group by s order by s)
        else $2
    end,
    made_at = upheld.clock_now(), ended_at = null;

-- name: end_disclosure
-- Ends what the person asking shares with an organisation.
update upheld.disclosures set ended_at = upheld.clock_now()
where organisation_id = $1 and person_id = (select upheld.current_person()) and ended_at is null;
