"""access.roles: what each role and each permission lets somebody do, tried on the pages and in the database.

One probe person takes every role of their organisation in turn, then one of a single permission
after the other; the database looks the role up at each statement, so their session is that role's
from one request to the next.
"""

import re
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from upheld.features.organisations.model import PERMISSIONS_OF, Permission, Role
from upheld.features.trust.cast import Cast
from upheld.features.trust.people import FORM, SAME_ORIGIN, Actor
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.attempts import OPENING, READING
from upheld.features.trust.probes.powers import undone
from upheld.features.trust.probes.standing import invited
from upheld.features.trust.routes import Route
from upheld.features.trust.scene import Scene

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ROLES = (Role.OWNER, Role.MANAGER, Role.INTERVIEWER)
_OUTSIDER = "nobody of the organisation"
_MEMBER, _NOBODY, _AT_NO_DESK, _OWNER = "member", "nobody", "who has nothing on the desk of hiring", "owner"
_VIEW, _DECIDE = Permission.APPLICATION_VIEW, Permission.APPLICATION_DECIDE
_JOBS, _SETTINGS = Permission.JOB_MANAGE, Permission.SETTINGS_CHANGE
_DESK = frozenset({Permission.JOB_MANAGE, Permission.APPLICATION_VIEW})
_GETS_THROUGH = frozenset({HTTPStatus.OK, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
"""It was done, or would have been if it had been filled in, or were not done already."""


@dataclass(frozen=True)
class Act:
    """Something a member may do, what it takes, and how it is tried: on a page, or as a statement.

    `needs` is a permission, or one of the words above for what takes something else.
    """

    what: str
    needs: str
    route: str = ""
    statement: str = ""

    def is_for(self, permissions: Collection[str], role: str) -> bool:
        """Whether somebody with these permissions, in this role, may do it."""
        if self.needs == _AT_NO_DESK:
            return not _DESK & set(permissions)
        if self.needs in {_MEMBER, _NOBODY, _OWNER}:
            return self.needs == _MEMBER or (self.needs == _OWNER and role == Role.OWNER)
        if self.needs == "desk":
            return bool(_DESK & set(permissions))
        return self.needs in permissions


def _reading(function: str, about: str) -> str:
    return READING[function].replace("$1", f"'{about}'")


ACTS: Sequence[Act] = (
    Act("see how hiring goes", "desk", "GET /hiring"),
    Act("change how the organisation presents itself", _SETTINGS, "GET /hiring/organisation/edit"),
    Act("write a job", _JOBS, "GET /hiring/jobs/new"),
    Act("see a job before it is public", _MEMBER, "GET /hiring/jobs/{draft}/preview"),
    Act("change a job", _JOBS, "POST /hiring/jobs/{draft}/edit"),
    Act("publish a job", _JOBS, "POST /hiring/jobs/{job}/publish"),
    Act("close a job", _JOBS, "GET /hiring/jobs/{job}/close"),
    Act("see the applications to all jobs", _VIEW, "GET /hiring/applications"),
    Act("see applications on a board", _VIEW, "GET /hiring/jobs/{job}"),
    Act("see applications in a list", _VIEW, "GET /hiring/jobs/{job}/list"),
    Act("move applications of a list", _DECIDE, "POST /hiring/jobs/{job}/move"),
    Act("read an application", _VIEW, "GET /hiring/applications/{application}"),
    Act("read a contact", _VIEW, "GET /hiring/applications/{application}/contact"),
    Act("download a résumé", _VIEW, "GET /hiring/applications/{application}/resume"),
    Act("see a résumé", _VIEW, "GET /hiring/applications/{application}/resume.png"),
    Act("move an application", _DECIDE, "POST /hiring/applications/{application}/move"),
    Act("decide", _DECIDE, "POST /hiring/applications/{application}/decide"),
    Act("look over a decision", _DECIDE, "POST /hiring/applications/{application}/decide/check"),
    Act("change a decision before it is made", _DECIDE, "POST /hiring/applications/{application}/decide/again"),
    Act("see whom to interview", _AT_NO_DESK, "GET /hiring/interviews"),
    Act("see how the organisation presents itself", _MEMBER, "GET /hiring/organisation"),
    Act("read what fair use is", _MEMBER, "GET /hiring/fair-use"),
    Act("see who of the members has a factor", _OWNER, "GET /hiring/organisation/sign-in"),
    Act("read what members did", Permission.AUDIT_VIEW, "GET /hiring/organisation/activity"),
    Act("take what members did along", Permission.AUDIT_VIEW, "POST /hiring/organisation/activity/table"),
    Act(
        "look at what members did",
        Permission.AUDIT_VIEW,
        statement="select 1 where upheld.look_at_activity(null)",
    ),
    # What the probe itself did is its own to see: an invitation that somebody declines is not.
    Act(
        "find what others did",
        Permission.AUDIT_VIEW,
        statement=(
            "select 1 from upheld.audit_entries where organisation_id = '{organisation}'"
            " and actor_id is distinct from (select upheld.current_person())"
        ),
    ),
    Act("ask members for a factor no longer", _OWNER, "POST /hiring/organisation/sign-in/lift"),
    Act(
        "post a job",
        _JOBS,
        statement=(
            "insert into upheld.jobs (id, title, description, employment_type, location, country) values"
            " (gen_random_uuid(), 'Probe', repeat('probe ', 9), 'contract', 'Nowhere', 'PT') returning 1"
        ),
    ),
    Act("rename a job", _JOBS, statement="update upheld.jobs set title = title where id = '{draft}' returning 1"),
    Act("see a draft", _MEMBER, statement="select 1 from upheld.jobs where id = '{draft}'"),
    Act("find applications", _VIEW, statement="select 1 from upheld.applications where id = '{application}'"),
    Act("find what happened", _VIEW, statement="select 1 from upheld.application_events"
        " where application_id = '{application}'"),
    Act("open what was sent", _VIEW, statement=_reading("upheld.open_application", "{application}")),
    Act("open the contact", _VIEW, statement=_reading("upheld.open_contact", "{application}")),
    Act("open the résumé", _VIEW, statement=_reading("upheld.open_resume", "{application}")),
    Act("open the list", _VIEW, statement=_reading("upheld.list_applications", "{job}")),
    Act(
        "add a step",
        _DECIDE,
        statement=(
            "insert into upheld.application_events (id, application_id, organisation_id, person_id, stage) values"
            " (gen_random_uuid(), '{application}', '{organisation}', '{candidate}', 'review') returning 1"
        ),
    ),
    Act("rename the organisation", _SETTINGS, statement="update upheld.organisations set name = name returning 1"),
    Act("promote oneself", _NOBODY, statement="update upheld.members set role = 'owner' returning 1"),
    Act(
        "let somebody in",
        _NOBODY,
        statement=(
            "insert into upheld.members (organisation_id, person_id, role)"
            " values ('{organisation}', '{candidate}', 'manager') returning 1"
        ),
    ),
    Act("see who belongs to the organisation", _MEMBER, "GET /hiring/organisation/members"),
    Act("see what each role may do", _MEMBER, "GET /hiring/organisation/roles"),
    Act("be asked whether to leave", _MEMBER, "GET /organisations/leave"),
    Act("fill in an invitation", Permission.MEMBER_INVITE, "GET /hiring/organisation/invite"),
    Act("send again what was never sent", _NOBODY, "POST /hiring/organisation/invited/{application}/again"),
    Act("take back what was never sent", _NOBODY, "POST /hiring/organisation/invited/{application}/revoke"),
    Act("choose a role", Permission.ROLE_GRANT, "GET /hiring/organisation/members/{employer}/role"),
    Act("be asked whether to remove", Permission.MEMBER_REMOVE, "GET /hiring/organisation/members/{employer}/remove"),
    Act("fill in an offer of ownership", _OWNER, "GET /hiring/organisation/members/{employer}/own"),
    Act("end an offer that there is not", _NOBODY, "POST /hiring/organisation/members/{employer}/own/end"),
    Act("read an offer that there is not", _NOBODY, "GET /hiring/organisation/own"),
    Act("fill in a role", Permission.ROLE_GRANT, "GET /hiring/organisation/roles/new"),
    Act("change a role that there is not", _NOBODY, "GET /hiring/organisation/roles/{application}"),
    Act("remove a role that there is not", _NOBODY, "POST /hiring/organisation/roles/{application}/remove"),
    Act(
        "make a role",
        Permission.ROLE_GRANT,
        statement=(
            "insert into upheld.roles (id, name, permissions)"
            " values (gen_random_uuid(), 'Probe', '{{role:grant}}') returning 1"
        ),
    ),
    Act(
        "change somebody's role",
        Permission.ROLE_GRANT,
        statement="select 1 where upheld.change_role(gen_random_uuid(), 'interviewer', null) = 'unknown'",
    ),
    Act(
        "let somebody go",
        Permission.MEMBER_REMOVE,
        statement="select 1 where upheld.end_membership(gen_random_uuid()) = 'unknown'",
    ),
    Act(
        "invite somebody",
        Permission.MEMBER_INVITE,
        statement=(
            "select 1 where upheld.invite(gen_random_uuid(), array['\\x00'::bytea], '\\x00', sha256('probe'),"
            " '\\x00', 'interviewer', null, 'en', '1 hour') = 'invited'"
        ),
    ),
)  # fmt: skip
"""What there is to do today. What nobody may do here, no role of the database lets them."""


@probe(
    privilege="sessions of probe people; an administrator, who gives one of them each role",
    cost="some ninety requests and fifty short transactions",
)
async def matrix(scene: Scene) -> Finding:
    """Let a member of each role, and somebody of no role, try everything there is to do, both ways."""
    cast = await scene.cast()
    await cast.employer.prove()
    await _declined(scene, cast, "guest")
    faults = [f"{path} is tried by nobody" for path in sorted(_hiring_pages(scene.routes) - _tried_pages())]
    for role in ROLES:
        async with _as(scene, cast, role):
            faults += await _tried(
                scene, cast.employer, _Standing(role, role, PERMISSIONS_OF[role]), ACTS, _places(cast)
            )
    # The stranger owns another organisation: what names nothing of this one, they do there.
    about_this_one = [act for act in ACTS if "{" in act.route + act.statement.replace("{{", "")]
    outsider = _Standing(_OUTSIDER, _OUTSIDER, frozenset(), is_member=False)
    faults += await _tried(scene, cast.stranger, outsider, about_this_one, _places(cast))
    allowed = {str(role): sum(act.is_for(PERMISSIONS_OF[role], role) for act in ACTS) for role in ROLES}
    return judged(faults, acts=len(ACTS), pages=sum(bool(act.route) for act in ACTS), allowed=allowed)


@probe(
    privilege="sessions of probe people; an administrator, who gives one of them roles of one permission each",
    cost="some three hundred requests and two hundred short transactions",
)
async def granular(scene: Scene) -> Finding:
    """Let a member have one permission after the other, and nothing else, and try everything that takes one."""
    cast = await scene.cast()
    await cast.employer.prove()
    await _declined(scene, cast, "visitor")
    takes_one = [act for act in ACTS if act.needs in set(Permission)]
    faults: list[str] = []
    for permission in Permission:
        # Whoever decides sees: the database takes no role that does the one without the other.
        seen = {Permission.APPLICATION_VIEW} if permission is Permission.APPLICATION_DECIDE else set[Permission]()
        given = frozenset({permission, *seen})
        async with _as(scene, cast, Role.CUSTOM, given):
            standing = _Standing(f"{permission} alone", Role.CUSTOM, given)
            faults += await _tried(scene, cast.employer, standing, takes_one, _places(cast))
    return judged(faults, permissions=len(Permission), acts=len(takes_one))


@dataclass(frozen=True)
class _Standing:
    """What somebody is in the probe organisation, and what follows from it."""

    name: str
    role: str
    permissions: frozenset[Permission]
    is_member: bool = True

    def may(self, act: Act) -> bool:
        """Whether an act is theirs to do."""
        return self.is_member and act.is_for(self.permissions, self.role)


async def _declined(scene: Scene, cast: Cast, called: str) -> None:
    """Let somebody without an account decline an invitation: an entry of the probe employer's that is not their own."""
    async with scene.as_administrator() as connection:
        _, token = await invited(connection, cast.employer, f"{cast.canaries.stem}.{called}@probe.example")
    await scene.site.ask("POST", f"/invitations/{token}/decline", SAME_ORIGIN)


def _places(cast: Cast) -> Mapping[str, str]:
    named = {
        "draft": cast.draft, "job": cast.job, "application": cast.application, "organisation": cast.organisation,
        "candidate": cast.candidate.person, "employer": cast.employer.person,
    }  # fmt: skip
    return {name: str(value) for name, value in named.items()}


def _hiring_pages(routes: Iterable[Route]) -> set[str]:
    """Return the pages of hiring, with a blank for what they name."""
    return {re.sub(r"\{[^}]*\}", "…", route.path) for route in routes if route.path.startswith("/hiring")}


def _tried_pages() -> set[str]:
    return {re.sub(r"\{[^}]*\}", "…", act.route.partition(" ")[2]) for act in ACTS}


@asynccontextmanager
async def _as(
    scene: Scene, cast: Cast, role: Role, permissions: frozenset[Permission] = frozenset()
) -> AsyncGenerator[None]:
    """Let the probe employer have a role for as long as the block runs; they are an owner again afterwards."""
    async with scene.as_administrator() as connection:
        made = None
        if role is Role.CUSTOM:
            made = await connection.fetchval(_MAKE, cast.organisation, sorted(permissions))
        try:
            await _become(connection, cast, role, made)
            yield
        finally:
            await _become(connection, cast, Role.OWNER, None)
            await connection.execute("delete from upheld.roles where organisation_id = $1", cast.organisation)


async def _become(connection: "Connection", cast: Cast, role: Role, made: UUID | None) -> None:
    """Give the probe employer a role, past the rule that an organisation keeps an owner."""
    async with connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(_BECOME, role, made, cast.organisation, cast.employer.person)


_MAKE = (
    "insert into upheld.roles (id, organisation_id, name, permissions)"
    " values (gen_random_uuid(), $1, 'Of one permission', $2) returning id"
)
_BECOME = "update upheld.members set role = $1, custom_role_id = $2 where organisation_id = $3 and person_id = $4"


async def _tried(
    scene: Scene, someone: Actor, standing: _Standing, acts: Sequence[Act], places: Mapping[str, str]
) -> list[str]:
    faults: list[str] = []
    async with scene.connected("web") as connection:
        for act in acts:
            if act.route:
                can = await _gets_through(scene, someone, act.route.format_map(places))
            else:
                can = await _does(connection, someone, act.statement.format_map(places))
            if can != standing.may(act):
                where = "on the page" if act.route else "in the database"
                faults.append(f"{standing.name}: {'can' if can else 'cannot'} {act.what} {where}")
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
