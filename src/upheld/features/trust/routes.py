"""The route table: what the running application answers to, and which of it is for everyone."""

import re
from dataclasses import dataclass
from uuid import UUID

from litestar import Litestar
from litestar.routes import WebSocketRoute

PUBLIC_ROUTES = frozenset({
    "static", "front", "trust.notice", "outbox",
    "accounts.register", "accounts.register.do", "accounts.look", "accounts.verify", "accounts.verify.do",
    "accounts.sign_in", "accounts.sign_in.do", "accounts.signed_out", "accounts.operator", "accounts.operator.do",
    "jobs.list", "jobs.page", "api.jobs", "api.job",
    "privacy.erasure", "privacy.certificate", "privacy.signing_key",
})  # fmt: skip
"""The published list of routes that need no session; `outbox` exists in a demo only."""

# What stands for a path parameter when a route is asked. It names nothing that exists.
_EXAMPLES = {"uuid": str(UUID(int=1)), "int": "1", "float": "1", "date": "2026-01-01", "path": "nowhere"}


@dataclass(frozen=True)
class Route:
    """One thing the application answers to."""

    name: str
    method: str
    path: str
    public: bool

    @property
    def is_socket(self) -> bool:
        """Whether it is a WebSocket."""
        return self.method == "SOCKET"

    @property
    def example(self) -> str:
        """A path of this route that names nothing that exists."""
        return re.sub(r"\{\w+:(\w+)\}", lambda found: _EXAMPLES.get(found[1], "nowhere"), self.path)

    def __str__(self) -> str:
        """Write it as people do."""
        return f"{self.method} {self.path}"


def routes_of(router: Litestar) -> tuple[Route, ...]:
    """Return every route of a router, by path and method.

    OPTIONS is left out: the router answers it by itself, with the methods of the path.
    """
    found: list[Route] = []
    for route in router.routes:
        handlers = [route.route_handler] if not hasattr(route, "route_handlers") else route.route_handlers  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType] - the kinds of routes share no interface
        for handler in handlers:  # pyright: ignore[reportUnknownVariableType] - as above
            named = str(handler.name or handler.handler_name)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - as above
            methods = {"SOCKET"} if isinstance(route, WebSocketRoute) else set(getattr(handler, "http_methods", {"ANY"}))  # pyright: ignore[reportUnknownArgumentType] - as above
            for method in sorted(methods - {"OPTIONS"}):
                found.append(Route(named, method, route.path, bool(handler.opt.get("public"))))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - as above
    return tuple(sorted(found, key=lambda r: (r.path, r.method)))
