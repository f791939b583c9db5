"""Tries that are to be counted together."""

import asyncio
import datetime as dt

from upheld.platform.limits import Limit


async def within_one_window(limit: Limit, needed: dt.timedelta = dt.timedelta(seconds=20)) -> None:
    """Wait until the stretch of time in which tries are counted together lasts long enough for a few.

    Stretches begin at fixed times, whoever tries: what is spent at the end of one is there again
    at the beginning of the next.
    """
    left = limit.per - (dt.datetime.now(dt.UTC) - dt.datetime.min.replace(tzinfo=dt.UTC)) % limit.per
    if left < needed:
        await asyncio.sleep(left.total_seconds() + 0.1)
