-- name: hold_epoch
-- Keeps the current epoch alive until this transaction ends.
select pg_catalog.pg_advisory_xact_lock_shared(771204);

-- name: await_epoch_holders
-- Waits until nobody still makes keys under an older epoch.
select pg_catalog.pg_advisory_xact_lock(771204);

-- name: await_rotation
-- Waits until no other rotation is under way.
select pg_catalog.pg_advisory_xact_lock(771205);

-- name: add_keys
-- Adds wrapped keys, save where a person has one of that class with that controller.
insert into keyring.data_keys (id, subject_id, controller_id, class, wrapped, epoch_id)
select k.id, k.subject_id, k.controller_id, k.class, k.wrapped, $6 as epoch_id
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[]) as k (id, subject_id, controller_id, class, wrapped)
on conflict (subject_id, controller_id, class) do nothing;

-- name: key_of
-- The key of a person with a controller for a class.
select id, subject_id, controller_id, class as data_class, epoch_id, wrapped from keyring.data_keys
where subject_id = $1 and controller_id = $2 and class = $3;

-- name: keys_by_id
-- Several keys at once, for opening what they sealed.
select id, subject_id, controller_id, class as data_class, epoch_id, wrapped from keyring.data_keys where id = any($1::uuid[]);

-- name: key_ids_of
-- The ids of a person's keys with a controller.
select id from keyring.data_keys where subject_id = $1 and controller_id = $2 order by id;

-- name: destroy_keys
-- Destroys every key of people with a controller.
delete from keyring.data_keys where subject_id = any($1) and controller_id = $2
returning id;

-- name: destroy_log_keys
-- Destroys the log keys of the months before one.
delete from keyring.data_keys
where
    subject_id = '00000000-0000-0000-0000-000000000000' and controller_id = '00000000-0000-0000-0000-000000000000'
    and class ~ '^log-' and class collate "C" < $1;

-- name: count_keys
-- How many data keys live.
select count(*) from keyring.data_keys;

-- name: keys_after
-- The next data keys in the order of their ids.
select id, subject_id, controller_id, class as data_class, epoch_id, wrapped from keyring.data_keys
where id > $1
order by id limit $2;

-- name: keys_of_other_epochs
-- The keys in some blocks that are not wrapped under the given epoch.
select id, subject_id, controller_id, class as data_class, epoch_id, wrapped from keyring.data_keys
where ctid >= $2::tid and ctid < $3::tid and epoch_id <> $1
for update;

-- name: blocks_of_keys
-- In how many blocks of the database keys lie.
select pg_relation_size('keyring.data_keys') / current_setting('block_size')::bigint;

-- name: count_keys_of_other_epochs
-- How many keys are not wrapped under the given epoch.
select count(*) from keyring.data_keys where epoch_id <> $1;

-- name: rewrap_keys
-- Stores keys wrapped under a new epoch.
update keyring.data_keys as k
set epoch_id = $1, wrapped = fresh.wrapped
from unnest($2::uuid[], $3::bytea[]) as fresh (id, wrapped)
where k.id = fresh.id;

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
