"""A provider inside this process: it speaks the protocol as it should, and states whatever it is told to.

It stands on a network of its own, where the product's client finds it under a public address: what
is attacked is the code that judges answers, not a wire.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from upheld.features.trust.probes.outbound import PUBLIC
from upheld.platform.openid.configuration import Provider
from upheld.platform.openid.presets import OPENID, Preset
from upheld.platform.outbound import Asked, Fetched

Claims = dict[str, Any]
Sign = Callable[["Impostor", Claims], str]

_KEY = "key-1"
_ALGORITHM = "ES256"


@dataclass
class Impostor:
    """The provider, and the person who has an account there."""

    issuer: str = "https://provider.example"
    id: str = "impostor"
    preset: Preset = OPENID
    subject: str = "somebody"
    email: str = ""
    states: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What its next statement says otherwise; None leaves a claim out."""

    signs: Sign | None = None
    """How its next statement is signed otherwise."""

    announces: Mapping[str, Any] = field(default_factory=dict[str, Any])
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    key_name: str = _KEY
    asked: list[Asked] = field(default_factory=list[Asked])
    _codes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    @property
    def provider(self) -> Provider:
        """It, as an operator would list it who believes what it says about addresses."""
        return Provider(
            id=self.id, label="Impostor", preset=self.preset, issuer=self.issuer, client_id="upheld",
            client_secret=secrets.token_hex(8), trusts_addresses=True,
        )  # fmt: skip

    def visited(self, address: str) -> dict[str, str]:
        """Let somebody in who was sent here; return what the browser is sent back with."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        return {"code": code, "state": query["state"]}

    async def resolve(self, host: str) -> Sequence[str]:  # noqa: ARG002 - every name leads here
        """Answer as the name service of this network."""
        return [PUBLIC]

    async def exchange(self, address: str, asked: Asked, seconds: float) -> Fetched:  # noqa: ARG002 - a network has these
        """Answer a request."""
        self.asked.append(asked)
        said = self.answer(f"https://{asked.host}{asked.path}", asked)
        return Fetched(400 if "error" in said else 200, "", json.dumps(said).encode())

    def answer(self, url: str, asked: Asked) -> dict[str, Any]:
        """Return what is answered at an address of the provider's."""
        path = url.removeprefix(self.issuer)
        if path == "/.well-known/openid-configuration":
            return self._description()
        if path == "/keys":
            return {"keys": [self._published()]}
        if path == "/token":
            return self.tokens({name: values[0] for name, values in parse_qs(asked.body.decode()).items()})
        return {"error": "not found"}

    def tokens(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Turn a code into tokens, once, for whoever knows its verifier (RFC 7636)."""
        left = self._codes.pop(form.get("code", ""), None)
        if left is None or not self.fits(left, form):
            return {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        return {"token_type": "Bearer", "access_token": access, "id_token": self.statement(left, access)}

    def fits(self, left: Mapping[str, str], form: Mapping[str, str]) -> bool:
        """Whether who brings a code is who asked for it."""
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        return _encoded(digest) == left.get("code_challenge") and form.get("redirect_uri") == left["redirect_uri"]

    def statement(self, left: Mapping[str, str], access: str) -> str:
        """Return an ID token about the person, with what it is told to say otherwise."""
        now = int(time.time())
        claims: Claims = {
            "iss": self.issuer, "sub": self.subject, "aud": "upheld", "iat": now, "exp": now + 60,
            "auth_time": now, "nonce": left.get("nonce"), "email": self.email, "email_verified": True,
            "at_hash": _encoded(hashlib.sha256(access.encode()).digest()[:16]),
        }  # fmt: skip
        claims |= self.states
        told = {name: value for name, value in claims.items() if value is not None}
        return (self.signs or signed)(self, told)

    def _description(self) -> dict[str, Any]:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {
            "issuer": self.issuer,
            **{name: f"{self.issuer}/{place}" for name, place in places.items()},
            **self.announces,
        }

    def _published(self) -> dict[str, Any]:
        public = json.loads(ECAlgorithm.to_jwk(self.key.public_key()))
        return {**public, "kid": self.key_name, "use": "sig", "alg": _ALGORITHM}


def signed(impostor: Impostor, claims: Claims) -> str:
    """Sign as a provider should."""
    return jwt.encode(claims, impostor.key, _ALGORITHM, {"kid": impostor.key_name})


def _unsigned(impostor: Impostor, claims: Claims) -> str:
    return jwt.encode(claims, "", "none", {"kid": impostor.key_name})


def _signed_by_another(impostor: Impostor, claims: Claims) -> str:
    return jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), _ALGORITHM, {"kid": impostor.key_name})


def _bringing_its_key(impostor: Impostor, claims: Claims) -> str:
    own = ec.generate_private_key(ec.SECP256R1())
    brought = json.loads(ECAlgorithm.to_jwk(own.public_key()))
    return jwt.encode(claims, own, _ALGORITHM, {"kid": impostor.key_name, "jwk": brought})


def _with_the_public_key_as_secret(impostor: Impostor, claims: Claims) -> str:
    """Sign with HMAC under what everybody knows; no library does this, so it is done by hand."""
    published = json.dumps(json.loads(ECAlgorithm.to_jwk(impostor.key.public_key()))).encode()
    head = _encoded(json.dumps({"alg": "HS256", "typ": "JWT", "kid": impostor.key_name}).encode())
    body = f"{head}.{_encoded(json.dumps(claims).encode())}"
    return f"{body}.{_encoded(hmac.digest(published, body.encode(), hashlib.sha256))}"


def _cut_short(impostor: Impostor, claims: Claims) -> str:
    return signed(impostor, claims).rpartition(".")[0] + "."


FORGERIES: Mapping[str, Sign] = {
    "without a signature": _unsigned,
    "with its signature cut off": _cut_short,
    "signed by another key": _signed_by_another,
    "signed by a key that it brings along": _bringing_its_key,
    "signed with the public key as a secret": _with_the_public_key_as_secret,
}
"""Ways to sign that prove nothing."""


def lies(now: int) -> Mapping[str, Mapping[str, Any]]:
    """Return what a statement can say that makes it another's: each signed as it should be."""
    return {
        "for another sign-in": {"nonce": "another"},
        "for no sign-in": {"nonce": None},
        "by another issuer": {"iss": "https://elsewhere.example"},
        "by nobody": {"iss": None},
        "for another site": {"aud": "another"},
        "for other sites, too": {"aud": ["upheld", "another"]},
        "handed to another site": {"azp": "another"},
        "that has expired": {"exp": now - 3600},
        "that does not end": {"exp": None},
        "from before this sign-in": {"iat": now - 3600},
        "from the future": {"iat": now + 3600},
        "about another access token": {"at_hash": "another"},
        "about nobody": {"sub": None},
        "about somebody without a name": {"sub": ""},
    }


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
