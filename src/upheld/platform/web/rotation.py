"""Rotation: a session goes on under another secret once its person may do something else, or gets in by something else.

What counts as such a change the database knows by itself (`086_rotation.sql`), whoever made it and by
whichever way; no page says so. Each change that a browser asks for ends by asking the database whether
another secret is due; any other answer does when the session arrived with one that was outdated, such as
after somebody was given another role. It is committed together with the answer, so that a page that fails
leaves the secret as it was. What the browser had sent off before still arrives, for a minute after it first
showed the new one.

A fresh proof replaces the secret by itself, and leaves no former one (`accounts.actions.proving`).
"""

import datetime as dt
import hashlib
import secrets
from typing import Any, cast

from litestar.types import Message, Scope

from upheld.platform.database import Query, Transaction
from upheld.platform.web.cookies import SESSION_COOKIE

RENEW_SESSION = Query(
    "renew_session",
    "select upheld.renew_session($1, $2)",
    "Has a session go on under another secret, if that is due; until when it lasts.",
)
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_due(scope: Scope, message: Message, *, is_outdated: bool) -> bool:
    """Whether to ask for another secret with an answer: not where it carries a session, or ends one, by itself."""
    known = cast("dict[str, Any]", scope)
    changes = known["type"] == "http" and known["method"] not in _READS
    return (is_outdated or changes) and not _sets_session(cast("dict[str, Any]", message))


async def renewed(tx: Transaction, secret: bytes) -> tuple[bytes, dt.datetime] | None:
    """Replace the secret of a session if it is due; return the new one, and until when it lasts."""
    another = secrets.token_bytes(32)
    expires_at = await tx.value(RENEW_SESSION, secret, hashlib.sha256(another).digest())
    return None if expires_at is None else (another, expires_at)


def _sets_session(message: dict[str, Any]) -> bool:
    cookie = f"{SESSION_COOKIE}=".encode()
    return any(key.lower() == b"set-cookie" and value.startswith(cookie) for key, value in message.get("headers", ()))
