"""Judging an ID token: what a provider signed about somebody, for us, for this one sign-in.

The signature and the usual claims are PyJWT's work; what OpenID Connect asks for beyond them
(Core 1.0, 3.1.3.7) stands here. Which key may have signed is decided by the provider's published
keys and by the list of algorithms below, never by the token.
"""

import datetime as dt
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import jwt
from jwt import PyJWK

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""How a token may be signed: with a private key, always. `none` and shared secrets are not here."""

SKEW = dt.timedelta(minutes=1)
"""How far a provider's clock may be from ours."""

_REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
_LONGEST_SUBJECT = 255


class TokenError(Exception):
    """An ID token is not what it has to be; the message says in which way, and holds nothing of it."""


class UnknownKeyError(TokenError):
    """No published key is the one that signed."""


@dataclass(frozen=True)
class Expected:
    """What a token has to say."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    begun_at: dt.datetime
    """When this sign-in began: the token was made since."""

    needs_nonce: bool = True
    within: dt.timedelta | None = None
    """How long before it the person may have proven themselves, at most; zero: anew. None: it was not asked for."""


def judged(token: str, keys: Sequence[Mapping[str, Any]], expected: Expected, access_token: str = "") -> dict[str, Any]:
    """Return the claims of a token that is what it has to be.

    Args:
        token: what the provider handed out.
        keys: the provider's published keys (RFC 7517).
        expected: what the token has to say.
        access_token: what came with it; the token vouches for it, when it names it.

    Raises:
        UnknownKeyError: no published key signed it; the provider may have changed its keys.
        TokenError: it is anything but what was expected.
    """
    try:
        header = jwt.get_unverified_header(token)
        key = _signer(header, keys)
        claims = jwt.decode(
            token, key, algorithms=[key.algorithm_name], audience=expected.client_id, issuer=expected.issuer,
            leeway=SKEW, options={"require": _REQUIRED, "enforce_minimum_key_length": True},
        )  # fmt: skip
    except jwt.PyJWTError as error:
        raise TokenError(type(error).__name__) from error
    _check_audience(claims, expected)
    _check_sign_in(claims, expected)
    if "at_hash" in claims and not _same(claims["at_hash"], _at_hash(key, access_token)):
        msg = "the access token is not the one it was made with"
        raise TokenError(msg)
    return claims


def _signer(header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> PyJWK:
    """Return the published key that a token names, for an algorithm of our list."""
    algorithm, name = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        msg = "the algorithm is not one of ours"
        raise TokenError(msg)
    fitting = [
        key
        for key in keys
        if key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and key.get("kty") == _KINDS[algorithm[:2]]
        and name in {None, key.get("kid")}
    ]
    # Without a name there has to be one candidate: nobody tries keys until one fits.
    if len(fitting) != 1:
        msg = "no published key is named"
        raise UnknownKeyError(msg)
    return PyJWK(dict(fitting[0]), algorithm)


_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC"}


def _check_audience(claims: Mapping[str, Any], expected: Expected) -> None:
    """Check that it was made for us and for nobody else, and handed to us."""
    said = cast("object", claims["aud"])
    if said not in (expected.client_id, [expected.client_id]):
        msg = "it was made for others, too"
        raise TokenError(msg)
    if claims.get("azp", expected.client_id) != expected.client_id:
        msg = "it was handed to another"
        raise TokenError(msg)


def _check_sign_in(claims: Mapping[str, Any], expected: Expected) -> None:
    """Check that it was made for this one sign-in, about somebody."""
    earliest = (expected.begun_at - SKEW).timestamp()
    nonce = claims.get("nonce")
    if (nonce is not None or expected.needs_nonce) and not _same(nonce, expected.nonce):
        msg = "the nonce is not ours"
        raise TokenError(msg)
    if not _since(claims["iat"], earliest):
        msg = "it is older than this sign-in"
        raise TokenError(msg)
    _check_proof(claims, expected, earliest)
    if not claims["sub"] or len(claims["sub"]) > _LONGEST_SUBJECT:
        msg = "the subject cannot be one"
        raise TokenError(msg)


def _check_proof(claims: Mapping[str, Any], expected: Expected, earliest: float) -> None:
    """Check that the person proved themselves as lately as was asked for; anew, it has to be said."""
    if expected.within is None or ("auth_time" not in claims and expected.within):
        return
    if not _since(claims.get("auth_time"), earliest - expected.within.total_seconds()):
        msg = "the person was not asked to prove themselves anew"
        raise TokenError(msg)


def _at_hash(key: PyJWK, access_token: str) -> str:
    digest = key.Algorithm.compute_hash_digest(access_token.encode())
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _since(said: object, earliest: float) -> bool:
    return isinstance(said, int | float) and said >= earliest


def _same(said: object, ours: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode(), ours.encode())
