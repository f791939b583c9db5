"""access.files: every way to a stored file, tried by everybody who must not take it, and by those who may."""

import re
from http import HTTPStatus
from uuid import UUID, uuid4

from upheld.features.trust import store
from upheld.features.trust.cast import Cast
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.paper import pdf
from upheld.features.trust.people import SAME_ORIGIN, Actor
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer
from upheld.platform.objects import MAGIC, path_of
from upheld.platform.stores import ask_as_anyone, open_store

_ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"
_BEGINNINGS = (b"%PDF", b"\x89PNG", MAGIC)
_PLACES = ("", "/objects", "/static", "/static/objects", "/download", "/api")
"""Where a folder of files is served by mistake."""


@probe(privilege="sessions of probe people", cost="some three hundred requests")
async def links(scene: Scene) -> Finding:
    """Open each link to a file as everybody whose it is not, and links that name nothing: nobody gets anything."""
    cast = await scene.cast()
    ways = await _ways(cast)
    asked = [(link, who) for link, whose in ways.items() for who in _people(cast) if who != whose]
    guessed = [re.sub(_ID, str(uuid4()), link) for link in ways]
    asked += [(link, who) for link in (*guessed, await _removed_link(cast)) for who in _people(cast)]
    asked += [(link, who) for link in await _where_files_lie(scene, cast) for who in ("stranger", "nobody")]
    faults = [f"{_shown(link)} does not open for its own person" for link in await _closed(scene, cast, ways)]
    for link, who in asked:
        answer = await _ask(scene, link, _people(cast)[who])
        if _gives_a_file(answer):
            faults.append(f"{who} opened {_shown(link)}: {answer.status}")
    return judged(sorted(set(faults)), ways=len(ways), refused=len(asked))


@probe(privilege="sessions of probe people", cost="some ten requests")
async def downloads(scene: Scene) -> Finding:
    """Open each link as the one whose it is: a file to save, in no cache, and each look of an employer journaled."""
    cast = await scene.cast()
    ways = await _ways(cast)
    faults: list[str] = []
    for link, whose in ways.items():
        for part in ("",) if link.endswith(".png") else ("", "bytes=0-99"):
            before = await _looks(scene, cast)
            answer = await _ask(scene, link, _people(cast)[whose], {"range": part} if part else {})
            faults += [f"{_shown(link)}: {fault}" for fault in _faults_of(answer)]
            written = await _looks(scene, cast) - before
            if written != int(whose == "employer"):
                faults.append(f"{_shown(link)}: opened by the {whose}, and {written} entries were written")
    return judged(sorted(set(faults)), ways=len(ways))


@probe(privilege="the web process's own; none at the store", cost="a request for each file of a probe person")
async def store_itself(scene: Scene) -> Finding:
    """Ask the object store for the files of a probe person without any credentials: it refuses."""
    opened = open_store(scene.settings)
    ids = await _own_files(scene, await scene.cast())
    given = {said for one in ids if (said := await ask_as_anyone(opened, path_of(one))) is not None}
    return judged(sorted(given), files=len(ids), kind=type(opened).__name__)


def _people(cast: Cast) -> dict[str, Actor | None]:
    return {"candidate": cast.candidate, "employer": cast.employer, "stranger": cast.stranger, "nobody": None}


async def _ways(cast: Cast) -> dict[str, str]:
    """Return every link to a file of the candidate, and who alone may open it."""
    document = re.search(rf"/documents/{_ID}/file", await cast.candidate.open("/documents"))
    if document is None:
        msg = "The documents of a probe person have no link."
        raise CannotLookError(msg)
    return {
        document[0]: "candidate",
        f"/applications/{cast.application}/resume": "candidate",
        f"/hiring/applications/{cast.application}/resume": "employer",
        f"/hiring/applications/{cast.application}/resume.png": "employer",
    }


async def _removed_link(cast: Cast) -> str:
    """Upload a document, remove it, and return the link that it had."""
    found = re.search(_ID, await cast.candidate.upload("/documents", "file", "removed.pdf", pdf("removed")))
    if found is None:
        msg = "A probe person could not upload a document."
        raise CannotLookError(msg)
    await cast.candidate.send(f"/documents/{found[0]}/remove", {})
    return f"/documents/{found[0]}/file"


async def _where_files_lie(scene: Scene, cast: Cast) -> set[str]:
    """Return what somebody tries who knows where files lie: every route with their ids, and mounted folders."""
    ids = await _own_files(scene, cast)
    routes = [route.path for route in scene.routes if route.method == "GET" and "{" in route.path]
    asked = {re.sub(r"\{[^}]*\}", str(one), path) for path in routes for one in (*ids, cast.application)}
    return asked | {f"{place}/{name}" for one in ids for place in _PLACES for name in (path_of(one), f"files/{one}")}


async def _closed(scene: Scene, cast: Cast, ways: dict[str, str]) -> list[str]:
    """Return the links that do not open for their own person: what opens for nobody proves nothing."""
    return [link for link, whose in ways.items() if not _gives_a_file(await _ask(scene, link, _people(cast)[whose]))]


async def _own_files(scene: Scene, cast: Cast) -> list[UUID]:
    async with scene.platform.database.transaction("web") as tx:
        await store.open_context(tx, cast.candidate.secret)
        found = await store.own_files(tx)
    if not found:
        msg = "A probe person has no stored file, so nothing can be tried."
        raise CannotLookError(msg)
    return found


async def _looks(scene: Scene, cast: Cast) -> int:
    async with scene.platform.database.transaction("web") as tx:
        await store.open_context(tx, cast.candidate.secret)
        return await store.looks_at_resume(tx, cast.application)


async def _ask(scene: Scene, link: str, actor: Actor | None, more: dict[str, str] | None = None) -> Answer:
    return await scene.site.ask("GET", link, {**SAME_ORIGIN, **(actor.cookie if actor else {}), **(more or {})})


def _gives_a_file(answer: Answer) -> bool:
    is_file = answer.body.startswith(_BEGINNINGS) or bool(answer.one("content-disposition"))
    return answer.status < HTTPStatus.MULTIPLE_CHOICES and is_file


def _faults_of(answer: Answer) -> list[str]:
    """Return what is wrong with a file that was handed out."""
    if answer.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        return [f"answered {answer.status}"]
    kind, cache = answer.one("content-type"), answer.one("cache-control")
    named = re.fullmatch(
        r"attachment; filename=\"[A-Za-z0-9 ._()-]+\"; filename\*=UTF-8''[\w%.~-]+", answer.one("content-disposition")
    )
    is_drawn = kind == "image/png" and answer.body.startswith(b"\x89PNG")  # by us, not by whoever uploaded it
    faults = {
        "it has no name to be saved under": not (named or is_drawn),
        "its kind may be guessed": answer.one("x-content-type-options") != "nosniff",
        "a cache may keep it": "no-store" not in cache or "public" in cache,
        "it is shown as a page": kind.startswith(("text/", "image/svg", "application/xhtml")),
    }
    return [said for said, is_so in faults.items() if is_so]


def _shown(link: str) -> str:
    """Return a link without what it names."""
    return re.sub(_ID, "…", link)
