"""What a browser carries for us: sealed, bound to its name and its time, and read by nobody but us.

So nothing has to be stored about somebody who is only looking, and what one browser began no other
can finish: a `__Host-` cookie is set by this very site, and by no page on a neighbouring name.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from upheld.platform.services import Platform

LEAVING = "__Host-leaving"
NEWCOMER = "__Host-newcomer"
WAITING = "__Host-waiting"
LINKING = "__Host-linking"
"""A cookie for each thing that is carried: one browser may be doing several of them."""

TEN_MINUTES = dt.timedelta(minutes=10)
HALF_AN_HOUR = dt.timedelta(minutes=30)
_NONCE = 12
_Kind = TypeVar("_Kind", bound=msgspec.Struct)


class _Dated(msgspec.Struct, frozen=True):
    until: float
    content: msgspec.Raw


def carry(platform: Platform, name: str, content: msgspec.Struct, lives: dt.timedelta) -> str:
    """Return the value of a Set-Cookie header that has the browser carry something until it is over."""
    until = (platform.clock.now() + lives).timestamp()
    dated = msgspec.json.encode(_Dated(until, msgspec.Raw(msgspec.json.encode(content))))
    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(_key(platform.keys.platform_key("cookie"))).encrypt(nonce, dated, name.encode())
    text = urlsafe_b64encode(sealed).decode()
    return f"{name}={text}; Path=/; Max-Age={int(lives.total_seconds())}; Secure; HttpOnly; SameSite=Lax"


def carried(platform: Platform, name: str, text: str | None, kind: type[_Kind]) -> _Kind | None:
    """Return what a browser carries under this name; None when that is nothing of ours, or over."""
    if not text:
        return None
    for key in platform.keys.platform_keys("cookie"):
        try:
            sealed = urlsafe_b64decode(text)
            dated = AESGCM(_key(key)).decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
            found = msgspec.json.decode(dated, type=_Dated)
        except (BinasciiError, ValueError, InvalidTag, msgspec.DecodeError):
            continue
        if found.until > platform.clock.now().timestamp():
            return msgspec.json.decode(found.content, type=kind)
    return None


def dropped(name: str) -> str:
    """Return the value of a Set-Cookie header with which the browser drops what it carried."""
    return f"{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"


def _key(secret: bytes) -> bytes:
    """Return a key of our own: what signs sessions seals nothing."""
    return hmac.digest(secret, b"carried by a browser", hashlib.sha256)
