"""The pages of a PDF: A4 across, headings on each, and languages from right to left. Loaded when one is made."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from fpdf import FPDF

from .table import Cell, Column, Kind, Table, locale_of, right_to_left, spelled

FONTS = Path(__file__).parent / "fonts"
MOST_ROWS = 2000  # nobody reads more on paper: CSV and XLSX have all of them
_LINE, _SIZE, _SMALLEST = 5.5, 9.0, 5.5  # millimetres, points
_SHADE = (238, 238, 238)
logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of each table that it leaves out


class Page(FPDF):
    """A4 across with our letters and a page number below."""

    def __init__(self, language: str, made_at: datetime) -> None:
        super().__init__(orientation="landscape", format="A4")
        self._language, self._locale = language, locale_of(language)
        self._mirrored = right_to_left(language)
        self.set_creation_date(made_at)
        self.set_margin(12)
        self.set_auto_page_break(True, 14)
        self.add_font("DejaVu", "", FONTS / "DejaVuSans.ttf")
        self.add_font("DejaVu", "B", FONTS / "DejaVuSans-Bold.ttf")
        self.set_font("DejaVu", "", _SIZE)
        self._turn("")
        self.add_page()

    def _turn(self, text: str) -> None:
        """Shape what follows in the language's direction; +386 and -3 keep their sign in front."""
        mirrored = self._mirrored and not (text.isascii() and text)
        self.set_text_shaping(use_shaping_engine=True, direction="rtl" if mirrored else "ltr")

    def footer(self) -> None:
        """The page's number: fpdf asks for it at the end of each page."""
        self.set_y(-11)
        self.set_font("DejaVu", "", 7)
        self.cell(0, 5, str(self.page_no()), align="C")

    def tell(self, table: Table) -> None:
        """A title, what it is about, the heading, the rows and the totals."""
        side = "R" if self._mirrored else "L"
        self._turn("")
        self.set_font("DejaVu", "B", 13)
        self.multi_cell(0, 8, table.title, align=side, new_x="LMARGIN", new_y="NEXT")
        self.set_font("DejaVu", "", _SIZE)
        rows = table.rows[:MOST_ROWS]
        cut = f"{len(rows)} / {len(table.rows)} (CSV, XLSX: {len(table.rows)})"
        for words in [*table.about, *([cut] if len(rows) < len(table.rows) else [])]:
            self.multi_cell(0, _LINE, words, align=side, new_x="LMARGIN", new_y="NEXT")
        self.ln(2)
        lines = [self._spelled(row, table.columns) for row in rows]
        totals = None if table.totals is None else self._spelled(table.totals, table.columns)
        headings = [column.heading for column in table.columns]
        size, widths = self._widths([headings, *lines, *([totals] if totals else [])])
        self._heading(headings, table.columns, widths, size)
        for place, line in enumerate(lines):
            if self.will_page_break(_LINE):
                self.add_page()
                self._heading(headings, table.columns, widths, size)
            self._line(line, table.columns, widths, size, "", shaded=place % 2 == 1)
        if totals is not None:
            self._line(totals, table.columns, widths, size, "B", border="T")
        self.ln(6)

    def _spelled(self, row: Sequence[Cell], columns: Sequence[Column]) -> list[str]:
        return [spelled(cell, column.kind, self._locale) for cell, column in zip(row, columns, strict=True)]

    def _widths(self, lines: Sequence[Sequence[str]]) -> tuple[float, list[float]]:
        """How large the letters can be, and how wide each column is: as wide as it needs, all together one page."""
        longest = [max((line[place] for line in lines), key=len) for place in range(len(lines[0]))]
        headings = lines[0]
        self.set_font("DejaVu", "B", _SIZE)
        needs = [
            max(self.get_string_width(words), self.get_string_width(heading)) + 4
            for words, heading in zip(longest, headings, strict=True)
        ]
        room = self.epw / sum(needs)
        size = _SIZE if room >= 1 else max(_SMALLEST, _SIZE * room)
        return size, [need * min(1.0, room) if room < 1 else need * min(room, 1.6) for need in needs]

    def _heading(self, words: Sequence[str], columns: Sequence[Column], widths: Sequence[float], size: float) -> None:
        self._line(words, columns, widths, size, "B", border="B")

    def _line(
        self,
        words: Sequence[str],
        columns: Sequence[Column],
        widths: Sequence[float],
        size: float,
        style: str,
        *,
        border: str = "",
        shaded: bool = False,
    ) -> None:
        self.set_font("DejaVu", style, size)
        self.set_fill_color(*_SHADE)
        cells = list(zip(words, columns, widths, strict=True))
        if self._mirrored:
            cells.reverse()
            self.set_x(self.w - self.r_margin - sum(widths))
        for text, column, width in cells:
            side = "R" if (column.kind is Kind.TEXT) == self._mirrored else "L"
            self._turn(text)
            self.cell(width, _LINE, self._fitting(text, width), align=side, border=border, fill=shaded)
        self.ln(_LINE)

    def _fitting(self, text: str, width: float) -> str:
        """What of a text fits, with … for what does not: nothing runs into the next cell."""
        if self.get_string_width(text) <= width - 2:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.get_string_width(text[:middle] + "…") <= width - 2 else (low, middle - 1)
        return text[:low] + "…"
