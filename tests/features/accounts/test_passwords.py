"""Passwords as people meet them: masked, pasted, kept for as long as they like, and never past a second factor."""

import re

import httpx
import pytest

from tests.features.factors.steps import sets_up_an_app
from tests.support.deployment import PASSWORD, Deployment
from upheld.platform.web.pages import environment

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"
OTHER = "nine purple harbours"
HINDERS = ("onpaste", "oncopy", "ondrop", "maxlength", "pattern", "readonly", 'autocomplete="off"')
PAGES = {"/sign-in": 1, "/register": 1, f"/reset/link/{'A' * 43}": 1, f"/verify/{'A' * 43}": 1}
OWN_PAGES = {"/account/password": 2, "/prove": 1}


def password_fields(page: httpx.Response) -> list[str]:
    """Return the inputs that take a password: by what they are told to complete, not by how they look."""
    return [tag for tag in re.findall(r"<input[^>]*>", page.text) if "-password" in tag]


async def test_every_field_for_a_password_masks_it_and_takes_what_is_pasted(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada, deployment.browser() as stranger:
        for browser, pages in ((stranger, PAGES), (ada, OWN_PAGES)):
            for path, many in pages.items():
                fields = password_fields(await browser.get(path))
                assert len(fields) == many, path
                assert all('type="password"' in field for field in fields), path
                assert all(re.search(r'autocomplete="(new|current)-password"', field) for field in fields), path
                assert not [word for word in HINDERS for field in fields if word in field], path


def test_no_other_page_has_a_field_for_a_password() -> None:
    """One that has is missing above."""
    env = environment()
    assert env.loader is not None
    names = {name for name in env.loader.list_templates() if name.startswith("accounts/") or "/" in name}
    holding = {name for name in names if 'type="password"' in env.loader.get_source(env, name)[0]}
    assert holding == {
        "accounts/verify.html", "accounts/sign_in.html", "accounts/password.html", "accounts/entry.html",
        "accounts/prove.html",
    }  # fmt: skip


async def test_a_password_stays_good_for_as_long_as_its_person_likes(deployment: Deployment) -> None:
    await deployment.register(ADA)
    admin = await deployment.administrator()
    await admin.execute("update upheld.credentials set changed_at = now() - interval '20 years'")
    await admin.close()
    async with deployment.browser() as browser:
        answer = await browser.form("/sign-in", email=ADA, password=PASSWORD)
        assert answer.url.path == "/home"
        assert "/account/password" not in str(answer.url)


async def test_a_reset_passes_no_second_factor_by(deployment: Deployment) -> None:
    async with deployment.person(ADA) as ada:
        phone, codes = await sets_up_an_app(ada)
    await deployment.work()
    async with deployment.browser() as browser:
        await browser.form("/reset", email=ADA)
        await deployment.work()
        body = deployment.mails(ADA)[-1].get_body(("plain",))
        assert body is not None
        link = re.search(r"/reset/link/[\w-]+", body.get_content())
        assert link is not None
        assert (await browser.form(link[0], password=OTHER)).url.path == "/sign-in"
        answer = await browser.form("/sign-in", email=ADA, password=OTHER)
        assert answer.url.path == "/sign-in/second-factor"
        assert (await browser.get("/home")).url.path == "/sign-in"
        assert (await browser.form("/sign-in/second-factor", code=phone.code())).url.path == "/home"
    async with deployment.browser() as browser:
        # Whose phone is lost as well has the codes they were given with it, and nothing else.
        assert "One more step" in (await browser.form("/sign-in", email=ADA, password=OTHER)).text
        answer = await browser.form("/sign-in/second-factor", by="recovery-code", code=codes[0])
        assert answer.url.path == "/home"
