"""Tables for spreadsheets (RFC 4180), in which nothing is ever a formula."""

import csv
from collections.abc import Iterable
from io import StringIO

_BEGINS_A_FORMULA = frozenset("=+-@\t\r\n|%＝＋－＠")  # noqa: RUF001 - spreadsheets take the wide ones for the narrow


def csv_of(rows: Iterable[Iterable[str]]) -> bytes:
    """Return a table as spreadsheets read it: UTF-8 that says so, every cell in quotes.

    A cell that a spreadsheet would calculate gets an apostrophe before it, and stays text.
    """
    written = StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([_plain(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> str:
    begins = cell[:1], cell.strip()[:1]
    return f"'{cell}" if _BEGINS_A_FORMULA.intersection(begins) else cell
