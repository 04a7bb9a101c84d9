"""Write tables as a PDF to print: headings on every page, page numbers, and languages from right to left.

The letters are DejaVu's, of which `fonts/` has those of Latin, Greek, Cyrillic and Arabic writing; they are shaped by
HarfBuzz, so that Persian joins as it must.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .table import Table


def write(tables: Sequence[Table], language: str = "en", made_at: datetime | None = None) -> bytes:
    """The tables one after the other, on A4 across. made_at: told as its date; None leaves the same bytes each time.

    Of a table with more than `pdf_page.MOST_ROWS` rows the first ones, and a line that says so.
    """
    from .pdf_page import Page  # not at the top: it takes as much memory as all of smsgw, and is seldom wanted

    page = Page(language, made_at or datetime(2000, 1, 1))
    for table in tables:
        page.tell(table)
    return bytes(page.output())
