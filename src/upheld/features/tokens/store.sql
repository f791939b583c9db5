-- name: add_access_token
-- Makes a token of the person asking; when it ends.
select upheld.add_access_token($1, $2, $3, $4, $5);

-- name: count_working
-- How many tokens of the person asking work.
select count(*) from upheld.access_tokens
where person_id = (select upheld.current_person()) and revoked_at is null and expires_at > upheld.clock_now();

-- name: own_tokens
-- The tokens of the person asking, those that work first, newest first; ended ones for a month.
select
    t.id, o.name as organisation_name, t.label_sealed, t.scopes, t.created_at, t.last_used_at, t.expires_at,
    t.revoked_at, t.revoked_at is null and t.expires_at > upheld.clock_now() as works
from upheld.access_tokens as t
left join upheld.organisations as o on t.organisation_id = o.id
where t.person_id = (select upheld.current_person())
order by works desc, t.created_at desc, t.id asc;

-- name: revoke
-- Ends a token of the person asking.
update upheld.access_tokens set revoked_at = upheld.clock_now()
where id = $1 and person_id = (select upheld.current_person()) and revoked_at is null;
