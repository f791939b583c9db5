"""What a child gives up before it looks at a document.

It gives up, in this order: its share of the machine, the network (a namespace of its own,
with nothing in it), the rights of root if it was started with them, gaining any right
again, all but a little memory and time, every file (Landlock), and every system call but
the few that computing takes (seccomp). It can still compute, read its standard input and
write its standard output.

A kernel may lack some of it, or a container refuse it; the child goes on without, and says
so: `Confinement` is what is in force, not what was wished for. What a kernel has, and then
refuses, ends the child.
"""

import ctypes
import os
import resource
import signal
from contextlib import suppress
from pathlib import Path

import msgspec

from upheld.platform.documents import landlock, seccomp

LIMITS = {
    "memory": (resource.RLIMIT_AS, 768 * 1024 * 1024),
    "cpu": (resource.RLIMIT_CPU, 6),
    "written": (resource.RLIMIT_FSIZE, 0),
    "files": (resource.RLIMIT_NOFILE, 3),
    "processes": (resource.RLIMIT_NPROC, 0),
    "core": (resource.RLIMIT_CORE, 0),
    "locked": (resource.RLIMIT_MEMLOCK, 0),
    "queued": (resource.RLIMIT_MSGQUEUE, 0),
}
"""The most of each: bytes, seconds, or how many."""

_NOBODY = 65534
_NEW_USER = 0x10000000
_NEW_NETWORK = 0x40000000
_NEW_IPC = 0x08000000
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITIES_VERSION = 0x20080522
_KINDNESS = 10
_KILLED_FIRST = "1000"


class Confinement(msgspec.Struct, frozen=True):
    """What is in force in a child.

    `network`: it has a network of its own, with nothing in it. `user`: it is not root.
    `limits`: read back from the kernel, by the names of `LIMITS`. `landlock`: the version
    in force, 0 for none. `seccomp`: whether system calls are filtered.
    """

    network: bool
    user: bool
    limits: dict[str, int]
    landlock: int
    seccomp: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """Name the layers that are not in force."""
        wanted = {"namespace": self.network, "user": self.user, "landlock": self.landlock, "seccomp": self.seccomp}
        return tuple(name for name, there in wanted.items() if not there)


def confine() -> Confinement:
    """Give everything up; return what is in force from here on.

    Whatever is needed later must be imported already: code can no longer be read.

    Raises:
        OSError: the kernel refuses what it offers; nothing must be opened then.
    """
    step_back()
    libc = ctypes.CDLL(None, use_errno=True)
    network = leave(libc)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    version = landlock.restrict()
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    limits = _bound()
    user = 0 not in os.getresuid()
    return Confinement(network, user, limits, version, seccomp.restrict())


def step_back() -> None:
    """Let the server go first: on the processor, and when memory runs out."""
    os.nice(_KINDNESS)
    with suppress(OSError):  # no /proc in some containers
        Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST)


def leave(libc: ctypes.CDLL) -> bool:
    """Leave the network and the rights of root behind; return whether the network is gone."""
    # Root needs no user namespace for this, and could not change its user inside of one.
    left = libc.unshare(_NEW_NETWORK | _NEW_IPC) == 0
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    left = left or libc.unshare(_NEW_USER | _NEW_NETWORK | _NEW_IPC) == 0
    # A namespace of one's own comes with every right inside of it.
    libc.capset((ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0), (ctypes.c_uint32 * 6)())
    return left


def _bound() -> dict[str, int]:
    for name, (limit, most) in LIMITS.items():
        # At the soft limit of time the child is told apart from one that was killed.
        resource.setrlimit(limit, (most, most + 1 if name == "cpu" else most))
    return {name: resource.getrlimit(limit)[0] for name, (limit, _) in LIMITS.items()}
