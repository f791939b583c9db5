"""data.retention, green, and red when what is over stays."""

import asyncio
import time

import pytest

from tests.promises.faults import Scratch
from tests.support.deployment import Deployment
from tests.support.server import serving
from upheld.features.privacy.duties import tidy
from upheld.features.trust.probe import CheckState

pytestmark = pytest.mark.anyio
_PATIENCE = 120.0

# Each kind of row, made as old as if nothing had been removed for days.
_LONG_OVER = {
    "upheld.sessions": "update upheld.sessions set expires_at = now() - interval '2 days'",
    "upheld.email_verifications": (
        "insert into upheld.email_verifications (token_hash, person_id, expires_at)"
        " select sha256('x'), id, now() - interval '2 days' from upheld.people limit 1"
    ),
    "upheld.account_links": (
        "insert into upheld.account_links (token_hash, person_id, purpose, expires_at)"
        " select sha256('x'), id, 'reset', now() - interval '2 days' from upheld.people limit 1"
    ),
    "upheld.operator_invitations": (
        "insert into upheld.operator_invitations (token_hash, expires_at)"
        " values (sha256('x'), now() - interval '2 days')"
    ),
    "upheld.departures": (
        "insert into upheld.departures (state_hash, browser_hash, provider, purpose, expires_at)"
        " values (sha256('x'), sha256('y'), 'work', 'enter', now() - interval '2 days')"
    ),
    "upheld.job_secrets": "update upheld.job_secrets set expires_at = now() - interval '2 days'",
    "upheld.messages": "update upheld.messages set created_at = now() - interval '9 days'",
    "upheld.limit_counters": "update upheld.limit_counters set expires_at = now() - interval '2 days'",
    "upheld.people": (
        "insert into upheld.people (id, email_index, email_sealed, created_at)"
        " values (gen_random_uuid(), decode(repeat('01', 33), 'hex'), '\\x01', now() - interval '9 days')"
    ),
    "upheld.applications": (
        "update upheld.applications set closed_at = now() - interval '13 months', keep_until = now()::date - 20"
        " where closed_at is not null"
    ),
}
_A_REAL_EMPLOYER = "insert into upheld.organisations (id, name, is_probe) values (gen_random_uuid(), 'Ada & Co', false)"
_WITH_ANOTHER = {
    "upheld.consents": (
        "insert into upheld.consents (person_id, purpose, organisation_id, notice_id, given)"
        " select gen_random_uuid(), 'application', o.id, n.id, true from upheld.organisations as o, upheld.notices as n"
        " where n.kind = 'application' and not o.is_probe limit 1"
    ),
    "upheld.access_journal": (
        "insert into upheld.access_journal (person_id, viewer_id, organisation_id, application_id, part)"
        " select gen_random_uuid(), gen_random_uuid(), id, gen_random_uuid(), 'list' from upheld.organisations"
        " where not is_probe limit 1"
    ),
    "upheld.erasures": (
        "insert into upheld.erasures (id, person_id, receipt_hash, requested_at, due_at, state)"
        " select gen_random_uuid(), id, sha256('x'), now() - interval '3 days', now() - interval '2 days', 'scheduled'"
        " from upheld.people limit 1"
    ),
}


async def test_data_retention_limits_is_red_when_the_sweeper_stands_still(scratch: Scratch) -> None:
    await scratch.scene.cast()
    await scratch.change(_A_REAL_EMPLOYER, *_LONG_OVER.values(), *_WITH_ANOTHER.values())
    await scratch.sees_red("data.retention.limits", *_LONG_OVER, *_WITH_ANOTHER)


async def test_what_is_long_over_goes_with_one_turn_of_the_sweeper(scratch: Scratch) -> None:
    await scratch.scene.cast()
    await scratch.change(*_LONG_OVER.values())
    await tidy(scratch.deployment.platform)
    (check,) = (await scratch.look("data.retention.limits")).checks
    assert check.state is CheckState.PASSED, check.evidence


async def test_data_retention_limits_is_red_when_the_clock_stands_still(scratch: Scratch) -> None:
    await scratch.scene.cast()
    await scratch.change(
        "create or replace function upheld.clock_now() returns timestamptz language sql stable parallel safe"
        " return timestamptz '2026-01-01'",
        _LONG_OVER["upheld.limit_counters"],
    )
    await tidy(scratch.deployment.platform)  # it finds nothing that is over
    await scratch.sees_red("data.retention.limits", "upheld.limit_counters")


async def test_data_retention_sweeper_is_red_when_the_clock_stands_still(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.clock_now() returns timestamptz language sql stable parallel safe"
        " return timestamptz '2026-01-01'"
    )
    await scratch.sees_red("data.retention.sweeper", "the database's clock is wrong by")


async def test_data_retention_sweeper_is_red_when_nothing_was_removed_for_an_hour(scratch: Scratch) -> None:
    await tidy(scratch.deployment.platform)
    await scratch.change(
        "alter table upheld.audit_entries disable trigger all",
        "update upheld.audit_entries set at = now() - interval '61 minutes'",
    )
    await scratch.sees_red("data.retention.sweeper", "nothing that is over was removed for")


async def test_a_worker_that_starts_removes_what_is_over_before_its_first_turn_is_due(deployment: Deployment) -> None:
    administrator = await deployment.administrator()
    try:
        await administrator.execute(_LONG_OVER["upheld.operator_invitations"])
        with serving(deployment.settings, "worker"):
            limit = time.monotonic() + _PATIENCE
            while await administrator.fetchval("select count(*) from upheld.operator_invitations"):
                assert time.monotonic() < limit, "nothing was removed"
                await asyncio.sleep(0.1)
    finally:
        await administrator.close()
