"""The route table: what the running application answers to, and which of it is for everyone."""

import re
from dataclasses import dataclass
from uuid import UUID

from litestar import Litestar
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler, WebsocketRouteHandler
from litestar.routes import HTTPRoute

PUBLIC_ROUTES = frozenset({
    "static", "front", "design", "language.do", "trust.notice", "trust.data_map", "trust.data_map.file",
    "trust.bill", "outbox",
    "accounts.register", "accounts.register.do", "accounts.look", "accounts.verify", "accounts.verify.do",
    "accounts.sign_in", "accounts.sign_in.do", "accounts.signed_out", "accounts.operator", "accounts.operator.do",
    "accounts.reset", "accounts.reset.do", "accounts.reset_asked", "accounts.choose",
    "accounts.choose.do", "accounts.confirm", "accounts.take_back", "accounts.take_back.do",
    "providers.enter", "providers.back", "providers.about", "providers.confirm", "providers.confirm.do",
    "providers.register", "providers.register.do", "organisations.invitation", "organisations.invitation.decline",
    "factors.second", "factors.second.do", "factors.second.question", "factors.passkey", "factors.passkey.question",
    "jobs.list", "jobs.page", "api.jobs", "api.job", "api.description",
    "privacy.erasure", "privacy.certificate", "privacy.signing_key",
    "trust.promises", "trust.promises.file", "trust.promise", "trust.verifier", "trust.security_txt",
    "trust.disclosure",
})  # fmt: skip
"""The published list of routes that need no session; `outbox` exists in a demo only."""

DEVICES: dict[str, frozenset[str]] = {}
"""The published list of routes that may use a camera, a microphone or the screen, and which of them."""

# What stands for a path parameter when a route is asked. It names nothing that exists.
_EXAMPLES = {"uuid": str(UUID(int=1)), "int": "1", "float": "1", "date": "2026-01-01", "path": "nowhere"}


FRESH_ROUTES = frozenset({
    "accounts.address", "accounts.address.do", "accounts.sessions.end", "accounts.sessions.end_others",
    "factors.app", "factors.app.do", "factors.app.confirm", "factors.app.remove.do", "factors.codes.do",
    "factors.passkeys.new.do", "factors.passkeys.question", "factors.passkeys.remove.do", "organisations.invite.do",
    "organisations.offer.do", "organisations.own.do", "organisations.role.do", "organisations.roles.change.do",
    "organisations.roles.new.do", "organisations.strong.do", "organisations.strong.lift", "privacy.export",
    "privacy.export.do", "privacy.leave.do", "providers.add.do",
    "providers.link", "providers.remove", "tokens.new.do",
})  # fmt: skip
"""What takes everything along, cannot be undone or gives others power: each asks for a fresh proof."""


@dataclass(frozen=True)
class Route:
    """One thing the application answers to."""

    name: str
    method: str
    path: str
    public: bool
    devices: frozenset[str] = frozenset()
    fresh: bool = False
    """Whether it asks for a fresh proof of who is asking."""

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
        handlers = list(route.route_handlers) if isinstance(route, HTTPRoute) else [route.route_handler]
        for handler in handlers:
            is_open = bool(handler.opt.get("public"))
            devices = frozenset[str](handler.opt.get("devices", ()))
            fresh = bool(handler.opt.get("fresh"))
            found += [
                Route(_name(handler), method, route.path, is_open, devices, fresh) for method in _methods(handler)
            ]
    return tuple(sorted(found, key=lambda route: (route.path, route.method)))


def _name(handler: BaseRouteHandler) -> str:
    return handler.name or handler.handler_name


def _methods(handler: BaseRouteHandler) -> list[str]:
    if isinstance(handler, HTTPRouteHandler):
        return sorted(set(handler.http_methods) - {"OPTIONS"})
    return ["SOCKET"] if isinstance(handler, WebsocketRouteHandler) else ["ANY"]
