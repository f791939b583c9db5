"""Scenes in scratch deployments: whatever a test breaks there is thrown away."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest

from tests.promises.faults import Scratch
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment, deployed
from upheld.features.trust.routes import routes_of
from upheld.features.trust.scene import Scene
from upheld.main.web import create_router

_FEW = {"/", "/jobs", "/jobs/{job_id:uuid}", "/home", "/applications", "/sign-in"}


@pytest.fixture
async def scratch(deployment: Deployment, cluster: Cluster) -> AsyncGenerator[Scratch]:
    """Set up a scene around a fresh deployment, as its operator sees it."""
    scratch = Scratch.around(deployment, cluster)
    try:
        yield scratch
    finally:
        await scratch.scene.close()


@dataclass
class LastingScene(Scene):
    """Keeps its people on stage from one look to the next."""

    async def close(self) -> None:
        """Leave them there."""


@pytest.fixture(scope="module")
async def stage(cluster: Cluster) -> AsyncGenerator[tuple[Deployment, LastingScene]]:
    """Set up one scene for all tests of a file that change nothing but how the application answers."""
    async with deployed(cluster) as deployment:
        whole = Scratch.around(deployment, cluster).scene
        scene = LastingScene(platform=whole.platform, site=whole.site, routes=())
        yield deployment, scene
        await Scene.close(scene)


@pytest.fixture
def swift(stage: tuple[Deployment, LastingScene]) -> Scratch:
    """Set the healthy application on that stage, with a few routes of every kind."""
    deployment, scene = stage
    fresh = Scratch(deployment, scene)
    fresh.serve(deployment.app)
    scene.routes = tuple(route for route in routes_of(create_router(scene.platform)) if route.path in _FEW)
    return fresh
