-- name: people
-- The account of the person asking.
select id, email_sealed, verified_at, language, created_at from upheld.people
where id = (select upheld.current_person());

-- name: credentials
-- When the password was last changed.
select person_id, changed_at from upheld.credentials
where person_id = (select upheld.current_person());

-- name: identities
-- Other sites that the person signs in with.
select id, person_id, issuer, subject_sealed, linked_at, used_at from upheld.identities
where person_id = (select upheld.current_person())
order by linked_at, id;

-- name: email_verifications
-- Links that wait to be opened.
select person_id, expires_at from upheld.email_verifications
where person_id = (select upheld.current_person())
order by expires_at;

-- name: passkeys
-- The passkeys, by the names that the person gave them.
select id, person_id, name_sealed, created_at, last_used_at from upheld.passkeys
where person_id = (select upheld.current_person())
order by created_at, id;

-- name: authenticator_apps
-- The app for codes: since when it counts, and when it was used last.
select person_id, created_at, confirmed_at, last_used_at from upheld.authenticator_apps
where person_id = (select upheld.current_person());

-- name: recovery_codes
-- When the recovery codes were made, and which were used when.
select person_id, made_at, used_at from upheld.recovery_codes
where person_id = (select upheld.current_person())
order by made_at, used_at;

-- name: half_open_sign_ins
-- Sign-ins that wait for a second factor.
select person_id, strength, created_at, expires_at from upheld.half_open_sign_ins
where person_id = (select upheld.current_person())
order by created_at;

-- name: account_links
-- Links to another password or address that wait.
select person_id, purpose, email_sealed, made_at, expires_at from upheld.account_links
where person_id = (select upheld.current_person())
order by made_at, purpose;

-- name: operators
-- Since when the person looks after this deployment.
select person_id, since from upheld.operators
where person_id = (select upheld.current_person());

-- name: sessions
-- Every session that is not removed yet.
select
    id, person_id, organisation_id, created_at, last_seen_at, proven_at, idle_for, expires_at, revoked_at, strength,
    origin_sealed
from upheld.sessions
where person_id = (select upheld.current_person())
order by created_at, id;

-- name: access_tokens
-- What programs may read for the person; those that ended are there for a month.
select id, person_id, organisation_id, label_sealed, scopes, created_at, last_used_at, expires_at, revoked_at
from upheld.access_tokens
where person_id = (select upheld.current_person())
order by created_at, id;

-- name: job_secrets
-- Which background work may act for the person, and until when.
select person_id, duty, takes_up, expires_at from upheld.job_secrets
where person_id = (select upheld.current_person())
order by expires_at, duty;

-- name: messages
-- Mails that wait to be sent.
select id, person_id, kind, parameters_sealed, created_at from upheld.messages
where person_id = (select upheld.current_person())
order by created_at, id;

-- name: members
-- The organisations the person belongs to.
select
    m.organisation_id, o.name as organisation_name, m.person_id, m.role, m.custom_role_id, m.is_founder,
    m.invitation_id, m.joined_at
from upheld.members as m
left join upheld.organisations as o on m.organisation_id = o.id
where m.person_id = (select upheld.current_person())
order by m.joined_at, m.organisation_id;

-- name: invitations
-- The invitations the person made or accepted, and those that wait for their address.
select
    i.id, i.organisation_id, o.name as organisation_name, i.role, i.custom_role_id, i.language, i.invited_by, i.state,
    i.invited_at, i.expires_at, i.answered_at, i.accepted_by
from upheld.invitations as i
left join upheld.organisations as o on i.organisation_id = o.id
where
    i.accepted_by = (select upheld.current_person()) or i.invited_by = (select upheld.current_person())
    or (i.state <> 'accepted' and i.organisation_id is distinct from (select upheld.current_organisation()))
order by i.invited_at, i.id;

-- name: ownership_offers
-- The offers of ownership to the person or by them.
select
    f.organisation_id, o.name as organisation_name, f.person_id, f.offered_by, f.steps_down, f.offered_at, f.expires_at
from upheld.ownership_offers as f
left join upheld.organisations as o on f.organisation_id = o.id
where f.person_id = (select upheld.current_person()) or f.offered_by = (select upheld.current_person())
order by f.offered_at, f.organisation_id;

-- name: fair_use_acceptances
-- The fair-use policies the person accepted.
select f.organisation_id, o.name as organisation_name, f.person_id, f.notice_id, f.accepted_at
from upheld.fair_use_acceptances as f
left join upheld.organisations as o on f.organisation_id = o.id
where f.person_id = (select upheld.current_person())
order by f.accepted_at, f.notice_id;

-- name: consents
-- Every consent given or withdrawn, with the notice that was shown.
select
    c.id, c.person_id, c.purpose, c.organisation_id, o.name as organisation_name, c.notice_id,
    n.version as notice_version, c.given, c.at
from upheld.consents as c
inner join upheld.notices as n on c.notice_id = n.id
left join upheld.organisations as o on c.organisation_id = o.id
where c.person_id = (select upheld.current_person())
order by c.at, c.id;

-- name: profiles
-- The profile.
select
    upheld.current_person() as person_id, visibility, full_name_sealed, headline_sealed, email_sealed,
    phone_sealed, location_sealed, summary_sealed, updated_at
from upheld.own_profile();

-- name: documents
-- The documents, with the text that was read out of them.
select
    id, upheld.current_person() as person_id, object_id, media_type, size_bytes, name_sealed, text_sealed,
    uploaded_at
from upheld.own_documents()
order by uploaded_at, id;

-- name: applications
-- Where each application stands.
select
    a.id, a.organisation_id, o.name as organisation_name, a.job_id, j.title as job_title, a.person_id,
    a.stage, a.submitted_at, a.closed_at, a.keep_until
from upheld.applications as a
left join upheld.jobs as j on a.job_id = j.id
left join upheld.organisations as o on a.organisation_id = o.id
where a.person_id = (select upheld.current_person())
order by a.submitted_at, a.id;

-- name: application_snapshots
-- What was sent with each application.
select
    application_id, organisation_id, upheld.current_person() as person_id, full_name_sealed, headline_sealed,
    email_sealed, phone_sealed, location_sealed, summary_sealed, letter_sealed,
    resume_object_id, resume_media_type, resume_bytes, resume_name_sealed
from upheld.own_snapshots()
order by application_id;

-- name: application_events
-- What happened to each application.
select id, application_id, organisation_id, person_id, actor_id, stage, reason_sealed, at
from upheld.application_events
where person_id = (select upheld.current_person())
order by at, id;

-- name: disclosures
-- What is shared with which employer.
select d.person_id, d.organisation_id, o.name as organisation_name, d.sections, d.made_at, d.ended_at
from upheld.disclosures as d
left join upheld.organisations as o on d.organisation_id = o.id
where d.person_id = (select upheld.current_person())
order by d.made_at, d.organisation_id;

-- name: access_journal
-- Who saw which part, and when.
select
    v.id, v.person_id, v.viewer_id, v.organisation_id, o.name as organisation_name, v.application_id, v.part, v.at
from upheld.access_journal as v
left join upheld.organisations as o on v.organisation_id = o.id
where v.person_id = (select upheld.current_person())
order by v.at, v.id;

-- name: audit_entries
-- What the person did, as the audit log has it.
select id, at, actor_id, organisation_id, action, target_kind, target_id, details, concerns
from upheld.audit_entries
where actor_id = (select upheld.current_person())
order by id;

-- name: erasures
-- Requests to leave, and what came of them.
select id, person_id, state, requested_at, due_at, finished_at, certificate from upheld.erasures
where person_id = (select upheld.current_person())
order by requested_at, id;
