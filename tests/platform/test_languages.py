"""Every page in every language: none shows a string in another one, and switching needs no JavaScript."""

import re
from collections.abc import AsyncGenerator, Iterator
from html.parser import HTMLParser
from http import HTTPStatus

import httpx
import pytest
from babel.messages.pofile import read_po

from tests.boundary.world import World, peopled
from tests.support.cluster import Cluster
from tests.support.deployment import Browser, Deployment, hidden
from tests.support.hiring import applied
from tools.words import TEMPLATE
from upheld.main.web import create_router
from upheld.platform.i18n import LANGUAGES, SOURCE, Words
from upheld.platform.web.cookies import LANGUAGE_COOKIE

pytestmark = pytest.mark.anyio
TRANSLATED = sorted(LANGUAGES.keys() - {SOURCE})
READERS = ("nobody", "ada", "ben", "nora", "olga", "ivan", "ines", "olaf")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_NOT_WORDS = {"script", "style", "code", "pre", "kbd", "samp", "svg"}
_READ_OUT = ("alt", "aria-label", "placeholder", "title", "content")


class Visible(HTMLParser):
    """Collects what a reader of a page reads or hears, but for what the page says is in another language or is code."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._language = language
        self._hidden: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go into an element, and hear what its attributes say."""
        said = {name: value or "" for name, value in attrs}
        foreign = said.get("lang", self._language) != self._language or tag in _NOT_WORDS
        if not foreign and not any(self._hidden) and said.get("name") != "viewport":
            self.pieces += [said[name] for name in _READ_OUT if said.get(name)]
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


# What stays in Latin letters in every language: names of things, formats and units, and of invented people.
NAMES = frozenset(
    "Upheld UTC PDF Word MB JSON Python SHA HTTPS TLS HTML ACME UTF RFC Space Escape LEAVE English verify docx pdf index"
    " data json html txt".split()
)
_TYPED_BY_PEOPLE = (
    "Ada Okafor Boat keeper builder Harbour Sons Bristol Pier Works North Sheds Sail maker Test Operator Jane Roe"
    " Look after nine wooden boats all the year round I would like to look after your boats Twelve years of wooden boats"
    " resume"
).split()
