"""Letting go of backups whose time is over."""

import datetime as dt
import shutil
from pathlib import Path

from upheld.platform.backup.errors import DamagedError
from upheld.platform.backup.manifest import Kind, Manifest, key_of, read
from upheld.platform.backup.taking import backups_in
from upheld.platform.keyfiles import KeyFiles


def prune(place: Path, keys: KeyFiles, older_than: dt.timedelta) -> list[Path]:
    """Remove backups older than that, and keyring backups that open no more; return which went.

    The newest backup of the data stays, however old it is.

    Raises:
        DamagedError: something there was changed, or is not ours; nothing was removed.
    """
    limit = dt.datetime.now(dt.UTC) - older_than
    data = [(folder, read(folder, keys)) for folder in backups_in(place, Kind.DATA)]
    keyring = [(folder, read(folder, keys)) for folder in backups_in(place, Kind.KEYRING)]
    going = [folder for folder, manifest in (*data[:-1], *keyring[:-1]) if manifest.taken_at < limit]
    going += [folder for folder, manifest in keyring if folder not in going and not _opens(manifest, keys)]
    for folder in going:
        shutil.rmtree(folder)
    return going


def _opens(manifest: Manifest, keys: KeyFiles) -> bool:
    try:
        key_of(manifest, keys)
    except DamagedError:
        return False
    return True
