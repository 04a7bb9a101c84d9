"""Reports that count: what became of messages, and what people agreed to, by one dimension over some days.

Days are UTC. Messages are found by their ids, which sort by time, so that a month of a large store is read and no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from sqlalchemy import Connection, case, func, select

from ..errors import BadInput, Fault
from ..paper import csv, pdf, xlsx
from ..paper.table import Cell, Column, Kind, Table, locale_of
from ..store.ids import first_id
from ..store.tables import consent, message
from .count_words import word

LONGEST = timedelta(days=400)
MOST = 1000  # lines of a report
REASONS = 20
ENDS = ("delivered", "undelivered", "failed", "refused", "expired", "cancelled")
DELIVERY = ("link", "purpose", "client", "campaign", "category", "sender", "day")
CONSENTS = ("scope", "source", "day")


@dataclass(frozen=True, slots=True)
class Counted:
    """A report. lines: what each is about, and its counts by name. notes: what else was counted, most often first."""

    subject: str
    by: str
    first: date
    last: date
    columns: Sequence[str]
    lines: Sequence[tuple[str, Mapping[str, int]]]
    notes: Sequence[tuple[str, str, int]] = field(default=())

    @property
    def total(self) -> dict[str, int]:
        """All lines together."""
        return {name: sum(counts[name] for _, counts in self.lines) for name in self.columns}


def span(since: str | None, until: str | None, today: date) -> tuple[date, date]:
    """The first and the last day that are asked for; the present month if nothing is said. Raises BadInput."""
    try:
        first = date.fromisoformat(since) if since else today.replace(day=1)
        last = date.fromisoformat(until) if until else max(today, first)
    except ValueError as wrong:
        says = "since and until must be days such as 2026-11-26"
        raise BadInput([Fault("/since", "day_invalid", says)]) from wrong
    if not timedelta(0) <= last - first <= LONGEST:
        says = f"until must not be before since, nor more than {LONGEST.days} days after it"
        raise BadInput([Fault("/until", "day_invalid", says)])
    return first, last


def delivery(conn: Connection, by: str, first: date, last: date) -> Counted:
    """What became of the messages that were accepted on these days. by: one of DELIVERY."""
    m = message.c
    columns: dict[str, Any] = {"campaign": m.campaign_id, "day": func.date(m.created_at)}
    what = columns[by] if by in columns else m[by]
    which = (m.id >= first_id("msg", _midnight(first)), m.id < first_id("msg", _midnight(last + timedelta(days=1))))
    counts: dict[str, dict[str, int]] = {}
    for key, state, count in conn.execute(select(what, m.state, func.count()).where(*which).group_by(what, m.state)):
        line = counts.setdefault("" if key is None else str(key), dict.fromkeys(("messages", *ENDS, "under_way"), 0))
        line["messages"] += count
        line[state if state in ENDS else "under_way"] += count
    bad = m.state.in_(("undelivered", "failed", "refused"))
    why = select(m.state, m.why, func.count().label("n")).where(*which, bad).group_by(m.state, m.why)
    notes = [(row[0], row[1], row[2]) for row in conn.execute(why.order_by(func.count().desc()).limit(REASONS))]
    return Counted(
        "delivery", by, first, last, ("messages", *ENDS, "under_way"), _ordered(counts, by, "messages"), notes
    )


def consents(conn: Connection, by: str, first: date, last: date) -> Counted:
    """What was said on these days, as the ledger has it. by: one of CONSENTS."""
    c = consent.c
    columns: dict[str, Any] = {"scope": c.purpose, "day": func.date(c.at), "source": c.source}
    what, names = columns[by], ("granted", "withdrawn", "people")
    yes = func.sum(case((c.statement == "granted", 1), else_=0))
    no = func.sum(case((c.statement == "withdrawn", 1), else_=0))
    query = select(what, yes, no, func.count(c.address.distinct())).group_by(what)
    rows = conn.execute(query.where(c.at >= _midnight(first), c.at < _midnight(last + timedelta(days=1))))
    counts = {str(row[0]): dict(zip(names, map(int, row[1:]), strict=True)) for row in rows}
    return Counted("consents", by, first, last, names, _ordered(counts, by, "people"))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _ordered(counts: dict[str, dict[str, int]], by: str, measure: str) -> list[tuple[str, dict[str, int]]]:
    """Days as they follow each other, everything else with the most first."""
    order = (
        sorted(counts.items()) if by == "day" else sorted(counts.items(), key=lambda one: (-one[1][measure], one[0]))
    )
    return order[:MOST]


def share(counts: Mapping[str, int]) -> Decimal | None:
    """How much arrived of what has an end, from 0 to 1; None when nothing has."""
    ended = sum(counts[name] for name in ("delivered", "undelivered", "failed", "expired"))
    return Decimal(counts["delivered"]) / ended if ended else None


def written(report: Counted, shape: str, language: str, made_at: datetime) -> bytes:
    """The report as a file: csv, xlsx or pdf. Raises KeyError for another shape."""
    made = {
        "csv": lambda: csv.write(table(report, language), language),
        "xlsx": lambda: xlsx.write([table(report, language)], language, made_at),
        "pdf": lambda: pdf.write([table(report, language)], language, made_at),
    }
    return made[shape]()


def table(report: Counted, language: str) -> Table:
    """The report as a sheet."""
    locale = locale_of(language)
    days = {name: format_date(day, "medium", locale) for name, day in (("first", report.first), ("last", report.last))}
    arrived = [Column(word("share", language), Kind.SHARE)] if report.subject == "delivery" else []
    about = [word("from_to", language).format(**days)]
    about += [f"{word(state, language)}: {why} ({count})" for state, why, count in report.notes]
    return Table(
        title=f"{word(report.subject, language)}: {word(report.by, language)}",
        columns=[
            Column(word(report.by, language)),
            *(Column(word(name, language), Kind.COUNT) for name in report.columns),
            *arrived,
        ],
        rows=[_row(report, key or word("nothing", language), counts) for key, counts in report.lines],
        totals=_row(report, word("total", language), report.total),
        about=about,
    )


def _row(report: Counted, name: str, counts: Mapping[str, int]) -> list[Cell]:
    arrived: list[Cell] = [share(counts)] if report.subject == "delivery" else []
    return [name, *(counts[column] for column in report.columns), *arrived]
