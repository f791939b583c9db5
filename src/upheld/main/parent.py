"""Ending with the process that started this one."""

import ctypes
import os
import signal
import sys

PARENT = "PARENT_OF_UPHELD"
"""The environment variable in which whoever starts a process of ours says who that is."""

_PR_SET_PDEATHSIG = 1


def end_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel for a signal when the parent dies, so that nothing outlives a killed run.

    A parent that died before this was asked sends none: then the signal is sent at once.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    if os.environ.get(PARENT) not in {None, str(os.getppid())}:
        os.kill(os.getpid(), number)
    os.environ[PARENT] = str(os.getpid())
