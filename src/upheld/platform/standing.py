"""What a process of ours may still do: given up by itself at its start, whatever started it.

A unit or a container can take more away, and what we ship does. This is what holds anywhere:
no right is ever gained again, no other process is looked into, nothing is mounted, loaded into
the kernel or traced, and no memory is written to disk when it crashes.
"""

import ctypes
import os
import resource
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from upheld.platform.documents import seccomp

_PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_SET_SECUREBITS, _PR_SET_NO_NEW_PRIVS = 4, 8, 28, 38
_PR_CAP_AMBIENT, _RAISE, _CLEAR_ALL = 47, 2, 4
_KEEP_FOR_ACCESS = 4
"""Without it (SECBIT_NO_SETUID_FIXUP) access(2) says of what a capability opens that it cannot be opened."""
_CAPABILITIES_VERSION = 0x20080522
_START_TIME = 19
"""Which field after the name in `/proc/<pid>/stat` says when a process began (proc(5), field 22)."""

BIND_LOW_PORTS = 10
"""The one capability that a listener may need: ports below 1024 (capabilities(7), CAP_NET_BIND_SERVICE)."""


OPEN_ANY_FILE = 1
"""What a command of root's keeps that is done soon (CAP_DAC_OVERRIDE)."""


class Standing(msgspec.Struct, frozen=True):
    """What the kernel says that a process may do."""

    name: str
    pid: int
    is_root: bool
    capabilities: frozenset[int]
    no_new_privileges: bool
    seccomp: bool
    root_read_only: bool


def step_down(var: Path, name: str) -> None:
    """Give up what no process of ours needs, for this process and all it starts; note that it is there.

    Raises:
        OSError: the kernel refuses what it offers.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seccomp.refuse()
    note(var, name)


def give_up_capabilities() -> None:
    """Give up every capability; for processes that bind nothing. Root keeps them: it opens documents with them."""
    if sys.platform != "linux" or os.geteuid() == 0:
        return
    _hold_only(frozenset())


@contextmanager
def hold(kept: frozenset[int]) -> Generator[None]:
    """Carry these capabilities, and no other, through a change of user inside of the block, and on to children."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    if kept:
        libc.prctl(_PR_SET_SECUREBITS, _KEEP_FOR_ACCESS, 0, 0, 0)
    yield
    _hold_only(kept)
    # Whoever changes its user may no longer read its own /proc/self, until it is told that it may.
    libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def _hold_only(kept: frozenset[int]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    there = _standing("", os.getpid()).capabilities & kept
    bits = sum(1 << number for number in there)
    libc.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    libc.capset((ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0), (ctypes.c_uint32 * 6)(bits, bits, bits))
    for number in there:
        libc.prctl(_PR_CAP_AMBIENT, _RAISE, number, 0, 0)


def note(var: Path, name: str) -> None:
    """Note that this process is there, for whoever asks how it stands."""
    folder = var / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{name}.{socket.gethostname()}.{os.getpid()}").write_text(_began(os.getpid()) or "")


def standings(var: Path) -> list[Standing]:
    """Return how the processes of this deployment stand that run on this machine; forget those that ended."""
    found: list[Standing] = []
    for path in sorted((var / "run").glob(f"*.{socket.gethostname()}.*")):
        name, pid = path.name.partition(".")[0], int(path.name.rpartition(".")[2])
        began = _began(pid)
        if began is None or began != path.read_text():
            path.unlink(missing_ok=True)
        else:
            found.append(_standing(name, pid))
    return found


def _standing(name: str, pid: int) -> Standing:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    said = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
    held = int(said["CapEff"][0], 16) | int(said["CapPrm"][0], 16) | int(said["CapAmb"][0], 16)
    return Standing(
        name=name,
        pid=pid,
        is_root="0" in said["Uid"] or "0" in said["Gid"],
        capabilities=frozenset(number for number in range(64) if held >> number & 1),
        no_new_privileges=said["NoNewPrivs"] == ["1"],
        seccomp=said["Seccomp"] == ["2"],
        root_read_only=_root_is_read_only(),
    )


def _began(pid: int) -> str | None:
    """Return when a process began, which tells it from another that got its number later."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[_START_TIME]
    except OSError:
        return None


def _root_is_read_only() -> bool:
    return bool(os.statvfs("/").f_flag & os.ST_RDONLY)
