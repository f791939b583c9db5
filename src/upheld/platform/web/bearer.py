"""Access tokens as programs send them: `Authorization: Bearer upheld_pat_…` (RFC 6750).

A token is a prefix that says what it is, 256 random bits and a checksum over both, so that a
scanner of leaked secrets finds every one and a mistyped one asks no database. The database
keeps its hash, and opens for it a context of its own kind, in which nothing can be changed
(`075_tokens.sql`). A route for programs names the scope that it needs, `opt={"scope": …}`; no
other route takes a token, and none that takes one looks at cookies.
"""

import datetime as dt
import secrets
import zlib
from typing import ClassVar
from uuid import UUID

import msgspec
from litestar.types import Scope

from upheld.kit.errors import RefusedError
from upheld.platform.database import Query, Transaction
from upheld.platform.limits import take
from upheld.platform.limits.rules import REQUESTS_PER_TOKEN, UNKNOWN_TOKENS_PER_ADDRESS
from upheld.platform.services import Platform

PREFIX = "upheld_pat_"
ANY_SCOPE = ""
"""What a route needs that any token may ask: about the token itself."""

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET, _CHECK = 43, 6
_LENGTH = len(PREFIX) + _SECRET + _CHECK

_OPEN = Query(
    "open_token_context",
    "select token_id, person_id, organisation_id, role, permissions, scopes, expires_at, holds, is_kept_out"
    " from upheld.open_token_context($1, nullif($2, ''))",
    "Opens the context of the token that is presented, for one scope.",
)


class BearerError(RefusedError):
    """An access token does not open this."""

    challenge: ClassVar[str] = ""
    """What `WWW-Authenticate` says."""


class TokenNeededError(BearerError):
    """This is for programs, and no access token came along. Send one of yours as `Authorization: Bearer …`."""

    code = "token-needed"
    status = 401
    challenge = "Bearer"


class TokenSpentError(BearerError):
    """This access token opens nothing: it is mistyped, revoked or too old. Make a new one where you manage them."""

    code = "token-spent"
    status = 401
    challenge = 'Bearer error="invalid_token"'


class ScopeNeededError(BearerError):
    """This access token was not made for this. Make one that may do it, where you manage them."""

    code = "scope-needed"
    status = 403
    challenge = 'Bearer error="insufficient_scope"'


class TokenElsewhereError(BearerError):
    """An access token opens what the API describes, and no page. Sign in to see pages."""

    code = "token-elsewhere"
    status = 403
    challenge = 'Bearer error="insufficient_scope"'


class Bearer(msgspec.Struct, frozen=True):
    """The token that asks, and whose it is, as the database says."""

    token_id: UUID
    person_id: UUID
    organisation_id: UUID | None
    role: str | None
    permissions: frozenset[str] | None
    scopes: list[str]
    expires_at: dt.datetime
    holds: bool
    is_kept_out: bool
    """Whether its organisation asks for a factor that its person does not have."""


def new_token() -> str:
    """Return a new token; it is shown once, and kept by whoever asked for it."""
    body = PREFIX + _written(int.from_bytes(secrets.token_bytes(32)), _SECRET)
    return body + _check_of(body)


def presented(scope: Scope) -> str | None:
    """Return the token that came with a request; None when there is none, or something else than a token."""
    said = next((value for key, value in scope["headers"] if key.lower() == b"authorization"), b"").decode("latin-1")
    kind, _, token = said.strip().partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def secret_of(token: str) -> bytes | None:
    """Return what the database knows the hash of; None for what cannot be a token of ours."""
    body = token[:-_CHECK]
    is_one = (
        len(token) == _LENGTH and token.isascii() and token.startswith(PREFIX) and _check_of(body) == token[-_CHECK:]
    )
    return token.encode() if is_one else None


async def checked(platform: Platform, token: str | None) -> bytes:
    """Return the secret of a token that looks like one and has requests left; counted on its own.

    Raises:
        TokenNeededError: none came.
        TokenSpentError: it is none of ours.
        TooSoonError: it has asked too often.
    """
    if token is None:
        raise TokenNeededError
    secret = secret_of(token)
    if secret is None:
        raise TokenSpentError
    async with platform.database.attempt() as tx:
        await take(tx, platform, REQUESTS_PER_TOKEN, token)
    return secret


async def count_failure(platform: Platform, address: str) -> None:
    """Count a token that opens nothing.

    Raises:
        TooSoonError: too many came from there.
    """
    async with platform.database.attempt() as tx:
        await take(tx, platform, UNKNOWN_TOKENS_PER_ADDRESS, address)


async def open_token_context(tx: Transaction, secret: bytes, needed: str) -> Bearer | None:
    """Present a token to the database for a scope; return what it says is asking, or None."""
    return await tx.one(_OPEN, secret, needed, into=Bearer)


def _check_of(body: str) -> str:
    return _written(zlib.crc32(body.encode()), _CHECK)


def _written(number: int, width: int) -> str:
    """Write a number in base 62."""
    letters: list[str] = []
    for _ in range(width):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return "".join(reversed(letters))
