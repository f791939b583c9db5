"""Streams sealed in authenticated chunks, for files and for backups, in constant memory.

    stream = magic and version | salt | sealed chunks
    key of the stream = HKDF-SHA-256(key, salt, what the stream is for and which it is)
    sealed chunk = AES-256-GCM(64 KiB of plaintext, nonce = number of the chunk | whether it is the last)

No two streams share a key, so no nonce ever meets another one and no chunk opens in another
stream, under another number or as another end: streams can be neither swapped, cut, reordered,
lengthened nor mixed with an older version of themselves unnoticed. Any chunk opens on its own.
"""

import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from upheld.platform.vault import TamperedError

CHUNK_BYTES = 64 * 1024
SEALED_CHUNK_BYTES = CHUNK_BYTES + 16
_MAGIC = b"UPHC\x01"
HEADER_BYTES = len(_MAGIC) + 32


@dataclass(frozen=True)
class Label:
    """What a stream is for, such as `file`, and which one it is; it opens under no other label."""

    purpose: str
    id: UUID

    def bound(self) -> bytes:
        """Return the bytes that tie a stream's key to its place."""
        return b"\x00".join((b"upheld.chunks.v1", self.purpose.encode(), self.id.bytes))


class Chunks:
    """The chunks of one stream, each sealed and opened on its own."""

    def __init__(self, key: bytes, label: Label, header: bytes) -> None:
        """Derive the stream's key from a 256-bit key and the stream's header.

        Raises:
            TamperedError: this is no header of a stream.
        """
        if len(header) != HEADER_BYTES or not header.startswith(_MAGIC):
            raise TamperedError
        derive = HKDF(SHA256(), length=32, salt=header[len(_MAGIC) :], info=label.bound())
        self._cipher = AESGCM(derive.derive(key))

    def seal(self, number: int, content: bytes, *, last: bool) -> bytes:
        """Seal a chunk; never two contents under one number of one stream."""
        return self._cipher.encrypt(_nonce(number, last=last), content, None)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        """Open a chunk.

        Raises:
            TamperedError: it was changed, or is not this chunk of this stream.
        """
        try:
            return self._cipher.decrypt(_nonce(number, last=last), sealed, None)
        except (InvalidTag, ValueError):
            raise TamperedError from None


class Sealer:
    """Seals a stream as its parts arrive: `header`, what each `add` yields, then `end`."""

    def __init__(self, key: bytes, label: Label) -> None:
        """Begin a stream under a 256-bit key."""
        self.header = _MAGIC + os.urandom(32)
        self._chunks = Chunks(key, label, self.header)
        self._cut = _Cut(CHUNK_BYTES)

    def add(self, part: bytes) -> Iterator[bytes]:
        """Take the next part, of any size, and yield the chunks that are full; read it to its end."""
        for number, content in self._cut.add(part):
            yield self._chunks.seal(number, content, last=False)

    def end(self) -> bytes:
        """Return the last chunk: without it the stream does not open."""
        number, content = self._cut.end()
        return self._chunks.seal(number, content, last=True)


class Opener:
    """Opens a stream as its parts arrive: what each `add` yields, then `end`.

    Whatever is yielded is authentic, and in its place; that nothing is missing after it is
    known only when `end` has returned.
    """

    def __init__(self, key: bytes, label: Label) -> None:
        """Begin to read a stream under the key and the label that it was sealed with."""
        self._key, self._label = key, label
        self._header = bytearray()
        self._chunks: Chunks | None = None
        self._cut = _Cut(SEALED_CHUNK_BYTES)

    def add(self, part: bytes) -> Iterator[bytes]:
        """Take the next part, of any size, and yield the chunks that open; read it to its end.

        Raises:
            TamperedError: a chunk was changed, dropped, swapped or appended.
        """
        view = memoryview(part)
        if self._chunks is None:
            missing = HEADER_BYTES - len(self._header)
            self._header += view[:missing]
            view = view[missing:]
            if len(self._header) < HEADER_BYTES:
                return
            self._chunks = Chunks(self._key, self._label, bytes(self._header))
        for number, sealed in self._cut.add(view):
            yield self._chunks.open(number, sealed, last=False)

    def end(self) -> bytes:
        """Return the last chunk.

        Raises:
            TamperedError: the stream was cut short, or goes on after its end.
        """
        if self._chunks is None:
            raise TamperedError
        number, sealed = self._cut.end()
        return self._chunks.open(number, sealed, last=True)


def seal(key: bytes, label: Label, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a stream sealed from parts of any size."""
    sealer = Sealer(key, label)
    yield sealer.header
    for part in parts:
        yield from sealer.add(part)
    yield sealer.end()


def open_parts(key: bytes, label: Label, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the plaintext of a sealed stream; only its end says that nothing is missing.

    Raises:
        TamperedError: it was changed, or is another stream.
    """
    opener = Opener(key, label)
    for part in parts:
        yield from opener.add(part)
    yield opener.end()


async def seal_async(key: bytes, label: Label, parts: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield a stream sealed from parts as they arrive."""
    sealer = Sealer(key, label)
    yield sealer.header
    async for part in parts:
        for chunk in sealer.add(part):
            yield chunk
    yield sealer.end()


async def open_async(key: bytes, label: Label, parts: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the plaintext of a sealed stream as it arrives; only its end says that nothing is missing.

    Raises:
        TamperedError: it was changed, or is another stream.
    """
    opener = Opener(key, label)
    async for part in parts:
        for chunk in opener.add(part):
            yield chunk
    yield opener.end()


class _Cut:
    """Cuts a stream into numbered pieces of one size.

    The newest piece is held back until more follows: only the end tells which is the last.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = bytearray()
        self._number = 0

    def add(self, part: bytes | memoryview) -> Iterator[tuple[int, bytes]]:
        view = memoryview(part)
        for start in range(0, len(view), self._size):
            self._held += view[start : start + self._size]
            while len(self._held) > self._size:
                yield self._number, bytes(self._held[: self._size])
                del self._held[: self._size]
                self._number += 1

    def end(self) -> tuple[int, bytes]:
        return self._number, bytes(self._held)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
