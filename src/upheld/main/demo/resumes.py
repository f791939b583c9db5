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
_LONG = 26
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
        self.top -= 20
        self.text(name.upper(), 9.5, bold=True, color=color, after=6)
        self._canvas.setStrokeColor(_LINE)
        self._canvas.line(self._left, self.top, self._left + self._width, self.top)
        self.top -= 6


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
    _aside(_Column(canvas, 9 * mm, _HEIGHT - 22 * mm, _SIDE - 15 * mm), extra, color)
    _story(_Column(canvas, _SIDE + 12 * mm, _HEIGHT - 18 * mm, _WIDTH - _SIDE - 28 * mm), extra, color)
    canvas.save()
    return out.getvalue()


def _aside(column: _Column, extra: Extra, color: Color) -> None:
    column.section("Contact", color)
    for line in (extra.email, extra.phone, extra.location):
        column.text(line, 8 if len(line) > _LONG else 9.5, after=4)
    column.section("Skills", color)
    for skill in extra.skills:
        column.text(skill, 11, after=4)
    column.section("Languages", color)
    for language in extra.languages:
        column.text(language, 11, after=4)
    column.section("Education", color)
    degree, school = extra.education
    column.text(degree, 11, bold=True, after=3)
    column.text(school, 10, color=_SOFT)


def _story(column: _Column, extra: Extra, color: Color) -> None:
    column.text(extra.name, 29, bold=True, after=2)
    column.text(extra.headline, 14, color=color, after=12)
    column.text(extra.summary, 12, after=6)
    column.section("Experience", color)
    for station in extra.history:
        column.top -= 8
        column.text(f"{station.role}, {station.employer}", 13.5, bold=True, after=2)
        column.text(f"{station.years}  |  {station.town}", 10, color=_SOFT, after=6)
        for deed in station.deeds:
            column.text(deed, 12, after=5)
        column.top -= 10
    column.section("How I work", color)
    column.top -= 6
    column.text(f"{extra.letter.split(chr(10) * 2)[1]} {extra.letter.split(chr(10) * 2)[2]}", 12)
