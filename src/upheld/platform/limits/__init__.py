"""Limits on what can be guessed or flooded, counted in one store that all processes share.

Which there are is said in `rules`, all in one place. Counting is an *attempt* (ADR 0003): it
lasts, whatever becomes of what was tried.
"""

from upheld.kit.addresses import neighbourhood
from upheld.kit.errors import TooSoonError
from upheld.platform.counters import By, Limit, Names
from upheld.platform.database import Transaction
from upheld.platform.services import Platform

__all__ = ["By", "Limit", "count", "look", "take", "wait_of"]


async def take(tx: Transaction, platform: Platform, limit: Limit, subject: str) -> None:
    """Count a try.

    Raises:
        TooSoonError: there have been too many; it says how many seconds to wait. Nothing was counted.
    """
    if wait := await count(tx, platform, limit, subject):
        raise TooSoonError(wait)


async def count(tx: Transaction, platform: Platform, limit: Limit, subject: str) -> int:
    """Count a try without refusing it; return the seconds to wait if the limit is spent, else zero."""
    return await platform.counters.take(tx, _names(platform, limit, subject), limit)


async def look(tx: Transaction, platform: Platform, limit: Limit, subject: str) -> None:
    """Refuse when a limit is spent, without counting.

    Raises:
        TooSoonError: it is spent.
    """
    if wait := await wait_of(tx, platform, limit, subject):
        raise TooSoonError(wait)


async def wait_of(tx: Transaction, platform: Platform, limit: Limit, subject: str) -> int:
    """Return the seconds to wait if a limit is spent, else zero; nothing is counted."""
    return await platform.counters.look(tx, _names(platform, limit, subject), limit)


def _names(platform: Platform, limit: Limit, subject: str) -> Names:
    return platform.limit_names(limit.name, neighbourhood(subject) if limit.by is By.ADDRESS else subject)
