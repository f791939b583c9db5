"""Fixtures for every test: one cluster a run, a deployment when asked for."""

import signal
import sys
from collections.abc import AsyncGenerator, Iterator

import pytest

from tests.support.bucket import BucketService, running_bucket_service
from tests.support.cluster import Cluster, running_cluster
from tests.support.deployment import Deployment, deployed
from tests.support.elsewhere import Elsewhere, running_elsewhere
from tools import asvs

# A shell starts what it puts in the background deaf to Ctrl-C, and what we start inherits that:
# the demo is stopped as people stop it, however the tests were started.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest file, which takes about as long as all the others on another core."""
    items.sort(key=lambda item: "test_kills" not in item.nodeid)


_passed: set[str] = set()
_failed: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what came of each test, whichever process ran it."""
    test = report.nodeid.partition("[")[0]
    if report.failed:
        _failed.add(test)
    elif report.when == "call" and report.passed:
        _passed.add(test)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run of everything in which a requirement that is said to be met was not shown (`tests/asvs.toml`)."""
    config = session.config
    chosen = config.option.keyword or config.option.markexpr or config.option.deselect or config.option.collectonly
    if hasattr(config, "workerinput") or chosen or config.args != config.getini("testpaths"):
        return
    missing = asvs.unshown(asvs.read(), _passed, _failed)
    for line in missing:
        sys.stderr.write(f"\nASVS {line}")
    if missing and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


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


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Start a PostgreSQL that is reached over TLS of its own."""
    folder = tmp_path_factory.mktemp("elsewhere")
    folder.chmod(0o711)
    with running_elsewhere(folder) as elsewhere:
        yield elsewhere


@pytest.fixture
async def deployment(cluster: Cluster) -> AsyncGenerator[Deployment]:
    """Open a fresh deployment for one test."""
    async with deployed(cluster) as fresh:
        yield fresh
    await cluster.drop(fresh.settings)


@pytest.fixture(scope="session")
def bucket_service(cluster: Cluster) -> Iterator[BucketService]:
    """Run an S3-compatible service for the deployments of this run."""
    with running_bucket_service() as service:
        service.admit(cluster)
        yield service


@pytest.fixture
async def on_bucket(cluster: Cluster, bucket_service: BucketService) -> AsyncGenerator[Deployment]:
    """Open a fresh deployment that keeps its files in a bucket."""
    async with deployed(cluster, objects=f"s3://{bucket_service.new_bucket()}") as fresh:
        yield fresh
    await cluster.drop(fresh.settings)


@pytest.fixture(params=["folder", "bucket"])
async def stored(
    request: pytest.FixtureRequest, cluster: Cluster, bucket_service: BucketService
) -> AsyncGenerator[Deployment]:
    """Open a fresh deployment, once with each kind of object store."""
    chosen = {"objects": f"s3://{bucket_service.new_bucket()}/files"} if request.param == "bucket" else {}
    async with deployed(cluster, **chosen) as fresh:
        yield fresh
    await cluster.drop(fresh.settings)
