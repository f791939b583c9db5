-- name: register_person
-- Adds a person; false, and nothing written, when the address is taken.
select upheld.register_person($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: register_again
-- Lets a newer registration of an unproven address count; who is waiting.
select upheld.register_again($1, $2, $3, $4);

-- name: older_email_indexes
-- Up to a thousand indexes of addresses that an older key made.
select id, email_index from upheld.older_email_indexes($1);

-- name: raise_email_indexes
-- Stores the newest key's indexes, where the older ones still stand.
select upheld.raise_email_indexes($1, $2, $3);

-- name: invite_operator
-- Stores a one-time link for an operator.
insert into upheld.operator_invitations (token_hash, expires_at)
values ($1, upheld.clock_now() + $2::interval);

-- name: appoint_operator
-- Uses up an invitation.
select upheld.appoint_operator($1, $2);

-- name: is_operator
-- Whether the person asking is an operator.
select exists(select from upheld.operators where person_id = (select upheld.current_person()));

-- name: find_credential
-- Who uses an address.
select person_id, password_hash, verified from upheld.find_credential($1);

-- name: credential_of
-- The hash of a signed-in person.
select upheld.credential_of($1);

-- name: replace_credential
-- Stores a new hash.
select upheld.replace_credential($1, $2);

-- name: verify_email
-- Uses up a link; who it verified.
select upheld.verify_email($1);

-- name: renew_link
-- A new link for somebody who is not verified yet; who they are.
select upheld.renew_link($1, $2, $3);

-- name: mint_session
-- Opens a session; null, and nothing opened, while a factor is missing.
select upheld.mint_session($1, $2, $3, $4, $5);

-- name: begin_sign_in
-- Opens a sign-in by half, until a factor is shown.
select upheld.begin_sign_in($1, $2, $3, $4);

-- name: freshen_session
-- Notes a fresh proof, and replaces the session's secret; when it ends.
select upheld.freshen_session($1, $2, $3);

-- name: end_session
-- Ends the session that is asking.
update upheld.sessions set revoked_at = upheld.clock_now()
where id = (select upheld.current_session()) and revoked_at is null;

-- name: own_account
-- The account of the person asking.
select id, email_sealed, verified_at, is_probe, language, created_at from upheld.people
where id = (select upheld.current_person());

-- name: choose_language
-- Keeps the language of the person asking; nothing is written when it is theirs already.
update upheld.people set language = $1
where id = (select upheld.current_person()) and language <> $1;

-- name: own_sessions
-- The sessions of the person asking that still open something, the last used first.
select id, created_at, last_seen_at, least(expires_at, last_seen_at + idle_for) as ends_at from upheld.sessions
where
    person_id = (select upheld.current_person()) and revoked_at is null
    and least(expires_at, last_seen_at + idle_for) > upheld.clock_now()
order by last_seen_at desc, created_at desc, id asc;

-- name: end_own_session
-- Ends one session of the person asking.
update upheld.sessions set revoked_at = upheld.clock_now()
where id = $1 and person_id = (select upheld.current_person()) and revoked_at is null;

-- name: end_other_sessions
-- Ends every session of the person asking but the one that asks.
update upheld.sessions set revoked_at = upheld.clock_now()
where person_id = (select upheld.current_person()) and id <> (select upheld.current_session()) and revoked_at is null;

-- name: open_job_context
-- Opens the context stored with a piece of work; whose it is.
select upheld.open_job_context($1);

-- name: message
-- A mail that waits to be sent to the person in context.
select id, kind, parameters_sealed from upheld.messages where id = $1;

-- name: drop_message
-- Drops a mail that was sent.
delete from upheld.messages where id = $1;
