"""What stays ours: private files, written whole or not at all, and what children do not inherit."""

import os
import secrets
from pathlib import Path

UNFINISHED = ".unfinished"
"""How the name of a file ends that was being written when its process was killed."""

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")


def bare_environment() -> dict[str, str]:
    """Return what a program that is not ours inherits of our environment: no settings, no credentials, no key."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def write_private(path: Path, content: bytes, *, replace: bool = False, mode: int = 0o600) -> None:
    """Write a file.

    Whoever reads meanwhile, or after a kill at any moment, finds the old file or the new one
    and never half of one.

    Args:
        path: where; its folder must exist.
        content: what.
        replace: whether a file that is there already may be replaced.
        mode: who may read it; nobody else unless told otherwise.

    Raises:
        FileExistsError: it is there already.
    """
    passing = path.with_name(f".{path.name}.{secrets.token_hex(8)}{UNFINISHED}")
    with os.fdopen(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        if replace:
            passing.replace(path)
        else:
            path.hardlink_to(passing)
    finally:
        passing.unlink(missing_ok=True)
    settle(path.parent)


def destroy_private(path: Path) -> None:
    """Overwrite a file and remove it; one that is not there is destroyed already.

    It first loses its name, so that no reader takes noise for what it held.
    """
    dying = path.with_name(f".{path.name}.{secrets.token_hex(8)}{UNFINISHED}")
    try:
        path.rename(dying)
    except FileNotFoundError:
        return
    with dying.open("r+b") as file:
        file.write(secrets.token_bytes(dying.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    dying.unlink()
    settle(path.parent)


def sweep_unfinished(folder: Path) -> None:
    """Destroy what killed processes were writing or destroying; call it while nobody writes there."""
    for path in folder.glob(f".*{UNFINISHED}"):
        destroy_private(path)


def settle(folder: Path) -> None:
    """Wait until the names in a folder have reached the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
