"""Hostile Word files: packages with one trick each."""

import io
import struct
import zipfile
import zlib
from html import escape

from tests.support.documents import changed_word, make_word

BODY = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    ' xmlns:xi="http://www.w3.org/2001/XInclude"><w:body>{}</w:body></w:document>'
)
SAID = "<w:p><w:r><w:t>Ada Lovelace</w:t></w:r></w:p>"


def document(body: str, before: str = "") -> bytes:
    """Return a Word file with this body, and something before it."""
    return changed_word({"word/document.xml": (before + BODY.format(body)).encode(), "word/header1.xml": b"<x/>"})


def external_entity(canary: str) -> bytes:
    """Return one that includes a page of another site, and a file."""
    declared = f'<!DOCTYPE w [<!ENTITY a SYSTEM "{canary}"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    return document("<w:p><w:r><w:t>&a;&b;</w:t></w:r></w:p>", declared)


def parameter_entity(canary: str) -> bytes:
    """Return one whose declarations come from another site."""
    return document(SAID, f'<!DOCTYPE w [<!ENTITY % dtd SYSTEM "{canary}"> %dtd;]>')


def laughs(levels: int = 30) -> bytes:
    """Return a billion laughs."""
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(levels))
    return document(f"<w:p><w:r><w:t>&e{levels};</w:t></w:r></w:p>", f'<!DOCTYPE w [<!ENTITY e0 "ha">{entities}]>')


def included(canary: str) -> bytes:
    """Return one that asks for XInclude, from elsewhere and from a file."""
    asks = f'<xi:include href="{canary}"/><xi:include href="file:///etc/passwd" parse="text"/>'
    return document(asks + SAID, f'<?xml-stylesheet href="{canary}" type="text/xsl"?>')


def related(canary: str) -> bytes:
    """Return one whose template, picture, frame and object are on another site."""
    kinds = ("attachedTemplate", "image", "frame", "oleObject", "hyperlink", "subDocument")
    relations = "".join(
        f'<Relationship Id="x{kind}" Target="{canary}" TargetMode="External"'
        f' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"/>'
        for kind in kinds
    )
    listed = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>'
    return changed_word({
        "word/document.xml": BODY.format(f'{SAID}<w:altChunk r:id="ximage"/>').encode(),
        "word/_rels/document.xml.rels": listed.encode(), "word/_rels/settings.xml.rels": listed.encode(),
        "word/header1.xml": b"<x/>",
    })  # fmt: skip


def fields(canary: str) -> bytes:
    """Return one whose fields would fetch or run something (DDEAUTO, INCLUDETEXT)."""
    run = "".join(
        f"<w:r><w:instrText>{said}</w:instrText></w:r>"
        for said in (f'INCLUDETEXT "{canary}"', 'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"')
    )
    return document(f"<w:p>{run}</w:p>{SAID}")


def with_macros() -> bytes:
    """Return a .docm under the name of a .docx: the part, and its type."""
    return changed_word({"word/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(60)})


def typed_with_macros() -> bytes:
    """Return one that only its list of parts calls a .docm."""
    listed = zipfile.ZipFile(io.BytesIO(make_word())).read("[Content_Types].xml")
    main = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return changed_word(
        {"[Content_Types].xml": listed.replace(main, b"application/vnd.ms-word.document.macroEnabled.main+xml")}
    )


def bomb(megabytes: int = 49) -> bytes:
    """Return one whose text unpacks to as much as a directory may claim."""
    return document("<w:p><w:r><w:t>" + " " * (megabytes << 20) + "</w:t></w:r></w:p>")


def lying_bomb(megabytes: int = 100) -> bytes:
    """Return one whose main part is far larger than the directory says."""
    main = BODY.format("<w:p><w:r><w:t>" + "x" * (megabytes << 20)).encode()
    return changed_word({"word/document.xml": main}).replace(struct.pack("<I", len(main)), struct.pack("<I", 1000))


def quoted_bomb(entries: int = 1500) -> bytes:
    """Return one whose entries overlap: each is the same large piece."""
    names = ["[Content_Types].xml", "word/document.xml", *(f"word/{number}.xml" for number in range(entries))]
    piece = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = piece.compress(bytes(1 << 20)) + piece.flush()
    head = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(packed), 1 << 20, 1, 0) + b"a"
    directory = b"".join(
        struct.pack(
            "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(packed), 1 << 20, len(name), 0, 0, 0, 0, 0, 0
        ) + name.encode()
        for name in names
    )  # fmt: skip
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(names), len(names), len(directory), len(head + packed), 0)
    return head + packed + directory + end


def many_entries(count: int = 60_000) -> bytes:
    """Return one of very many parts."""
    return changed_word({f"word/{number}": b"" for number in range(count)})


def traversing() -> bytes:
    """Return one whose parts would leave the folder that they are unpacked to."""
    return changed_word({"../../../../tmp/upheld-escaped": b"x", "/etc/cron.d/upheld": b"x", "C:\\evil.exe": b"MZ"})


def encrypted() -> bytes:
    """Return one whose parts claim to be encrypted as zips do it."""
    made = bytearray(make_word())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = made.find(mark)
        while at >= 0:
            made[at + offset] |= 1
            at = made.find(mark, at + 4)
    return bytes(made)


def nested_zip(levels: int = 20) -> bytes:
    """Return one with zips in zips in zips."""
    inner = make_word()
    for _ in range(levels):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("word/inner.docx", inner)
        inner = out.getvalue()
    return changed_word({"word/embeddings/inner.docx": inner})


def deep(levels: int = 200_000) -> bytes:
    """Return one whose elements are nested very deep."""
    return document("<w:p>" * levels + SAID + "</w:p>" * levels)


def many_attributes(count: int = 50_000) -> bytes:
    """Return one with an element of very many attributes."""
    return document("<w:p " + " ".join(f'a{n}="{n}"' for n in range(count)) + f"/>{SAID}")


def long_line() -> bytes:
    """Return one with a single very long line."""
    return document("<w:p><w:r><w:t>" + "Ada" * 60_000 + "</w:t></w:r></w:p>")


def hidden_text() -> bytes:
    """Return one that says a name with marks that turn the reading around, and controls."""
    return document("<w:p><w:r><w:t>A\u202eda\u2066 Love\u200blace\ufeff</w:t></w:r></w:p>")


def with_script() -> bytes:
    """Return one with an SVG that has a script, and HTML inside."""
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
    return changed_word({
        "word/media/image1.svg": svg, "word/afchunk.html": b"<script>alert(1)</script>",
        "word/document.xml": BODY.format(SAID + f"<w:p><w:r><w:t>{escape(svg.decode())}</w:t></w:r></w:p>").encode(),
        "word/header1.xml": b"<x/>",
    })  # fmt: skip
