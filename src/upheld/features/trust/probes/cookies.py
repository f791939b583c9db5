"""store.cookies: what browsers are asked to keep, and whom pages make them ask."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.answers import Heard, answers
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer
from upheld.platform.web.cookies import DEVICE_COOKIE, LANGUAGE_COOKIE, SESSION_COOKIE
from upheld.platform.web.static import static_names, static_url

COOKIES = {
    SESSION_COOKIE: "keeps you signed in",
    LANGUAGE_COOKIE: "keeps the language you chose",
    DEVICE_COOKIE: "lets you in while somebody else guesses your password",
}
"""The published list of cookies, and what the site could not do without each."""

# What a browser fetches by itself when it shows a page; a link that somebody has to follow is not among them.
_FETCHED = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "audio": "src", "video": "src", "track": "src",
    "embed": "src", "object": "data", "link": "href", "input": "src", "image": "href", "use": "href", "base": "href",
}  # fmt: skip
_LINKS_NOT_FETCHED = {"canonical", "alternate", "author", "license", "help", "next", "prev"}
_IN_STYLE = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


@probe(privilege="a session of a probe person", cost="the answers that edge.headers asks for, and every style sheet")
async def routes(scene: Scene) -> Finding:
    """Read every cookie that any answer sets, and every address that any page or style sheet loads from."""
    heard = (await answers(scene)).all
    faults: set[str] = set()
    cookies: set[str] = set()
    for label, answer in [*scene.site.seen, *((str(one), one.answer) for one in heard)]:
        names = {value.partition("=")[0].strip() for value in answer.all("set-cookie")}
        cookies |= names
        faults |= {f"{label}: sets {name[:60]}, which is not on the list" for name in names - COOKIES.keys()}
    visitors = [one for one in heard if one.who == "nobody" and one.answer.all("set-cookie")]
    faults |= {f"{one}: asks a visitor to keep something" for one in visitors if not _forgets(one.answer)}
    pages = [one for one in heard if one.answer.one("content-type").startswith("text/html")]
    faults |= {fault for one in pages for fault in _faults_of_page(scene.settings.address, one)}
    for name in (name for name in static_names() if name.endswith((".css", ".svg"))):
        answer = await scene.site.ask("GET", static_url(name))
        faults |= {f"{name}: loads from {place}" for place in _elsewhere(scene.settings.address, _in_style(answer))}
    return judged(sorted(faults), cookies=sorted(cookies), pages=len(pages), other_hosts=0)


def _forgets(answer: Answer) -> bool:
    """Whether all that is asked is to forget something."""
    return all("max-age=0" in value.lower().replace(" ", "") for value in answer.all("set-cookie"))


def _faults_of_page(address: str, one: Heard) -> Iterator[str]:
    reader = _Loads()
    reader.feed(one.answer.body.decode("utf-8", "replace"))
    for place in _elsewhere(address, reader.addresses):
        yield f"{one}: loads from {place}"
    for link in one.answer.all("link"):
        yield f"{one}: has browsers fetch {link[:80]}"


def _elsewhere(address: str, addresses: list[str]) -> Iterator[str]:
    """Return the hosts among addresses that are not this site's own."""
    own = urlsplit(address).netloc
    for said in addresses:
        parts = urlsplit(urljoin(address + "/", said))
        if parts.scheme != "data" and (parts.scheme != "https" or parts.netloc != own):
            yield parts.netloc[:100] or parts.scheme


def _in_style(answer: Answer) -> list[str]:
    return [found[1] or found[2] for found in _IN_STYLE.finditer(answer.body.decode("utf-8", "replace"))]


class _Loads(HTMLParser):
    """Notes every address that a page has a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element loads."""
        said = {name: value or "" for name, value in attrs}
        if tag == "link" and set(said.get("rel", "").lower().split()) <= _LINKS_NOT_FETCHED:
            return
        if address := said.get(_FETCHED.get(tag, ""), ""):
            self.addresses.append(address)
        if sources := said.get("srcset", ""):
            self.addresses += [source.split()[0] for source in sources.split(",") if source.strip()]
        if tag in {"form", "button", "input"} and (target := said.get("action") or said.get("formaction") or ""):
            self.addresses.append(target)
