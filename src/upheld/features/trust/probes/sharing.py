"""data.sharing: what an employer sees of a candidate, at each moment, is what the candidate sent them.

A new employer is asked everything three times: before the candidate applies, before the
employer accepts the fair-use policy, and after. What the candidate did not send, and what
they write later, is looked for as well; and a stranger sees nothing at any time.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit
from uuid import UUID

from upheld.features.trust.canaries import Canaries
from upheld.features.trust.cast import Cast, accept_fair_use, apply, id_in, introduce, post_job, write_profile
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.paper import pdf
from upheld.features.trust.people import Actor, enter
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.attempts import OPENING, READING
from upheld.features.trust.routes import Route
from upheld.features.trust.scene import Scene

SENT = frozenset({"name", "place", "summary", "letter", "contact", "résumé"})
"""The parts of a candidate that go to an employer with an application."""

_ONLY_AT = {"contact": re.compile(r"/contact$"), "résumé": re.compile(r"/resume(\.png)?$")}
"""Where alone a part may be shown: where it is asked for, and the candidate sees that it was."""

_FILES = ("application/pdf", "application/vnd.openxmlformats", "image/png")


@dataclass(frozen=True)
class Shown:
    """A part of a candidate that a route showed."""

    part: str
    route: str


@probe(
    privilege="sessions of probe people",
    cost="a probe person more, and every page asked four times",
)
async def matrix(scene: Scene) -> Finding:
    """Ask every page as an employer, moment by moment, for each part of a candidate, sent and not sent."""
    cast = await scene.cast()
    unsent = Canaries()
    employer = await _founded(scene, cast)
    job = await post_job(employer)
    kept = id_in(
        await cast.candidate.upload("/documents", "file", f"{unsent.word('name')}.pdf", pdf(unsent.word("text")))
    )
    moments = {"before they apply": await _seen(scene, employer, cast, unsent, job, None)}
    application = await apply(cast.candidate, cast.canaries, job, await introduce(cast.candidate, cast.canaries))
    await write_profile(cast.candidate, unsent)
    try:
        moments["before fair use is accepted"] = await _seen(scene, employer, cast, unsent, job, application)
        faults = await _through_functions(scene, employer, "before fair use is accepted", job, application)
        await accept_fair_use(employer)
        afterwards = await _seen(scene, employer, cast, unsent, job, application)
        moments["to a stranger"] = await _seen(scene, cast.stranger, cast, unsent, job, application)
        faults += await _through_functions(scene, cast.stranger, "to a stranger", job, application)
    finally:
        await write_profile(cast.candidate, cast.canaries)
        await cast.candidate.send(f"/documents/{kept}/remove", {})
    for moment, seen in moments.items():
        faults += [f"{one.route} shows the {one.part} {moment}" for one in seen]
    return judged(sorted({*faults, *_misplaced(afterwards)}), shown=_by_part(afterwards), moments=[*moments, "after"])


async def _founded(scene: Scene, cast: Cast) -> Actor:
    email = f"{cast.canaries.stem}.another@probe.example"
    employer = await enter(scene.platform, scene.site, email, secrets.token_urlsafe(24))
    await employer.send("/organisations/new", {"name": "A third probe", "website": ""})
    return employer


async def _seen(
    scene: Scene, someone: Actor, cast: Cast, unsent: Canaries, job: UUID, application: UUID | None
) -> list[Shown]:
    """Ask every page as somebody; return which part of the candidate was where."""
    found: list[Shown] = []
    for route in scene.routes:
        if route.method == "GET" and not route.public:
            answer = await scene.site.ask("GET", _path(route, job, application), someone.cookie)
            if answer.one("content-type").startswith(_FILES):
                found.append(Shown("résumé", route.path))
            text = unescape(answer.body.decode(errors="replace"))
            found += [Shown(part, route.path) for part, word in _words(cast, unsent).items() if word in text]
    return found


def _words(cast: Cast, unsent: Canaries) -> Mapping[str, str]:
    stem = cast.canaries.stem
    return {
        "name": f"{stem} profile full_name",
        "place": f"{stem} profile location",
        "summary": f"{stem} profile summary",
        "letter": f"{stem} letter",
        "contact": f"{stem}.contact@",
        "phone": cast.canaries.digits,
        "address of the account": cast.candidate.email,
        "document that was not sent, or what was written later": unsent.stem,
    }


def _misplaced(seen: list[Shown]) -> list[str]:
    """Return what an employer sees that was not sent, or elsewhere than where it is asked for.

    Raises:
        CannotLookError: something that was sent is nowhere, so looking for more proves nothing.
    """
    parts = {one.part for one in seen}
    if not parts >= SENT:
        msg = f"An employer does not see the {', '.join(sorted(SENT - parts))}, so nothing can be said of the rest."
        raise CannotLookError(msg)
    faults: list[str] = []
    for one in seen:
        place = _ONLY_AT.get("contact" if one.part == "phone" else one.part)
        if one.part not in SENT | {"phone"}:
            faults.append(f"{one.route} shows the {one.part}")
        elif place is not None and not place.search(one.route):
            faults.append(f"{one.route} shows the {one.part}, which nobody asked it for")
    return faults


def _by_part(seen: list[Shown]) -> dict[str, list[str]]:
    return {part: sorted({one.route for one in seen if one.part == part}) for part in sorted({o.part for o in seen})}


async def _through_functions(scene: Scene, someone: Actor, moment: str, job: UUID, application: UUID) -> list[str]:
    """Call the functions that hand out candidates' data, past every page."""
    faults: list[str] = []
    async with scene.connected("web") as connection:
        for name, statement in READING.items():
            async with connection.transaction():
                await connection.fetchval(OPENING["web"], someone.secret)
                if await connection.fetch(statement, job if name.endswith("list_applications") else application):
                    faults.append(f"{name} shows an application {moment}")
    return faults


def _path(route: Route, job: UUID, application: UUID | None) -> str:
    about = {"job_id": job, "application_id": application}
    named = re.sub(r"\{(\w+):\w+\}", lambda part: str(about.get(part[1]) or part[0]), route.path)
    return urlsplit(named if "{" not in named else route.example).path
