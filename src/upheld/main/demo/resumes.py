"""Résumés of the demo: real PDFs, one page, good to look at, in four looks."""

from io import BytesIO
from typing import cast

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit  # pyright: ignore[reportUnknownVariableType] - its stubs leave the list open
from reportlab.pdfgen.canvas import Canvas

from upheld.main.demo.cast import Extra

_INK, _SOFT, _LINE = HexColor("#17211e"), HexColor("#5b6763"), HexColor("#d9dfdc")
_LOOKS = (("#0f5c4d", "#eef5f2"), ("#274472", "#eef2f8"), ("#7a3b2e", "#f8f1ee"), ("#4a3f6b", "#f2f0f7"))
_WIDTH, _HEIGHT = A4
_SIDE = 62 * mm
"""How wide the tinted column is that holds what one looks up."""


class _Column:
    """A place to write from the top down."""

    def __init__(self, canvas: Canvas, left: float, top: float, width: float) -> None:
        self._canvas, self._left, self._width = canvas, left, width
        self.top = top

    def text(self, said: str, size: float, *, bold: bool = False, color: Color = _INK, after: float = 0) -> None:
        font = "Helvetica-Bold" if bold else "Helvetica"
        self._canvas.setFillColor(color)
        self._canvas.setFont(font, size)
        for line in cast("list[str]", simpleSplit(said, font, size, self._width)):
            self.top -= size * 1.4
            self._canvas.drawString(self._left, self.top, line)
        self.top -= after

    def section(self, name: str, color: Color) -> None:
        self.top -= 12
        self.text(name.upper(), 8.5, bold=True, color=color, after=4)
        self._canvas.setStrokeColor(_LINE)
        self._canvas.line(self._left, self.top, self._left + self._width, self.top)
        self.top -= 4


def resume_of(extra: Extra) -> bytes:
    """Return a candidate's résumé as a PDF; the same bytes for the same person."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(f"Résumé of {extra.name}")
    canvas.setAuthor(extra.name)
    color, tint = (HexColor(one) for one in _LOOKS[extra.look])
    canvas.setFillColor(tint)
    canvas.rect(0, 0, _SIDE, _HEIGHT, stroke=0, fill=1)
    canvas.setFillColor(color)
    canvas.rect(0, _HEIGHT - 6 * mm, _WIDTH, 6 * mm, stroke=0, fill=1)
    _aside(_Column(canvas, 12 * mm, _HEIGHT - 22 * mm, _SIDE - 20 * mm), extra, color)
    _story(_Column(canvas, _SIDE + 12 * mm, _HEIGHT - 18 * mm, _WIDTH - _SIDE - 28 * mm), extra, color)
    canvas.save()
    return out.getvalue()


def _aside(column: _Column, extra: Extra, color: Color) -> None:
    column.section("Contact", color)
    for line in (extra.email, extra.phone, extra.location):
        column.text(line, 8.5, after=2)
    column.section("Skills", color)
    for skill in extra.skills:
        column.text(skill, 9, after=2)
    column.section("Languages", color)
    for language in extra.languages:
        column.text(language, 9, after=2)
    column.section("Education", color)
    degree, school = extra.education
    column.text(degree, 9, bold=True)
    column.text(school, 8.5, color=_SOFT)


def _story(column: _Column, extra: Extra, color: Color) -> None:
    column.text(extra.name, 25, bold=True)
    column.text(extra.headline, 12, color=color, after=6)
    column.text(extra.summary, 10, after=2)
    column.section("Experience", color)
    for station in extra.history:
        column.top -= 3
        column.text(f"{station.role}, {station.employer}", 11, bold=True)
        column.text(f"{station.years}  |  {station.town}", 8.5, color=_SOFT, after=2)
        for deed in station.deeds:
            column.text(deed, 10)
        column.top -= 5
