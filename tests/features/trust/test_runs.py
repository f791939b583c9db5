"""Runs on record: what they take over, when it counts no longer, whom they alarm, how they go."""

import datetime as dt
import logging
from dataclasses import replace

import msgspec
import pytest

from tests.support.clock import SetClock
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed, text_of
from tests.support.proofs import make_operator, recorded, told
from upheld.features.trust import store
from upheld.features.trust.model import PromiseResult, Report
from upheld.features.trust.probe import CheckState
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.runner import LOOKED_AT, OUT_OF_REACH
from upheld.features.trust.runs import STANDS_FOR, by_itself, is_due
from upheld.platform.signatures import is_signed

pytestmark = pytest.mark.anyio
GRACE = "grace@example.org"
PROMISE = "org.disclosure"
HOUR = dt.timedelta(hours=1)


def state_in(report: Report, name: str = PROMISE) -> str:
    """Return what became of a promise in a run."""
    return next(result.state for result in report.promises if result.id == name)


def later(deployment: Deployment, by: dt.timedelta) -> Deployment:
    """Return the same deployment at a later hour."""
    now = deployment.platform.clock.now()
    return replace(deployment, platform=replace(deployment.platform, clock=SetClock(now + by)))


async def test_a_run_on_record_covers_every_promise_is_signed_and_names_the_one_before(
    deployment: Deployment, cluster: Cluster
) -> None:
    first = await recorded(deployment, cluster)
    second = await recorded(deployment, cluster)
    assert [result.id for result in second.promises] == [promise.id for promise in PROMISES]
    assert is_signed(msgspec.to_builtins(second), deployment.platform.keys.public_keys())
    assert first.summary["previous"] is None
    assert len(str(second.summary["previous"])) == 64
    assert state_in(second) == "upheld"
    assert state_in(second, "access.rls") == "unproven"


async def test_what_a_run_did_not_look_at_stands_as_it_was_found_for_a_week_and_no_longer(
    deployment: Deployment,
) -> None:
    await told(deployment, PROMISE, CheckState.PASSED, looked_at=["what a probe calls by the same name"])
    soon = await told(later(deployment, HOUR), "store.cookies", CheckState.PASSED)
    assert state_in(soon) == "upheld"
    check = next(result for result in soon.promises if result.id == PROMISE).checks[0]
    assert dt.datetime.fromisoformat(check.evidence[LOOKED_AT]) < deployment.platform.clock.now()
    # Taken over a second time it keeps the time of the look, and so it does end.
    late = await told(later(deployment, STANDS_FOR + HOUR), "store.cookies", CheckState.PASSED)
    assert state_in(late) == "unproven"
    assert (
        "within the last week"
        in next(one for one in late.promises if one.id == PROMISE).checks[0].evidence["could_not_look"]
    )


async def test_whoever_has_no_access_does_not_undo_what_an_operator_has_proven(deployment: Deployment) -> None:
    reason = {"could_not_look": "This needs an administrator.", OUT_OF_REACH: True}
    assert state_in(await told(deployment, PROMISE, CheckState.UNPROVEN, **reason)) == "unproven"
    await told(deployment, PROMISE, CheckState.PASSED)
    assert state_in(await told(deployment, PROMISE, CheckState.UNPROVEN, **reason)) == "upheld"
    # What could have looked and could not is another matter.
    stumbled = await told(deployment, PROMISE, CheckState.UNPROVEN, could_not_look="the probe failed: OSError")
    assert state_in(stumbled) == "unproven"


async def test_operators_are_told_of_a_broken_promise_once_and_of_its_mending_once(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    await make_operator(deployment, GRACE)
    with caplog.at_level(logging.WARNING, "upheld.trust"):
        for state in ("PASSED", "FAILED", "FAILED", "UNPROVEN", "PASSED", "PASSED"):
            await told(deployment, PROMISE, CheckState[state], faults=["planted"])
    await deployment.work()
    # Two mails that wait are sent side by side.
    mails = {str(mail["subject"]): text_of(mail) for mail in deployment.mails(GRACE)}
    assert len(deployment.mails(GRACE)) == 2
    assert set(mails) == {
        "A promise of your Upheld is broken",
        "Promises of your Upheld that were broken are mended",
    }
    assert f"{deployment.settings.address}/trust/{PROMISE}" in mails["A promise of your Upheld is broken"]
    assert [record.getMessage() for record in caplog.records if record.name == "upheld.trust"] == [
        f"promises broken: {PROMISE}",
        f"promises no longer broken: {PROMISE}",
    ]


async def test_a_broken_promise_shows_at_once(deployment: Deployment) -> None:
    await told(deployment, PROMISE, CheckState.FAILED, faults=["it expired yesterday"])
    async with deployment.browser() as browser:
        page = (await browser.get("/trust")).text
        assert "1 promise is broken" in page
        assert "it expired yesterday" in (await browser.get(f"/trust/{PROMISE}")).text


async def test_runs_older_than_ninety_days_are_removed(deployment: Deployment) -> None:
    await told(deployment, PROMISE, CheckState.PASSED)
    administrator = await deployment.administrator()
    try:
        await administrator.execute("update upheld.runs set at = at - interval '91 days'")
    finally:
        await administrator.close()
    await told(deployment, PROMISE, CheckState.PASSED)
    async with deployment.platform.database.maintenance() as tx:
        assert len(await store.recorded_runs(tx, 10)) == 1


async def test_a_run_by_itself_is_due_at_first_and_then_when_the_interval_is_over(cluster: Cluster) -> None:
    async with deployed(cluster, proof_every=HOUR) as deployment:
        assert await is_due(deployment.platform)
        await told(deployment, PROMISE, CheckState.PASSED)
        assert not await is_due(deployment.platform)
        assert not await is_due(later(deployment, HOUR - dt.timedelta(minutes=1)).platform)
        assert await is_due(later(deployment, HOUR).platform)


async def test_a_run_by_itself_leaves_out_what_may_disturb_somebody(cluster: Cluster) -> None:
    async with deployed(cluster, demo=False) as deployment:
        checks = [check for promise in await by_itself(deployment.platform) for check in promise.checks]
        assert checks
        assert all(check.probe is not None and check.probe.safe_in_production for check in checks)
        assert "data.erase.complete" not in {check.id for check in checks}


async def test_a_demo_looks_at_everything_once(deployment: Deployment) -> None:
    def looks_at_erasure(promises: list[object]) -> bool:
        return any(getattr(promise, "id", "") == "data.erase" for promise in promises)

    assert looks_at_erasure(list(await by_itself(deployment.platform)))
    await told(deployment, "data.erase", CheckState.PASSED)
    assert not looks_at_erasure(list(await by_itself(deployment.platform)))
    assert looks_at_erasure(list(await by_itself(later(deployment, STANDS_FOR + HOUR).platform)))


async def test_a_run_that_somebody_else_wrote_is_not_built_upon(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    await told(deployment, PROMISE, CheckState.PASSED)
    forged = Report([PromiseResult("access.rls", "upheld", [])], {"at": "2026-01-01T00:00:00+00:00"}, "00" * 64)
    async with deployment.platform.database.maintenance() as tx:
        await store.record_run(tx, msgspec.to_builtins(forged))
    with caplog.at_level(logging.CRITICAL, "upheld.trust"):
        after = await told(deployment, "store.cookies", CheckState.PASSED)
    assert state_in(after) == "unproven"
    assert "not signed by this deployment" in caplog.text
