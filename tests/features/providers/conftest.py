"""A certified provider, and deployments that offer it."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.support.certified import Certified, Journey, running_certified
from tests.support.cluster import Cluster
from tests.support.deployment import ROLES, Deployment
from upheld.features.consents.actions import publish_notices
from upheld.main.web import create_app
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certified]:
    """Run the provider for the tests of a file."""
    with running_certified(tmp_path_factory.mktemp("certified"), [Settings().address]) as running:
        yield running


@dataclass(frozen=True)
class Offering:
    """A deployment that offers the provider."""

    deployment: Deployment
    provider: Certified

    def somebody(self) -> AbstractAsyncContextManager[Journey]:
        """Return somebody with a browser of their own, here and there."""
        return self._somebody()

    @asynccontextmanager
    async def _somebody(self) -> AsyncGenerator[Journey]:
        async with self.deployment.browser() as browser, self.provider.visitor() as visitor:
            yield Journey(self.provider, browser, visitor)


@asynccontextmanager
async def offering(cluster: Cluster, certified: Certified, **entry: Any) -> AsyncGenerator[Offering]:
    """Cut a deployment that offers the provider, and open it in this process."""
    bare = await cluster.deploy()
    settings = replace(bare, providers=certified.offer(bare, **entry))
    async with open_platform(settings, ROLES) as platform:
        await publish_notices(platform)
        yield Offering(Deployment(settings, platform, create_app(platform), cluster), certified)


@pytest.fixture
async def here(cluster: Cluster, certified: Certified) -> AsyncGenerator[Offering]:
    """Open a fresh deployment that offers the provider."""
    async with offering(cluster, certified) as fresh:
        yield fresh
