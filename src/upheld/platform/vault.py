"""The vault: personal data under a key per person, controller and class.

    root key (file) -> epoch key (file, wrapped) -> data key (keyring database, wrapped)
        -> AES-256-GCM with a random 96-bit nonce, authenticated to table, column and row

A sealed field is `version | data key id | nonce | ciphertext and tag`. It opens only in
the row and column it was sealed for. Destroying a data key makes everything sealed under
it unreadable; the wrapped copies that a backup of the keyring may still hold die with
their epoch key, whose next replacement is the horizon printed on certificates.

Epoch keys lie in files, never in a database: a write-ahead log would keep them.
"""

import datetime as dt
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from upheld.kit.errors import UpheldError
from upheld.platform.database import Database, load_queries
from upheld.platform.keyfiles import KeyFiles

PLATFORM = UUID(int=0)
"""The controller of what people keep with the platform itself."""

PLATFORM_CLASSES = ("account", "profile", "documents", "messages", "technical")
"""The classes of a person's data that the platform controls."""

APPLICATION = "application"
"""The class of a person's data that one employer controls."""

_Q = load_queries("upheld.platform.keyring")
_VERSION = b"\x01"
_HEADER = 1 + 16 + 12


class ErasedError(UpheldError):
    """This was erased, and its key destroyed."""

    code = "erased"
    status = 410


class TamperedError(UpheldError):
    """This was changed outside of Upheld and cannot be opened."""

    code = "tampered"


@dataclass(frozen=True)
class KeyRef:
    """Whose data, under whose control, of which class."""

    subject: UUID
    controller: UUID
    data_class: str


@dataclass(frozen=True)
class Cell:
    """Where a value lives; it opens nowhere else."""

    table: str
    column: str
    row: UUID

    def bound(self) -> bytes:
        """Return the associated data that ties a ciphertext to its place."""
        return b"\x00".join((b"upheld.field.v1", self.table.encode(), self.column.encode(), self.row.bytes))


class WrappedKey(msgspec.Struct, frozen=True):
    """A data key as the keyring stores it."""

    id: UUID
    epoch_id: UUID
    wrapped: bytes


@dataclass(frozen=True)
class DataKey:
    """A data key, unwrapped; never stored, never logged."""

    id: UUID
    key: bytes

    def __repr__(self) -> str:
        """Show the id only."""
        return f"DataKey({self.id})"


class Vault:
    """Seals and opens; makes, rewraps and destroys keys."""

    def __init__(self, database: Database, files: KeyFiles) -> None:
        """Take a database opened as `vault` and the folder of key files."""
        self._database = database
        self._files = files

    # Keys.

    async def create_keys(self, refs: Iterable[KeyRef]) -> None:
        """Make a random key for each of `refs` that has none; before the data it protects."""
        async with self._database.transaction("vault") as tx:
            # Held until commit: a rotation waits, so that no key is born under a dying epoch.
            await tx.run(_Q["hold_epoch"])
            epoch, epoch_key = self._files.current_epoch()
            for ref in refs:
                key_id = uuid4()
                wrapped = wrap(epoch_key, secrets.token_bytes(32), key_id.bytes)
                await tx.run(_Q["add_key"], key_id, ref.subject, ref.controller, ref.data_class, epoch, wrapped)

    async def key(self, ref: KeyRef) -> DataKey:
        """Return the live key of `ref`.

        Raises:
            ErasedError: it was destroyed, or never made.
        """
        async with self._database.transaction("vault") as tx:
            found = await tx.one(_Q["key_of"], ref.subject, ref.controller, ref.data_class, into=WrappedKey)
        if found is None:
            raise ErasedError
        return self._unwrapped(found)

    async def key_by_id(self, key_id: UUID) -> DataKey:
        """Return a live key by its id.

        Raises:
            ErasedError: it was destroyed.
        """
        keys = await self._keys_by_id({key_id})
        if key_id not in keys:
            raise ErasedError
        return keys[key_id]

    async def key_ids(self, subject: UUID, controller: UUID) -> list[UUID]:
        """Return the ids of a person's live keys with a controller."""
        async with self._database.transaction("vault") as tx:
            return await tx.column(_Q["key_ids_of"], subject, controller)

    async def destroy(self, subject: UUID, controller: UUID) -> list[UUID]:
        """Destroy every key of a person with a controller; return the ids of those that went."""
        async with self._database.transaction("vault") as tx:
            return await tx.column(_Q["destroy_keys"], subject, controller)

    async def rotate_epoch(self) -> int:
        """Rewrap every live key under a new epoch key and destroy the old ones; return how many.

        Requests go on meanwhile: until the old file is gone both epochs open. Rotations wait
        for one another: two at once would destroy the epoch that the other moves keys to.
        """
        async with self._database.transaction("vault") as one_at_a_time:
            await one_at_a_time.run(_Q["await_rotation"])
            epoch, epoch_key = self._files.new_epoch()
            async with self._database.transaction("vault") as tx:
                await tx.run(_Q["await_epoch_holders"])
            moved = 0
            while batch := await self._rewrap_some(epoch, epoch_key):
                moved += batch
            self._files.destroy_other_epochs(epoch)
        return moved

    def horizon(self, epoch_days: int) -> dt.datetime:
        """Return when the epoch key under which keys are wrapped today will be destroyed."""
        return self._files.epoch_began_at() + dt.timedelta(days=epoch_days)

    # Fields.

    async def seal(
        self, ref: KeyRef, table: str, row: UUID, values: Mapping[str, str | None]
    ) -> dict[str, bytes | None]:
        """Seal values by column name under one key; None stays None."""
        key = await self.key(ref)
        return {
            column: None if text is None else seal_field(key, Cell(table, column, row), text)
            for column, text in values.items()
        }

    async def open(self, table: str, row: UUID, sealed: Mapping[str, bytes | None]) -> dict[str, str | None]:
        """Open the sealed columns of one row; see `open_rows`."""
        return (await self.open_rows(table, [(row, sealed)]))[0]

    async def open_rows(
        self, table: str, rows: Iterable[tuple[UUID, Mapping[str, bytes | None]]]
    ) -> list[dict[str, str | None]]:
        """Open the sealed columns of many rows with one look-up of keys.

        Raises:
            ErasedError: a key was destroyed.
            TamperedError: a value was changed, or moved from another place.
        """
        rows = list(rows)
        ids = {UUID(bytes=blob[1:17]) for _, cells in rows for blob in cells.values() if blob}
        keys = await self._keys_by_id(ids)
        return [
            {
                column: None if blob is None else open_field(keys, Cell(table, column, row), blob)
                for column, blob in cells.items()
            }
            for row, cells in rows
        ]

    async def seal_origin(self, at: dt.datetime, origin: str) -> bytes:
        """Seal an address and browser under the month's log key, which no erasure touches."""
        ref = KeyRef(PLATFORM, PLATFORM, f"log-{at:%Y-%m}")
        try:
            key = await self.key(ref)
        except ErasedError:
            await self.create_keys([ref])
            key = await self.key(ref)
        return seal_field(key, Cell("origin", "origin", PLATFORM), origin)

    async def _rewrap_some(self, epoch: UUID, epoch_key: bytes) -> int:
        async with self._database.transaction("vault") as tx:
            batch = await tx.all(_Q["keys_of_other_epochs"], epoch, into=WrappedKey)
            for old in batch:
                fresh = wrap(epoch_key, self._unwrapped(old).key, old.id.bytes)
                await tx.run(_Q["rewrap_key"], old.id, epoch, fresh)
        return len(batch)

    async def _keys_by_id(self, ids: set[UUID]) -> dict[UUID, DataKey]:
        if not ids:
            return {}
        async with self._database.transaction("vault") as tx:
            found = await tx.all(_Q["keys_by_id"], list(ids), into=WrappedKey)
        return {row.id: self._unwrapped(row) for row in found}

    def _unwrapped(self, row: WrappedKey) -> DataKey:
        return DataKey(row.id, unwrap(self._files.epoch(row.epoch_id), row.wrapped, row.id.bytes))


def seal_field(key: DataKey, cell: Cell, text: str) -> bytes:
    """Seal one value: `version | key id | nonce | ciphertext and tag`."""
    nonce = os.urandom(12)
    return _VERSION + key.id.bytes + nonce + AESGCM(key.key).encrypt(nonce, text.encode(), cell.bound())


def open_field(keys: Mapping[UUID, DataKey], cell: Cell, blob: bytes) -> str:
    """Open one value.

    Raises:
        ErasedError: its key is not among `keys`.
        TamperedError: it was changed, truncated, or belongs elsewhere.
    """
    if len(blob) < _HEADER + 16 or blob[:1] != _VERSION:
        raise TamperedError
    key = keys.get(UUID(bytes=blob[1:17]))
    if key is None:
        raise ErasedError
    try:
        return AESGCM(key.key).decrypt(blob[17:29], blob[29:], cell.bound()).decode()
    except InvalidTag:
        raise TamperedError from None


def wrap(outer: bytes, inner: bytes, bound: bytes) -> bytes:
    """Wrap a 256-bit key under another: nonce, ciphertext and tag, 60 bytes, bound to an id."""
    nonce = os.urandom(12)
    return nonce + AESGCM(outer).encrypt(nonce, inner, bound)


def unwrap(outer: bytes, wrapped: bytes, bound: bytes) -> bytes:
    """Unwrap a key.

    Raises:
        TamperedError: it was changed or belongs to another id.
    """
    try:
        return AESGCM(outer).decrypt(wrapped[:12], wrapped[12:], bound)
    except InvalidTag:
        raise TamperedError from None
