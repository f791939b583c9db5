-- Whether the organisation acted for is a probe's: its jobs are invisible to everyone else.
create function upheld.acts_for_probe() returns boolean
language sql stable set search_path = ''
return coalesce((
    select o.is_probe from upheld.organisations as o where o.id = upheld.current_organisation()
), false);
grant execute on function upheld.acts_for_probe() to web;

-- A position an organisation is hiring for; its page is public while it is open.
create table upheld.jobs (
    id uuid primary key,
    organisation_id uuid not null default upheld.current_organisation()
    references upheld.organisations (id),
    title text not null check (length(btrim(title)) between 3 and 120),
    description text not null check (length(description) between 30 and 20000),
    employment_type text not null
    check (employment_type in ('full-time', 'part-time', 'contract', 'internship', 'temporary')),
    location text not null check (length(btrim(location)) between 2 and 120),
    country text not null check (country ~ '^[A-Z]{2}$'),
    is_remote boolean not null default false,
    salary_currency text check (salary_currency ~ '^[A-Z]{3}$'),
    salary_from integer check (salary_from > 0),
    salary_to integer check (salary_to >= salary_from),
    status text not null default 'draft' check (status in ('draft', 'open', 'closed')),
    posted_at timestamptz,
    closes_on date,
    is_probe boolean not null default upheld.acts_for_probe(),
    created_at timestamptz not null default upheld.clock_now(),
    unique (organisation_id, id),
    check ((status = 'draft') = (posted_at is null)),
    check ((salary_from is null) = (salary_currency is null) and (salary_to is null) = (salary_from is null))
);
create index jobs_open_idx on upheld.jobs (posted_at desc) where status = 'open';
alter table upheld.jobs enable row level security;
alter table upheld.jobs force row level security;
create policy open_jobs_are_seen_by_everyone on upheld.jobs
for select to web
using (status = 'open' and (not is_probe or (select upheld.asks_as_probe())));
create policy jobs_are_seen_by_their_organisation on upheld.jobs
for select to web using (organisation_id = (select upheld.current_organisation()));
create policy jobs_are_posted_by_members_who_may_manage_them on upheld.jobs
for insert to web with check (
    organisation_id = (select upheld.current_organisation())
    and (select upheld.may('job:manage'))
);
create policy jobs_are_changed_by_members_who_may_manage_them on upheld.jobs
for update to web using (
    organisation_id = (select upheld.current_organisation())
    and (select upheld.may('job:manage'))
) with check (organisation_id = (select upheld.current_organisation()));
grant select on upheld.jobs to web;
grant insert (id, title, description, employment_type, location, country, is_remote, salary_currency, salary_from, salary_to, status, posted_at, closes_on),
update (title, description, employment_type, location, country, is_remote, salary_currency, salary_from, salary_to, status, posted_at, closes_on)
on upheld.jobs to web;
comment on table upheld.jobs is 'A position an organisation is hiring for.';
call upheld.classify('upheld.jobs', '{id,organisation_id,title,description,employment_type,location,country,is_remote,salary_currency,salary_from,salary_to,status,posted_at,closes_on,is_probe,created_at}', 'organisation', 'organisation', '{hiring}', 'contract', 'organisation', false, 'kept');
