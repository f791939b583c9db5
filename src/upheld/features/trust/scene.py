"""The scene: everything a probe may look at, handed to it by whoever runs the probes."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from upheld.features.trust.cast import Cast, on_stage
from upheld.features.trust.errors import OutOfReachError
from upheld.features.trust.routes import Route
from upheld.features.trust.site import NotingSite, Site
from upheld.platform.database import Role
from upheld.platform.install import url
from upheld.platform.reach import tls_for
from upheld.platform.services import Platform
from upheld.platform.settings import Settings

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]


class Erasures(Protocol):
    """Carries erasures out with the code that the worker runs, which this slice cannot reach."""

    async def at_once(self, settings: Settings, person: UUID, receipt: bytes) -> None:
        """Carry out the erasure that a person has asked for, without the time to reconsider."""
        ...

    async def replay(self, settings: Settings) -> list[int]:
        """Repeat the erasures that a restore has undone."""
        ...


@dataclass
class Scene:
    """A running deployment, seen from every side that the one who asks may see it from.

    Args:
        platform: opened as `web`, `gate` and `maintenance`.
        site: the deployment's listener.
        plain: its plain-HTTP listener, when there is one.
        routes: the application's route table.
        administrator: URL of an administrator of the cluster, with `{database}`; None when
            the one who asks has none, and whatever needs one is then unproven.
        database_files: the folder of the cluster, when it lies on this machine.
        erasures: what carries erasures out; None leaves what needs it unproven.
    """

    platform: Platform
    site: NotingSite
    routes: tuple[Route, ...]
    plain: Site | None = None
    administrator: str | None = None
    database_files: Path | None = None
    erasures: Erasures | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _cast: Cast | None = None

    @property
    def settings(self) -> Settings:
        """The deployment's settings."""
        return self.platform.settings

    async def cast(self) -> Cast:
        """Return the run's probe people, planted at the first call and removed when the scene closes."""
        if self._cast is None:
            self._cast = await self._stack.enter_async_context(on_stage(self.platform, self.site))
        return self._cast

    async def close(self) -> None:
        """Remove the probe people."""
        await self._stack.aclose()
        self._cast = None

    @asynccontextmanager
    async def connected(self, role: Role, *, keyring: bool | None = None) -> AsyncGenerator["Connection"]:
        """Connect as a role, to the data unless it is the vault's (or as `keyring` says)."""
        to_keyring = role == "vault" if keyring is None else keyring
        base = self.settings.keyring_database if to_keyring else self.settings.database
        connection = await asyncpg.connect(
            url(base, role, self.settings.secret(role)), ssl=tls_for(base), command_timeout=60
        )
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def as_administrator(self, *, keyring: bool = False) -> AsyncGenerator["Connection"]:
        """Connect as an administrator of the cluster.

        Raises:
            OutOfReachError: whoever asks has no such access.
        """
        if self.administrator is None:
            msg = "This needs an administrator of the database; see `upheld verify --help`."
            raise OutOfReachError(msg)
        base = self.settings.keyring_database if keyring else self.settings.database
        name = urlsplit(base).path.lstrip("/")
        connection = await asyncpg.connect(
            self.administrator.format(database=name), ssl=tls_for(base), command_timeout=300
        )
        try:
            yield connection
        finally:
            await connection.close()
