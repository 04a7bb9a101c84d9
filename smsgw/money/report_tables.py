"""A cost report as a table that CSV, XLSX and PDF are made of, in the reader's language."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_date

from ..paper import csv, pdf, xlsx
from ..paper.table import Cell, Column, Kind, Table, locale_of
from .places import country_name
from .report_words import word
from .reports import Line, Report

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_MILLION = 1_000_000
_CENTS = Decimal("0.0001")  # what one message cost: a cent is too coarse


def written(report: Report, shape: str, language: str, made_at: datetime) -> bytes:
    """The report as a file. shape: one of `FORMATS`. Raises KeyError for another one."""
    made = {
        "csv": lambda: csv.write(table(report, language), language),
        "xlsx": lambda: xlsx.write([table(report, language)], language, made_at),
        "pdf": lambda: pdf.write([table(report, language)], language, made_at),
    }
    return made[shape]()


def table(report: Report, language: str) -> Table:
    """The report's lines and total. Nothing is rounded that was booked."""
    asked, currency = report.asked, report.currency
    locale = locale_of(language)
    days = {name: format_date(day, "medium", locale) for name, day in (("first", asked.first), ("last", asked.last))}
    columns = [
        Column(word(asked.by, language)),
        *(Column(word(name, language), Kind.COUNT) for name in ("messages", "parts", "delivered")),
        Column(word("share", language), Kind.SHARE),
        *(Column(f"{word(name, language)} {currency}", Kind.MONEY) for name in ("planned", "booked", "per_delivered")),
        Column(word("replies", language), Kind.COUNT),
        Column(f"{word('per_reply', language)} {currency}", Kind.MONEY),
        Column(word("orders", language), Kind.COUNT),
        Column(f"{word('per_order', language)} {currency}", Kind.MONEY),
    ]
    about = [word("from_to", language).format(**days)]
    for name, value in asked.only.items():
        what = word(name, language).lower()
        about.append(word("only", language).format(what=what, value=value or word("nothing", language)))
    return Table(
        title=f"{word('costs', language)}: {word(asked.by, language)}",
        columns=columns,
        rows=[_row(line, named(line, asked.by, language)) for line in report.lines],
        totals=_row(report.total, word("total", language)),
        about=[*about, *report.notes],
    )


def named(line: Line, by: str, language: str) -> str:
    """What a line is called."""
    if by == "country" and line.key == line.key.upper():
        return country_name(line.key, language) if line.key else word("nothing", language)
    return line.name or word("nothing", language)


def _row(line: Line, name: str) -> list[Cell]:
    return [
        name, line.messages, line.parts, line.delivered, line.delivered_share, _money(line.planned),
        _money(line.amount), _cents(line.cost_per("delivered")), line.replies, _cents(line.cost_per("replies")),
        line.orders, _cents(line.cost_per("orders")),
    ]  # fmt: skip


def _money(amount: int) -> Decimal:
    return Decimal(amount) / _MILLION


def _cents(cost: Decimal | None) -> Decimal | None:
    return None if cost is None else cost.quantize(_CENTS, ROUND_HALF_UP)
