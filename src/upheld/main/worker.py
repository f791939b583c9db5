"""The worker: background work, each piece under the context that was stored with it.

PgQueuer hands out what is due; a piece carries ids and a secret. The secret opens a context
for one person and one duty, so a worker that is tricked into the wrong id sees nothing.
"""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec

from upheld.features.accounts import jobs as accounts_jobs
from upheld.platform.database import tls_for
from upheld.platform.install import url
from upheld.platform.mail import Mailer, open_mailer
from upheld.platform.services import Platform, open_platform
from upheld.platform.settings import Settings

# PgQueuer reads where its tables are from the environment, once, when it is imported.
os.environ.setdefault("PGQUEUER_SCHEMA", "queue")
from pgqueuer import PgQueuer  # noqa: E402
from pgqueuer.db import AsyncpgDriver  # noqa: E402
from pgqueuer.models import Job  # noqa: E402
from pgqueuer.types import QueueExecutionMode  # noqa: E402

log = logging.getLogger("upheld.worker")

ROLES = ("worker", "maintenance")


class Piece(msgspec.Struct):
    """What the payload of a piece of work holds."""

    id: UUID
    secret: str


class WorkFailedError(Exception):
    """A piece of work failed; what it was about is not repeated here."""


async def work(settings: Settings) -> None:
    """Do background work until SIGTERM or SIGINT."""
    async with open_platform(settings, ROLES) as platform, _queue(platform, open_mailer(settings)) as queue:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, queue.shutdown.set)
        await queue.run()


async def drain(platform: Platform, mailer: Mailer) -> None:
    """Do the background work that is due, then return; for tests and for `upheld` commands."""
    async with _queue(platform, mailer) as queue:
        await queue.run(mode=QueueExecutionMode.drain, dequeue_timeout=timedelta(0))


@asynccontextmanager
async def _queue(platform: Platform, mailer: Mailer) -> AsyncIterator[PgQueuer]:
    """Yield the queue with every duty registered, on a connection of its own."""
    settings = platform.settings
    connection = await asyncpg.connect(
        url(settings.database, "worker", settings.secret("worker")), ssl=tls_for(settings.database)
    )
    queue = PgQueuer(AsyncpgDriver(connection))

    @queue.entrypoint("mail")
    async def mail(job: Job) -> None:
        await _quietly("mail", job, lambda piece: accounts_jobs.deliver_mail(platform, mailer, piece.id, piece.secret))

    _ = mail
    try:
        yield queue
    finally:
        await connection.close()


async def _quietly(duty: str, job: Job, do: Callable[[Piece], Awaitable[None]]) -> None:
    """Run a piece; a failure is named by its kind only, since its words may quote a person's data."""
    try:
        await do(msgspec.json.decode(job.payload or b"", type=Piece))
    except Exception as error:  # noqa: BLE001 - rendered here, the job's edge
        log.error("%s failed: %s", duty, type(error).__name__)
        raise WorkFailedError(type(error).__name__) from None


