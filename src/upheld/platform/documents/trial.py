"""The trial: a confined process tries what it must not be able to do, for real.

Run as `python -I -m upheld.platform.documents.trial <attempt> <aims>` by `try_out`; it
confines itself exactly as `child` does, tries one thing, and says whether it could. Each
attempt succeeds in a process that is not confined, and harms nobody then: a signal that
does nothing, memory that is never touched.
"""

import ctypes
import mmap
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from upheld.platform.documents.confinement import confine
from upheld.platform.documents.errors import TooSlowError
from upheld.platform.documents.process import run_confined

TRIAL = (sys.executable, "-I", "-B", "-m", "upheld.platform.documents.trial")
"""The command of a trial."""

COULD, REFUSED = "could", "refused"
_PTRACE_SEIZE = 0x4206
_MUCH = 4 * 1024 * 1024 * 1024


class Aims(msgspec.Struct, frozen=True):
    """What attempts are aimed at: a file to read, a port that listens on loopback, a process."""

    file: str
    port: int
    process: int


ATTEMPTS: dict[str, Callable[[Aims], object]] = {
    "read a file": lambda aims: Path(aims.file).read_bytes(),
    "list a folder": lambda _: os.listdir("/"),  # noqa: PTH208 - the plainest call there is
    "write a file": lambda _: os.open("/tmp", os.O_TMPFILE | os.O_RDWR),  # noqa: S108 - nameless, gone at once
    "connect over TCP": lambda aims: socket.socket().connect(("127.0.0.1", aims.port)),
    "send over UDP": lambda aims: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", aims.port)),
    "open a local socket": lambda _: socket.socketpair(),
    "start a process": lambda _: os.fork() or os.kill(os.getpid(), signal.SIGKILL),
    "become another program": lambda _: os.execv("/bin/sh", ["sh", "-c", "printf could"]),  # noqa: S606 - the attempt itself
    "signal another process": lambda aims: os.kill(aims.process, 0),
    "trace another process": lambda aims: _called("ptrace", _PTRACE_SEIZE, aims.process, 0, 0),
    "run code of its own making": lambda _: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC),
    "take four gigabytes": lambda _: mmap.mmap(-1, _MUCH),
    "become root": lambda _: os.setresuid(0, 0, 0),
}
"""By name; an attempt that is refused raises, or does not live to tell."""


async def try_out(attempt: str, aims: Aims) -> str:
    """Let a confined process make an attempt; return `COULD`, `REFUSED`, or how the process ended."""
    try:
        status, answer = await run_confined((*TRIAL, attempt, msgspec.json.encode(aims).decode()), b"", 1000)
    except TooSlowError:
        return "did not come back in time"
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return answer.decode() if status == 0 and answer else f"crashed with {status}"


def main() -> int:
    """Confine, try, tell."""
    attempt, aims = sys.argv[1:]
    aimed = msgspec.json.decode(aims, type=Aims)
    confine()
    try:
        ATTEMPTS[attempt](aimed)
    except (OSError, MemoryError):
        os.write(1, REFUSED.encode())
    else:
        os.write(1, COULD.encode())
    return 0


def _called(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


if __name__ == "__main__":
    raise SystemExit(main())
