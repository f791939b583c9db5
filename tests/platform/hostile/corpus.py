"""The corpus: every hostile document, and what must become of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.platform.hostile import pdfs, words
from tests.support.documents import make_pdf, make_word
from upheld.platform.documents import (
    DamagedError,
    DocumentError,
    LockedError,
    NoDocumentError,
    TooLongError,
    TooSlowError,
    UnknownKindError,
)

NAME = "Ada Lovelace"
REFUSED = (DamagedError, LockedError, TooLongError, TooSlowError, UnknownKindError)


@dataclass(frozen=True)
class Hostile:
    """A hostile document.

    Args:
        title: what it is.
        make: makes it; given the address of a listener that must never hear of it.
        ends: the refusals that are right. Empty: it is harmless here, and is read.
        says: text that is read from a harmless one; None when it may say anything.
        name: the name under which it is uploaded.
    """

    title: str
    make: Callable[[str], bytes]
    ends: tuple[type[DocumentError], ...] = ()
    says: str | None = NAME
    name: str = "resume.pdf"


def _word(title: str, make: Callable[[str], bytes], *ends: type[DocumentError], says: str | None = NAME) -> Hostile:
    return Hostile(title, make, ends, says, "resume.docx")


def _pdf(title: str, make: Callable[[str], bytes], *ends: type[DocumentError], says: str | None = NAME) -> Hostile:
    return Hostile(title, make, ends, says)


_HTML = b"<!doctype html><script>fetch('%s')</script><h1>resume</h1>"
_SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"

HALF_JPEG, HALF_JPX = b"\xff\xd8\xff\xe0" + bytes(40), b"\xff\x4f\xff\x51" + bytes(40)
FAX = b"/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 65000 >>"
TYPE1, TRUE_TYPE = b"%!PS-AdobeFont-1.0\n" + b"/a{" * 20_000, pdfs.true_type(b"\xff" * 500)
CFF = b"\x01\x00\x04\x04" + b"\xff" * 900

PDFS = (
    _pdf("PDF with every action", pdfs.active),
    _pdf("PDF whose drawing is elsewhere", pdfs.external_stream),
    _pdf("PDF with an XFA form", pdfs.xfa),
    _pdf("PDF under a password", lambda _: make_pdf(password="secret"), LockedError),
    _pdf("PDF of 10,000 pages", lambda _: pdfs.pages(10_000), TooLongError),
    _pdf("PDF that claims two billion pages", lambda _: pdfs.lying_count(2_147_483_647)),
    _pdf("PDF that claims fewer than no pages", lambda _: pdfs.lying_count(-5)),
    _pdf("PDF with a tower of pages", lambda _: pdfs.deep_tree(20_000), DamagedError, TooLongError),
    _pdf("PDF whose pages are their own children", lambda _: pdfs.looping_tree(), DamagedError, TooLongError),
    _pdf("PDF of deep arrays", lambda _: pdfs.nested(b"[", b"]", 500_000)),
    _pdf("PDF of deep dictionaries", lambda _: pdfs.nested(b"<</D ", b">>", 500_000)),
    _pdf("PDF that draws itself", lambda _: pdfs.recursive_form(), *REFUSED),
    _pdf("PDF of a trillion forms", lambda _: pdfs.laughing_forms(), *REFUSED),
    _pdf("PDF of patterns in patterns", lambda _: pdfs.recursive_pattern()),
    _pdf("PDF of a huge page", lambda _: pdfs.huge_page(2_000_000_000, 75_000)),
    _pdf("PDF of a strip", lambda _: pdfs.strip()),
    _pdf("PDF that unpacks to a gigabyte", lambda _: pdfs.flate_bomb(), *REFUSED),
    _pdf("PDF packed three times over", lambda _: pdfs.nested_flate_bomb(), says=None),
    _pdf("PDF of runs of runs", lambda _: pdfs.run_length_bomb(), says=None),
    _pdf("PDF with a picture of a billion pixels", lambda _: pdfs.picture_bomb()),
    _pdf("PDF with an empty JBIG2 of a billion pixels", lambda _: pdfs.jbig2_region()),
    _pdf("PDF with a JBIG2 of billions of symbols", lambda _: pdfs.jbig2_symbols()),
    _pdf("PDF with a JBIG2 segment that lies", lambda _: pdfs.jbig2(38, bytes(30), 0xFFFFFFFF)),
    _pdf("PDF with half a JPEG", lambda _: pdfs.picture(b"/Filter /DCTDecode", HALF_JPEG, 60_000)),
    _pdf("PDF with a broken JPEG 2000", lambda _: pdfs.picture(b"/Filter /JPXDecode", HALF_JPX, 60_000)),
    _pdf("PDF with a broken fax", lambda _: pdfs.picture(FAX, b"\xaa" * 5000, 65_000)),
    _pdf("PDF with a font drawn with itself", lambda _: pdfs.type3_recursion(), says=None),
    _pdf("PDF with a broken Type 1 font", lambda _: pdfs.broken_font(b"FontFile", TYPE1), says=None),
    _pdf("PDF with a broken TrueType font", lambda _: pdfs.broken_font(b"FontFile2", TRUE_TYPE), says=None),
    _pdf("PDF with a broken CFF font", lambda _: pdfs.broken_font(b"FontFile3", CFF), says=None),
    _pdf("PDF whose table names itself", lambda _: pdfs.xref_loop()),
    _pdf("PDF of objects in each other", lambda _: pdfs.object_stream_loop()),
    _pdf("PDF whose length is itself", lambda _: pdfs.circular_length()),
    _pdf("PDF with hidden letters", lambda _: pdfs.hidden_text()),
    _pdf("PDF with a zip behind it", lambda _: pdfs.polyglot(make_word())),
    _pdf("PDF with a page of HTML behind it", lambda canary: pdfs.polyglot(_HTML % canary.encode())),
    _pdf("PDF with a program behind it", lambda _: pdfs.polyglot(b"MZ" + bytes(500))),
    _pdf("PDF of zeros", lambda _: b"%PDF-1.7\n" + bytes(1 << 20), DamagedError),
    _pdf("PDF from a scanner", lambda _: pdfs.scanned(), says=""),
)  # fmt: skip

WORDS = (
    _word("Word with external entities", words.external_entity, DamagedError),
    _word("Word with external declarations", words.parameter_entity, DamagedError),
    _word("Word of a billion laughs", lambda _: words.laughs(), DamagedError),
    _word("Word with XInclude", words.included),
    _word("Word with external relationships", words.related),
    _word("Word with fields that run something", words.fields),
    _word("Word with macros", lambda _: words.with_macros(), UnknownKindError),
    _word("Word that is typed as one with macros", lambda _: words.typed_with_macros(), UnknownKindError),
    _word("Word that unpacks to fifty megabytes", lambda _: words.bomb(), TooLongError),
    _word("Word that is larger than it says", lambda _: words.lying_bomb(), DamagedError, TooLongError),
    _word("Word of overlapping parts", lambda _: words.quoted_bomb(), DamagedError),
    _word("Word of 60,000 parts", lambda _: words.many_entries(), DamagedError),
    _word("Word whose parts leave their folder", lambda _: words.traversing()),
    _word("Word with encrypted parts", lambda _: words.encrypted(), DamagedError, LockedError),
    _word("Word of zips in zips", lambda _: words.nested_zip()),
    _word("Word of deep elements", lambda _: words.deep()),
    _word("Word of very many attributes", lambda _: words.many_attributes()),
    _word("Word of one long line", lambda _: words.long_line(), says="AdaAda"),
    _word("Word with hidden letters", lambda _: words.hidden_text()),
    _word("Word with scripts inside", lambda _: words.with_script()),
    _word("Word under a password, or old", lambda _: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504), LockedError),
)  # fmt: skip

_STRANGERS: tuple[tuple[str, Callable[[str], bytes], type[DocumentError]], ...] = (
    ("HTML", lambda canary: _HTML % canary.encode(), UnknownKindError),
    ("SVG with a script", lambda _: _SVG, UnknownKindError),
    ("RTF", lambda _: b"{\\rtf1{\\object\\objocx}}", UnknownKindError),
    ("a program", lambda _: b"MZ\x90\x00" + bytes(900), UnknownKindError),
    ("an ELF", lambda _: b"\x7fELF" + bytes(900), UnknownKindError),
    ("a shell script", lambda _: b"#!/bin/sh\nrm -rf /\n", UnknownKindError),
    ("a GIF with a PDF inside", lambda _: b"GIF89a" + make_pdf(), UnknownKindError),
    ("NUL bytes", lambda _: bytes(4096), UnknownKindError),
    ("text", lambda _: b"a" * 5_000_000, UnknownKindError),
    ("nothing", lambda _: b"", NoDocumentError),
)

OTHERS = tuple(
    Hostile(f"{title} named {name}", make, (error,), None, name)
    for title, make, error in _STRANGERS
    for name in ("resume.pdf", "resume.docx")
)

CUT = tuple(pdfs.truncations())
"""A good PDF, cut off at many points."""

CORPUS = (*PDFS, *WORDS, *OTHERS)
