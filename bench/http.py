"""An authorised read of a job over HTTPS, beside the same transaction in a bare asyncpg loop.

Over HTTP come TLS, the cookie and its signature, host and cross-site rules, routing, the
session's context, row security, JSON and every security header; the bare loop does the
transaction alone, with the same statements, at the same concurrency.
"""

import asyncio
import re
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from bench.figures import Figure
from tests.support.cluster import Cluster, running_cluster
from tests.support.deployment import deployed
from tests.support.hiring import employer, new_job
from tests.support.server import Server, serving
from upheld.platform.database import load_queries
from upheld.platform.install import url
from upheld.platform.settings import Settings
from upheld.platform.web.cookies import SESSION_COOKIE, read_session
from upheld.platform.web.visits import OPEN_CONTEXT

CONNECTIONS = 16
SECONDS = 8
_WARM_UP = 2


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in, and the job they read."""

    settings: Settings
    cookie: str
    secret: bytes
    job_id: UUID


@dataclass(frozen=True)
class Load:
    """What a load measured: reads a second, and milliseconds for one."""

    rate: float
    p50: float
    p99: float


async def measure() -> list[Figure]:
    """Return both rates, their ratio (goal: at least 0.4), and how long a read takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server runs as a user of its own when this runs as root
        return await asyncio.to_thread(_measure, folder)


def _measure(folder: Path) -> list[Figure]:
    with running_cluster(folder) as cluster:
        visitor = asyncio.run(_visitor(cluster))
        bare = asyncio.run(_bare(visitor))
        with serving(visitor.settings) as server:
            _wrk(server, visitor, _WARM_UP)
            http = _wrk(server, visitor, SECONDS)
    return [
        Figure("authorised read over HTTPS / bare transaction", http.rate / bare.rate, at_least=0.4),
        Figure("  over HTTPS, 16 connections", http.rate, "reads/s"),
        Figure("    half of them within", http.p50, "ms"),
        Figure("    99 of 100 within", http.p99, "ms"),
        Figure("  bare asyncpg loop, 16 at once", bare.rate, "reads/s"),
        Figure("    half of them within", bare.p50, "ms"),
        Figure("    99 of 100 within", bare.p99, "ms"),
    ]


async def _visitor(cluster: Cluster) -> Visitor:
    async with deployed(cluster) as deployment, employer(deployment) as owner:
        job_id = await new_job(deployment, owner)
        cookie = owner.cookies[SESSION_COOKIE]
        secret = read_session(deployment.platform.keys.platform_key("cookie"), cookie)
        assert secret is not None
        return Visitor(deployment.settings, cookie, secret, job_id)


async def _bare(visitor: Visitor) -> Load:
    """Run the statements of one read as fast as one process can, on as many connections."""
    took: list[float] = []
    read = load_queries("upheld.features.jobs")["open_job"].sql
    end = time.perf_counter() + SECONDS

    async def client() -> None:
        settings = visitor.settings
        connection = await asyncpg.connect(url(settings.database, "web", settings.secret("web")))
        while (began := time.perf_counter()) < end:
            async with connection.transaction():
                await connection.fetchrow(OPEN_CONTEXT.sql, visitor.secret)
                assert await connection.fetchrow(read, visitor.job_id)
            took.append(time.perf_counter() - began)
        await connection.close()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    cuts = statistics.quantiles(took, n=100)
    return Load(len(took) / SECONDS, cuts[49] * 1000, cuts[98] * 1000)


def _wrk(server: Server, visitor: Visitor, seconds: int) -> Load:
    """Load the running server with wrk; every answer must be the job."""
    said = subprocess.run(
        [
            "wrk", "--connections", str(CONNECTIONS), "--threads", "1", "--duration", f"{seconds}s", "--latency",
            "--header", f"Cookie: {SESSION_COOKIE}={visitor.cookie}",
            f"{server.url}/api/jobs/{visitor.job_id}",
        ],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "Non-2xx" not in said, said
    return Load(float(_found(r"Requests/sec:\s+([\d.]+)", said)), _milliseconds("50%", said), _milliseconds("99%", said))


def _milliseconds(share: str, said: str) -> float:
    value, unit = re.findall(rf"\s{share}\s+([\d.]+)(us|ms|s)", said)[0]
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def _found(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    assert found is not None, said
    return found[1]
