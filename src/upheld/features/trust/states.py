"""From what the checks found to what became of a promise."""

from collections.abc import Sequence

from upheld.features.trust.model import Promise, PromiseState
from upheld.features.trust.probe import CheckState


def state_of(found: Sequence[CheckState]) -> PromiseState:
    """Return what became of a promise whose checks came to these states.

    Worst first: one failure breaks it; one that could not run leaves it unproven, whatever
    else passed; one that is not built yet leaves it partly shown.
    """
    if CheckState.FAILED in found:
        return PromiseState.BROKEN
    built = [state for state in found if state is not CheckState.NOT_BUILT]
    if not built:
        return PromiseState.NOT_BUILT
    if CheckState.UNPROVEN in built:
        return PromiseState.UNPROVEN
    return PromiseState.UPHELD if len(built) == len(found) else PromiseState.PARTLY


def said(found: Sequence[CheckState]) -> str:
    """Return the state as it is shown: its name, with the count where that is the point."""
    state = state_of(found)
    if state is PromiseState.PARTLY:
        return f"{state}, {sum(one is CheckState.PASSED for one in found)} of {len(found)}"
    return str(state)


def exit_code(states: Sequence[PromiseState]) -> int:
    """Return 1 when a promise is broken, 2 when one is not fully proven, 0 when all are upheld."""
    if PromiseState.BROKEN in states:
        return 1
    return 0 if all(state is PromiseState.UPHELD for state in states) else 2


def chosen(promises: Sequence[Promise], names: Sequence[str]) -> list[Promise]:
    """Return the promises of these names; `access` stands for everything that begins with it."""
    if not names:
        return list(promises)
    return [p for p in promises if any(p.id == name or p.id.startswith(f"{name}.") for name in names)]
