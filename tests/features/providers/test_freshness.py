"""What a provider's word is worth as a fresh proof: nothing, where it may have been given without asking."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.features.providers.test_presets import github, linkedin
from tests.support.deployment import PASSWORD, Deployment
from upheld.features.accounts.actions import open_session
from upheld.features.accounts.model import Strength
from upheld.features.providers.actions import arrive, leave, link
from upheld.features.providers.actions.entering import Back
from upheld.features.providers.actions.linking import InSession
from upheld.features.providers.model import Arrival, Entered, Linking, Newcomer, Purpose
from upheld.features.trust.probes.impostor import Impostor
from upheld.platform.openid.client import Client, NotProvenError
from upheld.platform.web.cookies import SESSION_COOKIE, write_session

pytestmark = pytest.mark.anyio
ADA = "ada@example.org"
HOUR = 3600


async def entering(deployment: Deployment, site: Impostor) -> Arrival:
    """Sign in through a site."""
    client = Client(site.provider, site)
    left = await leave(deployment.platform, client, Purpose.ENTER, {}, "192.0.2.7")
    return await arrive(deployment.platform, client, left.leaving, Back.of(site.visited(left.address)), "tests")


async def linked(deployment: Deployment, *sites: Impostor) -> UUID:
    """Have sites open the account of somebody with a password; return who it is."""
    async with deployment.person(ADA) as ada:
        admin = await deployment.administrator()
        mine = "select person_id, id from upheld.sessions where secret_hash = sha256($1)"
        person, session = await admin.fetchrow(mine, deployment.secret_of(ada))
        await admin.close()
        for site in sites:
            newcomer = await entering(deployment, site)
            assert isinstance(newcomer, Newcomer)
            who = InSession(person, session, "tests")
            await link(deployment.platform, Linking(newcomer.proof, session), who, "a site")
    return person


async def counts(deployment: Deployment, site: Impostor, **states: Any) -> bool:
    """Return whether signing in through a site counts as a fresh proof."""
    site.states = states
    entered = await entering(deployment, site)
    assert isinstance(entered, Entered)
    return entered.is_proof


async def test_a_sign_in_counts_when_the_provider_asked_a_moment_ago_and_says_so(deployment: Deployment) -> None:
    site, now = Impostor(subject="ada"), int(time.time())
    await linked(deployment, site)
    assert await counts(deployment, site)
    assert not await counts(deployment, site, auth_time=now - HOUR)
    assert not await counts(deployment, site, auth_time=None)


async def test_a_session_at_the_provider_that_is_older_than_any_here_opens_none(deployment: Deployment) -> None:
    lives = int(deployment.settings.session_lifetime.total_seconds())
    with pytest.raises(NotProvenError):
        await entering(deployment, Impostor(states={"auth_time": int(time.time()) - lives - HOUR}))


async def test_a_provider_that_cannot_be_asked_counts_for_those_who_have_nothing_else(deployment: Deployment) -> None:
    sites = (linkedin(subject="ada"), github())
    await linked(deployment, *sites)
    assert [await counts(deployment, site) for site in sites] == [False, False]
    admin = await deployment.administrator()
    await admin.execute("delete from upheld.credentials")
    await admin.close()
    assert [await counts(deployment, site) for site in sites] == [True, True]


async def test_whoever_came_in_silently_is_asked_before_what_needs_a_proof(deployment: Deployment) -> None:
    person = await linked(deployment)
    platform = deployment.platform
    for is_proof, leads_to in ((True, "/privacy/export"), (False, "/prove")):
        ticket = await open_session(platform, person, Strength.PROVIDER, "tests", is_proof=is_proof)
        cookie = write_session(platform.keys.platform_key("cookie"), ticket.secret, ticket.expires_at)
        async with deployment.browser() as browser:
            browser.cookies.set(SESSION_COOKIE, cookie.split(";")[0].partition("=")[2], domain="upheld.localhost")
            assert (await browser.get("/home")).url.path == "/home"
            asked = await browser.get("/privacy/export")
            assert asked.url.path == leads_to
            if not is_proof:
                assert (await browser.form(str(asked.url), **{"own-password": PASSWORD})).url.path == "/privacy/export"


async def test_the_database_takes_no_provider_for_a_proof_by_itself(deployment: Deployment) -> None:
    person = await linked(deployment)
    async with deployment.connected("gate") as gate:
        mint = "select upheld.mint_session($1, sha256('s'), '1 hour', '1 hour', 'provider')"
        session = await gate.fetchval(mint, person)
        with pytest.raises(Exception, match="just been proven"):
            await gate.fetchval("select upheld.unlink_identity($1, gen_random_uuid())", session)


@dataclass
class Remembering(Impostor):
    """Remembers what it hands out."""

    handed: list[str] = field(default_factory=list[str])

    def tokens(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Hand tokens out, and remember them."""
        given = super().tokens(form)
        self.handed += [given["access_token"], given["id_token"]]
        return given


async def test_what_a_provider_hands_out_is_kept_nowhere(deployment: Deployment) -> None:
    """Neither in what the browser carries nor in any table: it was used once, and nobody else needs it."""
    site = Remembering(subject="ada")
    arrival = await entering(deployment, site)
    assert isinstance(arrival, Newcomer)
    await linked(deployment, site)
    held = msgspec.json.encode(arrival).decode()
    admin = await deployment.administrator()
    for (table,) in await admin.fetch(
        "select tablename from pg_tables where schemaname in ('upheld', 'queue', 'sealed')"
    ):
        schema = await admin.fetchval("select schemaname from pg_tables where tablename = $1 limit 1", table)
        rows = await admin.fetch(f'select t::text as content from {schema}."{table}" as t')  # noqa: S608 - names of the catalog
        held += "".join(row["content"] for row in rows)
    await admin.close()
    assert len(site.handed) == 4
    assert "provider.example" in held
    assert [token for token in site.handed if token in held or token.encode().hex() in held] == []
