"""Audit entries a second: each in a transaction of its own, as a request that does one thing writes it."""

import asyncio
import time

from bench.figures import Figure
from bench.stage import Stage, staged
from tests.support.hiring import acting_in
from upheld.features.audit.actions import record
from upheld.features.audit.model import Action

AT_ONCE = 16
SECONDS = 6


async def measure() -> list[Figure]:
    """Return how many entries were on disk a second, origin sealed, context checked; and that none is missing."""
    async with staged() as stage:
        before = await _entries(stage)
        began = time.perf_counter()
        written = sum(await asyncio.gather(*(_write_until(stage, began + SECONDS) for _ in range(AT_ONCE))))
        seconds = time.perf_counter() - began
        kept = await _entries(stage) - before
    return [
        Figure("audit entries, committed one by one, 16 at once", written / seconds, "entries/s"),
        Figure("  acknowledged and not there", written - kept, at_most=0),
    ]


async def _write_until(stage: Stage, end: float) -> int:
    written = 0
    while time.perf_counter() < end:
        async with acting_in(stage.deployment, stage.application.owner) as acting:
            await record(acting, Action.JOB_CHANGED, "job", stage.application.job_id)
        written += 1
    return written


async def _entries(stage: Stage) -> int:
    async with stage.administering() as administrator:
        return int(await administrator.fetchval("select count(*) from upheld.audit_entries"))
