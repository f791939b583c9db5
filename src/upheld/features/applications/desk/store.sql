-- The linter cannot lay out a lateral join; without one every application would be read.
-- noqa: disable=LT02,ST05

-- name: longest_waiting
-- Applications at some stages that have not moved since a moment, among those sent first; longest first.
select a.id, a.job_id, a.stage, moved.at as since
from unnest($1::text[]) as s (stage)
cross join lateral (
    select w.id, w.organisation_id, w.job_id, w.stage
    from upheld.applications as w
    where w.organisation_id = (select upheld.current_organisation()) and w.stage = s.stage
    order by w.submitted_at asc, w.id asc
    limit 40
) as a
cross join lateral (
    select max(e.at) as at from upheld.application_events as e
    where e.organisation_id = a.organisation_id and e.application_id = a.id
) as moved
where moved.at < $2
order by moved.at, a.id;

-- name: latest_events
-- What happened lately to applications of the organisation acted for, newest first.
select
    e.application_id, a.job_id, e.stage, e.at,
    coalesce(e.actor_id = e.person_id, false) as is_candidates,
    coalesce(e.actor_id = (select upheld.current_person()), false) as is_own
from upheld.application_events as e
inner join upheld.applications as a on e.organisation_id = a.organisation_id and e.application_id = a.id
where e.organisation_id = (select upheld.current_organisation())
order by e.at desc, e.id asc
limit $1;

-- name: neighbours
-- The applications before and after one among those to the same job that stand where it stands, newest first.
select
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
    ) as older
from upheld.applications as a
where a.id = $1 and a.organisation_id = (select upheld.current_organisation());
