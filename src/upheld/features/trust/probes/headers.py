"""edge.headers and edge.hsts: what every answer carries, whoever gave it and whatever it says.

The expectations are written here a second time, on purpose: a probe that read them from the
code it examines would agree with any mistake.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from http import HTTPStatus

from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.answers import Heard, answers
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer

DENIED = ("geolocation", "usb", "payment", "midi", "magnetometer")
"""What no page may use. Camera, microphone and screen are *edge.camera*'s, which knows what was granted where."""

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
_A_YEAR = 31_536_000


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


def faults_of(label: str, answer: Answer) -> list[str]:
    """Return what is wrong with the headers of an answer."""
    faults: list[str] = []
    for name, is_good in EXPECTED.items():
        values = answer.all(name)
        if len(values) != 1:
            faults.append(f"{label} ({answer.status}): {name} {'is missing' if not values else 'is there twice'}")
        elif not is_good(values[0]):
            faults.append(f"{label} ({answer.status}): {name} is {values[0][:120]}")
    return faults


def fault_of_hsts(answer: Answer) -> str | None:
    """Return what is wrong with an answer's Strict-Transport-Security (RFC 6797), if anything is."""
    values = answer.all(HSTS)
    if len(values) != 1:
        return f"{HSTS} {'is missing' if not values else 'is there twice'}"
    directives = {part.strip().lower() for part in values[0].split(";")}
    age = next((part for part in directives if re.fullmatch(r"max-age=\d{1,12}", part)), "max-age=0")
    if int(age.removeprefix("max-age=")) < _A_YEAR or "includesubdomains" not in directives:
        return f"{HSTS} is {values[0][:120]}"
    return None


@probe(privilege="a session of a probe person", cost="about six requests for each route, asked once a run")
async def routes(scene: Scene) -> Finding:
    """Ask every route, so that it answers, redirects and refuses: every answer carries every header."""
    heard = (await answers(scene)).routes
    # Whatever else was answered during this run, to sign-ins, uploads and applications.
    faults = {fault for label, answer in scene.site.seen for fault in faults_of(label, answer)}
    faults |= {fault for one in heard for fault in faults_of(one.label, one.answer)}
    return judged(sorted(faults), routes=len(scene.routes), answers=len(scene.site.seen), statuses=statuses_of(heard))


@probe(privilege="none", cost="some thirty requests, asked once a run")
async def errors(scene: Scene) -> Finding:
    """Ask for what never reaches a route: wrong names, wrong sites, wrong requests; and for static files."""
    heard = (await answers(scene)).odd
    faults = [fault for one in heard for fault in faults_of(one.label, one.answer)]
    if scene.plain:
        answer = await scene.plain.ask("GET", "/", {})
        faults += faults_of("plain HTTP", answer)
        if answer.status not in {301, 308} or not answer.one("location").startswith("https://"):
            faults.append(f"plain HTTP answers {answer.status}, not a redirect to https")
    return judged(
        faults,
        statuses=statuses_of(heard),
        plain_http="asked" if scene.plain else "this deployment has no plain listener",
        outside=(
            "What is no HTTP at all (a broken request line, a broken header) the server answers itself, before "
            "any application sees it: 400, no body, connection closed. It carries no header, and nothing to protect."
        ),
        not_provoked="a failure inside the application (500); a test provokes it",
    )


@probe(privilege="none", cost="two handshakes for each path, asked once a run")
async def sockets(scene: Scene) -> Finding:
    """Have WebSockets refused, for their origin and for want of a session: the answer carries every header."""
    heard = (await answers(scene)).sockets
    faults = [fault for one in heard for fault in faults_of(one.label, one.answer)]
    return judged(faults, handshakes=len(heard), statuses=statuses_of(heard))


@probe(privilege="a session of a probe person", cost="reads the answers that edge.headers asks for")
async def hsts(scene: Scene) -> Finding:
    """Read every answer, refusals of sockets included: each says it, for a year and for the names below."""
    heard = (await answers(scene)).all
    seen = [*scene.site.seen, *((one.label, one.answer) for one in heard)]
    faults = {f"{label} ({answer.status}): {fault}" for label, answer in seen if (fault := fault_of_hsts(answer))}
    return judged(sorted(faults), answers=len(scene.site.seen), statuses=statuses_of(heard))


def statuses_of(heard: Sequence[Heard]) -> dict[str, int]:
    """Count answers by their status, in words."""
    counted = Counter(one.answer.status for one in heard)
    return {f"{status} {HTTPStatus(status).phrase}": count for status, count in sorted(counted.items())}
