"""The cross-site rule, case by case: after the table of Go's `CrossOriginProtection`, and stricter where a session is.

A state change comes from the site itself: `Sec-Fetch-Site` says so, or where there is none, `Origin`. With neither,
whoever brings a session cookie is refused; without one there is nobody whose name could be abused.
"""

import asyncio
from typing import Any, cast

import pytest

from tests.support.deployment import Deployment
from upheld.platform.web.edge import Edge

SITE = "https://upheld.example"
EVIL, COUSIN = "https://evil.example", "https://shop.upheld.example"
SESSION = "__Host-session=x"
ALLOWED, REFUSED = 204, 403

# method, Sec-Fetch-Site, Origin, Cookie, and what comes of it
CASES = (
    # What is safe to ask is never refused.
    *((method, site, EVIL, SESSION, ALLOWED) for method in ("GET", "HEAD", "OPTIONS") for site in ("cross-site", None)),
    # A browser that says where it comes from is believed, whatever else it says.
    ("POST", "same-origin", None, SESSION, ALLOWED),
    ("POST", "none", None, SESSION, ALLOWED),
    ("POST", "same-origin", EVIL, SESSION, ALLOWED),
    ("POST", "same-site", None, SESSION, REFUSED),
    ("POST", "same-site", COUSIN, SESSION, REFUSED),
    ("POST", "cross-site", None, SESSION, REFUSED),
    ("POST", "cross-site", SITE, SESSION, REFUSED),
    ("POST", "cross-site", None, None, REFUSED),
    ("POST", "", None, SESSION, REFUSED),
    ("POST", "SAME-ORIGIN", None, SESSION, REFUSED),
    ("POST", "same-origin, cross-site", None, SESSION, REFUSED),
    ("POST", "garbage", None, SESSION, REFUSED),
    *((method, "cross-site", None, SESSION, REFUSED) for method in ("PUT", "PATCH", "DELETE", "TRACE", "BREW")),
    # An older browser says at least its origin, all of it or none.
    ("POST", None, SITE, SESSION, ALLOWED),
    ("PUT", None, SITE, None, ALLOWED),
    ("POST", None, EVIL, SESSION, REFUSED),
    ("POST", None, EVIL, None, REFUSED),
    ("POST", None, COUSIN, SESSION, REFUSED),
    ("POST", None, "null", SESSION, REFUSED),
    ("POST", None, "", SESSION, REFUSED),
    ("POST", None, "http://upheld.example", SESSION, REFUSED),
    ("POST", None, f"{SITE}:8443", SESSION, REFUSED),
    ("POST", None, f"{SITE}.evil.example", SESSION, REFUSED),
    ("POST", None, f"{SITE}@evil.example", SESSION, REFUSED),
    ("POST", None, f"{SITE}/", SESSION, REFUSED),
    ("POST", None, f"{EVIL} {SITE}", SESSION, REFUSED),
    ("POST", None, SITE.upper(), SESSION, REFUSED),
    # No browser at all: fine, but not with a session.
    ("POST", None, None, None, ALLOWED),
    ("POST", None, None, "__Host-language=hi", ALLOWED),
    ("POST", None, None, "not-__Host-session=x", ALLOWED),
    ("POST", None, None, SESSION, REFUSED),
    ("POST", None, None, f"a=b; {SESSION}", REFUSED),
    # What a reader of cookies may stumble over does not hide the one behind it.
    *(("POST", None, None, f"{odd}; {SESSION}", REFUSED) for odd in ("a=\x07", "a=b c", 'a="', "[", "a", "é=é", "=")),
    ("POST", None, None, f"{SESSION}\na=b", REFUSED),
    # A handshake is a GET, and still acts: its origin decides, whatever a browser says about the site.
    ("socket", "same-origin", SITE, SESSION, ALLOWED),
    ("socket", None, SITE, SESSION, ALLOWED),
    ("socket", "same-origin", EVIL, SESSION, REFUSED),
    ("socket", "none", EVIL, None, REFUSED),
    ("socket", None, "null", SESSION, REFUSED),
    ("socket", None, "http://upheld.example", SESSION, REFUSED),
    ("socket", "same-origin", None, SESSION, REFUSED),
    ("socket", None, None, SESSION, REFUSED),
)


def came_of_it(method: str, site: str | None, origin: str | None, cookie: str | None) -> int:
    """Send a request to the edge; return how it was answered."""
    told: list[int] = []

    async def inner(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": ALLOWED, "headers": []})

    async def send(message: Any) -> None:
        if "status" in message:
            told.append(message["status"])

    named = {"host": "upheld.example", "sec-fetch-site": site, "origin": origin, "cookie": cookie}
    scope: dict[str, Any] = {
        "type": "websocket" if method == "socket" else "http",
        "method": method, "path": "/", "query_string": b"", "extensions": {"websocket.http.response": {}},
        "headers": [
            (name.encode(), line.encode("latin-1"))
            for name, text in named.items() if text is not None for line in text.split("\n")
        ],
    }  # fmt: skip
    edge = Edge(cast("Any", inner), SITE, "127.0.0.1:443", lambda _, error: (error.status, [], b""))
    asyncio.run(edge(cast("Any", scope), cast("Any", None), cast("Any", send)))
    return told[0]


@pytest.mark.parametrize(("method", "site", "origin", "cookie", "outcome"), CASES)
def test_a_state_change_or_a_socket_comes_from_the_site_itself(
    method: str, site: str | None, origin: str | None, cookie: str | None, outcome: int
) -> None:
    assert came_of_it(method, site, origin, cookie) == outcome


@pytest.mark.anyio
async def test_no_answer_lets_another_site_read_it(deployment: Deployment) -> None:
    asking = {"origin": EVIL, "access-control-request-method": "GET", "access-control-request-headers": "authorization"}
    async with deployment.browser() as browser:
        for path in (
            "/",
            "/home",
            "/jobs",
            "/api/jobs",
            "/api/profile",
            "/api/openapi.json",
            "/trust.json",
            "/nowhere",
        ):
            for method in ("GET", "OPTIONS"):
                answer = await browser.request(method, path, headers=asking)
                said = [name for name in answer.headers if name.startswith("access-control-")]
                assert said == [], (method, path)
