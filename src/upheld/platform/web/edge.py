"""The edge: the outermost layer. It decides about every request before any router does.

1. Host: only our own names are served; `localhost` is sent to the address of the site.
2. Cross-site rule: a state change comes from the site itself (Fetch metadata first, then
   Origin; with a session cookie and neither, refused), and so does a socket.
3. Headers: every answer leaves with them, whoever made it: pages, errors, files, refusals.
"""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any, cast
from urllib.parse import quote

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from upheld.kit.errors import RefusedError, UpheldError
from upheld.platform.web.cookies import SESSION_COOKIE
from upheld.platform.web.headers import PRIVATE, SECURITY_HEADERS, permissions

log = logging.getLogger("upheld.edge")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

RenderError = Callable[[Scope, UpheldError], tuple[int, list[tuple[bytes, bytes]], bytes]]


class CrossSiteError(RefusedError):
    """This came from another site, so nothing was changed. Open the page here and try again."""

    code = "cross-site"


class WrongHostError(UpheldError):
    """This address is not served here."""

    code = "wrong-host"
    status = 421


class Edge:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, address: str, listen: str, render_error: RenderError) -> None:
        """Take the application, its public address, the bound `host:port`, and a renderer."""
        self._app = app
        self._address = address
        host = address.removeprefix("https://")
        port = listen.rsplit(":", 1)[1]
        self._hosts = {host: address, f"127.0.0.1:{port}": f"https://127.0.0.1:{port}"}
        self._elsewhere = {f"localhost:{port}", "localhost"}
        self._render_error = render_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, redirect or refuse."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        _join_cookies(scope)
        outgoing = _with_headers(scope, send)
        headers = {key.lower(): value.decode("latin-1") for key, value in scope["headers"]}
        host = headers.get(b"host", "")
        if host in self._elsewhere and scope["type"] == "http":
            # The path was decoded: as it is, a line break in it would leave no answer at all.
            target = self._address + quote(cast("dict[str, str]", scope).get("path", "/"))
            await _answer(outgoing, 308, [(b"location", target.encode())], b"")
            return
        refusal = WrongHostError() if host not in self._hosts else self._cross_site(scope, headers, self._hosts[host])
        if refusal is not None:
            await self._refuse(scope, outgoing, refusal)
            return
        try:
            await self._app(scope, receive, outgoing)
        except Exception as error:  # noqa: BLE001 - the last resort
            await self._refuse(scope, outgoing, _unrendered(error))

    def _cross_site(self, scope: Scope, headers: Mapping[bytes, str], origin: str) -> UpheldError | None:
        is_socket = scope["type"] == "websocket"
        if not is_socket and cast("dict[str, str]", scope)["method"] in SAFE_METHODS:
            return None
        site = headers.get(b"sec-fetch-site")
        if site is not None and not is_socket:
            return None if site in {"same-origin", "none"} else CrossSiteError()
        said = headers.get(b"origin")
        if said is not None:
            return None if said == origin else CrossSiteError()
        return CrossSiteError() if _has_session(headers.get(b"cookie", "")) else None

    async def _refuse(self, scope: Scope, send: Send, error: UpheldError) -> None:
        status, headers, body = self._render_error(scope, error)
        if scope["type"] == "websocket":
            await refuse_socket(scope, send, status, headers, body)
        else:
            await _answer(send, status, headers, body)


async def refuse_socket(scope: Scope, send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Refuse a socket's handshake, with a real answer where the server can give one."""
    if _answers_sockets(scope):
        start = {"type": "websocket.http.response.start", "status": status, "headers": headers}
        await send(cast("Message", start))
        await send(cast("Message", {"type": "websocket.http.response.body", "body": body, "more_body": False}))
    else:
        await send(cast("Message", {"type": "websocket.close", "code": 4403, "reason": ""}))


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _with_headers(scope: Scope, send: Send) -> Send:
    accepted = False

    async def outgoing(message: Message) -> None:
        nonlocal accepted
        kind = message["type"]
        if kind == "websocket.accept":
            accepted = True
        if kind == "websocket.close" and not accepted and _answers_sockets(scope):
            # The router refuses a handshake by closing; the server would answer without our headers.
            await refuse_socket(scope, outgoing, 403, [], b"")
            return
        if kind in {"http.response.start", "websocket.http.response.start"}:
            start = cast("dict[str, Any]", message)
            own: list[tuple[bytes, bytes]] = [(key.lower(), value) for key, value in start.get("headers", [])]
            own += _granted(scope, start)
            named = {key for key, _ in own}
            fixed = [pair for pair in (*SECURITY_HEADERS, PRIVATE) if pair[0] not in named]
            start["headers"] = [*own, *fixed]
        await send(message)

    return outgoing


def _granted(scope: Scope, start: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Return the permissions of a page whose route declares that it needs some; no error is given any."""
    opt: Mapping[str, Any] = getattr(cast("dict[str, Any]", scope).get("route_handler"), "opt", {})
    return [permissions(opt["devices"])] if "devices" in opt and start["status"] < HTTPStatus.BAD_REQUEST else []


def _answers_sockets(scope: Scope) -> bool:
    return "websocket.http.response" in (cast("dict[str, Any]", scope).get("extensions") or {})


def _unrendered(error: Exception) -> UpheldError:
    """Return what to say about an error that reached the edge.

    One of ours comes from where there is no router yet, or from a commit that failed when the
    answer was ready to leave: each layer of the router takes that answer for sent, and hands
    the error on as the cause of its own.
    """
    known: BaseException | None = error
    while known is not None and not isinstance(known, UpheldError):
        known = known.__cause__
    if known is None:
        log.critical("unrendered %s", type(error).__name__)
    return known or UpheldError()


def _join_cookies(scope: Scope) -> None:
    """Join the headers that HTTP/2 may spread cookies over into one, as RFC 9113, 8.2.3 asks for.

    Whatever reads them behind this line reads one header: of several, it would miss a session.
    """
    said = [value for key, value in scope["headers"] if key.lower() == b"cookie"]
    if len(said) > 1:
        others = [pair for pair in scope["headers"] if pair[0].lower() != b"cookie"]
        cast("dict[str, Any]", scope)["headers"] = [*others, (b"cookie", b"; ".join(said))]


def _has_session(cookie: str) -> bool:
    try:
        return SESSION_COOKIE in SimpleCookie(cookie)
    except CookieError:
        return SESSION_COOKIE in cookie
