"""Opening documents: what may be asked of one, and who waits for whom."""

import asyncio
import logging
from collections.abc import Hashable
from weakref import WeakKeyDictionary

import msgspec

from upheld.platform.documents.confinement import Confinement
from upheld.platform.documents.errors import DamagedError, DocumentError
from upheld.platform.documents.process import ask_child
from upheld.platform.documents.recognition import PDF
from upheld.platform.documents.turns import Turns

log = logging.getLogger("upheld.documents")

AT_ONCE, MOST_WAITING, MOST_EACH = 2, 6, 2
"""Children at the same time in one process, requests that may wait for one, and both of one person."""

QUEUE_SECONDS = 20
LARGEST_TEXT_ANSWER = 2 * 1024 * 1024
LARGEST_PICTURE = 24 * 1024 * 1024

_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
_WIDEST, _TALLEST = 1000, 25_000
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


class ReadDocument(msgspec.Struct, frozen=True):
    """What stands in a document. `pages` is 0 for a Word file, which has none until it is printed."""

    text: str
    pages: int


async def read_document(content: bytes, media_type: str, asker: Hashable | None = None) -> ReadDocument:
    """Return the text of a document.

    Args:
        content: the document.
        media_type: what it was recognised as.
        asker: whoever waits for it; the same asker gets only a few turns at a time.

    Raises:
        LockedError: it needs a password.
        DamagedError: it does not open.
        TooLongError: it has more than 50 pages, or as much text.
        TooSlowError: it did not open within the limits of time.
        UnavailableError: too many documents wait already.
    """
    async with _line().one(asker):
        answer = await ask_child("read", content, media_type, LARGEST_TEXT_ANSWER)
    return _decoded(answer)


async def check_document(content: bytes, media_type: str, asker: Hashable | None = None) -> int:
    """Return how many pages a document has, having opened it without reading its text.

    Raises: as `read_document`.
    """
    async with _line().one(asker):
        answer = await ask_child("check", content, media_type, LARGEST_TEXT_ANSWER)
    return _decoded(answer).pages


async def picture_of(content: bytes, media_type: str, asker: Hashable | None = None) -> bytes:
    """Return a PDF's pages (ten at most) as one PNG, a thousand pixels wide, page under page.

    Raises:
        ValueError: it is not a PDF; nothing else can be drawn.
        DocumentError: as `read_document`.
    """
    if media_type != PDF:
        msg = "Only a PDF can be drawn."
        raise ValueError(msg)
    async with _line().one(asker):
        picture = await ask_child("draw", content, media_type, LARGEST_PICTURE)
    size = picture[len(_PNG) :][:8]
    width, height = int.from_bytes(size[:4]), int.from_bytes(size[4:])
    # The picture is made by a process that may have been taken over; a browser will open it.
    if not picture.startswith(_PNG) or not 0 < width <= _WIDEST or not 0 < height <= _TALLEST:
        raise DamagedError
    return picture


async def confinement_report() -> Confinement:
    """Start a child as for a document, and return what is in force in it."""
    return msgspec.json.decode(await ask_child("report", b"", "", LARGEST_TEXT_ANSWER), type=Confinement)


async def tell_confinement() -> None:
    """Log what is in force in the children of this process; loudly, when something is missing."""
    try:
        report = await confinement_report()
    except (DocumentError, OSError) as error:
        log.critical("documents cannot be opened here, and will be refused: %s", type(error).__name__)
        return
    if report.missing:
        log.warning("documents are opened without %s: the kernel or the container refuses it", list(report.missing))
    else:
        log.info("documents are opened without network, files and system calls (Landlock %s)", report.landlock)


def _decoded(answer: bytes) -> ReadDocument:
    try:
        return msgspec.json.decode(answer, type=ReadDocument)
    except msgspec.MsgspecError as error:
        raise DamagedError from error


def _line() -> Turns:
    loop = asyncio.get_running_loop()
    return _turns.setdefault(loop, Turns(AT_ONCE, MOST_WAITING, MOST_EACH, QUEUE_SECONDS))
