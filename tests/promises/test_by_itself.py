"""Runs by themselves, as the worker starts them beside real processes."""

import asyncio
import datetime as dt
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.server import Server, serving
from upheld.main.supervisor import environment_of

pytestmark = pytest.mark.anyio

_UNDER_WAY = "select count(*) from pg_locks where locktype = 'advisory' and objid = 771205 and granted"
_WAITS = "select count(*) from pg_locks where locktype = 'advisory' and objid = 771205 and not granted"
_PATIENCE = 60.0


def command(server: Server, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return an `upheld` command for a server, and its environment."""
    environment = {**os.environ, **environment_of(server.settings), "PYTHONPATH": str(Path.cwd())}
    return [sys.executable, "-m", "upheld.main.cli", *arguments], environment


async def test_a_run_by_itself_gives_way_to_one_that_is_asked_for(cluster: Cluster) -> None:
    async with deployed(cluster) as deployment:
        with serving(deployment.settings) as server:
            quietly, environment = command(server, "prove")
            quiet = await asyncio.create_subprocess_exec(*quietly, env=environment)
            administrator = await deployment.administrator()
            try:
                await _until(administrator, under_way=True)
                quiet.send_signal(signal.SIGSTOP)  # it would be done before somebody asks, on a quick machine
                asking, environment = command(server, "verify", "org.disclosure")
                asked = await asyncio.create_subprocess_exec(*asking, env=environment)
                await _until(administrator, under_way=True, question=_WAITS)
                quiet.send_signal(signal.SIGCONT)
                assert await asyncio.wait_for(asked.wait(), _PATIENCE) == 0
                assert await asyncio.wait_for(quiet.wait(), _PATIENCE) == 0
                assert await administrator.fetchval("select count(*) from upheld.runs") == 1
                assert await administrator.fetchval("select count(*) from upheld.people where is_probe") == 0
            finally:
                if quiet.returncode is None:
                    quiet.kill()
                await administrator.close()


async def test_the_worker_starts_a_run_when_one_is_due_and_takes_it_along_when_it_stops(cluster: Cluster) -> None:
    async with deployed(cluster, proof_every=dt.timedelta(hours=1)) as deployment:
        administrator = await deployment.administrator()
        try:
            with serving(deployment.settings, "web", "worker") as server:
                await _until(administrator, under_way=True)
                server.processes["worker"].terminate()
                await _until(administrator, under_way=False)
                assert server.processes["worker"].wait(_PATIENCE) == 0
        finally:
            await administrator.close()


async def _until(administrator: Any, *, under_way: bool, question: str = _UNDER_WAY) -> None:
    limit = time.monotonic() + _PATIENCE
    while time.monotonic() < limit:
        if bool(await administrator.fetchval(question)) is under_way:
            return
        await asyncio.sleep(0.1)
    pytest.fail("no run began" if under_way else "the run went on")
