"""Tables on paper: CSV that no spreadsheet runs, XLSX with numbers, PDF in every writing."""

from __future__ import annotations

import io
from decimal import Decimal

import openpyxl
import pytest

from smsgw.paper import csv, pdf, pdf_page, xlsx
from smsgw.paper.table import Column, Kind, Table

COLUMNS = [Column("Who"), Column("How many", Kind.COUNT), Column("How much", Kind.MONEY), Column("Of it", Kind.SHARE)]


def table(*rows: tuple[str, int, Decimal, Decimal | None]) -> Table:
    total = ["Total", sum(row[1] for row in rows), sum((row[2] for row in rows), Decimal(0)), None]
    return Table("Costs: [all]/links?", COLUMNS, rows, total, ["November"])


ROW = ("Knjigarna Čžš", 1200, Decimal("1234.5678"), Decimal("0.975"))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "=HYPERLINK(\"http://x\")"]
)  # fmt: skip
def test_a_text_that_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    assert csv.guarded(text) == "'" + text
    lines = csv.write(table((text, 1, Decimal(1), None))).decode()
    assert f"'{text}"[:3] in lines.replace('""', '"')


@pytest.mark.parametrize("text", ["+38640111222", "-5", "+386", "Ana = Bine", "a@b.si", ""])
def test_a_number_and_plain_words_stay_as_they_are(text: str) -> None:
    assert csv.guarded(text) == text


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Knjigarna Čžš,1200,1234.5678,0.975"),
        ("sl", "Knjigarna Čžš;1200;1234,5678;0,975"),
        ("ru-RU", "Knjigarna Čžš;1200;1234,5678;0,975"),
        ("fa", "Knjigarna Čžš,1200,1234.5678,0.975"),
        ("xx", "Knjigarna Čžš,1200,1234.5678,0.975"),
    ],
)
def test_csv_is_written_as_spreadsheets_of_the_language_read_it(language: str, line: str) -> None:
    made = csv.write(table(ROW), language)
    assert made.decode("utf-8-sig").splitlines()[1] == line
    assert made.startswith(b"\xef\xbb\xbf") == (language not in ("en", "xx"))


def test_numbers_are_numbers_in_a_workbook_and_texts_are_texts() -> None:
    made = xlsx.write([table(ROW, ("=1+1", 2, Decimal("-3"), None)), table(ROW)], "fa")
    book = openpyxl.load_workbook(io.BytesIO(made))
    assert book.sheetnames == ["Costs all links", "Costs all links 2"]
    sheet = book.worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["Who", "How many", "How much", "Of it"],
        ["Knjigarna Čžš", 1200, 1234.5678, 0.975],
        ["=1+1", 2, -3, None],
        ["Total", 1202, 1231.5678, None],
    ]
    assert sheet["A4"].data_type == "s"
    assert sheet.freeze_panes == "A3"
    assert sheet.sheet_view.rightToLeft


def test_the_same_table_is_the_same_file() -> None:
    assert pdf.write([table(ROW)], "sl") == pdf.write([table(ROW)], "sl")


def test_a_pdf_has_its_letters_in_it_and_long_tables_have_pages() -> None:
    rows = [(f"کتاب‌فروشی {place} Книги ž", place, Decimal(place), None) for place in range(120)]
    made = pdf.write([table(*rows)], "fa")
    assert made.startswith(b"%PDF-")
    assert made.count(b"/Type /Page\n") >= 4
    assert b"DejaVu" in made


def test_of_a_table_that_nobody_prints_the_first_rows_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_page, "MOST_ROWS", 10)
    rows = [(f"row {place}", place, Decimal(place), None) for place in range(50)]
    assert pdf.write([table(*rows)], "en").count(b"/Type /Page\n") == 1
