"""Health, for whoever watches the service: two tiny answers, public, that say nothing about anybody.

`/health/live`: 200 while the process answers at all. `/health/ready`: 200 when everything that
requests need answers too (database, keyring, object store), else 503. What is missing stands in
the log, not in the answer. Answered before the router, so also while there is none yet.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from litestar.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("upheld.health")

_PATIENCE = 3.0
_REMEMBERED = 0.2
"""Seconds for which an answer is given again: asking often must cost the database nothing."""

Check = Callable[[], Awaitable[bool]]


class Health:
    """Stands before an application and answers for it."""

    def __init__(self, app: ASGIApp, needed: Sequence[Check]) -> None:
        """Take the application and what has to answer for it to be ready; nothing means that it is not."""
        self._app = app
        self._needed = needed
        self._asking: asyncio.Task[bool] | None = None
        self._asked_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer about health, or pass the request on."""
        path = cast("dict[str, str]", scope).get("path") if scope["type"] == "http" else None
        if path == "/health/live":
            await _answer(send, 200, b"live\n")
        elif path == "/health/ready":
            is_ready = await self._ready()
            await _answer(send, 200 if is_ready else 503, b"ready\n" if is_ready else b"not ready\n")
        else:
            await self._app(scope, receive, send)

    async def _ready(self) -> bool:
        """Whether everything answers; all who ask at about the same time get one answer."""
        now = time.monotonic()
        if self._asking is None or now - self._asked_at > _REMEMBERED:
            self._asked_at = now
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                answers = await asyncio.gather(*(check() for check in self._needed))
        except TimeoutError:
            return False
        return bool(answers) and all(answers)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if status != 200:  # noqa: PLR2004 - all is well
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
