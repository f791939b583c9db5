"""What stays open ends with what opened it: every way in which a session ends or changes, by every kind of channel.

No feature of the product keeps a channel open yet: each answer leaves as a whole. These are mounted
in the real application, behind the middleware that every later one will stand behind.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from litestar import WebSocket, get, websocket
from litestar.response import Stream

from tests.features.tokens.test_tokens import EVEN_THE_LAST_OWNER, OURS, made
from tests.support.deployment import Browser, Deployment
from tests.support.hiring import employer
from upheld.main.web import create_app
from upheld.platform.web.channels import ENDED
from upheld.platform.web.cookies import SESSION_COOKIE
from upheld.platform.web.visits import Visit

pytestmark = pytest.mark.anyio
PATIENCE = 20.0
"""Far more than the second that it takes; what never ends fails."""


@websocket("/probe/waits")
async def waiting_socket(socket: WebSocket[Any, Any, Any]) -> None:
    """Wait for a word that never comes."""
    await socket.accept()
    await socket.receive_text()


@websocket("/probe/talks")
async def talking_socket(socket: WebSocket[Any, Any, Any]) -> None:
    """Say something several times a second, and listen to nothing."""
    await socket.accept()
    while True:
        await socket.send_text("still here")
        await asyncio.sleep(0.1)


async def _without_end() -> AsyncIterator[bytes]:
    while True:
        yield b"more and more "
        await asyncio.sleep(0.1)


@get("/probe/streams")
async def long_stream(visit: Visit) -> Stream:
    """Send a file that takes for ever."""
    visit.acting()
    return Stream(_without_end(), media_type="application/octet-stream")


@get("/api/probe/streams", opt={"scope": "hiring:jobs:read"})
async def program_stream(visit: Visit) -> Stream:
    """Send a program a file that takes for ever."""
    visit.acting()
    return Stream(_without_end(), media_type="application/octet-stream")


SOCKETS, STREAMS = ("/probe/waits", "/probe/talks"), ("/probe/streams", "/api/probe/streams")
PATHS = (*SOCKETS, *STREAMS)


@dataclass
class Line:
    """A channel that a browser or a program holds open."""

    first: dict[str, Any]
    sent: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    asked: bool = False

    async def receive(self) -> dict[str, Any]:
        """Ask, then say nothing for ever."""
        if self.asked:
            await asyncio.Event().wait()
        self.asked = True
        return self.first

    async def send(self, message: dict[str, Any]) -> None:
        """Take what comes."""
        self.sent.append(message)
        if message["type"] in {"websocket.accept", "http.response.body"}:
            self.opened.set()


@asynccontextmanager
async def held_open(deployment: Deployment, cookie: str, token: str) -> AsyncGenerator[dict[str, asyncio.Task[Line]]]:
    """Hold one channel of each kind open for as long as the block lasts."""
    app = create_app(deployment.platform, [waiting_socket, talking_socket, long_stream, program_stream])
    lines = {path: Line({"type": "websocket.connect"}) for path in SOCKETS}
    lines |= {path: Line({"type": "http.request", "body": b"", "more_body": False}) for path in STREAMS}

    async def hold(path: str) -> Line:
        line = lines[path]
        try:
            await cast("Any", app)(_scope(deployment, path, cookie, token), line.receive, line.send)
        except Exception as error:  # noqa: BLE001 - what a server does: the connection is cut
            line.sent.append({"type": "cut", "by": type(error).__name__})
        return line

    tasks = {path: asyncio.create_task(hold(path)) for path in PATHS}
    try:
        async with asyncio.timeout(PATIENCE):
            for line in lines.values():
                await line.opened.wait()
        yield tasks
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


def _scope(deployment: Deployment, path: str, cookie: str, token: str) -> dict[str, Any]:
    is_program, host = path.startswith("/api/"), deployment.settings.host
    shown = ("authorization", f"Bearer {token}") if is_program else ("cookie", f"{SESSION_COOKIE}={cookie}")
    headers = [("host", host), ("origin", deployment.settings.address), shown]
    return {
        **({"type": "websocket"} if path in SOCKETS else {"type": "http", "method": "GET"}), "path": path,
        "raw_path": path.encode(),
        "query_string": b"", "headers": [(name.encode(), text.encode()) for name, text in headers], "scheme": "https",
        "client": ("192.0.2.9", 1), "server": (host, 443), "subprotocols": [], "root_path": "", "state": {},
        "extensions": {"websocket.http.response": {}}, "http_version": "1.1", "asgi": {"version": "3.0"},
    }  # fmt: skip


Ending = Callable[[Deployment, Browser], Awaitable[object]]


def by_statement(statement: str) -> Ending:
    """Return what changes rows as somebody else's act would."""

    async def end(deployment: Deployment, _: Browser) -> None:
        administrator = await deployment.administrator()
        await administrator.execute(statement)
        await administrator.close()

    return end


async def signs_out(_: Deployment, browser: Browser) -> None:
    """Sign out where one is."""
    await browser.post("/sign-out")


async def ends_the_others(deployment: Deployment, _: Browser) -> None:
    """Sign in elsewhere, and end every session but that one."""
    async with deployment.signed_in("owner@example.com") as other:
        await other.post("/account/sessions/end-others")


BOTH, SESSION, TOKEN = frozenset(PATHS), frozenset(PATHS[:3]), frozenset(PATHS[3:])
EVENTS: dict[str, tuple[Ending, frozenset[str]]] = {
    "signed out": (signs_out, SESSION),
    "ended from elsewhere": (ends_the_others, SESSION),
    "too old": (by_statement("update upheld.sessions set expires_at = now()"), SESSION),
    "idle for too long": (by_statement("update upheld.sessions set last_seen_at = now() - interval '1 year'"), SESSION),
    "going on under another secret": (
        by_statement("update upheld.sessions set secret_hash = sha256(secret_hash)"),
        SESSION,
    ),
    "given another role": (
        by_statement(EVEN_THE_LAST_OWNER.format("update upheld.members set role = 'interviewer'")),
        BOTH,
    ),
    "removed": (by_statement(EVEN_THE_LAST_OWNER.format("delete from upheld.members")), BOTH),
    "account gone": (by_statement(EVEN_THE_LAST_OWNER.format("delete from upheld.people")), BOTH),
    "token revoked": (by_statement("update upheld.access_tokens set revoked_at = now()"), TOKEN),
}


@pytest.mark.parametrize("event", EVENTS)
async def test_every_channel_closes_within_moments_of_every_event(deployment: Deployment, event: str) -> None:
    end, closes = EVENTS[event]
    async with employer(deployment) as owner:
        token = await made(owner, *OURS)
        async with held_open(deployment, owner.cookies[SESSION_COOKIE], token) as tasks:
            await end(deployment, owner)
            async with asyncio.timeout(PATIENCE):
                ended = {path: (await tasks[path]).sent[-1] for path in closes}
            assert {path for path, task in tasks.items() if not task.done()} == BOTH - closes
    for path, last in ended.items():
        assert last.get("code") == ENDED or last["type"] == "cut", (path, last)


async def test_what_nothing_has_happened_to_stays_open(deployment: Deployment) -> None:
    async with employer(deployment) as owner:
        token = await made(owner, *OURS)
        async with held_open(deployment, owner.cookies[SESSION_COOKIE], token) as tasks:
            # Others come and go, and their ends are not mine.
            async with deployment.person("ben@example.org") as other:
                await other.post("/sign-out")
            # What may happen to me without consequence for what I hold open: another secret is due, and not yet given.
            await by_statement("update upheld.people set changes = changes + 1")(deployment, owner)
            await asyncio.sleep(2.5)
            assert [path for path, task in tasks.items() if task.done()] == []
