"""The stage of the benchmarks: a deployment of their own, with somebody hiring and somebody who applied."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed
from tests.support.hiring import Application, applied


@dataclass(frozen=True)
class Stage:
    """A deployment in a temporary folder, and an application of Ada's to Harbour & Sons in it."""

    deployment: Deployment
    application: Application

    @asynccontextmanager
    async def administering(self) -> AsyncGenerator[Any]:
        """Yield the administrator's connection, which row security does not hold."""
        connection = await self.deployment.administrator()
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def staged() -> AsyncGenerator[Stage]:
    """Set the stage; strike it on leaving."""
    async with AsyncExitStack() as stack:
        deployment = await stack.enter_async_context(empty())
        yield Stage(deployment, await stack.enter_async_context(applied(deployment)))


@asynccontextmanager
async def empty() -> AsyncGenerator[Deployment]:
    """Yield a deployment of its own with nobody in it."""
    with tempfile.TemporaryDirectory(prefix="upheld-bench-") as folder:
        cluster = await asyncio.to_thread(_started, Path(folder))  # it runs an event loop of its own
        try:
            async with deployed(cluster) as deployment:
                yield deployment
        finally:
            await asyncio.to_thread(cluster.stop)


def _started(folder: Path) -> Cluster:
    folder.chmod(0o711)  # the server runs as a user of its own when we are root
    cluster = Cluster(folder, spares_the_disk=False)
    cluster.start()
    return cluster
