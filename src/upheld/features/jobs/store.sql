-- name: open_jobs
-- Jobs that take applications and mention every given word in title, place or organisation, newest first.
select
    j.id, j.organisation_id, o.name as organisation_name,
    j.title, j.employment_type, j.description, j.location, j.country, j.is_remote,
    j.salary_currency, j.salary_from, j.salary_to, j.closes_on, j.status, j.posted_at,
    true as takes_applications
from upheld.jobs as j
inner join upheld.organisations as o on j.organisation_id = o.id
where
    j.status = 'open'
    and coalesce(j.closes_on >= (upheld.clock_now() at time zone 'UTC')::date, true)
    and not exists (
        select from unnest($1::text[]) as w (word)
        where strpos(
            lower(concat_ws(' ', j.title, j.location, o.name, case when j.is_remote then 'remote' end)),
            lower(w.word)
        ) = 0
    )
    and ($4::text is null or j.employment_type = $4)
    and (j.is_remote or not $5::boolean)
order by j.posted_at desc, j.id asc
limit $2 offset $3;

-- name: open_job
-- One open job, whether or not its closing day has passed.
select
    j.id, j.organisation_id, o.name as organisation_name,
    j.title, j.employment_type, j.description, j.location, j.country, j.is_remote,
    j.salary_currency, j.salary_from, j.salary_to, j.closes_on, j.status, j.posted_at,
    coalesce(j.closes_on >= (upheld.clock_now() at time zone 'UTC')::date, true) as takes_applications
from upheld.jobs as j
inner join upheld.organisations as o on j.organisation_id = o.id
where j.id = $1 and j.status = 'open';

-- name: closed_job
-- One job that was public once, for whom the database still shows it to: who applied, and its organisation.
select
    j.id, j.organisation_id, o.name as organisation_name,
    j.title, j.employment_type, j.description, j.location, j.country, j.is_remote,
    j.salary_currency, j.salary_from, j.salary_to, j.closes_on, j.status, j.posted_at,
    false as takes_applications
from upheld.jobs as j
inner join upheld.organisations as o on j.organisation_id = o.id
where j.id = $1 and j.status = 'closed';

-- name: jobs_applied_to
-- The jobs the person asking has applied to.
select unnest(upheld.jobs_applied_to()) as id;

-- name: own_jobs
-- Every job of the organisation acted for: open ones, then drafts, then closed ones, newest first.
select
    j.id, j.organisation_id, o.name as organisation_name,
    j.title, j.employment_type, j.description, j.location, j.country, j.is_remote,
    j.salary_currency, j.salary_from, j.salary_to, j.closes_on, j.status, j.posted_at,
    j.status = 'open'
    and coalesce(j.closes_on >= (upheld.clock_now() at time zone 'UTC')::date, true) as takes_applications
from upheld.jobs as j
inner join upheld.organisations as o on j.organisation_id = o.id
where j.organisation_id = (select upheld.current_organisation())
order by array_position(array['open', 'draft', 'closed'], j.status) asc, j.created_at desc, j.id asc;

-- name: own_job
-- One job of the organisation acted for, wherever it stands.
select
    j.id, j.organisation_id, o.name as organisation_name,
    j.title, j.employment_type, j.description, j.location, j.country, j.is_remote,
    j.salary_currency, j.salary_from, j.salary_to, j.closes_on, j.status, j.posted_at,
    j.status = 'open'
    and coalesce(j.closes_on >= (upheld.clock_now() at time zone 'UTC')::date, true) as takes_applications
from upheld.jobs as j
inner join upheld.organisations as o on j.organisation_id = o.id
where j.id = $1 and j.organisation_id = (select upheld.current_organisation());

-- name: add_job
-- Adds a draft for the organisation acted for.
insert into upheld.jobs (
    id, title, employment_type, description, location, country, is_remote,
    salary_currency, salary_from, salary_to, closes_on
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: change_job
-- Replaces the text of a job that is not closed.
update upheld.jobs set
    title = $2, employment_type = $3, description = $4, location = $5, country = $6, is_remote = $7,
    salary_currency = $8, salary_from = $9, salary_to = $10, closes_on = $11
where id = $1 and status <> 'closed';

-- name: publish_job
-- Opens a draft.
update upheld.jobs set status = 'open', posted_at = upheld.clock_now()
where id = $1 and status = 'draft';

-- name: close_job
-- Closes an open job.
update upheld.jobs set status = 'closed'
where id = $1 and status = 'open';
