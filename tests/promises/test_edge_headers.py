"""edge.headers, red under each of its sabotages."""

import pytest
from litestar import get

from tests.promises.faults import Changing, Scratch
from tests.support.inside import InsideSite
from upheld.features.trust.probes.headers import EXPECTED, faults_of, faults_of_policy
from upheld.main.web import create_app

pytestmark = pytest.mark.anyio


@pytest.fixture
def scratch(swift: Scratch) -> Scratch:
    """Look swiftly: what these tests change is how the application answers."""
    return swift


@get("/fails", name="fails", opt={"public": True})
async def fails() -> str:
    """Fail in a way that nobody expected."""
    msg = "somebody's data"
    raise RuntimeError(msg)


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_edge_headers_routes_is_red_when_one_route_lacks_one_header(scratch: Scratch, name: str) -> None:
    scratch.serve(Changing(scratch.deployment.app, lambda scope, _: scope["path"] == "/jobs", {name: None}))
    await scratch.sees_red("edge.headers.routes", "GET /jobs (200)", f"{name} is missing")


async def test_edge_headers_routes_is_red_when_redirects_lack_them(scratch: Scratch) -> None:
    scratch.serve(
        Changing(scratch.deployment.app, lambda _, message: message["status"] == 303, {"x-frame-options": None})
    )
    await scratch.sees_red("edge.headers.routes", "(303): x-frame-options is missing")


async def test_edge_headers_errors_is_red_when_a_missing_page_lacks_them(scratch: Scratch) -> None:
    scratch.serve(
        Changing(scratch.deployment.app, lambda _, message: message["status"] == 404, {"referrer-policy": "unsafe-url"})
    )
    await scratch.sees_red("edge.headers.errors", "nothing there (404): referrer-policy is unsafe-url")


async def test_edge_headers_errors_is_red_when_static_files_lack_them(scratch: Scratch) -> None:
    scratch.serve(
        Changing(
            scratch.deployment.app,
            lambda scope, _: scope["path"].startswith("/static"),
            {"x-content-type-options": None},
        )
    )
    await scratch.sees_red("edge.headers.errors", "static (200): x-content-type-options is missing")


async def test_edge_headers_sockets_is_red_when_a_refused_handshake_lacks_them(scratch: Scratch) -> None:
    scratch.serve(
        Changing(
            scratch.deployment.app, lambda scope, _: scope["type"] == "websocket", {"content-security-policy": None}
        )
    )
    await scratch.sees_red("edge.headers.sockets", "content-security-policy is missing")


async def test_an_unexpected_failure_carries_every_header_and_says_nothing(scratch: Scratch) -> None:
    deployment = scratch.deployment
    site = InsideSite(create_app(deployment.platform, extra=[fails]), deployment.settings)
    answer = await site.ask("GET", "/fails")
    assert answer.status == 500
    assert faults_of("a failure", answer) == []
    assert b"somebody's data" not in answer.body


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        ("default-src 'self' 'unsafe-inline'", "default-src allows 'unsafe-inline'"),
        ("script-src 'unsafe-eval'", "script-src allows 'unsafe-eval'"),
        ("default-src *", "default-src allows *"),
        ("default-src 'self'; script-src https:", "script-src allows https:"),
        ("default-src 'self'; script-src data:", "script-src allows data:"),
        ("script-src 'self'", "default-src is missing"),
        ("default-src 'none'; frame-ancestors 'self'", "frame-ancestors is 'self'"),
    ],
)
def test_a_loose_content_security_policy_is_told_apart(policy: str, fault: str) -> None:
    assert fault in faults_of_policy(policy)
