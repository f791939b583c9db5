"""Opening documents in a process of their own, from the side that does not trust them.

The child gets the content on its standard input and nothing else: no environment, no open
file, no inherited group. It answers with an exit status and a bounded answer. Whatever it
does, it is gone after fifteen seconds.
"""

import asyncio
import logging
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from weakref import WeakKeyDictionary

import msgspec

from upheld.kit.errors import UnavailableError
from upheld.platform.documents.errors import DamagedError, DocumentError, LockedError, TooLongError, TooSlowError
from upheld.platform.documents.recognition import PDF

log = logging.getLogger("upheld.documents")

CHILD = (sys.executable, "-I", "-B", "-m", "upheld.platform.documents.child")
"""The command of a child: isolated from the environment and the user's own modules."""

AT_ONCE = 2
"""Children at the same time, in one process; the others wait their turn."""

WALL_SECONDS = 15
QUEUE_SECONDS = 20
LARGEST_TEXT_ANSWER = 2 * 1024 * 1024
LARGEST_PICTURE = 24 * 1024 * 1024

FAILURES: dict[int, type[DocumentError]] = {10: LockedError, 11: DamagedError, 12: TooLongError}
"""What a child's exit status means; it looks its own up here."""

_OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL)
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class ReadDocument(msgspec.Struct, frozen=True):
    """What stands in a document.

    `pages` is 0 for a Word file, which has none until it is printed. `isolated` says
    whether the kernel gave the child a network of its own, with nothing in it; where it
    refuses, the child's other limits are all there is.
    """

    text: str
    pages: int
    isolated: bool


async def read_document(content: bytes, media_type: str) -> ReadDocument:
    """Return the text of a document.

    Raises:
        LockedError: it needs a password.
        DamagedError: it does not open.
        TooLongError: it has more than 50 pages, or as much text.
        TooSlowError: it did not open within the limits of time.
        UnavailableError: too many documents wait already.
    """
    return msgspec.json.decode(await _ask("read", content, media_type, LARGEST_TEXT_ANSWER), type=ReadDocument)


async def check_document(content: bytes, media_type: str) -> int:
    """Return how many pages a document has, having opened it without reading its text.

    Raises: as `read_document`.
    """
    answer = await _ask("check", content, media_type, LARGEST_TEXT_ANSWER)
    return msgspec.json.decode(answer, type=ReadDocument).pages


async def picture_of(content: bytes, media_type: str) -> bytes:
    """Return a PDF's pages (ten at most) as one PNG, a thousand pixels wide, page under page.

    Raises:
        ValueError: it is not a PDF; nothing else can be drawn.
        DocumentError: as `read_document`.
    """
    if media_type != PDF:
        msg = "Only a PDF can be drawn."
        raise ValueError(msg)
    return await _ask("draw", content, media_type, LARGEST_PICTURE)


async def _ask(verb: str, content: bytes, media_type: str, at_most: int) -> bytes:
    async with _turn():
        process = await asyncio.create_subprocess_exec(
            *CHILD, verb, media_type,
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, cwd="/", start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(WALL_SECONDS):
                answer = await _answer(process, content, at_most)
                status = await process.wait()
        except TimeoutError:
            raise TooSlowError from None
        finally:
            await _end(process)
    if status in _OUT_OF_TIME:
        raise TooSlowError
    if status in FAILURES:
        raise FAILURES[status]
    if status != 0:
        # A crash, of PDFium or of our own code: the document is refused, the operator told.
        log.warning("a child that should %s a %s crashed with status %s", verb, media_type, status)
        raise DamagedError
    return answer


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


@asynccontextmanager
async def _turn() -> AsyncGenerator[None]:
    """Wait for one of the few turns, though not for ever."""
    turns = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    try:
        async with asyncio.timeout(QUEUE_SECONDS):
            await turns.acquire()
    except TimeoutError:
        raise UnavailableError from None
    try:
        yield
    finally:
        turns.release()
