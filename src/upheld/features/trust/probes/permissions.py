"""access.roles: what each role may do, tried on the pages and in the database itself.

One probe person takes every role of their organisation in turn; the database looks the role
up at each statement, so their session is that role's from one request to the next.
"""

import re
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import asyncpg

from upheld.features.trust.cast import Cast
from upheld.features.trust.people import FORM, Actor
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.attempts import OPENING, READING
from upheld.features.trust.probes.powers import undone
from upheld.features.trust.routes import Route
from upheld.features.trust.scene import Scene

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ROLES = ("owner", "manager", "interviewer")
_OUTSIDER = "nobody of the organisation"

_OWNER = frozenset({"owner"})
_HIRING = frozenset({"owner", "manager"})
_MEMBERS = frozenset(ROLES)
_INTERVIEWERS = frozenset({"interviewer"})
_GETS_THROUGH = frozenset({HTTPStatus.OK, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
"""It was done, or would have been if it had been filled in, or were not done already."""


@dataclass(frozen=True)
class Act:
    """Something a member may do, who may, and how it is tried: on a page, or as a statement."""

    what: str
    may: frozenset[str]
    route: str = ""
    statement: str = ""


def _reading(function: str, about: str) -> str:
    return READING[function].replace("$1", f"'{about}'")


ACTS: Sequence[Act] = (
    Act("see how hiring goes", _HIRING, "GET /hiring"),
    Act("change how the organisation presents itself", _OWNER, "GET /hiring/organisation/edit"),
    Act("write a job", _HIRING, "GET /hiring/jobs/new"),
    Act("see a job before it is public", _MEMBERS, "GET /hiring/jobs/{draft}/preview"),
    Act("change a job", _HIRING, "POST /hiring/jobs/{draft}/edit"),
    Act("publish a job", _HIRING, "POST /hiring/jobs/{job}/publish"),
    Act("close a job", _HIRING, "GET /hiring/jobs/{job}/close"),
    Act("see the applications to all jobs", _HIRING, "GET /hiring/applications"),
    Act("see applications on a board", _HIRING, "GET /hiring/jobs/{job}"),
    Act("see applications in a list", _HIRING, "GET /hiring/jobs/{job}/list"),
    Act("move applications of a list", _HIRING, "POST /hiring/jobs/{job}/move"),
    Act("read an application", _HIRING, "GET /hiring/applications/{application}"),
    Act("read a contact", _HIRING, "GET /hiring/applications/{application}/contact"),
    Act("download a résumé", _HIRING, "GET /hiring/applications/{application}/resume"),
    Act("see a résumé", _HIRING, "GET /hiring/applications/{application}/resume.png"),
    Act("move an application", _HIRING, "POST /hiring/applications/{application}/move"),
    Act("decide", _HIRING, "POST /hiring/applications/{application}/decide"),
    Act("look over a decision", _HIRING, "POST /hiring/applications/{application}/decide/check"),
    Act("change a decision before it is made", _HIRING, "POST /hiring/applications/{application}/decide/again"),
    Act("see whom to interview", _INTERVIEWERS, "GET /hiring/interviews"),
    Act("see how the organisation presents itself", _MEMBERS, "GET /hiring/organisation"),
    Act("read what fair use is", _MEMBERS, "GET /hiring/fair-use"),
    Act(
        "post a job",
        _HIRING,
        statement=(
            "insert into upheld.jobs (id, title, description, employment_type, location, country) values"
            " (gen_random_uuid(), 'Probe', repeat('probe ', 9), 'contract', 'Nowhere', 'PT') returning 1"
        ),
    ),
    Act("rename a job", _HIRING, statement="update upheld.jobs set title = title where id = '{draft}' returning 1"),
    Act("see a draft", _MEMBERS, statement="select 1 from upheld.jobs where id = '{draft}'"),
    Act("find applications", _HIRING, statement="select 1 from upheld.applications where id = '{application}'"),
    Act("find what happened", _HIRING, statement="select 1 from upheld.application_events"
        " where application_id = '{application}'"),
    Act("open what was sent", _HIRING, statement=_reading("upheld.open_application", "{application}")),
    Act("open the contact", _HIRING, statement=_reading("upheld.open_contact", "{application}")),
    Act("open the résumé", _HIRING, statement=_reading("upheld.open_resume", "{application}")),
    Act("open the list", _HIRING, statement=_reading("upheld.list_applications", "{job}")),
    Act(
        "add a step",
        _HIRING,
        statement=(
            "insert into upheld.application_events (id, application_id, organisation_id, person_id, stage) values"
            " (gen_random_uuid(), '{application}', '{organisation}', '{candidate}', 'review') returning 1"
        ),
    ),
    Act("rename the organisation", _OWNER, statement="update upheld.organisations set name = name returning 1"),
    Act("promote oneself", frozenset(), statement="update upheld.members set role = 'owner' returning 1"),
    Act(
        "let somebody in",
        frozenset(),
        statement=(
            "insert into upheld.members (organisation_id, person_id, role)"
            " values ('{organisation}', '{candidate}', 'manager') returning 1"
        ),
    ),
)  # fmt: skip
"""What there is to do today. What nobody may do here, no role of the database lets them."""


@probe(
    privilege="sessions of probe people; an administrator, who gives one of them each role",
    cost="some eighty requests and fifty short transactions",
)
async def matrix(scene: Scene) -> Finding:
    """Let a member of each role, and somebody of no role, try everything there is to do, both ways."""
    cast = await scene.cast()
    faults = [f"{path} is tried by nobody" for path in sorted(_hiring_pages(scene.routes) - _tried_pages())]
    named = {"draft": cast.draft, "job": cast.job, "application": cast.application, "organisation": cast.organisation}
    named["candidate"] = cast.candidate.person
    places = {name: str(value) for name, value in named.items()}
    for role in ROLES:
        async with _as(scene, cast, role):
            faults += await _tried(scene, cast.employer, role, ACTS, places)
    # The stranger owns another organisation: what names nothing of this one, they do there.
    about_this_one = [act for act in ACTS if "{" in act.route + act.statement]
    faults += await _tried(scene, cast.stranger, _OUTSIDER, about_this_one, places)
    allowed = {role: sum(role in act.may for act in ACTS) for role in (*ROLES, _OUTSIDER)}
    return judged(faults, acts=len(ACTS), pages=sum(bool(act.route) for act in ACTS), allowed=allowed)


def _hiring_pages(routes: Iterable[Route]) -> set[str]:
    """Return the pages of hiring, with a blank for what they name."""
    return {re.sub(r"\{[^}]*\}", "…", route.path) for route in routes if route.path.startswith("/hiring")}


def _tried_pages() -> set[str]:
    return {re.sub(r"\{[^}]*\}", "…", act.route.partition(" ")[2]) for act in ACTS}


@asynccontextmanager
async def _as(scene: Scene, cast: Cast, role: str) -> AsyncGenerator[None]:
    """Let the probe employer have a role for as long as the block runs; they are an owner again afterwards."""
    change = "update upheld.members set role = $1 where organisation_id = $2 and person_id = $3"
    async with scene.as_administrator() as connection:
        try:
            await connection.execute(change, role, cast.organisation, cast.employer.person)
            yield
        finally:
            await connection.execute(change, "owner", cast.organisation, cast.employer.person)


async def _tried(scene: Scene, someone: Actor, role: str, acts: Sequence[Act], places: Mapping[str, str]) -> list[str]:
    faults: list[str] = []
    async with scene.connected("web") as connection:
        for act in acts:
            if act.route:
                can = await _gets_through(scene, someone, act.route.format_map(places))
            else:
                can = await _does(connection, someone, act.statement.format_map(places))
            if can != (role in act.may):
                where = "on the page" if act.route else "in the database"
                faults.append(f"{role}: {'can' if can else 'cannot'} {act.what} {where}")
    return faults


async def _gets_through(scene: Scene, someone: Actor, route: str) -> bool:
    method, path = route.split(" ")
    form = FORM if method == "POST" else {}
    return (await scene.site.ask(method, path, {**someone.cookie, **form})).status in _GETS_THROUGH


async def _does(connection: "Connection", someone: Actor, statement: str) -> bool:
    """Whether a statement in somebody's context touches or shows a row; it is undone."""
    try:
        async with undone(connection):
            await connection.fetchval(OPENING["web"], someone.secret)
            return bool(await connection.fetch(statement))
    except asyncpg.InsufficientPrivilegeError:
        return False
