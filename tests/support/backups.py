"""Backups taken from and restored into deployments of the test's cluster."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.cluster import Cluster
from tests.support.deployment import ROLES, Deployment
from upheld.features.consents.actions import publish_notices
from upheld.main.web import create_app
from upheld.platform.backup.restoring import Restored, Target, restore_data, restore_keyring, restore_register
from upheld.platform.backup.taking import back_up_data, back_up_keyring
from upheld.platform.backup.watching import Unwatched
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings
from upheld.platform.stores import open_store


@dataclass(frozen=True)
class Backups:
    """Takes and restores backups of one deployment, which is closed meanwhile or not."""

    cluster: Cluster
    settings: Settings
    place: Path

    @property
    def keys(self) -> KeyFiles:
        """The deployment's key files."""
        return KeyFiles.open(self.settings)

    def target(self, **terms: Any) -> Target:
        """Return the deployment as the target of a restore."""
        administrator = self.cluster.administrator
        return Target(self.settings, self.keys, open_store(self.settings), administrator, **{"replace": True, **terms})

    async def data(self) -> Path:
        """Back up the data."""
        store = open_store(self.settings)
        return await back_up_data(self.settings, self.keys, store, self.place / "data", Unwatched())

    async def keyring(self) -> Path:
        """Back up the keyring."""
        return await back_up_keyring(self.settings, self.keys, self.place / "keyring", Unwatched())

    async def restore_data(self, folder: Path, **terms: Any) -> Restored:
        """Restore the data."""
        return await restore_data(self.target(**terms), folder, Unwatched())

    async def restore_keyring(self, folder: Path, **terms: Any) -> Restored:
        """Restore the keyring."""
        return await restore_keyring(self.target(**terms), folder, Unwatched())

    async def restore_register(self, folder: Path) -> Restored:
        """Bring entries of the register back."""
        return await restore_register(self.target(), folder, Unwatched())


@asynccontextmanager
async def opened(settings: Settings, cluster: Cluster) -> AsyncGenerator[Deployment]:
    """Open a deployment that exists."""
    async with open_platform(settings, ROLES) as platform:
        await publish_notices(platform)
        yield Deployment(settings, platform, create_app(platform), cluster)
