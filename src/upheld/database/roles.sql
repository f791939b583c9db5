-- Every role of the cluster and what it may do. Idempotent; run by an administrator,
-- who afterwards sets the passwords of the roles that log in (`platform/install.py`).
--
-- The file reads as a policy. Nothing here is a superuser, no role that a process of the
-- application holds owns a table, and one role has BYPASSRLS: `backup`, which no process of
-- the application holds. A dump that row security had filtered would be a backup with holes.

do $$
declare
    name text;
begin
    -- Roles that own things or lend their rights to a family of definer functions.
    foreach name in array array[
        'owner',              -- owns schemas and tables; the migrations act as it
        'context_keeper',     -- opens and reads the sealed context
        'credential_keeper',  -- knows addresses' indexes, password hashes, mints sessions
        'record_reader',      -- returns candidates' ciphertext and writes the journal
        'audit_writer',       -- appends to the audit log
        'limit_keeper',       -- counts attempts
        'queue_writer',       -- enqueues work
        'eraser',             -- removes a person's rows
        'retention_keeper',   -- removes what its rule no longer lets us keep
        'probe_keeper',       -- removes what `upheld verify` planted
        'count_keeper',       -- keeps the counts of applications by stage
        'membership_keeper'   -- founds organisations, and lets people in and out of them
    ] loop
        if not exists (select from pg_catalog.pg_roles where rolname = name) then
            execute format('create role %I nologin noinherit', name);
        end if;
    end loop;
    -- Roles that log in.
    foreach name in array array[
        'migrator',     -- changes the schema with `upheld migrate`; `upheld serve` asks as it which steps were taken
        'gate',         -- registers, verifies and signs people in; mints sessions
        'web',          -- serves requests under the context of the person asking
        'worker',       -- runs background work under the context stored with it
        'maintenance',  -- retention and housekeeping, each duty with its own policy
        'support',      -- staff: no table, no function, until break-glass exists
        'auditor',      -- reads the audit log, nothing else
        'vault'         -- the keyring database, and only that one
    ] loop
        if not exists (select from pg_catalog.pg_roles where rolname = name) then
            execute format('create role %I login noinherit', name);
        end if;
        execute format('alter role %I nosuperuser nocreatedb nocreaterole nobypassrls', name);
    end loop;
    -- Reads every row, all of it as stored, for `upheld backup`; writes nothing, anywhere.
    if not exists (select from pg_catalog.pg_roles where rolname = 'backup') then
        create role backup login noinherit;
    end if;
    alter role backup nosuperuser nocreatedb nocreaterole bypassrls;
    alter role backup set default_transaction_read_only = on;
end
$$;

-- Migrations act as the owner, and hand functions to the family that lends its rights.
-- (Options of PostgreSQL 16, which sqlfluff cannot parse yet.)
grant owner to migrator with inherit false, set true; -- noqa: PRS
grant context_keeper, credential_keeper, record_reader, audit_writer, limit_keeper,
queue_writer, eraser, retention_keeper, probe_keeper, count_keeper, membership_keeper
to owner with inherit false, set true;

-- How long a role may run a statement, wait for a lock, and sit in a transaction doing nothing.
-- A connection can lift its own bounds: they hold accidents and held-up requests, no attacker.
do $$
declare
    bound record;
begin
    for bound in select * from (values
        ('gate', '15s', '5s', '30s'), ('web', '30s', '10s', '60s'), ('vault', '30s', '10s', '60s'),
        ('support', '15s', '5s', '30s'), ('auditor', '60s', '5s', '60s'),
        ('worker', '5min', '10s', '10min'), ('maintenance', '15min', '10s', '10min')
    ) as b (name, statement, wait, idle) loop
        execute format('alter role %I set statement_timeout = %L', bound.name, bound.statement);
        execute format('alter role %I set lock_timeout = %L', bound.name, bound.wait);
        execute format('alter role %I set idle_in_transaction_session_timeout = %L', bound.name, bound.idle);
    end loop;
end
$$;
