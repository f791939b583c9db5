"""Running the checks of promises, one after the other, and signing what they found."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from upheld.features.trust.errors import OutOfReachError
from upheld.features.trust.model import Check, CheckResult, Promise, PromiseResult, PromiseState, Report
from upheld.features.trust.probe import CheckState, Finding
from upheld.features.trust.scene import Scene
from upheld.features.trust.states import said, state_of
from upheld.kit.errors import UpheldError
from upheld.platform.services import Platform
from upheld.platform.signatures import public_hex, signed

log = logging.getLogger("upheld.trust")

OUT_OF_REACH = "out of reach"
"""In the evidence of a check that whoever ran it has no access for; somebody else may have proven it."""

LOOKED_AT = "looked at"
"""In the evidence of what a run on record took over from an earlier one: when that one looked.

Both have a space, which no fact that a probe names can have."""


class Watcher(Protocol):
    """Somebody who watches a run."""

    def begins(self, check: Check) -> None:
        """Hear that a check begins."""
        ...

    def ends(self, promise: Promise, result: CheckResult) -> None:
        """Hear that a check has ended."""
        ...


async def run(scene: Scene, promises: Sequence[Promise], watcher: Watcher) -> Report:
    """Run every check of these promises and return the signed evidence.

    Args:
        scene: the deployment; its probe people are removed before this returns.
        promises: what to prove.
        watcher: hears of every check as it begins and ends.
    """
    results: list[PromiseResult] = []
    try:
        for promise in promises:
            found = [await _one(scene, promise, check, watcher) for check in promise.checks]
            results.append(PromiseResult(promise.id, said([check.state for check in found]), found))
    finally:
        await scene.close()
    return sign(Report(results, summary_of(scene.platform, results)), scene.platform.keys.signing_key())


async def _one(scene: Scene, promise: Promise, check: Check, watcher: Watcher) -> CheckResult:
    if check.probe is None:
        result = CheckResult(check.id, CheckState.NOT_BUILT, {"brought_by": str(check.work)}, 0.0)
    else:
        watcher.begins(check)
        began = time.monotonic()
        finding = await _looked(scene, check)
        result = CheckResult(check.id, finding.state, finding.evidence, round(time.monotonic() - began, 3))
    watcher.ends(promise, result)
    return result


async def _looked(scene: Scene, check: Check) -> Finding:
    """Let a probe look; whatever keeps it from looking leaves the check unproven."""
    assert check.probe is not None  # noqa: S101 - the caller has seen to it
    try:
        return await check.probe.look(scene)
    except OutOfReachError as error:
        return Finding(CheckState.UNPROVEN, {"could_not_look": error.message, OUT_OF_REACH: True})
    except UpheldError as error:
        return Finding(CheckState.UNPROVEN, {"could_not_look": error.message})
    except Exception as error:  # noqa: BLE001 - a probe that fails proves nothing, and must not end the run
        log.error("%s: %s", check.id, type(error).__name__)  # noqa: TRY400 - its words and trace might quote data
        return Finding(CheckState.UNPROVEN, {"could_not_look": f"the probe failed: {type(error).__name__}"})


def summary_of(platform: Platform, results: Sequence[PromiseResult]) -> dict[str, object]:
    """Return what stands above the results: where, when, how many came to which state, and the public key."""
    states = Counter(state_of([check.state for check in result.checks]) for result in results)
    return {
        "address": platform.settings.address,
        "at": platform.clock.now().isoformat(timespec="seconds"),
        "promises": len(results),
        **{state.name.lower(): states[state] for state in PromiseState},
        "public_key": public_hex(platform.keys.signing_key()),
    }


def sign(report: Report, key: Ed25519PrivateKey) -> Report:
    """Return a report with its signature."""
    return msgspec.structs.replace(report, signature=signed(msgspec.to_builtins(report), key)["signature"])
