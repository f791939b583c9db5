"""What the trust pages show: the last run on record, beside what is promised and what was found before.

Nothing here decides a state. It is read off the signed run; whatever the run does not know of is
shown as not checked.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import msgspec

from upheld.features.trust import store
from upheld.features.trust.errors import ForgedRunError, NoSuchPromiseError
from upheld.features.trust.model import Check, CheckResult, Promise, PromiseResult, PromiseState, Report
from upheld.features.trust.probe import CheckState
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.runner import LOOKED_AT, OUT_OF_REACH
from upheld.features.trust.runs import Change, changed, genuine, last_run, looked_at
from upheld.platform.database import Transaction
from upheld.platform.i18n import mark
from upheld.platform.services import Platform

SHOWN_RUNS = 60
"""How many runs the history goes back."""

OLD_AFTER = dt.timedelta(days=2)
"""A last run older than this is said to be old: something has kept the checks from running."""

BEST_FIRST = [
    PromiseState.UPHELD, PromiseState.PARTLY, PromiseState.UNPROVEN, PromiseState.BROKEN, PromiseState.NOT_BUILT,
]  # fmt: skip
"""The states in the order in which the page counts them."""

FAMILIES = {
    "edge": mark("The way in"),
    "auth": mark("Signing in"),
    "access": mark("Who sees what"),
    "store": mark("How data is kept"),
    "data": mark("Your data, and your say in it"),
    "proctor": mark("Assessments"),
    "agent": mark("Watched interviews"),
    "org": mark("Who stands behind it"),
}
"""What the first half of a promise's name stands for, in the order of the page."""


@dataclass(frozen=True)
class ShownCheck:
    """A check, and what the last run found."""

    check: Check
    result: CheckResult | None
    at: dt.datetime | None

    @property
    def state(self) -> CheckState:
        """What became of it; what no run has looked at is unproven."""
        if self.check.probe is None:
            return CheckState.NOT_BUILT
        return CheckState.UNPROVEN if self.result is None else self.result.state

    @property
    def reasons(self) -> list[str]:
        """Why it is not passed, as the probe said it."""
        found = {} if self.result is None else self.result.evidence
        said = found.get("faults") or found.get("not_looked_at") or [found.get("could_not_look")]
        return [str(reason) for reason in said if reason]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What else the probe noted down, by name."""
        found = {} if self.result is None else self.result.evidence
        left_out = {LOOKED_AT, OUT_OF_REACH, "faults", "fault_count", "not_looked_at", "could_not_look", "brought_by"}
        return [(name.replace("_", " "), _text(value)) for name, value in found.items() if name not in left_out]


@dataclass(frozen=True)
class Stretch:
    """Some runs after each other that came to the same state; counted from the oldest shown."""

    state: str
    begins: int
    runs: int


@dataclass(frozen=True)
class ShownPromise:
    """A promise, as the pages show it."""

    promise: Promise
    state: PromiseState
    checks: list[ShownCheck]
    history: list[tuple[dt.datetime, str]]

    @property
    def passed(self) -> int:
        """How many of its checks passed."""
        return sum(check.state is CheckState.PASSED for check in self.checks)

    @property
    def at(self) -> dt.datetime | None:
        """When it was last checked as a whole: the oldest look of those that count."""
        return min((check.at for check in self.checks if check.at is not None), default=None)

    @property
    def since(self) -> dt.datetime | None:
        """Since when it has been as it is now, as far back as the history goes."""
        found = None
        for at, state in reversed(self.history):
            if state != self.state:
                break
            found = at
        return found

    @property
    def stretches(self) -> list[Stretch]:
        """The history, for a chart: one stretch for each change."""
        found: list[Stretch] = []
        for state, group in groupby(self.history, key=lambda moment: moment[1]):
            begins = found[-1].begins + found[-1].runs if found else 0
            found.append(Stretch(state, begins, len(list(group))))
        return found


@dataclass(frozen=True)
class Evidence:
    """Everything that /trust shows. Without a run there is nothing, and it says so."""

    report: Report | None
    at: dt.datetime | None
    is_first: bool
    is_old: bool
    promises: list[ShownPromise]
    changes: list[Change]

    @property
    def counts(self) -> dict[PromiseState, int]:
        """How many promises came to each state."""
        counted = Counter(promise.state for promise in self.promises)
        return {state: counted[state] for state in PromiseState}

    def family(self, name: str, state: str = "") -> list[ShownPromise]:
        """Return the promises of a family, or those of one state among them."""
        family = [promise for promise in self.promises if promise.promise.id.startswith(f"{name}.")]
        return [promise for promise in family if not state or promise.state == state]


async def evidence(tx: Transaction, platform: Platform) -> Evidence:
    """Return what /trust shows.

    Raises:
        ForgedRunError: the run on record was not signed by this deployment.
    """
    stored = await store.last_run(tx)
    if stored is None:
        return Evidence(None, None, is_first=False, is_old=False, promises=_shown(PROMISES, None, []), changes=[])
    report = genuine(stored, platform)
    before = await store.run_before(tx, stored.number)
    at = dt.datetime.fromisoformat(report.summary["at"])
    return Evidence(
        report,
        at,
        is_first=before is None,
        is_old=platform.clock.now() - at > OLD_AFTER,
        promises=_shown(PROMISES, report, await store.run_states(tx, SHOWN_RUNS)),
        changes=changed(_read(before, platform), report) if before else [],
    )


async def one_promise(tx: Transaction, platform: Platform, name: str) -> ShownPromise:
    """Return one promise with everything that is known of it.

    Raises:
        NoSuchPromiseError: nothing of this name is promised.
        ForgedRunError: the run on record was not signed by this deployment.
    """
    promise = next((promise for promise in PROMISES if promise.id == name), None)
    if promise is None:
        raise NoSuchPromiseError
    report = await last_run(tx, platform)
    return _shown([promise], report, await store.run_states(tx, SHOWN_RUNS))[0]


def _shown(
    promises: Sequence[Promise], report: Report | None, history: Sequence[store.RunStates]
) -> list[ShownPromise]:
    found = {} if report is None else {result.id: result for result in report.promises}
    oldest_first = [(run.at, dict(zip(run.promises, run.states, strict=True))) for run in reversed(history)]
    return [
        ShownPromise(
            promise,
            _state(promise, found.get(promise.id)),
            [_shown_check(check, found.get(promise.id), report) for check in promise.checks],
            [(at, _name(states[promise.id])) for at, states in oldest_first if promise.id in states],
        )
        for promise in promises
    ]


def _shown_check(check: Check, promise: PromiseResult | None, report: Report | None) -> ShownCheck:
    result = next((one for one in promise.checks if one.id == check.id), None) if promise else None
    is_looked_at = result is not None and report is not None and result.state is not CheckState.NOT_BUILT
    return ShownCheck(check, result, looked_at(result, report) if is_looked_at and result and report else None)


def _state(promise: Promise, result: PromiseResult | None) -> PromiseState:
    """Return the state that the run names; a promise that it does not know is unproven, or not built."""
    if result is not None:
        return PromiseState(_name(result.state))
    is_built = any(check.probe is not None for check in promise.checks)
    return PromiseState.UNPROVEN if is_built else PromiseState.NOT_BUILT


def _name(state: str) -> str:
    return state.split(",", maxsplit=1)[0]


def _read(stored: store.StoredRun, platform: Platform) -> Report | None:
    """Return the run before the last; one that is not ours changes nothing."""
    try:
        return genuine(stored, platform)
    except ForgedRunError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
