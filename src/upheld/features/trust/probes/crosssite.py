"""auth.csrf: every route that changes something, asked as a page of another site would ask."""

import hashlib
import secrets
from datetime import timedelta
from http import HTTPStatus

from upheld.features.trust import store
from upheld.features.trust.people import FORM, SAME_ORIGIN
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.sessions import gathered
from upheld.features.trust.routes import Route
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer
from upheld.platform.web.cookies import write_session
from upheld.platform.web.edge import SAFE_METHODS, CrossSiteError

_FOREIGN = "https://elsewhere.example"
_SAID = CrossSiteError().message.encode()


@probe(privilege="a session of a probe person", cost="seven requests for each route that changes something")
async def routes(scene: Scene) -> Finding:
    """Send, with a live session, every request that changes something as another site would: each is refused."""
    cookie = await _short_session(scene)
    kind = {"content-type": FORM["content-type"]}
    ways = {**_ways(scene), "with nothing that says from where": {}}
    changing = [route for route in scene.routes if not route.is_socket and route.method not in SAFE_METHODS]
    sockets = sorted({route.example for route in scene.routes if route.is_socket})

    async def send(route: Route, way: str) -> list[str]:
        answer = await scene.site.ask(route.method, route.example, {**cookie, **kind, **ways[way]})
        return [] if _is_refused(answer) else [f"{route} {way}: {answer.status}"]

    async def knock(path: str, way: str) -> list[str]:
        answer = await scene.site.knock(path, {**cookie, **ways[way]})
        return [] if answer.status >= HTTPStatus.BAD_REQUEST else [f"socket {path} {way}: {answer.status}"]

    faults = await gathered((lambda r=r, w=w: send(r, w)) for r in changing for w in ways)
    faults += await gathered((lambda p=p, w=w: knock(p, w)) for p in sockets for w in ways)
    own = await scene.site.ask("POST", "/profile/visibility", {**cookie, **kind, **SAME_ORIGIN})
    if _is_refused(own):
        faults.append("a request of the site itself is refused as well: this probe is blind")
    return judged(faults, routes=len(changing), sockets=len(sockets), ways=sorted(ways))


def _ways(scene: Scene) -> dict[str, dict[str, str]]:
    address = scene.settings.address
    return {
        "from another site": {"sec-fetch-site": "cross-site", "origin": _FOREIGN},
        "from a neighbour": {"sec-fetch-site": "same-site", "origin": address.replace("://", "://neighbour.")},
        "from another origin": {"origin": _FOREIGN},
        "from nowhere": {"origin": "null"},
        "from our name over plain HTTP": {"origin": address.replace("https:", "http:")},
        "from a name that begins like ours": {"origin": f"{address}.elsewhere.example"},
    }


async def _short_session(scene: Scene) -> dict[str, str]:
    """Return the cookie of a session of its own: should a request get through, it is signed out and nobody else."""
    secret, lives = secrets.token_bytes(32), timedelta(minutes=10)
    someone = (await scene.cast()).stranger.person
    async with scene.platform.database.transaction("gate") as tx:
        await store.mint_session(tx, someone, hashlib.sha256(secret).digest(), lives, lives)
    cookie = write_session(scene.platform.keys.platform_key("cookie"), secret, scene.platform.clock.now() + lives)
    return {"cookie": cookie.partition(";")[0]}


def _is_refused(answer: Answer) -> bool:
    """Whether it was refused for where it came from, and not for what it asked."""
    return answer.status == HTTPStatus.FORBIDDEN and _SAID in answer.body
