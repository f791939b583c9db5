"""Guessing passwords: strangers wait, and nobody is kept out of their own account by them."""

import asyncio
import re
import time
from typing import Any

import httpx
import pytest

from tests.support.deployment import PASSWORD, Browser, Deployment, text_of
from upheld.features.accounts import store
from upheld.features.accounts.actions import entering
from upheld.platform.limits import count
from upheld.platform.limits.rules import FAILURES_OF_ALL, FAILURES_PER_ADDRESS, LINKS_PER_MAILBOX, SIGN_IN_PER_ACCOUNT
from upheld.platform.passwords import hash_password
from upheld.platform.web.cookies import DEVICE_COOKIE

pytestmark = pytest.mark.anyio
ADA, BEN = "ada@example.org", "ben@example.org"
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"
WRONG = "not the password, but a long one"

IN, NOT_SO, LATER = httpx.codes.SEE_OTHER, httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.TOO_MANY_REQUESTS


def browser_at(deployment: Deployment, address: str, device: str = "") -> Browser:
    """Return a browser at an address, with what another one may have been given."""
    browser = Browser(
        transport=httpx.ASGITransport(app=deployment.app, client=(address, 50000)),
        base_url=deployment.settings.address,
        headers={"sec-fetch-site": "same-origin", "user-agent": "tests"},
    )
    if device:
        browser.cookies.set(DEVICE_COOKIE, device, domain="upheld.localhost")
    return browser


async def tried(browser: Browser, email: str, password: str = WRONG) -> httpx.Response:
    """Send the form."""
    return await browser.post("/sign-in", data={"email": email, "password": password})


async def guessed(deployment: Deployment, address: str, *emails: str) -> list[int]:
    """Guess once at each account, from one address, as a stranger; return how each was answered."""
    async with browser_at(deployment, address) as stranger:
        return [(await tried(stranger, email)).status_code for email in emails]


async def device_of(deployment: Deployment, email: str) -> str:
    """Sign in once; return the cookie by which the account knows the browser then."""
    async with browser_at(deployment, HERE) as browser:
        answer = await tried(browser, email, PASSWORD)
        assert answer.status_code == IN, answer.text
        return browser.cookies[DEVICE_COOKIE]


async def test_a_browser_that_the_account_knows_gets_in_while_strangers_guess(deployment: Deployment) -> None:
    await deployment.register(ADA)
    device = await device_of(deployment, ADA)
    assert await guessed(deployment, HERE, *[ADA] * 9) == [NOT_SO] * 9
    assert await guessed(deployment, ELSEWHERE, ADA) == [LATER]
    async with browser_at(deployment, HERE, device) as known, browser_at(deployment, ELSEWHERE) as new:
        assert (await tried(known, ADA, PASSWORD)).status_code == IN
        assert (await tried(new, ADA, PASSWORD)).status_code == LATER


async def test_a_browser_that_the_account_knows_gets_in_from_an_address_that_is_spent(deployment: Deployment) -> None:
    for email in (ADA, BEN):
        await deployment.register(email)
    device = await device_of(deployment, ADA)
    strangers = [f"nobody.{number}@example.org" for number in range(12)]
    assert await guessed(deployment, HERE, *strangers) == [NOT_SO] * 10 + [LATER] * 2
    async with browser_at(deployment, HERE, device) as known:
        assert (await tried(known, ADA, PASSWORD)).status_code == IN
        assert (await tried(known, BEN, PASSWORD)).status_code == LATER, "Ben's account does not know this browser"
    async with browser_at(deployment, ELSEWHERE) as other:
        assert (await tried(other, BEN, PASSWORD)).status_code == IN, "only that address waits"


async def test_a_stolen_cookie_is_counted_for_itself_and_opens_no_other_account(deployment: Deployment) -> None:
    for email in (ADA, BEN):
        await deployment.register(email)
    device = await device_of(deployment, ADA)
    async with browser_at(deployment, ELSEWHERE, device) as thief:
        assert [(await tried(thief, ADA)).status_code for _ in range(11)] == [NOT_SO] * 10 + [LATER]
    async with browser_at(deployment, HERE) as new:
        assert (await tried(new, ADA, PASSWORD)).status_code == IN, "the thief used up nothing but the cookie"
    # What he has does not help him with another account, once strangers have to wait there.
    strangers = [f"nobody.{number}@example.org" for number in range(10)]
    assert await guessed(deployment, ELSEWHERE, *strangers) == [NOT_SO] * 10
    async with browser_at(deployment, ELSEWHERE, device) as thief:
        assert (await tried(thief, BEN)).status_code == LATER


async def test_a_new_password_makes_every_browser_a_strangers_again(deployment: Deployment) -> None:
    await deployment.register(ADA)
    device = await device_of(deployment, ADA)
    platform = deployment.platform
    async with platform.database.transaction("gate") as tx:
        known = await store.find_credential(tx, platform.blind_index("email", ADA))
        assert known is not None
        await store.replace_credential(tx, known.person_id, await hash_password("another one, long enough", 10))
    await guessed(deployment, ELSEWHERE, *[f"nobody.{number}@example.org" for number in range(10)])
    async with browser_at(deployment, ELSEWHERE, device) as browser:
        assert (await tried(browser, ADA, "another one, long enough")).status_code == LATER
    async with browser_at(deployment, HERE, device) as browser:
        assert (await tried(browser, ADA, "another one, long enough")).status_code == IN
        assert browser.cookies[DEVICE_COOKIE] != device


async def test_a_new_browser_need_not_wait_once_a_mailed_link_has_set_another_password(deployment: Deployment) -> None:
    await deployment.register(ADA)
    assert await guessed(deployment, ELSEWHERE, *[ADA] * 11) == [NOT_SO] * 10 + [LATER]
    async with browser_at(deployment, HERE) as new:
        assert (await tried(new, ADA, PASSWORD)).status_code == LATER
        await new.form("/reset", email=ADA)
        await deployment.work()
        link = re.search(r"/reset/link/[\w-]+", text_of(deployment.mails(ADA)[-1]))
        assert link is not None
        assert (await new.form(link[0], password="another one, long enough")).status_code == IN
        assert (await tried(new, ADA, "another one, long enough")).status_code == IN


async def test_a_browser_of_several_people_is_known_to_each(deployment: Deployment) -> None:
    for email in (ADA, BEN):
        await deployment.register(email)
    async with browser_at(deployment, HERE) as shared:
        for email in (ADA, BEN):
            assert (await tried(shared, email, PASSWORD)).status_code == IN
        kept = shared.cookies[DEVICE_COOKIE]
        for email in (ADA, BEN):
            assert (await tried(shared, email, PASSWORD)).status_code == IN
        assert shared.cookies[DEVICE_COOKIE] == kept, "it is known already, and given nothing new"
        await guessed(deployment, HERE, *[f"nobody.{number}@example.org" for number in range(10)])
        for email in (ADA, BEN):
            assert (await tried(shared, email, PASSWORD)).status_code == IN


@pytest.mark.parametrize("device", ["", ".", "no base64!", "A" * 43, ".".join(["A" * 43] * 99), "é", "A" * 9000])
async def test_whatever_the_cookie_holds_is_a_strangers(deployment: Deployment, device: str) -> None:
    await deployment.register(ADA)
    async with browser_at(deployment, HERE) as browser:
        header = [(b"cookie", f"{DEVICE_COOKIE}={device}".encode("latin-1"))]
        answer = await browser.post("/sign-in", data={"email": ADA, "password": PASSWORD}, headers=header)
        assert answer.status_code == IN
        assert len(browser.cookies[DEVICE_COOKIE]) < 300


async def test_of_many_guesses_at_once_only_as_many_are_told_whether_they_were_right(deployment: Deployment) -> None:
    strangers = [f"nobody.{number}@example.org" for number in range(30)]
    answers = await asyncio.gather(*(guessed(deployment, HERE, email) for email in strangers))
    said = [status for answer in answers for status in answer]
    assert said.count(NOT_SO) == FAILURES_PER_ADDRESS.at_most
    assert said.count(LATER) == 20


async def test_a_right_guess_among_too_many_is_told_nothing(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others fail while this one's password is being checked."""
    await deployment.register(ADA)
    check = entering.verify_password

    async def while_others_fail(*given: Any) -> bool:
        async with deployment.platform.database.attempt() as tx:
            for _ in range(FAILURES_PER_ADDRESS.at_most):
                await count(tx, deployment.platform, FAILURES_PER_ADDRESS, HERE)
        return await check(*given)

    monkeypatch.setattr(entering, "verify_password", while_others_fail)
    async with browser_at(deployment, HERE) as browser:
        answer = await tried(browser, ADA, PASSWORD)
    assert answer.status_code == LATER
    assert "set-cookie" not in answer.headers


async def test_an_attack_on_everybody_slows_strangers_and_locks_nobody_out(deployment: Deployment) -> None:
    await deployment.register(ADA)
    device = await device_of(deployment, ADA)
    async with deployment.platform.database.attempt() as tx:
        for _ in range(FAILURES_OF_ALL.at_most):
            await count(tx, deployment.platform, FAILURES_OF_ALL, "")
    async with browser_at(deployment, ELSEWHERE) as new:
        began = time.monotonic()
        assert (await tried(new, ADA, PASSWORD)).status_code == IN
        assert time.monotonic() - began >= 3
    async with browser_at(deployment, HERE, device) as known:
        began = time.monotonic()
        assert (await tried(known, ADA, PASSWORD)).status_code == IN
        assert time.monotonic() - began < 3, "a browser that the account knows does not wait with strangers"


async def test_whoever_has_to_wait_is_told_how_long_keeps_what_they_typed_and_is_shown_a_way_out(
    deployment: Deployment,
) -> None:
    async with deployment.platform.database.attempt() as tx:
        for _ in range(SIGN_IN_PER_ACCOUNT.at_most):
            await count(tx, deployment.platform, SIGN_IN_PER_ACCOUNT, ADA)
    async with browser_at(deployment, HERE) as browser:
        answer = await tried(browser, ADA, PASSWORD)
    assert answer.status_code == LATER
    assert 200 < int(answer.headers["retry-after"]) <= 300
    assert "in 5 minutes" in answer.text
    assert f'value="{ADA}"' in answer.text
    assert PASSWORD not in answer.text
    assert "A browser you have signed in with before does not have to wait" in answer.text


async def test_the_audit_log_says_once_that_somebody_was_made_to_wait(deployment: Deployment) -> None:
    await guessed(deployment, HERE, *[f"nobody.{number}@example.org" for number in range(30)])
    await guessed(deployment, ELSEWHERE, *[f"nobody.{number}@example.org" for number in range(11)])
    administrator = await deployment.administrator()
    try:
        written = dict(await administrator.fetch("select action, count(*) from upheld.audit_entries group by action"))
    finally:
        await administrator.close()
    assert (written["attempt.sign_in_limited"], written["attempt.sign_in_failed"]) == (2, 20)


async def test_signing_in_to_an_unproven_account_fills_no_mailbox(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        page = await browser.get("/register")
        notice = page.text.split('name="notice" value="')[1].split('"')[0]
        await browser.form("/register", email=ADA, password=PASSWORD, account="yes", notice=notice)
    async with browser_at(deployment, HERE) as browser:
        for _ in range(LINKS_PER_MAILBOX.at_most + 3):
            assert (await tried(browser, ADA, PASSWORD)).status_code == httpx.codes.FORBIDDEN
    await deployment.work()
    assert len(deployment.mails(ADA)) == 1 + LINKS_PER_MAILBOX.at_most
