"""access.rls, green, and red under each of its sabotages."""

from urllib.parse import urlsplit

import pytest

from tests.promises.faults import Scratch

pytestmark = pytest.mark.anyio


async def test_access_rls_forced_is_red_when_a_table_lets_its_owner_through(scratch: Scratch) -> None:
    await scratch.change("alter table upheld.profiles no force row level security")
    await scratch.sees_red("access.rls.forced", "upheld.profiles: row security is not forced")


async def test_access_rls_forced_is_red_when_a_table_is_added_without_row_security(scratch: Scratch) -> None:
    await scratch.change("create table upheld.remarks (person_id uuid, remark text)")
    await scratch.sees_red("access.rls.forced", "upheld.remarks: row security is off")


async def test_access_rls_forced_is_red_when_a_view_asks_as_its_owner(scratch: Scratch) -> None:
    await scratch.change("create view upheld.everyone as select id from upheld.people")
    await scratch.sees_red("access.rls.forced", "upheld.everyone: a view that does not ask as its caller")


async def test_access_rls_policies_is_red_when_a_table_has_none(scratch: Scratch) -> None:
    await scratch.change(
        "create table upheld.remarks (person_id uuid, remark text)",
        "alter table upheld.remarks enable row level security",
        "alter table upheld.remarks force row level security",
    )
    await scratch.sees_red("access.rls.policies", "upheld.remarks: no policy at all")


@pytest.mark.parametrize("constant", ["true", "1 = 1", "current_user = 'web'"])
async def test_access_rls_policies_is_red_when_one_says_nothing_about_the_row(scratch: Scratch, constant: str) -> None:
    await scratch.change(f"create policy everything on upheld.jobs for select to web using ({constant})")
    await scratch.sees_red("access.rls.policies", "upheld.jobs: everything says nothing about the row")


async def test_access_rls_policies_is_red_when_one_is_for_everyone_and_every_act(scratch: Scratch) -> None:
    await scratch.change("create policy wide on upheld.jobs using (title <> '')")
    await scratch.sees_red("access.rls.policies", "wide is for every act at once", "wide is for every role")


async def test_access_rls_wrapped_is_red_when_a_policy_asks_for_each_row(scratch: Scratch) -> None:
    await scratch.change(
        "create policy slow on upheld.jobs for select to web using (organisation_id = upheld.current_organisation())"
    )
    await scratch.sees_red("access.rls.wrapped", "upheld.jobs: slow calls upheld.current_organisation(")


async def test_access_rls_wrapped_is_red_when_a_check_asks_without_a_subquery(scratch: Scratch) -> None:
    await scratch.change(
        "create policy slow on upheld.jobs for insert to web"
        " with check (organisation_id = upheld.current_organisation())"
    )
    await scratch.sees_red("access.rls.wrapped", "upheld.jobs: slow calls upheld.current_organisation(")


@pytest.mark.parametrize(
    ("fault", "repair", "said"),
    [
        ("alter role support bypassrls", "alter role support nobypassrls", "support passes row security by"),
        ("alter role support createrole", "alter role support nocreaterole", "support administers the cluster"),
        ("grant pg_read_all_data to worker", "revoke pg_read_all_data from worker", "worker belongs to pg_read_all"),
        ("grant owner to web", "revoke owner from web", "web belongs to"),
        ("alter role eraser login", "alter role eraser nologin", "eraser lends its rights and logs in"),
    ],
)
async def test_access_rls_roles_is_red_when_a_role_is_too_strong(
    scratch: Scratch, fault: str, repair: str, said: str
) -> None:
    # Roles belong to the cluster that all tests share: whatever happens, this one is repaired.
    try:
        await scratch.change(fault)
        await scratch.sees_red("access.rls.roles", said)
    finally:
        await scratch.change(repair)


async def test_access_rls_roles_is_red_when_one_owns_a_table(scratch: Scratch) -> None:
    # Ownership is noted for the whole cluster, so this is repaired like a role.
    try:
        await scratch.change("alter table upheld.messages owner to worker")
        await scratch.sees_red("access.rls.roles", "worker owns tables")
    finally:
        await scratch.change("alter table upheld.messages owner to owner")


async def test_access_rls_functions_is_red_when_everyone_may_call_one(scratch: Scratch) -> None:
    await scratch.change("grant execute on function upheld.own_profile() to public")
    await scratch.sees_red("access.rls.functions", "upheld.own_profile() may be called by everyone")


async def test_access_rls_functions_is_red_when_a_search_path_is_not_fixed(scratch: Scratch) -> None:
    await scratch.change("alter function upheld.open_context(bytea) reset search_path")
    await scratch.sees_red("access.rls.functions", "upheld.open_context(bytea) lends its rights along any search path")


async def test_access_rls_functions_is_red_when_one_lends_a_superusers_rights(scratch: Scratch) -> None:
    await scratch.change("alter function upheld.own_documents() owner to postgres")
    await scratch.sees_red("access.rls.functions", "upheld.own_documents() lends the rights of postgres")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("grant select on upheld.jobs to public", "everyone may select upheld.jobs"),
        ("grant select (title) on upheld.jobs to public", "everyone may select upheld.jobs.title"),
        ("grant usage on schema upheld to public", "everyone may usage schema upheld"),
        ("create type upheld.mood as enum ('fine')", "everyone may usage type upheld.mood"),
        ("grant temporary on database {name} to public", "everyone may temporary this database"),
        ("grant truncate on upheld.messages to worker", "worker may truncate upheld.messages"),
        ("grant trigger on upheld.people to web", "web may trigger upheld.people"),
        ("grant references on upheld.people to web", "web may references upheld.people"),
        ("grant create on schema upheld to web", "web may create schema upheld"),
        ("grant temporary on database {name} to web", "web may temporary this database"),
        ("grant select on upheld.jobs to auditor with grant option", "auditor may select upheld.jobs, and pass"),
        ("grant select (phone_sealed) on upheld.profiles to web", "web may select upheld.profiles.phone_sealed"),
        ("grant select on upheld.sessions to support", "support may select upheld.sessions.secret_hash"),
    ],
)
async def test_access_rls_grants_is_red_when_too_much_is_granted(scratch: Scratch, fault: str, said: str) -> None:
    name = urlsplit(scratch.deployment.settings.database).path.lstrip("/")
    await scratch.change(fault.format(name=name))
    await scratch.sees_red("access.rls.grants", said)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("grant delete on upheld.people to web", "web may delete upheld.people, and no policy says which rows"),
        ("grant insert (title) on upheld.jobs to worker", "worker may insert upheld.jobs, and no policy says"),
        (
            "create policy also on upheld.profiles for select to web using (visibility = 'open')",
            "web passes profiles by any of: a_candidate_finds_their_own_profile, also",
        ),
        (
            "create policy also on upheld.jobs for select to web using (is_remote)",
            "web passes jobs by any of: also, jobs_are_seen_by_their_organisation",
        ),
        (
            "create policy anyone on upheld.operators for select to worker using (person_id is not null)",
            "upheld.operators: anyone holds for every row",
        ),
        (
            "create policy anyone on upheld.jobs for update to worker using (is_remote or not is_remote)",
            "upheld.jobs: anyone holds for every row",
        ),
    ],
)
async def test_access_rls_narrow_is_red_when_a_policy_is_missing_or_too_wide(
    scratch: Scratch, fault: str, said: str
) -> None:
    await scratch.change(fault)
    await scratch.sees_red("access.rls.narrow", said)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            "alter table upheld.application_events add foreign key (application_id) references upheld.applications",
            "upheld.application_events refers to upheld.applications by application_id, without the organisation",
        ),
        ("create unique index titles on upheld.jobs (title)", "upheld.titles tells of one tenant's rows"),
    ],
)
async def test_access_rls_references_is_red_when_one_tenant_can_learn_of_another(
    scratch: Scratch, fault: str, said: str
) -> None:
    await scratch.change(fault)
    await scratch.sees_red("access.rls.references", said)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("create extension dblink", "the extension dblink"),
        ("create trusted language plother handler plpgsql_call_handler", "the language plother"),
        ("create foreign data wrapper elsewhere", "the foreign data wrapper elsewhere"),
        ("create publication everything for all tables", "the publication everything"),
        ("select lo_create(4711)", "the large object 4711"),
        ("create rule shout as on insert to upheld.jobs do also notify shout", "the rule shout on upheld.jobs"),
        ("create unlogged table upheld.scratch (id uuid)", "the unlogged table upheld.scratch"),
        ("grant execute on function upheld.own_profile() to support", "the function upheld.own_profile() for support"),
        ("grant execute on function sealed.write_context(text, text) to web", "the function sealed.write_context"),
    ],
)
async def test_access_rls_outlets_is_red_when_something_leads_out(scratch: Scratch, fault: str, said: str) -> None:
    await scratch.change(fault)
    await scratch.sees_red("access.rls.outlets", said)


async def test_access_rls_outlets_is_red_when_an_event_trigger_listens(scratch: Scratch) -> None:
    await scratch.change(
        "create function upheld.listens() returns event_trigger language plpgsql as $$ begin end $$",
        "create event trigger listening on ddl_command_end execute function upheld.listens()",
    )
    await scratch.sees_red("access.rls.outlets", "the event trigger listening")


async def test_access_rls_columns_is_red_when_one_is_unclassified_or_sampled(scratch: Scratch) -> None:
    await scratch.change(
        "alter table upheld.jobs add column budget integer",
        "alter table upheld.profiles alter column phone_sealed set statistics 100",
        "comment on column upheld.people.created_at is 'when'",
    )
    await scratch.sees_red(
        "access.rls.columns",
        "upheld.jobs.budget is not classified",
        "upheld.profiles.phone_sealed is sampled",
        "upheld.people.created_at is not classified",
    )


async def test_access_rls_strangers_is_red_when_a_policy_shows_others_rows(scratch: Scratch) -> None:
    await scratch.change("create policy wide on upheld.application_events for select to web using (stage <> '')")
    await scratch.sees_red(
        "access.rls.strangers",
        "web, upheld.application_events: select: rows were seen",
        "web as a stranger, upheld.application_events: select",
    )


async def test_access_rls_strangers_is_red_when_support_is_granted_a_table(scratch: Scratch) -> None:
    await scratch.change(
        "grant usage on schema upheld to support",
        "grant select on upheld.members to support",
        "create policy curious on upheld.members for select to support using (role <> '')",
    )
    await scratch.sees_red("access.rls.strangers", "support, upheld.members: select")


async def test_access_rls_strangers_is_red_when_others_rows_can_be_changed(scratch: Scratch) -> None:
    await scratch.change("create policy wide on upheld.jobs for update to web using (title <> '')")
    await scratch.sees_red("access.rls.strangers", "web as a stranger, upheld.jobs: update: 1 rows of another tenant")


async def test_access_rls_strangers_is_red_when_others_rows_can_be_deleted(scratch: Scratch) -> None:
    await scratch.change(
        "grant delete on upheld.jobs to web",
        "create policy wide on upheld.jobs for delete to web using (status = 'open')",
    )
    await scratch.sees_red("access.rls.strangers", "upheld.jobs: delete: reached rows that only a constraint kept")


async def test_access_rls_strangers_is_red_when_a_row_can_be_written_in_anothers_name(scratch: Scratch) -> None:
    await scratch.change(
        "grant insert (person_id) on upheld.consents to web",
        "create policy wide on upheld.consents for insert to web with check (purpose <> '')",
    )
    await scratch.sees_red("access.rls.strangers", "upheld.consents: insert: a row in another tenant's name")


async def test_access_rls_strangers_is_red_when_a_function_tells_a_stranger(scratch: Scratch) -> None:
    await scratch.change(
        "create policy wide on upheld.applications for select to record_reader using (stage <> '')",
        "create policy wide on upheld.application_snapshots for select to record_reader using (full_name_sealed <> '')",
        "create or replace function upheld.note_view(wanted_id uuid, viewed_part text) returns boolean"
        " language sql security definer set search_path = '' return true",
    )
    await scratch.sees_red("access.rls.strangers", "web, upheld.open_application: 1 rows")


async def test_access_rls_strangers_is_red_when_a_role_reaches_the_other_database(scratch: Scratch) -> None:
    name = urlsplit(scratch.deployment.settings.keyring_database).path.lstrip("/")
    await scratch.change(f"grant connect on database {name} to web")
    await scratch.sees_red("access.rls.strangers", "web can connect to the keyring")
