"""A scene in a scratch deployment: whatever a test breaks there is thrown away."""

from collections.abc import AsyncIterator

import pytest

from tests.support.cluster import Cluster
from tests.support.deployment import Deployment
from tests.support.inside import InsideSite
from upheld.features.trust.routes import routes_of
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import NotingSite
from upheld.main.web import create_router


@pytest.fixture
async def scene(deployment: Deployment, cluster: Cluster) -> AsyncIterator[Scene]:
    """Set up a scene around a fresh deployment, as its operator sees it."""
    scene = Scene(
        platform=deployment.platform,
        site=NotingSite(InsideSite(deployment.app, deployment.settings)),
        routes=routes_of(create_router(deployment.platform)),
        administrator=cluster.administrator,
        database_files=cluster.server.folder,
    )
    try:
        yield scene
    finally:
        await scene.close()
