"""The session check: one for pages and sockets, private unless a route says otherwise."""

import datetime as dt
from typing import Any, cast

import httpx
import jwt
import pytest
from litestar import WebSocket, get, websocket

from tests.support.deployment import Browser, Deployment
from upheld.main.web import create_app
from upheld.platform.database import Query
from upheld.platform.web.cookies import SESSION_COOKIE, read_session, write_session
from upheld.platform.web.visits import Visit

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"


@websocket("/probe/socket")
async def socket_route(socket: WebSocket[Any, Any, Any], visit: Visit) -> None:
    """Say who is there; private because nothing says otherwise."""
    await socket.accept()
    await socket.send_text(str(visit.acting().person_id))
    await socket.close()


@get("/probe/fails-after-writing")
async def failing_route(visit: Visit) -> None:
    """Write something, then fail."""
    sql = "update upheld.sessions set revoked_at = upheld.clock_now() where id = upheld.current_session()"
    move = Query("stamp", sql, "Ends the session.")
    assert await visit.tx.run(move) == 1
    msg = "on purpose"
    raise RuntimeError(msg)


async def knock(deployment: Deployment, cookie: str | None, origin: str | None = None) -> list[dict[str, Any]]:
    """Ask the application for a socket; return what it sends."""
    host = deployment.settings.host
    headers = [(b"host", host.encode()), (b"origin", (origin or deployment.settings.address).encode())]
    if cookie:
        headers.append((b"cookie", f"{SESSION_COOKIE}={cookie}".encode()))
    scope: dict[str, Any] = {
        "type": "websocket", "path": "/probe/socket", "raw_path": b"/probe/socket", "query_string": b"",
        "headers": headers, "scheme": "wss", "client": ("192.0.2.9", 1), "server": (host, 443), "subprotocols": [],
        "root_path": "", "extensions": {"websocket.http.response": {}}, "state": {}, "http_version": "1.1",
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await create_app(deployment.platform, [socket_route])(scope, receive, send)  # type: ignore[arg-type] - ASGI's plain dictionaries
    return sent


async def cookie_of(browser: Browser) -> str:
    return browser.cookies[SESSION_COOKIE]


async def test_a_socket_needs_a_session_like_a_page_does(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        cookie = await cookie_of(browser)
        answered = [message["type"] for message in await knock(deployment, cookie)]
        assert answered[:2] == ["websocket.accept", "websocket.send"]
        for bad in (None, "garbage", cookie[:-2] + "xx"):
            refused = await knock(deployment, bad)
            assert refused[0]["type"] == "websocket.http.response.start"
            assert refused[0]["status"] >= 400
        assert (await knock(deployment, cookie, "https://evil.example"))[0]["type"] == "websocket.http.response.start"
        await browser.post("/sign-out")
        assert (await knock(deployment, cookie))[0]["type"] == "websocket.http.response.start"


async def test_what_a_failing_request_wrote_is_undone(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        app = create_app(deployment.platform, [failing_route])
        async with Browser(
            transport=httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False),
            base_url=deployment.settings.address,
            cookies=browser.cookies,
        ) as other:
            answer = await other.get("/probe/fails-after-writing")
        assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
        assert "on purpose" not in answer.text
        assert (await browser.get("/home", follow_redirects=False)).status_code == httpx.codes.OK


async def test_only_our_own_signature_type_audience_and_time_open_a_cookie(deployment: Deployment) -> None:
    key, secret = deployment.platform.keys.platform_key("cookie"), b"s" * 32
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    good = write_session(key, secret, soon).split(";")[0].split("=", 1)[1]
    assert read_session(key, good) == secret
    claims = jwt.decode(good, key, algorithms=["HS256"], audience="upheld")
    kind = {"typ": "upheld-session+jwt"}
    forgeries = [
        jwt.encode(claims, key, algorithm="HS256"),
        jwt.encode({**claims, "aud": "elsewhere"}, key, algorithm="HS256", headers=kind),
        jwt.encode({**claims, "exp": 1}, key, algorithm="HS256", headers=kind),
        jwt.encode(claims, b"k" * 32, algorithm="HS256", headers=kind),
        jwt.encode(claims, cast("Any", None), algorithm="none", headers=kind),
        jwt.encode(claims, key * 2, algorithm="HS512", headers=kind),
    ]
    assert [read_session(key, forged) for forged in forgeries] == [None] * len(forgeries)


async def test_a_session_counts_in_whichever_cookie_header_it_comes(deployment: Deployment) -> None:
    """HTTP/2 may spread cookies over several headers (RFC 9113, 8.2.3), and Chromium does."""
    async with deployment.person(ADA) as browser:
        session = f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}"
        browser.cookies.clear()
        for cookies in (["__Host-language=en", session], [session, "__Host-language=en"]):
            spread = [("cookie", cookie) for cookie in cookies]
            answer = await browser.get("/home", headers=spread, follow_redirects=False)
            assert answer.status_code == httpx.codes.OK
