-- name: hold_epoch
-- Keeps the current epoch alive until this transaction ends.
select pg_catalog.pg_advisory_xact_lock_shared(771204);

-- name: await_epoch_holders
-- Waits until nobody still makes keys under an older epoch.
select pg_catalog.pg_advisory_xact_lock(771204);

-- name: await_rotation
-- Waits until no other rotation is under way.
select pg_catalog.pg_advisory_xact_lock(771205);

-- name: add_key
-- Adds a wrapped key, unless the person has one of that class with that controller.
insert into keyring.data_keys (id, subject_id, controller_id, class, epoch_id, wrapped)
values ($1, $2, $3, $4, $5, $6)
on conflict (subject_id, controller_id, class) do nothing;

-- name: key_of
-- The key of a person with a controller for a class.
select id, epoch_id, wrapped from keyring.data_keys
where subject_id = $1 and controller_id = $2 and class = $3;

-- name: keys_by_id
-- Several keys at once, for opening what they sealed.
select id, epoch_id, wrapped from keyring.data_keys where id = any($1::uuid[]);

-- name: key_ids_of
-- The ids of a person's keys with a controller.
select id from keyring.data_keys where subject_id = $1 and controller_id = $2 order by id;

-- name: destroy_keys
-- Destroys every key of a person with a controller.
delete from keyring.data_keys where subject_id = $1 and controller_id = $2
returning id;

-- name: keys_of_other_epochs
-- A thousand keys that are not wrapped under the given epoch yet.
select id, epoch_id, wrapped from keyring.data_keys
where epoch_id <> $1
order by id limit 1000
for update;

-- name: rewrap_key
-- Stores a key wrapped under a new epoch.
update keyring.data_keys set epoch_id = $2, wrapped = $3 where id = $1;

-- name: live_subjects
-- Which of the given people still have a key with the platform.
select distinct subject_id as id from keyring.data_keys
where subject_id = any($1::uuid[]) and controller_id = $2;

-- name: register_head
-- How many erasures the register holds, and the hash of the last.
select entries, head from keyring.register_head;

-- name: hold_register_head
-- The same, held so that only one erasure at a time moves it.
select entries, head from keyring.register_head for update;

-- name: start_register
-- Starts an empty register, unless there is one.
insert into keyring.register_head (entries, head) values (0, $1) on conflict do nothing;

-- name: move_register_head
-- Moves the head on to the next entry; touches nothing when it moved in the meantime.
update keyring.register_head set entries = $1, head = $2 where entries = $1 - 1;
