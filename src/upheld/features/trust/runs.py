"""Runs on record: what /trust shows, each signed, chained to the one before, and never edited.

A run on record covers every promise. What the run did not look at (because it was asked for
less, or runs by itself and may not disturb anybody) stands there as it was last found, with
the time of that look; after `STANDS_FOR` it counts no longer.
"""

import datetime as dt
import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import rfc8785

from upheld.features.audit.actions import record_duty
from upheld.features.audit.model import Action
from upheld.features.trust import store
from upheld.features.trust.errors import ForgedRunError
from upheld.features.trust.model import Check, CheckResult, Promise, PromiseResult, Report
from upheld.features.trust.probe import CheckState
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.runner import LOOKED_AT, OUT_OF_REACH, sign, summary_of
from upheld.features.trust.states import said
from upheld.kit.errors import UpheldError
from upheld.platform.database import Transaction
from upheld.platform.outbox import queue_mail_at_gate
from upheld.platform.services import Platform
from upheld.platform.signatures import is_signed

log = logging.getLogger("upheld.trust")

STANDS_FOR = dt.timedelta(days=7)
"""How long what a check found still counts while later runs do not look again."""

_BROKEN = "broken"


@dataclass(frozen=True)
class Change:
    """A promise that came to another state than in the run before."""

    promise: str
    before: str
    now: str


async def last_run(tx: Transaction, platform: Platform) -> Report | None:
    """Return the run that was recorded last; None before the first.

    Raises:
        ForgedRunError: it is not as this deployment signed it.
    """
    stored = await store.last_run(tx)
    return None if stored is None else genuine(stored, platform)


def genuine(stored: store.StoredRun, platform: Platform) -> Report:
    """Return a stored run, once its signature is found to be ours.

    Raises:
        ForgedRunError: it is not.
    """
    if not is_signed(stored.report, platform.keys.public_keys()):
        raise ForgedRunError
    return msgspec.convert(stored.report, Report)


async def record_run(platform: Platform, report: Report) -> Report:
    """Put a run on record, and tell the operators what it broke or mended; return what /trust shows now.

    The mails are queued first: a run that is on record has been told about.
    """
    async with platform.database.maintenance() as tx:
        stored = await store.last_run(tx)
    try:
        last = None if stored is None else genuine(stored, platform)
    except ForgedRunError:
        log.critical("the last run on record was not signed by this deployment; nothing of it is taken over")
        last = None
    whole = _whole(platform, report, last, stored)
    if changes := alarming(changed(last, whole)):
        await _tell(platform, changes)
    async with platform.database.maintenance() as tx:
        await store.record_run(tx, msgspec.to_builtins(whole))
        removed = await store.remove_old_runs(tx)
        counts = {state: whole.summary[state] for state in ("upheld", "broken", "unproven")}
        await record_duty(tx, Action.PROMISES_CHECKED, {**counts, "old_runs_removed": removed})
    return whole


async def is_due(platform: Platform) -> bool:
    """Whether the last run on record is as old as the settings allow, or there is none."""
    async with platform.database.maintenance() as tx:
        last = await store.run_states(tx, 1)
    return not last or platform.clock.now() - last[0].at >= platform.settings.proof_every


async def by_itself(platform: Platform) -> list[Promise]:
    """Return the promises with those of their checks that a run by itself looks at.

    What may disturb somebody, or costs much, is left to the operator's `upheld verify`. In a
    demo there is nobody to disturb, so there it runs once for as long as its result stands.
    """
    async with platform.database.maintenance() as tx:
        stored = await store.last_run(tx)
    try:
        standing = _standing(platform, None if stored is None else genuine(stored, platform))
    except ForgedRunError:
        standing = {}

    def is_wanted(check: Check) -> bool:
        if check.probe is None:
            return False
        return check.probe.safe_in_production or (platform.settings.demo and check.id not in standing)

    chosen = [replace(promise, checks=tuple(filter(is_wanted, promise.checks))) for promise in PROMISES]
    return [promise for promise in chosen if promise.checks]


def changed(before: Report | None, now: Report) -> list[Change]:
    """Return which promises came to another state than before."""
    was = {} if before is None else {result.id: result.state for result in before.promises}
    return [
        Change(result.id, was[result.id], result.state)
        for result in now.promises
        if result.id in was and was[result.id] != result.state
    ] + [
        # The first run has nothing before it, but what it finds broken is news.
        Change(result.id, "", result.state)
        for result in now.promises
        if result.id not in was and result.state == _BROKEN
    ]


def alarming(changes: Iterable[Change]) -> list[Change]:
    """Return the changes into and out of being broken: what operators are told, once."""
    return [change for change in changes if _BROKEN in {change.before, change.now}]


def looked_at(check: CheckResult, report: Report) -> dt.datetime:
    """Return when a check of a run was looked at."""
    return dt.datetime.fromisoformat(check.evidence.get(LOOKED_AT) or report.summary["at"])


def _whole(platform: Platform, report: Report, last: Report | None, stored: store.StoredRun | None) -> Report:
    """Return a signed run of every promise: what was found now, and for the rest what stands."""
    found = {check.id: check for result in report.promises for check in result.checks}
    earlier = _standing(platform, last)
    results: list[PromiseResult] = []
    for promise in PROMISES:
        checks = [_chosen(check, found, earlier) for check in promise.checks]
        results.append(PromiseResult(promise.id, said([check.state for check in checks]), checks))
    previous = None if stored is None else hashlib.sha256(rfc8785.dumps(stored.report)).hexdigest()
    summary = {**summary_of(platform, results), "previous": previous}
    return sign(Report(results, summary), platform.keys.signing_key())


def _chosen(check: Check, found: Mapping[str, CheckResult], earlier: Mapping[str, CheckResult]) -> CheckResult:
    if check.probe is None:
        return CheckResult(check.id, CheckState.NOT_BUILT, {"brought_by": str(check.work)}, 0.0)
    now = found.get(check.id)
    if now is None or now.evidence.get(OUT_OF_REACH):
        now = earlier.get(check.id, now)
    if now is None:
        reason = "This has not been looked at within the last week. `upheld verify` looks at it."
        return CheckResult(check.id, CheckState.UNPROVEN, {"could_not_look": reason}, 0.0)
    return now


def _standing(platform: Platform, last: Report | None) -> dict[str, CheckResult]:
    """Return what the last run found, each with its time, as far as that still counts."""
    if last is None:
        return {}
    since = platform.clock.now() - STANDS_FOR
    return {
        check.id: msgspec.structs.replace(check, evidence=_dated(check, last))
        for result in last.promises
        for check in result.checks
        if check.state is not CheckState.NOT_BUILT and looked_at(check, last) > since
    }


def _dated(check: CheckResult, report: Report) -> dict[str, Any]:
    return {**check.evidence, LOOKED_AT: looked_at(check, report).isoformat(timespec="seconds")}


async def _tell(platform: Platform, changes: list[Change]) -> None:
    """Write to every operator, and to the log; when nobody can be written to, the run is recorded all the same."""
    broken = [change.promise for change in changes if change.now == _BROKEN]
    mended = [change.promise for change in changes if change.now != _BROKEN]
    if broken:
        log.error("promises broken: %s", ", ".join(broken))
    if mended:
        log.warning("promises no longer broken: %s", ", ".join(mended))
    parameters = {"broken": " ".join(broken), "mended": " ".join(mended)}
    try:
        async with platform.database.maintenance() as tx:
            operators = await store.operators_to_tell(tx)
        async with platform.database.transaction("gate") as tx:
            for operator in operators:
                await queue_mail_at_gate(tx, platform.vault, operator, "trust/promises-changed", parameters)
    except UpheldError as error:
        log.error("no operator could be told: %s", type(error).__name__)  # noqa: TRY400 - said by kind, as everywhere
