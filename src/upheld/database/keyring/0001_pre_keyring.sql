-- The keyring: a database of its own, with credentials of its own. It holds wrapped keys
-- and the head of the register of erasures, and nothing that tells what they protect.
-- No foreign key leads in or out; keys are made before the data they protect.
revoke all on schema public from public;
create schema keyring;
comment on schema keyring is 'Wrapped data keys and the head of the register of erasures.';
grant usage on schema keyring to vault;
grant usage on schema keyring to backup;
alter default privileges in schema keyring grant select on tables to backup;

-- A data key, wrapped under an epoch key that lives outside every database. `subject_id`
-- is a person, `controller_id` an organisation; the nil UUID stands for the platform.
create table keyring.data_keys (
    id uuid primary key,
    subject_id uuid not null,
    controller_id uuid not null,
    class text not null check (class ~ '^(profile|application|documents|messages|technical|account|invitation|log-[0-9]{4}-[0-9]{2})$'),
    epoch_id uuid not null,
    wrapped bytea not null check (length(wrapped) = 60),
    created_at timestamptz not null default now(),
    unique (subject_id, controller_id, class)
) with (fillfactor = 50);
-- Half of each block is left for the next wrapping of its keys, and the epoch has no index: so
-- every week a million rows are rewritten where they lie, and no index is touched.
alter table keyring.data_keys enable row level security;
alter table keyring.data_keys force row level security;
alter table keyring.data_keys alter column wrapped set statistics 0;
create policy keys_are_read_by_the_vault on keyring.data_keys
for select to vault using (length(wrapped) = 60);
create policy keys_are_made_by_the_vault on keyring.data_keys
for insert to vault with check (length(wrapped) = 60);
create policy keys_are_rewrapped_by_the_vault on keyring.data_keys
for update to vault using (length(wrapped) = 60);
create policy keys_are_destroyed_by_the_vault on keyring.data_keys
for delete to vault using (length(wrapped) = 60);
grant select, insert, delete, update (epoch_id, wrapped) on keyring.data_keys to vault;
comment on table keyring.data_keys is 'One wrapped key per person, controller and class.';
comment on column keyring.data_keys.id is '{"category":"technical","whose":"nobody","purposes":["protection"],"basis":"legal obligation","kept":"account","exported":false,"erased":"row"}';
comment on column keyring.data_keys.subject_id is '{"category":"technical","whose":"person","purposes":["protection"],"basis":"legal obligation","kept":"account","exported":false,"erased":"row"}';
comment on column keyring.data_keys.controller_id is '{"category":"technical","whose":"organisation","purposes":["protection"],"basis":"legal obligation","kept":"account","exported":false,"erased":"row"}';
comment on column keyring.data_keys.class is '{"category":"technical","whose":"nobody","purposes":["protection"],"basis":"legal obligation","kept":"account","exported":false,"erased":"row"}';
comment on column keyring.data_keys.epoch_id is '{"category":"technical","whose":"nobody","purposes":["protection"],"basis":"legal obligation","kept":"account","exported":false,"erased":"row"}';
comment on column keyring.data_keys.wrapped is '{"category":"technical","whose":"nobody","purposes":["protection"],"basis":"legal obligation","kept":"account","exported":false,"erased":"row"}';
comment on column keyring.data_keys.created_at is '{"category":"technical","whose":"nobody","purposes":["protection"],"basis":"legal obligation","kept":"account","exported":false,"erased":"row"}';

-- The last entry of the register of erasures, whose entries lie in the object store.
create table keyring.register_head (
    only_one boolean primary key default true check (only_one),
    entries bigint not null check (entries >= 0),
    head bytea not null check (length(head) = 32)
);
alter table keyring.register_head enable row level security;
alter table keyring.register_head force row level security;
alter table keyring.register_head alter column head set statistics 0;
create policy the_head_is_read_by_the_vault on keyring.register_head
for select to vault using (entries >= 0);
create policy the_head_is_started_by_the_vault on keyring.register_head
for insert to vault with check (entries = 0);
create policy the_head_is_moved_on_by_the_vault on keyring.register_head
for update to vault using (entries >= 0) with check (entries > 0);
grant select, insert, update (entries, head) on keyring.register_head to vault;
comment on table keyring.register_head is 'How many erasures the register holds, and the hash of the last.';
comment on column keyring.register_head.only_one is '{"category":"technical","whose":"nobody","purposes":["erasure"],"basis":"legal obligation","kept":"erasure record","exported":false,"erased":"kept"}';
comment on column keyring.register_head.entries is '{"category":"technical","whose":"nobody","purposes":["erasure"],"basis":"legal obligation","kept":"erasure record","exported":false,"erased":"kept"}';
comment on column keyring.register_head.head is '{"category":"technical","whose":"nobody","purposes":["erasure"],"basis":"legal obligation","kept":"erasure record","exported":false,"erased":"kept"}';
