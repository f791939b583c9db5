"""Résumés of the demo: real PDFs, one page, good to look at."""

from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

from upheld.main.demo.cast import Extra

_INK, _SOFT, _BRAND = HexColor("#17211e"), HexColor("#51605b"), HexColor("#0f5c4d")
_NAME = ParagraphStyle("name", fontName="Helvetica-Bold", fontSize=24, leading=28, textColor=_INK)
_HEADLINE = ParagraphStyle("headline", fontName="Helvetica", fontSize=12, leading=18, textColor=_BRAND)
_CONTACT = ParagraphStyle("contact", fontName="Helvetica", fontSize=9, leading=14, textColor=_SOFT)
_SECTION = ParagraphStyle(
    "section", fontName="Helvetica-Bold", fontSize=12, leading=16, spaceBefore=14, textColor=_BRAND
)
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=15, textColor=_INK)
_ROLE = ParagraphStyle("role", parent=_BODY, fontName="Helvetica-Bold", spaceBefore=6)


def resume_of(extra: Extra) -> bytes:
    """Return a candidate's résumé as a PDF."""
    story: list[Flowable] = [
        Paragraph(extra.name, _NAME),
        Paragraph(extra.headline, _HEADLINE),
        Paragraph(f"{extra.email} &nbsp;·&nbsp; {extra.phone} &nbsp;·&nbsp; {extra.location}", _CONTACT),
        Paragraph("Summary", _SECTION),
        Paragraph(extra.summary, _BODY),
        Paragraph("Experience", _SECTION),
    ]
    for years, role, employer, deed in extra.history:
        story += [Paragraph(f"{role}, {employer}", _ROLE), Paragraph(years, _CONTACT), Paragraph(deed, _BODY)]
    story += [Paragraph("Skills", _SECTION), Paragraph(", ".join(extra.skills), _BODY), Spacer(1, 4 * mm)]
    out = BytesIO()
    SimpleDocTemplate(
        out, pagesize=A4, leftMargin=22 * mm, rightMargin=22 * mm, topMargin=22 * mm, bottomMargin=18 * mm,
        title=f"Résumé of {extra.name}", author=extra.name, invariant=1,
    ).build(story)  # fmt: skip
    return out.getvalue()
