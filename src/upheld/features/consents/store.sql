-- name: publish_notice
-- Publishes a wording, unless it is published already.
insert into upheld.notices (id, kind, version, language, body, sha256)
values ($1, $2, $3, $4, $5, pg_catalog.sha256(pg_catalog.convert_to($5, 'UTF8')))
on conflict do nothing;

-- name: latest_notice
-- The wording in force of a kind, in a language.
select id, kind, version, language, body, published_at from upheld.notices
where kind = $1 and language = $2
order by published_at desc, version desc
limit 1;

-- name: notice
-- One wording.
select id, kind, version, language, body, published_at from upheld.notices where id = $1;

-- name: add_consent
-- Records that the person asking gives or withdraws a consent.
insert into upheld.consents (purpose, organisation_id, notice_id, given, origin_sealed)
values ($1, $2, $3, $4, $5);

-- name: own_consents
-- Every consent the person asking has given or withdrawn, newest first.
select
    c.id, c.purpose, c.organisation_id, o.name as organisation_name, c.notice_id,
    n.version as notice_version, c.given, c.at
from upheld.consents as c
inner join upheld.notices as n on c.notice_id = n.id
left join upheld.organisations as o on c.organisation_id = o.id
order by c.at desc, c.id asc;

-- name: own_standing
-- Whether the last word of the person asking about a purpose was yes.
select given from upheld.consents
where purpose = $1 and organisation_id is not distinct from $2 and person_id = (select upheld.current_person())
order by at desc
limit 1;

-- name: shown_to_person
-- Every consent the person asking has given or withdrawn, with the notice that was shown, newest first.
select
    c.id, c.person_id, c.purpose, c.organisation_id, o.name as organisation_name, c.given, c.at,
    n.id as notice_id, n.version as notice_version, n.language as notice_language, n.sha256 as notice_sha256
from upheld.consents as c
inner join upheld.notices as n on c.notice_id = n.id
left join upheld.organisations as o on c.organisation_id = o.id
where c.person_id = (select upheld.current_person())
order by c.at desc, c.id asc;
