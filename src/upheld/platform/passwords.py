"""Passwords: bcrypt, off the event loop, in a bounded pool.

bcrypt reads 72 bytes. Longer passwords are hashed first (SHA-256, in base64, so that no
NUL byte ends them early); nothing is ever truncated. The pool is bounded so that sign-ins
cannot take the whole machine, and a full one says so instead of queueing without end.
"""

import asyncio
import base64
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import bcrypt

from upheld.kit.errors import UnavailableError

_Result = TypeVar("_Result")
_LONGEST_QUEUE = 64
_POOL = ThreadPoolExecutor(max_workers=max(2, (os.cpu_count() or 2) // 2), thread_name_prefix="bcrypt")
_waiting = 0


async def hash_password(password: str, cost: int) -> str:
    """Return the bcrypt hash of a password."""
    return (await _in_pool(lambda: bcrypt.hashpw(_prepared(password), bcrypt.gensalt(cost)))).decode()


async def verify_password(password: str, known_hash: str | None, cost: int) -> bool:
    """Whether a password belongs to a hash; without a hash the same work is done, in vain."""
    wanted = known_hash or _hash_of_nobody(cost)
    matches = await _in_pool(lambda: bcrypt.checkpw(_prepared(password), wanted.encode()))
    return matches and known_hash is not None


def cost_of(known_hash: str) -> int:
    """Return the cost a hash was made at."""
    return int(known_hash.split("$")[2])


def _prepared(password: str) -> bytes:
    raw = password.encode()
    if len(raw) <= 72 and b"\x00" not in raw:  # noqa: PLR2004 - bcrypt's limit
        return raw
    return b"sha256:" + base64.b64encode(hashlib.sha256(raw).digest())


@cache
def _hash_of_nobody(cost: int) -> str:
    return bcrypt.hashpw(os.urandom(16).hex().encode(), bcrypt.gensalt(cost)).decode()


async def _in_pool(work: Callable[[], _Result]) -> _Result:
    global _waiting  # noqa: PLW0603 - owned by the event loop's thread alone
    if _waiting >= _LONGEST_QUEUE:
        raise UnavailableError
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_POOL, work)
    finally:
        _waiting -= 1
