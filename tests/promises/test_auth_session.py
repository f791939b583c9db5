"""auth.session, red under each of its sabotages."""

from typing import Any

import pytest
from litestar import get

from tests.promises.faults import Changing, Outside, Scratch
from upheld.features.trust.probe import CheckState
from upheld.features.trust.routes import FRESH_ROUTES, routes_of
from upheld.main.web import create_router
from upheld.platform.web.visits import OpenVisit

pytestmark = pytest.mark.anyio


@get("/everything", name="everything", opt={"public": True})
async def everything() -> str:
    """Give away what a forgotten mark gives away."""
    return "somebody's data"


async def test_auth_session_refused_is_red_when_a_route_is_mounted_outside_the_middleware(scratch: Scratch) -> None:
    scratch.serve(Outside(scratch.deployment.app, "/applications"))
    await scratch.sees_red("auth.session.refused", "GET /applications with no session: 200")


async def test_auth_session_refused_is_red_when_the_signature_is_not_checked(scratch: Scratch) -> None:
    def trusting(scope: Any, _: Any) -> bool:
        cookie = dict(scope["headers"]).get(b"cookie", b"").decode()
        return "=ey" in cookie and scope["path"] == "/applications"

    class Trusting(Changing):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if trusting(scope, None):
                await Outside(self._app, scope["path"])(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    scratch.serve(Trusting(scratch.deployment.app, trusting, {}))
    await scratch.sees_red("auth.session.refused", "an unsigned (alg none)", "a foreign-keyed")


async def test_auth_session_revoked_is_red_when_an_ended_session_goes_on(scratch: Scratch) -> None:
    await scratch.change(
        "alter policy live_sessions_are_checked_by_the_context_keeper on upheld.sessions using (id is not null)",
    )
    await scratch.sees_red("auth.session.revoked", "the ended session still got in")


@pytest.mark.parametrize("attribute", ["HttpOnly", "Secure", "SameSite=Lax"])
async def test_auth_session_cookie_is_red_when_an_attribute_is_missing(scratch: Scratch, attribute: str) -> None:
    class Stripping:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def outgoing(message: Any) -> None:
                if "headers" in message:
                    stripped = [(k, v.replace(f"; {attribute}".encode(), b"")) for k, v in message["headers"]]
                    message = {**message, "headers": stripped}
                await send(message)

            await scratch.deployment.app(scope, receive, outgoing)

    scratch.serve(Stripping())
    await scratch.sees_red("auth.session.cookie", "the cookie is not")


async def test_auth_session_public_is_red_when_a_route_is_opened_that_is_not_on_the_list(scratch: Scratch) -> None:
    scratch.scene.routes = routes_of(create_router(scratch.deployment.platform, extra=[everything]))
    await scratch.sees_red("auth.session.public", "everything needs no session, and is not on the list")


async def test_auth_session_sockets_is_red_when_one_opens_outside_the_middleware(scratch: Scratch) -> None:
    scratch.serve(Outside(scratch.deployment.app, "/home"))
    # Signing in leads through /home only as a redirect, which nobody follows here.
    await scratch.sees_red("auth.session.sockets", "/home with none session: 101")


async def test_sessions_go_on_under_other_secrets(scratch: Scratch) -> None:
    (check,) = (await scratch.look("auth.session.replaced")).checks
    assert check.state is CheckState.PASSED, check.evidence
    assert check.evidence["secrets"] == 5


async def test_auth_session_replaced_is_red_when_the_middleware_replaces_none(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> bool:
        return False

    monkeypatch.setattr("upheld.platform.web.visits.is_due", never)
    await scratch.sees_red("auth.session.replaced", "act for an organisation: the session kept its secret")


@pytest.mark.parametrize(
    ("table", "after"),
    [("members", "another role, given elsewhere"), ("fair_use_acceptances", "coming to see candidates")],
)
async def test_auth_session_replaced_is_red_when_the_database_does_not_count_a_change(
    scratch: Scratch, table: str, after: str
) -> None:
    await scratch.change(f"drop trigger changes_are_counted on upheld.{table}")
    await scratch.sees_red("auth.session.replaced", f"{after}: the session kept its secret")


async def test_auth_session_replaced_is_red_when_former_secrets_live_on(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.freshen_session(whose uuid, which uuid, new_secret_hash bytea)"
        " returns timestamptz language sql volatile security definer set search_path = '' begin atomic"
        " update upheld.sessions set proven_at = upheld.clock_now(), secret_hash = new_secret_hash,"
        " former_hash = secret_hash, former_until = upheld.clock_now() + interval '1 hour'"
        " where id = which"
        " returning expires_at; end"
    )
    await scratch.sees_red("auth.session.replaced", "secret 4 of a session still got in")


async def test_what_needs_a_fresh_proof_asks_for_it(scratch: Scratch) -> None:
    (check,) = (await scratch.look("auth.session.fresh")).checks
    assert check.state is CheckState.PASSED, check.evidence
    assert check.evidence["routes"] >= len(FRESH_ROUTES)


async def test_auth_session_fresh_is_red_when_one_route_asks_for_none(scratch: Scratch) -> None:
    scratch.serve(Outside(scratch.deployment.app, "/privacy/export"))
    await scratch.sees_red("auth.session.fresh", "POST /privacy/export asks for no fresh proof: 200")


async def test_auth_session_fresh_is_red_when_every_session_counts_as_proven(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OpenVisit, "is_fresh", True)
    await scratch.sees_red("auth.session.fresh", "POST /privacy/leave asks for no fresh proof")


async def test_auth_session_fresh_is_red_when_a_providers_word_is_a_proof_to_the_database(scratch: Scratch) -> None:
    await scratch.change(
        "create or replace function upheld.session_is_fresh(which uuid) returns boolean language sql stable"
        " security definer set search_path = '' return true"
    )
    await scratch.sees_red("auth.session.fresh", "do what leaves", "do what takes everything along")
