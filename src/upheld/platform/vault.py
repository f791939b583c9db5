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
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from upheld.kit.errors import UnavailableError, UpheldError
from upheld.platform.database import Database, load_queries
from upheld.platform.keyfiles import KeyFileError, KeyFiles

PLATFORM = UUID(int=0)
"""The controller of what people keep with the platform itself."""

PLATFORM_CLASSES = ("account", "profile", "documents", "messages", "technical")
"""The classes of a person's data that the platform controls."""

APPLICATION = "application"
"""The class of a person's data that one employer controls."""

_Q = load_queries("upheld.platform.keyring")
_VERSION = b"\x01"
_HEADER = 1 + 16 + 12
_WRAPPED = 12 + 32 + 16
_BATCH = 1000
"""Keys that are looked at in one go: some milliseconds in which nothing else runs."""

_BLOCKS = 40
"""Blocks whose keys are moved in one go: some eight hundred keys, so that nobody else waits long."""

Progress = Callable[[int], object]
"""Is told how many are done."""


class ErasedError(UpheldError):
    """This was erased, and its key destroyed."""

    code = "erased"
    status = 410


class TamperedError(UpheldError):
    """This was changed outside of Upheld and cannot be opened."""

    code = "tampered"


class LeftBehindError(UnavailableError):
    """Some keys could not be moved to the new epoch."""

    code = "left-behind"

    def __init__(self, count: int) -> None:
        """Take how many."""
        super().__init__(
            f"{count} data keys do not open and were left under their old epoch, which was kept. "
            "`upheld keys check` names them."
        )


@dataclass(frozen=True)
class KeyRef:
    """Whose data, under whose control, of which class."""

    subject: UUID
    controller: UUID
    data_class: str

    def bound(self, key_id: UUID) -> bytes:
        """Return the associated data that ties a wrapped key to its id and its owner."""
        return b"".join(
            (b"upheld.key.v1\x00", key_id.bytes, self.subject.bytes, self.controller.bytes, self.data_class.encode())
        )


@dataclass(frozen=True)
class Cell:
    """Where a value lives; it opens nowhere else."""

    table: str
    column: str
    row: UUID

    def bound(self) -> bytes:
        """Return the associated data that ties a ciphertext to its place."""
        table, column = self.table.encode(), self.column.encode()
        # With their lengths: no two places are written alike.
        return b"upheld.field.v1\x00%d:%b%d:%b%b" % (len(table), table, len(column), column, self.row.bytes)


class WrappedKey(msgspec.Struct, frozen=True):
    """A data key as the keyring stores it."""

    id: UUID
    subject_id: UUID
    controller_id: UUID
    data_class: str
    epoch_id: UUID
    wrapped: bytes

    def bound(self) -> bytes:
        """Return what its wrapping is authenticated to: a key in another one's row does not open."""
        return KeyRef(self.subject_id, self.controller_id, self.data_class).bound(self.id)


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
        self._log_key: tuple[KeyRef, DataKey] | None = None

    # Keys.

    async def create_keys(self, refs: Iterable[KeyRef]) -> None:
        """Make a random key for each of `refs` that has none; before the data it protects."""
        async with self._database.transaction("vault") as tx:
            # Held until commit: a rotation waits, so that no key is born under a dying epoch.
            await tx.run(_Q["hold_epoch"])
            epoch, epoch_key = self._files.current_epoch()
            made = [(uuid4(), ref) for ref in refs]
            await tx.run(
                _Q["add_keys"],
                [key_id for key_id, _ in made],
                [ref.subject for _, ref in made],
                [ref.controller for _, ref in made],
                [ref.data_class for _, ref in made],
                [wrap(epoch_key, secrets.token_bytes(32), ref.bound(key_id)) for key_id, ref in made],
                epoch,
            )

    async def key(self, ref: KeyRef) -> DataKey:
        """Return the live key of `ref`.

        Raises:
            ErasedError: it was destroyed, or never made.
        """
        found = await self._database.read(
            "vault", _Q["key_of"], ref.subject, ref.controller, ref.data_class, into=WrappedKey
        )
        if not found:
            raise ErasedError
        return self._unwrapped(found[0])

    async def key_ids(self, subject: UUID, controller: UUID) -> list[UUID]:
        """Return the ids of a person's live keys with a controller."""
        async with self._database.transaction("vault") as tx:
            return await tx.column(_Q["key_ids_of"], subject, controller)

    async def destroy(self, subject: UUID, controller: UUID, *others: UUID) -> list[UUID]:
        """Destroy every key of a person, and of others, with a controller; return the ids of those that went."""
        async with self._database.transaction("vault") as tx:
            return await tx.column(_Q["destroy_keys"], [subject, *others], controller)

    async def rotate_epoch(self, progress: Progress | None = None) -> int:
        """Rewrap every live key under a new epoch key and destroy the old ones; return how many.

        Requests go on meanwhile: until the old file is gone both epochs open. Rotations wait
        for one another: two at once would destroy the epoch that the other moves keys to.

        Raises:
            LeftBehindError: keys do not open; theirs and every other old epoch stay.
        """
        async with self._database.transaction("vault") as one_at_a_time:
            await one_at_a_time.run(_Q["await_rotation"])
            epoch, epoch_key = self._files.new_epoch()
            async with self._database.transaction("vault") as tx:
                await tx.run(_Q["await_epoch_holders"])
                blocks: int = await tx.value(_Q["blocks_of_keys"])
            moved = 0
            # Block by block, as they lie on disk: in another order a million rows take minutes.
            for first in range(0, blocks, _BLOCKS):
                moved += await self._rewrap_some(epoch, epoch_key, first)
                if progress is not None:
                    progress(moved)
            async with self._database.transaction("vault") as tx:
                left = await tx.value(_Q["count_keys_of_other_epochs"], epoch)
            if left:
                raise LeftBehindError(left)
            self._files.destroy_other_epochs(epoch)
        return moved

    async def count_keys(self) -> int:
        """Return how many data keys live."""
        async with self._database.transaction("vault") as tx:
            return await tx.value(_Q["count_keys"])

    async def check_keys(self, sample: int | None = None, progress: Progress | None = None) -> list[str]:
        """Unwrap every live key, or `sample` of them; return what is wrong, a line a key."""
        total = await self.count_keys()
        is_whole = sample is None or sample >= total
        # Ids are random: to begin somewhere and read on, from the start again at the end, is a sample.
        starts, left = ([PLATFORM], sys.maxsize) if is_whole else ([uuid4(), PLATFORM], sample or 0)
        faults: list[str] = []
        seen = 0
        for last in starts:
            while left and (batch := await self._keys_after(last, min(left, _BATCH))):
                faults += [f"data key {row.id}: {why}" for row in batch if (why := self._fault_of(row))]
                last, left, seen = batch[-1].id, left - len(batch), seen + len(batch)  # noqa: PLW2901 - reads on
                if progress is not None:
                    progress(seen)
        return faults

    async def destroy_log_keys(self, before: str) -> int:
        """Destroy the log keys of the months before one (`YYYY-MM`); what they sealed never opens again."""
        async with self._database.transaction("vault") as tx:
            return await tx.run(_Q["destroy_log_keys"], f"log-{before}")

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
        """Open the sealed columns of many rows of a table; see `open_places`."""
        return await self.open_places((table, row, sealed) for row, sealed in rows)

    async def open_places(
        self, places: Iterable[tuple[str, UUID, Mapping[str, bytes | None]]]
    ) -> list[dict[str, str | None]]:
        """Open the sealed columns of many rows, of several tables, with one look-up of keys.

        Raises:
            ErasedError: a key was destroyed.
            TamperedError: a value was changed, or moved from another place.
        """
        places = list(places)
        ids = {UUID(bytes=blob[1:17]) for _, _, cells in places for blob in cells.values() if blob}
        keys = await self._keys_by_id(ids)
        return [
            {
                column: None if blob is None else open_field(keys, Cell(table, column, row), blob)
                for column, blob in cells.items()
            }
            for table, row, cells in places
        ]

    async def seal_origin(self, at: dt.datetime, origin: str) -> bytes:
        """Seal an address and browser under the month's log key, which no erasure touches."""
        key = await self._log_key_of(KeyRef(PLATFORM, PLATFORM, f"log-{at:%Y-%m}"))
        return seal_field(key, Cell("origin", "origin", PLATFORM), origin)

    async def _log_key_of(self, month: KeyRef) -> DataKey:
        """Return a month's log key. It is kept for as long as it is the one in use: every act needs it."""
        if self._log_key is None or self._log_key[0] != month:
            try:
                key = await self.key(month)
            except ErasedError:
                await self.create_keys([month])
                key = await self.key(month)
            self._log_key = month, key
        return self._log_key[1]

    async def _rewrap_some(self, epoch: UUID, epoch_key: bytes, first: int) -> int:
        """Move the keys in the blocks from `first` on; those that do not open stay as they are."""
        async with self._database.transaction("vault") as tx:
            places = (first, 0), (first + _BLOCKS, 0)
            batch = await tx.all(_Q["keys_of_other_epochs"], epoch, *places, into=WrappedKey)
            fresh = [(row.id, wrapped) for row in batch if (wrapped := self._rewrapped(row, epoch_key))]
            await tx.run(_Q["rewrap_keys"], epoch, [key_id for key_id, _ in fresh], [wrapped for _, wrapped in fresh])
        return len(fresh)

    async def _keys_after(self, last: UUID, limit: int) -> list[WrappedKey]:
        async with self._database.transaction("vault") as tx:
            return await tx.all(_Q["keys_after"], last, limit, into=WrappedKey)

    def _rewrapped(self, row: WrappedKey, epoch_key: bytes) -> bytes | None:
        try:
            return wrap(epoch_key, self._unwrapped(row).key, row.bound())
        except (TamperedError, KeyFileError):
            return None

    def _fault_of(self, row: WrappedKey) -> str | None:
        try:
            self._unwrapped(row)
        except TamperedError:
            return "changed, or moved here from another row"
        except KeyFileError:
            return f"its epoch key {row.epoch_id} is missing"
        return None

    async def _keys_by_id(self, ids: set[UUID]) -> dict[UUID, DataKey]:
        if not ids:
            return {}
        found = await self._database.read("vault", _Q["keys_by_id"], list(ids), into=WrappedKey)
        # Looked up once each: a page of names has one epoch, and a key for each person.
        epochs = {epoch: self._files.epoch(epoch) for epoch in {row.epoch_id for row in found}}
        return {row.id: DataKey(row.id, unwrap(epochs[row.epoch_id], row.wrapped, row.bound())) for row in found}

    def _unwrapped(self, row: WrappedKey) -> DataKey:
        return DataKey(row.id, unwrap(self._files.epoch(row.epoch_id), row.wrapped, row.bound()))


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
    """Wrap a 256-bit key under another: nonce, ciphertext and tag, 60 bytes, bound to what `bound` says."""
    nonce = os.urandom(12)
    return nonce + AESGCM(outer).encrypt(nonce, inner, bound)


def unwrap(outer: bytes, wrapped: bytes, bound: bytes) -> bytes:
    """Unwrap a key.

    Raises:
        TamperedError: it was changed, or belongs elsewhere.
    """
    if len(wrapped) != _WRAPPED:
        raise TamperedError
    try:
        return AESGCM(outer).decrypt(wrapped[:12], wrapped[12:], bound)
    except InvalidTag:
        raise TamperedError from None
