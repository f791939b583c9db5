-- name: record_act
-- Records an act of the person whose context is open.
select upheld.record_act($1, $2, $3, $4, $5);

-- name: record_at_the_gate
-- Records what happens before anybody is signed in.
select upheld.record_at_the_gate($1, $2, $3, $4);

-- name: record_duty
-- Records a duty of the platform itself.
select upheld.record_duty($1, $2);

-- name: own_entries
-- What the person asking has done, newest first.
select
    at, action, target_kind, target_id, organisation_id
from upheld.audit_entries
where actor_id = (select upheld.current_person())
order by id desc
limit $1;
