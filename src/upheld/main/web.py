"""The web application: slices, the visit middleware, the edge around them."""

import asyncio
import logging
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, cast
from uuid import UUID

from litestar import Litestar
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from upheld.features.accounts.pages import ask_proof
from upheld.features.audit.actions import record_refusal
from upheld.features.consents.actions import publish_notices
from upheld.features.privacy.queries import check_register
from upheld.kit.errors import AwayError, UnavailableError, UpheldError
from upheld.main.slices import route_handlers
from upheld.platform.documents import tell_confinement
from upheld.platform.services import Platform, open_platform
from upheld.platform.settings import Settings
from upheld.platform.telemetry.requests import observed
from upheld.platform.web.edge import Edge
from upheld.platform.web.errors import render_error, respond
from upheld.platform.web.forms import LARGEST_BODY
from upheld.platform.web.health import Check, Health
from upheld.platform.web.proxies import Proxies
from upheld.platform.web.visits import Visits, current_visit

log = logging.getLogger("upheld")

ROLES = ("web", "gate", "maintenance")
"""The database roles a web process connects as (beside the vault's)."""


def create_router(platform: Platform, extra: list[Any] | None = None) -> Litestar:
    """Return the router with every slice mounted behind the visit middleware."""
    return Litestar(
        route_handlers=[*route_handlers(platform.settings), *(extra or [])],
        middleware=[DefineMiddleware(Visits, platform=platform, note_refusal=record_refusal, ask_proof=ask_proof)],
        dependencies={"visit": Provide(_visit, sync_to_thread=False)},
        exception_handlers={Exception: respond},
        # Above the bound that forms set themselves, whose answer says what to do.
        request_max_body_size=2 * LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def create_app(platform: Platform, extra: list[Any] | None = None) -> ASGIApp:
    """Return the whole application for one open platform."""
    settings = platform.settings
    inner = Health(cast("ASGIApp", create_router(platform, extra)), what_requests_need(platform))
    edge = cast("ASGIApp", Edge(inner, settings.address, settings.listen, render_error))
    return observed(cast("ASGIApp", Proxies(edge, settings)), settings)


def what_requests_need(platform: Platform) -> list[Check]:
    """Return how to ask everything that requests need whether it answers."""

    async def objects() -> bool:
        try:
            await platform.objects.exists(UUID(int=0))
        except UnavailableError:
            return False
        return True

    return [partial(platform.database.answers, "web"), partial(platform.database.answers, "vault"), objects]


class Server:
    """What the HTTP server calls: opens the platform at start-up, closes it at the end.

    What the platform needs may be away at that moment. Then every request is told so until
    it is back; nobody has to start anything again.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Take the settings, or read them from the environment."""
        self._settings = settings
        self._stack = AsyncExitStack()
        self._app: ASGIApp | None = None
        self._opening: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or the server's own start and end."""
        if scope["type"] == "lifespan":  # pyright: ignore[reportUnnecessaryComparison] - the type leaves it out
            await self._lifespan(cast("Any", receive), cast("Any", send))
        else:
            assert self._app is not None  # noqa: S101 - the server waits for start-up
            await self._app(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's lifespan messages
        await receive()
        try:
            await self._begin(self._settings or Settings.read())
        except Exception as error:  # noqa: BLE001 - the server prints the message and ends
            log.critical("start-up failed: %s", error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self._opening is not None:
            self._opening.cancel()
        await self._stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _begin(self, settings: Settings) -> None:
        try:
            await self._open(settings)
        except AwayError as error:
            log.error("not reachable, trying again: %s", error)  # noqa: TRY400 - a trace says no more
            self._app = cast("ASGIApp", Edge(Health(_away, []), settings.address, settings.listen, render_error))
            self._opening = asyncio.create_task(self._keep_opening(settings))

    async def _keep_opening(self, settings: Settings) -> None:
        said = ""
        while True:
            await asyncio.sleep(1)
            try:
                await self._open(settings)
            except UpheldError as error:
                if said != str(error):
                    said = str(error)
                    log.error("not reachable, trying again: %s", said)  # noqa: TRY400 - a trace says no more
            else:
                return

    async def _open(self, settings: Settings) -> None:
        """Open the platform and serve from it, or leave nothing open."""
        async with AsyncExitStack() as stack:
            platform = await stack.enter_async_context(open_platform(settings, ROLES))
            await check_register(platform)
            await publish_notices(platform)
            await tell_confinement()
            self._app = create_app(platform)
            self._stack = stack.pop_all()


async def _away(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's shape
    """Answer like an application whose database is away."""
    raise AwayError


def application() -> ASGIApp:
    """Make the application of a server process; named on the server's command line."""
    return cast("ASGIApp", Server())


def _visit(scope: Scope) -> object:
    return current_visit(scope)
