"""The worker: background work, each piece under the context that was stored with it.

PgQueuer hands out what is due; a piece carries ids and a secret. The secret opens a context
for one person and one duty, so a worker that is tricked into the wrong id sees nothing.

A piece that fails is put back and tried again, later each time, until its secret expires. A
worker that is killed stops its heartbeat, and another takes its pieces over.
"""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec

from upheld.features.accounts.jobs import deliver_mail
from upheld.features.organisations.jobs import mail_invitation, remind_of_factors
from upheld.features.privacy.duties import rotate_when_due, tidy
from upheld.features.privacy.jobs import erase
from upheld.features.privacy.queries import check_register
from upheld.kit.errors import AwayError
from upheld.main.counting import counted, keep_counting
from upheld.main.dependencies import scan_installed
from upheld.main.proving import kept_proving
from upheld.platform.install import url
from upheld.platform.mail import Mailer, open_mailer
from upheld.platform.reach import tls_for
from upheld.platform.services import Platform, open_platform
from upheld.platform.settings import Settings

# PgQueuer reads where its tables are from the environment, once, when it is imported.
os.environ.setdefault("PGQUEUER_SCHEMA", "queue")
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job, Schedule, TracebackRecord
from pgqueuer.queries import Queries
from pgqueuer.types import JOB_STATUS, QueueEntrypoint, QueueExecutionMode

log = logging.getLogger("upheld.worker")

ROLES = ("worker", "maintenance")

PATIENCE = timedelta(seconds=30)
"""How long a worker may be silent before another takes its work over."""

FIRST_RETRY, LAST_RETRY = timedelta(seconds=5), timedelta(minutes=15)

TIDY_AT, ROTATE_AT, SCAN_AT, REMIND_AT = "*/10 * * * *", "0 * * * *", "23 4 * * *", "37 * * * *"
ALL_FILES_EVERY = timedelta(hours=24)
"""How often `tidy` goes through all files instead of those of the last hours; first when the worker starts."""

Do = Callable[[UUID, str], Awaitable[None]]


class Piece(msgspec.Struct):
    """What the payload of a piece of work holds."""

    id: UUID
    secret: str


class OwnEvents(AsyncpgDriver):
    """Listens for changes of the queue only.

    Every role of the database may notify, and PgQueuer takes a notification's word for it that
    a piece was called off: a forged one would make an erasure disappear from the queue.
    """

    async def add_listener(self, channel: str, callback: Callable[[str | bytes | bytearray], None]) -> None:
        """Pass on what says that the table has changed."""

        def listen(payload: str | bytes | bytearray) -> None:
            if is_table_change(payload):
                callback(payload)

        await super().add_listener(channel, listen)


class _Event(msgspec.Struct):
    type: str


class UnreadablePieceError(Exception):
    """A piece of work whose payload is not one of ours; it is never tried again."""


class QuietQueries(Queries):
    """The queue's statements, without tracebacks: their words may quote a person's data.

    The policy on the log refuses them too; with one inside, a whole batch would be lost.
    """

    async def log_jobs(self, job_status: list[tuple[Job, JOB_STATUS, TracebackRecord | None]]) -> None:
        """File what became of pieces of work."""
        await super().log_jobs([(job, status, None) for job, status, _ in job_status])

    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:  # noqa: ARG002 - dropped on purpose
        """Put a piece back."""
        await super().retry_job(job, delay, None)


class DueQueries(QuietQueries):
    """The same for `drain`, to which work that is not due yet is no work."""

    async def queued_work(self, entrypoints: list[QueueEntrypoint]) -> int:
        """Count what is due."""
        return await self.eligible_queued_work(entrypoints)


async def work(settings: Settings, mailer: Mailer | None = None, patience: timedelta = PATIENCE) -> None:
    """Do background work until SIGTERM or SIGINT; what is out of reach is tried again until it is back.

    Raises:
        RegisterError: somebody who was erased is here again; nothing is done until that is mended.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    # Beside everything else: a queue that fails is nothing to stop proving for.
    async with kept_proving(stopping, settings):
        await _work_through(stopping, settings, mailer or open_mailer(settings), patience)


async def _work_through(stopping: asyncio.Event, settings: Settings, mailer: Mailer, patience: timedelta) -> None:
    while not stopping.is_set():
        try:
            async with open_platform(settings, ROLES) as platform:
                await check_register(platform)
                await _work_until(stopping, platform, mailer, patience)
        except (
            AwayError,
            OSError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        ) as error:
            log.error("something is out of reach, trying again: %s", type(error).__name__)  # noqa: TRY400 - a trace may quote a person's data
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), 1)


async def drain(platform: Platform, mailer: Mailer) -> None:
    """Do the background work that is due, then return; for tests and for `upheld` commands."""
    async with _queue(platform, mailer, DueQueries) as queue:
        await queue.run(mode=QueueExecutionMode.drain, dequeue_timeout=timedelta(0))


async def _work_until(stopping: asyncio.Event, platform: Platform, mailer: Mailer, patience: timedelta) -> None:
    async with _queue(platform, mailer, QuietQueries) as queue:
        _schedule(queue, platform)

        async def stop() -> None:
            await stopping.wait()
            queue.shutdown.set()

        # Turns of the sweeper are ten minutes apart: after a standstill the first must not wait for its own.
        first_turn = _on_schedule("tidy", tidy(platform, all_files=False))
        besides = (stop(), keep_counting(stopping, platform), first_turn)
        beside = [asyncio.create_task(one) for one in besides]
        try:
            await queue.run(dequeue_timeout=min(patience, timedelta(seconds=30)), heartbeat_timeout=patience)
        finally:
            for task in beside:
                task.cancel()


@asynccontextmanager
async def _queue(platform: Platform, mailer: Mailer, queries: type[QuietQueries]) -> AsyncGenerator[PgQueuer]:
    """Yield the queue with every duty registered, on a connection of its own."""
    settings = platform.settings
    connection = await asyncpg.connect(
        url(settings.database, "worker", settings.secret("worker")), ssl=tls_for(settings.database), timeout=5
    )
    try:
        driver = OwnEvents(connection)
        queue = PgQueuer(driver, queries=queries(driver))
        _register(queue, "mail", lambda message, secret: deliver_mail(platform, mailer, message, secret))
        _register(queue, "invitation", lambda invited, secret: mail_invitation(platform, mailer, invited, secret))
        _register(queue, "erasure", lambda erasure, secret: erase(platform, mailer, erasure, secret))
        yield queue
    finally:
        await connection.close()


def _register(queue: PgQueuer, duty: str, do: Do) -> None:
    async def attempt(job: Job) -> None:
        await _attempt(duty, job, do)

    queue.entrypoint(duty)(attempt)


def _schedule(queue: PgQueuer, platform: Platform) -> None:
    """Register the platform's own duties; of several workers, one takes each turn."""
    all_files_due = platform.clock.now()

    async def tidy_now(_: Schedule) -> None:
        nonlocal all_files_due
        all_files = platform.clock.now() >= all_files_due
        if await _on_schedule("tidy", tidy(platform, all_files=all_files)) and all_files:
            all_files_due = platform.clock.now() + ALL_FILES_EVERY

    async def rotate_now(_: Schedule) -> None:
        await _on_schedule("rotate", rotate_when_due(platform))

    queue.schedule("tidy", TIDY_AT)(tidy_now)

    async def scan_now(_: Schedule) -> None:
        await _on_schedule("scan", scan_installed(platform.settings))

    async def remind_now(_: Schedule) -> None:
        await _on_schedule("remind", remind_of_factors(platform))

    queue.schedule("rotate", ROTATE_AT)(rotate_now)
    queue.schedule("scan", SCAN_AT)(scan_now)
    queue.schedule("remind", REMIND_AT)(remind_now)


async def _attempt(duty: str, job: Job, do: Do) -> None:
    """Try a piece; a failure is named by its kind only, since its words may quote a person's data."""
    try:
        piece = msgspec.json.decode(job.payload or b"", type=Piece)
    except msgspec.DecodeError:
        log.critical("%s has a payload that is not ours", duty)
        raise UnreadablePieceError from None
    try:
        async with counted(duty):
            await do(piece.id, piece.secret)
    except Exception as error:  # noqa: BLE001 - rendered here, the job's edge
        log.error("%s failed, trying again: %s", duty, type(error).__name__)  # noqa: TRY400 - a trace may quote a person\'s data
        raise RetryRequested(retry_delay(job.attempts), type(error).__name__) from None


async def _on_schedule(duty: str, doing: Awaitable[object]) -> bool:
    """Do a platform's duty, and say whether it was done; when it fails, its next turn comes by itself."""
    try:
        await doing
    except Exception as error:  # noqa: BLE001 - rendered here, the duty's edge
        log.error("%s failed: %s", duty, type(error).__name__)  # noqa: TRY400 - a trace may quote a person\'s data
        return False
    return True


def is_table_change(payload: str | bytes | bytearray) -> bool:
    """Whether a notification says that the queue's table has changed, and nothing else."""
    try:
        return msgspec.json.decode(payload, type=_Event).type == "table_changed_event"
    except msgspec.MsgspecError:
        return False


def retry_delay(attempts: int) -> timedelta:
    """Return how long to wait after a failure: twice as long each time, up to a bound."""
    return min(FIRST_RETRY * 2 ** min(attempts, 10), LAST_RETRY)
