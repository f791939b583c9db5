"""auth.strong.required and auth.strong.reset: a factor that an organisation asks for, and one that a reset leaves."""

import hashlib
import secrets
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

from upheld.features.trust.cast import offer
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.people import Actor, enter, session_in, sign_in
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.attempts import OPENING
from upheld.features.trust.probes.factors import Browser, half_way, set_up_app
from upheld.features.trust.probes.powers import undone
from upheld.features.trust.scene import Scene
from upheld.platform.web.cookies import SESSION_COOKIE

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

# What a manager finds in the database, asked as the pages ask, and past them.
_OF_MEMBERS = {
    "an organisation to act for": "select 1 where upheld.current_organisation() is not null",
    "a role": "select 1 where upheld.current_standing() is not null",
    "permissions": "select 1 where upheld.may('job:manage')",
    "colleagues": "select 1 from upheld.colleagues()",
    "drafts of jobs": "select 1 from upheld.jobs where status = 'draft'",
    "a job to change": "update upheld.jobs set title = title where status = 'draft' returning 1",
    "the rule": "select 1 from upheld.factor_rules",
}
_GUIDE = "/organisations/closed"

_TO_DO = "/account/security"
"""Where a factor is added: a page that leads there says what to do."""

_TOLD = "select factor_by is not null from upheld.invitation_by_token($1)"

# Probes are never mailed, so that nobody holds their links: the administrator puts known ones in their place.
_INVITED = "update upheld.invitations set token_hash = sha256($1) where invited_by = $2 and state = 'pending'"
_LINKED = "update upheld.account_links set token_hash = $1 where person_id = $2 and purpose = $3"


@probe(
    privilege="probe people of its own and their organisation; an administrator, who puts known links for mailed ones",
    cost="some fifty requests, in which four passwords are checked",
)
async def required(scene: Scene) -> Finding:
    """Ask a probe member for a factor, look what they still reach, let them go, come back and add one; look again."""
    stem = (await scene.cast()).canaries.stem
    boss, mate = [
        await enter(scene.platform, scene.site, f"{stem}.{role}@probe.example", secrets.token_urlsafe(66))
        for role in ("asks", "asked")
    ]
    owner, member = _browser(boss), _browser(mate)
    await set_up_app(owner)
    await member.send("/organisations/new", {"name": f"A probe's own {stem}", "website": ""})
    await owner.send("/organisations/new", {"name": f"A probe that asks {stem}", "website": ""})
    await owner.send("/hiring/jobs/new", offer("draft"))
    await member.send(f"/invitations/{await _invite(scene, boss, mate, owner)}/accept")
    if (before := await _found(scene, mate, member)) != {*_OF_MEMBERS} - {"the rule"}:
        msg = f"A probe person could not go on: a member finds {len(before)} of {len(_OF_MEMBERS) - 1} things."
        raise CannotLookError(msg)
    await owner.send("/hiring/organisation/sign-in", {"grace": "0"})
    faults = [*await _kept_out(scene, mate, member), *await _goes_and_comes_back(scene, boss, mate, owner, member)]
    await set_up_app(member)
    faults += [
        f"a member who has added a factor does not find {what}"
        for what in sorted({*_OF_MEMBERS} - await _found(scene, mate, member))
    ]
    return judged(faults, tried=len(_OF_MEMBERS), asked_from="at once")


async def _kept_out(scene: Scene, mate: Actor, member: Browser) -> list[str]:
    """Look what a member without a factor finds, in the session they had, in a new one, and elsewhere."""
    faults = [f"a member without a factor finds {what}" for what in sorted(await _found(scene, mate, member))]
    shown = await member.open("/hiring")
    if shown.status == HTTPStatus.OK:
        faults.append("a member without a factor is shown how hiring goes")
    elif shown.one("location") != _GUIDE or _TO_DO not in (await member.open(_GUIDE)).body.decode():
        faults.append("a member without a factor is not told what to do")
    again = Browser(scene.site, {SESSION_COOKIE: session_in(await sign_in(scene.site, mate.email, mate.password))})
    await again.send("/organisations/switch", {"organisation_id": await _own(scene, mate, joined=True)})
    faults += [
        f"in a new session, a member without a factor finds {w}" for w in sorted(await _found(scene, mate, again))
    ]
    await again.send("/organisations/switch", {"organisation_id": await _own(scene, mate, joined=False)})
    if "a role" not in await _found(scene, mate, again):
        faults.append("their own organisation, which asks for nothing, keeps them out")
    return faults


async def _goes_and_comes_back(scene: Scene, boss: Actor, mate: Actor, owner: Browser, member: Browser) -> list[str]:
    """Let a member who is kept out leave, and join once more; look who is told beforehand what is asked for."""
    await member.send("/organisations/leave")
    if await _own(scene, mate, joined=True):
        return ["a member without a factor cannot leave"]
    token, faults = await _invite(scene, boss, mate, owner), list[str]()
    if _TO_DO not in (await member.open(f"/invitations/{token}")).body.decode():
        faults.append("an invitation does not say that a factor is asked for")
    # Somebody else with the link, whose session acts for another organisation by now.
    await owner.send("/organisations/new", {"name": f"A probe's other {token}", "website": ""})
    async with scene.connected("web") as connection, undone(connection):
        await connection.fetchval(OPENING["web"], replace(boss, token=owner.cookies[SESSION_COOKIE]).secret)
        if (told := await connection.fetchval(_TOLD, token.bytes)) is None:
            msg = "A probe person could not go on: somebody else is shown nothing of an invitation."
            raise CannotLookError(msg)
        if told:
            faults.append("whoever holds the link of an invitation is told that a factor is asked for")
    await member.send(f"/invitations/{token}/accept")
    return faults


async def _invite(scene: Scene, boss: Actor, mate: Actor, owner: Browser) -> UUID:
    """Invite a member; return the token in the link, which nobody was mailed."""
    await owner.send("/hiring/organisation/invite", {"email": mate.email, "role": "manager", "language": "en"})
    token = UUID(bytes=secrets.token_bytes(16))
    async with scene.as_administrator() as connection:
        await connection.execute(_INVITED, token.bytes, boss.person)
    return token


async def _own(scene: Scene, mate: Actor, *, joined: bool) -> str:
    """Return the organisation that somebody has joined, or the one that they have founded; or nothing."""
    async with scene.as_administrator() as connection:
        found = await connection.fetchval(
            "select organisation_id from upheld.members where person_id = $1 and is_founder <> $2", mate.person, joined
        )
    return str(found or "")


async def _found(scene: Scene, someone: Actor, browser: Browser) -> set[str]:
    """Return what somebody finds in the database, in the context of a browser's session; nothing of it is kept."""
    secret, found = replace(someone, token=browser.cookies[SESSION_COOKIE]).secret, set[str]()
    async with scene.connected("web") as connection:
        for what, statement in _OF_MEMBERS.items():
            async with undone(connection):
                await connection.fetchval(OPENING["web"], secret)
                found |= {what} if await connection.fetch(statement) else set()
    return found


@probe(
    privilege="a probe person of its own; an administrator, who puts known links in the place of mailed ones",
    cost="some twenty requests, in which five passwords are checked or hashed",
)
async def reset(scene: Scene) -> Finding:
    """Reset the password of somebody with an app, take their address back, and try to get in with that alone."""
    stem = (await scene.cast()).canaries.stem
    someone = await enter(scene.platform, scene.site, f"{stem}.reset@probe.example", secrets.token_urlsafe(66))
    _, codes = await set_up_app(_browser(someone))
    thief, someone.password = Browser(scene.site), secrets.token_urlsafe(66)
    async with scene.as_administrator() as connection:
        await thief.send("/reset", {"email": someone.email})
        link = await _link(connection, someone, "reset")
        await thief.send(f"/reset/link/{link}", {"password": someone.password})
        faults = await _opened(scene, someone, thief, "a reset")
        owner = await half_way(scene, someone)
        await owner.send("/sign-in/second-factor", {"by": "recovery-code", "code": codes[0]})
        if not await owner.is_in():
            return judged([*faults, "after a reset, a recovery code lets nobody in: this probe is blind"])
        await owner.send("/account/address", {"email": f"new.{someone.email}"})
        await owner.send(f"/account/address/{await _link(connection, someone, 'new address')}")
        await thief.send(f"/address/{await _link(connection, someone, 'former address')}/take-back")
        faults += await _opened(scene, someone, thief, "taking the address back")
    return judged(faults, tried=["a reset", "taking the address back"])


async def _opened(scene: Scene, someone: Actor, thief: Browser, by: str) -> list[str]:
    """Return what is open to whoever did something with a link: at once, and with the password that is set now."""
    faults = [f"{by} alone opens the account"] if await thief.is_in() else []
    entering = await half_way(scene, someone)
    if SESSION_COOKIE in entering.cookies or await entering.is_in():
        faults.append(f"after {by}, a password alone opens the account")
    return faults


async def _link(connection: "Connection", someone: Actor, purpose: str) -> str:
    token = secrets.token_urlsafe(32)
    if (
        await connection.execute(_LINKED, hashlib.sha256(token.encode()).digest(), someone.person, purpose)
        != "UPDATE 1"
    ):
        msg = f"A probe person could not go on: there is no link of the kind {purpose}."
        raise CannotLookError(msg)
    return token


def _browser(someone: Actor) -> Browser:
    return Browser(someone.site, {SESSION_COOKIE: someone.token})
