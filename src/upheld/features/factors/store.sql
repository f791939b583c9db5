-- name: own_app
-- The app of the person asking.
select created_at, confirmed_at, last_used_at from upheld.authenticator_apps
where person_id = (select upheld.current_person());

-- name: own_passkeys
-- The passkeys of the person asking, the oldest first.
select id, name_sealed, created_at, last_used_at from upheld.passkeys
where person_id = (select upheld.current_person())
order by created_at, id;

-- name: own_codes
-- How many recovery codes the person asking was given, and how many are left.
select
    count(*) as made,
    count(*) filter (where used_at is null) as "left",
    max(made_at) as made_at
from upheld.recovery_codes
where person_id = (select upheld.current_person());

-- name: begin_sign_in
-- Opens a half-open sign-in of nobody, for a passkey to answer in.
select upheld.begin_sign_in(null, $1, $2, null);

-- name: half_open_sign_in
-- Whose sign-in waits, and what they can show.
select person_id, has_app, passkeys, codes from upheld.half_open_sign_in($1);

-- name: finish_sign_in
-- Ends a half-open sign-in; true once.
select upheld.finish_sign_in($1);

-- name: begin_app
-- Keeps the secret of an app that has yet to show a code; false when one counts already.
select upheld.begin_app($1, $2, $3);

-- name: app_of
-- The secret of a person's app, and whether it counts.
select secret_sealed, confirmed from upheld.app_of($1);

-- name: confirm_app
-- Lets an app count; true once.
select upheld.confirm_app($1, $2, $3);

-- name: take_step
-- Takes the code of a step of time; true once.
select upheld.take_step($1, $2);

-- name: remove_app
-- Removes the app; whether there was one.
select upheld.remove_app($1, $2);

-- name: use_recovery_code
-- Uses a recovery code up; how many are left, or null when it is none.
select upheld.use_recovery_code($1, $2);

-- name: replace_recovery_codes
-- Puts new recovery codes in the place of all earlier ones; false when there is no factor they stand in for.
select upheld.replace_recovery_codes($1, $2, $3);

-- name: set_challenge
-- Sets a challenge, for a session or for a half-open sign-in.
select upheld.set_challenge($1, $2, $3, $4);

-- name: spend_challenge
-- Spends a challenge; true once.
select upheld.spend_challenge($1, $2, $3, $4);

-- name: add_passkey
-- Adds a passkey; false when it is somebody's already.
select upheld.add_passkey($1, $2, $3, $4, $5, $6, $7);

-- name: find_passkey
-- The passkey that an answer names, and whose it is.
select id, person_id, public_key, sign_count from upheld.find_passkey($1);

-- name: passkeys_of
-- A person's passkeys, by the names that their devices know.
select upheld.passkeys_of($1);

-- name: use_passkey
-- Notes that a passkey was used; false when its count does not rise.
select upheld.use_passkey($1, $2);

-- name: remove_passkey
-- Removes a passkey; whether it was there.
select upheld.remove_passkey($1, $2, $3);

-- name: strengthen_session
-- Gives a session another secret and notes that a factor was shown in it.
select upheld.strengthen_session($1, $2, $3);

-- name: has_codes
-- Whether a person has a recovery code left.
select upheld.has_recovery_codes($1);
