"""access.views, green, and red under each of its sabotages."""

import pytest

from tests.promises.faults import Outside, Scratch
from upheld.features.trust.probe import CheckState

pytestmark = pytest.mark.anyio


async def test_every_look_at_a_candidate_leaves_an_entry(scratch: Scratch) -> None:
    for check_id in ("access.views.sealed", "access.views.trace", "access.views.routes"):
        (check,) = (await scratch.look(check_id)).checks
        assert check.state is CheckState.PASSED, check
        ways = check.evidence.get("shows_candidates")
        assert ways is None or len(ways) == 7, ways


async def test_access_views_sealed_is_red_when_the_web_may_read_ciphertext(scratch: Scratch) -> None:
    await scratch.change("grant select (letter_sealed) on upheld.application_snapshots to web")
    await scratch.sees_red("access.views.sealed", "web reads upheld.application_snapshots.letter_sealed")


async def test_access_views_trace_is_red_when_a_reader_writes_no_entry(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.note_view(wanted_id uuid, viewed_part text) returns boolean"
        " language sql volatile security definer set search_path = '' return true"
    )
    await scratch.sees_red(
        "access.views.trace",
        "upheld.open_application leaves no entry (application)",
        "upheld.open_contact leaves no entry (contact)",
        "upheld.open_resume leaves no entry (resume)",
    )


async def test_access_views_trace_is_red_when_a_new_function_hands_data_out(scratch: Scratch) -> None:
    await scratch.change(
        "create function upheld.peek() returns setof bytea language sql stable security definer set search_path = ''"
        " begin atomic select letter_sealed from upheld.application_snapshots; end",
        "alter function upheld.peek() owner to record_reader",
        "grant execute on function upheld.peek() to web",
    )
    await scratch.sees_red("access.views.trace", "upheld.peek can see what is sealed")


async def test_access_views_routes_is_red_when_pages_leave_no_entry(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.note_view(wanted_id uuid, viewed_part text) returns boolean"
        " language sql volatile security definer set search_path = '' return true"
    )
    await scratch.sees_red(
        "access.views.routes",
        "GET /hiring/applications/{application_id:uuid} shows a candidate's data and leaves no entry",
        "GET /hiring/applications/{application_id:uuid}/resume shows a candidate's data and leaves no entry",
    )


async def test_access_views_routes_is_red_when_a_page_finds_another_way(scratch: Scratch) -> None:
    cast = await scratch.scene.cast()
    scratch.serve(Outside(scratch.deployment.app, "/hiring", cast.canaries.word("profile headline").encode()))
    await scratch.sees_red("access.views.routes", "GET /hiring shows a candidate's data and leaves no entry")
