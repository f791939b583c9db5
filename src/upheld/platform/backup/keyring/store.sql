-- name: key_ids
-- The keys that a keyring holds.
select k.id from keyring.data_keys as k;

-- name: register_head
-- How far the keyring knows the register of erasures to have come.
select h.entries, pg_catalog.encode(h.head, 'hex') as head from keyring.register_head as h;
