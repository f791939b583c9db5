"""What the worker counts for operators: its own work, what waits, and how the promises stand."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import msgspec

from upheld.features.trust.runs import last_run
from upheld.platform.database import Query
from upheld.platform.services import Platform
from upheld.platform.telemetry import metrics, traces

log = logging.getLogger("upheld.counting")

EVERY = 15.0
"""Seconds between two looks at the queue and at the promises; Prometheus asks about as often."""

DUTIES = ("mail", "erasure", "invitation")

_WAITING = Query(
    "waiting_work",
    "select entrypoint, count(*) as count from queue.pgqueuer group by entrypoint",
    "How much work waits.",
)


class _Waiting(msgspec.Struct):
    entrypoint: str
    count: int


@asynccontextmanager
async def counted(duty: str) -> AsyncGenerator[None]:
    """Time one piece of work, and note whether it was done."""
    began, outcome = time.perf_counter(), "failed"
    with traces.span(duty):
        try:
            yield
            outcome = "done"
        finally:
            metrics.WORK.labels(duty, outcome).observe(time.perf_counter() - began)


async def keep_counting(stopping: asyncio.Event, platform: Platform) -> None:
    """Look at what waits and at how the promises stand, until told to stop."""
    if not platform.settings.metrics_listen:
        return
    while not stopping.is_set():
        try:
            await _look(platform)
        except Exception as error:  # noqa: BLE001 - counting must not end because one look failed
            log.warning("nothing was counted: %s", type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY)


async def _look(platform: Platform) -> None:
    async with platform.database.transaction("worker") as tx:
        waiting = {one.entrypoint: one.count for one in await tx.all(_WAITING, into=_Waiting)}
    for duty in DUTIES:
        metrics.WAITING.labels(duty).set(waiting.get(duty, 0))
    async with platform.database.maintenance() as tx:
        report = await last_run(tx, platform)
    if report is not None:
        for state in ("upheld", "broken", "unproven"):
            metrics.PROMISES.labels(state).set(report.summary[state])
