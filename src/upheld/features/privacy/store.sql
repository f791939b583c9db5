-- name: holdings
-- How much is held about the person asking.
select
    exists(select from upheld.profiles where person_id = (select upheld.current_person())) as has_profile,
    (select count(*) from upheld.documents where person_id = (select upheld.current_person())) as documents,
    (select count(*) from upheld.applications where person_id = (select upheld.current_person())) as applications,
    (select count(distinct organisation_id) from upheld.applications where person_id = (select upheld.current_person()))
        as employers,
    (select count(*) from upheld.consents where person_id = (select upheld.current_person())) as consents,
    (select count(*) from upheld.access_journal where person_id = (select upheld.current_person())) as views,
    (select count(*) from upheld.sessions where person_id = (select upheld.current_person())) as sessions,
    (select count(*) from upheld.audit_entries where actor_id = (select upheld.current_person())) as acts,
    (select count(*) from upheld.members where person_id = (select upheld.current_person())) as memberships;

-- name: journal
-- Who saw which part of the data of the person asking, newest first; all of it, or one part or organisation.
select v.at, v.part, o.name as organisation_name, v.application_id, j.title as job_title
from upheld.access_journal as v
inner join upheld.organisations as o on v.organisation_id = o.id
left join upheld.applications as a on v.application_id = a.id
left join upheld.jobs as j on a.job_id = j.id
where
    v.person_id = (select upheld.current_person())
    and ($3::text is null or v.part = $3)
    and ($4::uuid is null or v.organisation_id = $4)
order by v.at desc, v.id asc
limit $1 offset $2;

-- name: viewers
-- The organisations that saw something of the person asking, by name.
select o.id, o.name from upheld.organisations as o
where o.id in (select v.organisation_id from upheld.access_journal as v where v.person_id = (select upheld.current_person()))
order by o.name, o.id;

-- name: records
-- The application records of the person asking, by employer.
select
    coalesce(o.name, 'An organisation that is not public') as organisation_name,
    count(*) as applications,
    count(*) filter (where a.closed_at is null) as open,
    max(a.keep_until) as keep_until
from upheld.applications as a
left join upheld.organisations as o on a.organisation_id = o.id
where a.person_id = (select upheld.current_person())
group by a.organisation_id, o.name
order by o.name, a.organisation_id;

-- name: orphaned
-- The names of the organisations that have no other owner than the person asking.
select name from upheld.organisations
where id = any((select upheld.left_without_owner())::uuid[])
order by name;

-- name: own_erasure
-- The pending request of the person asking.
select id, state, requested_at, due_at from upheld.erasures
where person_id = (select upheld.current_person()) and state in ('scheduled', 'running');

-- name: owns_receipt
-- Whether the person asking holds this receipt and can still call the erasure off.
select exists(
    select from upheld.erasures where receipt_hash = pg_catalog.sha256($1::bytea) and state = 'scheduled'
);

-- name: add_erasure
-- Adds a request of the person asking, due after a while; when.
insert into upheld.erasures (id, receipt_hash, due_at)
values ($1, pg_catalog.sha256($2::bytea), upheld.clock_now() + $3::interval)
returning due_at;

-- name: queue_erasure
-- Schedules the work of a request.
select upheld.queue_erasure($1, $2);

-- name: cancel_erasure
-- Calls the request of the person asking off, while it has not begun.
update upheld.erasures set state = 'cancelled'
where person_id = (select upheld.current_person()) and state = 'scheduled';

-- name: erasure_by_receipt
-- Where an erasure stands.
select state, requested_at, due_at, finished_at, certificate from upheld.erasure_by_receipt($1);

-- name: open_job_context
-- Opens the context stored with a piece of work; whose it is.
select upheld.open_job_context($1);

-- name: plan_erasure
-- Begins an erasure, or goes on with it.
select upheld.current_person() as person_id, requested_at, receipt_hash, object_ids from upheld.plan_erasure($1);

-- name: erase_person
-- Removes every row that goes with the account; how many went, by table.
select upheld.erase_person($1, $2);

-- name: certify_erasure
-- Files the certificate.
select upheld.certify_erasure($1, $2);

-- name: take_up_erasure
-- Takes up an erasure again that a restore has undone.
select upheld.take_up_erasure($1, $2, $3, $4);

-- name: which_exist
-- Which of the given people have an account.
select which_exist as id from upheld.which_exist($1);

-- name: erasures_under_way
-- Whose erasure has begun and is being worked on.
select erasures_under_way as id from upheld.erasures_under_way();

-- name: allow_erasure_again
-- Stores a secret with which the worker can repeat a person's erasure.
select upheld.allow_erasure_again($1, $2);

-- name: count_overdue_erasures
-- How many erasures should have been done an hour ago.
select upheld.count_overdue_erasures();

-- name: drop_spent_counters
-- Drops counters whose window is over; how many.
select upheld.drop_spent_counters();

-- name: remove_expired
-- Removes sessions, links, secrets and mails whose time is over; how many, by table.
select upheld.remove_expired();

-- name: remove_old_applications
-- Removes up to a hundred application records whose time is over.
select person_id, organisation_id, resume_object_id, was_last from upheld.remove_old_applications();

-- name: remove_unproven
-- Removes accounts that nobody proved to be theirs; whose they were said to be.
select remove_unproven as id from upheld.remove_unproven();

-- name: remove_ended_invitations
-- Removes invitations that came to nothing; which.
select id, organisation_id from upheld.remove_ended_invitations();

-- name: known_objects
-- Which of the given files a row names.
select known_objects as id from upheld.known_objects($1);
