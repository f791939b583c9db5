"""Photographs of every page, for people to look at: `python -m tools.looks FOLDER`.

Works on the running demo of `UPHELD_VAR` (and the other settings it runs with). Which pages
there are comes from the route table, what they are about from the links of the demo itself;
a page that nobody links to is named at the end. Each is photographed as whoever may see it,
at the width of a phone and of a desk, by day and by night.
"""

import re
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from litestar import Litestar
from litestar.di import Provide
from playwright.sync_api import Browser, Error, Page, StorageState, sync_playwright

from upheld.features.trust.routes import Route, routes_of
from upheld.main.setup import read_sign_ins
from upheld.main.slices import route_handlers
from upheld.platform.settings import Settings

WIDTHS = (390, 1280)
THEMES = ("light", "dark")
PAGES_EACH = 400
"""How many links are followed in search of an example of every page."""

_CHANGED = re.compile(r"[?#].*")


@dataclass
class Visitor:
    """Somebody who looks at the demo, and the addresses they found, by route."""

    name: str
    browser: Browser
    url: str
    sign_in: tuple[str, str] | None
    found: dict[str, str] = field(default_factory=dict[str, str])
    _state: StorageState | None = None

    @contextmanager
    def window(self, width: int = 1280, theme: str = "light") -> Generator[Page]:
        """Open a window, signed in."""
        context = self.browser.new_context(
            ignore_https_errors=True, viewport={"width": width, "height": 800}, reduced_motion="reduce",
            color_scheme="dark" if theme == "dark" else "light", storage_state=self._state,
        )  # fmt: skip
        try:
            yield context.new_page()
        finally:
            context.close()

    def enter(self) -> None:
        """Sign in once; every window after this is signed in."""
        if self.sign_in is None:
            return
        with self.window() as page:
            page.goto(f"{self.url}/sign-in")
            page.fill("[name=email]", self.sign_in[0])
            page.fill("[name=password]", self.sign_in[1])
            page.click("main form button")
            page.wait_for_url(lambda address: "/sign-in" not in address)
            self._state = page.context.storage_state()

    def explore(self, routes: list[Route]) -> None:
        """Follow the links of the demo until every page is found, or there are no more."""
        patterns = {route.path: _pattern(route) for route in routes}
        # Rooms of others are not tried: the demo would write down that somebody did.
        everyones = [route.path for route in routes if route.public and "{" not in route.path]
        waiting, seen = ["/", "/home", *everyones], set[str]()
        with self.window() as page:
            while waiting and len(seen) < PAGES_EACH:
                path = waiting.pop(0)
                named = next((name for name, pattern in patterns.items() if pattern.fullmatch(path)), None)
                if path in seen or named is None or (named in self.found and "{" in named):
                    continue
                seen.add(path)
                try:
                    answer = page.goto(self.url + path, wait_until="commit")
                except Error:  # it is a file, and begins to download
                    continue
                if not answer or not answer.ok or "text/html" not in answer.headers.get("content-type", ""):
                    continue
                arrived = urlsplit(answer.url).path
                if arrived == path:
                    self.found[named] = path
                hrefs = re.findall(r'href="(/[^"]*)"', answer.text())
                waiting += [_CHANGED.sub("", href) for href in hrefs]


def main(folder: Path, only: str = "") -> None:
    """Photograph everything into the folder."""
    settings = replace(Settings.read(), demo=True)
    visits = {"visit": Provide(lambda: None, sync_to_thread=False)}  # nothing is asked of the table
    table = Litestar(route_handlers=route_handlers(settings), dependencies=visits, openapi_config=None)
    routes = [
        route
        for route in routes_of(table)
        if route.method == "GET" and not re.search(r"^/static|^/api|\.\w+$", route.path)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        missing = {route.path for route in routes}
        for visitor in _visitors(settings, browser):
            visitor.enter()
            visitor.explore(routes)
            missing -= visitor.found.keys()
            for width, theme in product(WIDTHS, THEMES):
                _photograph(visitor, folder, width, theme, only)
    _say(f"{folder}: all but {sorted(missing) or 'none'}")


def _pattern(route: Route) -> re.Pattern[str]:
    ids = re.sub(r"\{\w+:uuid\}", "[0-9a-f-]{36}", route.path)
    return re.compile(re.sub(r"\{\w+:\w+\}", "[^/]+", ids))


def _visitors(settings: Settings, browser: Browser) -> Iterator[Visitor]:
    yield Visitor("stranger", browser, settings.address, None)
    for role, sign_in in read_sign_ins(settings).items():
        yield Visitor(re.sub(r"\W+", "-", role.lower()), browser, settings.address, (sign_in[0], sign_in[1]))


def _photograph(visitor: Visitor, folder: Path, width: int, theme: str, only: str) -> None:
    with visitor.window(width, theme) as page:
        for name, path in {**visitor.found, "/nothing-here": "/nothing-here"}.items():
            if not re.search(only, name):
                continue
            page.goto(visitor.url + path)
            file = f"{name.strip('/').replace('/', '.') or 'front'}-{width}-{theme}.png"
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                _say(f"{visitor.name} {path}: wider than {width} pixels")
            (folder / visitor.name).mkdir(exist_ok=True)
            page.screenshot(path=folder / visitor.name / file, full_page=True)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
