"""Documents to upload: real ones, made on the spot, and hostile ones."""

import zipfile
from collections.abc import Sequence
from io import BytesIO

import docx
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

ADA_LINES = (
    "Ada Lovelace",
    "Analyst and Programmer",
    "ada@example.org | +44 20 7946 0958 | London, United Kingdom",
    "Summary",
    "I write programs for engines that are not built yet,",
    "and notes that explain them to those who will build them.",
    "Experience",
    "1842 - 1843 Notes on the Analytical Engine",
)


def make_pdf(lines: Sequence[str] = ADA_LINES, *, pages: int = 1, password: str | None = None) -> bytes:
    """Return a PDF with the lines on each page."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, encrypt=StandardEncryption(password) if password else None)
    for _ in range(pages):
        for number, line in enumerate(lines):
            canvas.drawString(72, 780 - 18 * number, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def make_word(lines: Sequence[str] = ADA_LINES) -> bytes:
    """Return a Word file whose first line stands in the page header, as résumés like it."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = lines[0]
    for line in lines[1:]:
        document.add_paragraph(line)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def changed_word(parts: dict[str, bytes]) -> bytes:
    """Return a Word file in which some parts were replaced or added."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(make_word())) as original, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name in original.namelist():
            if name not in parts:
                package.writestr(name, original.read(name))
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()
