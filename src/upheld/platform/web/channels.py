"""Channels: what stays open once its answer has begun, a socket or a long stream, ends with what opened it.

Each request asks the database who is there; a channel asks once and then lives on. So it looks
again, at most every second, before anything more goes out, and a socket while it waits for what
comes in. When the session or token has ended, or its person has become somebody else in their
organisation, a socket is closed with 4401 and a stream is cut: what a browser holds of it is
marked incomplete, and never half a file that looks like a whole one. So it is once the secret that
opened it is worth nothing any more (`rotation`): whoever is still there opens another.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

from litestar.types import Message, Receive, Scope, Send

from upheld.kit.errors import SignInNeededError

EVERY = 1.0
"""Seconds between two looks."""

ENDED = 4401
"""The code with which a socket is closed."""


class Channel:
    """What one request sends and receives, while whoever asked is who they were."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, is_unchanged: Callable[[], Awaitable[bool]]) -> None:
        """Take both directions, and how to look whether whoever asked is still who they were."""
        self._is_socket = scope["type"] == "websocket"
        self._receive, self._send, self._is_unchanged = receive, send, is_unchanged
        self._looked_at: float | None = None
        self._ended = False

    async def send(self, message: Message) -> None:
        """Send on, once it is clear that it may be."""
        if self._looked_at is None:
            await self._send(message)
            if message["type"] in {"http.response.start", "websocket.accept"}:
                self._looked_at = time.monotonic()
            return
        await self._look()
        if not self._ended:
            await self._send(message)
        elif message["type"] != "websocket.close":  # it has been closed already
            raise SignInNeededError

    async def receive(self) -> Any:  # noqa: ANN401 - ASGI's messages
        """Wait for what comes in; of an open socket, only as long as it may be open."""
        if not self._is_socket or self._looked_at is None:
            return await self._receive()
        waiting = asyncio.ensure_future(self._receive())
        try:
            while not self._ended:
                arrived, _ = await asyncio.wait({waiting}, timeout=EVERY)
                await self._look()
                if arrived and not self._ended:
                    return waiting.result()
        finally:
            waiting.cancel()
        return {"type": "websocket.disconnect", "code": ENDED, "reason": ""}

    async def _look(self) -> None:
        """Look again, if it is time to, and end the channel when it is not what it was."""
        if self._ended or self._looked_at is None or time.monotonic() - self._looked_at < EVERY:
            return
        self._looked_at = math.inf  # one look at a time, whichever direction it is for
        self._ended = not await self._is_unchanged()
        self._looked_at = time.monotonic()
        if self._ended and self._is_socket:
            await self._send({"type": "websocket.close", "code": ENDED, "reason": ""})
