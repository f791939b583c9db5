"""Puts a hundred megabytes into the object store and takes them out again; prints by how much memory grew.

Run as a process of its own: `python -m tests.platform.streaming FOLDER`.
"""

import asyncio
import hashlib
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast
from uuid import uuid4

from obstore.store import LocalStore

from upheld.platform.objects import Objects, documents_of
from upheld.platform.vault import DataKey, KeyRef, Vault

MEGABYTES = 100
_KEY = DataKey(uuid4(), bytes(range(32)))


class _OneKey:
    """A vault that knows one key; what is measured is the way of the bytes."""

    async def key(self, _: KeyRef) -> DataKey:
        return _KEY


async def _content() -> AsyncIterator[bytes]:
    for number in range(MEGABYTES):
        yield hashlib.shake_128(number.to_bytes(4, "big")).digest(1 << 20)


async def _measure(folder: Path) -> int:
    objects, owner = Objects(LocalStore(folder), cast("Vault", _OneKey())), documents_of(uuid4())
    await objects.put(owner, small := uuid4(), bytes(1 << 20))  # what is loaded once is loaded now
    await objects.read(owner, small)
    before = _peak_from_now()
    put, got = hashlib.sha256(), hashlib.sha256()
    await objects.put(owner, large := uuid4(), _content())
    async for part in objects.stream(owner, large):
        got.update(part)
    async for part in _content():
        put.update(part)
    assert put.digest() == got.digest()
    return _peak() - before


def _peak_from_now() -> int:
    """Let the peak begin anew at what is held now, and return it."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    """Return the most memory that this process has held, in kilobytes, as the kernel keeps it."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


if __name__ == "__main__":
    print(asyncio.run(_measure(Path(sys.argv[1]))))  # noqa: T201 - read by whoever started this
