"""Probes: small functions that look at a running deployment and say what they found.

Each declares the privilege it needs, what it costs, and whether it is safe in production.
A probe that cannot look says so with `CannotLookError`: the check is then unproven, never
green.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from upheld.features.trust.scene import Scene


class CheckState(StrEnum):
    """What became of a check."""

    PASSED = "passed"
    FAILED = "failed"
    UNPROVEN = "unproven"
    NOT_BUILT = "not built"


@dataclass(frozen=True)
class Finding:
    """What a probe found, with the facts that show it; they never contain personal data."""

    state: CheckState
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Probe:
    """A function that looks, and what it needs and costs."""

    look: Callable[[Scene], Awaitable[Finding]]
    privilege: str
    cost: str
    safe_in_production: bool


def probe(
    *, privilege: str, cost: str, safe_in_production: bool = True
) -> Callable[[Callable[[Scene], Awaitable[Finding]]], Probe]:
    """Declare a function to be a probe."""
    return lambda look: Probe(look, privilege, cost, safe_in_production)


def judged(faults: Sequence[object], **facts: object) -> Finding:
    """Return a finding that passes when no fault was found; at most fifty are listed."""
    state = CheckState.FAILED if faults else CheckState.PASSED
    shown = {"faults": [str(fault) for fault in faults[:50]], "fault_count": len(faults)} if faults else {}
    return Finding(state, {**shown, **facts})
