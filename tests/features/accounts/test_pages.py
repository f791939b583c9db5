"""Getting in and out, through the pages."""

import html
import re
from uuid import UUID

import httpx
import pytest

from tests.support.deployment import PASSWORD, Deployment, hidden, text_of
from upheld.features.accounts.returning import RETURN_ROUTES, WayBack
from upheld.main.web import create_router

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"


async def test_a_newcomer_registers_verifies_signs_in_and_out(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        assert (await browser.get("/profile")).status_code == httpx.codes.OK
        cookie = browser.cookies["__Host-session"]
        assert "You are signed out" in (await browser.post("/sign-out")).text
        browser.cookies.set("__Host-session", cookie, domain="upheld.localhost")
        answer = await browser.get("/profile", follow_redirects=False)
        assert answer.headers["location"] == "/sign-in?to=candidates.profile"


async def test_a_registration_without_consent_keeps_what_was_typed(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        notice = hidden(await browser.get("/register"), "notice")
        answer = await browser.form("/register", email=ADA, password=PASSWORD, notice=notice)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert f'value="{ADA}"' in answer.text
    assert "We need your consent" in answer.text
    assert PASSWORD not in answer.text


async def test_registering_a_taken_address_answers_the_same_and_mails_its_owner(deployment: Deployment) -> None:
    await deployment.register(ADA)
    async with deployment.browser() as browser:
        answers = [
            await browser.form(
                "/register", email=address, password=PASSWORD, account="yes",
                notice=hidden(await browser.get("/register"), "notice"),
            )
            for address in (ADA, "somebody.new@example.org")
        ]  # fmt: skip
    assert answers[0].text == answers[1].text
    await deployment.work()
    assert "You have an account already" in deployment.mails(ADA)[-1]["subject"]


async def test_before_an_address_is_proven_the_newer_registration_counts(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        links: list[str] = []
        for password in ("a mistyped pasword", PASSWORD):
            notice = hidden(await browser.get("/register"), "notice")
            await browser.form("/register", email=ADA, password=password, account="yes", notice=notice)
            await deployment.work()
            mail = text_of(deployment.mails(ADA)[-1])
            links.append(next(line for line in mail.split() if "/verify/" in line))
        assert (await browser.form(links[0], password=PASSWORD)).status_code == httpx.codes.FORBIDDEN
        stranger = await browser.form(links[1], password="a mistyped pasword")
        assert stranger.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert (await browser.form(links[1], password=PASSWORD)).url.path == "/home"
        browser.cookies.clear()
        wrong = await browser.form("/sign-in", email=ADA, password="a mistyped pasword")
        assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    async with deployment.signed_in(ADA):
        pass


async def test_a_wrong_password_and_an_unknown_address_get_one_answer(deployment: Deployment) -> None:
    await deployment.register(ADA)
    async with deployment.browser() as browser:
        wrong = await browser.form("/sign-in", email=ADA, password="not the right words")
        unknown = await browser.form("/sign-in", email="nobody@example.org", password="not the right words")
    assert wrong.status_code == unknown.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert wrong.text.replace(ADA, "") == unknown.text.replace("nobody@example.org", "")


async def test_an_empty_field_is_named_and_costs_no_try(deployment: Deployment) -> None:
    await deployment.register(ADA)
    async with deployment.browser() as browser:
        for _ in range(10):
            await browser.form("/sign-in", email=ADA, password="")
        page = await browser.form("/sign-in", email=ADA, password="")
        assert page.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert "Enter your password." in page.text
        assert "Enter your e-mail address." not in page.text
        assert f'value="{ADA}"' in page.text
        assert (await browser.form("/sign-in", email=ADA, password=PASSWORD)).url.path == "/home"


async def test_the_eleventh_try_has_to_wait(deployment: Deployment) -> None:
    await deployment.register(ADA)
    async with deployment.browser() as browser:
        answers = [await browser.form("/sign-in", email=ADA, password="wrong on purpose") for _ in range(11)]
    assert [answer.status_code for answer in answers[:10]] == [422] * 10
    assert answers[10].status_code == httpx.codes.TOO_MANY_REQUESTS


async def test_signing_in_leads_to_listed_routes_only(deployment: Deployment) -> None:
    await deployment.register(ADA)
    async with deployment.browser() as browser:
        for hostile in ("//evil.example", "https://evil.example", "/\\evil.example", "accounts.sign_out"):
            answer = await browser.post(
                "/sign-in", data={"email": ADA, "password": PASSWORD, "to": hostile}, follow_redirects=False
            )
            assert answer.headers["location"] == "/home"
            browser.cookies.clear()


async def test_signing_in_leads_back_to_the_job_one_wanted_to_apply_for(deployment: Deployment) -> None:
    await deployment.register(ADA)
    job = "0d8f1f6e-6f0e-4c55-9a6f-1c1a2b3c4d5e"
    async with deployment.browser() as browser:
        form = await browser.get(f"/jobs/{job}/apply")
        fields = {name: hidden(form, name) for name in ("to", "id")}
        answer = await browser.post(
            "/sign-in", data={"email": ADA, "password": PASSWORD, **fields}, follow_redirects=False
        )
        assert answer.headers["location"] == f"/jobs/{job}/apply"
        browser.cookies.clear()
        hostile = {"to": "applications.apply", "id": "../../evil", "email": ADA, "password": PASSWORD}
        answer = await browser.post("/sign-in", data=hostile, follow_redirects=False)
        assert answer.headers["location"] == "/home"


async def test_a_state_change_from_another_site_is_refused(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
            assert (await browser.post("/sign-out", headers=headers)).status_code == httpx.codes.FORBIDDEN
        del browser.headers["sec-fetch-site"]
        for headers in ({"origin": "https://evil.example"}, {}):
            assert (await browser.post("/sign-out", headers=headers)).status_code == httpx.codes.FORBIDDEN
        assert (await browser.get("/profile")).status_code == httpx.codes.OK


async def test_a_registration_hears_of_all_its_problems_at_once(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        notice = hidden(await browser.get("/register"), "notice")
        answer = await browser.form("/register", email="ada at example", password="tiny-one", notice=notice)
    summary = answer.text.split('role="alert"')[1].split("</div>")[0]
    assert re.findall(r'href="#(\w+)"', summary) == ["email", "password", "account"]
    assert 'value="ada at example"' in answer.text
    assert "tiny-one" not in answer.text


async def test_a_newcomer_who_wanted_to_apply_arrives_at_the_job(deployment: Deployment) -> None:
    """From the job's page through registration, the mail and signing in, without an address being passed on."""
    job = "0d8f1f6e-6f0e-4c55-9a6f-1c1a2b3c4d5e"
    way = f"?to=applications.apply&id={job}"
    async with deployment.browser() as browser:
        asked = await browser.get(f"/jobs/{job}/apply")
        assert f"/register{html.escape(way)}" in asked.text
        form = await browser.get(f"/register{way}")
        fields = {name: hidden(form, name) for name in ("to", "id", "notice")}
        look = await browser.form("/register", email=ADA, password=PASSWORD, account="yes", **fields)
        assert look.url.query.decode() == way[1:]
        await deployment.work()
        link = next(line for line in text_of(deployment.mails(ADA)[-1]).split() if "/verify/" in line)
        assert link.endswith(way)
        verify = await browser.get(link)
        fields = {name: hidden(verify, name) for name in ("to", "id")}
        entered = await browser.post(link, data={"password": PASSWORD, **fields}, follow_redirects=False)
        assert entered.headers["location"] == f"/jobs/{job}/apply"
        again = await browser.get(f"/sign-in{way}", follow_redirects=False)
        assert again.headers["location"] == f"/jobs/{job}/apply"


async def test_a_link_to_the_registration_ticks_and_types_nothing(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        form = await browser.get("/register?account=yes&email=mallory@example.org&to=//evil.example")
    # The switch of languages, at the foot, leads back to the same address and what it asks for.
    page = form.text.split("<footer")[0]
    assert "checked" not in page
    assert "mallory" not in page
    assert "evil" not in page


async def test_every_way_back_is_a_route(deployment: Deployment) -> None:
    router = create_router(deployment.platform)
    for name, parameter in RETURN_ROUTES.items():
        way = next(
            way for text in (str(UUID(int=1)), "x" * 43) if (way := WayBack.of({"to": name, "id": text})).route == name
        )
        assert set(way.parts) == ({parameter} if parameter else set())
        assert router.route_reverse(name, **way.parts), name


@pytest.mark.parametrize(
    "said",
    ["", "x" * 42, "x" * 44, "x" * 42 + "/", "x" * 42 + "é", "x" * 43 + "\n", "../" * 14 + "x", str(UUID(int=1))],
)
def test_a_way_back_to_a_link_takes_what_links_are_made_of_and_nothing_else(said: str) -> None:
    assert WayBack.of({"to": "accounts.confirm", "id": said}).route == "home"
