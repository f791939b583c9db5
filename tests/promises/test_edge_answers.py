"""edge.hsts, edge.camera, edge.static and store.cookies, red under each of their sabotages."""

from typing import Any

import pytest
from litestar import Litestar, Response, get

from tests.promises.faults import Changing, Scratch
from upheld.features.trust import routes
from upheld.features.trust.routes import Route, routes_of
from upheld.main.web import create_app, create_router

pytestmark = pytest.mark.anyio

HSTS = "strict-transport-security"


@pytest.fixture
def scratch(swift: Scratch) -> Scratch:
    """Look swiftly: what these tests change is how the application answers."""
    return swift


def change(scratch: Scratch, path: str, **headers: str | None) -> None:
    """Let the answers under a path leave with other headers."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    scratch.serve(Changing(scratch.deployment.app, lambda scope, _: scope["path"].startswith(path), changed))


@pytest.mark.parametrize(
    "said", [None, "max-age=31536000", "max-age=3600; includeSubDomains", "max-age=0; includeSubDomains"]
)
async def test_edge_hsts_everywhere_is_red_when_one_page_says_less(scratch: Scratch, said: str | None) -> None:
    change(scratch, "/jobs", strict_transport_security=said)
    await scratch.sees_red("edge.hsts.everywhere", "GET /jobs (200): strict-transport-security is")


async def test_edge_hsts_everywhere_is_red_when_an_error_says_nothing(scratch: Scratch) -> None:
    scratch.serve(Changing(scratch.deployment.app, lambda _, message: message["status"] == 421, {HSTS: None}))
    await scratch.sees_red("edge.hsts.everywhere", "another host (421): strict-transport-security is missing")


async def test_edge_hsts_everywhere_is_red_when_a_refused_socket_says_nothing(scratch: Scratch) -> None:
    scratch.serve(Changing(scratch.deployment.app, lambda scope, _: scope["type"] == "websocket", {HSTS: None}))
    await scratch.sees_red("edge.hsts.everywhere", "strict-transport-security is missing")


@get("/filming", name="filming", opt={"public": True, "no_transaction": True, "devices": ("camera", "microphone")})
async def filming() -> str:
    """Answer as the page on which an assessment is taken will."""
    return "filmed"


def added(router: Litestar, name: str) -> list[Route]:
    """Return the routes of that name."""
    return [route for route in routes_of(router) if route.name == name]


def film(scratch: Scratch) -> None:
    platform = scratch.deployment.platform
    scratch.scene.routes = (*scratch.scene.routes, *added(create_router(platform, [filming]), "filming"))
    scratch.serve(create_app(platform, extra=[filming]))


async def test_edge_camera_routes_is_red_when_a_route_is_granted_what_is_not_on_the_list(scratch: Scratch) -> None:
    film(scratch)
    await scratch.sees_red(
        "edge.camera.routes",
        "GET /filming: declares camera, microphone", "GET /filming (200): camera is (self)", "microphone is (self)",
    )  # fmt: skip


async def test_edge_camera_routes_is_red_when_the_dashboard_may_film(scratch: Scratch) -> None:
    change(scratch, "/home", permissions_policy="camera=(self), microphone=(), display-capture=()")
    await scratch.sees_red("edge.camera.routes", "camera is (self)")


async def test_edge_camera_routes_is_red_when_a_page_does_not_speak_of_it(scratch: Scratch) -> None:
    change(scratch, "/jobs", permissions_policy="geolocation=()")
    await scratch.sees_red("edge.camera.routes", "GET /jobs (200): microphone is not spoken of")


async def test_a_route_on_the_list_gets_what_it_declares_and_no_other_does(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    film(scratch)
    monkeypatch.setitem(routes.DEVICES, "filming", frozenset({"camera", "microphone"}))
    assert (await scratch.look("edge.camera.routes")).state == "upheld"
    shown = await scratch.scene.site.ask("GET", "/filming")
    assert "camera=(self)" in shown.one("permissions-policy")
    assert "display-capture=()" in shown.one("permissions-policy")
    refused = await scratch.scene.site.ask("DELETE", "/filming", {"sec-fetch-site": "same-origin"})
    assert "camera=()" in refused.one("permissions-policy")


async def test_edge_static_caching_is_red_when_a_private_page_may_be_kept(scratch: Scratch) -> None:
    change(scratch, "/applications", cache_control="public, max-age=60")
    await scratch.sees_red("edge.static.caching", "GET /applications (200): cache-control is public, max-age=60")


async def test_edge_static_caching_is_red_when_an_error_may_be_kept(scratch: Scratch) -> None:
    scratch.serve(
        Changing(scratch.deployment.app, lambda _, message: message["status"] == 404, {"cache-control": None})
    )
    await scratch.sees_red("edge.static.caching", "nothing there (404): cache-control is missing")


async def test_edge_static_caching_is_red_when_files_are_not_kept(scratch: Scratch) -> None:
    change(scratch, "/static", cache_control="no-store")
    await scratch.sees_red("edge.static.caching", "static upheld.css: is not public and immutable")


async def test_edge_static_caching_is_red_when_a_file_is_not_at_the_address_of_its_content(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upheld.features.trust.probes.caching.static_url", lambda name: f"/static/latest/{name}")  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    await scratch.sees_red("edge.static.caching", "static upheld.css: is not at the address of its content")


async def test_store_cookies_routes_is_red_when_a_page_counts_visitors(scratch: Scratch) -> None:
    change(scratch, "/jobs", set_cookie="_ga=GA1.2.3; Path=/; Max-Age=63072000")
    await scratch.sees_red("store.cookies.routes", "sets _ga, which is not on the list", "asks a visitor to keep")


@pytest.mark.parametrize(
    ("page", "host"),
    [
        ('<script src="https://www.example.com/count.js"></script>', "www.example.com"),
        ('<img alt="" src="//pixel.example/1.gif">', "pixel.example"),
        ('<link rel="stylesheet" href="https://fonts.example/a.css">', "fonts.example"),
        ('<link rel="preconnect dns-prefetch" href="https://cdn.example">', "cdn.example"),
        ('<img alt="" srcset="/a.png 1x, https://cdn.example/b.png 2x">', "cdn.example"),
        ('<form action="http://elsewhere.example/"></form>', "elsewhere.example"),
    ],
)
async def test_store_cookies_routes_is_red_when_a_page_asks_another_host(
    scratch: Scratch, page: str, host: str
) -> None:
    @get("/counted", name="counted", opt={"public": True, "no_transaction": True})
    async def counted() -> Response[Any]:
        return Response(page, media_type="text/html")

    platform = scratch.deployment.platform
    scratch.scene.routes = (*scratch.scene.routes, *added(create_router(platform, [counted]), "counted"))
    scratch.serve(create_app(platform, extra=[counted]))
    await scratch.sees_red("store.cookies.routes", f"GET /counted (200): loads from {host}")
