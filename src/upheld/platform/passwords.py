"""Passwords: bcrypt, off the event loop, in a bounded pool.

bcrypt reads 72 bytes. Longer passwords are hashed first (SHA-256, in base64, so that no
NUL byte ends them early); nothing is ever truncated. The pool is bounded so that sign-ins
cannot take the whole machine, and a full one says so instead of queueing without end.
"""

import asyncio
import base64
import hashlib
import os
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from enum import IntEnum
from typing import TypeVar

import bcrypt

from upheld.kit.errors import UnavailableError

_Result = TypeVar("_Result")


class Lane(IntEnum):
    """Who goes first, when more passwords wait than can be checked at once."""

    KNOWN = 0
    """Somebody whose browser the account knows, or who is signed in."""
    STRANGER = 1


_LONGEST_QUEUE = 64
"""How many may wait in each lane: strangers, however many, take nobody's place in the other."""

_SHARE = 4
"""Of so many turns, strangers who wait get one."""

_AT_ONCE = max(2, (os.cpu_count() or 2) // 2)


class _Turns:
    """Turns at hashing, as many at once as there are threads."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._given = 0
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in Lane}

    @asynccontextmanager
    async def turn(self, lane: Lane) -> AsyncGenerator[None]:
        """Wait for a turn; it is held until the block ends."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(self._waiting[lane])
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, lane: "deque[asyncio.Future[None]]") -> None:
        if len(lane) >= _LONGEST_QUEUE:
            raise UnavailableError
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()
            else:
                lane.remove(mine)
            raise

    def _pass_on(self) -> None:
        self._given += 1
        known, strangers = self._waiting[Lane.KNOWN], self._waiting[Lane.STRANGER]
        # However many are known, who is not gets a share: nobody waits without end.
        first = strangers if strangers and self._given % _SHARE == 0 else known or strangers
        if first:
            first.popleft().set_result(None)
        else:
            self._free += 1


def _give_way() -> None:
    """Let everything else on this machine go first: a page takes milliseconds, a hash a quarter of a second."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


_NICE = 5
_POOL = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="bcrypt", initializer=_give_way)
_TURNS = _Turns(_AT_ONCE)


async def hash_password(password: str, cost: int, lane: Lane = Lane.STRANGER) -> str:
    """Return the bcrypt hash of a password."""
    return (await _in_turn(lane, lambda: bcrypt.hashpw(_prepared(password), bcrypt.gensalt(cost)))).decode()


async def verify_password(password: str, known_hash: str | None, cost: int, lane: Lane = Lane.KNOWN) -> bool:
    """Whether a password belongs to a hash; without a hash, or with a cheaper one, the same work is done, in vain."""
    wanted, tried = (known_hash or _hash_of_nobody(cost)).encode(), _prepared(password)

    def check() -> bool:
        matches = bcrypt.checkpw(tried, wanted)
        # Each step doubles the work: those from a cheaper hash's on make up what it lacks, to the round.
        for step in range(cost_of(wanted.decode()), cost):
            bcrypt.checkpw(tried, _hash_of_nobody(step).encode())
        return matches

    return await _in_turn(lane, check) and known_hash is not None


def cost_of(known_hash: str) -> int:
    """Return the cost a hash was made at."""
    return int(known_hash.split("$")[2])


def _prepared(password: str) -> bytes:
    raw = password.encode()
    if len(raw) <= 72 and b"\x00" not in raw:  # noqa: PLR2004 - bcrypt's limit
        return raw
    return b"sha256:" + base64.b64encode(hashlib.sha256(raw).digest())


def _hash_of_nobody(cost: int) -> str:
    """Return what looks like a hash; that some password belongs to it is as likely as a guess at 184 bits."""
    return bcrypt.gensalt(cost).decode() + 31 * "."


async def _in_turn(lane: Lane, work: Callable[[], _Result]) -> _Result:
    async with _TURNS.turn(lane):
        return await asyncio.get_running_loop().run_in_executor(_POOL, work)
