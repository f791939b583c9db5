"""Sealed streams on disk, and the archive of stored files inside one."""

import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from uuid import UUID

import obstore
from obstore.store import ObjectStore

from upheld.platform.backup.errors import DamagedError
from upheld.platform.chunks import Label, open_parts, seal
from upheld.platform.vault import TamperedError

DATABASE, OBJECTS = "database", "objects"

Advance = Callable[[int], None]
"""Hears how many more bytes were read or written."""

_BLOCK = 1 << 20


def write(folder: Path, name: str, key: bytes, backup: UUID, parts: Iterable[bytes], advance: Advance) -> int:
    """Seal a stream into a new file of mode 0600 that is on disk when this returns; return its size."""
    size = 0
    opened = os.open(folder / f"{name}.sealed", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as file:
        for sealed in seal(key, Label(f"backup {name}", backup), parts):
            size += file.write(sealed)
            advance(len(sealed))
        file.flush()
        os.fsync(file.fileno())
    return size


def read(folder: Path, name: str, key: bytes, backup: UUID, advance: Advance) -> Iterator[bytes]:
    """Yield what a sealed file holds.

    Raises:
        DamagedError: it is missing, was changed, or was cut short.
    """
    path = folder / f"{name}.sealed"
    try:
        yield from open_parts(key, Label(f"backup {name}", backup), _blocks(path, advance))
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}. Nothing was changed."
        raise DamagedError(msg) from None
    except TamperedError:
        msg = f"{path} was changed, or cut short. Nothing was changed by reading it."
        raise DamagedError(msg) from None


def _blocks(path: Path, advance: Advance) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            advance(len(block))
            yield block


def listed(store: ObjectStore, prefix: str) -> "list[obstore.ObjectMeta]":
    """Return what a store holds below a prefix."""
    found = obstore.list(store, prefix, chunk_size=1000)  # pyright: ignore[reportUnknownMemberType] - another overload returns Arrow
    return [meta for batch in found for meta in batch]


@dataclass
class Tally:
    """How many files were packed, and how large they are together."""

    files: int = 0
    bytes: int = 0


def packed(store: ObjectStore, entries: Iterable[str], files: Iterable[str], tally: Tally) -> Iterator[bytes]:
    """Yield entries of the register and files as a tar stream; a file that is gone was erased meanwhile."""
    for path in entries:
        yield from _packed(path, obstore.get(store, path))
    for path in files:
        try:
            found = obstore.get(store, path)
        except FileNotFoundError:
            continue
        tally.files += 1
        tally.bytes += found.meta["size"]
        yield from _packed(path, found)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _packed(path: str, found: "obstore.GetResult") -> Iterator[bytes]:
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = found.meta["size"], 0o600
    yield entry.tobuf(tarfile.USTAR_FORMAT)
    for part in found.stream():
        yield bytes(part)
    yield bytes(-entry.size % tarfile.BLOCKSIZE)


def unpacked(parts: Iterable[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield path and content of each file of a tar stream, in order; read each before the next.

    Raises:
        DamagedError: it is no such stream.
    """
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", _Reader(parts)), mode="r|", bufsize=_BLOCK) as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                if content is None:
                    raise DamagedError
                yield entry.name, content
    except tarfile.TarError:
        raise DamagedError from None


class _Reader:
    """Lets `tarfile` read what is yielded."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._rest = bytearray()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer at the end only."""
        while len(self._rest) < size and (part := next(self._parts, b"")):
            self._rest += part
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken
