"""The complete promises, green on a healthy deployment; nothing of the probes is left behind."""

import pytest

from tests.promises.faults import Scratch, Unwatched
from upheld.features.trust.model import Promise
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.runner import run

pytestmark = pytest.mark.anyio
_COUNT = "select count(*) from "
COMPLETE = [promise for promise in PROMISES if all(check.probe for check in promise.checks)]
LIVE = {"edge.tls", "edge.isolation", "edge.certificates", "store.volume", "org.dependencies"}
"""What needs processes that run, encrypted disks or an advisory service; seen green in files of their own."""


def test_these_promises_are_complete() -> None:
    assert {promise.id for promise in COMPLETE} == {
        "edge.tls", "edge.isolation", "edge.hsts", "edge.headers", "edge.camera", "edge.static", "edge.database",
        "edge.certificates", "edge.residency", "org.dependencies", "org.outbound",
        "auth.session", "auth.password", "auth.ratelimit", "auth.redirect", "auth.csrf", "auth.invite", "auth.oauth",
        "auth.strong", "access.roles",
        "access.rls", "access.context", "access.files",
        "access.views", "store.cookies", "store.atrest", "store.volume", "store.rotation", "store.audit",
        "data.inventory", "data.basis", "data.sharing", "data.consent", "data.access", "data.erase", "data.retention",
        "org.disclosure", "org.proof",
    }  # fmt: skip


@pytest.mark.parametrize("promise", [one for one in COMPLETE if one.id not in LIVE], ids=lambda promise: promise.id)
async def test_a_healthy_deployment_upholds_it(scratch: Scratch, promise: Promise) -> None:
    report = await run(scratch.scene, [promise], Unwatched())
    assert report.promises[0].state == "upheld", [one for one in report.promises[0].checks if one.state != "passed"]


async def test_probes_leave_nothing_but_their_journal(scratch: Scratch) -> None:
    before = await _counts(scratch)
    await scratch.scene.cast()
    assert (await _counts(scratch))["upheld.people"] == 3
    await scratch.scene.close()
    after = await _counts(scratch)
    changed = {name for name in after if after[name] != before[name]}
    # Work that waits names ids that are gone; the worker drops it. Counters end by themselves.
    assert changed <= {"upheld.audit_entries", "queue.pgqueuer", "upheld.limit_counters"}
    assert not [path for path in (scratch.deployment.settings.var / "objects" / "files").rglob("*") if path.is_file()]


async def test_a_run_that_was_killed_is_cleaned_up_by_the_next(scratch: Scratch) -> None:
    await scratch.scene.cast()
    survivor = Scratch.around(scratch.deployment, scratch.deployment.cluster)
    await survivor.scene.cast()
    await survivor.scene.close()
    assert (await _counts(scratch))["upheld.people"] == 0


async def test_probes_are_never_mailed(scratch: Scratch) -> None:
    await scratch.scene.cast()
    await scratch.deployment.work()
    assert not list((scratch.deployment.settings.var / "mail").glob("*/*.eml"))


async def test_probe_jobs_and_employers_are_invisible_to_everyone_else(scratch: Scratch) -> None:
    cast = await scratch.scene.cast()
    async with scratch.deployment.person("ada@example.org") as browser:
        assert (await browser.get(f"/jobs/{cast.job}")).status_code == 404
        assert "Probe" not in (await browser.get("/jobs")).text


async def _counts(scratch: Scratch) -> dict[str, int]:
    connection = await scratch.deployment.administrator()
    try:
        tables = await connection.fetch(
            "select c.oid::regclass::text as name from pg_class as c"
            " where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('upheld', 'queue')"
        )
        return {table["name"]: await connection.fetchval(_COUNT + table["name"]) for table in tables}
    finally:
        await connection.close()
