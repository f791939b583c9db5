"""Every page in every language: none shows a string in another one, and switching needs no JavaScript."""

import re
from collections.abc import AsyncGenerator
from html.parser import HTMLParser
from http import HTTPStatus

import httpx
import pytest

from tests.boundary.world import World, peopled
from tests.support.cluster import Cluster
from tests.support.deployment import Browser, Deployment
from tests.support.hiring import LETTER
from upheld.main.web import create_router
from upheld.platform.i18n import LANGUAGES, SOURCE, translations
from upheld.platform.web.cookies import LANGUAGE_COOKIE

pytestmark = pytest.mark.anyio
TRANSLATED = sorted(LANGUAGES.keys() - {SOURCE})
READERS = ("nobody", "ada", "ben", "nora", "olga", "ivan", "ines", "olaf")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_NOT_WORDS = {"script", "style", "code", "pre", "kbd", "samp", "svg"}
_READ_OUT = ("alt", "aria-label", "placeholder", "title")


class Visible(HTMLParser):
    """Collects what a reader of a page reads or hears, but for what the page says is in another language or is code."""

    def __init__(self, language: str) -> None:
        """Read in one language."""
        super().__init__()
        self.pieces: list[str] = []
        self._language = language
        self._hidden: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go into an element, and hear what its attributes say."""
        said = {name: value or "" for name, value in attrs}
        is_code = tag in _NOT_WORDS or "mono" in said.get("class", "").split()
        foreign = said.get("lang", self._language) != self._language or is_code
        if not foreign and not any(self._hidden):
            read = (*_READ_OUT, "content") if said.get("name") == "description" else _READ_OUT
            self.pieces += [said[name] for name in read if said.get(name)]
        if tag not in _VOID:
            self._hidden.append(foreign)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if tag not in _VOID:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        """Read a text."""
        if data.strip() and not any(self._hidden):
            self.pieces.append(data)


def visible(page: str, language: str) -> list[str]:
    """Return the texts of a page, each with single blanks."""
    reader = Visible(language)
    reader.feed(page)
    return [" ".join(piece.split()) for piece in reader.pieces]


# What stays as it is in every language: names, formats, and what is typed as it stands.
NAMES = frozenset({
    "Upheld", "Word", "Python", "Space", "Escape", "English", "WebSocket", "PostgreSQL", "bcrypt",
    "commitment", "nonce", "GitHub", "Google", "LinkedIn", "OpenID", "Connect", "OpenAPI", "state", "token",
})  # fmt: skip
TYPED_BY_PEOPLE = (
    LETTER, "Ada Okafor", "Jane Roe", "Boat builder", "Bristol", "Twelve years of wooden boats.",
    "Look after nine wooden boats, all the year round.", "Boat keeper", "Sail maker", "Harbour & Sons", "Pier Works",
    "North Sheds", "Harbour Works", "Test Operator", "A key", "Clerk", "a report",
)  # fmt: skip
# Addresses, commands, and names of columns, files and promises.
_CODE = re.compile(r"\S+@\S+|https?://\S+|`[^`]*`|[\w/.-]*\w[._/]\w[\w./-]*", re.ASCII)
_WORD = re.compile("[A-Za-z]*[a-z]{2}[A-Za-z]*")


def untranslated(page: str, language: str) -> list[str]:
    """Return the texts of a page that hold an English word, which is a word in Latin letters that is no name."""
    return [text for text in visible(page, language) if _english(text)]


def _english(text: str) -> set[str]:
    for said in TYPED_BY_PEOPLE:
        text = text.replace(said, "")
    return set(_WORD.findall(_CODE.sub(" ", text))) - NAMES


@pytest.fixture(scope="module")
async def world(cluster: Cluster) -> AsyncGenerator[World]:
    """Open one world to read every page of."""
    async with peopled(cluster) as world:
        yield world


def paths(world: World) -> list[str]:
    """Return the address of everything that can be read, with ids that exist."""
    ids = {
        "job_id": world.ids["job_of_olga"],
        "application_id": world.ids["application_of_ada"],
        "document_id": world.ids["document_of_ada"],
        "notice_id": world.ids["notice_of_application"],
        "organisation_id": world.ids["org_of_olga"],
        "receipt": world.ids["bens_receipt"],
        "promise_id": "access.views",
        "answer": "headline",
    }
    routes = create_router(world.deployment.platform).routes
    shown = [route.path for route in routes if "GET" in getattr(route, "methods", ())]
    return [re.sub(r"\{(\w+):\w+\}", lambda name: ids.get(name[1], "0" * 64), path) for path in shown]


async def read(world: World, who: str, path: str, language: str) -> httpx.Response:
    """Ask for a page as somebody whose browser speaks a language."""
    browser = world.browsers.get(who) or world.deployment.browser()
    return await browser.get(path, headers={"accept-language": language})


@pytest.mark.parametrize("language", TRANSLATED)
async def test_no_page_shows_an_untranslated_string(world: World, language: str) -> None:
    found: dict[str, list[str]] = {}
    pages = 0
    for path in paths(world):
        for who in READERS:
            answer = await read(world, who, path, language)
            if not answer.headers["content-type"].startswith("text/html"):
                continue
            pages += 1
            assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, f"{path} as {who}"
            assert f'<html lang="{language}">' in answer.text, f"{path} as {who}"
            if left := untranslated(answer.text, language):
                found[f"{path} as {who}"] = left
    assert found == {}
    assert pages > 200, "a loop over nothing proves nothing"


async def test_a_string_that_lost_its_translation_is_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    complete = translations("hi")

    class Forgetful:
        """The Hindi words, without those of one sentence."""

        def gettext(self, text: str) -> str:
            return text if text == "Remote only" else complete.gettext(text)

        def ngettext(self, one: str, many: str, count: int) -> str:
            return complete.ngettext(one, many, count)

    assert untranslated((await read(world, "nobody", "/jobs", "hi")).text, "hi") == []

    def forgetful(_: str) -> Forgetful:
        return Forgetful()

    monkeypatch.setattr("upheld.platform.i18n.translations", forgetful)
    assert untranslated((await read(world, "nobody", "/jobs", "hi")).text, "hi") == ["Remote only"]


class Switch(HTMLParser):
    """Reads the form in the foot of a page as a browser without scripts does."""

    def __init__(self) -> None:
        """Begin outside of the form."""
        super().__init__()
        self.fields: dict[str, str] = {}
        self.offered: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note hidden fields and buttons."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = said.get("action") == "/language"
        elif self._inside and tag == "input":
            self.fields[said["name"]] = said["value"]
        elif self._inside and tag == "button":
            self.offered[said["value"]] = said["lang"]


async def switch(browser: Browser, page: httpx.Response, language: str) -> httpx.Response:
    """Press the button of a language at the foot of a page; return the page that one is led to."""
    form = Switch()
    form.feed(page.text)
    assert form.offered[language] == language
    return await browser.form("/language", **form.fields, language=language)


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("nobody", "/"),
        ("nobody", "/sign-in?to=privacy.home"),
        ("nobody", "/jobs?search=b%26t&remote=yes"),
        ("ada", "/applications/{application_of_ada}"),
        ("olga", "/hiring/jobs/{job_of_olga}/list"),
    ],
)
async def test_one_press_switches_and_comes_back_to_the_same_page(world: World, who: str, path: str) -> None:
    signed_in = world.browsers.get(who)
    async with world.deployment.browser() as browser:
        browser.cookies.update(signed_in.cookies if signed_in else {})
        page = await browser.get(path.format(**world.ids))
        there = await switch(browser, page, "hi")
        assert '<html lang="hi">' in there.text
        assert str(there.url) == str(page.url)
        back = await switch(browser, there, "en")
        assert '<html lang="en">' in back.text
        assert str(back.url) == str(page.url)


async def test_the_choice_is_kept_in_a_cookie_that_no_script_reads(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        answer = await browser.post("/language", data={"language": "hi"}, follow_redirects=False)
        assert answer.headers["set-cookie"] == (
            f"{LANGUAGE_COOKIE}=hi; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"
        )
        assert answer.headers["location"] == "/"


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "sign-out", "accounts.sign_out", "api.job"])
async def test_only_a_page_of_ours_is_gone_to_and_only_a_language_of_ours_kept(deployment: Deployment, to: str) -> None:
    async with deployment.browser() as browser:
        sent = {
            "language": "xx; Domain=evil",
            "to": to,
            "part-name": "x",
            "part-request": "y",
            "query": "//evil.example",
        }
        answer = await browser.post("/language", data=sent, follow_redirects=False)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    assert answer.headers["location"] == "/"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("said", "location"),
    [
        ("{address}/nothing/here?really=yes", "{address}/nothing/here?really=yes"),
        ("{address}/jobs?page=2", "{address}/jobs?page=2"),
        ("{address}//evil.example/", "{address}//evil.example/"),
        ("{address}/documents/reading", "/"),
        ("{address}.evil.example/jobs", "/"),
        ("https://evil.example/jobs", "/"),
        ("//evil.example/jobs", "/"),
        ("", "/"),
    ],
)
async def test_a_refusal_says_not_where_it_stands_and_switching_there_comes_back(
    deployment: Deployment, said: str, location: str
) -> None:
    address = deployment.settings.address
    async with deployment.browser() as browser:
        answer = await browser.post(
            "/language",
            data={"language": "hi"},
            headers={"referer": said.format(address=address)},
            follow_redirects=False,
        )
    assert answer.headers["location"] == location.format(address=address)


async def test_a_form_that_was_found_wanting_leads_back_to_its_page(deployment: Deployment) -> None:
    async with deployment.browser() as browser:
        wrong = await browser.form("/sign-in", email="ada@example.org", password="not this one")
        assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert (await switch(browser, wrong, "hi")).url.path == "/sign-in"
