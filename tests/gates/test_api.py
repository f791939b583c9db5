"""Schemathesis against our own description of what programs can ask: it finds nothing."""

import asyncio
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.features.tokens.test_tokens import made
from tests.support.cluster import Cluster
from tests.support.deployment import deployed
from tests.support.hiring import applied, new_job
from tests.support.server import Server, serving
from upheld.platform.settings import Settings

PUBLIC = {"/api/jobs", "/api/jobs/{job_id}"}
OWN = {"/api/token", "/api/profile", "/api/applications", "/api/applications/{application_id}"}
HIRING = {
    "/api/hiring/jobs", "/api/hiring/jobs/{job_id}", "/api/hiring/applications",
    "/api/hiring/applications/{application_id}", "/api/hiring/applications/{application_id}/contact",
    "/api/hiring/activity",
}  # fmt: skip


@dataclass(frozen=True)
class Programs:
    """A deployment that answers, and a token for each side of it."""

    server: Server
    own: str
    hiring: str


@pytest.fixture(scope="module")
def programs(cluster: Cluster) -> Generator[Programs]:
    """Run a deployment with more jobs than fit on a page, and an application to one of them."""
    settings, own, hiring = asyncio.run(_with_jobs(cluster))
    with serving(settings) as server:
        yield Programs(server, own, hiring)


async def _with_jobs(cluster: Cluster) -> tuple[Settings, str, str]:
    async with deployed(cluster) as deployment, applied(deployment) as sent:
        for number in range(21):
            await new_job(deployment, sent.owner, f"Boat keeper {number}")
        own = await made(sent.candidate, "profile:read", "applications:read")
        hiring = await made(sent.owner, "hiring:jobs:read", "hiring:applications:read", "hiring:activity:read")
        return deployment.settings, own, hiring


def schemathesis(server: Server, folder: Path, *options: str, token: str = "") -> subprocess.CompletedProcess[str]:
    """Run every check that it has, bounded, in a folder of its own, where it keeps what it found."""
    shown = ["--header", f"Authorization: Bearer {token}"] if token else []
    return subprocess.run(  # noqa: S603 - the tool of this environment
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/api/openapi.json",
            "--checks=all", "--phases=examples,coverage,fuzzing,stateful", "--max-examples=20", "--seed=4",
            f"--tls-verify={server.settings.var / 'tls' / 'authority.pem'}", "--no-color", *shown, *options,
        ],
        cwd=folder, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


def test_schemathesis_finds_nothing_without_a_token(programs: Programs, tmp_path: Path) -> None:
    ran = schemathesis(programs.server, tmp_path)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert "12 / 12" in ran.stdout or "12 selected" in ran.stdout, ran.stdout[-3000:]


def test_schemathesis_finds_nothing_with_a_candidates_token(programs: Programs, tmp_path: Path) -> None:
    ran = schemathesis(programs.server, tmp_path, "--exclude-path-regex=/hiring/", token=programs.own)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]


def test_schemathesis_finds_nothing_with_an_organisations_token(programs: Programs, tmp_path: Path) -> None:
    ran = schemathesis(programs.server, tmp_path, "--include-path-regex=/hiring/", token=programs.hiring)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]


def test_everything_for_programs_is_described(programs: Programs) -> None:
    with programs.server.client() as client:
        said = client.get("/api/openapi.json").json()
    assert set(said["paths"]) == PUBLIC | OWN | HIRING
    secured = {path for path, item in said["paths"].items() if item["get"].get("security")}
    assert secured == OWN | HIRING
