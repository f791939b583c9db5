"""Counts in the database that is there anyway: each question is one statement."""

from upheld.platform.counters.limit import Limit, Names
from upheld.platform.database import Query, Transaction

_TAKE = Query("take_from_limit", "select upheld.take_from_limit($1, $2, $3, $4)", "Takes one from a limit.")
_LOOK = Query("look_at_limit", "select upheld.look_at_limit($1, $2, $3, $4)", "Looks whether a limit is spent.")


class TableCounters:
    """The table `limit_counters`. A count is committed with the transaction that it is part of."""

    async def take(self, tx: Transaction, names: Names, limit: Limit) -> int:
        """Count a try, unless a figure is spent; return the seconds to wait."""
        return await tx.value(_TAKE, names.now, names.before, *_figures(limit))

    async def look(self, tx: Transaction, names: Names, limit: Limit) -> int:
        """Look whether a figure is spent; return the seconds to wait."""
        return await tx.value(_LOOK, names.now, names.before, *_figures(limit))

    async def aclose(self) -> None:
        """Hold nothing open."""


def _figures(limit: Limit) -> tuple[list[int], list[object]]:
    return [many for many, _ in limit.figures], [time for _, time in limit.figures]
