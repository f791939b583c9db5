"""The process that opens a document, from the side that does not trust it.

It gets the content on its standard input and nothing else: no environment, no open file,
no inherited group. It answers with an exit status and a bounded answer. Whatever it does,
it is gone after fifteen seconds.
"""

import asyncio
import logging
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

from upheld.platform.documents.errors import DamagedError, DocumentError, LockedError, TooLongError, TooSlowError

log = logging.getLogger("upheld.documents")

CHILD = (sys.executable, "-I", "-B", "-m", "upheld.platform.documents.child")
"""The command of a child: isolated from the environment and the user's own modules."""

WALL_SECONDS = 15

FAILURES: dict[int, type[DocumentError]] = {10: LockedError, 11: DamagedError, 12: TooLongError}
"""What a child's exit status means; it looks its own up here."""

_OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL)


async def ask_child(verb: str, content: bytes, media_type: str, at_most: int) -> bytes:
    """Ask one question about a document in a process of its own; return the answer.

    Raises:
        DocumentError: of the kind that its end says.
    """
    status, answer = await run_confined((*CHILD, verb, media_type), content, at_most)
    if status in _OUT_OF_TIME:
        raise TooSlowError
    if status in FAILURES:
        raise FAILURES[status]
    if status == -signal.SIGSYS:
        log.critical(
            "a child that should %s a %s tried what no document is a reason for; it was ended", verb, media_type
        )
        raise DamagedError
    if status != 0:
        # A crash, of PDFium or of our own code: the document is refused, the operator told.
        log.warning("a child that should %s a %s crashed with status %s", verb, media_type, status)
        raise DamagedError
    return answer


async def run_confined(command: tuple[str, ...], content: bytes, at_most: int) -> tuple[int, bytes]:
    """Run a program that confines itself; return its exit status (negative: the signal) and its answer.

    Raises:
        TooSlowError: it did not end in time.
        TooLongError: it answered more than `at_most` bytes.
    """
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, cwd="/", start_new_session=True
    )
    try:
        async with asyncio.timeout(WALL_SECONDS):
            answer = await _answer(process, content, at_most)
            return await process.wait(), answer
    except TimeoutError:
        raise TooSlowError from None
    finally:
        await _end(process)


async def _answer(process: Process, content: bytes, at_most: int) -> bytes:
    """Feed a child and take its answer, no longer than allowed."""
    assert process.stdin is not None  # noqa: S101 - opened as a pipe above
    assert process.stdout is not None  # noqa: S101 - opened as a pipe above
    with suppress(ConnectionError):  # it ended before it had heard everything; its status says why
        process.stdin.write(content)
        await process.stdin.drain()
    process.stdin.close()
    answer = bytearray()
    while part := await process.stdout.read(65536):
        answer += part
        if len(answer) > at_most:
            raise TooLongError
    return bytes(answer)


async def _end(process: Process) -> None:
    """End a child and whatever it may have started: it leads a group of its own."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
