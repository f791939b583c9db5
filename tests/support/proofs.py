"""Runs of the promises as tests need them: a few cheap checks, or results made up for the purpose."""

from tests.promises.faults import Unwatched
from tests.support.cluster import Cluster
from tests.support.deployment import PASSWORD, Deployment, hidden
from upheld.features.accounts.actions import invite_operator
from upheld.features.trust.model import CheckResult, PromiseResult, Report
from upheld.features.trust.probe import CheckState
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.runner import run, sign, summary_of
from upheld.features.trust.runs import record_run
from upheld.features.trust.states import chosen, said

CHEAP = ("org.disclosure", "store.cookies", "edge.camera")


async def recorded(deployment: Deployment, cluster: Cluster, *names: str) -> Report:
    """Run some promises against a deployment and put the run on record."""
    from tests.promises.faults import Scratch  # noqa: PLC0415 - it imports the whole application

    scene = Scratch.around(deployment, cluster).scene
    return await record_run(deployment.platform, await run(scene, chosen(PROMISES, names or CHEAP), Unwatched()))


async def told(deployment: Deployment, name: str, state: CheckState, **evidence: object) -> Report:
    """Put a run on record in which every built check of one promise came to the same state."""
    promise = next(promise for promise in PROMISES if promise.id == name)
    checks = [CheckResult(check.id, state, dict(evidence), 0.1) for check in promise.checks if check.probe]
    results = [PromiseResult(name, said([check.state for check in checks]), checks)]
    platform = deployment.platform
    report = sign(Report(results, summary_of(platform, results)), platform.keys.signing_key())
    return await record_run(platform, report)


async def all_upheld(deployment: Deployment) -> Report:
    """Put a run on record in which every built check passed."""
    passed, platform = CheckState.PASSED, deployment.platform
    results = [
        PromiseResult(promise.id, said([check.state for check in checks]), checks)
        for promise in PROMISES
        if (checks := [CheckResult(check.id, passed, {}, 0.1) for check in promise.checks if check.probe])
    ]
    return await record_run(platform, sign(Report(results, summary_of(platform, results)), platform.keys.signing_key()))


async def make_operator(deployment: Deployment, address: str) -> None:
    """Make somebody the operator, through the one-time link."""
    link = await invite_operator(deployment.platform)
    async with deployment.browser() as browser:
        notice = hidden(await browser.get(link), "notice")
        await browser.form(link, email=address, account="yes", notice=notice, password=PASSWORD)
