"""A scene in a scratch deployment: whatever a test breaks there is thrown away."""

from collections.abc import AsyncGenerator

import pytest

from tests.promises.faults import Scratch
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment


@pytest.fixture
async def scratch(deployment: Deployment, cluster: Cluster) -> AsyncGenerator[Scratch]:
    """Set up a scene around a fresh deployment, as its operator sees it."""
    scratch = Scratch.around(deployment, cluster)
    try:
        yield scratch
    finally:
        await scratch.scene.close()
