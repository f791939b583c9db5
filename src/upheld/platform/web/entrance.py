"""The entrance: what every way of signing in answers with, once it has a ticket."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from litestar import Request
from litestar.response import Redirect

from upheld.platform.services import Platform
from upheld.platform.web.cookies import HALF_OPEN_COOKIE, keep_device, read_half_open, write_half_open, write_session
from upheld.platform.web.pages import redirect
from upheld.platform.web.place import go_to, send_on
from upheld.platform.web.visits import current_visit

FACTOR_ROUTE = "factors.second"


class Opened(Protocol):
    """What `accounts.actions.open_session` returns."""

    @property
    def secret(self) -> bytes:
        """What the cookie carries."""
        ...

    @property
    def expires_at(self) -> dt.datetime:
        """Until when."""
        ...

    @property
    def waits_for_factor(self) -> bool:
        """Whether a second factor is still missing."""
        ...

    @property
    def device(self) -> str:
        """What the cookie says by which accounts know this browser; empty when it stays as it is."""
        ...


class Way(Protocol):
    """Where the person wanted to go: `accounts.returning.WayBack`."""

    @property
    def route(self) -> str:
        """The route by its name."""
        ...

    @property
    def parts(self) -> Mapping[str, UUID | str]:
        """What the route needs to be named."""
        ...

    @property
    def named(self) -> Mapping[str, str]:
        """How an address names it."""
        ...


def let_in(request: Request[Any, Any, Any], platform: Platform, ticket: Opened, way: Way, *drop: str) -> Redirect:
    """Lead on with a fresh session, or to the page that asks for the factor that is missing.

    `drop` are cookies that have done their work.
    """
    key = platform.keys.platform_key("cookie")
    others = (*drop, keep_device(ticket.device)) if ticket.device else drop
    if ticket.waits_for_factor:
        cookie = write_half_open(key, ticket.secret, ticket.expires_at)
        return redirect(
            request, FACTOR_ROUTE, cookies=(cookie, *others), **{f"q_{n}": text for n, text in way.named.items()}
        )
    cookie = write_session(key, ticket.secret, ticket.expires_at)
    return redirect(request, way.route, cookies=(cookie, *others), **way.parts)


def lead_back(
    request: Request[Any, Any, Any], place: dict[str, str], typed: dict[str, str], ticket: Opened
) -> Redirect:
    """Lead back to where a proof was asked for, in a session with a new secret; what was typed is sent on."""
    current_visit(request.scope).goes_on_under(ticket.secret, ticket.expires_at)
    return (send_on(request, place) if typed else None) or go_to(request, place)


def half_open_secret(request: Request[Any, Any, Any], platform: Platform) -> bytes | None:
    """Return the secret of the sign-in that waits in this browser, or None."""
    token = request.cookies.get(HALF_OPEN_COOKIE, "")
    keys = platform.keys.platform_keys("cookie") if token else []
    return next((secret for key in keys if (secret := read_half_open(key, token))), None)
