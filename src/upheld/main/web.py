"""The web application: slices, the visit middleware, the edge around them."""

import logging
from contextlib import AsyncExitStack
from typing import Any, cast

from litestar import Litestar
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from upheld.features.consents.actions import publish_notices
from upheld.features.privacy.queries import check_register
from upheld.main.slices import route_handlers
from upheld.platform.services import Platform, open_platform
from upheld.platform.settings import Settings
from upheld.platform.web.edge import Edge
from upheld.platform.web.errors import render_error, respond
from upheld.platform.web.forms import LARGEST_BODY
from upheld.platform.web.visits import Visits, current_visit

ROLES = ("web", "gate", "maintenance")
"""The database roles a web process connects as (beside the vault's)."""


def create_router(platform: Platform, extra: list[Any] | None = None) -> Litestar:
    """Return the router with every slice mounted behind the visit middleware."""
    return Litestar(
        route_handlers=[*route_handlers(platform.settings), *(extra or [])],
        middleware=[DefineMiddleware(Visits, platform=platform)],
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
    return cast("ASGIApp", Edge(create_router(platform, extra), settings.address, settings.listen, render_error))


class Server:
    """What the HTTP server calls: opens the platform at start-up, closes it at the end."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Take the settings, or read them from the environment."""
        self._settings = settings
        self._stack = AsyncExitStack()
        self._app: ASGIApp | None = None

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
            platform = await self._stack.enter_async_context(open_platform(self._settings or Settings.read(), ROLES))
            await check_register(platform)
            await publish_notices(platform)
            self._app = create_app(platform)
        except Exception as error:  # noqa: BLE001 - the server prints the message and ends
            logging.getLogger("upheld").critical("start-up failed: %s", error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})


def application() -> ASGIApp:
    """Make the application of a server process; named on the server's command line."""
    return cast("ASGIApp", Server())


def _visit(scope: Scope) -> object:
    return current_visit(scope)
