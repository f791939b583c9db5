-- name: hashes_by_beginning
-- How many password hashes begin how; of a hash only its kind and cost are looked at.
select
    pg_catalog.left(password_hash, 7) as beginning,
    pg_catalog.count(*) as number,
    pg_catalog.count(*) filter (where password_hash !~ '^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$') as malformed
from upheld.credentials
group by beginning
order by beginning;

-- name: credential_of
-- The hash of a probe person's password, whose only use here is its cost.
select upheld.credential_of($1);

-- name: replace_credential
-- Gives a probe person another hash.
select upheld.replace_credential($1, $2);

-- name: ask_reset
-- Stores a link that lets a probe person choose another password.
select upheld.ask_reset($1, $2, $3);

-- name: standing_consent
-- The last word of the person asking about a purpose.
select given from upheld.consents
where
    person_id = (select upheld.current_person()) and purpose = $1
    and organisation_id is not distinct from $2
order by at desc
limit 1;

-- name: consents_of_person
-- Everything the person asking has agreed to and withdrawn, as it is kept; oldest first.
select
    c.id, c.purpose, c.organisation_id, c.given, c.at, c.notice_id, n.version as notice_version,
    c.origin_sealed is not null as has_origin
from upheld.consents as c
inner join upheld.notices as n on c.notice_id = n.id
where c.person_id = (select upheld.current_person())
order by c.at asc, c.id asc;

-- name: own_document_ids
-- The documents of the person asking.
select id from upheld.own_documents();

-- name: own_texts
-- How many documents of the person asking have a text that was read from them.
select pg_catalog.count(*) from upheld.own_documents() where text_sealed is not null;

-- name: stage_of_own
-- Where an application of the person asking stands.
select stage from upheld.applications where id = $1 and person_id = (select upheld.current_person());

-- name: is_shared_with
-- Whether the person asking shares something with an employer now.
select exists(
    select from upheld.disclosures
    where person_id = (select upheld.current_person()) and organisation_id = $1 and ended_at is null
);

-- name: resting_on_no_consent
-- What rests on consents, how many there are of each, and how many whose consent does not stand.
with last_words as (
    select distinct on (person_id, purpose, organisation_id) person_id, purpose, organisation_id, given
    from upheld.consents
    order by person_id asc, purpose asc, organisation_id asc, at desc
),

resting as (
    select
        'profiles' as what, p.person_id, 'account' as purpose, null::uuid as organisation_id
    from upheld.profiles as p
    union all
    select
        'texts read from documents' as what, d.person_id, 'resume-reading' as purpose, null::uuid as organisation_id
    from upheld.documents as d
    where d.text_sealed is not null
    union all
    select
        'open applications' as what, a.person_id, 'application' as purpose, a.organisation_id
    from upheld.applications as a
    where a.closed_at is null
    union all
    select
        'disclosures' as what, s.person_id, 'application' as purpose, s.organisation_id
    from upheld.disclosures as s
    where s.ended_at is null
)

select
    r.what,
    pg_catalog.count(*) as all_of_them,
    pg_catalog.count(*) filter (where not coalesce(w.given, false)) as number
from resting as r
left join last_words as w
    on
        r.person_id = w.person_id and r.purpose = w.purpose
        and r.organisation_id is not distinct from w.organisation_id
group by r.what
order by r.what;

-- name: clock_differs_by
-- By how much the clock that policies go by differs from the server's own.
select upheld.clock_now() - pg_catalog.now();

-- name: last_sweep
-- How long ago what is over was last removed, and how long there has been something to write down.
select
    pg_catalog.now() - pg_catalog.max(at) filter (where action = 'retention.ran') as swept_before,
    pg_catalog.now() - pg_catalog.min(at) as here_since
from upheld.audit_entries;

-- name: past_their_limit
-- How many rows of each kind are older than their limit and a day, by the server's own clock.
select 'upheld.sessions' as tab, 'a session ends' as rule, pg_catalog.count(*) as number
from upheld.sessions
where least(expires_at, revoked_at) < pg_catalog.now() - interval '1 day'
union all
select 'upheld.email_verifications' as tab, 'a link ends' as rule, pg_catalog.count(*) as number
from upheld.email_verifications
where expires_at < pg_catalog.now() - interval '1 day'
union all
select 'upheld.account_links' as tab, 'a link ends' as rule, pg_catalog.count(*) as number
from upheld.account_links
where expires_at < pg_catalog.now() - interval '1 day'
union all
select 'upheld.operator_invitations' as tab, 'a link ends' as rule, pg_catalog.count(*) as number
from upheld.operator_invitations
where expires_at < pg_catalog.now() - interval '1 day'
union all
select 'upheld.departures' as tab, 'a sign-in under way ends' as rule, pg_catalog.count(*) as number
from upheld.departures
where expires_at < pg_catalog.now() - interval '1 day'
union all
select 'upheld.job_secrets' as tab, 'the right to act for somebody ends' as rule, pg_catalog.count(*) as number
from upheld.job_secrets
where expires_at < pg_catalog.now() - interval '1 day'
union all
select 'upheld.messages' as tab, 'a mail waits for seven days' as rule, pg_catalog.count(*) as number
from upheld.messages
where created_at < pg_catalog.now() - interval '8 days'
union all
select 'upheld.limit_counters' as tab, 'a counter ends' as rule, pg_catalog.count(*) as number
from upheld.limit_counters
where expires_at < pg_catalog.now() - interval '1 day'
union all
select 'upheld.applications' as tab, 'twelve months after it is closed' as rule, pg_catalog.count(*) as number
from upheld.applications
where
    keep_until < (pg_catalog.now() at time zone 'UTC')::date - 1
    or keep_until > ((closed_at at time zone 'UTC') + interval '12 months')::date + 1
union all
select 'upheld.consents' as tab, 'with the last application to that employer' as rule, pg_catalog.count(*) as number
from upheld.consents as c
where
    c.organisation_id is not null
    and not exists (
        select from upheld.applications as a
        where a.person_id = c.person_id and a.organisation_id = c.organisation_id
    )
union all
select 'upheld.access_journal' as tab, 'with the person, or with the application' as rule, pg_catalog.count(*) as number
from upheld.access_journal as j
where
    not exists (select from upheld.people as p where p.id = j.person_id)
    and not exists (select from upheld.applications as a where a.id = j.application_id)
union all
select 'upheld.people' as tab, 'nobody showed that the address is theirs' as rule, pg_catalog.count(*) as number
from upheld.people as p
where
    p.verified_at is null and p.created_at < pg_catalog.now() - interval '8 days'
    and not exists (select from upheld.email_verifications as v where v.person_id = p.id)
union all
select 'upheld.erasures' as tab, 'an account goes within thirty days' as rule, pg_catalog.count(*) as number
from upheld.erasures
where
    (state in ('scheduled', 'running') and due_at < pg_catalog.now() - interval '1 day')
    or due_at > requested_at + interval '30 days'
order by tab;

-- name: erasures_by_the_clock
-- How many requests to leave there are, how many are due too far off, how many are late, and of how many the last turn of the sweeper gave an alarm.
select
    pg_catalog.count(*) as number,
    pg_catalog.count(*) filter (where due_at > requested_at + interval '30 days') as too_far,
    pg_catalog.count(*) filter (
        where state in ('scheduled', 'running') and due_at < pg_catalog.now() - interval '2 hours'
    ) as late,
    coalesce((
        select (a.details ->> 'overdue_erasures')::bigint from upheld.audit_entries as a
        where a.action = 'retention.ran'
        order by a.id desc
        limit 1
    ), 0) as alarmed
from upheld.erasures;
