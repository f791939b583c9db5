"""Fixtures of the platform's tests: the object store, as a folder and as a bucket."""

from collections.abc import AsyncGenerator, Iterator

import pytest

from tests.support.bucket import BucketService, running_bucket_service
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed


@pytest.fixture(scope="session")
def bucket_service(cluster: Cluster) -> Iterator[BucketService]:
    """Run an S3-compatible service for the deployments of this run."""
    with running_bucket_service() as service:
        service.admit(cluster)
        yield service


@pytest.fixture
async def on_bucket(cluster: Cluster, bucket_service: BucketService) -> AsyncGenerator[Deployment]:
    """Open a deployment that keeps its files in a bucket."""
    async with deployed(cluster, objects=f"s3://{bucket_service.new_bucket()}") as fresh:
        yield fresh


@pytest.fixture(params=["folder", "bucket"])
async def stored(request: pytest.FixtureRequest, cluster: Cluster) -> AsyncGenerator[Deployment]:
    """Open a deployment once with each kind of object store."""
    chosen: dict[str, str] = {}
    if request.param == "bucket":
        service: BucketService = request.getfixturevalue("bucket_service")
        chosen["objects"] = f"s3://{service.new_bucket()}/files-of-upheld"
    async with deployed(cluster, **chosen) as fresh:
        yield fresh
