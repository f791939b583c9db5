"""The register of erasures: outside the database, written before a key is destroyed.

Entry n is an object `register/NNNNNNNN.json`, signed, and chained to the one before by its
hash; the head lies in the keyring. It holds random ids only. At every start it is compared
with the data: whoever it names must not be there. After the restore of an older backup
they are, and the application refuses to serve until the erasures have been replayed.
"""

import datetime as dt
import hashlib
from uuid import UUID

import msgspec
import obstore
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from obstore.store import ObjectStore

from upheld.kit.errors import UnavailableError
from upheld.platform.database import Database, load_queries

_Q = load_queries("upheld.platform.keyring")
_START = hashlib.sha256(b"upheld register of erasures").digest()


class RegisterError(UnavailableError):
    """The register of erasures does not match; the application does not serve until it does."""

    code = "register"


class Entry(msgspec.Struct, frozen=True):
    """One erasure: whose, under which request, when, and the hash of the entry before."""

    number: int
    erasure_id: UUID
    person_id: UUID
    at: dt.datetime
    previous: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return the canonical bytes (RFC 8785) that are signed and chained."""
        content: dict[str, object] = msgspec.to_builtins(self)
        del content["signature"]
        return rfc8785.dumps(content)  # pyright: ignore[reportArgumentType] - plain JSON values


class Head(msgspec.Struct):
    """How many entries there are, and the hash of the last."""

    entries: int
    head: bytes


class Register:
    """Appends to and reads the register."""

    def __init__(self, store: ObjectStore, database: Database, key: Ed25519PrivateKey) -> None:
        """Take the object store, a database opened as `vault`, and the signing key."""
        self._store = store
        self._database = database
        self._key = key

    async def append(self, erasure_id: UUID, person_id: UUID) -> Entry:
        """Write an entry down, on disk, before anything is destroyed. Repeating it adds nothing.

        The head is locked meanwhile; an entry whose head was never moved is overwritten by
        the next, which is safe because nothing was destroyed for it.
        """
        for entry in await self.entries():
            if entry.erasure_id == erasure_id:
                return entry
        async with self._database.transaction("vault") as tx:
            head = await tx.one(_Q["hold_register_head"], into=Head)
            assert head is not None  # noqa: S101 - `entries` has just started it
            unsigned = Entry(head.entries + 1, erasure_id, person_id, dt.datetime.now(dt.UTC), head.head.hex())
            entry = msgspec.structs.replace(unsigned, signature=self._key.sign(unsigned.signed_bytes()).hex())
            await obstore.put_async(self._store, _path(entry.number), msgspec.json.encode(entry))
            await tx.run(_Q["move_register_head"], entry.number, _hash(entry))
        return entry

    async def entries(self) -> list[Entry]:
        """Return every entry, each verified: number, chain, signature, head.

        Raises:
            RegisterError: an entry is missing, changed, or newer than the keyring knows.
        """
        head = await self._head()
        public, previous = self._key.public_key(), _START
        entries: list[Entry] = []
        for number in range(1, head.entries + 1):
            try:
                stored = await obstore.get_async(self._store, _path(number))
                entry = msgspec.json.decode(bytes(await stored.bytes_async()), type=Entry)
                public.verify(bytes.fromhex(entry.signature), entry.signed_bytes())
            except (FileNotFoundError, msgspec.DecodeError, ValueError, InvalidSignature) as error:
                msg = f"Entry {number} of the register of erasures is missing or was changed."
                raise RegisterError(msg) from error
            if entry.number != number or entry.previous != previous.hex():
                msg = f"Entry {number} of the register of erasures does not follow the one before it."
                raise RegisterError(msg)
            previous = _hash(entry)
            entries.append(entry)
        if previous != head.head:
            msg = "The register of erasures ends before the keyring's record of it."
            raise RegisterError(msg)
        return entries

    async def survivors(self) -> set[UUID]:
        """Return who is in the register and still has a key with the platform."""
        named = [entry.person_id for entry in await self.entries()]
        async with self._database.transaction("vault") as tx:
            rows = await tx.all(_Q["live_subjects"], named, UUID(int=0), into=_Id)
        return {row.id for row in rows}

    async def _head(self) -> Head:
        async with self._database.transaction("vault") as tx:
            await tx.run(_Q["start_register"], _START)
            head = await tx.one(_Q["register_head"], into=Head)
        assert head is not None  # noqa: S101 - it was just started
        return head


class _Id(msgspec.Struct):
    id: UUID


def _hash(entry: Entry) -> bytes:
    return hashlib.sha256(entry.signed_bytes()).digest()


def _path(number: int) -> str:
    return f"register/{number:08}.json"
