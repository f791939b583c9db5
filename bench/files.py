"""Files: how fast they are sealed and opened beside bare AES-GCM, and in how much memory."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.figures import Figure
from upheld.platform.chunks import CHUNK_BYTES, Label, open_parts, seal

_BYTES = 64 << 20
_RUNS = 7


async def measure() -> list[Figure]:
    """Measure on the same bytes, each the best of a few runs, taken in turns."""
    return await asyncio.to_thread(_figures)


def _figures() -> list[Figure]:
    content, key, label = os.urandom(_BYTES), os.urandom(32), Label("file", uuid4())
    pieces = [content[start : start + CHUNK_BYTES] for start in range(0, _BYTES, CHUNK_BYTES)]
    stream = list(seal(key, label, pieces))
    bare = AESGCM(key)
    sealed = [(nonce := os.urandom(12), bare.encrypt(nonce, piece, None)) for piece in pieces]
    encrypt, ours, decrypt, back = _best(
        lambda: _spend(bare.encrypt(os.urandom(12), piece, None) for piece in pieces),
        lambda: _spend(seal(key, label, pieces)),
        lambda: _spend(bare.decrypt(nonce, piece, None) for nonce, piece in sealed),
        lambda: _spend(open_parts(key, label, stream)),
    )
    return [
        Figure("bare AES-GCM, sealing the same chunks", encrypt, "MB/s"),
        Figure("files sealed", ours, "MB/s"),
        Figure("sealing a file beside bare AES-GCM", ours / encrypt, "times", at_least=0.5),
        Figure("files opened", back, "MB/s"),
        Figure("opening a file beside bare AES-GCM", back / decrypt, "times", at_least=0.5),
        Figure("memory growth, 100 MB into the store and out", _growth(), "MB", at_most=32),
    ]


def _best(*works: Callable[[], None]) -> list[float]:
    """Return the best speed of each work in MB/s."""
    best = [0.0] * len(works)
    for _ in range(_RUNS):
        for number, work in enumerate(works):
            start = time.perf_counter()
            work()
            best[number] = max(best[number], _BYTES / 1e6 / (time.perf_counter() - start))
    return best


def _spend(parts: Iterable[bytes]) -> None:
    for _ in parts:
        pass


def _growth() -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.platform.streaming", folder]
        said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])  # noqa: S603 - ourselves
    return int(said.stdout) / 1024
