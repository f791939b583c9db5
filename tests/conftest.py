"""Fixtures for every test: one cluster a run, a deployment when asked for."""

from collections.abc import AsyncGenerator, Iterator

import pytest

from tests.support.cluster import Cluster, running_cluster
from tests.support.deployment import Deployment, deployed


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, which the driver is made for."""
    return "asyncio"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Start a PostgreSQL of this test run's own."""
    folder = tmp_path_factory.mktemp("cluster")
    folder.chmod(0o711)  # the server runs as a user of its own when the tests run as root
    with running_cluster(folder) as cluster:
        yield cluster


@pytest.fixture
async def deployment(cluster: Cluster) -> AsyncGenerator[Deployment]:
    """Open a fresh deployment for one test."""
    async with deployed(cluster) as fresh:
        yield fresh
