"""The presets against small stand-ins of LinkedIn and GitHub.

The stand-ins are ours: they behave as those sites' documentation and other clients' bug reports say
(LinkedIn states no nonce and refuses a code verifier; GitHub signs nothing), and say nothing
about what the sites do on the day you read this. What they prove is that each preset asks for what
such a site takes, and still refuses what it can refuse.
"""

import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.cluster import Cluster
from tests.support.deployment import Deployment
from upheld.features.providers.actions import arrive, leave
from upheld.features.providers.actions.entering import Back
from upheld.features.providers.model import Newcomer, Purpose
from upheld.features.trust.probes.impostor import FORGERIES, Impostor, lies
from upheld.features.trust.probes.oauth import undeclared
from upheld.platform.openid.client import Client, NotProvenError, Proof
from upheld.platform.openid.configuration import configured
from upheld.platform.openid.presets import GITHUB, GOOGLE, LINKEDIN, OPENID, PRESETS, Defence
from upheld.platform.outbound import Asked
from upheld.platform.settings import SettingsError

pytestmark = pytest.mark.anyio


@dataclass
class LinkedIn(Impostor):
    """States no nonce, refuses a code verifier, and takes our secret in the body alone."""

    def fits(self, left: Any, form: Any) -> bool:
        """Accept a code as LinkedIn does."""
        return "code_verifier" not in form and bool(form.get("client_secret")) and "code_challenge" not in left

    def statement(self, left: Any, access: str) -> str:
        """State who somebody is, and no nonce."""
        return super().statement({name: text for name, text in left.items() if name != "nonce"}, access)


@dataclass
class GitHub(Impostor):
    """Signs nothing; who somebody is, is asked of its API."""

    number: Any = 4711

    def answer(self, url: str, asked: Asked) -> dict[str, Any]:
        """Answer at GitHub's two hosts."""
        if url == "https://github.com/login/oauth/access_token":
            form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
            tokens = self.tokens(form)
            return {name: text for name, text in tokens.items() if name != "id_token"}
        if url == "https://api.github.com/user":
            assert asked.headers["authorization"].startswith("Bearer ")
            return {"id": self.number, "login": "ada", "email": self.email or None}
        return {"error": f"nothing at {url}"}


def linkedin(**said: Any) -> LinkedIn:
    """Return the stand-in of LinkedIn."""
    return LinkedIn(id="linkedin", issuer=LINKEDIN.issuer, preset=LINKEDIN, **said)


def github(**said: Any) -> GitHub:
    """Return the stand-in of GitHub."""
    return GitHub(id="github", issuer=GITHUB.issuer, preset=GITHUB, **said)


async def proof_of(deployment: Deployment, site: Impostor, **changed: str) -> Proof:
    """Sign in through a site; return what it proved."""
    provider = replace(site.provider, trusts_addresses=False)
    client = Client(provider, site)
    left = await leave(deployment.platform, client, Purpose.ENTER, {}, "192.0.2.7")
    query = {**site.visited(left.address), **changed}
    arrival = await arrive(deployment.platform, client, left.leaving, Back.of(query), "tests")
    assert isinstance(arrival, Newcomer)
    return arrival.proof


def test_every_preset_offers_each_defence_or_says_what_stands_in_its_place() -> None:
    assert undeclared() == []
    assert {name: sorted(preset.offers) for name, preset in PRESETS.items()} == {
        "google": ["address", "id-token", "nonce", "pkce", "state"],
        "linkedin": ["id-token", "state"],
        "github": ["pkce", "state"],
        "oidc": ["fresh-proof", "id-token", "nonce", "pkce", "state"],
    }


async def test_linkedin_lets_somebody_in_without_nonce_and_verifier(deployment: Deployment) -> None:
    site = linkedin(email="ada@example.org")
    proof = await proof_of(deployment, site)
    assert (proof.issuer, proof.subject, proof.address_is_proven) == (LINKEDIN.issuer, "somebody", False)
    token = next(asked for asked in site.asked if asked.path.endswith("/token"))
    assert "authorization" not in token.headers


async def test_linkedin_is_believed_nothing_that_it_does_sign_wrongly(deployment: Deployment) -> None:
    unsaid = {"for no sign-in"}  # which is what it always says
    for name, said in lies(int(time.time())).items():
        if name not in unsaid:
            with pytest.raises(NotProvenError):
                await proof_of(deployment, linkedin(states=said))
    for sign in FORGERIES.values():
        with pytest.raises(NotProvenError):
            await proof_of(deployment, linkedin(signs=sign))


async def test_github_is_known_by_the_number_of_the_account(deployment: Deployment) -> None:
    proof = await proof_of(deployment, github(email="ada@example.org"))
    assert (proof.issuer, proof.subject) == ("https://github.com", "4711")
    assert not proof.address_is_proven


@pytest.mark.parametrize("number", [None, "4711", True, 4.7, {"id": 4711}])
async def test_github_that_tells_no_number_proves_nothing(deployment: Deployment, number: Any) -> None:
    with pytest.raises(NotProvenError):
        await proof_of(deployment, github(number=number))


async def test_github_takes_a_code_from_whoever_asked_for_it_alone(deployment: Deployment) -> None:
    site = github()
    stolen = site.visited(
        (await leave(deployment.platform, Client(site.provider, site), Purpose.ENTER, {}, "x")).address
    )
    with pytest.raises(NotProvenError):
        await proof_of(deployment, site, code=stolen["code"])


async def test_an_answer_that_names_another_site_is_refused_by_every_preset(deployment: Deployment) -> None:
    sites = (linkedin(), github(), Impostor(id="google", issuer=GOOGLE.issuer, preset=GOOGLE), Impostor(preset=OPENID))
    for site in sites:
        with pytest.raises(NotProvenError):
            await proof_of(deployment, site, iss="https://elsewhere.example")


@pytest.mark.parametrize(
    ("said", "is_proven"),
    [
        ({"email": "ada@gmail.com"}, True),
        ({"email": "ada@example.org", "hd": "example.org"}, True),
        ({"email": "ada@example.org"}, False),
        ({"email": "ada@gmail.com", "email_verified": False}, False),
        ({"email": "ada@gmail.com", "email_verified": "true"}, False),
    ],
)
async def test_google_is_believed_about_mailboxes_that_are_its_own(
    deployment: Deployment,
    said: dict[str, Any],
    is_proven: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    site = Impostor(id="google", issuer=GOOGLE.issuer, preset=GOOGLE, states=said)
    assert (await proof_of(deployment, site)).address_is_proven is is_proven


async def test_a_description_of_another_issuer_is_not_taken(deployment: Deployment) -> None:
    for announced in ({"issuer": "https://elsewhere.example"}, {"jwks_uri": "http://provider.example/keys"}):
        site = Impostor(announces=announced)
        with pytest.raises(Exception, match="did not answer as it should"):
            await proof_of(deployment, site)


async def test_only_what_offers_a_fresh_proof_is_asked_for_one(deployment: Deployment) -> None:
    site = Impostor()
    client = Client(site.provider, site)
    left = await leave(deployment.platform, client, Purpose.PROVE, {}, "192.0.2.7")
    query = parse_qs(urlsplit(left.address).query)
    assert (query["prompt"], query["max_age"]) == (["login"], ["0"])
    assert [name for name, preset in PRESETS.items() if Defence.FRESH_PROOF in preset.offers] == ["oidc"]
    old = replace(site, states={"auth_time": int(time.time()) - 3600})
    with pytest.raises(NotProvenError):
        await arrive(
            deployment.platform, Client(old.provider, old), left.leaving, Back.of(old.visited(left.address)), "tests"
        )


async def test_settings_that_cannot_be_are_refused_at_the_start(cluster: Cluster) -> None:
    settings = await cluster.deploy()
    secret = settings.secrets_folder / "provider-work"
    secret.write_text("x")
    secret.chmod(0o600)
    path = settings.var / "providers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    wrong = {
        "not as": "{",
        "preset has to be": '{"providers": [{"id": "work", "client_id": "x", "preset": "myspace"}]}',
        "small letters": '{"providers": [{"id": "Work/..", "client_id": "x", "issuer": "https://a.example"}]}',
        "needs its issuer": '{"providers": [{"id": "work", "client_id": "x"}]}',
        "has an issuer": '{"providers": [{"id": "work", "client_id": "x", "preset": "google", "issuer": "https://a"}]}',
        "public https": '{"providers": [{"id": "work", "client_id": "x", "issuer": "https://127.0.0.1"}]}',
        "of your own": '{"providers": [{"id": "work", "client_id": "", "preset": "github", "trusts_addresses": true}]}',
        "same id or issuer": '{"providers": [{"id": "work", "client_id": "x", "issuer": "https://a.example"},'
        ' {"id": "work", "client_id": "y", "issuer": "https://b.example"}]}',
        "is missing": '{"providers": [{"id": "other", "client_id": "x", "issuer": "https://a.example"}]}',
    }
    for number, (said, text) in enumerate(wrong.items()):
        each = path.with_name(f"{number}.json")
        each.write_text(text)
        with pytest.raises(SettingsError, match=said):
            configured(replace(settings, providers=each))
