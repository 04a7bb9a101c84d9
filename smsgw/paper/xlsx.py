"""Write tables as an Excel workbook: numbers are numbers, the heading stays when one scrolls, totals stand at the end.

Texts are written as texts: what begins with = is no formula, what looks like an address is no link.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from .table import Cell, Kind, Table, right_to_left

_FORMATS = {Kind.TEXT: "@", Kind.COUNT: "#,##0", Kind.MONEY: "#,##0.00####", Kind.SHARE: "0.0%"}
_NO_NAME = re.compile(r"[\[\]:*?/\\']")
_WIDEST = 60
_LOOKED_AT = 200  # rows by which the width of a column is chosen


def write(tables: Sequence[Table], language: str = "en", made_at: datetime | None = None) -> bytes:
    """A workbook with a sheet for each table. made_at: told as its date; None leaves the same bytes each time."""
    import xlsxwriter  # only when somebody wants a workbook: it is larger than all of this room

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": (made_at or datetime(2000, 1, 1)).replace(tzinfo=None)})
        formats = _Formats(book)
        names: set[str] = set()
        for table in tables:
            sheet = book.add_worksheet(_name(table.title, names))
            if right_to_left(language):
                sheet.right_to_left()
            _fill(sheet, table, formats)
    return out.getvalue()


class _Formats:
    """The looks of a workbook's cells, each made once."""

    def __init__(self, book: Any) -> None:
        self.heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.about = book.add_format({"italic": True})
        self.of = {kind: book.add_format({"num_format": shape}) for kind, shape in _FORMATS.items()}
        self.total = {
            kind: book.add_format({"num_format": shape, "bold": True, "top": 1}) for kind, shape in _FORMATS.items()
        }


def _fill(sheet: Any, table: Table, formats: _Formats) -> None:
    for place, words in enumerate(table.about):
        sheet.write_string(place, 0, words, formats.about)
    top = len(table.about)
    for column, told in enumerate(table.columns):
        sheet.write_string(top, column, told.heading, formats.heading)
        sheet.set_column(column, column, _width(table, column))
    for row, cells in enumerate(table.rows, top + 1):
        _line(sheet, row, cells, table, formats.of)
    end = top + len(table.rows)
    if table.totals is not None:
        _line(sheet, end + 1, table.totals, table, formats.total)
    sheet.freeze_panes(top + 1, 0)
    if table.rows:
        sheet.autofilter(top, 0, end, len(table.columns) - 1)


def _line(sheet: Any, row: int, cells: Sequence[Cell], table: Table, looks: dict[Kind, Any]) -> None:
    for column, (cell, told) in enumerate(zip(cells, table.columns, strict=True)):
        look = looks[told.kind]
        if cell is None:
            sheet.write_blank(row, column, None, look)
        elif isinstance(cell, str):
            sheet.write_string(row, column, cell, look)
        else:
            sheet.write_number(row, column, cell, look)


def _width(table: Table, column: int) -> int:
    cells = [row[column] for row in table.rows[:_LOOKED_AT]]
    longest = max((len(f"{c:.6f}" if isinstance(c, Decimal) else str(c)) for c in cells if c is not None), default=0)
    return min(_WIDEST, max(longest, len(table.columns[column].heading), 6) + 2)


def _name(title: str, taken: set[str]) -> str:
    """A name that Excel allows: at most 31 letters, without some, and no other sheet's."""
    plain = " ".join(_NO_NAME.sub(" ", title).split())[:31].strip() or "Sheet"
    name, number = plain, 2
    while name.lower() in taken:
        end = f" {number}"
        name, number = plain[: 31 - len(end)] + end, number + 1
    taken.add(name.lower())
    return name
