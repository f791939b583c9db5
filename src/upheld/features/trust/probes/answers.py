"""Every answer there is: each route asked in every way that changes nothing, and what reaches none.

Asked once a run; several promises read the same answers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

from upheld.features.trust.cast import Cast
from upheld.features.trust.people import SAME_ORIGIN
from upheld.features.trust.probes.sessions import gathered
from upheld.features.trust.routes import Route
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer, Headers, NotingSite
from upheld.platform.web.static import static_url

ANOTHER_SITE = {"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"}


@dataclass(frozen=True)
class Heard:
    """An answer, to what, to whom, and by which route when it was the route's own method that was asked."""

    label: str
    who: str
    answer: Answer
    route: Route | None = None

    def __str__(self) -> str:
        """Write it as a fault begins."""
        return f"{self.label} ({self.answer.status})"


@dataclass(frozen=True)
class Answers:
    """What was heard: from routes, to odd requests, and to handshakes of sockets."""

    routes: list[Heard]
    odd: list[Heard]
    sockets: list[Heard]

    @property
    def all(self) -> list[Heard]:
        """Everything that was heard."""
        return [*self.routes, *self.odd, *self.sockets]


@dataclass(frozen=True)
class _Ask:
    who: str
    method: str
    path: str
    headers: Headers
    route: Route | None = None


_HEARD: WeakKeyDictionary[NotingSite, Answers] = WeakKeyDictionary()


async def answers(scene: Scene) -> Answers:
    """Return every answer of the application; asked at the first call of a run."""
    if scene.site not in _HEARD:
        _HEARD[scene.site] = await _ask_all(scene)
    return _HEARD[scene.site]


async def _ask_all(scene: Scene) -> Answers:
    cast = await scene.cast()
    asks = [ask for route in scene.routes if not route.is_socket for ask in _asks(route, cast)]
    routes = await gathered([partial(_ask, scene.site, ask) for ask in asks])
    odd = await gathered([partial(_odd, scene.site, one) for one in _odd_requests(scene)])
    paths = sorted({"/there-is-nothing-here", *(route.example for route in scene.routes)})
    origins = {"own": scene.settings.address, "another": ANOTHER_SITE["origin"]}
    sockets = await gathered([partial(_knock, scene.site, path, *said) for path in paths for said in origins.items()])
    return Answers(routes, odd, sockets)


async def _ask(site: NotingSite, ask: _Ask) -> list[Heard]:
    answer = await site.ask(ask.method, ask.path, ask.headers)
    return [Heard(f"{ask.method} {ask.path}", ask.who, answer, ask.route)]


async def _odd(site: NotingSite, asked: tuple[str, str, str, Headers]) -> list[Heard]:
    label, method, path, headers = asked
    return [Heard(label, "nobody", await site.ask(method, path, headers))]


async def _knock(site: NotingSite, path: str, origin: str, said: str) -> list[Heard]:
    return [Heard(f"socket {path} from {origin} origin", "nobody", await site.knock(path, {"origin": said}))]


def _asks(route: Route, cast: Cast) -> list[_Ask]:
    """Return the ways to ask a route. None changes anything: what could is asked as a stranger only."""
    always = [
        _Ask("nobody", "DELETE", route.example, SAME_ORIGIN),
        _Ask("nobody", "OPTIONS", route.example, {}),
        _Ask("nobody", "POST", route.example, ANOTHER_SITE),
    ]
    if route.method != "GET":
        own = [] if route.public else [_Ask("nobody", route.method, route.example, SAME_ORIGIN, route)]
        return [*own, *always]
    people: dict[str, Headers] = {
        "nobody": {}, "candidate": cast.candidate.cookie, "employer": cast.employer.cookie,
    }  # fmt: skip
    # What names nothing, and what there is: a refusal and a page are answered by different code.
    paths = dict.fromkeys([route.example, _real(route, cast)])
    own = [_Ask(who, "GET", path, headers, route) for path in paths for who, headers in people.items()]
    return [*own, _Ask("nobody", "HEAD", route.example, {}, route), *always]


def _real(route: Route, cast: Cast) -> str:
    """Return a path of this route that names what the cast has made."""
    made = {"job_id": cast.job, "application_id": cast.application}
    named = re.sub(r"\{(\w+):uuid\}", lambda found: str(made.get(found[1], found[0])), route.path)
    return route.example if "{" in named else named


def _odd_requests(scene: Scene) -> Sequence[tuple[str, str, str, Headers]]:
    """Return what never reaches a route: wrong names, wrong sites, wrong requests; and static files."""
    style = static_url("upheld.css")
    port = scene.settings.listen.rsplit(":", 1)[-1]
    return [
        ("nothing there", "GET", "/there-is-nothing-here", {}),
        ("nothing there, for programs", "GET", "/api/there-is-nothing-here", {}),
        ("a path that climbs", "GET", "/static/../../etc/passwd", {}),
        ("a path of odd bytes", "GET", "/%ff%fe%00", {}),
        ("a very long path", "GET", "/" + "a" * 6000, {}),
        ("an unknown method", "PROPFIND", "/", SAME_ORIGIN),
        ("another host", "GET", "/", {"host": "elsewhere.example"}),
        ("no host at all", "GET", "/", {"host": ""}),
        ("another site's form", "POST", "/sign-out", {"sec-fetch-site": "cross-site"}),
        ("another origin's form", "POST", "/sign-out", {"origin": "https://elsewhere.example"}),
        ("a form that is none", "POST", "/register", {**SAME_ORIGIN, "content-type": "multipart/form-data"}),
        ("a broken cookie", "GET", "/home", {"cookie": '__Host-session="; ='}),
        ("static", "GET", style, {}),
        ("static, from another site", "GET", style, {"sec-fetch-site": "cross-site"}),
        ("static, an old one", "GET", "/static/0000000000000000/upheld.css", {}),
        ("health", "GET", "/health/live", {}),
        ("localhost", "GET", "/", {"host": f"localhost:{port}"}),
    ]
