"""A deployment in which every page has something to show: people, proofs, offers, and things half done."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid4

from tests.boundary.world import World, peopled
from tests.features.factors.steps import sets_up_an_app, signs_in
from tests.support.cluster import Cluster
from tests.support.deployment import Deployment
from tests.support.hiring import GONE_ON
from tests.support.proofs import recorded, told
from upheld.features.providers.carried import HALF_AN_HOUR, LINKING, NEWCOMER, WAITING, carry
from upheld.features.providers.model import Linking, Newcomer, Waiting
from upheld.features.trust.probe import CheckState
from upheld.features.trust.routes import routes_of
from upheld.main.web import create_router
from upheld.platform.openid.client import Proof
from upheld.platform.settings import Settings
from upheld.platform.web.cookies import HALF_OPEN_COOKIE, SESSION_COOKIE

CALLERS = {
    "a stranger": "", "a candidate": "ada", "an employer": "olga", "an interviewer": "ivan",
    "a member kept out": "nora",
}  # fmt: skip
LATECOMERS = {"an interviewer", "a member kept out"}
"""Who opens only what nobody before them could."""

# What stands for a part of a path: a name in the world of `tests/boundary`, or the part itself.
_PARTS = {
    "job_id": "job_of_olga",
    "application_id": "application_of_ada",
    "document_id": "document_of_ada",
    "organisation_id": "org_of_olga",
    "notice_id": "notice_of_account",
    "receipt": "bens_receipt",
    "invitation_id": "invitation_of_ada",
    "passkey_id": "passkey_of_ada",
    "person_id": "mona",
    "role_id": "role_of_olga",
    "session_id": "session_of_ada",
    "token_id": "token_of_ada",
    "provider": "google",
    "promise_id": "access.rls",
    "answer": "headline",
    "token": "a-link-that-was-used",
    "tag": "0000000000000000",
    "name": "upheld.css",
}
_ELSEWHERE = {"/invitations/{token:uuid}": {"token": "invitation_token"}}
"""Where a path calls something else by the same name."""

_OUTSIDE = "https://id.example"
"""The site through which Ada of that world signs in; nobody asks it anything."""


@dataclass(frozen=True)
class Site:
    """A deployment with people and evidence in it: its settings, routes with a path for each, and cookies."""

    settings: Settings
    paths: dict[str, str]
    cookies: dict[str, dict[str, str]]


async def prepared(cluster: Cluster) -> Site:
    """Bring a deployment to where its pages have something to show."""
    async with peopled(cluster) as world:
        deployment = world.deployment
        await recorded(deployment, cluster)
        await told(deployment, "access.rls", CheckState.FAILED, faults=["a row of another organisation was seen"])
        cookies = await _half_done(world)
        await _administer(
            deployment,
            # Nobody is asked anew who they are, however long it takes to look at everything.
            "update upheld.sessions set proven_at = upheld.clock_now() + interval '1 hour'",
            "insert into upheld.factor_rules (organisation_id, starts_at)"
            " select o.id, upheld.clock_now() from upheld.organisations as o where o.name = 'North Sheds'",
            GONE_ON,
        )
        routes = [one for one in routes_of(create_router(deployment.platform)) if one.method == "GET"]
        settings = replace(deployment.settings, providers=_offered(deployment.settings))
        return Site(settings, {one.path: _path(one.path, world.ids) for one in routes}, cookies)


def _path(route: str, ids: dict[str, str]) -> str:
    parts = {name: ids.get(stands, stands) for name, stands in (_PARTS | _ELSEWHERE.get(route, {})).items()}
    return re.sub(r"\{(\w+):\w+\}", lambda part: parts[part[1]], route)


async def _half_done(world: World) -> dict[str, dict[str, str]]:
    """Have people begin what they do not finish; return the cookies of every caller's browser.

    A stranger has given a password and not yet a code, and comes from another site with a proof. Ada has begun to
    set up an app, and has just come back with a site to link. Ivan is offered to own the organisation. Nora's asks
    its members for a factor, which she has not.
    """
    deployment, people = world.deployment, world.browsers
    await sets_up_an_app(people["mona"])
    await people["ada"].post("/account/security/app")
    await people["olga"].form(f"/hiring/organisation/members/{world.ids['ivan']}/own", then="stay")
    async with deployment.browser() as browser:
        await signs_in(browser, "mona@example.com")
        waits = browser.cookies[HALF_OPEN_COOKIE]
    proof = Proof("outside", _OUTSIDE, "somebody", "newcomer@example.org")
    carried = [
        carry(deployment.platform, NEWCOMER, Newcomer(proof, {}), HALF_AN_HOUR),
        carry(deployment.platform, WAITING, Waiting(proof, uuid4()), HALF_AN_HOUR),
    ]
    links = carry(deployment.platform, LINKING, Linking(proof, UUID(world.ids["session_of_ada"])), HALF_AN_HOUR)
    cookies = {who: {SESSION_COOKIE: people[who].cookies[SESSION_COOKIE]} for who in CALLERS.values() if who}
    cookies[""] = {HALF_OPEN_COOKIE: waits, **dict(map(_pair, carried))}
    cookies["ada"] |= dict([_pair(links)])
    return cookies


def _pair(header: str) -> tuple[str, str]:
    name, _, value = header.partition(";")[0].partition("=")
    return name, value


async def _administer(deployment: Deployment, *statements: str) -> None:
    admin = await deployment.administrator()
    try:
        for statement in statements:
            await admin.execute(statement)
    finally:
        await admin.close()


def _offered(settings: Settings) -> Path:
    """Write down which other sites one can sign in with, and the secrets they gave."""
    sites = [
        {"id": "google", "preset": "google", "client_id": "upheld"},
        {"id": "outside", "label": "Outside", "issuer": _OUTSIDE, "client_id": "upheld"},
    ]
    for site in sites:
        secret = settings.secrets_folder / f"provider-{site['id']}"
        secret.write_text("secret")
        secret.chmod(0o600)
    path = settings.var / "providers.json"
    path.write_text(json.dumps({"providers": sites}))
    return path
