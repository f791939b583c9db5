"""What reading a candidate's application costs beside a plain read: a journal entry and decryption more.

Both sides run one transaction each, context and commit included, through the application's own
doors: the plain one reads a job, the journaled one what a candidate sent, which writes into the
access journal before it answers and is opened with the candidate's key.
"""

import statistics
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bench.figures import Figure
from bench.stage import Stage, staged
from bench.statement import in_turns
from upheld.features.applications.queries import open_application
from upheld.features.jobs.queries import open_job
from upheld.platform.acting import Acting
from upheld.platform.web.visits import open_context


async def measure() -> list[Figure]:
    """Measure both reads in turns."""
    async with staged() as stage:
        pairs = await in_turns(lambda: _journaled(stage), lambda: _plain(stage), 5)
    return [
        Figure("a journaled read of ciphertext, decrypted", _median(pairs, 0), "ms"),
        Figure("a plain read", _median(pairs, 1), "ms"),
        Figure("the one beside the other", statistics.median(one / other for one, other in pairs), "x", at_most=3),
    ]


def _median(pairs: list[tuple[float, float]], which: int) -> float:
    return statistics.median(pair[which] for pair in pairs) * 1e3


@asynccontextmanager
async def _member(stage: Stage) -> AsyncGenerator[Acting]:
    platform = stage.deployment.platform
    async with platform.database.transaction("web") as tx:
        who = await open_context(tx, stage.deployment.secret_of(stage.application.owner))
        assert who is not None
        yield who.acting(tx, platform, "bench")


async def _journaled(stage: Stage) -> None:
    async with _member(stage) as acting:
        assert (await open_application(acting, stage.application.id)) is not None


async def _plain(stage: Stage) -> None:
    async with _member(stage) as acting:
        assert (await open_job(acting.tx, stage.application.job_id)) is not None
