"""The register of erasures as files, for backing it up and bringing it back.

It only ever grows: a backup's entries are added where they are missing, and an entry that
differs from the one that is there is refused. So a register is never made younger.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import obstore
from obstore.store import ObjectStore

from upheld.platform.backup.errors import DamagedError
from upheld.platform.backup.manifest import RegisterMark
from upheld.platform.backup.streams import listed
from upheld.platform.register import Entry

_NAME = re.compile(r"register/\d{8}\.json")


@dataclass(frozen=True)
class StoredEntry:
    """An entry as it is stored."""

    path: str
    content: bytes

    def entry(self) -> Entry:
        """Return the entry itself.

        Raises:
            DamagedError: it is none.
        """
        try:
            return msgspec.json.decode(self.content, type=Entry)
        except msgspec.MsgspecError:
            raise DamagedError from None


def is_entry(path: str) -> bool:
    """Whether a stored file is an entry of the register."""
    return _NAME.fullmatch(path) is not None


def stored_entries(store: ObjectStore) -> list[StoredEntry]:
    """Return the entries in an object store, in order."""
    paths = [meta["path"] for meta in listed(store, "register/") if is_entry(meta["path"])]
    return [StoredEntry(path, bytes(obstore.get(store, path).bytes())) for path in sorted(paths)]


def mark_of(entries: Sequence[StoredEntry]) -> RegisterMark:
    """Return how far a register has come."""
    head = entries[-1].entry().digest() if entries else hashlib.sha256(b"upheld register of erasures").digest()
    return RegisterMark(len(entries), head.hex())


def brought_back(store: ObjectStore, entries: Sequence[StoredEntry]) -> int:
    """Add what is missing from the register; return how many entries were.

    Raises:
        DamagedError: the register that is there tells another story.
    """
    present = {entry.path: entry for entry in stored_entries(store)}
    for entry in entries:
        if entry.path in present and present[entry.path].entry() != entry.entry():
            msg = f"{entry.path} of the backup differs from the one that is there: they are of two deployments."
            raise DamagedError(msg)
    missing = [entry for entry in entries if entry.path not in present]
    for entry in missing:
        obstore.put(store, entry.path, entry.content)
    return len(missing)
