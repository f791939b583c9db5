"""The scene around a running deployment, as `upheld verify` and the runs by themselves see it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg

from upheld.features.trust.errors import AnotherRunError, CannotLookError
from upheld.features.trust.routes import routes_of
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import NetworkSite, NotingSite, trusted_by
from upheld.main.erasing import OwnErasures
from upheld.main.setup import administrator_of, embedded_settings
from upheld.main.web import ROLES, create_router
from upheld.platform.embedded import EmbeddedPostgres
from upheld.platform.services import open_platform
from upheld.platform.settings import Settings

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

PATIENCE = timedelta(seconds=90)

_ONE_RUN_AT_A_TIME = 771205
_GLANCE = 1.0  # seconds
_IS_WAITED_FOR = "select exists (select from pg_locks where locktype = 'advisory' and objid = $1 and not granted)"


@asynccontextmanager
async def staged(
    settings: Settings, administrator: str | None = None, patience: timedelta = PATIENCE
) -> AsyncGenerator[Scene]:
    """Set up the scene around the deployment that runs with these settings.

    Args:
        settings: how the deployment runs.
        administrator: URL of an administrator of its databases; a demo's own is found by itself.
        patience: how long to wait for another run to end.

    Raises:
        CannotLookError: it does not run.
        AnotherRunError: another run is looking at it.
    """
    named, own_administrator = _running(settings)
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(open_platform(named, ROLES))
        site = NotingSite(NetworkSite(named.listen, named.address, trusted_by(named)))
        scene = Scene(
            platform=platform,
            site=site,
            routes=routes_of(create_router(platform)),
            plain=NetworkSite(named.listen_plain, named.address, None) if named.listen_plain else None,
            administrator=administrator or own_administrator,
            database_files=named.var / "postgres" if own_administrator else None,
            erasures=OwnErasures(),
        )
        await _answers(scene)
        await _take_turn(await stack.enter_async_context(scene.connected("maintenance")), patience)
        stack.push_async_callback(scene.close)
        yield scene


async def until_waited_for(scene: Scene) -> None:
    """Return as soon as another run waits for this one to end."""
    async with scene.connected("maintenance") as connection:
        while not await connection.fetchval(_IS_WAITED_FOR, _ONE_RUN_AT_A_TIME):  # noqa: ASYNC110 - the event is in another process
            await asyncio.sleep(_GLANCE)


async def _take_turn(connection: "Connection", patience: timedelta) -> None:
    """Hold the lock of the run that looks, for as long as this connection is open."""
    milliseconds = max(1, int(patience.total_seconds() * 1000))
    try:
        async with connection.transaction():
            await connection.execute("select set_config('lock_timeout', $1, true)", str(milliseconds))
            await connection.execute("select pg_advisory_lock($1)", _ONE_RUN_AT_A_TIME, timeout=None)
    except asyncpg.LockNotAvailableError as error:
        raise AnotherRunError from error


def _running(settings: Settings) -> tuple[Settings, str | None]:
    """Return the settings of the running deployment, and the administrator of its own database."""
    server = EmbeddedPostgres(settings.var / "postgres")
    if settings.database:
        # A process of a demo is told where its database is, and that it is the demo's own shows there.
        is_own = settings.demo and f"host={server.sockets}" in settings.database
        return settings, administrator_of(server) if is_own else None
    if not (server.data / "postmaster.pid").exists():
        msg = f"No demo runs in {settings.var}. Start it with `upheld run`, then run this beside it."
        raise CannotLookError(msg)
    return replace(embedded_settings(settings, server), demo=True), administrator_of(server)


async def _answers(scene: Scene) -> None:
    try:
        await scene.site.ask("GET", "/")
    except OSError as error:
        msg = f"{scene.settings.listen} does not answer over TLS ({error}). Is the deployment running?"
        raise CannotLookError(msg) from error
