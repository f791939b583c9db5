"""What the front page tells: how much is promised and checked, what holds now, and an example to look at."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

from upheld.features.trust import store
from upheld.features.trust.errors import ForgedRunError
from upheld.features.trust.promises import PROMISES
from upheld.features.trust.runs import last_run
from upheld.platform.database import Transaction
from upheld.platform.services import Platform


@dataclass(frozen=True)
class Facts:
    """How much is promised, how many checks attack it today, and how many are still to be built."""

    promises: int
    checks: int
    missing: int


@dataclass(frozen=True)
class Standing:
    """How many promises the last run on record found upheld and how many broken, and when it ran."""

    upheld: int
    broken: int
    promises: int
    at: dt.datetime


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


_verified: dict[str, Standing] = {}
"""What the newest run says, by its signature: verifying it takes too long to do for every visitor."""


async def standing(tx: Transaction, platform: Platform) -> Standing | None:
    """Return what the last run on record says; nothing while there is none, or when it is not genuine."""
    signature = await store.last_signature(tx)
    if signature is None or signature in _verified:
        return _verified.get(signature or "")
    try:
        report = await last_run(tx, platform)
    except ForgedRunError:
        return None
    if report is None:
        return None
    found, at = report.summary, dt.datetime.fromisoformat(report.summary["at"])
    _verified.clear()
    _verified[report.signature] = Standing(found["upheld"], found["broken"], found["promises"], at)
    return _verified[report.signature]
