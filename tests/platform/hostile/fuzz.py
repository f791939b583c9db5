"""Mutations of good documents, opened in confinement, each in a process of its own.

`python -m tests.platform.hostile.fuzz 10000` opens that many; the test suite a few hundred. Python
is started once and forked for each, which is what makes it quick.
"""

import os
import random
import resource
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from tests.platform.hostile import pdfs
from tests.support.documents import changed_word, make_pdf, make_word
from upheld.platform.documents import DOCX, PDF
from upheld.platform.documents.child import STATUSES, opener
from upheld.platform.documents.confinement import LIMITS, confine
from upheld.platform.documents.errors import DamagedError, DocumentError

ROOT = Path(__file__).parents[3]
REFUSALS = sorted(STATUSES.values())
CRASH = 99
PATIENCE, CPU_SECONDS = 12.0, 2
_WORDS = (
    b"/Length",
    b"/Kids",
    b"/Filter",
    b"/FlateDecode",
    b"obj",
    b"stream",
    b"-1",
    b"99999999999",
    b"<w:p>",
    b"&#0;",
)

Mutated = tuple[str, bytes]


def mutated(seed: int) -> Mutated:
    """Return a media type, and a document of it with a few things wrong; the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - mutations have to repeat, not to be secret
    if seed % 2:
        return PDF, _changed(dice.choice(_PDFS)(), dice)
    if dice.random() < 0.5:
        return DOCX, changed_word({"word/document.xml": _changed(_main_part(), dice)})
    return DOCX, _changed(make_word(), dice)


def _changed(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(changed))
        match dice.randrange(6):
            case 0:
                changed[at] ^= 1 << dice.randrange(8)
            case 1:
                changed[at : at + dice.randrange(64)] = b""
            case 2:
                changed[at:at] = dice.randbytes(dice.randrange(1, 32))
            case 3:
                changed[at:at] = changed[at : at + dice.randrange(1, 512)] * dice.randrange(1, 8)
            case 4:
                changed[at:at] = dice.choice(_WORDS)
            case _:
                changed[at : at + 4] = dice.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
        changed = changed or bytearray(b"x")
    return bytes(changed)


def _main_part() -> bytes:
    with zipfile.ZipFile(BytesIO(make_word())) as package:
        return package.read("word/document.xml")


_PDFS: tuple[Callable[[], bytes], ...] = (
    make_pdf, pdfs.one_page, pdfs.type3_recursion, pdfs.jbig2_region, pdfs.object_stream_loop,
    lambda: pdfs.active("http://127.0.0.1:9/"), lambda: pdfs.broken_font(b"FontFile2", pdfs.true_type(bytes(200))),
)  # fmt: skip


def endings(seeds: range) -> dict[int, int]:
    """Return how the process of each seed ended: 0, a refusal, `CRASH` of our own code, or a signal (negative)."""
    ended = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "tests.platform.hostile.fuzz", str(seeds.start), str(seeds.stop)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {int(seed): int(status) for seed, status in (line.split() for line in ended.stdout.splitlines())}


def main() -> None:
    """Open the documents of a range of seeds; print how each ended."""
    # A mutation may well take for ever; to learn that need not take as long as it may with people's documents.
    LIMITS["cpu"] = (resource.RLIMIT_CPU, CPU_SECONDS)
    start, stop = (int(word) for word in (["0", *sys.argv[1:]])[-2:])
    open_it = {kind: opener("read", kind) for kind in (PDF, DOCX)}
    draw = opener("draw", PDF)
    for seed in range(start, stop):
        kind, content = mutated(seed)
        sys.stdout.write(f"{seed} {_ended(draw if seed % 4 == 1 else open_it[kind], content)}\n")


def _ended(open_it: Callable[[bytes], bytes], content: bytes) -> int:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_RDWR), 2)
        os._exit(_opened(open_it, content))
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _opened(open_it: Callable[[bytes], bytes], content: bytes) -> int:
    try:
        confine()
        open_it(content)
    except DocumentError as error:
        return STATUSES.get(type(error), STATUSES[DamagedError])
    except BaseException:  # noqa: BLE001 - any other is a mistake of ours
        return CRASH
    return 0


if __name__ == "__main__":
    main()
