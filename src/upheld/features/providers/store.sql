-- name: note_departure
-- Notes that a browser leaves for a provider; when.
select upheld.note_departure($1, $2, $3, $4);

-- name: use_departure
-- Uses up a departure.
select purpose, begun_at from upheld.use_departure($1, $2, $3);

-- name: use_identity
-- Notes that an identity was proven; whose account it opens.
select upheld.use_identity($1);

-- name: link_identity
-- Links an identity to the person behind a freshly proven session.
select upheld.link_identity($1, $2, $3, $4, $5);

-- name: unlink_identity
-- Unlinks an identity of the person behind a freshly proven session.
select upheld.unlink_identity($1, $2);

-- name: has_a_way_in
-- Whether somebody can sign in at all.
select upheld.has_a_way_in($1);

-- name: verify_with_identity
-- Uses up the link of a new account and makes the identity its way in; whose it is.
select upheld.verify_with_identity($1, $2, $3, $4, $5, $6);

-- name: own_identities
-- The identities of the person asking, the first first.
select id, issuer, linked_at, used_at from upheld.identities
where person_id = (select upheld.current_person())
order by linked_at, id;

-- name: older_identity_indexes
-- Up to a thousand indexes of identities that an older key made.
select id, subject_index from upheld.older_identity_indexes($1);

-- name: raise_identity_indexes
-- Stores the newest key's indexes, where the older ones still stand.
select upheld.raise_identity_indexes($1, $2, $3);
