"""access.roles, green, and red under each of its sabotages."""

import pytest

from tests.promises.faults import Outside, Scratch
from upheld.features.trust.probe import CheckState
from upheld.features.trust.routes import Route

pytestmark = pytest.mark.anyio


async def test_each_role_does_what_it_may_and_nothing_else(scratch: Scratch) -> None:
    (check,) = (await scratch.look("access.roles.matrix")).checks
    assert check.state is CheckState.PASSED, check.evidence
    allowed = check.evidence["allowed"]
    assert allowed["owner"] > allowed["manager"] > 15
    assert allowed["interviewer"] == 8


async def test_access_roles_matrix_is_red_when_the_database_lets_an_interviewer_change_jobs(scratch: Scratch) -> None:
    await scratch.change(
        "alter policy jobs_are_changed_by_members_who_may_manage_them on upheld.jobs"
        " using (organisation_id = (select upheld.current_organisation()))"
    )
    await scratch.sees_red("access.roles.matrix", "interviewer: can rename a job in the database")


async def test_access_roles_matrix_is_red_when_a_manager_may_promote_themselves(scratch: Scratch) -> None:
    await scratch.change(
        "create policy members_are_changed on upheld.members for update to web"
        " using (organisation_id = (select upheld.current_organisation()))",
        "create policy members_are_seen on upheld.members for select to web"
        " using (organisation_id = (select upheld.current_organisation()))",
        "grant update (role) on upheld.members to web",
    )
    await scratch.sees_red("access.roles.matrix", "manager: can promote oneself in the database")


async def test_access_roles_matrix_is_red_when_a_page_does_not_ask_for_the_role(scratch: Scratch) -> None:
    scratch.serve(Outside(scratch.deployment.app, "/hiring"))
    await scratch.sees_red("access.roles.matrix", "interviewer: can see how hiring goes on the page")


async def test_access_roles_matrix_is_red_when_a_manager_is_kept_from_candidates(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.hiring_organisation() returns uuid language sql stable security definer"
        " set search_path = '' return (select m.organisation_id from upheld.members as m where m.role = 'owner'"
        " and m.organisation_id = upheld.current_organisation() and m.person_id = upheld.current_person())"
    )
    await scratch.sees_red("access.roles.matrix", "manager: cannot open what was sent in the database")


async def test_access_roles_matrix_is_red_when_a_page_of_hiring_is_tried_by_nobody(scratch: Scratch) -> None:
    new = Route("hiring.secrets", "GET", "/hiring/jobs/{job_id:uuid}/secrets", public=False)
    scratch.scene.routes = (*scratch.scene.routes, new)
    await scratch.sees_red("access.roles.matrix", "/hiring/jobs/…/secrets is tried by nobody")


async def test_each_permission_opens_what_it_names_and_nothing_else(scratch: Scratch) -> None:
    (check,) = (await scratch.look("access.roles.granular")).checks
    assert check.state is CheckState.PASSED, check.evidence
    assert check.evidence["permissions"] == 12


async def test_access_roles_matrix_is_red_when_a_manager_may_change_settings(scratch: Scratch) -> None:
    await scratch.change(
        "do $do$ begin execute replace(pg_get_functiondef('upheld.permissions_of(text)'::regprocedure),"
        " $$'job:manage'::text, 'member:invite'::text]$$,"
        " $$'job:manage'::text, 'member:invite'::text, 'settings:change'::text]$$); end $do$"
    )
    await scratch.sees_red("access.roles.matrix", "manager: can rename the organisation in the database")


async def test_access_roles_granular_is_red_when_every_member_may_change_settings(scratch: Scratch) -> None:
    await scratch.change(
        "alter policy organisations_are_changed_by_members_who_may_change_settings on upheld.organisations"
        " using (id = (select upheld.current_organisation()))"
    )
    await scratch.sees_red("access.roles.granular", "job:manage alone: can rename the organisation in the database")


async def test_access_roles_granular_is_red_when_seeing_is_deciding(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.deciding_organisation() returns uuid language sql stable"
        " return upheld.hiring_organisation()"
    )
    await scratch.sees_red("access.roles.granular", "application:view alone: can add a step in the database")


async def test_access_roles_granular_is_red_when_every_member_may_read_what_members_did(scratch: Scratch) -> None:
    await scratch.change(
        "alter policy entries_of_an_organisation_are_seen_by_who_has_looked on upheld.audit_entries"
        " using (organisation_id = (select upheld.current_organisation()) and concerns is not null)"
    )
    await scratch.sees_red("access.roles.granular", "job:manage alone: can find what others did in the database")


async def test_access_roles_matrix_is_red_when_one_employer_reads_what_members_of_another_did(scratch: Scratch) -> None:
    await scratch.change(
        "alter policy entries_of_an_organisation_are_seen_by_who_has_looked on upheld.audit_entries"
        " using (concerns is not null)"
    )
    await scratch.sees_red(
        "access.roles.matrix", "nobody of the organisation: can find what others did in the database"
    )
