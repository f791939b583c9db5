"""Forms with a script: what was typed outlasts another page and another language, a file tells how far it is."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.islands.conftest import Site
from tests.support.hiring import LETTER, pdf
from tests.support.people import Person, somebody
from upheld.platform.web.cookies import SESSION_COOKIE

_KEPT = "Object.keys(sessionStorage).filter((key) => key.startsWith('typed-'))"
_MODEM = 40_000
"""Bytes a second: slow enough to press a button meanwhile."""


@pytest.fixture
def ada(site: Site) -> Generator[Person]:
    """Put Ada before a browser of her own; whatever asks her whether to leave is answered with yes."""
    with somebody(site.browser, site.server.url) as person:
        _sign_in(site, person)
        yield person


def test_a_letter_outlasts_a_change_of_the_profile_and_of_the_language(site: Site, ada: Person) -> None:
    asked: list[str] = []
    ada.page.on("dialog", lambda question: asked.append(question.type))
    ada.page.on("dialog", lambda question: question.accept())
    ada.goes_to(f"/jobs/{site.open_job}/apply")
    ada.types(letter=LETTER)
    ada.page.locator("[name=consent]").check()
    ada.page.get_by_role("link", name="Change Headline").click()
    ada.presses("Save")
    ada.sees("What you had typed here before is back.")
    assert ada.page.locator("[name=letter]").input_value() == LETTER
    assert not ada.page.locator("[name=consent]").is_checked(), "one agrees to what one has just read"
    ada.presses("हिन्दी")
    ada.sees("आपने यहाँ पहले जो लिखा था, वह वापस आ गया है।")
    assert ada.page.locator("[name=letter]").input_value() == LETTER
    ada.presses("English")
    ada.page.get_by_role("button", name="Send my application").wait_for()
    assert asked == [], "nobody is asked about what is not lost"


def test_what_was_sent_is_not_kept(ada: Person) -> None:
    ada.goes_to("/profile/edit/headline")
    ada.types(headline="Keeper of boats")
    assert ada.page.evaluate(_KEPT) == ["typed-in:/profile/edit/headline"]
    ada.presses("Save")
    ada.sees("Saved. This is what is stored now.")
    assert ada.page.evaluate(_KEPT) == []


def test_whoever_comes_to_the_same_tab_finds_nothing(ada: Person) -> None:
    ada.goes_to("/profile/edit/summary")
    ada.types(summary="Only for my own eyes")
    ada.page.context.clear_cookies()
    ada.page.on("dialog", lambda question: question.accept())
    ada.goes_to("/jobs")
    assert ada.page.evaluate(_KEPT) == []
    ada.goes_to("/register")
    ada.types(email="ada@example.org", password="seven green lanterns")
    assert "lanterns" not in ada.page.evaluate("JSON.stringify(sessionStorage)")
    ada.presses("हिन्दी")
    ada.page.get_by_role("button", name="मेरा खाता बनाएँ").wait_for()
    assert ada.page.locator("[name=email]").input_value() == "ada@example.org"
    assert ada.page.locator("[name=password]").input_value() == ""


def test_a_file_on_its_way_can_be_stopped_and_is_then_not_stored(ada: Person, tmp_path: Path) -> None:
    ada.goes_to("/documents")
    _slow_down(ada.page, _MODEM)
    _choose(ada.page, tmp_path / "long.pdf", pdf("Boats") + b"%" * 2_000_000)
    ada.presses("Upload")
    bar = ada.page.get_by_role("progressbar", name="long.pdf")
    bar.wait_for()
    ada.page.locator(".sending .number", has_text=re.compile(r"[1-9]\d*%")).wait_for()
    ada.presses("Stop")
    ada.sees("Stopped. Nothing was stored.")
    assert bar.count() == 0
    _slow_down(ada.page, -1)
    ada.goes_to("/documents")
    assert ada.page.get_by_role("heading", name="long.pdf").count() == 0


def test_a_file_that_arrives_leads_on_and_one_that_does_not_do_says_why_in_place(ada: Person, tmp_path: Path) -> None:
    ada.goes_to("/documents")
    _choose(ada.page, tmp_path / "letter.pdf", b"not a document at all")
    ada.presses("Upload")
    ada.page.locator(".problem").wait_for()
    assert ada.page.locator(".problem").evaluate("problem => problem === document.activeElement")
    assert ada.page.title().startswith("Problem:")
    _choose(ada.page, tmp_path / "ada.pdf", pdf("Ada Okafor"))
    ada.presses("Upload")
    ada.page.wait_for_url(lambda url: not url.endswith("/documents"))
    ada.goes_to("/documents")
    ada.sees("ada.pdf")


def test_a_file_that_is_too_large_is_not_even_sent(ada: Person, tmp_path: Path) -> None:
    ada.goes_to("/documents")
    sent: list[str] = []
    ada.page.on("request", lambda request: sent.append(request.method))
    _choose(ada.page, tmp_path / "huge.pdf", b"%" * (10 * 1024 * 1024 + 1))
    ada.presses("Upload")
    ada.sees("A document may have up to 10 MB.")
    assert "POST" not in sent


def test_without_a_script_a_file_is_sent_all_the_same(site: Site, tmp_path: Path) -> None:
    with somebody(site.browser, site.server.url, javascript=False) as person:
        _sign_in(site, person)
        person.goes_to("/documents")
        _choose(person.page, tmp_path / "plain.pdf", pdf("Ada Okafor"))
        person.presses("Upload")
        person.goes_to("/documents")
        person.sees("plain.pdf")


def _sign_in(site: Site, person: Person) -> None:
    person.page.context.add_cookies([{"name": SESSION_COOKIE, "value": site.ada, "url": site.server.url}])


def _choose(page: Page, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    page.locator("input[type=file]").set_input_files(file)


def _slow_down(page: Page, upload: int) -> None:
    network = page.context.new_cdp_session(page)
    conditions: dict[str, object] = {
        "offline": False,
        "latency": 0,
        "downloadThroughput": -1,
        "uploadThroughput": upload,
    }
    network.send("Network.enable")  # pyright: ignore[reportUnknownMemberType] - Playwright's own types
    network.send("Network.emulateNetworkConditions", conditions)  # pyright: ignore[reportUnknownMemberType] - as above
