"""Places: where somebody is, as the name of a route. A form carries it, and there is no way to name a URL."""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from litestar import Request
from litestar.exceptions import MethodNotAllowedException, NoRouteMatchFoundException, NotFoundException
from litestar.response import Redirect
from litestar.types import Scope

_LONGEST_QUERY = 2000


def place_of(scope: Scope) -> dict[str, str]:
    """Return how a form names the page it stands on: its route, what the route takes, and the query."""
    known = cast("dict[str, Any]", scope)
    name = getattr(known.get("route_handler"), "name", None)
    if not name:
        return {}
    parts = {f"part-{part}": str(value) for part, value in known.get("path_params", {}).items()}
    query = known.get("query_string", b"").decode("latin-1")
    return {"to": name, **parts, **({"query": query} if query else {})}


def named_in(said: Mapping[str, str]) -> dict[str, str]:
    """Return what an address or a form says about a place, and nothing else of it."""
    return {name: text for name, text in said.items() if name in {"to", "query"} or name.startswith("part-")}


def send_on(request: Request[Any, Any, Any], named: dict[str, str]) -> Redirect | None:
    """Send on what has just been posted to us to the place it was meant for; None when it takes nothing of the kind.

    Only to where a fresh proof was asked for: nothing else is ever posted to by way of another page.
    """
    handler = (request.app.get_handler_index_by_name(named.get("to", "")) or {}).get("handler")
    if handler is None or "POST" not in getattr(handler, "http_methods", ()) or not handler.opt.get("fresh"):
        return None
    path = _reverse(request, named["to"], named)
    return Redirect(path, status_code=307) if path else None


def go_to(request: Request[Any, Any, Any], named: dict[str, str]) -> Redirect:
    """Send the browser to the place a form names; to the front page when it names none of ours."""
    if "to" not in named:
        return Redirect(_left(request) or request.app.route_reverse("front"), status_code=303)
    query = urlencode(parse_qsl(named.get("query", "")[:_LONGEST_QUERY]))
    path = _path(request, named)
    target = path or request.app.route_reverse("front")
    return Redirect(f"{target}?{query}" if path and query else target, status_code=303)


def _left(request: Request[Any, Any, Any]) -> str | None:
    """Return the page of ours that the browser says it comes from, when there is something to read at it.

    For pages that may not say where they stand, because refusals are alike to the byte. The whole
    address goes back, so nothing in its path can be read as the name of another site.
    """
    said = request.headers.get("referer", "")
    if not said.isascii() or not said.startswith(f"https://{request.headers.get('host', '')}/"):
        return None
    try:
        request.app.asgi_router.handle_routing(path=urlsplit(said).path, method="GET")
    except MethodNotAllowedException:
        return None
    except NotFoundException:
        pass  # what says that nothing is here is a page as well
    return said


def _path(request: Request[Any, Any, Any], named: dict[str, str]) -> str | None:
    said = named.get("to", "")
    # A form that was sent and found wanting stands at the route that takes it; its page is the one without `.do`.
    for name in (said, said.removesuffix(".do")):
        handler = (request.app.get_handler_index_by_name(name) or {}).get("handler")
        if handler is None or "GET" not in getattr(handler, "http_methods", ()):
            continue
        return _reverse(request, name, named)
    return None


def _reverse(request: Request[Any, Any, Any], route: str, named: dict[str, str]) -> str | None:
    parts = {key.removeprefix("part-"): text for key, text in named.items() if key.startswith("part-")}
    try:
        return request.app.route_reverse(route, **{k: v for k, v in parts.items() if k not in {"self", "name"}})
    except NoRouteMatchFoundException:
        return None
