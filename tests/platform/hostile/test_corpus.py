"""The corpus: each hostile document is refused or harmless, and nothing of it reaches anybody."""

import asyncio
import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Self

import pytest
from PIL import Image

from tests.platform.hostile import fuzz
from tests.platform.hostile.corpus import CORPUS, CUT, Hostile
from upheld.platform.documents import (
    PDF,
    DamagedError,
    DocumentError,
    check_document,
    picture_of,
    read_document,
    recognise,
)

pytestmark = pytest.mark.anyio

MUTATIONS = 240


@pytest.fixture(scope="module")
def canary() -> Generator["Canary"]:
    """Listen where hostile documents point to."""
    with Canary() as listening:
        yield listening
    assert listening.calls == 0


class Canary:
    """A listener on loopback that counts who calls."""

    def __init__(self) -> None:
        """Listen."""
        self.calls = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._count, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.getsockname()[1]}/canary"

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.close()

    def _count(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._server.accept()
                self.calls += 1
                caller.close()


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.title)
async def test_it_is_refused_or_harmless(hostile: Hostile, canary: Canary) -> None:
    content = hostile.make(canary.address)
    if hostile.ends:
        for ask in (read_document, check_document):
            with pytest.raises(hostile.ends):
                await ask(content, recognise(content, hostile.name))
    else:
        media_type = recognise(content, hostile.name)
        said, _ = await asyncio.gather(read_document(content, media_type), check_document(content, media_type))
        assert hostile.says is None or hostile.says in said.text
        assert not set(said.text) & set("\u202e\u2066\u200b\ufeff\x00\x07")
    assert _children() == set()
    assert canary.calls == 0


@pytest.mark.parametrize("hostile", [one for one in CORPUS if one.title.startswith("PDF")], ids=lambda one: one.title)
async def test_its_picture_is_bounded_or_there_is_none(hostile: Hostile, canary: Canary) -> None:
    content = hostile.make(canary.address)
    try:
        picture = await picture_of(content, PDF)
    except DocumentError:
        # Drawing asks for more than reading, so more is refused; the page then shows no picture.
        picture = None
    if picture is not None:
        with Image.open(BytesIO(picture)) as shown:
            assert shown.format == "PNG"
            assert shown.width == 1000
            assert shown.height <= 10 * 2200 + 9 * 12
    assert _children() == set()
    assert canary.calls == 0


async def test_a_pdf_that_is_cut_off_anywhere_is_damaged() -> None:
    # Without its end a reader would have to guess what the document is.
    for some in (CUT[:8], CUT[8:]):
        ends = await asyncio.gather(*(read_document(cut, PDF) for cut in some), return_exceptions=True)
        assert {type(end) for end in ends} == {DamagedError}


def test_mutations_end_in_an_answer_or_a_refusal() -> None:
    ends = fuzz.endings(range(MUTATIONS))
    assert len(ends) == MUTATIONS
    counted = Counter(ends.values())
    # PDFium may crash, out of memory or by a mistake of its own: that is what the process is for.
    crashed = {seed: status for seed, status in ends.items() if status not in {0, *fuzz.REFUSALS}}
    assert all(seed % 2 for seed in crashed), crashed
    assert fuzz.CRASH not in counted
    assert -signal.SIGSYS not in counted
    assert counted[0] > MUTATIONS / 10
    assert counted[fuzz.REFUSALS[1]] > MUTATIONS / 10


def test_the_canary_would_have_heard() -> None:
    with Canary() as listening:
        port = int(listening.address.rsplit(":", 1)[1].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as caller:
            assert caller.recv(1) == b""
        assert listening.calls == 1


def _children() -> set[str]:
    """Return the children of this process that open documents."""
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    lines = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids if Path(f"/proc/{pid}").exists()}
    return {pid for pid, line in lines.items() if b"upheld.platform.documents" in line}
