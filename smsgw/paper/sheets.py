"""Read a sheet that somebody kept, CSV or XLSX, a row at a time; its delimiter and encoding are found by themselves.

Many sheets come from old programs: Central European (cp1250) and Cyrillic (cp1251) encodings are told apart by how
their letters stand, for in Cyrillic words these letters stand side by side and in Slovenian ones alone.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from smsgw.errors import BadInput, Fault

DELIMITERS = ";,\t|"
LOOKED_AT = 64 * 1024  # octets by which encoding and delimiter are chosen
LARGEST_UNPACKED = 500 * 1024 * 1024  # of an XLSX: more is taken for a bomb
MOST_COLUMNS = 200
ENCODINGS = ("utf-8-sig", "utf-16", "cp1250", "cp1251", "cp1252", "iso8859_2", "koi8_r", "cp1256")
_HIGH = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True)
class Sheet:
    """A sheet that can be read. kind: csv or xlsx. encoding, delimiter: of a CSV, as told or found."""

    kind: str
    content: bytes
    encoding: str = ""
    delimiter: str = ""

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row that is not empty: its line in the file, from 1, and its cells as they are written, in order.

        Raises BadInput, code `sheet_unreadable`, where it breaks off.
        """
        read = _xlsx_rows(self.content) if self.kind == "xlsx" else _csv_rows(self)
        for line, cells in read:
            if any(cells):
                yield line, cells[:MOST_COLUMNS]


def open_sheet(content: bytes, encoding: str | None = None, delimiter: str | None = None) -> Sheet:
    """A sheet from a file's octets. encoding, delimiter: where they are known; else they are found.

    Raises BadInput: `sheet_empty`, `sheet_unreadable`, `encoding_unknown`.
    """
    if not content.strip():
        raise _bad("sheet_empty", "there is nothing in this file")
    if content.startswith(b"PK\x03\x04"):
        return Sheet("xlsx", _safe(content))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise _bad("sheet_unreadable", "this is an old Excel file (.xls): save it as .xlsx or as CSV")
    if encoding is not None and encoding not in ENCODINGS:
        raise _bad("encoding_unknown", f"there is no encoding {encoding!r}; there are {', '.join(ENCODINGS)}")
    found = encoding or _encoding(content)
    head = content[:LOOKED_AT].decode(found, "replace").removeprefix("\ufeff")
    return Sheet("csv", content, found, delimiter or _delimiter(head))


def _bad(code: str, detail: str) -> BadInput:
    return BadInput([Fault("/file", code, detail)])


def _encoding(content: bytes) -> str:
    """UTF-8 where the octets are; else the one whose letters stand as in words."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        content.decode()
        return "utf-8-sig"
    except UnicodeDecodeError:
        pass
    runs = [len(found) for found in _HIGH.findall(content[:LOOKED_AT])] or [1]
    side_by_side = sum(length for length in runs if length > 1)
    if side_by_side <= 0.6 * sum(runs):
        return "cp1250"
    words = content[:LOOKED_AT].decode("cp1251", "replace")
    small = sum("а" <= letter <= "я" for letter in words)
    large = sum("А" <= letter <= "Я" for letter in words)
    return "cp1251" if small >= large else "koi8_r"  # KOI8-R has the cases the other way round


def _delimiter(head: str) -> str:
    """The one that cuts most of the first lines into the same number of cells, more than one."""
    told = re.match(r"sep=(.)\r?\n", head)
    if told:
        return told[1]
    best, most = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        lines = [len(row) for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter) if row][:50]
        cells, often = Counter(lines).most_common(1)[0] if lines else (1, 0)
        if cells > 1 and (often / len(lines), cells) > most:
            best, most = delimiter, (often / len(lines), cells)
    return best


def _csv_rows(sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    text = io.TextIOWrapper(io.BytesIO(sheet.content), sheet.encoding, newline="")
    reader = csv.reader(text, delimiter=sheet.delimiter)
    line = 0
    try:
        for cells in reader:
            if line == 0 and cells and re.match("sep=", cells[0]):
                line = reader.line_num
                continue
            yield line + 1, [cell.strip() for cell in cells]
            line = reader.line_num
    except UnicodeDecodeError as wrong:
        raise _bad("sheet_unreadable", f"behind line {line} there is an octet that is not {sheet.encoding}") from wrong
    except csv.Error as wrong:
        raise _bad("sheet_unreadable", f"line {line + 1}: {wrong}") from wrong


def _safe(content: bytes) -> bytes:
    """The same octets, if they unpack to no more than a sheet should have."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except Exception as wrong:  # also names in no letters, versions that nobody knows, sizes that cannot be
        raise _bad("sheet_unreadable", "this file is damaged: it begins like an .xlsx and is none") from wrong
    if size > LARGEST_UNPACKED:
        raise _bad("sheet_unreadable", f"this file unpacks to {size // 1024 // 1024} MB: save it as CSV")
    return content


def _xlsx_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    import openpyxl  # not at the top: few processes read sheets, and it is large

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that it does not know
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs write wrong ones, and rows would be missing
            for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                yield line, [_spelled(cell) for cell in cells]
    except Exception as wrong:  # what the library does with a damaged or hostile workbook is written down nowhere
        raise _bad("sheet_unreadable", f"this file is no workbook that can be read: {wrong}") from wrong


def _spelled(cell: Any) -> str:
    """A cell as it would be written: whole numbers without a point, for phone numbers are often kept as numbers."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()
