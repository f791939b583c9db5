"""The ways to hijack an account in advance, and to answer in somebody's place, against a certified provider.

The first five are those of Sudhodanan and Paverd, "Pre-hijacked accounts" (USENIX Security 2022).
"""

import re
import secrets
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import httpx
import pytest

from tests.features.providers.conftest import Offering
from tests.features.providers.steps import ADA, agrees, opens_mail, registered
from tests.support.certified import WORK
from tests.support.deployment import PASSWORD, Deployment, hidden, text_of
from upheld.features.accounts.actions import open_session_for

pytestmark = pytest.mark.anyio
BACK = f"/sign-in/with/{WORK}/back"


def changed(back: str, **query: str | None) -> str:
    """Return an address of return with another query; None leaves a part out."""
    said = {**dict(parse_qsl(urlsplit(back).query)), **query}
    return f"{BACK}?{urlencode({name: text for name, text in said.items() if text is not None})}"


async def person_of(deployment: Deployment, table: str = "people", column: str = "id") -> list[UUID]:
    """Return whose rows a table holds."""
    admin = await deployment.administrator()
    try:
        rows = await admin.fetch(f"select {column} as id from upheld.{table}")  # noqa: S608 - constants
        return [row["id"] for row in rows]
    finally:
        await admin.close()


async def test_1_classic_federated_merge(here: Offering) -> None:
    """The attacker registers the victim's address with a password; the victim comes through a provider."""
    async with here.deployment.browser() as attacker:
        notice = hidden(await attacker.get("/register"), "notice")
        await attacker.form("/register", email=ADA, password=PASSWORD, account="yes", notice=notice)
        await here.deployment.work()
        async with here.somebody() as victim:
            await registered(here, victim)
        answer = await attacker.post("/sign-in", data={"email": ADA, "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert await person_of(here.deployment, "credentials", "person_id") == []


async def test_1_classic_federated_merge_the_other_way_round(here: Offering) -> None:
    """The victim has a password; the attacker states the victim's address at a provider."""
    await here.deployment.register(ADA)
    async with here.somebody() as attacker:
        page = await attacker.enters("mallory", ADA)
        assert page.url.path == "/register/with"
        await agrees(attacker, page)
        assert (
            (await attacker.browser.get("/profile", follow_redirects=False)).headers["location"].startswith("/sign-in")
        )
    assert await person_of(here.deployment, "identities", "person_id") == []


async def test_2_unexpired_session_identifier(here: Offering) -> None:
    """The attacker has a session in the account from before its address was proven, however they came by it."""
    async with here.deployment.browser() as attacker:
        notice = hidden(await attacker.get("/register"), "notice")
        await attacker.form("/register", email=ADA, password=PASSWORD, account="yes", notice=notice)
        await here.deployment.work()
        (person,) = await person_of(here.deployment)
        platform = here.deployment.platform
        await open_session_for(platform, person, platform.settings.session_lifetime)
        async with here.somebody() as victim:
            await registered(here, victim)
            assert len(await person_of(here.deployment, "sessions", "person_id")) == 1
            assert (await victim.browser.get("/profile")).status_code == httpx.codes.OK


async def test_3_trojan_identifier(here: Offering) -> None:
    """The attacker begins with an identity of theirs and the victim's address; the victim then takes the account."""
    async with here.somebody() as attacker, here.deployment.browser() as victim:
        await agrees(attacker, await attacker.enters("mallory", "mallory@example.org"), email=ADA)
        await here.deployment.work()
        link = re.search(r"/register/with/confirm/[\w-]+", text_of(here.deployment.mails(ADA)[-1]))
        assert link is not None
        # The victim opens the attacker's mail, and is told that somebody else began.
        assert "Close this page" in (await victim.get(link[0])).text
        assert (await victim.post(link[0])).status_code == httpx.codes.FORBIDDEN
        # The link is not even worth something where links of passwords are used.
        elsewhere = f"/verify/{link[0].rsplit('/', 1)[1]}"
        assert (await victim.form(elsewhere, password=PASSWORD)).status_code == httpx.codes.UNPROCESSABLE_ENTITY
        await here.deployment.register("other@example.org")
        assert (await attacker.enters("mallory", "mallory@example.org")).url.path == "/register/with"
    assert await person_of(here.deployment, "identities", "person_id") == []


async def test_3_trojan_identifier_then_the_victim_registers(here: Offering) -> None:
    async with here.somebody() as attacker:
        await agrees(attacker, await attacker.enters("mallory", "mallory@example.org"), email=ADA)
        await here.deployment.work()
        await here.deployment.register(ADA)
        mails = "".join(text_of(mail) for mail in here.deployment.mails(ADA))
        for token in re.findall(r"/(?:confirm|verify)/([\w-]+)", mails):
            # Even with every mail that the victim was sent.
            await attacker.browser.post(f"/register/with/confirm/{token}")
        assert (await attacker.enters("mallory", "mallory@example.org")).url.path == "/register/with"
    async with here.deployment.signed_in(ADA) as victim:
        assert (await victim.get("/account/providers")).text.count("Remove") == 0


async def test_4_unexpired_email_change(here: Offering) -> None:
    """The attacker begins to move an account of theirs to the victim's address, and waits for the victim to come."""
    async with here.deployment.person("mallory@example.org") as attacker, here.somebody() as victim:
        await attacker.form("/account/address", email=ADA)
        await here.deployment.work()
        link = re.search(r"/address/[\w-]+", text_of(here.deployment.mails(ADA)[-1]))
        assert link is not None
        # The victim opens the mail, presses what there is to press, and goes on to register: by themselves.
        assert "close this page" in (await victim.browser.get(link[0])).text
        assert (await victim.browser.post(f"/account{link[0]}")).status_code == httpx.codes.UNAUTHORIZED
        await registered(here, victim)
        assert (await victim.browser.post(f"/account{link[0]}")).status_code == httpx.codes.FORBIDDEN
        # The attacker has the link as well, however they came by it: the address is somebody's by now.
        assert (await attacker.post(f"/account{link[0]}")).status_code == httpx.codes.FORBIDDEN
        assert ADA in (await victim.browser.get("/account")).text
        assert "mallory@example.org" in (await attacker.get("/account")).text


async def test_5_non_verifying_identity_provider(here: Offering) -> None:
    """The provider believes whatever address is typed, and says that it is verified."""
    await here.deployment.register(ADA)
    async with here.somebody() as attacker:
        assert (await attacker.enters("mallory", ADA, verified=True)).url.path == "/register/with"
    async with here.somebody() as attacker:
        # Before anybody has that address it is no better: the mail goes to whoever reads it there.
        answer = await agrees(attacker, await attacker.enters("mallory", "ben@example.org"), email="ben@example.org")
        assert "Look into your mailbox" in answer.text
        assert (await attacker.enters("mallory", "ben@example.org")).url.path == "/register/with"


async def test_an_answer_counts_once(here: Offering) -> None:
    async with here.somebody() as ada:
        await registered(here, ada)
        back = await ada.says(await ada.leaves(), "ada", ADA)
        cookie = ada.browser.cookies["__Host-leaving"]
        assert (await ada.returns(back)).url.path == "/home"
        ada.browser.cookies.clear()
        ada.browser.cookies.set("__Host-leaving", cookie, domain="upheld.localhost")
        assert (await ada.returns(back)).status_code == httpx.codes.FORBIDDEN


async def test_an_answer_counts_in_the_browser_that_asked(here: Offering) -> None:
    """Signing somebody in to the attacker's account, by handing them the attacker's answer."""
    async with here.somebody() as attacker, here.somebody() as victim:
        await registered(here, attacker)
        back = await attacker.says(await attacker.leaves(), "ada", ADA)
        assert (await victim.returns(back)).status_code == httpx.codes.FORBIDDEN
        await victim.leaves()
        assert (await victim.returns(back)).status_code == httpx.codes.FORBIDDEN


async def test_a_code_counts_in_the_sign_in_that_it_was_made_for(here: Offering) -> None:
    """A stolen code, put into a sign-in of the attacker's own: PKCE and nonce are of another."""
    async with here.somebody() as victim, here.somebody() as attacker:
        await registered(here, victim)
        stolen = dict(parse_qsl(urlsplit(await victim.says(await victim.leaves(), "ada", ADA)).query))["code"]
        own = await attacker.says(await attacker.leaves(), "mallory", "mallory@example.org")
        answer = await attacker.returns(changed(own, code=stolen))
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "did not prove who you are" in answer.text


@pytest.mark.parametrize("named", ["https://elsewhere.example", "", None])
async def test_an_answer_names_its_provider_and_no_other(here: Offering, named: str | None) -> None:
    """Mix-up: this provider announces that it says who it is (RFC 9207), so it has to."""
    async with here.somebody() as ada:
        back = await ada.says(await ada.leaves(), "ada", ADA)
        assert (await ada.returns(changed(back, iss=named))).status_code == httpx.codes.FORBIDDEN


async def test_a_departure_ends_after_ten_minutes(here: Offering) -> None:
    async with here.somebody() as ada:
        back = await ada.says(await ada.leaves(), "ada", ADA)
        admin = await here.deployment.administrator()
        await admin.execute("update upheld.departures set expires_at = now() - interval '1 second'")
        await admin.close()
        assert (await ada.returns(back)).status_code == httpx.codes.FORBIDDEN


async def test_what_a_browser_carries_cannot_be_made_up(here: Offering) -> None:
    async with here.somebody() as ada:
        for name in ("leaving", "newcomer", "waiting", "linking"):
            for text in ("", "AAAA", secrets.token_urlsafe(200), "\u00e9".encode().hex()):
                ada.browser.cookies.set(f"__Host-{name}", text, domain="upheld.localhost")
        assert (await ada.returns(f"{BACK}?code=x&state=y")).status_code == httpx.codes.FORBIDDEN
        assert (await ada.browser.get("/register/with")).url.path == "/register"
        assert (await ada.browser.post("/register/with/confirm/x")).status_code == httpx.codes.FORBIDDEN


async def test_a_link_of_ones_own_registration_opens_no_other(here: Offering) -> None:
    """The attacker holds a registration of their own in the browser, and the link of the victim's."""
    async with here.somebody() as attacker, here.somebody() as victim:
        await agrees(attacker, await attacker.enters("mallory", "m@example.org"), email="m@example.org")
        await agrees(victim, await victim.enters("ada", ADA))
        answer = await opens_mail(here.deployment, attacker, ADA)
        assert answer.status_code == httpx.codes.FORBIDDEN
        assert (await opens_mail(here.deployment, victim)).url.path == "/home"
