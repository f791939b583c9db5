"""Requests as an operator sees them: which route, how it answered, how long it took."""

import logging
import time
from typing import Any, cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.trace import SpanKind

from upheld.platform.settings import Settings
from upheld.platform.telemetry import metrics, traces

log = logging.getLogger("upheld.requests")


class Observed:
    """Wraps the whole application, refusals of the edge included."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Take the application, and whether a line is logged for each request."""
        self._app = app
        self._logs = settings.log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and note what came of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def outgoing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        with traces.span("request", SpanKind.SERVER) as span:
            try:
                await self._app(scope, receive, outgoing)
            finally:
                seconds, route = time.perf_counter() - began, _route(scope)
                method = scope["method"] if scope["method"] in _METHODS else "other"
                if span is not None:
                    span.update_name(route)
                    span.set_attribute("http.response.status_code", status)
                metrics.REQUESTS.labels(route, method, status).inc()
                metrics.REQUEST_SECONDS.labels(route).observe(seconds)
                if self._logs:
                    facts = {"route": route, "method": method, "status": status, "seconds": round(seconds, 4)}
                    said = f"{method} {route} {status} {seconds:.3f} s"
                    log.info(said, extra={"facts": facts})


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route(scope: Scope) -> str:
    """Return the name of the route that answered; a path would say who was looked at."""
    handler: Any = cast("dict[str, Any]", scope).get("route_handler")
    return getattr(handler, "name", None) or "none"


def observed(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Return the application as it is, or observed, if the operator wants to know anything."""
    wanted = settings.metrics_listen or settings.traces or settings.log_requests
    return cast("ASGIApp", Observed(app, settings)) if wanted else app
