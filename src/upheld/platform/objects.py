"""Files: encrypted in authenticated chunks, kept in the object store.

A stored object is `magic | version | data key id | chunks`. Each chunk holds 64 KiB of
plaintext: `nonce | ciphertext and tag`, authenticated to the object, the chunk's number and
whether it is the last. Chunks can be neither swapped nor dropped nor appended unnoticed,
and any of them opens on its own.
"""

import datetime as dt
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import UUID

import obstore
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from obstore.store import LocalStore, ObjectStore, from_url

from upheld.platform.vault import DataKey, KeyRef, TamperedError, Vault

CHUNK_BYTES = 64 * 1024
_MAGIC = b"UPHF\x01"
_SEALED_CHUNK = 12 + CHUNK_BYTES + 16
_HEADER = len(_MAGIC) + 16


class Objects:
    """Puts, opens and removes encrypted files."""

    def __init__(self, store: ObjectStore, vault: Vault) -> None:
        """Take a store and the vault whose keys seal its contents."""
        self._store = store
        self._vault = vault

    @classmethod
    def open(cls, url: str, vault: Vault) -> "Objects":
        """Open the store that a URL names, such as `file:///folder` or `s3://bucket`."""
        return cls(open_store(url), vault)

    async def put(self, ref: KeyRef, object_id: UUID, content: bytes) -> None:
        """Seal and store a file under the key of `ref`."""
        key = await self._vault.key(ref)
        await obstore.put_async(self._store, _path(object_id), b"".join(seal_chunks(key, object_id, content)))

    async def read(self, object_id: UUID) -> bytes:
        """Return the whole plaintext of a file; small files only (a résumé is at most 10 MB)."""
        return b"".join([chunk async for chunk in self.stream(object_id)])

    async def stream(self, object_id: UUID) -> AsyncIterator[bytes]:
        """Yield the plaintext chunk by chunk; each was authenticated before it is yielded.

        Raises:
            ErasedError: the key was destroyed.
            TamperedError: a chunk was changed, dropped, swapped or appended.
        """
        result = await obstore.get_async(self._store, _path(object_id))
        buffered = bytearray()
        key: DataKey | None = None
        index = 0
        async for part in result.stream():
            buffered += bytes(part)
            if key is None and len(buffered) >= _HEADER:
                key = await self._key_of(bytes(buffered[:_HEADER]))
                del buffered[:_HEADER]
            # One chunk is held back: only the end of the object tells which is the last.
            while key is not None and len(buffered) > _SEALED_CHUNK:
                yield open_chunk(key, object_id, index, bytes(buffered[:_SEALED_CHUNK]), last=False)
                del buffered[:_SEALED_CHUNK]
                index += 1
        if key is None:
            raise TamperedError
        yield open_chunk(key, object_id, index, bytes(buffered), last=True)

    async def copy(self, source: UUID, ref: KeyRef, target: UUID) -> None:
        """Store a copy of a file under another key."""
        await self.put(ref, target, await self.read(source))

    async def remove(self, object_ids: Iterable[UUID]) -> int:
        """Remove files; return how many were there."""
        gone = 0
        for object_id in object_ids:
            with suppress(FileNotFoundError):
                await obstore.head_async(self._store, _path(object_id))
                await obstore.delete_async(self._store, _path(object_id))
                gone += 1
        return gone

    async def exists(self, object_id: UUID) -> bool:
        """Whether a file is there."""
        try:
            await obstore.head_async(self._store, _path(object_id))
        except FileNotFoundError:
            return False
        return True

    async def older_than(self, moment: dt.datetime) -> AsyncIterator[list[UUID]]:
        """Yield the ids of the files written before a moment, in batches."""
        async for batch in obstore.list(self._store, "files/", chunk_size=1000):  # pyright: ignore[reportUnknownMemberType] - another overload returns Arrow
            ids = [UUID(meta["path"].rsplit("/", 1)[1]) for meta in batch if meta["last_modified"] < moment]
            if ids:
                yield ids

    async def _key_of(self, header: bytes) -> DataKey:
        if header[: len(_MAGIC)] != _MAGIC:
            raise TamperedError
        return await self._vault.key_by_id(UUID(bytes=header[len(_MAGIC) :]))


def open_store(url: str) -> ObjectStore:
    """Open an object store; a local folder is made when missing, for its owner only."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(url2pathname(parts.path))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(folder)
    return from_url(url)


def seal_chunks(key: DataKey, object_id: UUID, content: bytes) -> Iterator[bytes]:
    """Yield header and sealed chunks of a file."""
    yield _MAGIC + key.id.bytes
    cipher = AESGCM(key.key)
    starts = range(0, max(len(content), 1), CHUNK_BYTES)
    for index, start in enumerate(starts):
        nonce = os.urandom(12)
        bound = _bound(object_id, index, last=index == len(starts) - 1)
        yield nonce + cipher.encrypt(nonce, content[start : start + CHUNK_BYTES], bound)


def open_chunk(key: DataKey, object_id: UUID, index: int, sealed: bytes, *, last: bool) -> bytes:
    """Open one sealed chunk.

    Raises:
        TamperedError: it was changed, or is not this chunk of this file.
    """
    try:
        return AESGCM(key.key).decrypt(sealed[:12], sealed[12:], _bound(object_id, index, last=last))
    except (InvalidTag, ValueError):
        raise TamperedError from None


def _bound(object_id: UUID, index: int, *, last: bool) -> bytes:
    return b"upheld.file.v1\x00" + object_id.bytes + index.to_bytes(8, "big") + (b"\x01" if last else b"\x00")


def _path(object_id: UUID) -> str:
    """Return where an object lies: spread over folders by its (random) id."""
    return f"files/{object_id.hex[:2]}/{object_id}"
