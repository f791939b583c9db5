"""auth.csrf, green, and red under its sabotage."""

from typing import Any

import pytest

from tests.promises.faults import Outside, Scratch
from upheld.features.trust.probe import CheckState

pytestmark = pytest.mark.anyio


class Exempting:
    """Takes one route out of the rule."""

    def __init__(self, app: Any, path: str) -> None:
        """Take the application, and the path that it is to believe in whatever it comes from."""
        self._app, self._path = app, path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on, for that path as if it came from the site itself."""
        if scope["path"] == self._path:
            headers = [pair for pair in scope["headers"] if pair[0] not in {b"origin", b"sec-fetch-site"}]
            scope = {**scope, "headers": [*headers, (b"sec-fetch-site", b"same-origin")]}
        await self._app(scope, receive, send)


async def test_every_route_that_changes_something_refuses_other_sites(scratch: Scratch) -> None:
    (check,) = (await scratch.look("auth.csrf.routes")).checks
    assert check.state is CheckState.PASSED, check.evidence
    assert check.evidence["routes"] >= 20
    assert (await scratch.scene.cast()).stranger.token
    assert "Sign out" in await (await scratch.scene.cast()).stranger.open("/profile")


async def test_auth_csrf_routes_is_red_when_one_route_is_exempt(scratch: Scratch) -> None:
    scratch.serve(Exempting(scratch.deployment.app, "/privacy/leave"))
    await scratch.sees_red("auth.csrf.routes", "POST /privacy/leave from another site: 422")


async def test_auth_csrf_routes_is_red_when_a_route_lies_before_the_rule(scratch: Scratch) -> None:
    scratch.serve(Outside(scratch.deployment.app, "/sign-out"))
    await scratch.sees_red("auth.csrf.routes", "POST /sign-out from nowhere: 200")
