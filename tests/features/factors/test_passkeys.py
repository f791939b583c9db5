"""Passkeys, through the pages, with a device in software that can be bent (the browser's own are in journeys)."""

import httpx
import pytest

from tests.features.factors.steps import adds_a_passkey, answers, codes_on, device, sets_up_an_app, signs_in
from tests.support.deployment import Deployment, text_of
from upheld.features.trust.authenticator import Bent

pytestmark = pytest.mark.anyio
ADA, BEN = "ada@example.org", "ben@example.org"
SESSION, HALF_OPEN = "__Host-session", "__Host-sign-in"
REFUSED = httpx.codes.UNPROCESSABLE_ENTITY


async def test_a_passkey_signs_in_without_a_name_or_a_password(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        key = device(browser)
        page = await adds_a_passkey(browser, key)
        assert len(codes_on(page)) == 10
        assert "My phone" in (await browser.get("/account/security")).text
    async with deployment.browser() as browser:
        assert (await answers(browser, key)).url.path == "/home"
        assert "Last used on" in (await browser.get("/account/security")).text
    await deployment.work()
    assert "A passkey was added" in text_of(deployment.mails(ADA)[-1])


async def test_an_answer_that_was_given_once_is_worth_nothing_again(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        key = device(browser)
        await adds_a_passkey(browser, key)
    async with deployment.browser() as browser:
        told = (await browser.post("/sign-in/passkey/question")).json()
        waiting = browser.cookies[HALF_OPEN]
        said = key.answer(told)
        assert (await browser.form("/sign-in/passkey", answer=said)).url.path == "/home"
    async with deployment.browser() as thief:
        thief.cookies.set(HALF_OPEN, waiting, domain="upheld.localhost")
        assert (await thief.form("/sign-in/passkey", answer=said)).status_code == REFUSED
        assert SESSION not in thief.cookies


@pytest.mark.parametrize(
    "bent",
    [
        Bent(origin="https://evil.example"), Bent(site="evil.example"), Bent(unlocked=False), Bent(framed=True),
        Bent(count=0), Bent(kind="webauthn.create"), Bent(challenge="A" * 43),
    ],
    ids=["another origin", "another site", "not unlocked", "in a frame", "a copy", "another kind", "own challenge"],
)  # fmt: skip
async def test_an_answer_that_is_not_quite_one_opens_nothing(deployment: Deployment, bent: Bent) -> None:
    async with deployment.person(ADA) as browser:
        key = device(browser)
        await adds_a_passkey(browser, key)
        assert (await answers(browser, key)).url.path == "/home"
    async with deployment.browser() as browser:
        refused = await answers(browser, key, bent)
        assert refused.status_code == REFUSED
        assert SESSION not in browser.cookies
        assert (await answers(browser, key)).url.path == "/home"


async def test_a_question_to_one_browser_is_answered_in_that_browser(deployment: Deployment) -> None:
    """Otherwise somebody could have others sign in to an account of theirs."""
    async with deployment.person(ADA) as browser:
        key = device(browser)
        await adds_a_passkey(browser, key)
    async with deployment.browser() as asked, deployment.browser() as another:
        said = key.answer((await asked.post("/sign-in/passkey/question")).json())
        await another.post("/sign-in/passkey/question")
        assert (await another.form("/sign-in/passkey", answer=said)).status_code == REFUSED
        assert SESSION not in another.cookies


async def test_a_passkey_is_a_second_factor_after_the_password(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        key = device(browser)
        await adds_a_passkey(browser, key)
    async with deployment.browser() as browser:
        page = await signs_in(browser, ADA)
        assert "One more step" in page.text
        assert "Code from your app" not in page.text
        told = (await browser.post("/sign-in/second-factor/question")).json()
        assert len(told["allowCredentials"]) == 1
        answer = await browser.form("/sign-in/second-factor", by="passkey", answer=key.answer(told))
        assert answer.url.path == "/home"


async def test_somebody_elses_passkey_is_no_second_factor_of_mine(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        await adds_a_passkey(browser, device(browser))
    async with deployment.person(BEN) as browser:
        bens = device(browser)
        await adds_a_passkey(browser, bens)
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        told = (await browser.post("/sign-in/second-factor/question")).json()
        refused = await browser.form("/sign-in/second-factor", by="passkey", answer=bens.answer(told))
        assert refused.status_code == REFUSED
        assert SESSION not in browser.cookies


async def test_a_passkey_of_one_person_says_no_other_name(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        key = device(browser)
        await adds_a_passkey(browser, key)
    async with deployment.person(BEN) as browser:
        bens = device(browser)
        await adds_a_passkey(browser, bens)
    key.user = bens.user
    async with deployment.browser() as browser:
        assert (await answers(browser, key)).status_code == REFUSED


async def test_a_passkey_is_kept_once_and_for_its_own_session(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        key = device(browser)
        told = (await browser.post("/account/security/passkeys/question")).json()
        said = key.register(told)
        async with deployment.signed_in(ADA) as another:
            refused = await another.form("/account/security/passkeys/new", answer=said, name="Stolen")
            assert refused.status_code == REFUSED
        assert "Your passkey is kept" in (await adds_a_passkey(browser, key)).text
        again = await adds_a_passkey(browser, key)
        assert "is kept already" in again.text


async def test_a_passkey_without_a_name_is_asked_for_one(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        answer = await adds_a_passkey(browser, device(browser), name="")
        assert "Give the passkey a name" in answer.text


async def test_a_removed_passkey_opens_nothing(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        key, other = device(browser), device(browser)
        await adds_a_passkey(browser, key, "My phone")
        await adds_a_passkey(browser, other, "My computer")
        page = (await browser.get("/account/security")).text
        first = page.split("/account/security/passkeys/")[1].split("/")[0]
        done = await browser.post(f"/account/security/passkeys/{first}/remove")
        assert "The passkey is removed" in done.text
        assert "My phone" not in done.text
        assert "My computer" in done.text
    async with deployment.browser() as browser:
        assert (await answers(browser, key)).status_code == REFUSED
        assert (await answers(browser, other)).url.path == "/home"


async def test_the_last_way_in_is_not_removed(deployment: Deployment) -> None:
    """An account without a password, as somebody has who came through a provider and left it."""
    async with deployment.person(ADA) as browser:
        await adds_a_passkey(browser, device(browser))
        page = (await browser.get("/account/security")).text
        passkey = page.split("/account/security/passkeys/")[1].split("/")[0]
        administrator = await deployment.administrator()
        await administrator.execute("delete from upheld.credentials")
        await administrator.close()
        kept = await browser.post(f"/account/security/passkeys/{passkey}/remove")
        assert kept.status_code == httpx.codes.CONFLICT
        assert "you could not sign in any more" in kept.text
        assert "My phone" in (await browser.get("/account/security")).text


async def test_a_passkey_is_a_fresh_proof(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        key = device(browser)
        await adds_a_passkey(browser, key)
        await deployment.proofs_grow_old()
        asked = await browser.post("/account/security/codes")
        assert "Is it you?" in asked.text
        assert "Use a passkey" in asked.text
        told = (await browser.post("/prove/passkey/question")).json()
        led = await browser.post(
            "/prove/passkey?to=factors.codes.do", data={"answer": key.answer(told)}, follow_redirects=False
        )
        assert led.headers["location"] == "/account/security/codes"
        assert len(codes_on(await browser.post("/account/security/codes"))) == 10


async def test_a_passkey_proves_its_own_person_only(deployment: Deployment) -> None:
    async with deployment.person(BEN) as browser:
        bens = device(browser)
        await adds_a_passkey(browser, bens)
    async with deployment.person(ADA) as browser:
        await deployment.proofs_grow_old()
        told = (await browser.post("/prove/passkey/question")).json()
        refused = await browser.form("/prove/passkey?to=factors.app", answer=bens.answer(told))
        assert refused.status_code == REFUSED
        assert "Is it you?" in (await browser.get("/account/security/passkeys/new")).text


async def test_an_app_and_a_passkey_share_the_recovery_codes(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        _, codes = await sets_up_an_app(browser)
        assert codes_on(await adds_a_passkey(browser, device(browser))) == []
        await browser.post("/account/security/app/remove")
    async with deployment.browser() as browser:
        await signs_in(browser, ADA)
        assert (await browser.form("/sign-in/second-factor", by="recovery-code", code=codes[0])).url.path == "/home"


async def test_garbage_is_no_answer(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        for said in (
            "",
            "{}",
            "[]",
            '{"rawId": 1}',
            '{"rawId": "a", "response": {"clientDataJSON": "e30"}}',
            "\x00",
            "9" * 9999,
        ):
            await browser.post("/sign-in/passkey/question")
            assert (await browser.form("/sign-in/passkey", answer=said)).status_code == REFUSED, said
