"""One's own account: the password, and where one is signed in."""

import re
from uuid import UUID

import httpx
import pytest

from tests.features.factors.steps import sets_up_an_app, signs_in
from tests.support.deployment import PASSWORD, Deployment
from upheld.features.accounts.actions import end_sessions_of
from upheld.features.accounts.errors import NobodyError
from upheld.kit.browsers import named
from upheld.platform.web.cookies import SESSION_COOKIE

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"
OTHER = "nine purple harbours"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
CHANGE = {"own-password": PASSWORD, "new-password": OTHER}


async def test_a_changed_password_counts_from_now_on_and_the_others_are_signed_out_when_asked(
    deployment: Deployment,
) -> None:
    async with deployment.person(ADA) as here, deployment.signed_in(ADA) as elsewhere:
        before = here.cookies[SESSION_COOKIE]
        done = await here.form("/account/password", **CHANGE, **{"end-others": "yes"})
        assert "Your password is changed" in done.text
        assert (await elsewhere.get("/home")).url.path == "/sign-in"
        assert here.cookies[SESSION_COOKIE] != before
        async with deployment.browser() as thief:
            thief.cookies.set(SESSION_COOKIE, before, domain="upheld.localhost")
            assert (await thief.get("/home")).url.path == "/sign-in"
        await deployment.work()
    assert deployment.mails(ADA)[-1]["subject"] == "Your password was changed"
    async with deployment.signed_in(ADA, OTHER):
        pass


async def test_the_others_stay_when_they_are_to(deployment: Deployment) -> None:
    async with deployment.person(ADA) as here, deployment.signed_in(ADA) as elsewhere:
        await here.form("/account/password", **CHANGE)
        assert (await elsewhere.get("/home")).url.path == "/home"


async def test_a_change_takes_the_current_password_and_a_good_new_one(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.signed_in(ADA) as elsewhere:
        for wrong, field in (
            ({"own-password": "not it at all"}, "own-password"),
            ({"new-password": "password1234"}, "new-password"),
            ({"new-password": "ada@example.org!"}, "new-password"),
        ):
            answer = await ada.form("/account/password", **{**CHANGE, **wrong, "end-others": "yes"})
            assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
            assert f'href="#{field}"' in answer.text
            assert not any(said in answer.text for said in (PASSWORD, OTHER, *wrong.values()))
        assert (await elsewhere.get("/home")).url.path == "/home"
    async with deployment.signed_in(ADA):
        pass


async def test_a_password_may_not_be_made_of_the_name_of_ones_organisation(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        await ada.form("/organisations/new", name="Tidewater Instruments", website="")
        answer = await ada.form("/account/password", **{**CHANGE, "new-password": "tidewater instruments 1"})
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "your own address and organisation" in answer.text


async def test_sessions_are_told_by_device_and_place(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.browser() as chrome:
        chrome.headers["user-agent"] = CHROME
        await chrome.form("/sign-in", email=ADA, password=PASSWORD)
        page = (await ada.get("/account")).text
    assert "Chrome on Windows, place unknown" in page
    assert "A browser that does not say what it is, place unknown" in page
    assert page.count("From 192.0.2.7, the network you are in now.") == page.count('/end"')
    admin = await deployment.administrator()
    rows = await admin.fetch("select origin_sealed from upheld.sessions where strength = 'password'")
    await admin.close()
    assert rows
    assert not any(b"192.0.2.7" in row["origin_sealed"] or b"Chrome" in row["origin_sealed"] for row in rows)


async def test_a_session_ends_by_itself_or_everywhere_else(deployment: Deployment) -> None:
    async with deployment.person(ADA) as here, deployment.signed_in(ADA) as there, deployment.signed_in(ADA) as third:
        page = (await here.get("/account")).text
        own = re.search(r"this one.*?/account/sessions/([0-9a-f-]{36})/end", page, re.DOTALL)
        assert own is not None
        others = [one for one in re.findall(r"/account/sessions/([0-9a-f-]{36})/end", page) if one != own[1]]
        assert "That session has ended" in (await here.post(f"/account/sessions/{others[0]}/end")).text
        assert (await here.post(f"/account/sessions/{others[0]}/end")).status_code == httpx.codes.NOT_FOUND
        assert "signed out everywhere else" in (await here.post("/account/sessions/end-others")).text
        for browser in (there, third):
            assert (await browser.get("/home")).url.path == "/sign-in"
        assert (await here.post(f"/account/sessions/{own[1]}/end")).url.path == "/signed-out"
        assert (await here.get("/home")).url.path == "/sign-in"


async def test_nobody_ends_somebody_elses_session(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.person("mallory@example.org") as mallory:
        found = re.search(r"/account/sessions/([0-9a-f-]{36})/end", (await ada.get("/account")).text)
        assert found is not None
        assert (await mallory.post(f"/account/sessions/{found[1]}/end")).status_code == httpx.codes.NOT_FOUND
        await mallory.post("/account/sessions/end-others")
        assert (await ada.get("/home")).url.path == "/home"


async def test_somebody_with_twenty_sessions_loses_the_one_used_longest_ago(deployment: Deployment) -> None:
    admin = await deployment.administrator()
    live = "select count(*) from upheld.sessions where revoked_at is null"
    async with deployment.person(ADA) as oldest:
        await admin.execute(
            "update upheld.sessions set revoked_at = now() where secret_hash <> sha256($1)",
            deployment.secret_of(oldest),
        )
        await admin.execute("update upheld.sessions set last_seen_at = now() - interval '1 hour'")
        await admin.execute(
            "insert into upheld.sessions (person_id, secret_hash, idle_for, expires_at)"
            " select p.id, sha256(n::text::bytea), interval '1 hour', now() + interval '1 hour'"
            " from upheld.people as p, generate_series(1, 19) as n"
        )
        assert await admin.fetchval(live) == 20
        async with deployment.signed_in(ADA) as newest:
            assert await admin.fetchval(live) == 20
            assert (await newest.get("/home")).url.path == "/home"
            assert (await oldest.get("/home")).url.path == "/sign-in"
    await admin.close()


async def test_an_operator_ends_anybodys_sessions_and_the_log_says_so(deployment: Deployment) -> None:
    platform = deployment.platform
    async with deployment.person(ADA) as ada, deployment.person("ben@example.org") as ben:
        assert await end_sessions_of(platform, None, " Ada@Example.org") >= 1
        assert (await ada.get("/home")).url.path == "/sign-in"
        assert (await ben.get("/home")).url.path == "/home"
        with pytest.raises(NobodyError):
            await end_sessions_of(platform, UUID(int=7), None)
    admin = await deployment.administrator()
    entry = await admin.fetchrow("select * from upheld.audit_entries where action = 'session.ended_by_operator'")
    assert (entry["actor_id"], entry["target_kind"]) == (None, "person")
    assert entry["target_id"] is not None
    await admin.close()


async def test_an_operators_word_ends_a_sign_in_that_waits_for_its_factor_as_well(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.browser() as thief:
        phone, _ = await sets_up_an_app(ada)
        assert "One more step" in (await signs_in(thief, ADA)).text
        await end_sessions_of(deployment.platform, None, ADA)
        await thief.form("/sign-in/second-factor", code=phone.code())
        assert (await thief.get("/home")).url.path == "/sign-in"


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        (CHROME, ("Chrome", "Windows")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", ("Firefox", "Linux")),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
            ("Safari", "iPhone"),
        ),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", ("Chrome", "Android")),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", ("Edge", "Windows")),
        ("curl/8.5.0", ("", "")),
        ("", ("", "")),
    ],
)
def test_browsers_are_told_by_the_names_their_owners_know(agent: str, told: tuple[str, str]) -> None:
    assert named(agent) == told
