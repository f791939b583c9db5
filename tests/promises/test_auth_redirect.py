"""auth.redirect, green with every hostile place there is, and red under each of its sabotages."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.promises.faults import Changing, Scratch
from tests.support.deployment import PASSWORD, Deployment
from upheld.features.trust.probes.landing import CORPUS, ELSEWHERE, stays

pytestmark = pytest.mark.anyio


class Obliging:
    """Leads whoever signs in to wherever the form says, unless that begins like another site."""

    def __init__(self, app: Any) -> None:
        """Take the application."""
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the application does, but for where it leads."""
        body = (await receive()).get("body", b"") if scope["method"] == "POST" else b""
        wanted = parse_qs(body.decode()).get("to", [""])[0]
        obeys = bool(wanted) and not wanted.startswith(("http", "//", "java"))

        async def again() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def outgoing(message: Any) -> None:
            if obeys and message.get("status") == 303 and scope["path"] == "/sign-in":
                kept = [(name, value) for name, value in message["headers"] if name != b"location"]
                message = {**message, "headers": [*kept, (b"location", wanted.encode())]}
            await send(message)

        await self._app(scope, again, outgoing)


async def test_no_hostile_place_is_followed_after_signing_in(deployment: Deployment) -> None:
    # A limit of ten holds for each account: so several share the corpus.
    for begin in range(0, len(CORPUS), 9):
        name = f"p{begin}@example.org"
        await deployment.register(name)
        async with deployment.browser() as browser:
            for hostile in CORPUS[begin : begin + 9]:
                form = {"email": name, "password": PASSWORD, "to": hostile, "id": hostile}
                answer = await browser.post("/sign-in", data=form, follow_redirects=False)
                assert answer.headers["location"] == "/home", hostile
                browser.cookies.clear()


async def test_auth_redirect_corpus_is_red_when_a_check_of_prefixes_lets_one_place_through(scratch: Scratch) -> None:
    scratch.serve(Obliging(scratch.deployment.app))
    await scratch.sees_red("auth.redirect.corpus", f"signing in with '/\\\\{ELSEWHERE}' leads to another place")


async def test_auth_redirect_corpus_is_red_when_a_path_becomes_a_host(scratch: Scratch) -> None:
    def redirected(_: Any, message: Any) -> bool:
        return message["status"] == 308

    scratch.serve(Changing(scratch.deployment.app, redirected, {"location": f"//{ELSEWHERE}/"}))
    await scratch.sees_red("auth.redirect.corpus", "leads to another place")


@pytest.mark.parametrize(
    ("place", "is_ours"),
    [
        ("/home", True),
        ("/jobs/1?a=//b", True),
        ("https://upheld.localhost:8443/home", True),
        ("https:home", True),
        ("home", True),
        ("//elsewhere.example", False),
        ("/\\elsewhere.example", False),
        ("/\t/elsewhere.example", False),
        (" \x01//elsewhere.example", False),
        ("https://upheld.localhost:8443.elsewhere.example", False),
        ("https://upheld.localhost@elsewhere.example", False),
        ("http://upheld.localhost:8443/", False),
        ("javascript:alert(1)", False),
        ("java\tscript:alert(1)", False),
    ],
)
def test_a_place_is_judged_as_a_browser_reads_it(place: str, is_ours: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert stays(place, "https://upheld.localhost:8443") is is_ours
