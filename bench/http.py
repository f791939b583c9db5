"""An authorised read of a job over HTTPS, beside the same transaction in a bare asyncpg loop.

Over HTTP come TLS, the cookie and its signature, host and cross-site rules, routing, the
session's context, row security, JSON and every security header; the bare loop does the
transaction alone, with the same statements, at the same concurrency, on the server's event loop.
"""

import asyncio
import re
import statistics
import subprocess
import time
from dataclasses import dataclass

import asyncpg
import uvloop

from bench.figures import Figure
from bench.stage import Stage, staged
from tests.support.server import Server, serving
from upheld.platform.database import load_queries
from upheld.platform.install import url
from upheld.platform.web.cookies import SESSION_COOKIE
from upheld.platform.web.visits import OPEN_CONTEXT

CONNECTIONS = 16
SECONDS = 8
_WARM_UP = 2


@dataclass(frozen=True)
class Load:
    """What a load measured: reads a second, and milliseconds for one."""

    rate: float
    p50: float
    p99: float


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
    return Load(len(took) / SECONDS, cuts[49] * 1000, cuts[98] * 1000)


def _over_http(stage: Stage) -> Load:
    with serving(stage.deployment.settings) as server:
        _wrk(server, stage, _WARM_UP)
        return _wrk(server, stage, SECONDS)


def _wrk(server: Server, stage: Stage, seconds: int) -> Load:
    """Load the running server with wrk; every answer must be the job."""
    cookie = stage.application.owner.cookies[SESSION_COOKIE]
    said = subprocess.run(  # noqa: S603 - our own server, on loopback
        [  # noqa: S607 - wherever the system has it
            "wrk", "--connections", str(CONNECTIONS), "--threads", "1", "--duration", f"{seconds}s", "--latency",
            "--header", f"Cookie: {SESSION_COOKIE}={cookie}",
            f"{server.url}/api/jobs/{stage.application.job_id}",
        ],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "Non-2xx" not in said, said
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", said)[0])
    return Load(rate, _milliseconds("50%", said), _milliseconds("99%", said))


def _milliseconds(share: str, said: str) -> float:
    value, unit = _found(rf"\s{share}\s+([\d.]+)(us|ms|s)", said)
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def _found(pattern: str, said: str) -> tuple[str, ...]:
    found = re.search(pattern, said)
    assert found is not None, said
    return found.groups()
