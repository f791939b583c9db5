"""What a child gives up before it looks at a document.

It gives up, in this order: the network (a namespace of its own, with nothing in it), the
rights of root if it was started with them, gaining any right again, writing to files,
starting processes, and all but a little memory, time and files. A kernel may refuse the
network namespace (user namespaces switched off, a strict container); the child goes on
without it and says so. What it can still read of the file system is what its user can
read: Landlock and a filter of system calls close that later (issue 3).
"""

import ctypes
import os
import resource
import signal

CPU_SECONDS = 10
MEMORY_BYTES = 1024 * 1024 * 1024
MOST_FILES = 16

_NOBODY = 65534
_NEW_USER = 0x10000000
_NEW_NETWORK = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38


def confine() -> bool:
    """Give everything up; return whether the network is gone too."""
    libc = ctypes.CDLL(None, use_errno=True)
    # Root needs no user namespace for this, and could not change its user inside of one.
    isolated = libc.unshare(_NEW_NETWORK) == 0
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    isolated = isolated or libc.unshare(_NEW_USER | _NEW_NETWORK) == 0
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for limit, soft, hard in (
        (resource.RLIMIT_AS, MEMORY_BYTES, MEMORY_BYTES),
        # At the soft limit the child is told apart from one that was killed.
        (resource.RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 1),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, MOST_FILES, MOST_FILES),
        (resource.RLIMIT_NPROC, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(limit, (soft, hard))
    return isolated
