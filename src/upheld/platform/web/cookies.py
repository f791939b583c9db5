"""The cookies there are: `__Host-`, HTTP-only, Secure, SameSite=Lax.

One keeps the language somebody chose, and is set only by choosing. One says that accounts know
this browser (`accounts.actions.devices`). One is the session: it holds a signed JWT (RFC 7519)
that carries a session's secret and expiry and nothing else.
The session row decides; the signature only keeps garbage away from the database. The last is the
like for a sign-in that waits for a second factor; it is typed differently, and opens nothing.
"""

import datetime as dt
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from functools import lru_cache

import jwt

SESSION_COOKIE = "__Host-session"
HALF_OPEN_COOKIE = "__Host-sign-in"
LANGUAGE_COOKIE = "__Host-language"
DEVICE_COOKIE = "__Host-device"
DEVICE_LIVES = dt.timedelta(days=400)
"""As long as browsers keep a cookie at most."""
_YEAR = 365 * 24 * 60 * 60
_ALGORITHM = "HS256"
_AUDIENCE = "upheld"
_TYPES = {SESSION_COOKIE: "upheld-session+jwt", HALF_OPEN_COOKIE: "upheld-sign-in+jwt"}


def write_session(key: bytes, secret: bytes, expires_at: dt.datetime) -> str:
    """Return the value of a Set-Cookie header that carries a session's secret."""
    return _written(SESSION_COOKIE, key, secret, expires_at)


def write_half_open(key: bytes, secret: bytes, expires_at: dt.datetime) -> str:
    """Return the value of a Set-Cookie header that carries the secret of a sign-in that waits."""
    return _written(HALF_OPEN_COOKIE, key, secret, expires_at)


def forget_session() -> str:
    """Return the value of a Set-Cookie header that removes the cookie."""
    return f"{SESSION_COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"


def keep_language(language: str) -> str:
    """Return the value of a Set-Cookie header that keeps a choice of language for a year."""
    return f"{LANGUAGE_COOKIE}={language}; Path=/; Max-Age={_YEAR}; Secure; HttpOnly; SameSite=Lax"


def keep_device(value: str) -> str:
    """Return the value of a Set-Cookie header that keeps which accounts know this browser."""
    lifetime = int(DEVICE_LIVES.total_seconds())
    return f"{DEVICE_COOKIE}={value}; Path=/; Max-Age={lifetime}; Secure; HttpOnly; SameSite=Lax"


def chosen_language(cookies: str) -> str:
    """Return what a Cookie header says about the language: anything, as browsers send it, or nothing."""
    pairs = (part.strip().partition("=") for part in cookies.split(";"))
    return next((value for name, _, value in pairs if name == LANGUAGE_COOKIE), "")


def read_session(key: bytes, token: str) -> bytes | None:
    """Return the session's secret, or None when signature, type, audience or expiry are off."""
    return _read(SESSION_COOKIE, key, token)


def read_half_open(key: bytes, token: str) -> bytes | None:
    """Return the secret of a sign-in that waits, or None as above."""
    return _read(HALF_OPEN_COOKIE, key, token)


def _written(cookie: str, key: bytes, secret: bytes, expires_at: dt.datetime) -> str:
    token = jwt.encode(
        {"sid": urlsafe_b64encode(secret).decode(), "exp": expires_at, "aud": _AUDIENCE},
        key,
        algorithm=_ALGORITHM,
        headers={"typ": _TYPES[cookie]},
    )
    lifetime = int((expires_at - dt.datetime.now(dt.UTC)).total_seconds())
    return f"{cookie}={token}; Path=/; Max-Age={lifetime}; Secure; HttpOnly; SameSite=Lax"


def _read(cookie: str, key: bytes, token: str) -> bytes | None:
    secret, expires_at = _verified(_TYPES[cookie], key, token)
    return secret if expires_at > dt.datetime.now(dt.UTC).timestamp() else None


@lru_cache(maxsize=4096)
def _verified(typ: str, key: bytes, token: str) -> tuple[bytes | None, int]:
    """Return secret and expiry (seconds since 1970) of a token that we signed.

    Remembered, because each page brings the same token again and checking one takes as long
    as reading a row. Neither answer can change: the signature is good for ever or never.
    """
    try:
        claims = jwt.decode_complete(token, key, algorithms=[_ALGORITHM], audience=_AUDIENCE)
        if claims["header"].get("typ") != typ:
            return None, 0
        return urlsafe_b64decode(str(claims["payload"]["sid"])), int(claims["payload"]["exp"])
    except (jwt.InvalidTokenError, KeyError, BinasciiError, ValueError):
        return None, 0
