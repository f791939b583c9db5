-- The shared store of limits: exact across every process and node.
create table upheld.limit_counters (
    subject bytea not null check (length(subject) = 32),
    window_at timestamptz not null,
    expires_at timestamptz not null,
    taken integer not null check (taken > 0),
    primary key (subject, window_at)
);
create index limit_counters_expires_at_idx on upheld.limit_counters (expires_at);
alter table upheld.limit_counters enable row level security;
alter table upheld.limit_counters force row level security;
alter table upheld.limit_counters alter column subject set statistics 0;
create policy counters_are_read_by_their_keeper on upheld.limit_counters
for select to limit_keeper using (length(subject) = 32);
create policy counters_are_added_by_their_keeper on upheld.limit_counters
for insert to limit_keeper with check (expires_at > upheld.clock_now());
create policy counters_are_raised_by_their_keeper on upheld.limit_counters
for update to limit_keeper using (expires_at > upheld.clock_now());
create policy spent_counters_are_dropped_by_their_keeper on upheld.limit_counters
for delete to limit_keeper using (expires_at <= upheld.clock_now());
grant select, insert, update (taken), delete on upheld.limit_counters to limit_keeper;
comment on table upheld.limit_counters is 'How often something was tried; the subject is a keyed hash, never an address.';
call upheld.classify('upheld.limit_counters', '{subject,window_at,expires_at,taken}', 'technical', 'nobody', '{security}', 'legitimate interest', 'limit', false, 'row');

-- Takes one from a limit; zero when it was there to take, else the seconds to wait.
-- Windows are fixed: at most twice `at_most` can fall into any stretch of length `per`.
create function upheld.take_from_limit(subject bytea, at_most integer, per interval) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
    clock timestamptz := upheld.clock_now();
    opened timestamptz := pg_catalog.date_bin(per, clock, timestamptz '2020-01-01 00:00:00+00');
    so_far integer;
begin
    insert into upheld.limit_counters as c (subject, window_at, expires_at, taken)
    values (take_from_limit.subject, opened, opened + per, 1)
    on conflict on constraint limit_counters_pkey do update set taken = c.taken + 1
    returning c.taken into so_far;
    if so_far <= at_most then
        return 0;
    end if;
    return pg_catalog.ceil(extract(epoch from opened + per - clock))::integer;
end
$$;

-- Whether a limit is spent, without taking from it: the seconds to wait, or zero.
create function upheld.look_at_limit(subject bytea, at_most integer, per interval) returns integer
language sql stable security definer set search_path = ''
return coalesce((
    select pg_catalog.ceil(extract(epoch from c.window_at + per - upheld.clock_now()))::integer
    from upheld.limit_counters as c
    where
        c.subject = look_at_limit.subject
        and c.window_at = pg_catalog.date_bin(per, upheld.clock_now(), timestamptz '2020-01-01 00:00:00+00')
        and c.taken >= at_most
), 0);

-- Drops counters whose window is over; returns how many.
create function upheld.drop_spent_counters() returns bigint
language sql volatile security definer set search_path = ''
begin atomic
    with gone as (
        delete from upheld.limit_counters where expires_at <= upheld.clock_now() returning 1
    )

    select count(*) from gone;
end;

grant execute on function upheld.take_from_limit(bytea, integer, interval) to gate, web;
grant execute on function upheld.look_at_limit(bytea, integer, interval) to gate;
grant execute on function upheld.drop_spent_counters() to maintenance;
