"""edge.static: what may be kept, by whom and for how long; everything else is kept nowhere."""

import hashlib
from http import HTTPStatus

from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.answers import Heard, answers
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer
from upheld.platform.web.static import static_names, static_url

LASTING = frozenset({"static"})
"""The routes whose answers may be kept: no answer of theirs is about anybody."""

_A_YEAR = 31_536_000


@probe(privilege="a session of a probe person", cost="the answers that edge.headers asks for, and every static file")
async def caching(scene: Scene) -> Finding:
    """Read how long each answer may be kept, and ask for each static file: its address is its content's hash."""
    heard = (await answers(scene)).all
    faults = {fault for one in heard if (fault := _fault_of(one))}
    names = static_names()
    for name in names:
        faults |= set(_faults_of_file(name, await scene.site.ask("GET", static_url(name))))
    kept = sorted({one.route.name for one in heard if one.route and not _is_private(one.answer)})
    return judged(sorted(faults), answers=len(heard), static_files=len(names), routes_that_may_be_kept=kept)


def _fault_of(one: Heard) -> str | None:
    """Return what is wrong with how long an answer may be kept, by anybody."""
    if one.answer.status == HTTPStatus.SWITCHING_PROTOCOLS or _is_private(one.answer):
        return None
    is_file = one.label.startswith("static") or (one.route is not None and one.route.name in LASTING)
    if is_file and one.answer.status == HTTPStatus.OK:
        return None
    return f"{one}: cache-control is {one.answer.one('cache-control')[:80] or 'missing'}"


def _is_private(answer: Answer) -> bool:
    """Whether nobody may keep it: neither this browser nor anything on the way (RFC 9111, 5.2.2.5)."""
    said = {part.strip().lower() for value in answer.all("cache-control") for part in value.split(",")}
    return "no-store" in said and not said & {"public", "immutable"}


def _faults_of_file(name: str, answer: Answer) -> list[str]:
    said = {part.strip().lower() for part in answer.one("cache-control").split(",")}
    ages = [int(part[8:]) for part in said if part.startswith("max-age=") and part[8:].isdigit()]
    wanted = {
        f"answers {answer.status}": answer.status == HTTPStatus.OK,
        "is not at the address of its content": hashlib.sha256(answer.body).hexdigest()[:16] in static_url(name),
        "is not public and immutable": {"public", "immutable"} <= said,
        "may not be kept for a year": max(ages, default=0) >= _A_YEAR,
        "sets a cookie": not answer.all("set-cookie"),
    }
    return [f"static {name}: {what}" for what, is_so in wanted.items() if not is_so]
