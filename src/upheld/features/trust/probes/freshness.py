"""auth.session: everything that asks for a fresh proof, asked in a session in which nobody has proved anything."""

import hashlib
import secrets
from datetime import timedelta
from http import HTTPStatus

import asyncpg

from upheld.features.trust import store
from upheld.features.trust.cast import Cast
from upheld.features.trust.people import SAME_ORIGIN
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.context import minted
from upheld.features.trust.probes.sessions import gathered
from upheld.features.trust.routes import FRESH_ROUTES, Route
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer
from upheld.platform.web.cookies import write_session

_LIVES = timedelta(minutes=10)
_ACTS = {
    "leaves": "insert into upheld.erasures (id, receipt_hash, due_at) values (gen_random_uuid(), sha256('x'), now())",
    "takes everything along": "select upheld.record_act('data.exported', 'person', null, '{}', null)",
    "makes an access token": "select upheld.add_access_token("
    "gen_random_uuid(), '\\x00', sha256('x'), array['profile:read'], interval '1 hour')",
}
"""What the database itself refuses to whoever has proved nothing lately; each is undone."""


@probe(privilege="a session of a probe person; web", cost="a request for each route that asks for a fresh proof")
async def fresh(scene: Scene) -> Finding:
    """Ask each in a session that nobody has proven, past the pages as well; and the same in one that is fresh."""
    cast = await scene.cast()
    secret = secrets.token_bytes(32)
    async with scene.platform.database.transaction("gate") as tx:
        await store.mint_unproven_session(tx, cast.candidate.person, hashlib.sha256(secret).digest(), _LIVES)
    cookie = _cookie(scene, secret)
    asks = [route for route in scene.routes if route.fresh or route.name in FRESH_ROUTES]

    async def ask(route: Route) -> list[str]:
        answer = await scene.site.ask(route.method, route.example, cookie)
        return [] if _asks_for_proof(answer) else [f"{route} asks for no fresh proof: {answer.status}"]

    faults = [f"there is no {name} any more" for name in sorted(FRESH_ROUTES - {route.name for route in asks})]
    faults += await gathered((lambda r=r: ask(r)) for r in asks)
    faults += await _control(scene, cast, cookie)
    faults += [
        f"the database lets whoever has proved nothing do what {act}" for act in await _let_through(scene, secret)
    ]
    return judged(faults, routes=len(asks), acts_past_the_pages=sorted(_ACTS))


def _cookie(scene: Scene, secret: bytes) -> dict[str, str]:
    token = write_session(scene.platform.keys.platform_key("cookie"), secret, scene.platform.clock.now() + _LIVES)
    return {**SAME_ORIGIN, "cookie": token.partition(";")[0]}


def _asks_for_proof(answer: Answer) -> bool:
    """Whether the answer is the question who is asking: a page to go to, or the page in the place of the act."""
    if answer.status == HTTPStatus.SEE_OTHER:
        return answer.one("location").startswith("/prove")
    return answer.status == HTTPStatus.UNAUTHORIZED and b'action="/prove' in answer.body


async def _control(scene: Scene, cast: Cast, cookie: dict[str, str]) -> list[str]:
    """Show that the probe is not blind: the session is one, and a fresh one is asked nothing."""
    home = await scene.site.ask("GET", "/home", cookie)
    proven = await minted(scene, cast, _LIVES, _LIVES)
    export = await scene.site.ask("GET", "/privacy/export", _cookie(scene, proven))
    is_in = home.status < HTTPStatus.BAD_REQUEST and not home.one("location").startswith("/sign-in")
    faults = [] if is_in else [f"the session that nobody has proven does not get in ({home.status}): blind"]
    return faults + (["a fresh session is asked as well: blind"] if _asks_for_proof(export) else [])


async def _let_through(scene: Scene, secret: bytes) -> list[str]:
    """Try the acts as SQL that got into the session would; nothing of it stays."""
    done: list[str] = []
    async with scene.connected("web") as connection:
        for name, act in _ACTS.items():
            tried = connection.transaction()
            await tried.start()
            try:
                await connection.fetch("select upheld.open_context($1)", secret)
                await connection.execute(act)
                done.append(name)
            except asyncpg.PostgresError:
                pass
            finally:
                await tried.rollback()
    return done
