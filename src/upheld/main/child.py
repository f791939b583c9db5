"""A process that is kept running: started again when it dies, later each time it does not last."""

import logging
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

from upheld.kit.errors import UnavailableError

log = logging.getLogger("upheld.supervisor")

LASTS_AFTER = 5.0
"""Seconds after which a start has worked: whatever ends the process later is no failed start."""

FIRST_WAIT, LONGEST_WAIT = 0.1, 10.0
MOST_FAILED_STARTS = 6


class ProcessEndedError(UnavailableError):
    """A process of the deployment ended by itself; what it said stands above."""

    code = "process-ended"


class Child:
    """One process of a deployment and what becomes of it.

    A process that is killed (by the kernel, when memory runs out, or by somebody) is started
    again at once; one that dies soon after its start waits twice as long each time. One that
    ends by itself soon after its start, six times in a row, will not get better by itself:
    the wish to keep it running is given up, unless it `never_gives_up`. A database does not: what
    stops it is a full disk more often than not, and that passes.
    """

    def __init__(
        self, name: str, start: Callable[[], subprocess.Popen[bytes]], *, never_gives_up: bool = False
    ) -> None:
        """Take what starts the process; it is started by `start`."""
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self._start = start
        self._never_gives_up = never_gives_up
        self._started_at = 0.0
        self._short_lives = 0
        self._failed_starts = 0
        self._due_at: float | None = None

    @classmethod
    def adopt(
        cls, name: str, process: subprocess.Popen[bytes], start: Callable[[], subprocess.Popen[bytes]]
    ) -> "Child":
        """Keep a process running that has been started and has come up; it is never given up."""
        child = cls(name, start, never_gives_up=True)
        child.process = process
        return child

    def start(self) -> None:
        """Start the process."""
        self._due_at = None
        self._started_at = time.monotonic()
        self.process = self._start()

    def is_running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def keep_running(self) -> None:
        """Start the process again if it has died and its turn has come.

        Raises:
            ProcessEndedError: it ended by itself too often.
        """
        if self.is_running():
            return
        if self._due_at is None:
            self._due_at = time.monotonic() + self._pause()
        if time.monotonic() >= self._due_at:
            self.start()

    def ask_to_end(self) -> None:
        """Send SIGTERM, if it is there."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.terminate()

    def wait_for_end(self, seconds: float) -> None:
        """Wait until it has ended; kill it when that takes longer."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _pause(self) -> float:
        """Note that the process has died; return how long to wait before the next start."""
        assert self.process is not None  # noqa: S101 - it was started
        code = self.process.returncode
        lasted = time.monotonic() - self._started_at >= LASTS_AFTER
        self._short_lives = 0 if lasted else self._short_lives + 1
        by_itself = not lasted and code != -signal.SIGKILL
        self._failed_starts = self._failed_starts + 1 if by_itself else 0
        if self._failed_starts >= MOST_FAILED_STARTS and not self._never_gives_up:
            msg = f"`{self.name}` ended {self._failed_starts} times soon after its start. What it said stands above."
            raise ProcessEndedError(msg)
        wait = 0.0 if lasted else min(FIRST_WAIT * 2 ** min(self._short_lives - 1, 10), LONGEST_WAIT)
        log.warning("%s ended (%s) and is started again%s", self.name, _how(code), f" in {wait:g} s" if wait else "")
        return wait


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
