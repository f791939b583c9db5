"""The register of erasures: outside the database, written before a key is destroyed.

Entry n is an object `register/NNNNNNNN.json`, signed, and chained to the one before by its
hash; the head lies in the keyring. It holds random ids and hashes of random secrets only. At every start it is compared
with the data: whoever it names must not be there. After the restore of an older backup
they are, and the application refuses to serve until the erasures have been replayed.
"""

import asyncio
import datetime as dt
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

import msgspec
import obstore
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from obstore.store import ObjectStore

from upheld.kit.errors import UnavailableError
from upheld.platform.database import Database, Transaction, load_queries
from upheld.platform.hold import Hold, held, release
from upheld.platform.keyfiles import KeyFiles
from upheld.platform.stores import answering, settle

_Q = load_queries("upheld.platform.keyring")
_START = hashlib.sha256(b"upheld register of erasures").digest()


class RegisterError(UnavailableError):
    """The register of erasures does not match; the application does not serve until it does."""

    code = "register"


class Entry(msgspec.Struct, frozen=True):
    """One erasure: whose, under which request and receipt, what is to be destroyed, when.

    What it says about the keys was written while they were all there: a worker that takes
    over halfway can still certify every one of them.
    """

    number: int
    erasure_id: UUID
    person_id: UUID
    receipt_hash: str
    requested_at: dt.datetime
    keys_count: int
    keys_sha256: str
    at: dt.datetime
    previous: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return the canonical bytes (RFC 8785) that are signed and chained."""
        content: dict[str, object] = msgspec.to_builtins(self)
        del content["signature"]
        return rfc8785.dumps(content)  # pyright: ignore[reportArgumentType] - plain JSON values

    def digest(self) -> bytes:
        """Return the hash that the next entry and the head are chained to."""
        return hashlib.sha256(self.signed_bytes()).digest()


class Erasure(msgspec.Struct, frozen=True):
    """What is about to be destroyed: whose, under which request and receipt, which keys."""

    id: UUID
    person_id: UUID
    receipt_hash: bytes
    requested_at: dt.datetime
    key_ids: list[UUID]


class Head(msgspec.Struct):
    """How many entries there are, and the hash of the last."""

    entries: int
    head: bytes


class Register:
    """Appends to and reads the register."""

    def __init__(self, store: ObjectStore, database: Database, keys: KeyFiles) -> None:
        """Take the object store, a database opened as `vault`, and the key files that sign."""
        self._store = store
        self._database = database
        self._keys = keys

    async def append(self, erasure: Erasure) -> Entry:
        """Write an entry down, on disk, before anything is destroyed. Repeating it adds nothing.

        The head is locked meanwhile, so that only one erasure at a time moves it.
        """
        await self._start()
        async with self._database.transaction("vault") as tx:
            head = await tx.one(_Q["hold_register_head"], into=Head)
            assert head is not None  # noqa: S101 - it was just started
            entries = await self._verified(head)
            # Entries that a killed worker wrote without moving the head are ours all the same.
            for entry in entries[head.entries :]:
                await tx.run(_Q["move_register_head"], entry.number, entry.digest())
            known = next((entry for entry in entries if entry.erasure_id == erasure.id), None)
            return known or await self._add(tx, erasure, entries)

    async def entries(self) -> list[Entry]:
        """Return every entry, each verified: number, chain, signature, head.

        Raises:
            RegisterError: an entry is missing or changed.
        """
        await self._start()
        async with self._database.transaction("vault") as tx:
            head = await tx.one(_Q["register_head"], into=Head)
        assert head is not None  # noqa: S101 - it was just started
        return await self._verified(head)

    async def survivors(self, named: Iterable[UUID]) -> set[UUID]:
        """Return which of the people named in the register still have a key with the platform."""
        async with self._database.transaction("vault") as tx:
            return set(await tx.column(_Q["live_subjects"], list(named), UUID(int=0)))

    async def restored(self) -> Hold | None:
        """Return what was restored and not answered for yet by replaying the erasures."""
        return await asyncio.to_thread(held, self._store)

    async def release(self) -> None:
        """Let a restored deployment serve: every erasure in the register has been repeated."""
        await asyncio.to_thread(release, self._store)

    async def _start(self) -> None:
        async with self._database.transaction("vault") as tx:
            await tx.run(_Q["start_register"], _START)

    async def _add(self, tx: Transaction, erasure: Erasure, entries: list[Entry]) -> Entry:
        previous = entries[-1].digest() if entries else _START
        unsigned = _unsigned(erasure, len(entries) + 1, previous)
        signature = self._keys.signing_key().sign(unsigned.signed_bytes())
        entry = msgspec.structs.replace(unsigned, signature=signature.hex())
        with answering():
            # Never over another one, whoever else thinks that it holds the head.
            await obstore.put_async(self._store, _path(entry.number), msgspec.json.encode(entry), mode="create")
            await settle(self._store, _path(entry.number))
        await tx.run(_Q["move_register_head"], entry.number, entry.digest())
        return entry

    async def _verified(self, head: Head) -> list[Entry]:
        """Read all there is, also beyond the head: an old backup of the keyring knows fewer."""
        previous, reached = _START, _START
        entries: list[Entry] = []
        while (entry := await self._entry(len(entries) + 1)) is not None:
            if entry.previous != previous.hex():
                msg = f"Entry {entry.number} of the register of erasures does not follow the one before it."
                raise RegisterError(msg)
            previous = entry.digest()
            entries.append(entry)
            if entry.number == head.entries:
                reached = previous
        if len(entries) < head.entries or reached != head.head:
            msg = f"The keyring knows of {head.entries} erasures, but the register holds others, or fewer."
            raise RegisterError(msg)
        return entries

    async def _entry(self, number: int) -> Entry | None:
        try:
            with answering():
                stored = await obstore.get_async(self._store, _path(number))
                content = bytes(await stored.bytes_async())
            entry = msgspec.json.decode(content, type=Entry)
            _check(self._keys.verifiers(), entry)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, ValueError, InvalidSignature) as error:
            msg = f"Entry {number} of the register of erasures was changed."
            raise RegisterError(msg) from error
        if entry.number != number:
            msg = f"Entry {number} of the register of erasures is another one."
            raise RegisterError(msg)
        return entry


def keys_digest(key_ids: Iterable[UUID]) -> str:
    """Return the hash that stands for a set of keys: SHA-256 of their sorted ids."""
    return hashlib.sha256(b"".join(sorted(key_id.bytes for key_id in key_ids))).hexdigest()


def _check(verifiers: list[Ed25519PublicKey], entry: Entry) -> None:
    """Check a signature against the key in use and those before it: a replaced key's entries stay valid."""
    for verifier in verifiers:
        with suppress(InvalidSignature):
            verifier.verify(bytes.fromhex(entry.signature), entry.signed_bytes())
            return
    raise InvalidSignature


def _unsigned(erasure: Erasure, number: int, previous: bytes) -> Entry:
    return Entry(
        number=number,
        erasure_id=erasure.id,
        person_id=erasure.person_id,
        receipt_hash=erasure.receipt_hash.hex(),
        requested_at=erasure.requested_at,
        keys_count=len(erasure.key_ids),
        keys_sha256=keys_digest(erasure.key_ids),
        at=dt.datetime.now(dt.UTC),
        previous=previous.hex(),
    )


def _path(number: int) -> str:
    return f"register/{number:08}.json"
