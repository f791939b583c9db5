"""Mails: in the language of whoever reads them, and whole both as text and as HTML."""

from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from tests.house.sources import SOURCE
from tests.platform.test_languages import untranslated
from tests.support.deployment import PASSWORD, Browser, Deployment, hidden, text_of
from tests.support.hiring import acting_in, applied
from upheld.platform.database import Query
from upheld.platform.i18n import LANGUAGES
from upheld.platform.letters import compose

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"
TRANSLATED = sorted(LANGUAGES.keys() - {"en"})
_ABOUT_AN_APPLICATION = {"job": "Boat builder", "organisation": "Harbour Works", "application": "0" * 8}
MAILS = {
    "accounts/verify-address": {"token": "0" * 8, "way_back": "?to=home"},
    "accounts/address-changed": {"token": "0" * 8},
    "accounts/address-in-use": {"way_back": ""},
    "accounts/confirm-address": {"token": "0" * 8},
    "accounts/password-changed": {},
    "accounts/reset-password": {"token": "0" * 8},
    "applications/application-arrived": _ABOUT_AN_APPLICATION,
    "applications/application-moved": _ABOUT_AN_APPLICATION,
    "applications/application-received": _ABOUT_AN_APPLICATION,
    "factors/changed": {"what": "code-used", "at": "2026-11-23T10:00:00+00:00", "left": "9"},
    "organisations/factor-reminder": {"organisation": "Harbour Works", "starts": "2026-11-23T10:00:00+00:00"},
    "organisations/factor-required": {"organisation": "Harbour Works", "starts": "2026-11-23T10:00:00+00:00"},
    "organisations/invitation": {
        "token": "0" * 8,
        "inviter": "Jane Roe",
        "organisation": "Harbour Works",
        "role": "custom",
        "role_name": "Boat keeper",
        "until": "2026-11-23T10:00:00+00:00",
    },
    "privacy/erasure-scheduled": {"receipt": "0" * 8, "due": "2026-11-23T10:00:00+00:00"},
    "providers/confirm-address": {"token": "0" * 8, "way_back": "?to=home"},
    "providers/linked": {"provider": "Harbour Works"},
    "providers/unlinked": {"provider": "Harbour Works"},
    "tokens/token-made": {"label": "Boat keeper", "until": "2026-11-23T10:00:00+00:00"},
    "trust/promises-changed": {"broken": "access.rls org.proof", "mended": "store.audit"},
}
"""A mail of every kind, with what it needs to know."""


class Links(HTMLParser):
    """Collects where the links of a mail lead."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        if tag == "a":
            self.found.add(dict(attrs)["href"] or "")


def html_of(mail: EmailMessage) -> str:
    """Return what a mail says to a program that shows HTML."""
    body = mail.get_body(("html",))
    assert body is not None
    return body.get_content()


def test_every_kind_of_mail_is_tried_here() -> None:
    assert {f"{path.parts[-4]}/{path.stem}" for path in SOURCE.rglob("templates/mail/*.txt")} == set(MAILS)


@pytest.mark.parametrize("kind", MAILS)
@pytest.mark.parametrize("language", TRANSLATED)
async def test_no_mail_holds_an_untranslated_string(deployment: Deployment, language: str, kind: str) -> None:
    mail = compose(deployment.platform, kind, ADA, language, MAILS[kind])
    assert mail["content-language"] == language
    said = f"<p>{mail['subject']}</p><p>{text_of(mail)}</p>"
    assert untranslated(said, language) == []
    assert untranslated(html_of(mail), language) == []
    assert f'<html lang="{language}">' in html_of(mail)


@pytest.mark.parametrize("kind", MAILS)
async def test_text_and_html_say_the_same_and_lead_to_the_same_pages(deployment: Deployment, kind: str) -> None:
    mail = compose(deployment.platform, kind, ADA, "en", MAILS[kind])
    links = Links()
    links.feed(html_of(mail))
    in_text = {word for word in text_of(mail).split() if word.startswith("https://")}
    assert links.found == in_text | {deployment.settings.address}
    for line in text_of(mail).splitlines():
        words = [word for word in line.split() if not word.startswith("https://")]
        assert " ".join(words).replace("'", "&#39;") in " ".join(html_of(mail).split())


async def test_a_newcomer_is_written_to_in_the_language_they_read(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        browser.headers["accept-language"] = "hi"
        notice = hidden(await browser.get("/register"), "notice")
        await browser.form("/register", email=ADA, password=PASSWORD, account="yes", notice=notice)
    await deployment.work()
    mail = deployment.mails(ADA)[-1]
    assert mail["subject"] == "अपने पते की पुष्टि करें"
    assert "/verify/" in text_of(mail)


async def test_choosing_a_language_changes_the_mails_that_others_cause(deployment: Deployment) -> None:
    async with applied(deployment) as sent:
        choices = (("hi", "review", "आपके आवेदन के बारे में समाचार"), ("en", "interview", "News about your application"))
        for language, stage, subject in choices:
            await sent.candidate.form("/language", language=language)
            await sent.owner.form(sent.page("/move"), stage=stage)
            await deployment.work()
            assert deployment.mails(ADA)[-1]["subject"] == subject


async def test_the_choice_is_written_down_once_and_is_in_the_export(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        for _ in range(2):
            await browser.form("/language", language="hi")
        await browser.form("/language", language="xx")
        assert await _language_of(deployment, browser) == "hi"
        page = (await browser.get("/privacy")).text
    assert page.count("आपने अपनी मेल की भाषा चुनी") == 1


async def test_a_stranger_chooses_for_nobody(deployment: Deployment) -> None:
    async with deployment.person(ADA) as browser:
        async with deployment.browser() as stranger:
            await stranger.form("/language", language="hi")
        assert await _language_of(deployment, browser) == "en"


async def _language_of(deployment: Deployment, browser: Browser) -> str:
    async with acting_in(deployment, browser) as acting:
        return await acting.tx.value(Query("language", "select language from upheld.people", "Their account."))
