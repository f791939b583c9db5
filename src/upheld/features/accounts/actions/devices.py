"""Browsers that an account knows (OWASP: device cookies).

Whoever proves that an account is theirs leaves a cookie in the browser. Strangers who guess use up what
strangers' browsers may try; a browser that the account knows is counted for itself, so that
nobody can be kept out of their own account by others.

The cookie says nothing about anybody: random bytes, when they were given, and a MAC that binds
them to the account and its password, so that a new password makes every browser a stranger's again.
A browser that several people use holds one for each of the last few.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from datetime import timedelta

from upheld.features.accounts.model import Credential
from upheld.platform.services import Platform
from upheld.platform.web.cookies import DEVICE_LIVES

_MOST = 5
"""How many accounts one browser is known to."""
_RENEWED_AFTER = timedelta(days=30)
_RANDOM, _WHEN, _MAC = 12, 4, 16
_LENGTH = _RANDOM + _WHEN + _MAC


def device_of(platform: Platform, said: str, known: Credential | None) -> str | None:
    """Return what a browser is counted by, when its cookie says that the account knows it; else None."""
    found = [token for token in _tokens(said) if known and _age_of(platform, token, known) is not None]
    return f"{known.person_id} {found[0][:_RANDOM].hex()}" if known and found else None


def known_from_now_on(platform: Platform, said: str, known: Credential) -> str:
    """Return the cookie of a browser in which somebody has proved who they are; empty when it has a fresh one."""
    ages = {token: _age_of(platform, token, known) for token in _tokens(said)}
    if any(age is not None and age < _RENEWED_AFTER for age in ages.values()):
        return ""
    others = [token for token, age in ages.items() if age is None]
    given = secrets.token_bytes(_RANDOM) + int(platform.clock.now().timestamp()).to_bytes(_WHEN)
    own = given + _mac(platform.keys.platform_key("device"), given, known)
    return ".".join(urlsafe_b64encode(token).decode().rstrip("=") for token in [own, *others][:_MOST])


def _tokens(said: str) -> list[bytes]:
    """Return what a cookie holds; anything can be in it."""
    found: list[bytes] = []
    for part in said.split(".")[:_MOST]:
        try:
            found.append(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except (BinasciiError, ValueError):
            continue
    return [token for token in found if len(token) == _LENGTH]


def _age_of(platform: Platform, token: bytes, known: Credential) -> timedelta | None:
    """Return how long ago a token was given by this account; None when it was not, or is too old."""
    given, mac = token[:-_MAC], token[-_MAC:]
    keys = platform.keys.platform_keys("device")
    if not any(hmac.compare_digest(mac, _mac(key, given, known)) for key in keys):
        return None
    age = timedelta(seconds=platform.clock.now().timestamp() - int.from_bytes(given[_RANDOM:]))
    return age if age < DEVICE_LIVES else None


def _mac(key: bytes, given: bytes, known: Credential) -> bytes:
    password = hashlib.sha256((known.password_hash or "").encode()).digest()
    return hmac.digest(key, known.person_id.bytes + password + given, hashlib.sha256)[:_MAC]
