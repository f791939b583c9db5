"""Documents: recognised by content, opened in a confined process, and never trusted."""

import asyncio
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.support.documents import ADA_LINES, changed_word, make_pdf, make_word
from upheld.platform.documents import (
    DOCX,
    LARGEST_DOCUMENT,
    PDF,
    DamagedError,
    DocumentError,
    LockedError,
    NoDocumentError,
    TooBigError,
    TooLongError,
    TooSlowError,
    UnknownKindError,
    check_document,
    picture_of,
    process,
    read_document,
    reading,
    recognise,
)

pytestmark = pytest.mark.anyio
WORD_XML = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'

_NOVEL = b"<w:p><w:r><w:t>" + b"long " * 90_000 + b"</w:t></w:r></w:p>"


def test_a_document_is_recognised_by_its_content() -> None:
    assert recognise(make_pdf(), "Résumé.PDF") == PDF
    assert recognise(make_word(), "resume.docx") == DOCX


@pytest.mark.parametrize(
    ("made", "name", "error"),
    [
        (lambda: b"", "resume.pdf", NoDocumentError),
        (lambda: b"<html><script>alert(1)</script></html>", "resume.pdf", UnknownKindError),
        (lambda: b"MZ\x90\x00" + b"\x00" * 100, "resume.docx", UnknownKindError),
        (lambda: b" %PDF-1.7 not at the start", "resume.pdf", UnknownKindError),
        (make_pdf, "resume.docx", UnknownKindError),
        (make_pdf, "resume.pdf.html", UnknownKindError),
        (make_word, "resume.pdf", UnknownKindError),
        (lambda: make_pdf(password="secret"), "resume.pdf", LockedError),
        (lambda: bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 504, "resume.docx", LockedError),
        (lambda: b"%PDF-1.7" + b"\x00" * LARGEST_DOCUMENT, "resume.pdf", TooBigError),
        (lambda: b"PK\x03\x04 cut off", "resume.docx", DamagedError),
        (lambda: changed_word({"word/vbaProject.bin": b"macro"}), "resume.docx", UnknownKindError),
        (lambda: changed_word({"[Content_Types].xml": b"<Types/>"}), "resume.docx", UnknownKindError),
        (lambda: changed_word({"word/media/flat.bmp": b"\x00" * (50 * 1024 * 1024 + 1)}), "resume.docx", DamagedError),
        (lambda: changed_word({f"word/{number}": b"" for number in range(2000)}), "resume.docx", DamagedError),
    ],
    ids=[
        "empty", "HTML", "program", "PDF further in", "PDF named Word", "PDF named HTML", "Word named PDF",
        "encrypted PDF", "old or encrypted Word", "over 10 MB", "half a zip", "macros", "another package",
        "zip bomb", "zip of thousands",
    ],
)  # fmt: skip
def test_what_is_not_a_document_is_refused_with_what_to_do(
    made: Callable[[], bytes], name: str, error: type[DocumentError]
) -> None:
    with pytest.raises(error) as refused:
        recognise(made(), name)
    assert refused.value.fields == {"file": (error.__doc__ or "").strip()}


async def test_the_text_of_a_pdf_is_read() -> None:
    document = await read_document(make_pdf(pages=2), PDF)
    assert document.pages == 2
    assert document.text.splitlines()[: len(ADA_LINES)] == list(ADA_LINES)


async def test_the_text_of_a_word_file_is_read_header_first() -> None:
    document = await read_document(make_word(), DOCX)
    assert document.text.splitlines() == list(ADA_LINES)


async def test_deleted_and_doubled_text_of_a_word_file_is_not_read() -> None:
    body = (
        b"<w:p><w:r><w:t>kept</w:t></w:r><w:del><w:r><w:t>struck</w:t></w:r></w:del></w:p>"
        b'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        b"<mc:Choice><w:p><w:r><w:t>once</w:t></w:r></w:p></mc:Choice>"
        b"<mc:Fallback><w:p><w:r><w:t>twice</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent>"
    )
    content = changed_word({"word/document.xml": WORD_XML % body, "word/header1.xml": WORD_XML % b""})
    assert (await read_document(content, DOCX)).text == "kept\nonce"


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE w SYSTEM "https://example.org/evil.dtd">',
        b'<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;">]>',
    ],
    ids=["a file", "another site", "billion laughs"],
)
async def test_a_word_file_that_declares_entities_is_refused(declaration: bytes) -> None:
    content = changed_word({"word/document.xml": declaration + WORD_XML % b"<w:p><w:r><w:t>x</w:t></w:r></w:p>"})
    for ask in (read_document, check_document):
        with pytest.raises(DamagedError):
            await ask(content, DOCX)


@pytest.mark.parametrize(
    ("made", "media_type", "error"),
    [
        (lambda: make_pdf()[:800], PDF, DamagedError),
        (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40, PDF, DamagedError),
        (lambda: make_word()[:-400], DOCX, DamagedError),
        (lambda: changed_word({"word/document.xml": b"<w:document"}), DOCX, DamagedError),
        (lambda: make_pdf(password="secret"), PDF, LockedError),
        (lambda: make_pdf(("page",), pages=10_000), PDF, TooLongError),
        (lambda: changed_word({"word/document.xml": WORD_XML % _NOVEL}), DOCX, TooLongError),
    ],
    ids=["cut PDF", "noise", "cut Word", "cut XML", "encrypted", "10,000 pages", "a novel"],
)  # fmt: skip
async def test_what_does_not_open_is_refused_quickly(
    made: Callable[[], bytes], media_type: str, error: type[DocumentError]
) -> None:
    content = made()
    began = time.monotonic()
    with pytest.raises(error):
        await read_document(content, media_type)
    assert time.monotonic() - began < 10


async def test_checking_opens_a_document_and_keeps_no_text() -> None:
    assert await check_document(make_pdf(pages=3), PDF) == 3
    assert await check_document(make_word(), DOCX) == 0
    with pytest.raises(DamagedError):
        await check_document(make_pdf()[:800], PDF)


async def test_the_picture_shows_at_most_ten_pages_in_one_png() -> None:
    with Image.open(BytesIO(await picture_of(make_pdf(), PDF))) as one:
        assert one.format == "PNG"
        assert one.width == 1000
    with Image.open(BytesIO(await picture_of(make_pdf(pages=12), PDF))) as many:
        assert many.width == 1000
        assert 9 * one.height < many.height < 11 * one.height


async def test_only_a_pdf_is_drawn() -> None:
    with pytest.raises(ValueError, match="Only a PDF"):
        await picture_of(make_word(), DOCX)


async def test_more_documents_than_turns_are_read_one_after_the_other() -> None:
    texts = await asyncio.gather(*(read_document(make_pdf((f"number {n}",)), PDF) for n in range(5)))
    assert [document.text for document in texts] == [f"number {n}" for n in range(5)]


async def test_a_document_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "WALL_SECONDS", 0.05)
    with pytest.raises(TooSlowError):
        await read_document(make_pdf(), PDF)


async def test_whatever_a_child_started_ends_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(process, "WALL_SECONDS", 0.5)
    monkeypatch.setattr(process, "CHILD", (_script(tmp_path, f"sleep 60 & echo $! > {tmp_path}/pid; wait"),))
    with pytest.raises(TooSlowError):
        await read_document(make_pdf(), PDF)
    grandchild = int((tmp_path / "pid").read_text())
    await asyncio.sleep(0.2)
    assert not _is_running(grandchild)


async def test_a_child_gets_no_environment_and_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UPHELD_CANARY", "canary")
    says = """printf '{"text": "%s", "pages": 0}' "$(pwd) $(tr '\\0' ' ' < /proc/$$/environ)" """
    monkeypatch.setattr(process, "CHILD", (_script(tmp_path, says),))
    assert (await read_document(b"", PDF)).text == "/ "


async def test_an_answer_larger_than_allowed_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_PICTURE", 1000)
    with pytest.raises(TooLongError):
        await picture_of(make_pdf(), PDF)


def _script(folder: Path, body: str) -> str:
    """Write a program that stands in for the child."""
    path = folder / "child"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return str(path)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False
