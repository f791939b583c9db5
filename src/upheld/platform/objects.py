"""Files: sealed in authenticated chunks, kept in the object store, opened for their owner only.

    file = magic and version | mark of its key | mark of its owner | sealed stream (`chunks`)

Both marks are hashes with the file's own id in them: no two files share one, so the store does
not tell which files are of one person.

A row of the database names a file by its id; whoever asks says whose it has to be. A row that
was changed to name somebody else's file opens nothing and removes nothing: the key of a file
is its owner's, and its mark says whose it is even after the key has been destroyed.

Ids begin with the time, and files lie in a folder per hour: what a crash left behind is found
among the files of the last hours, without going through all of them.
"""

import asyncio
import datetime as dt
import hashlib
import logging
import secrets
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Collection, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

import obstore
from obstore.store import ObjectStore

from upheld.kit.errors import NotFoundError
from upheld.platform.chunks import CHUNK_BYTES, HEADER_BYTES, SEALED_CHUNK_BYTES, Chunks, Label, open_async, seal_async
from upheld.platform.stores import answering, drop_unfinished, settle
from upheld.platform.vault import APPLICATION, PLATFORM, DataKey, KeyRef, TamperedError, Vault

log = logging.getLogger("upheld.objects")

MAGIC = b"UPHF\x01"
_OWNED = len(MAGIC) + 16 + 16
_HEADER = _OWNED + HEADER_BYTES

_ONE_REQUEST = 12 << 20
"""Up to this many bytes go to the store in one request, which either arrives or never happened."""

_PART, _PARTS_AT_ONCE = 5 << 20, 2


class FileLostError(NotFoundError):
    """This file cannot be found. If you need it, write to whoever runs this site."""

    code = "file-lost"


@dataclass(frozen=True)
class Stored:
    """A file that a row names, and its size in bytes; nothing of it has been read yet."""

    objects: "Objects"
    ref: KeyRef
    id: UUID
    size: int

    async def read(self) -> bytes:
        """Return all of it."""
        return await self.objects.read(self.ref, self.id)

    async def read_range(self, start: int, length: int) -> bytes:
        """Return a part of it."""
        return await self.objects.read_range(self.ref, self.id, start, length)

    def tag(self) -> str:
        """Return what tells this file from every other, and nothing else: its content never changes."""
        return hashlib.sha256(b"upheld.tag.v1\x00" + self.id.bytes).hexdigest()[:32]


class Objects:
    """Puts, opens and removes encrypted files."""

    def __init__(self, store: ObjectStore, vault: Vault) -> None:
        """Take a store and the vault whose keys seal its contents."""
        self._store = store
        self._vault = vault

    async def put(self, ref: KeyRef, object_id: UUID, content: bytes | AsyncIterable[bytes]) -> None:
        """Seal and store a file under the key of `ref`, in constant memory when it comes in parts.

        It appears whole or not at all, and has reached the disk when this returns.
        """
        key = await self._vault.key(ref)
        parts = _in_parts(content) if isinstance(content, bytes) else content
        sealed = seal_async(key.key, _label(object_id), parts)
        with answering():
            await _send(self._store, path_of(object_id), _owned(key, ref, object_id), sealed)
            await settle(self._store, path_of(object_id))

    async def read(self, ref: KeyRef, object_id: UUID) -> bytes:
        """Return the whole plaintext of a file; small files only (a résumé is at most 10 MB)."""
        return b"".join([part async for part in self.stream(ref, object_id)])

    async def stream(self, ref: KeyRef, object_id: UUID) -> AsyncGenerator[bytes]:
        """Yield the plaintext chunk by chunk; each was authenticated before it is yielded.

        Raises:
            ErasedError: the key was destroyed.
            TamperedError: a chunk was changed, dropped, swapped or appended, or the file is another's.
        """
        key = await self._vault.key(ref)
        parts = self._parts(object_id)
        async with aclosing(parts):
            head = bytearray()
            while len(head) < _OWNED:
                head += await _more(parts)
            _check_owner(key, ref, object_id, bytes(head[:_OWNED]))
            async for chunk in open_async(key.key, _label(object_id), _after(deque([bytes(head[_OWNED:])]), parts)):
                yield chunk

    async def read_range(self, ref: KeyRef, object_id: UUID, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`; only the chunks they lie in are fetched and opened.

        Fewer bytes mean that the file ends there: its end is authenticated like everything else.

        Raises:
            ErasedError: the key was destroyed.
            TamperedError: a chunk in question was changed, or the file is another's.
        """
        key = await self._vault.key(ref)
        header, stored_size = await self._head(object_id)
        _check_owner(key, ref, object_id, header[:_OWNED])
        chunks = Chunks(key.key, _label(object_id), header[_OWNED:])
        count = max(1, -(-(stored_size - _HEADER) // SEALED_CHUNK_BYTES))
        first = min(start // CHUNK_BYTES, count - 1)
        end = min(-(-(start + length) // CHUNK_BYTES), count)
        sealed = await self._range(object_id, first, max(end, first + 1))
        opened = [
            chunks.open(first + n, sealed[at : at + SEALED_CHUNK_BYTES], last=first + n == count - 1)
            for n, at in enumerate(range(0, len(sealed), SEALED_CHUNK_BYTES))
        ]
        begin = start - first * CHUNK_BYTES
        return b"".join(opened)[begin : begin + length]

    async def copy(self, source_ref: KeyRef, source: UUID, ref: KeyRef, target: UUID) -> None:
        """Store a copy of a file under another key."""
        await self.put(ref, target, self.stream(source_ref, source))

    async def remove(self, owners: Collection[KeyRef], object_ids: Iterable[UUID]) -> int:
        """Remove files of these owners; return how many were there. Somebody else's stay.

        A file whose mark cannot be read is nobody's: it stays until no row names it, and goes
        with what a crash left behind.
        """
        gone = 0
        for object_id in object_ids:
            try:
                header, _ = await self._head(object_id)
            except (FileLostError, TamperedError):
                continue
            if header[_OWNED - 16 : _OWNED] not in {_mark(ref, object_id) for ref in owners}:
                log.error("a row names the file of another owner; it was not removed")
                continue
            gone += await self.discard([object_id])
        return gone

    async def discard(self, object_ids: Iterable[UUID]) -> int:
        """Remove files that no row names, whoever's they are; return how many were there."""
        gone = 0
        for object_id in object_ids:
            if await self.exists(object_id):
                with answering():
                    await obstore.delete_async(self._store, path_of(object_id))
                gone += 1
        return gone

    async def exists(self, object_id: UUID) -> bool:
        """Whether a file is there."""
        try:
            with answering():
                await obstore.head_async(self._store, path_of(object_id))
        except FileNotFoundError:
            return False
        return True

    async def older_than(self, moment: dt.datetime, since: dt.datetime | None = None) -> AsyncIterator[list[UUID]]:
        """Yield the ids of the files written before a moment, in batches.

        Args:
            moment: how old they are at least, by the store's own clock.
            since: look only at files whose ids were made from then on; None looks through all.
        """
        for folder in _folders(since, moment):
            with answering():
                async for batch in obstore.list(self._store, folder, chunk_size=1000):  # pyright: ignore[reportUnknownMemberType] - another overload returns Arrow
                    ids = [UUID(meta["path"].rsplit("/", 1)[1]) for meta in batch if meta["last_modified"] < moment]
                    if ids:
                        yield ids

    async def drop_unfinished(self, older_than: dt.timedelta, since: dt.datetime | None = None) -> int:
        """Remove what a killed process left half written; return how many."""
        folders = [*_folders(since, dt.datetime.now(dt.UTC)), "register"]
        return await asyncio.to_thread(drop_unfinished, self._store, folders, older_than.total_seconds())

    async def _parts(self, object_id: UUID) -> AsyncGenerator[bytes]:
        try:
            with answering():
                result = await obstore.get_async(self._store, path_of(object_id))
                async for part in result.stream(min_chunk_size=SEALED_CHUNK_BYTES):
                    yield bytes(part)
        except FileNotFoundError as error:
            raise _lost() from error

    async def _head(self, object_id: UUID) -> tuple[bytes, int]:
        """Return the header of a file, and how many bytes the store holds."""
        try:
            with answering():
                meta = await obstore.head_async(self._store, path_of(object_id))
                if meta["size"] <= _HEADER:
                    raise TamperedError
                header = await obstore.get_range_async(self._store, path_of(object_id), start=0, end=_HEADER)
        except FileNotFoundError as error:
            raise _lost() from error
        return bytes(header), meta["size"]

    async def _range(self, object_id: UUID, first: int, end: int) -> bytes:
        """Return the sealed chunks from `first` to before `end`."""
        start = _HEADER + first * SEALED_CHUNK_BYTES
        try:
            with answering():
                return bytes(
                    await obstore.get_range_async(
                        self._store, path_of(object_id), start=start, end=_HEADER + end * SEALED_CHUNK_BYTES
                    )
                )
        except FileNotFoundError as error:
            raise _lost() from error


def documents_of(person: UUID) -> KeyRef:
    """Return whose files a person's own documents are."""
    return KeyRef(person, PLATFORM, "documents")


def application_of(person: UUID, organisation: UUID) -> KeyRef:
    """Return whose files the résumés are that a person sent to an employer."""
    return KeyRef(person, organisation, APPLICATION)


def new_object_id(now: dt.datetime) -> UUID:
    """Return a fresh id (UUID version 7): 48 bits of time, 74 random ones. It is a name, not a secret."""
    milliseconds = int(now.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62))


def path_of(object_id: UUID) -> str:
    """Return where a file lies: in the folder of the hour in which its id was made."""
    return f"{_folder((object_id.int >> 80) // 3_600_000)}/{object_id}"


async def _send(store: ObjectStore, path: str, header: bytes, sealed: AsyncIterator[bytes]) -> None:
    """Send a file in one request when it is small; else in parts, which are given up when it fails."""
    begun, size = deque([header]), len(header)
    async for part in sealed:
        begun.append(part)
        size += len(part)
        if size > _ONE_REQUEST:
            return await _send_in_parts(store, path, _after(begun, sealed))
    await obstore.put_async(store, path, b"".join(begun), use_multipart=False)
    return None


async def _send_in_parts(store: ObjectStore, path: str, parts: AsyncIterator[bytes]) -> None:
    """Send a large file. Whoever stops waiting for it ends its source, so that the store drops what it has."""
    source = _Interruptible(parts)

    async def send() -> None:
        await obstore.put_async(store, path, source, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)

    sending = asyncio.create_task(send())
    try:
        await asyncio.shield(sending)
    except asyncio.CancelledError:
        source.interrupt()
        await asyncio.wait([sending])
        if sending.exception() is None:  # it was through already
            await obstore.delete_async(store, path)
        raise


class _Interruptible:
    """A source that can be ended from outside, also while it is waited for."""

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self._parts = parts
        self._next: asyncio.Future[bytes] | None = None
        self._interrupted = False

    def __aiter__(self) -> "_Interruptible":
        return self

    async def __anext__(self) -> bytes:
        if self._interrupted:
            raise InterruptedError
        self._next = asyncio.ensure_future(anext(self._parts))
        try:
            return await self._next
        except asyncio.CancelledError:
            raise InterruptedError from None

    def interrupt(self) -> None:
        self._interrupted = True
        if self._next is not None:
            self._next.cancel()


def _owned(key: DataKey, ref: KeyRef, object_id: UUID) -> bytes:
    of_key = hashlib.sha256(b"upheld.key.v1\x00" + object_id.bytes + key.id.bytes).digest()[:16]
    return MAGIC + of_key + _mark(ref, object_id)


def _mark(ref: KeyRef, object_id: UUID) -> bytes:
    """Return the mark of a file's owner; it tells nothing to those who do not know the owner's id."""
    said = b"\x00".join((ref.subject.bytes, ref.controller.bytes, ref.data_class.encode()))
    return hashlib.sha256(b"upheld.owner.v1\x00" + object_id.bytes + said).digest()[:16]


def _check_owner(key: DataKey, ref: KeyRef, object_id: UUID, owned: bytes) -> None:
    if owned != _owned(key, ref, object_id):
        raise TamperedError


def _label(object_id: UUID) -> Label:
    return Label("file", object_id)


def _folder(hour: int) -> str:
    return f"files/{hour:08}"


def _folders(since: dt.datetime | None, until: dt.datetime) -> list[str]:
    if since is None:
        return ["files"]
    hours = range(int(since.timestamp() // 3600), int(until.timestamp() // 3600) + 1)
    return [_folder(hour) for hour in hours]


def _lost() -> FileLostError:
    log.error("a row names a file that is not in the object store")
    return FileLostError()


async def _more(parts: AsyncIterator[bytes]) -> bytes:
    try:
        return await anext(parts)
    except StopAsyncIteration:
        raise TamperedError from None


async def _in_parts(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _after(begun: deque[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what was read already, letting go of it, and then the rest."""
    while begun:
        yield begun.popleft()
    async for part in rest:
        yield part
