"""store.audit.standing: who belongs where, as what, and how they get in, changed in every way and found in the log."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from upheld.features.audit.model import Action
from upheld.features.organisations.model import Permission
from upheld.features.trust.cast import hidden_in, id_in
from upheld.features.trust.errors import CannotLookError
from upheld.features.trust.people import FORM, SAME_ORIGIN, Actor, enter, session_in, sign_in
from upheld.features.trust.probe import Finding, probe
from upheld.features.trust.probes.acts import judge_log
from upheld.features.trust.probes.factors import Browser, half_way, set_up_app
from upheld.features.trust.scene import Scene
from upheld.platform.web.cookies import SESSION_COOKIE

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

CHANGES: Mapping[str, tuple[Action, ...]] = {
    "members": (
        Action.MEMBER_INVITED, Action.INVITATION_SENT_AGAIN, Action.INVITATION_REVOKED, Action.INVITATION_DECLINED,
        Action.INVITATION_ACCEPTED, Action.ORGANISATION_SWITCHED, Action.MEMBER_REMOVED, Action.MEMBER_LEFT,
    ),
    "roles": (
        Action.ROLE_MADE, Action.ROLE_ALTERED, Action.ROLE_REMOVED, Action.ROLE_CHANGED, Action.OWNERSHIP_OFFERED,
        Action.OWNERSHIP_OFFER_ENDED, Action.OWNERSHIP_ACCEPTED,
    ),
    "ways in": (
        Action.PASSWORD_CHANGED, Action.RESET_ASKED, Action.PASSWORD_RESET, Action.ADDRESS_CHANGE_ASKED,
        Action.ADDRESS_CHANGED, Action.ADDRESS_TAKEN_BACK, Action.TOKEN_MADE, Action.TOKEN_REVOKED,
    ),
    "factors": (
        Action.FACTOR_ADDED, Action.FACTOR_CODES_MADE, Action.FACTOR_ASKED, Action.FACTOR_FAILED,
        Action.FACTOR_RECOVERED, Action.FACTOR_REMOVED, Action.FACTOR_REQUIRED, Action.FACTOR_RULE_LIFTED,
    ),
    "who reads of it": (Action.ACTIVITY_VIEWED, Action.ACTIVITY_EXPORTED),
}  # fmt: skip
"""What changes somebody's standing, by kind; each has to be in the log."""

# Probes are never mailed, so that nobody holds their links: the administrator puts known ones in their place.
_INVITED = """
update upheld.invitations set token_hash = sha256($1) where invited_by = $2 and state = 'pending' returning id
"""
_LINKED = "update upheld.account_links set token_hash = $1 where person_id = $2 and purpose = $3"


@probe(
    privilege="probe people of its own; an administrator, who puts known links for mailed ones; the auditor",
    cost="some sixty requests, in which eight passwords are checked",
)
async def standing(scene: Scene) -> Finding:
    """Invite, promote, remove and leave; change password, address and factors; and look for each in the log."""
    stem = (await scene.cast()).canaries.stem
    boss, mate = [
        await enter(scene.platform, scene.site, f"{stem}.{role}@probe.example", secrets.token_urlsafe(66))
        for role in ("boss", "mate")
    ]
    for founder in (boss, mate):
        await founder.send("/organisations/new", {"name": f"A probe of {founder.email[-20:]}", "website": ""})
        await founder.prove()
    async with scene.as_administrator() as connection:
        await _belong(connection, boss, mate)
        await _govern(boss, mate)
        await _find_back(connection, mate)
    await _guard(scene, mate)
    return await judge_log(scene, CHANGES, boss, mate)


async def _belong(connection: "Connection", boss: Actor, mate: Actor) -> None:
    """Invite and take back, decline, accept, remove; in the end they are colleagues."""
    invitation, _ = await invited(connection, boss, mate.email)
    await boss.send(f"/hiring/organisation/invited/{invitation}/again", {})
    await boss.send(f"/hiring/organisation/invited/{invitation}/revoke", {})
    _, token = await invited(connection, boss, mate.email)
    await mate.site.ask("POST", f"/invitations/{token}/decline", {**mate.cookie, **SAME_ORIGIN})
    for goes in (True, False):
        _, token = await invited(connection, boss, mate.email)
        await mate.send(f"/invitations/{token}/accept", {})
        if goes:
            await boss.send(f"/hiring/organisation/members/{mate.person}/remove", {})


async def invited(connection: "Connection", boss: Actor, address: str) -> tuple[UUID, UUID]:
    """Invite, and return the invitation's id with a token that opens it."""
    form = {"email": address, "role": "interviewer", "language": "en"}
    await boss.send("/hiring/organisation/invite", form)
    token = UUID(bytes=secrets.token_bytes(16))
    return await connection.fetchval(_INVITED, token.bytes, boss.person), token


async def _govern(boss: Actor, mate: Actor) -> None:
    """Make a role and let it go, promote the other to an owner, and leave; the other goes back to their own."""
    seen = {Permission.JOB_MANAGE.replace(":", "-"): "yes"}
    await boss.send("/hiring/organisation/roles/new", {"name": "Probes", **seen})
    role = re.search(r"/hiring/organisation/roles/([0-9a-f-]{36})", await boss.open("/hiring/organisation/roles"))
    if role is None:
        msg = "A probe person could not go on: a role that was made is not listed."
        raise CannotLookError(msg)
    await boss.send(f"/hiring/organisation/roles/{role[1]}", {"name": "Probes again", **seen})
    await boss.send(f"/hiring/organisation/roles/{role[1]}/remove", {})
    await boss.open("/hiring/organisation/activity")
    await boss.site.ask("POST", "/hiring/organisation/activity/table", {**boss.cookie, **FORM})
    about = f"/hiring/organisation/members/{mate.person}"
    await boss.send(f"{about}/role", {"role": "manager"})
    await boss.send(f"{about}/own", {"then": "stay"})
    await boss.send(f"{about}/own/end", {})
    await boss.send(f"{about}/own", {"then": "stay"})
    await mate.send("/hiring/organisation/own", {})
    await boss.send("/organisations/leave", {})
    await mate.send(
        "/organisations/switch", {"organisation_id": hidden_in(await mate.open("/account"), "organisation_id")}
    )


async def _find_back(connection: "Connection", mate: Actor) -> None:
    """Change the address and take it back, change the password and reset it, make a token and revoke it."""
    await mate.site.ask("POST", "/tokens/new", {**mate.cookie, **FORM}, b"label=Probe&days=7&profile%3Aread=yes")
    token = id_in(re.sub(r"(?s).*/tokens/", "/tokens/", await mate.open("/tokens")))
    await mate.send(f"/tokens/{token}/revoke", {})
    await mate.send("/account/address", {"email": f"new.{mate.email}"})
    confirming = f"/account/address/{await _link(connection, mate, 'new address')}"
    await mate.site.ask("POST", confirming, {**mate.cookie, **FORM})
    await mate.send(f"/address/{await _link(connection, mate, 'former address')}/take-back", {})
    await mate.send("/reset", {"email": mate.email})
    mate.password = secrets.token_urlsafe(66)
    await mate.send(f"/reset/link/{await _link(connection, mate, 'reset')}", {"password": mate.password})


async def _link(connection: "Connection", someone: Actor, purpose: str) -> str:
    token = secrets.token_urlsafe(32)
    await connection.execute(_LINKED, hashlib.sha256(token.encode()).digest(), someone.person, purpose)
    return token


async def _guard(scene: Scene, mate: Actor) -> None:
    """Change the password, add an app, ask others for one, get in with a recovery code, and remove the app."""
    browser = Browser(scene.site, {SESSION_COOKIE: session_in(await sign_in(scene.site, mate.email, mate.password))})
    former, mate.password = mate.password, secrets.token_urlsafe(66)
    await browser.send("/account/password", {"own-password": former, "new-password": mate.password})
    _, codes = await set_up_app(browser)
    await browser.send("/hiring/organisation/sign-in", {"grace": "7"})
    await browser.send("/hiring/organisation/sign-in/lift")
    again = await half_way(scene, mate)
    await again.send("/sign-in/second-factor", {"code": "000000"})
    await again.send("/sign-in/second-factor", {"by": "recovery-code", "code": codes[0]})
    await again.send("/account/security/codes")
    await again.send("/account/security/app/remove")
