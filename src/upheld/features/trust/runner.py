"""Running the checks of promises, one after the other, and signing what they found."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from upheld.features.trust.model import Check, CheckResult, Promise, PromiseResult, PromiseState, Report
from upheld.features.trust.probe import CheckState, Finding
from upheld.features.trust.scene import Scene
from upheld.features.trust.states import said, state_of
from upheld.kit.errors import UpheldError

log = logging.getLogger("upheld.trust")


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
    return sign(Report(results, _summary(scene, results)), scene.platform.keys.signing_key())


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
    except UpheldError as error:
        return Finding(CheckState.UNPROVEN, {"could_not_look": error.message})
    except Exception as error:  # noqa: BLE001 - a probe that fails proves nothing, and must not end the run
        log.error("%s: %s", check.id, type(error).__name__)  # noqa: TRY400 - its words and trace might quote data
        return Finding(CheckState.UNPROVEN, {"could_not_look": f"the probe failed: {type(error).__name__}"})


def _summary(scene: Scene, results: Sequence[PromiseResult]) -> dict[str, object]:
    states = Counter(state_of([check.state for check in result.checks]) for result in results)
    public = scene.platform.keys.signing_key().public_key().public_bytes_raw()
    return {
        "address": scene.settings.address,
        "at": scene.platform.clock.now().isoformat(timespec="seconds"),
        "promises": len(results),
        **{state.name.lower(): states[state] for state in PromiseState},
        "public_key": public.hex(),
    }


def sign(report: Report, key: Ed25519PrivateKey) -> Report:
    """Sign the canonical bytes (RFC 8785) of everything but the signature (Ed25519, in hexadecimal)."""
    return msgspec.structs.replace(report, signature=key.sign(signed_bytes(report)).hex())


def is_genuine(report: Report, key: Ed25519PublicKey) -> bool:
    """Whether a report is as it was signed."""
    try:
        key.verify(bytes.fromhex(report.signature), signed_bytes(report))
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_bytes(report: Report) -> bytes:
    """Return the bytes that are signed."""
    content: dict[str, object] = msgspec.to_builtins(report)
    del content["signature"]
    return rfc8785.dumps(content)  # pyright: ignore[reportArgumentType] - plain JSON values
