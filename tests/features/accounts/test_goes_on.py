"""A session that goes on under another secret goes on in its browser, whatever becomes of the page."""

from typing import Any

import httpx
import pytest

from tests.features.factors.steps import sets_up_an_app
from tests.support.deployment import PASSWORD, Deployment
from upheld.features.accounts.pages import account
from upheld.features.factors.pages import security
from upheld.features.organisations.pages import founding
from upheld.platform.web.cookies import SESSION_COOKIE

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"


def fails(*_: Any, **__: Any) -> None:
    """Fail as a page does whose template or next look at the database fails."""
    msg = "the page failed"
    raise RuntimeError(msg)


async def test_whoever_proves_themselves_stays_signed_in_though_the_page_fails(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with deployment.person(ADA) as ada:
        before = ada.cookies[SESSION_COOKIE]
        monkeypatch.setattr("upheld.platform.web.entrance.go_to", fails)
        answer = await ada.form("/prove", **{"own-password": PASSWORD})
        assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
        monkeypatch.undo()
        assert ada.cookies[SESSION_COOKIE] != before
        assert (await ada.get("/home")).url.path == "/home"


async def test_whoever_adds_a_factor_stays_signed_in_though_the_page_fails(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with deployment.person(ADA) as ada:
        page = security.page

        def fails_at_the_codes(request: Any, template: str, **context: Any) -> Any:
            return fails() if template == "factors/codes.html" else page(request, template, **context)

        monkeypatch.setattr(security, "page", fails_at_the_codes)
        with pytest.raises(AssertionError):
            await sets_up_an_app(ada)
        monkeypatch.undo()
        assert (await ada.get("/account/security")).status_code == httpx.codes.OK
        assert (await ada.get("/account/security")).url.path == "/account/security"


async def test_whoever_changes_the_password_stays_signed_in_though_the_page_fails(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with deployment.person(ADA) as ada:
        monkeypatch.setattr(account, "redirect", fails)
        change = {"own-password": PASSWORD, "new-password": "nine purple harbours"}
        assert (await ada.form("/account/password", **change)).status_code == httpx.codes.INTERNAL_SERVER_ERROR
        monkeypatch.undo()
        assert (await ada.get("/home")).url.path == "/home"


async def test_whoever_removes_the_app_stays_signed_in_though_the_page_fails(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with deployment.person(ADA) as ada:
        await sets_up_an_app(ada)
        before = ada.cookies[SESSION_COOKIE]
        monkeypatch.setattr(security, "redirect", fails)
        assert (await ada.post("/account/security/app/remove")).status_code == httpx.codes.INTERNAL_SERVER_ERROR
        monkeypatch.undo()
        assert ada.cookies[SESSION_COOKIE] == before, "what was replaced goes out with an answer that is good"
        assert (await ada.get("/home")).url.path == "/home"
        assert ada.cookies[SESSION_COOKIE] != before
        assert (await ada.get("/home")).url.path == "/home"


async def test_whoever_founds_an_organisation_stays_signed_in_though_the_page_fails(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with deployment.person(ADA) as ada:
        before = ada.cookies[SESSION_COOKIE]
        monkeypatch.setattr(founding, "redirect", fails)
        answer = await ada.form("/organisations/new", name="Harbour & Sons", website="")
        assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
        monkeypatch.undo()
        assert (await ada.get("/home")).url.path == "/home"
        assert ada.cookies[SESSION_COOKIE] == before, "nothing was founded, and nothing replaced"
