"""Every page of the product, opened in a real browser by everybody it is for, and measured on the way."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.boundary.world import peopled
from tests.support.cluster import Cluster
from tests.support.people import somebody
from tests.support.proofs import recorded, told
from tests.support.server import Server
from upheld.features.trust.probe import CheckState
from upheld.features.trust.routes import routes_of
from upheld.main.web import create_router
from upheld.platform.settings import Settings
from upheld.platform.web.cookies import SESSION_COOKIE

AXE = Path("node_modules/axe-core/axe.min.js")
CALLERS = {"a stranger": "", "a candidate": "ada", "an employer": "olga", "an interviewer": "ivan"}
NARROWEST = 360
_OK, _NOT_FOUND = 200, 404

# What stands for a part of a path: a name in the world of `tests/boundary`, or the part itself.
_PARTS = {
    "job_id": "job_of_olga",
    "application_id": "application_of_ada",
    "document_id": "document_of_ada",
    "organisation_id": "org_of_olga",
    "notice_id": "notice_of_account",
    "receipt": "bens_receipt",
    "invitation_id": "invitation_of_ada",
    "passkey_id": "passkey_of_ada",
    "person_id": "mona",
    "role_id": "role_of_olga",
    "session_id": "session_of_ada",
    "token_id": "token_of_ada",
    "provider": "no-such-site",
    "promise_id": "access.rls",
    "answer": "headline",
    "token": "a-link-that-was-used",
    "tag": "0000000000000000",
    "name": "upheld.css",
}
_WHAT_AXE_FINDS = """async (options) => {
  const found = await axe.run(document, {resultTypes: ['violations'], ...options});
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)}`));
}"""
_SCRIPTS = "() => [...document.scripts].filter((one) => one.src).map((one) => one.src)"


@dataclass(frozen=True)
class Site:
    """A deployment with people and evidence in it: its settings, routes with a path for each, and cookies."""

    settings: Settings
    paths: dict[str, str]
    cookies: dict[str, str]


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


async def prepared(cluster: Cluster) -> Site:
    """Bring a deployment to where its pages have something to show."""
    async with peopled(cluster) as world:
        await recorded(world.deployment, cluster)
        await told(world.deployment, "access.rls", CheckState.FAILED, faults=["a row of another organisation was seen"])
        routes = [one for one in routes_of(create_router(world.deployment.platform)) if one.method == "GET"]
        parts = {name: world.ids.get(stands, stands) for name, stands in _PARTS.items()}
        paths = {one.path: re.sub(r"\{(\w+):\w+\}", lambda part: parts[part[1]], one.path) for one in routes}
        cookies = {who: world.browsers[who].cookies[SESSION_COOKIE] for who in CALLERS.values() if who}
        return Site(world.deployment.settings, paths, cookies)


def look_everywhere(site: Site, server: Server, browser: Browser) -> Iterator[Look]:
    """Open every route as every caller. An interviewer opens what nobody before could."""
    reached: set[str] = set()
    for caller, who in CALLERS.items():
        with somebody(browser, server.url) as person:
            person.page.context.add_init_script(path=AXE)
            if who:
                person.page.context.add_cookies(
                    [{"name": SESSION_COOKIE, "value": site.cookies[who], "url": server.url}]
                )
            for route, path in site.paths.items():
                if caller != "an interviewer" or route not in reached:
                    look = _look(person.page, caller, route, server.url + path)
                    reached |= {route} if look.is_page else set()
                    yield look
            yield _look(person.page, caller, "nothing there", f"{server.url}/there-is-nothing-here")


def _look(page: Page, caller: str, route: str, url: str) -> Look:
    """Ask first, then open what is a page: a download would stay where it is."""
    answer = page.context.request.get(url, max_redirects=0)
    kind = answer.headers.get("content-type", "").split(";")[0]
    if kind != "text/html" or answer.status not in {_OK, _NOT_FOUND}:
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
