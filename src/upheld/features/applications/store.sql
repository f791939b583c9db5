-- name: add_application
-- Submits an application of the person asking.
insert into upheld.applications (id, organisation_id, job_id) values ($1, $2, $3);

-- name: add_snapshot
-- Stores what was sent with an application.
insert into upheld.application_snapshots (
    application_id, organisation_id, full_name_sealed, headline_sealed, email_sealed, phone_sealed,
    location_sealed, summary_sealed, letter_sealed, resume_name_sealed,
    resume_object_id, resume_media_type, resume_bytes
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: add_event
-- Adds what has just happened to an application.
insert into upheld.application_events (id, application_id, organisation_id, person_id, stage, reason_sealed)
values ($1, $2, $3, $4, $5, $6);

-- name: move
-- Moves an open application from the stage it was seen at to another open stage.
update upheld.applications set stage = $3 where id = $1 and stage = $2 and closed_at is null;

-- name: close
-- Closes an application that stands where it was seen, and says until when it is kept.
update upheld.applications set stage = $3, closed_at = upheld.clock_now(), keep_until = $4
where id = $1 and stage = $2 and closed_at is null;

-- name: received
-- An application to the organisation of the person asking, with what it is for.
select
    a.id, a.organisation_id, a.job_id, a.person_id, a.stage, a.submitted_at, a.closed_at, a.keep_until,
    j.title as job_title
from upheld.applications as a
inner join upheld.jobs as j on a.organisation_id = j.organisation_id and a.job_id = j.id
where a.id = $1 and a.organisation_id = (select upheld.current_organisation());

-- name: counts
-- How many applications to the organisation of the person asking stand where, by job; of one job, or of all.
select job_id, stage, sum(number)::integer as number from upheld.stage_counts
where organisation_id = (select upheld.current_organisation()) and ($1::uuid is null or job_id = $1)
group by job_id, stage
having sum(number) <> 0;

-- name: list_applications
-- The name lines of applications, newest first, of one job or of all; writes the journal.
select id, job_id, stage, submitted_at, closed_at, full_name_sealed, headline_sealed, has_resume
from upheld.list_applications($1, $2, $3, $4, $5, $6);

-- name: open_application
-- An application, what it is for and what was sent, without contact and file; writes the journal.
select
    a.id, a.organisation_id, a.job_id, a.person_id, a.stage, a.submitted_at, a.closed_at, a.keep_until,
    j.title as job_title,
    (
        select n.id from upheld.applications as n
        where
            n.organisation_id = a.organisation_id and n.job_id = a.job_id and n.stage = a.stage
            and (n.submitted_at, n.id) > (a.submitted_at, a.id)
        order by n.submitted_at asc, n.id asc
        limit 1
    ) as newer,
    (
        select n.id from upheld.applications as n
        where
            n.organisation_id = a.organisation_id and n.job_id = a.job_id and n.stage = a.stage
            and (n.submitted_at, n.id) < (a.submitted_at, a.id)
        order by n.submitted_at desc, n.id desc
        limit 1
    ) as older,
    o.full_name_sealed, o.headline_sealed, o.location_sealed, o.summary_sealed, o.letter_sealed,
    o.resume_media_type, o.resume_bytes, o.resume_name_sealed
from upheld.open_application($1) as o
cross join upheld.applications as a
inner join upheld.jobs as j on a.organisation_id = j.organisation_id and a.job_id = j.id
where a.id = $1;

-- name: open_contact
-- How to reach a candidate; writes the journal.
select email_sealed, phone_sealed from upheld.open_contact($1);

-- name: open_resume
-- Where the résumé sent with an application lies; writes the journal.
select person_id, object_id, media_type, size_bytes, name_sealed as resume_name_sealed from upheld.open_resume($1);

-- name: events
-- What happened to an application, in order.
select id, stage, at, actor_id, reason_sealed from upheld.application_events
where application_id = $1
order by at, id;

-- name: own_applications
-- The applications of the person asking, newest first.
select
    a.id, a.organisation_id, a.job_id, a.person_id, a.stage, a.submitted_at, a.closed_at, a.keep_until,
    j.title as job_title, j.status as job_status, j.closes_on as job_closes_on, o.name as organisation_name
from upheld.applications as a
inner join upheld.jobs as j on a.job_id = j.id
inner join upheld.organisations as o on a.organisation_id = o.id
where a.person_id = (select upheld.current_person())
order by a.submitted_at desc, a.id asc;

-- name: own_snapshots
-- What the person asking sent with their applications.
select
    application_id, organisation_id, full_name_sealed, headline_sealed, email_sealed, phone_sealed,
    location_sealed, summary_sealed, letter_sealed, resume_object_id, resume_media_type, resume_bytes,
    resume_name_sealed
from upheld.own_snapshots();
