"""Ways back into an account: a forgotten password, another address, and one's own address taken back."""

import re
from contextlib import AsyncExitStack
from email.message import EmailMessage

import httpx
import pytest

from tests.features.factors.steps import adds_a_passkey, answers, device, sets_up_an_app, signs_in
from tests.features.tokens.test_tokens import asked as asked_with
from tests.features.tokens.test_tokens import made
from tests.support.deployment import PASSWORD, Browser, Deployment, hidden, text_of

pytestmark = pytest.mark.anyio
ADA, NEW, MALLORY = "ada@example.org", "ada.new@example.org", "mallory@example.org"
OTHER = "nine purple harbours"


def link_in(mail: EmailMessage, kind: str) -> str:
    """Return the path of the link of a kind that a mail holds."""
    found = re.search(rf"{kind}/[\w/-]+", text_of(mail))
    assert found is not None, text_of(mail)
    return found[0]


async def asked(deployment: Deployment, address: str) -> str:
    """Ask for a new password; return the link that was mailed."""
    async with deployment.browser() as browser:
        await browser.form("/reset", email=address)
    await deployment.work()
    return link_in(deployment.mails(address)[-1], "/reset/link")


async def is_let_in(deployment: Deployment, address: str, password: str) -> bool:
    async with deployment.browser() as browser:
        answer = await browser.post("/sign-in", data={"email": address, "password": password}, follow_redirects=False)
    return answer.has_redirect_location


async def moved(deployment: Deployment, ada: Browser, to: str) -> None:
    """Change the address of who is signed in, and confirm it."""
    await ada.form("/account/address", email=to)
    await deployment.work()
    answer = await ada.post(f"/account{link_in(deployment.mails(to)[-1], '/address')}")
    assert "from now on" in answer.text
    await deployment.work()


async def test_a_reset_gives_another_password_ends_every_session_and_signs_nobody_in(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.browser() as forgetful:
        link = await asked(deployment, ADA)
        assert (await forgetful.get(link)).status_code == httpx.codes.OK
        assert (await ada.get("/home")).url.path == "/home", "opening a link changes nothing"
        chosen = await forgetful.form(link, password=OTHER)
        assert chosen.url.path == "/sign-in"
        assert "Your new password counts" in chosen.text
        assert (await forgetful.get("/home")).url.path == "/sign-in"
        assert (await ada.get("/home")).url.path == "/sign-in"
        assert (await forgetful.form(link, password=OTHER)).status_code == httpx.codes.FORBIDDEN
    assert await is_let_in(deployment, ADA, OTHER)
    assert not await is_let_in(deployment, ADA, PASSWORD)
    await deployment.work()
    assert deployment.mails(ADA)[-1]["subject"] == "Your password was changed"


async def test_a_reset_takes_no_password_that_others_try_first_and_keeps_the_link(deployment: Deployment) -> None:
    await deployment.register(ADA)
    link = await asked(deployment, ADA)
    async with deployment.browser() as browser:
        for weak in ("short", "password1234", "ada@example.org 1"):
            assert (await browser.form(link, password=weak)).status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert (await browser.form(link, password=OTHER)).url.path == "/sign-in"


async def test_a_newer_reset_makes_the_older_link_worthless_and_so_does_time(deployment: Deployment) -> None:
    await deployment.register(ADA)
    older, newer = await asked(deployment, ADA), await asked(deployment, ADA)
    async with deployment.browser() as browser:
        assert (await browser.form(older, password=OTHER)).status_code == httpx.codes.FORBIDDEN
        admin = await deployment.administrator()
        await admin.execute("update upheld.account_links set expires_at = now() - interval '1 second'")
        await admin.close()
        assert (await browser.form(newer, password=OTHER)).status_code == httpx.codes.FORBIDDEN


async def test_asking_for_a_reset_tells_nobody_whether_there_is_an_account(deployment: Deployment) -> None:
    await deployment.register(ADA)
    async with deployment.browser() as browser:
        answers = [await browser.form("/reset", email=email) for email in (ADA, "nobody@example.org")]
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    await deployment.work()
    assert deployment.mails("nobody@example.org") == []


async def test_a_mailbox_gets_five_such_mails_a_day_whoever_uses_it(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        for email in (ADA, "nobody@example.org"):
            answers = [await browser.form("/reset", email=email) for _ in range(6)]
            assert [one.status_code for one in answers] == [200] * 5 + [429]


async def test_whoever_resets_an_address_that_was_never_proven_proves_it(deployment: Deployment) -> None:
    """A stranger registered it, with a password of theirs; its owner asks for another one."""
    async with deployment.browser() as stranger:
        notice = hidden(await stranger.get("/register"), "notice")
        await stranger.form("/register", email=ADA, password=PASSWORD, account="yes", notice=notice)
        await deployment.work()
    link = await asked(deployment, ADA)
    async with deployment.browser() as owner:
        await owner.form(link, password=OTHER)
    assert await is_let_in(deployment, ADA, OTHER)
    assert not await is_let_in(deployment, ADA, PASSWORD)


async def test_nobody_proves_an_address_for_a_stranger_by_following_the_link(deployment: Deployment) -> None:
    """Classic pre-hijacking: the account waits, with the attacker's password, for its victim to confirm it."""
    async with deployment.browser() as attacker, deployment.browser() as victim:
        for browser, password in ((victim, OTHER), (attacker, PASSWORD)):
            notice = hidden(await browser.get("/register"), "notice")
            await browser.form("/register", email=ADA, password=password, account="yes", notice=notice)
            await deployment.work()
        links = [link_in(mail, "/verify") for mail in deployment.mails(ADA)]
        for link, status in zip(links, (403, 422), strict=True):
            assert (await victim.form(link, password=OTHER)).status_code == status
        assert not await is_let_in(deployment, ADA, PASSWORD)
        await victim.form(await asked(deployment, ADA), password=OTHER)
        assert (await victim.form(links[1], password=PASSWORD)).status_code == httpx.codes.FORBIDDEN
    assert await is_let_in(deployment, ADA, OTHER)
    assert not await is_let_in(deployment, ADA, PASSWORD)


async def test_proving_an_address_ends_whatever_was_there_before(deployment: Deployment) -> None:
    """No page opens a session before the proof; should one ever, the proof ends it."""
    async with deployment.browser() as browser:
        notice = hidden(await browser.get("/register"), "notice")
        await browser.form("/register", email=ADA, password=PASSWORD, account="yes", notice=notice)
        await deployment.work()
        admin = await deployment.administrator()
        secret, person = b"s" * 32, await admin.fetchval("select id from upheld.people")
        mint = "select upheld.mint_session($1, sha256($2), interval '1 hour', interval '1 hour', 'password')"
        await admin.execute(mint, person, secret)
        await admin.execute(
            "insert into upheld.account_links (token_hash, person_id, purpose, expires_at)"
            " values (sha256('x'), $1, 'reset', now() + interval '1 hour')",
            person,
        )
        await browser.form(link_in(deployment.mails(ADA)[-1], "/verify"), password=PASSWORD)
        assert await admin.fetchval("select count(*) from upheld.account_links") == 0
        assert await admin.fetchval(
            "select revoked_at is not null from upheld.sessions where secret_hash = sha256($1)", secret
        )
        assert (await browser.get("/home")).url.path == "/home"
        await admin.close()


async def test_another_address_counts_once_its_owner_has_confirmed_it(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        page = await ada.form("/account/address", email=NEW)
        assert "waits to be confirmed" in page.text
        await deployment.work()
        assert await is_let_in(deployment, ADA, PASSWORD)
        assert not await is_let_in(deployment, NEW, PASSWORD)
        await moved(deployment, ada, NEW)
        assert await is_let_in(deployment, NEW, PASSWORD)
        assert not await is_let_in(deployment, ADA, PASSWORD)
        assert "was your address before" in (await ada.get("/account")).text
    assert deployment.mails(ADA)[-1]["subject"] == "Your account has another address now"


async def test_whoever_signs_in_to_confirm_an_address_arrives_where_it_is_confirmed(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.browser() as elsewhere:
        await ada.form("/account/address", email=NEW)
        await deployment.work()
        link = link_in(deployment.mails(NEW)[-1], "/address")
        asks = await elsewhere.get(link)
        (entry,) = set(re.findall(r'href="(/sign-in\?[^"]+)"', asks.text))
        named = dict(httpx.URL(entry.replace("&amp;", "&")).params)
        assert named == {"to": "accounts.confirm", "id": link.rpartition("/")[2]}
        assert named["id"] in (await elsewhere.get(entry.replace("&amp;", "&"))).text
        arrived = await signs_in(elsewhere, ADA, **named)
        assert arrived.url.path == link
        assert f'action="/account{link}"' in arrived.text
        assert "from now on" in (await elsewhere.post(f"/account{link}")).text
    assert await is_let_in(deployment, NEW, PASSWORD)


async def test_the_way_to_a_new_address_goes_by_the_second_factor_as_well(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.browser() as elsewhere:
        phone, _ = await sets_up_an_app(ada)
        await ada.form("/account/address", email=NEW)
        await deployment.work()
        link = link_in(deployment.mails(NEW)[-1], "/address")
        named = {"to": "accounts.confirm", "id": link.rpartition("/")[2]}
        assert "One more step" in (await signs_in(elsewhere, ADA, **named)).text
        assert (await elsewhere.form("/sign-in/second-factor", code=phone.code(), **named)).url.path == link


async def test_the_former_address_takes_itself_back_and_whoever_changed_it_has_nothing(deployment: Deployment) -> None:
    async with AsyncExitStack() as stack:
        await deployment.register(ADA)
        thief = await stack.enter_async_context(deployment.signed_in(ADA))
        await moved(deployment, thief, MALLORY)
        # What somebody would do to keep it: a reset of their own, and the old address taken by another account.
        left = await asked(deployment, MALLORY)
        squatter = await stack.enter_async_context(deployment.browser())
        notice = hidden(await squatter.get("/register"), "notice")
        await squatter.form("/register", email=ADA, password=OTHER, account="yes", notice=notice)
        told = next(mail for mail in deployment.mails(ADA) if "another address" in mail["subject"])
        back = link_in(told, "/address")
        owner = await stack.enter_async_context(deployment.browser())
        assert (await owner.get(back)).status_code == httpx.codes.OK
        assert (await thief.get("/home")).url.path == "/home", "opening a link changes nothing"
        answer = await owner.post(back)
        assert "yours again" in answer.text
        assert (await thief.get("/home")).url.path == "/sign-in"
        assert (await thief.form(left, password=OTHER)).status_code == httpx.codes.FORBIDDEN
        assert (await owner.post(back)).status_code == httpx.codes.FORBIDDEN
        for address in (ADA, MALLORY):
            assert not await is_let_in(deployment, address, PASSWORD)
        await owner.form(await asked(deployment, ADA), password=OTHER)
    assert await is_let_in(deployment, ADA, OTHER)


async def test_what_was_added_to_an_account_with_another_address_goes_when_the_former_one_is_back(
    deployment: Deployment,
) -> None:
    async with deployment.person(ADA) as thief, deployment.browser() as owner:
        await moved(deployment, thief, MALLORY)
        told = link_in(deployment.mails(ADA)[-1], "/address")
        key = device(thief)
        await adds_a_passkey(thief, key)
        await sets_up_an_app(thief)
        await deployment.work()  # mails that tell of it, to the address of that moment
        await owner.post(told)
        await owner.form(await asked(deployment, ADA), password=OTHER)
        assert (await owner.form("/sign-in", email=ADA, password=OTHER)).url.path == "/home", (
            "no factor of the thief's is asked for"
        )
        assert (await answers(thief, key)).status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert (await thief.get("/home")).url.path == "/sign-in"


async def test_a_factor_from_before_stays_and_the_former_mailbox_alone_passes_nothing_by(
    deployment: Deployment,
) -> None:
    async with deployment.person(ADA) as ada, deployment.browser() as finder:
        phone, _ = await sets_up_an_app(ada)
        await deployment.work()
        await moved(deployment, ada, NEW)
        await finder.post(link_in(deployment.mails(ADA)[-1], "/address"))
        await finder.form(await asked(deployment, ADA), password=OTHER)
        assert "One more step" in (await finder.form("/sign-in", email=ADA, password=OTHER)).text
        assert (await finder.get("/home")).url.path == "/sign-in"
        await finder.form("/sign-in/second-factor", code=phone.code())
        assert (await finder.get("/home")).url.path == "/home"


async def test_after_three_days_a_former_address_is_history(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        await moved(deployment, ada, NEW)
        admin = await deployment.administrator()
        ends = await admin.fetchval("select expires_at - made_at from upheld.account_links")
        assert ends.total_seconds() == 72 * 3600
        await admin.execute("update upheld.account_links set expires_at = now() - interval '1 second'")
        await admin.close()
        back = link_in(deployment.mails(ADA)[-1], "/address")
        assert (await ada.post(back)).status_code == httpx.codes.FORBIDDEN


async def test_a_change_that_waits_dies_with_the_password_that_asked_for_it(deployment: Deployment) -> None:
    """Pre-hijacking by an unexpired change of address: it was asked for while somebody else was inside."""
    async with deployment.person(ADA) as intruder:
        await intruder.form("/account/address", email=MALLORY)
        await deployment.work()
        waiting = link_in(deployment.mails(MALLORY)[-1], "/address")
        async with deployment.browser() as owner:
            await owner.form(await asked(deployment, ADA), password=OTHER)
        assert (await intruder.post(f"/account{waiting}")).status_code == httpx.codes.UNAUTHORIZED
        async with deployment.signed_in(ADA, OTHER) as owner:
            assert (await owner.post(f"/account{waiting}")).status_code == httpx.codes.FORBIDDEN
    assert await is_let_in(deployment, ADA, OTHER)
    assert not await is_let_in(deployment, MALLORY, OTHER)


async def test_an_address_that_somebody_uses_is_taken_from_nobody_and_told_to_nobody(deployment: Deployment) -> None:
    await deployment.register("ben@example.org")
    async with deployment.person(ADA) as ada:
        taken = (await ada.form("/account/address", email="ben@example.org")).text
        free = (await ada.form("/account/address", email="free@example.org")).text
        shown = [re.sub(r"\d\d:\d\d", "", re.sub("ben@|free@", "", page)) for page in (taken, free)]
        assert shown[0] == shown[1]
        await deployment.work()
    assert "You have an account already" in deployment.mails("ben@example.org")[-1]["subject"]
    assert await is_let_in(deployment, "ben@example.org", PASSWORD)


async def test_nobody_has_an_address_put_on_anothers_account(deployment: Deployment) -> None:
    """Whoever reads the mail presses in an account of their own, to which the change does not belong."""
    async with deployment.person(ADA) as ada, deployment.person("ben@example.org") as ben:
        await ada.form("/account/address", email=NEW)
        await deployment.work()
        waiting = link_in(deployment.mails(NEW)[-1], "/address")
        assert (await ben.post(f"/account{waiting}")).status_code == httpx.codes.FORBIDDEN
        assert not await is_let_in(deployment, NEW, PASSWORD)
        assert "from now on" in (await ada.post(f"/account{waiting}")).text


async def test_an_address_that_is_registered_meanwhile_is_taken_from_nobody(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        await ada.form("/account/address", email=NEW)
        await deployment.work()
        waiting = link_in(deployment.mails(NEW)[-1], "/address")
        await deployment.register(NEW, password=OTHER)
        assert (await ada.post(f"/account{waiting}")).status_code == httpx.codes.FORBIDDEN
    assert await is_let_in(deployment, NEW, OTHER)
    assert await is_let_in(deployment, ADA, PASSWORD)


async def test_whoever_only_claimed_the_new_address_makes_room(deployment: Deployment) -> None:
    async with deployment.browser() as squatter, deployment.person(ADA) as ada:
        notice = hidden(await squatter.get("/register"), "notice")
        await squatter.form("/register", email=NEW, password=OTHER, account="yes", notice=notice)
        await moved(deployment, ada, NEW)
    assert await is_let_in(deployment, NEW, PASSWORD)


async def test_another_address_is_asked_for_with_a_fresh_proof_and_nothing_typed_is_lost(
    deployment: Deployment,
) -> None:
    async with deployment.person(ADA) as ada:
        await deployment.proofs_grow_old()
        assert (await ada.get("/account/address")).url.path == "/prove"
        stale = await ada.form("/account/address", email=NEW)
        assert stale.status_code == httpx.codes.UNAUTHORIZED
        address = "/prove?to=accounts.address.do"
        done = await ada.post(address, data={"email": NEW, "own-password": PASSWORD})
        assert f"{NEW} waits to be confirmed" in done.text


async def test_a_guessed_link_opens_nothing(deployment: Deployment) -> None:
    guess = "A" * 43
    async with deployment.browser() as stranger:
        for path in (f"/reset/link/{guess}", f"/address/{guess}/take-back"):
            assert (await stranger.form(path, password=OTHER)).status_code == httpx.codes.FORBIDDEN
    async with deployment.person(ADA) as ada:
        assert (await ada.post(f"/account/address/{guess}")).status_code == httpx.codes.FORBIDDEN


async def test_a_reset_ends_what_else_the_old_password_opened(deployment: Deployment) -> None:
    """Whoever resets a password that somebody knew is rid of them: a program of theirs reads nothing any more."""
    async with deployment.person(ADA) as ada:
        token = await made(ada, "profile:read")
        phone, _ = await sets_up_an_app(ada)
        await deployment.work()
        async with deployment.browser() as thief:
            await signs_in(thief, ADA)
            assert (await asked_with(deployment, token)).status_code == httpx.codes.OK
            async with deployment.browser() as owner:
                await owner.form(await asked(deployment, ADA), password=OTHER)
            assert (await asked_with(deployment, token)).status_code == httpx.codes.UNAUTHORIZED
            late = await thief.form("/sign-in/second-factor", code=phone.code())
            assert late.status_code == httpx.codes.FORBIDDEN


async def test_ones_own_address_is_no_other_one(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        answer = await ada.form("/account/address", email="ADA@example.org")
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "This is the address of your account already." in answer.text
        assert "waits to be confirmed" not in (await ada.get("/account")).text
