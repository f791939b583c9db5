-- The shared store of limits: exact across every process and node.
--
-- A row is the log of the last tries of one kind by one subject, as many as the limit counts. A
-- window moves with the clock: no stretch of time, wherever it begins, holds more than the limit.
create table upheld.limit_counters (
    subject bytea primary key check (length(subject) = 32),
    taken_at timestamptz[] not null check (cardinality(taken_at) between 1 and 1000),
    expires_at timestamptz not null
) with (fillfactor = 70);
alter table upheld.limit_counters enable row level security;
alter table upheld.limit_counters force row level security;
alter table upheld.limit_counters alter column subject set statistics 0;
create policy counters_are_read_by_their_keeper on upheld.limit_counters
for select to limit_keeper using (length(subject) = 32);
create policy counters_are_added_by_their_keeper on upheld.limit_counters
for insert to limit_keeper with check (expires_at > upheld.clock_now());
create policy counters_are_raised_by_their_keeper on upheld.limit_counters
for update to limit_keeper using (length(subject) = 32) with check (expires_at > upheld.clock_now());
create policy spent_counters_are_dropped_by_their_keeper on upheld.limit_counters
for delete to limit_keeper using (expires_at <= upheld.clock_now());
grant select, insert, update (taken_at, expires_at), delete on upheld.limit_counters to limit_keeper;
comment on table upheld.limit_counters is 'When something was tried; the subject is a keyed hash, never an address.';
call upheld.classify('upheld.limit_counters', '{subject,taken_at,expires_at}', 'technical', 'nobody', '{security}', 'legitimate interest', 'limit', false, 'row');

-- How long to wait, in seconds, after these tries (the last is the latest): until each of the
-- limits has one to give, since its n-th last try lies further back than its time.
create function upheld.wait_after(
    taken_at timestamptz[], at_most integer[], per interval[], clock timestamptz
) returns integer
language sql stable set search_path = ''
return (
    select coalesce(max(ceil(extract(epoch from least(nth + allowed.per - wait_after.clock, allowed.per)))), 0)::integer
    from (
        select
            wait_after.taken_at[cardinality(wait_after.taken_at) + 1 - a.at_most] as nth,
            a.per
        from unnest(wait_after.at_most, wait_after.per) as a (at_most, per)
    ) as allowed
    where nth + allowed.per > wait_after.clock
);

-- Whether a limit is spent, without taking from it: the seconds to wait, or zero. `formers` are
-- the subject's names under keys that were replaced: it is known by them until it is taken from.
create function upheld.look_at_limit(subject bytea, formers bytea[], at_most integer[], per interval[])
returns integer
language sql stable security definer set search_path = ''
return coalesce((
    select upheld.wait_after(c.taken_at, look_at_limit.at_most, look_at_limit.per, upheld.clock_now())
    from upheld.limit_counters as c
    where c.subject = look_at_limit.subject or c.subject = any(look_at_limit.formers)
    order by (c.subject = look_at_limit.subject) desc, c.expires_at desc
    limit 1
), 0);

-- Takes one from a limit: zero when each of its figures had one to give, and the try is in the
-- log; else the seconds to wait, and nothing was taken.
create function upheld.take_from_limit(subject bytea, formers bytea[], at_most integer[], per interval[])
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
    clock timestamptz := upheld.clock_now();
    ends timestamptz := clock + (select max(p) from unnest(take_from_limit.per) as p);
    kept integer := (select max(m) from unnest(take_from_limit.at_most) as m);
begin
    if cardinality(take_from_limit.formers) > 0 then
        insert into upheld.limit_counters (subject, taken_at, expires_at)
        select take_from_limit.subject, c.taken_at, c.expires_at
        from upheld.limit_counters as c
        where c.subject = any(take_from_limit.formers) and c.expires_at > clock
        order by c.expires_at desc limit 1
        on conflict on constraint limit_counters_pkey do nothing;
    end if;
    -- Whoever comes at the same moment waits for this row, and finds what is in it by then. A
    -- clock that lags behind that of the last try counts as that: the log stays in order.
    insert into upheld.limit_counters as c (subject, taken_at, expires_at)
    values (take_from_limit.subject, array[clock], ends)
    on conflict on constraint limit_counters_pkey do update
    set
        taken_at = c.taken_at[greatest(cardinality(c.taken_at) + 2 - kept, 1):]
        || greatest(clock, c.taken_at[cardinality(c.taken_at)]),
        expires_at = greatest(ends, c.expires_at)
    where upheld.wait_after(c.taken_at, take_from_limit.at_most, take_from_limit.per, clock) = 0;
    if found then
        return 0;
    end if;
    return greatest(1, upheld.look_at_limit(
        take_from_limit.subject, '{}', take_from_limit.at_most, take_from_limit.per));
end
$$;

-- Drops counters whose time is over; returns how many.
create function upheld.drop_spent_counters() returns bigint
language sql volatile security definer set search_path = ''
begin atomic
    with gone as (
        delete from upheld.limit_counters where expires_at <= upheld.clock_now() returning 1
    )

    select count(*) from gone;
end;

grant execute on function upheld.take_from_limit(bytea, bytea[], integer[], interval[]) to gate, web;
grant execute on function upheld.look_at_limit(bytea, bytea[], integer[], interval[]) to gate;
grant execute on function upheld.drop_spent_counters() to maintenance;
