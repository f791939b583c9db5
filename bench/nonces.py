"""Ten million fields sealed: no nonce comes twice, in memory that does not grow with them.

Nonces go to one of 256 files by their first byte, and each file is then looked through by
itself: equal ones can only lie in the same file. So a set of some 40,000 nonces at a time is
all that is held, instead of ten million.
"""

import os
import resource
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

from bench.figures import Figure
from upheld.platform.vault import Cell, DataKey, seal_field

FIELDS, NONCE = 10_000_000, 12
MOST_MEGABYTES = 64


async def measure() -> list[Figure]:
    """Measure once."""
    key, cell = DataKey(uuid4(), os.urandom(32)), Cell("profiles", "summary_sealed", UUID(int=1))
    before, began = _peak(), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="upheld-bench-") as folder:
        files = [(Path(folder) / f"{first:02x}").open("w+b", buffering=16 * 1024) for first in range(256)]
        for _ in range(FIELDS):
            nonce = seal_field(key, cell, "the same")[17 : 17 + NONCE]
            files[nonce[0]].write(nonce)
        seconds = time.perf_counter() - began
        counted, different = 0, 0
        for file in files:
            file.seek(0)
            content = file.read()
            file.close()
            counted += len(content) // NONCE
            different += len({content[at : at + NONCE] for at in range(0, len(content), NONCE)})
    return [
        Figure("fields sealed under one key", counted, "fields", at_least=FIELDS),
        Figure("nonces that came twice", counted - different, "nonces", at_most=0),
        Figure("fields sealed a second", FIELDS / seconds, "fields/s"),
        Figure("memory that all of it took", _peak() - before, "MB", at_most=MOST_MEGABYTES),
    ]


def _peak() -> float:
    """Return the most memory this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
