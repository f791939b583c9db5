"""Tables for spreadsheets."""

import csv
from io import StringIO

import pytest

from upheld.kit.sheets import csv_of


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "%0", "|calc", "＝1＋1"])  # noqa: RUF001 - wide on purpose
def test_a_cell_that_a_spreadsheet_would_calculate_stays_text(cell: str) -> None:
    ((read,),) = csv.reader(StringIO(csv_of([[cell]]).decode("utf-8-sig"), newline=""))
    assert read == f"'{cell}"


def test_other_cells_come_back_as_they_were() -> None:
    rows = [["ada@example.org", 'said "hello", twice', "two\nlines"], ["", "हिन्दी", "2026-11-23"]]
    assert list(csv.reader(StringIO(csv_of(rows).decode("utf-8-sig"), newline=""))) == rows
    assert csv_of(rows).startswith(b"\xef\xbb\xbf"), "spreadsheets are told that it is UTF-8"
