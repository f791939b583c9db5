"""An authorised read of a job over HTTPS, beside the same transaction in a bare asyncpg loop.

Over HTTP come TLS, the cookie and its signature, host and cross-site rules, routing, the
session's context, row security, JSON and every security header; the bare loop does the
transaction alone, with the same statements, at the same concurrency, on the server's event loop.
"""

import asyncio
import statistics
import time

import asyncpg
import uvloop

from bench.figures import Figure
from bench.load import Load, load
from bench.stage import Stage, staged
from tests.support.server import serving
from upheld.platform.database import load_queries
from upheld.platform.install import url
from upheld.platform.web.cookies import SESSION_COOKIE
from upheld.platform.web.visits import OPEN_CONTEXT

CONNECTIONS = 16
SECONDS = 8
_WARM_UP = 2


async def measure() -> list[Figure]:
    """Return both rates, their ratio (goal: at least 0.4), and how long a read takes."""
    async with staged() as stage:
        bare = await asyncio.to_thread(uvloop.run, _bare(stage))
        http = await asyncio.to_thread(_over_http, stage)
    return [
        Figure("authorised read over HTTPS / bare transaction", http.rate / bare.rate, at_least=0.4),
        Figure("  over HTTPS, 16 connections", http.rate, "reads/s"),
        Figure("    half of them within", http.p50, "ms"),
        Figure("    99 of 100 within", http.p99, "ms"),
        Figure("  bare asyncpg loop, 16 at once", bare.rate, "reads/s"),
        Figure("    half of them within", bare.p50, "ms"),
        Figure("    99 of 100 within", bare.p99, "ms"),
    ]


async def _bare(stage: Stage) -> Load:
    """Run the statements of one read as fast as one process can, on as many connections."""
    took: list[float] = []
    read = load_queries("upheld.features.jobs")["open_job"].sql
    secret, settings = stage.deployment.secret_of(stage.application.owner), stage.deployment.settings
    address = url(settings.database, "web", settings.secret("web"))
    end = time.perf_counter() + SECONDS

    async def client() -> None:
        connection = await asyncpg.connect(address)
        while (began := time.perf_counter()) < end:
            async with connection.transaction():
                await connection.fetchrow(OPEN_CONTEXT.sql, secret)
                assert await connection.fetchrow(read, stage.application.job_id)
            took.append(time.perf_counter() - began)
        await connection.close()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    cuts = statistics.quantiles(took, n=100)
    return Load(len(took), len(took) / SECONDS, cuts[49] * 1000, cuts[98] * 1000)


def _over_http(stage: Stage) -> Load:
    cookie = stage.application.owner.cookies[SESSION_COOKIE]
    path = f"/api/jobs/{stage.application.job_id}"
    with serving(stage.deployment.settings) as server:
        load(server, path, _WARM_UP, cookie=cookie, connections=CONNECTIONS)
        return load(server, path, SECONDS, cookie=cookie, connections=CONNECTIONS)
