"""Step-up: what takes everything along or cannot be undone asks for a fresh proof, and the database insists on it."""

from contextlib import nullcontext

import asyncpg
import httpx
import pytest

from tests.support.deployment import PASSWORD, Deployment
from tests.support.hiring import acting_in
from upheld.features.audit.model import Action
from upheld.features.privacy import store as privacy_store
from upheld.features.privacy.actions import export_everything
from upheld.kit.errors import ProofNeededError, RefusedError
from upheld.main.web import create_router
from upheld.platform.i18n import Words
from upheld.platform.web.cookies import SESSION_COOKIE

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"
PROOF = {"own-password": PASSWORD}
REFUSED = "violates row-level security|permission denied|needs a fresh proof"
OPEN_CONTEXT = "select * from upheld.open_context($1)"


async def test_a_page_that_needs_a_fresh_proof_leads_to_it_and_back(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        assert (await ada.get("/privacy/export")).url.path == "/privacy/export"
        await deployment.proofs_grow_old()
        asked = await ada.get("/privacy/export")
        assert (asked.url.path, asked.url.params["to"]) == ("/prove", "privacy.export")
        back = await ada.form(str(asked.url), **PROOF)
        assert (back.status_code, back.url.path) == (httpx.codes.OK, "/privacy/export")
        assert (await ada.post("/privacy/export")).headers["content-type"] == "application/zip"


async def test_what_was_typed_before_the_proof_arrives_after_it(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        await deployment.proofs_grow_old()
        asked = await ada.form("/privacy/leave", word="LEAVE")
        assert asked.status_code == httpx.codes.UNAUTHORIZED
        assert 'name="word" value="LEAVE"' in asked.text
        assert "You are leaving" not in (await ada.get("/privacy")).text
        wrong = await ada.post("/prove?to=privacy.leave.do", data={"word": "LEAVE", "own-password": "not it at all"})
        assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert 'name="word" value="LEAVE"' in wrong.text
        assert "not it at all" not in wrong.text
        left = await ada.post("/prove?to=privacy.leave.do", data={"word": "LEAVE", **PROOF})
        assert left.url.path.startswith("/erasure/")


async def test_after_a_proof_nothing_is_posted_to_a_place_that_did_not_ask_for_one(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        for place in ("accounts.sign_out", "candidates.visibility.do", "//evil.example", "https://evil.example", ""):
            await deployment.proofs_grow_old()
            address = httpx.URL("/prove", params={"to": place})
            answer = await ada.post(address, data={"visibility": "open", **PROOF}, follow_redirects=False)
            assert answer.status_code == httpx.codes.SEE_OTHER
            assert answer.headers["location"] in {"/", "/profile/visibility"}
        assert (await ada.get("/home")).url.path == "/home"


async def test_a_proof_has_the_session_go_on_under_another_secret(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.browser() as thief:
        thief.cookies.set(SESSION_COOKIE, ada.cookies[SESSION_COOKIE], domain="upheld.localhost")
        assert (await thief.get("/home")).url.path == "/home"
        await ada.form("/prove", **PROOF)
        assert (await thief.get("/home")).url.path == "/sign-in"
        assert (await ada.get("/home")).url.path == "/home"
        acts = await ada.get("/privacy")
    assert "You showed once more that it was you" in acts.text


async def test_guessing_the_password_there_has_to_wait(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        answers = [await ada.form("/prove", **{"own-password": "wrong on purpose"}) for _ in range(11)]
    assert [answer.status_code for answer in answers[:9]] == [422] * 9
    assert answers[10].status_code == httpx.codes.TOO_MANY_REQUESTS
    assert answers[10].headers["retry-after"]


async def test_the_database_refuses_the_acts_themselves_without_a_fresh_proof(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        await deployment.proofs_grow_old()
        with pytest.raises(ProofNeededError):
            async with acting_in(deployment, ada) as acting:
                await export_everything(acting, Words("en"))
        with pytest.raises(RefusedError):
            async with acting_in(deployment, ada) as acting:
                await privacy_store.add_erasure(
                    acting.tx, acting.person_id, b"r" * 32, deployment.settings.erasure_grace
                )


async def test_sql_that_got_into_a_stale_session_can_neither_leave_nor_say_that_it_took_everything(
    deployment: Deployment,
) -> None:
    """As somebody would who can send the database whatever they like, in a session left open."""
    acts = (
        "insert into upheld.erasures (id, receipt_hash, due_at) values (gen_random_uuid(), sha256('x'), now())",
        "select upheld.record_act('data.exported', 'person', null, '{}', null)",
        "update upheld.sessions set proven_at = now()",
        "select upheld.freshen_session(upheld.current_person(), upheld.current_session(), sha256('x'))",
    )
    async with deployment.person(ADA) as ada, deployment.connected("web") as connection:
        for stale, act in ((stale, act) for stale in (False, True) for act in acts):
            if stale:
                await deployment.proofs_grow_old()
            allowed = not stale and act in acts[:2]
            inside = connection.transaction()
            await inside.start()
            await connection.fetch(OPEN_CONTEXT, deployment.secret_of(ada))
            with nullcontext() if allowed else pytest.raises(asyncpg.PostgresError, match=REFUSED):
                await connection.execute(act)
            await inside.rollback()


async def test_a_proof_lasts_ten_minutes_in_the_database_and_not_a_moment_longer(deployment: Deployment) -> None:
    admin = await deployment.administrator()
    try:
        async with deployment.person(ADA) as ada:
            for age, fresh in (("9 minutes", True), ("10 minutes", False)):
                await admin.execute(
                    "update upheld.sessions set proven_at = upheld.clock_now() - cast($1::text as interval)", age
                )
                async with deployment.connected("web") as web, web.transaction():
                    await web.fetch(OPEN_CONTEXT, deployment.secret_of(ada))
                    assert await web.fetchval("select upheld.freshly_proven()") is fresh
    finally:
        await admin.close()


async def test_what_needs_a_fresh_proof_says_so(deployment: Deployment) -> None:
    """A route that takes everything along or cannot be undone, and forgot to say it, is missing here."""
    router = create_router(deployment.platform)
    fresh = {
        name for route in router.routes for handler in getattr(route, "route_handlers", ())
        if handler.opt.get("fresh") and (name := handler.name)
    }  # fmt: skip
    assert fresh >= {"privacy.export", "privacy.export.do", "privacy.leave.do"}


async def test_the_proof_is_in_the_log(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        await ada.form("/prove", **PROOF)
    admin = await deployment.administrator()
    try:
        rows = await admin.fetch(
            "select actor_id, origin_sealed from upheld.audit_entries where action = $1", str(Action.SESSION_PROVEN)
        )
    finally:
        await admin.close()
    assert [row["actor_id"] is not None and row["origin_sealed"] is not None for row in rows] == [True]
