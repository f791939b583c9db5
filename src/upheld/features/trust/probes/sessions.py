"""auth.session: every private route, asked without a session and with every kind of bad one."""

import asyncio
import datetime as dt
import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar

import jwt

from upheld.features.trust.cast import Cast
from upheld.features.trust.people import SAME_ORIGIN
from upheld.features.trust.probe import Finding, judged, probe
from upheld.features.trust.probes.context import minted
from upheld.features.trust.routes import PUBLIC_ROUTES, Route
from upheld.features.trust.scene import Scene
from upheld.features.trust.site import Answer
from upheld.platform.web.cookies import SESSION_COOKIE

_AT_ONCE = 4

T = TypeVar("T")


@probe(
    privilege="the key of the cookies; a session of a probe person", cost="about ten requests for each private route"
)
async def refused(scene: Scene) -> Finding:
    """Ask every private route without a session and with every kind of bad one: none may give anything."""
    cast = await scene.cast()
    bad = await bad_tokens(scene, cast)
    private = [route for route in scene.routes if not route.public and not route.is_socket]
    faults = await _control(cast)
    pages: set[str] = set()

    async def ask(route: Route, kind: str) -> list[str]:
        token = bad[kind]
        cookie = {"cookie": f"{SESSION_COOKIE}={token}"} if token else {}
        answer = await scene.site.ask(route.method, route.example, {**SAME_ORIGIN, **cookie})
        if answer.status == HTTPStatus.UNAUTHORIZED:
            # Which entry of the frame is marked as open follows from the address that was asked for.
            pages.add(hashlib.sha256(answer.body.replace(b' aria-current="page"', b"")).hexdigest())
        return [] if _is_refusal(route, answer) else [f"{route} with {kind} session: {answer.status}"]

    asked = [(route, kind) for route in private for kind in bad]
    faults += await gathered((lambda r=r, k=k: ask(r, k)) for r, k in asked)
    # One page for all: a refusal that says anything about its route would not be the same everywhere.
    if len(pages) > 2:  # noqa: PLR2004 - one page for people, one problem for programs
        faults.append(f"refusals differ: {len(pages)} kinds of answers")
    return judged(faults, private_routes=len(private), sessions=list(bad), requests=len(asked))


@probe(privilege="a session of a probe person", cost="reads one cookie")
async def cookie(scene: Scene) -> Finding:
    """Read the cookie: bound to the site, out of reach of scripts, a secret and an expiry and nothing else."""
    cast = await scene.cast()
    head, *rest = cast.candidate.set_cookie.split("; ")
    attributes = {part.split("=")[0].lower(): part.partition("=")[2] for part in rest}
    wanted = {
        "is not named __Host-": head.startswith("__Host-"),
        "is not Secure": "secure" in attributes,
        "is not HttpOnly": "httponly" in attributes,
        "is not SameSite=Lax or Strict": attributes.get("samesite", "").lower() in {"lax", "strict"},
        "is not for the whole site": attributes.get("path") == "/",
        "names a domain": "domain" not in attributes,
        "lives longer than a session": int(attributes.get("max-age", "0"))
        <= scene.settings.session_lifetime.total_seconds(),
    }
    token = jwt.decode_complete(cast.candidate.token, options={"verify_signature": False})
    wanted["carries more than a secret and an expiry"] = set(token["payload"]) <= {"sid", "exp", "aud"}
    wanted["is not signed"] = token["header"]["alg"] in {"HS256", "EdDSA"}
    return judged(
        [f"the cookie {what}" for what, is_so in wanted.items() if not is_so],
        attributes=sorted(attributes),
        claims=sorted(token["payload"]),
        algorithm=token["header"]["alg"],
    )


@probe(privilege="the key of the cookies; a session of a probe person", cost="three requests")
async def revoked(scene: Scene) -> Finding:
    """End a session and use it once more: it is worth nothing from the very next request on."""
    cast = await scene.cast()
    secret = await minted(scene, cast, timedelta(hours=1), timedelta(hours=1))
    headers = {**SAME_ORIGIN, "cookie": f"{SESSION_COOKIE}={_signed(scene, {'sid': _text(secret)})}"}
    before = await scene.site.ask("GET", "/home", headers)
    ending = await scene.site.ask("POST", "/sign-out", headers)
    after = await scene.site.ask("GET", "/home", headers)
    faults: list[str] = []
    if _leads_to_sign_in(before) or before.status >= HTTPStatus.BAD_REQUEST:
        faults.append(f"the live session did not get in ({before.status}): this probe is blind")
    if ending.status != HTTPStatus.SEE_OTHER:
        faults.append(f"signing out answered {ending.status}")
    if not _leads_to_sign_in(after):
        faults.append(f"the ended session still got in ({after.status})")
    return judged(faults, requests_after_the_end=1)


@probe(privilege="none", cost="reads the route table")
async def public(scene: Scene) -> Finding:
    """Compare the routes that need no session with the published list."""
    open_now = {route.name for route in scene.routes if route.public}
    faults = [f"{name} needs no session, and is not on the list" for name in sorted(open_now - PUBLIC_ROUTES)]
    return judged(faults, public_routes=sorted(open_now), private_routes=sum(not r.public for r in scene.routes))


@probe(privilege="none", cost="two handshakes for each path")
async def sockets(scene: Scene) -> Finding:
    """Knock on every path of the application without a session: no WebSocket may open."""
    site = scene.settings.address
    paths = sorted({route.example for route in scene.routes if not (route.is_socket and route.public)})
    bad = {"none": {}, "a garbage": {"cookie": f"{SESSION_COOKIE}=garbage"}}

    async def knock(path: str, kind: str) -> list[str]:
        answer = await scene.site.knock(path, {"origin": site, **bad[kind]})
        opened = answer.status == HTTPStatus.SWITCHING_PROTOCOLS or answer.status < HTTPStatus.BAD_REQUEST
        return [f"{path} with {kind} session: {answer.status}"] if opened else []

    faults = await gathered((lambda p=p, k=k: knock(p, k)) for p in paths for k in bad)
    return judged(faults, paths=len(paths), socket_routes=sum(route.is_socket for route in scene.routes))


async def bad_tokens(scene: Scene, cast: Cast) -> dict[str, str]:
    """Return the tokens that must not let anybody in, by what is wrong with them.

    The forged ones carry the secret of a live session, so that only the token is wrong.
    """
    live = _text(cast.candidate.secret)
    expired = await minted(scene, cast, timedelta(hours=1), timedelta(seconds=-1))
    past = dt.datetime.now(dt.UTC) - timedelta(minutes=1)
    return {
        "no": "",
        "a garbage": "garbage",
        "an unsigned (alg none)": jwt.encode(_claims(live), "", algorithm="none", headers={"typ": _TYPE}),
        "a foreign-keyed": jwt.encode(
            _claims(live), secrets.token_bytes(32), algorithm="HS256", headers={"typ": _TYPE}
        ),
        "a wrongly typed": _signed(scene, {"sid": live}, typ="JWT"),
        "a wrongly addressed": _signed(scene, {"sid": live, "aud": "another"}),
        "an outdated": _signed(scene, {"sid": live, "exp": past}),
        "an expired": _signed(scene, {"sid": _text(expired)}),
        "an unknown": _signed(scene, {"sid": _text(secrets.token_bytes(32))}),
        "a person's id as": _signed(scene, {"sid": _text(cast.candidate.person.bytes)}),
    }


_TYPE = "upheld-session+jwt"


def _claims(sid: str) -> dict[str, Any]:
    return {"sid": sid, "exp": dt.datetime.now(dt.UTC) + timedelta(hours=1), "aud": "upheld"}


def _signed(scene: Scene, claims: dict[str, Any], typ: str = _TYPE) -> str:
    key = scene.platform.keys.platform_key("cookie")
    return jwt.encode({**_claims(""), **claims}, key, algorithm="HS256", headers={"typ": typ})


def _text(secret: bytes) -> str:
    return urlsafe_b64encode(secret).decode()


def _is_refusal(route: Route, answer: Answer) -> bool:
    if route.path.startswith("/api/"):
        return answer.status == HTTPStatus.UNAUTHORIZED and "problem+json" in answer.one("content-type")
    return answer.status == HTTPStatus.UNAUTHORIZED or _leads_to_sign_in(answer)


def _leads_to_sign_in(answer: Answer) -> bool:
    return answer.status == HTTPStatus.SEE_OTHER and answer.one("location").startswith("/sign-in")


async def _control(cast: Cast) -> list[str]:
    """Show that the probe is not blind: the live session does get in."""
    answer = await cast.candidate.site.ask("GET", "/home", cast.candidate.cookie)
    is_in = answer.status < HTTPStatus.BAD_REQUEST and not _leads_to_sign_in(answer)
    return [] if is_in else ["a live session does not get in: this probe is blind"]


async def gathered(asks: Iterable[Callable[[], Awaitable[list[T]]]]) -> list[T]:
    """Do many things, a few at once, and return what they found."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(ask: Callable[[], Awaitable[list[T]]]) -> list[T]:
        async with gate:
            return await ask()

    return [found for each in await asyncio.gather(*(one(ask) for ask in asks)) for found in each]
