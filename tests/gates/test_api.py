"""Schemathesis against our own description of what programs can ask: it finds nothing."""

import asyncio
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.hiring import employer, new_job
from tests.support.server import Server, serving
from upheld.platform.settings import Settings


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Generator[Server]:
    """Run a deployment with more jobs than fit on a page."""
    with serving(asyncio.run(_with_jobs(cluster))) as server:
        yield server


async def _with_jobs(cluster: Cluster) -> Settings:
    async with deployed(cluster) as deployment, employer(deployment) as owner:
        for number in range(21):
            await new_job(deployment, owner, f"Boat keeper {number}")
        return deployment.settings


def schemathesis(server: Server, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run every check that it has, bounded, in a folder of its own, where it keeps what it found."""
    return subprocess.run(  # noqa: S603 - the tool of this environment
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/api/openapi.json",
            "--checks=all", "--phases=examples,coverage,fuzzing,stateful", "--max-examples=40", "--seed=4",
            f"--tls-verify={server.settings.var / 'tls' / 'authority.pem'}", "--no-color", *options,
        ],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_schemathesis_finds_nothing(server: Server, tmp_path: Path) -> None:
    ran = schemathesis(server, tmp_path)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert "2 / 2" in ran.stdout or "2 selected" in ran.stdout, ran.stdout[-3000:]


def test_everything_for_programs_is_described(server: Server) -> None:
    with server.client() as client:
        said = client.get("/api/openapi.json").json()
    assert set(said["paths"]) == {"/api/jobs", "/api/jobs/{job_id}"}
