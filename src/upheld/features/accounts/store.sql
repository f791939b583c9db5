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
select
    id, created_at, last_seen_at, least(expires_at, last_seen_at + idle_for) as ends_at, strength, origin_sealed
from upheld.sessions
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

-- name: settle_session
-- Keeps where a session was opened from, and ends the oldest of too many.
select upheld.settle_session($1, $2);

-- name: verification_of
-- Whose address a link proves, with the hash of the password chosen last.
select person_id, password_hash from upheld.verification_of($1);

-- name: own_words
-- What a password of somebody may not be made of, as it is stored.
select email_sealed, organisations from upheld.own_words($1);

-- name: change_password
-- Changes the password of the person behind a freshly proven session; how many others ended.
select upheld.change_password($1, $2, $3);

-- name: person_at
-- Who uses an address, or only whoever has shown that it is theirs.
select upheld.person_at($1, $2);

-- name: ask_reset
-- Stores a link that lets a person choose another password.
select upheld.ask_reset($1, $2, $3);

-- name: account_link
-- Whose a link is, with the address it is about.
select person_id, email_sealed from upheld.account_link($1, $2);

-- name: use_reset
-- Uses a link up for another password; whose it was.
select upheld.use_reset($1, $2);

-- name: ask_new_address
-- Stores the address that the person behind a freshly proven session wants to use.
select upheld.ask_new_address($1, $2, $3, $4);

-- name: make_room_at
-- Removes whoever only claimed an address; who they were said to be.
select upheld.make_room_at($1);

-- name: take_new_address
-- Uses up the link in the mail to a new address; whose it was.
select upheld.take_new_address($1, $2, $3, $4);

-- name: take_address_back
-- Uses up the link in the mail to a former address; whose it was.
select upheld.take_address_back($1, $2, $3);

-- name: end_sessions_of
-- Ends every session of a person, on the operator's word; how many.
select upheld.end_sessions_of($1, $2);

-- name: own_links
-- The changes of address of the person asking that wait, and those that can be taken back.
select purpose, email_sealed, made_at, expires_at from upheld.account_links
where
    person_id = (select upheld.current_person()) and email_sealed is not null
    and expires_at > (select upheld.clock_now())
order by made_at desc;

-- name: password_changed_at
-- When the person asking last changed their password; nothing when they have none.
select changed_at from upheld.credentials where person_id = (select upheld.current_person());
