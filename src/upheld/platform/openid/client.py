"""Speaking to a provider: where to send somebody, and what their answer proves.

The authorization code flow and no other (OpenID Connect Core 1.0, 3.1; RFC 9700). Everything that
counts is fetched by us over verified TLS; through the browser come a code, which is worth
nothing without our secret, and the name of a sign-in that only that browser can finish.
The provider's own tokens are used once, here, and kept nowhere.
"""

import datetime as dt
import hashlib
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

import msgspec

from upheld.kit.errors import NotFoundError, RefusedError, UnavailableError
from upheld.platform.openid.configuration import Provider
from upheld.platform.openid.presets import Defence
from upheld.platform.openid.tokens import Expected, TokenError, UnknownKeyError, judged
from upheld.platform.outbound import Network, Outbound, OutboundFailedError, OutboundRefusedError

KEPT = 600.0
"""Seconds for which a provider's description and keys are kept: a key that it withdraws ends here by then."""

AGAIN = 60.0
"""Seconds between two looks for a key that we do not know; forged names of keys cause no more."""

_PATIENCE = dt.timedelta(seconds=10)
_FORM = "application/x-www-form-urlencoded"


class ProviderAwayError(UnavailableError):
    """The other site did not answer as it should. You can also sign in in another way."""

    code = "provider-away"


class NotProvenError(RefusedError):
    """The other site's answer did not prove who you are. Nothing was changed; begin again."""

    code = "not-proven"

    def __init__(self, why: str) -> None:
        """Remember why, for whoever runs this; people are told what to do."""
        super().__init__()
        self.why = why


@dataclass(frozen=True)
class Asking:
    """One sign-in, as it is asked for: secrets of this one, and where the answer goes."""

    state: str = field(repr=False)
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)
    return_to: str
    begun_at: dt.datetime
    within: dt.timedelta = dt.timedelta()
    """How long ago the person may have proven themselves there, at most; zero: they are to do it anew."""


@dataclass(frozen=True)
class Answer:
    """What came back through the browser."""

    code: str = field(repr=False)
    issuer: str | None = None


class Proof(msgspec.Struct, frozen=True):
    """Who somebody is, as a provider says: known by issuer and subject, and by nothing else."""

    provider: str
    issuer: str
    subject: str
    email: str = ""
    address_is_proven: bool = False
    """Whether the address may be taken for proven, for a new account; never to find an old one."""

    proven_at: float | None = None
    """When the person proved themselves there, in seconds since 1970. None: the provider cannot be asked to say."""


class Client:
    """One provider, as one process speaks to it."""

    def __init__(self, provider: Provider, network: Network | None = None) -> None:
        """Take the provider, and a network that is not the internet, for tests and probes."""
        self.provider = provider
        self._outbound = Outbound(network, _PATIENCE, (provider.inside,) if provider.inside else ())
        self._kept: dict[str, tuple[float, Any]] = {}
        self._forced_at = -AGAIN

    async def address(self, asking: Asking) -> str:
        """Return where to send the browser.

        Raises:
            ProviderAwayError: the provider cannot be asked where that is.
        """
        offers = self.provider.preset.offers
        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": asking.return_to,
            "scope": self.provider.preset.scopes,
            "state": asking.state,
        }
        if Defence.ID_TOKEN in offers:
            query["nonce"] = asking.nonce
        if Defence.PKCE in offers:
            challenge = hashlib.sha256(asking.verifier.encode()).digest()
            query["code_challenge"] = urlsafe_b64encode(challenge).rstrip(b"=").decode()
            query["code_challenge_method"] = "S256"
        if Defence.FRESH_PROOF in offers:
            # Whoever is asked this has to say when it was (OpenID Connect Core 1.0, 3.1.2.1).
            query["max_age"] = str(int(asking.within.total_seconds()))
            query |= {} if asking.within else {"prompt": "login"}
        endpoint = (await self._described())["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def proof(self, asking: Asking, answer: Answer) -> Proof:
        """Return who somebody is, when everything about the answer is as it has to be.

        Raises:
            NotProvenError: something about it is not.
            ProviderAwayError: the provider cannot be asked.
        """
        described = await self._described()
        announced = described.get("authorization_response_iss_parameter_supported") is True
        if (announced or answer.issuer is not None) and answer.issuer != self.provider.issuer:
            msg = "the answer names another provider"
            raise NotProvenError(msg)
        tokens = await self._exchange(described, asking, answer)
        if self.provider.preset.endpoints is not None:
            return await self._asked_itself(described, tokens)
        return await self._stated(described, asking, tokens)

    async def _described(self) -> dict[str, Any]:
        """Return the provider's description of itself (OpenID Connect Discovery 1.0; RFC 8414)."""
        fixed = self.provider.preset.endpoints
        if fixed is not None:
            return {
                "authorization_endpoint": fixed.authorization, "token_endpoint": fixed.token,
                "userinfo_endpoint": fixed.user,
            }  # fmt: skip
        issuer = self.provider.issuer
        said = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        # Everything that follows is trusted because this one name is: it has to be the one we asked for.
        if said.get("issuer") != issuer or not all(_is_address(said.get(name)) for name in wanted):
            self._kept.clear()
            raise ProviderAwayError
        return said

    async def _exchange(self, described: Mapping[str, Any], asking: Asking, answer: Answer) -> dict[str, Any]:
        """Turn a code into tokens (RFC 6749, 4.1.3), with our secret and the proof that we asked for it."""
        provider = self.provider
        form = {"grant_type": "authorization_code", "code": answer.code, "redirect_uri": asking.return_to}
        headers = {"content-type": _FORM, "accept": "application/json"}
        if Defence.PKCE in provider.preset.offers:
            form["code_verifier"] = asking.verifier
        methods = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if provider.preset.secret_in_body or "client_secret_basic" not in methods:
            form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
        else:
            pair = f"{quote_plus(provider.client_id)}:{quote_plus(provider.client_secret)}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        status, said = await self._ask("POST", described["token_endpoint"], headers, urlencode(form).encode())
        # GitHub reports an error with the status of a success.
        if status != 200 or "error" in said or not isinstance(said.get("access_token"), str):  # noqa: PLR2004 - RFC 6749, 5.1
            msg = "the code was not accepted"
            raise NotProvenError(msg)
        return said

    async def _stated(self, described: Mapping[str, Any], asking: Asking, tokens: Mapping[str, Any]) -> Proof:
        """Return who an ID token says somebody is."""
        provider, access = self.provider, str(tokens["access_token"])
        expected = Expected(
            issuer=provider.issuer,
            client_id=provider.client_id,
            nonce=asking.nonce,
            begun_at=asking.begun_at,
            needs_nonce=Defence.NONCE in provider.preset.offers,
            within=asking.within if Defence.FRESH_PROOF in provider.preset.offers else None,
        )
        stated = str(tokens.get("id_token", ""))
        keys_at = str(described["jwks_uri"])
        try:
            try:
                claims = judged(stated, _keys(await self._get(keys_at)), expected, access)
            except UnknownKeyError:
                # The provider may have changed its keys since we looked.
                claims = judged(stated, _keys(await self._get(keys_at, anew=True)), expected, access)
        except TokenError as error:
            raise NotProvenError(str(error)) from error
        if "email" not in claims and _is_address(described.get("userinfo_endpoint")):
            claims |= await self._user(str(described["userinfo_endpoint"]), access, claims["sub"])
        email = claims.get("email")
        return Proof(
            provider.id, provider.issuer, claims["sub"], email if isinstance(email, str) else "",
            _address_is_proven(provider, claims), _proven_at(provider, claims),
        )  # fmt: skip

    async def _user(self, address: str, access: str, subject: str) -> dict[str, Any]:
        """Return what the provider tells about the person whom the ID token names, and about nobody else."""
        status, said = await self._ask("GET", address, {"authorization": f"Bearer {access}"})
        if status != 200 or said.get("sub") != subject:  # noqa: PLR2004 - OpenID Connect Core 1.0, 5.3.2
            return {}
        return {name: said[name] for name in ("email", "email_verified") if name in said}

    async def _asked_itself(self, described: Mapping[str, Any], tokens: Mapping[str, Any]) -> Proof:
        """Return who a provider that signs nothing says somebody is, asked by ourselves: by number, not by name."""
        headers = {"authorization": f"Bearer {tokens['access_token']}", "accept": "application/json"}
        status, said = await self._ask("GET", described["userinfo_endpoint"], headers)
        number, email = said.get("id"), said.get("email")
        if status != 200 or not isinstance(number, int) or isinstance(number, bool):  # noqa: PLR2004 - GitHub's REST API
            msg = "the provider did not say whose the account is"
            raise NotProvenError(msg)
        return Proof(self.provider.id, self.provider.issuer, str(number), email if isinstance(email, str) else "")

    async def _get(self, address: str, *, anew: bool = False) -> dict[str, Any]:
        """Fetch a document of the provider's own; kept for a while."""
        now = time.monotonic()
        fetched_at, said = self._kept.get(address, (-KEPT, {}))
        if now - fetched_at < KEPT and not (anew and now - self._forced_at >= AGAIN):
            return said
        if anew:
            self._forced_at = now
        status, said = await self._ask("GET", address, {"accept": "application/json"})
        if status != 200:  # noqa: PLR2004 - OpenID Connect Discovery 1.0, 4.2
            raise ProviderAwayError
        self._kept[address] = (now, said)
        return said

    async def _ask(self, method: str, address: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, Any]:
        """Send one request; no redirect is followed, since headers and body are for this address alone."""
        try:
            answer = await self._outbound.ask(method, address, headers, body)
            return answer.status, msgspec.json.decode(answer.body or b"{}", type=dict[str, Any])
        except (OutboundFailedError, OutboundRefusedError, msgspec.DecodeError) as error:
            raise ProviderAwayError from error


class Clients:
    """Every provider of a deployment, as one process speaks to them."""

    def __init__(self, providers: Mapping[str, Provider], network: Network | None = None) -> None:
        """Take the providers by their ids."""
        self._clients = {name: Client(provider, network) for name, provider in providers.items()}

    def __getitem__(self, name: str) -> Client:
        """Return the client of a provider.

        Raises:
            NotFoundError: there is none of that name.
        """
        if name not in self._clients:
            raise NotFoundError
        return self._clients[name]

    @property
    def providers(self) -> list[Provider]:
        """Return them in the order in which people are shown them."""
        return [client.provider for client in self._clients.values()]


def _keys(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        return msgspec.convert(document.get("keys"), list[dict[str, Any]])
    except msgspec.ValidationError:
        raise ProviderAwayError from None


def _is_address(said: object) -> bool:
    return isinstance(said, str) and said.startswith("https://")


def _proven_at(provider: Provider, claims: Mapping[str, Any]) -> float | None:
    """Return when a person proved themselves, by the word of a provider that was asked; long ago, if it did not say."""
    said = claims.get("auth_time")
    if not provider.proves_freshly:
        return None
    return float(said) if isinstance(said, int | float) else 0.0


def _address_is_proven(provider: Provider, claims: Mapping[str, Any]) -> bool:
    """Whether a new account may take the address for proven."""
    if claims.get("email_verified") is not True:
        return False
    if Defence.ADDRESS in provider.preset.offers:
        # Google itself hosts these mailboxes; other addresses it checked once, perhaps years ago.
        return str(claims.get("email", "")).endswith("@gmail.com") or bool(claims.get("hd"))
    return provider.trusts_addresses
