"""A deployment whose database, keyring and files a test can take away, with somebody signed in."""

import asyncio
import os
import re
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.support.cluster import Cluster, running_cluster
from tests.support.deployment import Deployment
from tests.support.hiring import candidate, employer, new_job
from tests.support.server import Server, serving
from upheld.features.consents.actions import publish_notices
from upheld.main.web import create_app
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings
from upheld.platform.web.cookies import SESSION_COOKIE

_ROLES = ("web", "gate", "worker", "maintenance")


@dataclass(frozen=True)
class Site:
    """Processes that serve, the cluster under them, and a candidate's browser."""

    cluster: Cluster
    server: Server
    browser: httpx.Client
    job: str

    def as_administrator(self, *statements: str, database: str = "postgres") -> list[Any]:
        """Run statements as the administrator; return the rows of the last."""

        async def run() -> list[Any]:
            connection = await asyncpg.connect(self.cluster.administrator.format(database=database))
            try:
                for statement in statements[:-1]:
                    await connection.execute(statement)
                return await connection.fetch(statements[-1])
            finally:
                await connection.close()

        return asyncio.run(run())

    def documents(self) -> int:
        """Return how many documents the candidate is shown."""
        return len(set(re.findall(r"/documents/[0-9a-f-]{36}/remove", self.browser.get("/documents").text)))

    def said(self) -> str:
        """Return all that the processes have written."""
        return "".join(path.read_text() for path in (self.server.settings.var / "log").glob("*.log"))


@contextmanager
def running_site(folder: Path, **chosen: Any) -> Generator[Site]:
    """Run a deployment on a cluster of its own for as long as the block lasts."""
    folder.chmod(0o711)
    with running_cluster(folder) as cluster:
        settings = asyncio.run(cluster.deploy(**chosen))
        asyncio.run(_settled(cluster))
        cookie, job = asyncio.run(_prepared(cluster, settings))
        with serving(settings, "web", "worker") as server, server.client() as browser:
            browser.headers["cookie"] = f"{SESSION_COOKIE}={cookie}"
            browser.timeout = httpx.Timeout(60)
            yield Site(cluster, server, browser, job)


async def _settled(cluster: Cluster) -> None:
    """Write to disk what the deployment was cut from.

    PostgreSQL 18 loses the empty index of an unlogged table when it crashes before the first
    checkpoint after its database was copied from a template. Only tests copy databases.
    """
    administrator = await asyncpg.connect(cluster.administrator.format(database="postgres"))
    try:
        await administrator.execute("checkpoint")
    finally:
        await administrator.close()


async def _prepared(cluster: Cluster, settings: Settings) -> tuple[str, str]:
    """Return the cookie of a candidate with a profile, and the id of a job to apply for."""
    async with open_platform(settings, _ROLES) as platform:
        await publish_notices(platform)
        deployment = Deployment(settings, platform, create_app(platform), cluster)
        async with employer(deployment) as owner, candidate(deployment) as ada:
            return ada.cookies[SESSION_COOKIE], str(await new_job(deployment, owner))


@contextmanager
def small_disk(folder: Path, size: str) -> Generator[Path]:
    """Mount a small file system of its own at a folder; needs root, like CI has."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(  # noqa: S603 - fixed arguments
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(folder)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, f"this test needs to mount a small disk, so it runs as root: {done.stderr}"
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(folder)], check=True)  # noqa: S603 - fixed arguments


def fill(folder: Path) -> Path:
    """Fill a disk to the last byte; return the file to remove."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (1 << 20, 1 << 12):
            while True:
                try:
                    file.write(os.urandom(block))
                except OSError:
                    break
    return filler
