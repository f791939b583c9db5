"""Pages: server-rendered HTML from a slice's templates.

Every template is rendered with autoescaping and strict undefined names: a misspelt one is
an error, not a blank. Templates are named `<slice>/<page>.html`.
"""

import datetime as dt
import re
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from http.cookies import SimpleCookie
from importlib import resources
from typing import Any, cast

import jinja2
from litestar import Litestar, Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.response import Redirect
from litestar.types import Scope
from markdown_it import MarkdownIt
from markupsafe import Markup

from upheld.kit.errors import TooSoonError
from upheld.platform.i18n import LANGUAGES, Words, choose_language
from upheld.platform.openid.configuration import configured
from upheld.platform.web.cookies import chosen_language
from upheld.platform.web.islands import script
from upheld.platform.web.place import place_of
from upheld.platform.web.static import static_url
from upheld.platform.web.visits import current_visit


@cache
def environment() -> jinja2.Environment:
    """Return the template environment: the platform's layout and every slice's pages."""
    folders = [
        entry.name for entry in resources.files("upheld.features").iterdir() if entry.joinpath("templates").is_dir()
    ]
    slices = {name: jinja2.PackageLoader(f"upheld.features.{name}") for name in folders}
    env = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader("upheld.platform.web"), jinja2.PrefixLoader(slices)]),
        autoescape=lambda name: name is None or not name.endswith(".txt"),  # noqa: S701 - mails alone are plain text
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    cast("dict[str, object]", env.globals).update(
        static=static_url, islands=script, languages=LANGUAGES, providers_of=configured
    )
    cast("dict[str, object]", env.filters).update(notice_html=notice_html, instant=_instant)
    env.policies["ext.i18n.trimmed"] = True
    return env


def _instant(text: str) -> dt.datetime:
    """Return an instant that a mail carries as text."""
    return dt.datetime.fromisoformat(text)


def notice_html(text: str) -> Markup:
    """Return Markdown as HTML, its highest heading below the page's own; HTML inside it stays text."""
    parser = MarkdownIt("commonmark", {"html": False}).disable(["image", "link", "autolink"])
    tokens = parser.parse(text)
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    highest = min((int(token.tag[1]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + 2, 6)}"
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 - made of escaped text by the line above


def render(words: Words, template: str, **context: object) -> str:
    """Return a template rendered in a reader's language."""
    env = environment()
    page = env.get_template(template, globals={"words": words, "_": words, "gettext": words, "ngettext": words.plural})
    return page.render(**context)


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status: int = 200,
    cookies: tuple[str, ...] = (),
    **context: object,
) -> Response[str]:
    """Return a page for this visit. `visit`, `url` and `now` are there for every template."""
    visit = current_visit(request.scope)
    html = render(
        words_for(request),
        template,
        visit=visit,
        who=visit.who,
        demo=visit.platform.settings.demo,
        path=request.url.path,
        # What is missing looks like what never was, to the byte.
        route_here={} if status == HTTPStatus.NOT_FOUND else place_of(request.scope),
        url=_addresses(request.app),
        now=visit.platform.clock.now(),
        **context,
    )
    response = Response(html, media_type=MediaType.HTML, status_code=status)
    if isinstance(error := context.get("error"), TooSoonError):
        response.headers["retry-after"] = str(error.wait_seconds)
    return _with_cookies(response, cookies)


def redirect(
    request: Request[Any, Any, Any], route: str, *, cookies: tuple[str, ...] = (), **parts: object
) -> Redirect:
    """Send the browser to a route by its name; there is no way to name a URL."""
    query = {key.removeprefix("q_"): str(parts.pop(key)) for key in list(parts) if key.startswith("q_")}
    target = request.app.route_reverse(route, **parts)
    return _with_cookies(Redirect(target, status_code=303, query_params=query or None), cookies)


def asked_number(request: Request[Any, Any, Any], name: str, *, otherwise: int, at_most: int) -> int:
    """Return the whole number in a query, bounded; `otherwise` when there is none.

    A page that was bookmarked or mistyped shows something rather than an error.
    """
    text = request.query_params.get(name, "")
    # Python refuses to read very long numbers, and reads digits of every script.
    return min(int(text), at_most) if re.fullmatch("[0-9]{1,9}", text) else otherwise


def words_for(request: Request[Any, Any, Any]) -> Words:
    """Return the words of this reader's language."""
    return words_of(request.scope)


def words_of(scope: Scope) -> Words:
    """Return the words of whoever sent a request, one that reached no route included."""
    said = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Words(choose_language(said.get(b"accept-language", ""), chosen_language(said.get(b"cookie", ""))))


def _addresses(app: Litestar) -> Callable[..., str]:
    """Return what writes the address of a route by its name; a list has a page look each route up once."""
    shapes: dict[tuple[str, ...], str] = {}

    def url(route: str, **parts: object) -> str:
        asked = (route, *parts)
        if asked not in shapes:
            shapes[asked] = app.route_reverse(route, **{name: f"{{{name}}}" for name in parts})
        return shapes[asked].format_map(parts)

    return url


def _with_cookies(response: Any, cookies: tuple[str, ...]) -> Any:  # noqa: ANN401 - the same kind of answer comes back
    # Headers are a mapping: there is room for one cookie as it is written, the others go by their parts.
    for text in cookies[1:]:
        (named,) = SimpleCookie(text).values()
        response.set_cookie(
            Cookie(named.key, value=named.value, max_age=int(named["max-age"]), secure=True, httponly=True)
        )
    if cookies:
        response.headers["set-cookie"] = cookies[0]
    return response
