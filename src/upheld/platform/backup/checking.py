"""Proving a backup: every chunk opens, and what is in it is what its manifest says."""

from collections.abc import Iterator
from pathlib import Path

from upheld.platform.backup import streams
from upheld.platform.backup.entries import StoredEntry, is_entry, mark_of
from upheld.platform.backup.errors import DamagedError, ProgramError
from upheld.platform.backup.manifest import Manifest, Stored, key_of, read
from upheld.platform.backup.programs import rows_in
from upheld.platform.backup.watching import Watcher
from upheld.platform.keyfiles import KeyFiles


def check(folder: Path, keys: KeyFiles, watcher: Watcher) -> Manifest:
    """Read a whole backup and compare it with its manifest; return the manifest.

    PostgreSQL's own `pg_restore` reads the dump to its end, so what it could not restore is
    found here.

    Raises:
        DamagedError: something is missing, was changed, or opens no more.
        ProgramError: there is no `pg_restore` to read it with.
    """
    manifest = read(folder, keys)
    watcher.begins("Reading it back", sum(manifest.streams.values()))
    try:
        tables = rows_in(opened(folder, manifest, keys, streams.DATABASE, watcher))
    except ProgramError as error:
        msg = f"The dump in {folder} cannot be read: {error.message}"
        raise DamagedError(msg) from error
    if tables != manifest.tables:
        wrong = sorted({table for table, _ in tables.items() ^ manifest.tables.items()})
        msg = f"The rows in {folder} are not those of its manifest: {', '.join(wrong[:5])}."
        raise DamagedError(msg)
    if manifest.stored is not None:
        _check_files(folder, manifest, opened(folder, manifest, keys, streams.OBJECTS, watcher))
    return manifest


def opened(folder: Path, manifest: Manifest, keys: KeyFiles, name: str, watcher: Watcher) -> Iterator[bytes]:
    """Yield what one stream of a backup holds, authenticated."""
    return streams.read(folder, name, key_of(manifest, keys), manifest.id, watcher.advances)


def _check_files(folder: Path, manifest: Manifest, parts: Iterator[bytes]) -> None:
    entries: list[StoredEntry] = []
    count = size = 0
    for path, content in streams.unpacked(parts):
        if is_entry(path):
            entries.append(StoredEntry(path, content.read()))
        else:
            count += 1
            while piece := content.read(1 << 20):
                size += len(piece)
    for _ in parts:  # beyond the archive's end: only the stream's own end proves it whole
        pass
    if manifest.stored != Stored(count, size) or manifest.register != mark_of(entries):
        msg = f"The files in {folder} are not those of its manifest."
        raise DamagedError(msg)
