"""PDF files, opened with PDFium. Only the child imports this."""

import codecs
from collections.abc import Generator
from contextlib import closing, contextmanager
from io import BytesIO
from typing import Protocol, cast

import pypdfium2  # pyright: ignore[reportMissingTypeStubs] - typed in its source, without a marker
import pypdfium2.raw as pdfium  # pyright: ignore[reportMissingTypeStubs] - generated from C headers
from PIL import Image

from upheld.platform.documents.errors import DamagedError, LockedError, TooLongError


class _Bitmap(Protocol):
    """A rendered page; the library does not say what `render` returns."""

    def to_pil(self) -> Image.Image:
        """Return it as a picture."""
        ...


MOST_PAGES = 50
MOST_DRAWN = 10
WIDTH = 1000
TALLEST_PAGE = 2200
_GAP = 12
_GROUND = (222, 226, 224)

# Loaded while files can still be read: what PDFium's text is decoded with, and the
# formats of pictures.
codecs.lookup("utf-16-le")
Image.preinit()


def read(content: bytes) -> tuple[str, int]:
    """Return the text of all pages and how many there are."""
    with _opened(content) as document:
        return "\n\n".join(_page_text(document, number) for number in range(len(document))), len(document)


def count_pages(content: bytes) -> int:
    """Return how many pages there are; each was found, none was read."""
    with _opened(content) as document:
        for number in range(len(document)):
            document[number].close()
        return len(document)


def draw(content: bytes) -> bytes:
    """Return the first pages as one PNG, page under page."""
    with _opened(content) as document:
        drawn = [_drawn(document, number) for number in range(min(len(document), MOST_DRAWN))]
    height = sum(page.height for page in drawn) + _GAP * (len(drawn) - 1)
    sheet = Image.new("RGB", (WIDTH, height), _GROUND)
    top = 0
    for page in drawn:
        sheet.paste(page, ((WIDTH - page.width) // 2, top))
        top += page.height + _GAP
    out = BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


@contextmanager
def _opened(content: bytes) -> Generator[pypdfium2.PdfDocument]:
    try:
        with closing(pypdfium2.PdfDocument(content)) as document:
            if pdfium.FPDF_GetSecurityHandlerRevision(document) != -1:
                raise LockedError
            if len(document) > MOST_PAGES:
                raise TooLongError
            if len(document) == 0:
                raise DamagedError
            yield document
    except pypdfium2.PdfiumError as error:
        code = cast("int | None", error.err_code)  # pyright: ignore[reportUnknownMemberType] - typed in words only
        raise (LockedError if code == pdfium.FPDF_ERR_PASSWORD else DamagedError) from error


def _page_text(document: pypdfium2.PdfDocument, number: int) -> str:
    with closing(document[number]) as page, closing(page.get_textpage()) as text:
        return text.get_text_range()


def _drawn(document: pypdfium2.PdfDocument, number: int) -> Image.Image:
    with closing(document[number]) as page:
        width, height = page.get_size()
        # A page may claim to be a strip of any length: what is drawn stays a page.
        scale = min(WIDTH / max(width, 1), TALLEST_PAGE / max(height, 1))
        bitmap = cast("_Bitmap", page.render(scale=scale))  # pyright: ignore[reportUnknownMemberType] - untyped keywords
        return bitmap.to_pil().convert("RGB")
