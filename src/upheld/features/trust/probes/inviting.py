"""auth.invite: there is no membership that nobody accepted, and an invitation changes nothing before."""

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

from upheld.features.trust.cast import Cast
from upheld.features.trust.people import SAME_ORIGIN, Actor, enter
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

_RULES = """
select conname from pg_catalog.pg_constraint
where
    conrelid = 'upheld.members'::regclass and convalidated
    and conname in ('members_founded_or_accepted', 'members_accepted_fkey')
"""
_UNACCEPTED = """
select count(*) from upheld.members as m
left join upheld.invitations as i on m.invitation_id = i.id and i.accepted_by = m.person_id and i.state = 'accepted'
where not m.is_founder and i.id is null
"""
_MEMBER = "select count(*) from upheld.members where organisation_id = $1 and person_id = $2"
# Probes are never mailed, so that nobody holds the link: the administrator puts a known one in its place.
_LINK = "update upheld.invitations set token_hash = sha256($1) where organisation_id = $2 and state = 'pending'"


@probe(
    privilege="sessions of probe people; an administrator, who puts a known link in the place of one that is mailed",
    cost="some ten requests, in which two passwords are hashed",
)
async def acceptance(scene: Scene) -> Finding:
    """Invite somebody, and look after every step whether they belong to the organisation: they do once they accept."""
    cast = await scene.cast()
    async with scene.as_administrator() as connection:
        rules = {row["conname"] for row in await connection.fetch(_RULES)}
        faults = ["the database lets somebody be a member whom nobody asked"] if len(rules) < 2 else []  # noqa: PLR2004 - there are two
        if unaccepted := await connection.fetchval(_UNACCEPTED):
            faults.append(f"{unaccepted} memberships that nobody accepted")
        faults += await _walked(scene, cast, connection)
    return judged(faults, rules=len(rules))


async def _walked(scene: Scene, cast: Cast, connection: "Connection") -> list[str]:
    email = f"{cast.canaries.stem}.invited@probe.example"
    await cast.employer.prove()
    await cast.employer.send("/hiring/organisation/invite", {"email": email, "role": "interviewer", "language": "en"})
    token, faults = UUID(bytes=secrets.token_bytes(16)), list[str]()
    await connection.execute(_LINK, token.bytes, cast.organisation)
    invited = await enter(scene.platform, scene.site, email, secrets.token_urlsafe(66))

    async def look(after: str, *, belongs: bool = False) -> None:
        if bool(await connection.fetchval(_MEMBER, cast.organisation, invited.person)) != belongs:
            faults.append(f"after {after}: {'not a member' if belongs else 'a member'}")

    await look("signing up")
    await scene.site.ask("GET", f"/invitations/{token}", invited.cookie)
    await look("opening the link")
    if await _accept(scene, token, cast.stranger) != HTTPStatus.FORBIDDEN:
        faults.append("somebody else may accept it")
    await look("somebody else's answer")
    if await _accept(scene, token, invited) != HTTPStatus.SEE_OTHER:
        faults.append("whoever is invited cannot accept it")
    await look("accepting", belongs=True)
    if await _accept(scene, token, invited) != HTTPStatus.NOT_FOUND:
        faults.append("the link works twice")
    return faults


async def _accept(scene: Scene, token: UUID, someone: Actor) -> int:
    answer = await scene.site.ask("POST", f"/invitations/{token}/accept", {**someone.cookie, **SAME_ORIGIN})
    return answer.status
