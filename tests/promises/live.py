"""A scene around a deployment that really runs: its processes, its listener, its certificate."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.promises.faults import Scratch
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment
from tests.support.server import Server
from upheld.features.trust.routes import routes_of
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import NetworkSite, NotingSite, trusted_by
from upheld.main.erasing import OwnErasures
from upheld.main.web import ROLES, create_app, create_router
from upheld.platform.services import open_platform


@asynccontextmanager
async def live(server: Server, cluster: Cluster) -> AsyncGenerator[Scratch]:
    """Set up a scene around a running server, as `upheld verify` does."""
    settings = server.settings
    async with open_platform(settings, ROLES) as platform:
        scene = Scene(
            platform=platform,
            site=NotingSite(NetworkSite(settings.listen, settings.address, trusted_by(settings))),
            routes=routes_of(create_router(platform)),
            administrator=cluster.administrator,
            erasures=OwnErasures(),
        )
        try:
            yield Scratch(Deployment(settings, platform, create_app(platform), cluster), scene)
        finally:
            await scene.close()
