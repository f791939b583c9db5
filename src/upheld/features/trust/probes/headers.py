"""edge.headers: what every answer carries, whoever gave it and whatever it says.

The expectations are written here a second time, on purpose: a probe that read them from the
code it examines would agree with any mistake.
"""

import re
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from upheld.features.trust.people import SAME_ORIGIN
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.sessions import gathered
from upheld.features.trust.routes import Route
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer, Headers
from upheld.platform.web.static import static_url

DENIED = ("camera", "microphone", "geolocation", "display-capture", "usb", "payment")
"""What no page may use; the pages that take an assessment will be the exception, one day."""

EXPECTED: dict[str, Callable[[str], bool]] = {
    "x-frame-options": lambda value: value == "DENY",
    "x-content-type-options": lambda value: value == "nosniff",
    "referrer-policy": lambda value: value in {"no-referrer", "same-origin", "strict-origin"},
    "permissions-policy": lambda value: all(f"{feature}=()" in value for feature in DENIED),
    "content-security-policy": lambda value: not faults_of_policy(value),
    "cross-origin-opener-policy": lambda value: value == "same-origin",
    "cross-origin-resource-policy": lambda value: value == "same-origin",
}
HSTS = "strict-transport-security"


def faults_of_policy(policy: str) -> list[str]:
    """Return what is wrong with a Content-Security-Policy (CSP Level 3)."""
    directives = {name: values for name, *values in (part.split() for part in policy.split(";") if part.strip())}
    loose = {"'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "'wasm-unsafe-eval'", "*", "http:", "https:"}
    faults = [f"{name} allows {value}" for name, values in directives.items() for value in values if value in loose]
    faults += [f"{name} allows data:" for name in ("default-src", "script-src") if "data:" in directives.get(name, [])]
    strict = {"default-src": {"'none'", "'self'"}, "base-uri": {"'none'", "'self'"}, "frame-ancestors": {"'none'"}}
    for name, allowed in strict.items():
        said = directives.get(name)
        if not said or not set(said) <= allowed:
            faults.append(f"{name} is {' '.join(said) if said else 'missing'}")
    faults += [] if "form-action" in directives else ["form-action is missing"]
    return faults


def faults_of(label: str, answer: Answer, *, encrypted: bool = True) -> list[str]:
    """Return what is wrong with the headers of an answer."""
    faults: list[str] = []
    for name, is_good in EXPECTED.items():
        values = answer.all(name)
        if len(values) != 1:
            faults.append(f"{label} ({answer.status}): {name} {'is missing' if not values else 'is there twice'}")
        elif not is_good(values[0]):
            faults.append(f"{label} ({answer.status}): {name} is {values[0][:120]}")
    if encrypted and not re.match(r"max-age=(3153[6-9]|[4-9]\d{4}|\d{6,})", answer.one(HSTS)):
        faults.append(f"{label} ({answer.status}): {HSTS} is {answer.one(HSTS) or 'missing'}")
    return faults


@probe(privilege="a session of a probe person", cost="about six requests for each route")
async def routes(scene: Scene) -> Finding:
    """Ask every route, so that it answers, redirects and refuses: every answer carries every header."""
    cast = await scene.cast()
    statuses: Counter[int] = Counter()

    async def ask(method: str, path: str, headers: Headers) -> list[str]:
        answer = await scene.site.ask(method, path, headers)
        statuses[answer.status] += 1
        return faults_of(f"{method} {path}", answer)

    asks = [
        (method, route.example, headers)
        for route in scene.routes
        if not route.is_socket
        for method, headers in _variants(route, cast.candidate.cookie, cast.employer.cookie)
    ]
    faults = await gathered((lambda a=a: ask(*a)) for a in asks)
    # Whatever else was answered during this run, to sign-ins, uploads and applications.
    faults += [fault for label, answer in scene.site.seen for fault in faults_of(label, answer)]
    return judged(
        sorted(set(faults)), routes=len(scene.routes), answers=len(scene.site.seen), statuses=_shown(statuses)
    )


def _variants(route: Route, candidate: Headers, employer: Headers) -> list[tuple[str, Headers]]:
    """Return the ways to ask a route. None changes anything: what could is asked as a stranger only."""
    another_site = {"sec-fetch-site": "cross-site", "origin": "https://elsewhere.example"}
    always: list[tuple[str, Headers]] = [("DELETE", SAME_ORIGIN), ("OPTIONS", {}), ("POST", another_site)]
    if route.method == "GET":
        return [("GET", {}), ("GET", candidate), ("GET", employer), ("HEAD", {}), *always]
    return always if route.public else [(route.method, SAME_ORIGIN), *always]


@probe(privilege="none", cost="some thirty requests")
async def errors(scene: Scene) -> Finding:
    """Ask for what never reaches a route: wrong names, wrong sites, wrong requests; and for static files."""
    faults: list[str] = []
    statuses: Counter[int] = Counter()
    for label, method, path, headers in _odd_requests(scene):
        answer = await scene.site.ask(method, path, headers)
        statuses[answer.status] += 1
        faults += faults_of(label, answer)
    if scene.plain:
        answer = await scene.plain.ask("GET", "/", {})
        faults += faults_of("plain HTTP", answer, encrypted=False)
        if answer.status not in {301, 308} or not answer.one("location").startswith("https://"):
            faults.append(f"plain HTTP answers {answer.status}, not a redirect to https")
    return judged(
        faults,
        statuses=_shown(statuses),
        plain_http="asked" if scene.plain else "this deployment has no plain listener",
        outside=(
            "What is no HTTP at all (a broken request line, a broken header) the server answers itself, before "
            "any application sees it: 400, no body, connection closed. It carries no header, and nothing to protect."
        ),
        not_provoked="a failure inside the application (500); a test provokes it",
    )


def _odd_requests(scene: Scene) -> list[tuple[str, str, str, Headers]]:
    style = static_url("upheld.css")
    asked: list[tuple[str, str, str, Headers]] = [
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
    ]
    port = scene.settings.listen.rsplit(":", 1)[-1]
    return [*asked, ("localhost", "GET", "/", {"host": f"localhost:{port}"})]


@probe(privilege="none", cost="two handshakes for each path")
async def sockets(scene: Scene) -> Finding:
    """Have WebSockets refused, for their origin and for want of a session: the answer carries every header."""
    statuses: Counter[int] = Counter()
    origins = {"own": scene.settings.address, "another": "https://elsewhere.example"}

    async def knock(path: str, origin: str) -> list[str]:
        answer = await scene.site.knock(path, {"origin": origins[origin]})
        statuses[answer.status] += 1
        return faults_of(f"socket {path} from {origin} origin", answer)

    paths = sorted({"/there-is-nothing-here", *(route.example for route in scene.routes)})
    faults = await gathered((lambda p=p, o=o: knock(p, o)) for p in paths for o in origins)
    return judged(faults, paths=len(paths), statuses=_shown(statuses))


def _shown(statuses: Counter[int]) -> dict[str, int]:
    return {f"{status} {HTTPStatus(status).phrase}": count for status, count in sorted(statuses.items())}
