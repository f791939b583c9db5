"""What the front page tells: how much is promised and checked, and an example to look at."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

from upheld.features.trust.promises import PROMISES


@dataclass(frozen=True)
class Facts:
    """How much is promised, how many checks attack it today, and how many are still to be built."""

    promises: int
    checks: int
    missing: int


@dataclass(frozen=True)
class Example:
    """An application that nobody sent; every figure that shows it says that it is an example."""

    sent: dt.datetime
    opened: dt.datetime
    resume: dt.datetime
    kept: dt.date


EXAMPLE = Example(
    sent=dt.datetime(2026, 3, 2, 18, 40, tzinfo=dt.UTC),
    opened=dt.datetime(2026, 3, 4, 10, 11, tzinfo=dt.UTC),
    resume=dt.datetime(2026, 3, 4, 10, 12, tzinfo=dt.UTC),
    kept=dt.date(2027, 4, 30),
)


@cache
def facts() -> Facts:
    """Count what is promised; the code is the list."""
    checks = [check for promise in PROMISES for check in promise.checks]
    built = sum(check.probe is not None for check in checks)
    return Facts(len(PROMISES), built, len(checks) - built)
