"""access.views: every way to a candidate's data leaves an entry in their journal.

The functions that open what is sealed write the entry and return the data in one statement's
transaction; nothing else can read it. Pages and files rest on them, and are tried as well.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from upheld.features.trust import store
from upheld.features.trust.cast import Cast
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.people import FORM
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.attempts import OPENING, READING
from upheld.features.trust.probes.catalog import RUNTIME_ROLES
from upheld.features.trust.routes import Route
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

# What a role may read although it is sealed and about a candidate, and why.
_BY_DESIGN = {
    ("web", "upheld.application_events.reason_sealed"): "the employer's own words, which its members wrote",
}

# The part that each reading function journals.
_JOURNALED = {
    "upheld.list_applications": "list",
    "upheld.open_application": "application",
    "upheld.open_contact": "contact",
    "upheld.open_resume": "resume",
}
_DOCUMENTS = ("application/pdf", "application/vnd.openxmlformats", "image/png")
_LISTS = frozenset({"applications.board", "applications.list", "applications.all"})
_OWN = frozenset({"upheld.own_profile", "upheld.own_documents", "upheld.own_snapshots"})
_TELLS_NOTHING = frozenset({"upheld.hiring_organisation", "upheld.deciding_organisation", "upheld.jobs_applied_to"})


@probe(privilege="reads the catalog", cost="one query")
async def sealed(scene: Scene) -> Finding:
    """Read off that no role reads a sealed column about candidates itself."""
    async with scene.platform.database.maintenance() as tx:
        readable = await store.sealed_columns_readable_by(tx, list(RUNTIME_ROLES))
    faults = [f"{one.role} reads {one.col}" for one in readable if (one.role, one.col) not in _BY_DESIGN]
    return judged(
        faults, roles=len(RUNTIME_ROLES), by_design=[f"{r}, {c}: {why}" for (r, c), why in _BY_DESIGN.items()]
    )


@probe(privilege="sessions of probe people; reads the catalog", cost="four reads of one application")
async def trace(scene: Scene) -> Finding:
    """Call every function that can see what is sealed, as an employer, and look into the candidate's journal."""
    cast = await scene.cast()
    async with scene.platform.database.maintenance() as tx:
        able = set(await store.functions_seeing_sealed(tx, list(RUNTIME_ROLES)))
    known = _JOURNALED.keys() | _OWN | _TELLS_NOTHING
    faults = [f"{name} can see what is sealed, and nobody has said which entry it leaves" for name in able - known]
    async with scene.connected("web") as connection:
        for name, part in _JOURNALED.items():
            before = await _journal(connection, cast)
            async with connection.transaction():
                await connection.fetchval(OPENING["web"], cast.employer.secret)
                rows = await connection.fetch(READING[name], cast.job if part == "list" else cast.application)
            if not rows:
                msg = f"{name} showed an employer nothing of an application to them, so nothing can be said of it."
                raise CannotLookError(msg)
            if not _left(before, await _journal(connection, cast), is_list=part == "list"):
                faults.append(f"{name} leaves no entry ({part})")
    return judged(sorted(faults), functions=sorted(able & known), journaled=sorted(_JOURNALED))


@probe(privilege="sessions of probe people", cost="each route asked once")
async def routes(scene: Scene) -> Finding:
    """Ask every route as an employer; where a candidate's data comes back, an entry has to have been left."""
    cast = await scene.cast()
    faults: list[str] = []
    shown: list[str] = []
    async with scene.connected("web") as connection:
        for route in scene.routes:
            if not _is_asked(route):
                continue
            before = await _journal(connection, cast)
            form = FORM if route.method == "POST" else {}
            answer = await scene.site.ask(route.method, _path(route, cast), {**cast.employer.cookie, **form})
            if _shows_candidate(answer, cast):
                shown.append(str(route))
                if not _left(before, await _journal(connection, cast), is_list=route.name in _LISTS):
                    faults.append(f"{route} shows a candidate's data and leaves no entry")
    if not shown:
        msg = "No route showed an employer anything of a candidate, so nothing can be said of entries."
        raise CannotLookError(msg)
    return judged(faults, routes=len(scene.routes), shows_candidates=shown)


def _is_asked(route: Route) -> bool:
    """Whether asking changes nothing: reading does not, nor does an empty form about an application."""
    return route.method == "GET" or (route.method == "POST" and route.path.startswith("/hiring/applications/"))


def _path(route: Route, cast: Cast) -> str:
    about = {"job_id": cast.job, "application_id": cast.application}
    named = re.sub(r"\{(\w+):\w+\}", lambda part: str(about.get(part[1], part[0])), route.path)
    return named if "{" not in named else route.example


def _shows_candidate(answer: Answer, cast: Cast) -> bool:
    """Whether an answer holds a planted word (the employer's own address aside), or is a document."""
    is_document = answer.one("content-type").startswith(_DOCUMENTS)
    return is_document or cast.canaries.stem.encode() in answer.body.replace(cast.employer.email.encode(), b"")


async def _journal(connection: "Connection", cast: Cast) -> Mapping[str, int]:
    """Return how many entries the candidate finds in their journal, by part."""
    async with connection.transaction():
        await connection.fetchval(OPENING["web"], cast.candidate.secret)
        rows = await connection.fetch(store.QUERIES["journal_by_part"].sql)
    return Counter({row["part"]: row["number"] for row in rows})


def _left(before: Mapping[str, int], after: Mapping[str, int], *, is_list: bool) -> bool:
    """Whether an entry was left. Being in a list leaves one an hour, so there an older one counts."""
    return after["list"] > 0 if is_list else any(after[part] > before[part] for part in after if part != "list")
