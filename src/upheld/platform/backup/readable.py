"""What a keyring cannot open: values whose key is neither in it nor was destroyed by an erasure."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from upheld.platform import naming
from upheld.platform.database import load_queries

_Q = load_queries("upheld.platform.backup")
_KEYRING = load_queries("upheld.platform.backup.keyring")


async def unreadable(data: Any, keyring: Any, erased: Collection[UUID]) -> dict[str, int]:  # noqa: ANN401 - asyncpg's own connections
    """Return how many values of each column have lost their key, other than by an erasure.

    Args:
        data: connected to the data as an administrator.
        keyring: connected to the keyring as an administrator.
        erased: who is in the register of erasures; their keys are gone on purpose.
    """
    async with keyring.transaction(readonly=True):
        known = {row["id"].bytes async for row in keyring.cursor(_KEYRING["key_ids"].sql, prefetch=10_000)}
    gone = set(erased)
    lost: dict[str, int] = {}
    async with data.transaction(isolation="repeatable_read", readonly=True):
        await data.execute(_Q["qualified_names"].sql)
        for tab, col, whose in await data.fetch(_Q["sealed_columns"].sql):
            count = 0
            async for row in data.cursor(naming.sealed_values(tab, col, whose), prefetch=10_000):
                count += row["key"] not in known and row["whose"] not in gone
            if count:
                lost[f"{tab}.{col}"] = count
    return lost
