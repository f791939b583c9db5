-- name: look_at_activity
-- Has the person asking look at the activity, which is written down; whether they may.
select upheld.look_at_activity($1);

-- name: entries
-- What concerns the organisation acted for, newest first: of a group, by a person, within a time, after a place.
select id, at, actor_id, concerns, action, target_kind, target_id, details
from upheld.audit_entries
where
    organisation_id = (select upheld.current_organisation()) and concerns is not null
    and ($1::text is null or concerns = $1) and ($2::uuid is null or actor_id = $2)
    and at >= $3 and at <= $4 and (at, id) < ($5, $6)
order by at desc, id desc
limit $7;

-- name: departed
-- Who of these people left the organisation acted for, or was removed from it.
select distinct coalesce(target_id, actor_id) as person_id
from (
    select actor_id, case when action = 'member.removed' then target_id end as target_id
    from upheld.audit_entries
    where
        organisation_id = (select upheld.current_organisation()) and concerns = 'members'
        and action in ('member.left', 'member.removed')
) as gone
where coalesce(target_id, actor_id) = any($1::uuid[]);

-- name: titles
-- What some of the jobs of the organisation acted for are called.
select id, title from upheld.jobs
where id = any($1::uuid[]) and organisation_id = (select upheld.current_organisation());
