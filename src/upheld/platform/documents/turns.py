"""Turns: how many documents are opened at the same time, and how many may wait.

Whoever waits holds a request, and a request holds a connection to the database: the line is
short, and shorter still for each person, so that nobody's documents keep others from
reading a page.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager

from upheld.kit.errors import UnavailableError


class BusyError(UnavailableError):
    """Many documents are being opened at the moment. Yours was not stored; send it again in a minute."""

    code = "documents-busy"


class OneByOneError(UnavailableError):
    """Other documents of yours are still being opened. Send this one again in a moment."""

    code = "documents-one-by-one"


class Turns:
    """A few turns and a short line before them, in one event loop."""

    def __init__(self, at_once: int, most_waiting: int, most_each: int, patience: float) -> None:
        """Take how many may run, wait, and both together for the same subject; and seconds to wait."""
        self._free = asyncio.Semaphore(at_once)
        self._room = at_once + most_waiting
        self._most_each = most_each
        self._patience = patience
        self._here: Counter[Hashable] = Counter()

    @asynccontextmanager
    async def one(self, subject: Hashable | None = None) -> AsyncGenerator[None]:
        """Wait for a turn and hold it.

        Raises:
            OneByOneError: the subject has as many here as it may.
            BusyError: the line is full, or it took too long.
        """
        if subject is not None and self._here[subject] >= self._most_each:
            raise OneByOneError
        if self._here.total() >= self._room:
            raise BusyError
        self._here[subject] += 1
        try:
            await self._wait()
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._here -= Counter([subject])

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise BusyError from None
