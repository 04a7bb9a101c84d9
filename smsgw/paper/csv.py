"""Write a table as CSV that spreadsheets of its language open well, and in which no cell is a formula.

Where decimals are written with a comma (sl, ru, de, hr, it) cells are separated by semicolons, as spreadsheets there
expect. A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP: CSV injection).
"""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal

from babel import Locale
from babel.numbers import get_decimal_symbol

from .table import Cell, Table, locale_of

BOM = "\ufeff"
_FORMULA = re.compile(r"[\s\0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_HARMLESS = re.compile(r"[+-]?[0-9]+")  # a phone number or how it begins: it can call nothing


def write(table: Table, language: str = "en") -> bytes:
    """The table's heading, rows and totals, in UTF-8; with a byte order mark for every language but English."""
    locale = locale_of(language)
    out = io.StringIO()
    if locale.language != "en":
        out.write(BOM)
    comma = get_decimal_symbol(locale) == ","
    line = csv.writer(out, delimiter=";" if comma else ",", lineterminator="\r\n")
    line.writerow([guarded(column.heading) for column in table.columns])
    for row in [*table.rows, *([table.totals] if table.totals is not None else [])]:
        line.writerow([_cell(cell, locale) for cell in row])
    return out.getvalue().encode()


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _HARMLESS.fullmatch(text) else text


def _cell(cell: Cell, locale: Locale) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    # No thousands and no Persian digits: programs read this file too.
    plain = f"{cell.normalize():f}" if isinstance(cell, Decimal) else str(cell)
    return plain.replace(".", ",") if get_decimal_symbol(locale) == "," else plain
