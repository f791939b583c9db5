"""An application asked from inside the test's process, handshakes of sockets included."""

import asyncio
from copy import copy
from typing import Any

from upheld.features.trust.site import Answer, Headers
from upheld.platform.settings import Settings

_QUIET = 5.0


class InsideSite:
    """Speaks ASGI to an application, as the server does, and returns what the network would see."""

    def __init__(self, app: Any, settings: Settings) -> None:
        """Take the application and the settings whose address it answers to."""
        self._app = app
        self._host = settings.host
        self._from = "192.0.2.9"

    def seen_from(self, address: str) -> "InsideSite":
        """Return the same application, asked from another address."""
        other = copy(self)
        other._from = address  # noqa: SLF001 - a copy of ourselves
        return other

    async def ask(self, method: str, path: str, headers: Headers | None = None, body: bytes = b"") -> Answer:
        """Send a request."""
        scope = {**self._scope("http", path, {"content-length": str(len(body)), **(headers or {})}), "method": method}
        return await self._answer(scope, {"type": "http.request", "body": body, "more_body": False})

    async def knock(self, path: str, headers: Headers | None = None) -> Answer:
        """Try to open a WebSocket."""
        scope: dict[str, Any] = {**self._scope("websocket", path, headers or {}), "subprotocols": []}
        return await self._answer(
            {**scope, "extensions": {"websocket.http.response": {}}}, {"type": "websocket.connect"}
        )

    def _scope(self, kind: str, path: str, headers: Headers) -> dict[str, Any]:
        sent = {"host": self._host, **{name.lower(): value for name, value in headers.items()}}
        bare, _, query = path.partition("?")
        return {
            "type": kind, "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "https", "path": bare,
            "raw_path": bare.encode(), "query_string": query.encode(), "root_path": "", "client": (self._from, 40000),
            "server": ("127.0.0.1", 443), "extensions": {}, "state": {},
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
        }  # fmt: skip

    async def _answer(self, scope: dict[str, Any], first: dict[str, Any]) -> Answer:
        waiting = [first]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop()
            await asyncio.sleep(_QUIET)
            return {"type": "http.disconnect" if scope["type"] == "http" else "websocket.disconnect", "code": 1006}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        start, body = sent[0], b"".join(message.get("body", b"") for message in sent[1:])
        if start["type"] == "websocket.accept":
            return Answer(101, (), b"")
        if start["type"] == "websocket.close":
            return Answer(403, (), b"")  # what the server makes of a refusal without an answer
        return Answer(start["status"], tuple((k.decode(), v.decode("latin-1")) for k, v in start["headers"]), body)
