"""Where tries are counted: one store that every process and node shares.

A count is a log of when something was tried, as long as its limit. It is exact by the store's own
clock: a node whose clock is wrong counts like the others.
"""

from upheld.platform.counters.limit import By, Counters, Limit, Names
from upheld.platform.counters.redis import RedisCounters
from upheld.platform.counters.table import TableCounters
from upheld.platform.settings import Settings

__all__ = ["By", "Counters", "Limit", "Names", "RedisCounters", "TableCounters", "open_counters"]


def open_counters(settings: Settings) -> Counters:
    """Return the store of a deployment: its database, or the Valkey or Redis it names.

    Raises:
        SettingsError: the one it names cannot be used, or would be reached in the clear.
    """
    return RedisCounters.named(settings) if settings.limits else TableCounters()
