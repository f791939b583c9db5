"""The page of limits, written from the rules themselves: `python -m tools.limits`."""

from datetime import timedelta
from pathlib import Path

from upheld.platform.counters import By, Limit
from upheld.platform.limits import rules

PAGE = Path("docs/operating/limits.md")

_HEAD = """# Limits

Written by `make fix` from `src/upheld/platform/limits/rules.py`; a test keeps the two equal.

Each figure holds in *any* stretch of that time, wherever it begins, across every process and node
([ADR 0023](../adr/0023-limits-are-logs-in-one-store.md)). A try that was refused is not counted: whoever
waits as long as they are told gets in. They are told how long (`Retry-After`, status 429) and lose nothing
they typed. Addresses are kept as keyed hashes only; of IPv6 the /64 counts.

**Nobody is kept out by others.** A browser in which somebody has signed in holds a cookie by which the
account knows it, and is counted for itself: guesses of strangers, at the account, from the same address or
everywhere, do not touch it. Another browser of theirs waits with the strangers while an attack goes on; they
need not wait where they have a passkey or another site to sign in with, and a new password, set by a link
that is mailed to them, makes that browser known as well.

Counts lie in the database, or in a Valkey or Redis that `UPHELD_LIMITS` names. While that is away, what could
be guessed is refused (status 503) and everything else goes on. It must not evict (`maxmemory-policy
noeviction`), or a flood of names would make room for guesses; what it forgets at a restart without
persistence begins anew.

| limit | figures | counted for each | protects |
|---|---|---|---|
"""

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def all_limits() -> list[Limit]:
    """Return every limit, in the order of the source."""
    return [found for found in vars(rules).values() if isinstance(found, Limit)]


def page() -> str:
    """Return the page as it should be."""
    return _HEAD + "".join(_row(limit) for limit in all_limits())


def _row(limit: Limit) -> str:
    figures = ", ".join(f"{many:,} in {_said(per)}" for many, per in limit.figures)
    whose = "all together" if limit.by is By.EVERYONE else limit.by
    return f"| {limit.name} | {figures} | {whose} | {limit.protects} |\n"


def _said(time: timedelta) -> str:
    seconds = round(time.total_seconds())
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size} {unit}{'s' if seconds > size else ''}"


if __name__ == "__main__":
    PAGE.write_text(page())
