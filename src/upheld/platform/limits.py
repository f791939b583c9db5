"""Limits on what can be guessed or flooded, counted in one shared store.

The store is a table; its functions count in one statement, so the count is exact across
processes and nodes. Counting is an *attempt*: it is committed on its own.
"""

from dataclasses import dataclass
from datetime import timedelta

from upheld.kit.errors import TooSoonError
from upheld.platform.database import Query, Transaction
from upheld.platform.services import Platform

_TAKE = Query("take_from_limit", "select upheld.take_from_limit($1, $2, $3)", "Takes one from a limit.")
_LOOK = Query("look_at_limit", "select upheld.look_at_limit($1, $2, $3)", "Looks whether a limit is spent.")


@dataclass(frozen=True)
class Limit:
    """At most so many tries in so long a time, by the same subject."""

    name: str
    at_most: int
    per: timedelta


async def take(tx: Transaction, platform: Platform, limit: Limit, subject: str) -> None:
    """Count a try.

    Raises:
        TooSoonError: there have been too many; it says how many seconds to wait.
    """
    wait = await tx.value(_TAKE, platform.limit_subject(limit.name, subject, limit.per), limit.at_most, limit.per)
    if wait:
        raise TooSoonError(wait)


async def count(tx: Transaction, platform: Platform, limit: Limit, subject: str) -> None:
    """Count a failure, without refusing it: the next look will."""
    await tx.value(_TAKE, platform.limit_subject(limit.name, subject, limit.per), limit.at_most, limit.per)


async def look(tx: Transaction, platform: Platform, limit: Limit, subject: str) -> None:
    """Refuse when a limit is spent, without counting.

    Raises:
        TooSoonError: it is spent.
    """
    wait = await tx.value(_LOOK, platform.limit_subject(limit.name, subject, limit.per), limit.at_most, limit.per)
    if wait:
        raise TooSoonError(wait)
