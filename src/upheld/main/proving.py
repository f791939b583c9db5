"""Runs of the promises' checks by themselves: started by the worker, each a process of its own.

A run is at the lowest priority, looks only at what may disturb nobody, gives way to whoever
asks for a run, and is ended when it takes too long. What it finds is put on record.
"""

import asyncio
import datetime as dt
import logging
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import click

from upheld.features.trust.errors import AnotherRunError
from upheld.features.trust.model import Check, CheckResult, Promise, Report
from upheld.features.trust.runner import run
from upheld.features.trust.runs import by_itself, is_due, record_run
from upheld.kit.errors import UpheldError
from upheld.main.parent import end_with_parent
from upheld.main.staging import staged, until_waited_for
from upheld.main.supervisor import environment_of
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings
from upheld.platform.telemetry import logs

log = logging.getLogger("upheld.trust")

FIRST_LOOK, LOOK_EVERY = dt.timedelta(seconds=10), dt.timedelta(minutes=1)
"""When the worker asks whether a run is due; the first look leaves a start-up alone."""

LONGEST_RUN = dt.timedelta(minutes=30)

_LOWEST_PRIORITY = 19
_PATIENCE = 5.0  # seconds in which a run that is told to end removes its probe people


@asynccontextmanager
async def kept_proving(stopping: asyncio.Event, settings: Settings) -> AsyncGenerator[None]:
    """Start a run whenever one is due, for as long as the block lasts; one under way ends with it."""
    proving = asyncio.create_task(_keep_proving(stopping, settings))
    try:
        yield
    finally:
        stopping.set()
        await asyncio.wait({proving}, timeout=_PATIENCE)
        proving.cancel()


async def _keep_proving(stopping: asyncio.Event, settings: Settings) -> None:
    wait = FIRST_LOOK
    while settings.proof_every and not await _comes(stopping, wait):
        wait = LOOK_EVERY
        try:
            async with open_platform(settings, ["maintenance"]) as platform:
                due = await is_due(platform)
            if due:
                await _run_apart(stopping, settings)
        except (UpheldError, OSError) as error:
            log.error("no run of the promises could be started: %s", type(error).__name__)  # noqa: TRY400 - said by kind


@click.command("prove", hidden=True)
def prove() -> None:
    """Run the checks that are due by themselves, quietly, and put on record what they find."""
    end_with_parent(signal.SIGINT)
    os.nice(_LOWEST_PRIORITY)
    settings = Settings.read()
    logs.speak("prove", settings)
    # Probes provoke what is logged as an error elsewhere; only what they find is news.
    logging.getLogger("upheld").setLevel(logging.CRITICAL)
    log.setLevel(logging.WARNING)
    with suppress(AnotherRunError, KeyboardInterrupt):
        asyncio.run(prove_once(settings))


async def prove_once(settings: Settings) -> Report | None:
    """Run what is due by itself and put it on record; None when somebody asked for a run meanwhile.

    Raises:
        CannotLookError: the deployment does not answer.
        AnotherRunError: another run is under way.
    """
    async with staged(settings, patience=dt.timedelta(seconds=1)) as scene:
        proving = asyncio.create_task(run(scene, await by_itself(scene.platform), _Unwatched()))
        waited_for = asyncio.create_task(until_waited_for(scene))
        await asyncio.wait({proving, waited_for}, return_when=asyncio.FIRST_COMPLETED)
        for task in (proving, waited_for):
            if not task.done():
                task.cancel()
        with suppress(asyncio.CancelledError):
            return await record_run(scene.platform, await proving)
        log.warning("a run of the promises gave way to one that was asked for")
        return None


class _Unwatched:
    """Watches a run that nobody watches."""

    def begins(self, check: Check) -> None:
        """Hear that a check begins."""

    def ends(self, promise: Promise, result: CheckResult) -> None:
        """Hear that a check has ended."""


async def _run_apart(stopping: asyncio.Event, settings: Settings) -> None:
    """Run `upheld prove` and wait for its end, for being told to stop, or for as long as a run may take."""
    command = [sys.executable, "-m", "upheld.main.cli", "prove"]
    process = await asyncio.create_subprocess_exec(*command, env=environment_of(settings))
    ended = asyncio.create_task(process.wait())
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({ended, told}, timeout=LONGEST_RUN.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not ended.done():
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)  # as Ctrl-C: it takes its probe people with it
        await ended
        log.warning("a run of the promises was ended before it was done")


async def _comes(event: asyncio.Event, within: dt.timedelta) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within.total_seconds())
    return event.is_set()
