"""A way for another user through folders that are closed to it, seen by us and our children alone.

A clone under /root, or a Python that was built there, is out of any other user's reach. So that a
demo need not run as root for that, it gets a view of the file system of its own (a mount
namespace) in which each closed folder holds nothing but the next step of the way, and can be
walked through. On the machine nothing changes. Root can do this; root in a container often not.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

_NEW_MOUNTS = 0x20000
_READ_ONLY, _NO_SUID, _NO_DEVICES, _REMOUNT, _BIND, _ALL_BELOW, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18


def closed_to_others(paths: Iterable[Path]) -> list[Path]:
    """Return the folders above these paths that only their owner and group can walk through, outermost first."""
    above = {folder for path in paths for folder in path.absolute().parents}
    return sorted(folder for folder in above if folder.exists() and not folder.stat().st_mode & 0o001)


def open_way(paths: Iterable[Path]) -> None:
    """Let everybody among us and our children walk to these paths, which must be there.

    Raises:
        OSError: the kernel does not let us.
    """
    wanted = [path.absolute() for path in paths]
    closed = closed_to_others(wanted)
    if not closed:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    _tried(libc.unshare(_NEW_MOUNTS))
    _mount(libc, "none", Path("/"), _ALL_BELOW | _PRIVATE)
    here = Path.cwd()
    for folder in closed:
        _replace(libc, folder, {path.relative_to(folder).parts[0] for path in wanted if folder in path.parents})
    os.chdir(here if here.exists() else "/")


def _replace(libc: ctypes.CDLL, folder: Path, steps: set[str]) -> None:
    """Put in a folder's place one that can be walked through, and that holds these of its entries."""
    opened = {step: os.open(folder / step, os.O_PATH) for step in sorted(steps)}
    flags = _NO_SUID | _NO_DEVICES
    _mount(libc, "upheld", folder, flags, "tmpfs", "mode=0711")
    for step, descriptor in opened.items():
        target = folder / step
        source = Path(f"/proc/self/fd/{descriptor}")
        if source.is_dir():
            target.mkdir()
        else:
            target.touch()
        _mount(libc, str(source), target, _BIND | _ALL_BELOW)
        os.close(descriptor)
    _mount(libc, "upheld", folder, flags | _READ_ONLY | _REMOUNT, "tmpfs", "mode=0711")


def _mount(libc: ctypes.CDLL, source: str, target: Path, flags: int, kind: str = "", options: str = "") -> None:
    _tried(libc.mount(source.encode(), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), options.encode()))


def _tried(answer: int) -> None:
    if answer != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
