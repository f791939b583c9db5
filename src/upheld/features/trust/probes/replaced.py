"""auth.session: whatever changes what somebody may do, or what lets them in, replaces the secret of their sessions."""

import secrets
from http import HTTPStatus

from upheld.features.trust.cast import accept_fair_use
from upheld.features.trust.people import Actor, enter, session_in, sign_in
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.scene import Scene
from upheld.platform.web.cookies import SESSION_COOKIE


@probe(privilege="the password of a probe person", cost="some fifteen requests, in which four passwords are hashed")
async def replaced(scene: Scene) -> Finding:
    """Change in two browsers what somebody may do; look which secret goes on, and which are worth nothing after."""
    cast = await scene.cast()
    email, password = f"{cast.canaries.stem}.goes.on@probe.example", secrets.token_urlsafe(24)
    here = await enter(scene.platform, scene.site, email, password)
    answer = await sign_in(scene.site, email, password)
    there = Actor(email, password, here.person, session_in(answer), answer.one("set-cookie"), scene.site)
    secrets_here, faults = [here.token], list[str]()

    def look(after: str, *, goes_on: bool = True) -> None:
        if (here.token != secrets_here[-1]) is not goes_on:
            faults.append(f"{after}: the session {'kept its secret' if goes_on else 'was given another secret'}")
        if here.token != secrets_here[-1]:
            secrets_here.append(here.token)

    await here.open("/account")
    look("reading a page", goes_on=False)
    await here.send("/organisations/new", {"name": "A probe that goes on", "website": ""})
    look("coming to act for an organisation")
    await accept_fair_use(here)
    look("coming to see candidates")
    await there.send("/organisations/new", {"name": "A probe elsewhere", "website": ""})
    await here.open("/account")
    look("another role, given elsewhere")
    await here.prove()
    look("a fresh proof")
    faults += [f"secret {number} of a session still got in" for number in await _still_in(scene, secrets_here[:-1])]
    if await _still_in(scene, secrets_here[-1:]) == []:
        faults.append("the newest secret does not get in: this probe is blind")
    return judged(faults, secrets=len(secrets_here))


async def _still_in(scene: Scene, tokens: list[str]) -> list[int]:
    """Return which of the secrets still open a session, by number."""
    answers = [await scene.site.ask("GET", "/account", {"cookie": f"{SESSION_COOKIE}={token}"}) for token in tokens]
    return [number for number, answer in enumerate(answers, 1) if answer.status == HTTPStatus.OK]
