"""Codes from an app and recovery codes, through the pages."""

import httpx
import pytest

from tests.features.factors.steps import codes_on, sets_up_an_app, signs_in
from tests.support.deployment import Deployment, text_of

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"
HALF_OPEN = "__Host-sign-in"
SESSION = "__Host-session"


async def test_after_the_password_no_session_is_open_until_the_code_is_shown(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        phone, _ = await sets_up_an_app(browser)
    async with deployment.browser() as browser:
        answer = await signs_in(browser, ADA)
        assert "One more step" in answer.text
        assert SESSION not in browser.cookies
        assert (await browser.get("/profile", follow_redirects=False)).status_code == httpx.codes.SEE_OTHER
        # The secret of a sign-in that waits is none of a session, whatever cookie brings it.
        browser.cookies.set(SESSION, browser.cookies[HALF_OPEN], domain="upheld.localhost")
        assert (await browser.get("/profile", follow_redirects=False)).status_code == httpx.codes.SEE_OTHER
        browser.cookies.delete(SESSION)
        answer = await browser.form("/sign-in/second-factor", code=phone.code())
        assert answer.url.path == "/home"
        assert (await browser.get("/profile")).status_code == httpx.codes.OK


async def test_each_code_of_an_app_counts_once_and_none_before_it(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        phone, _ = await sets_up_an_app(browser)
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        refused = await browser.form("/sign-in/second-factor", code=phone.used[0])
        assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "was used already" in refused.text
        assert (await browser.form("/sign-in/second-factor", code=phone.code())).url.path == "/home"
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        assert (await browser.form("/sign-in/second-factor", code=phone.used[1])).status_code == 422


async def test_a_finished_sign_in_opens_nothing_a_second_time(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        _, codes = await sets_up_an_app(browser)
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        waiting = browser.cookies[HALF_OPEN]
        await browser.form("/sign-in/second-factor", by="recovery-code", code=codes[0])
        await browser.post("/sign-out")
        browser.cookies.set(HALF_OPEN, waiting, domain="upheld.localhost")
        answer = await browser.form("/sign-in/second-factor", by="recovery-code", code=codes[1])
        assert answer.status_code == httpx.codes.FORBIDDEN
        assert "This sign-in is over" in answer.text


async def test_ten_recovery_codes_are_shown_once_and_each_opens_the_account_once(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        _, codes = await sets_up_an_app(browser)
        assert len(set(codes)) == 10
        assert codes_on(await browser.get("/account/security")) == []
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        typed = codes[0].upper().replace("-", " ").replace("0", "O")
        assert (await browser.form("/sign-in/second-factor", by="recovery-code", code=typed)).url.path == "/home"
        assert "9 codes are left" in (await browser.get("/account/security")).text
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        again = await browser.form("/sign-in/second-factor", by="recovery-code", code=codes[0])
        assert "does not fit, or was used already" in again.text
    await deployment.work()
    assert "9 are left" in text_of(deployment.mails(ADA)[-1])


async def test_new_recovery_codes_make_the_old_ones_worth_nothing(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        _, old = await sets_up_an_app(browser)
        new = codes_on(await browser.post("/account/security/codes"))
        assert len(new) == 10
        assert not set(new) & set(old)
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        refused = await browser.form("/sign-in/second-factor", by="recovery-code", code=old[3])
        assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert (await browser.form("/sign-in/second-factor", by="recovery-code", code=new[3])).url.path == "/home"


async def test_the_sixth_code_in_five_minutes_has_to_wait(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        phone, _ = await sets_up_an_app(browser)
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        answers = [await browser.form("/sign-in/second-factor", code="abcdef") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [422] * 5
        last = await browser.form("/sign-in/second-factor", code=phone.code())
    assert last.status_code == httpx.codes.TOO_MANY_REQUESTS
    assert int(last.headers["retry-after"]) > 0


async def test_a_sign_in_waits_for_ten_minutes_and_no_longer(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        _, codes = await sets_up_an_app(browser)
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        connection = await deployment.administrator()
        try:
            await connection.execute("update upheld.half_open_sign_ins set expires_at = clock_timestamp()")
        finally:
            await connection.close()
        answer = await browser.form("/sign-in/second-factor", by="recovery-code", code=codes[0])
    assert answer.status_code == httpx.codes.FORBIDDEN


async def test_the_way_back_survives_the_second_factor(deployment: Deployment) -> None:
    job = "0d8f1f6e-6f0e-4c55-9a6f-1c1a2b3c4d5e"
    async with deployment.person(ADA) as browser:
        _, codes = await sets_up_an_app(browser)
    async with deployment.browser() as browser:
        page = await signs_in(browser, ADA, to="applications.apply", id=job)
        assert f'value="{job}"' in page.text
        answer = await browser.post(
            "/sign-in/second-factor",
            data={"by": "recovery-code", "code": codes[0], "to": "applications.apply", "id": job},
            follow_redirects=False,
        )
        assert answer.headers["location"] == f"/jobs/{job}/apply"


async def test_nothing_leads_away_from_the_codes_before_they_are_kept(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        _, codes = await sets_up_an_app(browser)
        page = await browser.post("/account/security/codes")
        assert codes_on(page) != codes
        main = page.text.split("<main")[1].split("</main>")[0]
        assert main.count("<form") == 0
        assert main.count("href=") == 1
        kept = await browser.get("/account/security?done=app")
        assert "Codes are on." in kept.text
        assert "Sign out everywhere else" in kept.text


async def test_removing_the_app_takes_its_codes_along_and_is_told_by_mail(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await sets_up_an_app(browser)
        assert "Your password alone opens your account then" in (await browser.get("/account/security/app/remove")).text
        page = await browser.post("/account/security/app/remove")
        assert "So far your password alone opens your account" in page.text
        assert "Sign out everywhere else" in page.text
    async with deployment.signed_in(ADA) as browser:
        assert (await browser.get("/profile")).status_code == httpx.codes.OK
    await deployment.work()
    subjects = [mail["subject"] for mail in deployment.mails(ADA)]
    assert subjects.count("Your sign-in has changed") == 2


async def test_a_change_of_a_factor_gives_the_session_another_secret(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        before = browser.cookies[SESSION]
        await sets_up_an_app(browser)
        assert browser.cookies[SESSION] != before
        assert (await browser.get("/profile")).status_code == httpx.codes.OK
        browser.cookies.set(SESSION, before, domain="upheld.localhost")
        assert (await browser.get("/profile", follow_redirects=False)).status_code == httpx.codes.SEE_OTHER


async def test_an_app_counts_only_after_its_first_code(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        page = await browser.post("/account/security/app")
        assert 'class="qr"' in page.text
        wrong = await browser.form("/account/security/app/confirm", code="000000")
        assert "This code does not fit" in wrong.text
        assert 'class="qr"' in wrong.text
    async with deployment.signed_in(ADA) as browser:
        assert (await browser.get("/profile")).status_code == httpx.codes.OK


async def test_the_second_factor_is_asked_by_a_database_that_mints_no_session_without_it(
    deployment: Deployment,
) -> None:
    async with deployment.person(ADA) as browser:
        await sets_up_an_app(browser)
    administrator = await deployment.administrator()
    person = await administrator.fetchval("select person_id from upheld.authenticator_apps")
    await administrator.close()
    mint = "select upheld.mint_session($1, sha256(gen_random_uuid()::text::bytea), '1h', '1h', $2)"
    async with deployment.connected("gate") as gate:
        assert await gate.fetchval(mint, person, "password") is None
        assert await gate.fetchval(mint, person, "provider") is None
        assert await gate.fetchval(mint, person, "two-factor") is not None


async def test_what_is_stored_of_a_factor_is_no_use_to_a_thief(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        phone, codes = await sets_up_an_app(browser)
    administrator = await deployment.administrator()
    stored = str(await administrator.fetch("select * from upheld.authenticator_apps"))
    stored += str(await administrator.fetch("select * from upheld.recovery_codes"))
    await administrator.close()
    assert phone.secret not in stored
    assert not any(code.replace("-", "") in stored for code in codes)


async def test_a_database_refuses_to_change_a_factor_in_a_session_that_was_proven_long_ago(
    deployment: Deployment,
) -> None:
    async with deployment.person(ADA) as browser:
        await sets_up_an_app(browser)
        administrator = await deployment.administrator()
        await administrator.execute("update upheld.sessions set proven_at = clock_timestamp() - interval '11 minutes'")
        person, session = await administrator.fetchrow(
            "select person_id, id from upheld.sessions order by created_at desc limit 1"
        )
        await administrator.close()
    async with deployment.connected("gate") as gate:
        for act in (
            "begin_app($1, $2, '\\x00')", "confirm_app($1, $2, 1)", "remove_app($1, $2)",
            "replace_recovery_codes($1, $2, '{}')", "remove_passkey($1, $2, gen_random_uuid())",
            "add_passkey($1, $2, gen_random_uuid(), sha256('a'), '', 0, '')", "strengthen_session($1, $2, sha256('b'))",
        ):  # fmt: skip
            with pytest.raises(Exception, match="proven a moment ago"):
                await gate.fetchval(f"select upheld.{act}", person, session)


async def test_a_code_of_an_hour_ago_is_none(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        phone, _ = await sets_up_an_app(browser)
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        old = phone.of(phone.last - 120)
        assert (await browser.form("/sign-in/second-factor", code=old)).status_code == 422
