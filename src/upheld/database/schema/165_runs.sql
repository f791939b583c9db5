-- What the promises came to, run by run: the signed evidence that /trust shows. Whoever reads a
-- run checks its signature first, so a row that something else wrote shows nothing.
create table upheld.runs (
    number bigint generated always as identity primary key,
    at timestamptz not null default upheld.clock_now(),
    report jsonb not null check (report ? 'signature'),
    -- What the history is drawn from: read off the report, so that the two cannot differ.
    promises jsonb not null generated always as (jsonb_path_query_array(report, '$.promises[*].id')) stored,
    states jsonb not null generated always as (jsonb_path_query_array(report, '$.promises[*].state')) stored
);
alter table upheld.runs enable row level security;
alter table upheld.runs force row level security;
create policy runs_are_seen_by_everyone on upheld.runs
for select to web using (number is not null);
create policy runs_are_followed_by_maintenance on upheld.runs
for select to maintenance using (number is not null);
create policy runs_are_recorded_by_maintenance on upheld.runs
for insert to maintenance with check (at = upheld.clock_now());
create policy old_runs_are_removed_by_maintenance on upheld.runs
for delete to maintenance using (at < upheld.clock_now() - interval '90 days');
grant select on upheld.runs to web, maintenance;
grant insert (report), delete on upheld.runs to maintenance;
comment on table upheld.runs is 'Each time the promises were checked, and what was found; signed, never edited.';
call upheld.classify('upheld.runs', '{number,at,report,promises,states}', 'technical', 'nobody', '{operation}', 'legitimate interest', 'run', false, 'row');

-- Whom to tell that a promise is broken: ids only; the gate writes to them.
create policy operators_are_found_to_be_told on upheld.operators
for select to queue_writer using (person_id is not null);
grant select (person_id) on upheld.operators to queue_writer;
create function upheld.operators_to_tell() returns setof uuid
language sql stable security definer set search_path = ''
begin atomic
    select o.person_id from upheld.operators as o;
end;
grant execute on function upheld.operators_to_tell() to maintenance;
