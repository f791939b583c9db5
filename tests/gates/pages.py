"""Every page of the product, opened in a real browser by everybody it is for, and measured on the way."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.gates.site import CALLERS, LATECOMERS, Site
from tests.support.people import somebody
from tests.support.server import Server

AXE = Path("node_modules/axe-core/axe.min.js")
NARROWEST = 360
_OK = 200

_WHAT_AXE_FINDS = """async (options) => {
  const found = await axe.run(document, {resultTypes: ['violations'], ...options});
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)}`));
}"""
_SCRIPTS = "() => [...document.scripts].filter((one) => one.src).map((one) => one.src)"


@dataclass(frozen=True)
class Look:
    """What somebody saw of a route: `kind` is the answer's media type."""

    caller: str
    route: str
    status: int
    kind: str
    findings: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    width: int = 0

    @property
    def is_page(self) -> bool:
        """Whether it was a page of the product, not a file, a refusal, or the way to another page."""
        return self.status == _OK and self.kind == "text/html"


def look_everywhere(site: Site, server: Server, browser: Browser) -> Iterator[Look]:
    """Open every route as every caller; latecomers open what nobody before could."""
    reached: set[str] = set()
    for caller, who in CALLERS.items():
        with somebody(browser, server.url) as person:
            person.page.context.add_init_script(path=AXE)
            for name, value in site.cookies[who].items():
                person.page.context.add_cookies([{"name": name, "value": value, "url": server.url}])
            refusals: set[str] = set()
            for route, path in site.paths.items():
                if caller not in LATECOMERS or route not in reached:
                    look = _look(person.page, caller, route, server.url + path, refusals)
                    reached |= {route} if look.is_page else set()
                    yield look


def _look(page: Page, caller: str, route: str, url: str, refusals: set[str]) -> Look:
    """Ask first, then open what is a page: a download would stay where it is. Each refusal is opened once."""
    answer = page.context.request.get(url, max_redirects=0)
    kind = answer.headers.get("content-type", "").split(";")[0]
    if kind != "text/html" or (answer.status != _OK and _known(answer.text(), refusals)):
        return Look(caller, route, answer.status, kind)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")  # colours that still change would be measured
    page.goto(url)
    findings = [f"light, {found}" for found in page.evaluate(_WHAT_AXE_FINDS, {})]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    findings += [f"dark, {found}" for found in page.evaluate(_WHAT_AXE_FINDS, {"runOnly": ["color-contrast"]})]
    size = page.viewport_size or {"width": 1280, "height": 720}
    page.set_viewport_size({"width": NARROWEST, "height": size["height"]})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(size)
    return Look(caller, route, answer.status, kind, tuple(findings), tuple(page.evaluate(_SCRIPTS)), width)


def _known(text: str, refusals: set[str]) -> bool:
    """Whether a refusal with this heading was seen before, which it is from now on."""
    heading = "".join(re.findall(r"<h1>.*?</h1>", text, re.DOTALL))
    is_known = heading in refusals
    refusals.add(heading)
    return is_known
