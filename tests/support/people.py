"""People in a real browser. Each has a window of their own."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody at a screen."""

    page: Page
    url: str

    def goes_to(self, path: str) -> None:
        """Open a page of the site."""
        self.page.goto(self.url + path)

    def presses(self, name: str) -> None:
        """Press the button of this name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def follows(self, name: str) -> None:
        """Follow the link of this name."""
        self.page.get_by_role("main").get_by_role("link", name=name, exact=True).first.click()

    def types(self, **fields: str) -> None:
        """Fill in fields by their names."""
        for name, text in fields.items():
            self.page.locator(f"[name='{name}']").fill(text)

    def sees(self, text: str) -> None:
        """Expect a text on the page."""
        self.page.get_by_text(text).first.wait_for()

    def signs_in(self, address: str, password: str) -> None:
        """Sign in."""
        self.goes_to("/sign-in")
        self.types(email=address, password=password)
        self.presses("Sign in")
        self.page.get_by_role("button", name="Sign out").wait_for()


@contextmanager
def a_browser() -> Generator[Browser]:
    """Open Chromium for as long as the block lasts."""
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def somebody(browser: Browser, url: str, *, javascript: bool = True, also: str = "") -> Generator[Person]:
    """Give a person a window of their own; nothing is shared with other windows.

    Nothing is asked of any other site, but of the one that they go to themselves (`also`).

    Certificates of the test's own authority are not known to Chromium; TLS is verified by
    the other tests.
    """
    context = browser.new_context(ignore_https_errors=True, java_script_enabled=javascript, accept_downloads=True)
    outside: list[str] = []
    context.set_default_timeout(15_000)
    page = context.new_page()
    expected = (url, also) if also else (url,)
    page.on("request", lambda request: None if request.url.startswith(expected) else outside.append(request.url))
    try:
        yield Person(page, url)
    finally:
        context.close()
    assert outside == [], "the pages asked another site for something"


def downloaded(person: Person, press: str, folder: Path) -> Path:
    """Press something that downloads; return the file."""
    with person.page.expect_download() as waiting:
        person.page.get_by_role("main").locator(f"button:text-is('{press}'), a:text-is('{press}')").first.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path
