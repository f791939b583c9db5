"""Letting go of backups whose time is over."""

import datetime as dt
import shutil
from pathlib import Path

from upheld.platform.backup.errors import DamagedError
from upheld.platform.backup.manifest import Kind, key_of, read
from upheld.platform.backup.taking import backups_in
from upheld.platform.keyfiles import KeyFiles


def prune(place: Path, keys: KeyFiles, older_than: dt.timedelta) -> list[Path]:
    """Remove backups older than that, and keyring backups that open no more; return which went.

    The newest backup of the data stays, however old it is, and so does what is not ours.
    """
    data, keyring = backups_in(place, Kind.DATA), backups_in(place, Kind.KEYRING)
    limit = dt.datetime.now(dt.UTC) - older_than
    going = [folder for folder in data[:-1] if read(folder, keys).taken_at < limit]
    going += [folder for folder in keyring[:-1] if read(folder, keys).taken_at < limit]
    going += [folder for folder in keyring if folder not in going and not _opens(folder, keys)]
    for folder in going:
        shutil.rmtree(folder)
    return going


def _opens(folder: Path, keys: KeyFiles) -> bool:
    try:
        key_of(read(folder, keys), keys)
    except DamagedError:
        return False
    return True
