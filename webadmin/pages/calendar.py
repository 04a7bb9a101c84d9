"""The calendar: a month or a week of what is planned, with days on which nobody is there or no offer arrives shaded.

In Persian a month is one of the Jalali calendar, and a week begins on Saturday. On a phone it is a list of the days
that have something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import jdatetime
from babel import dates
from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.campaigns import calendar as planned
from smsgw.campaigns.calendar import Day, Entry
from smsgw.campaigns.life import When
from smsgw.errors import BadInput, Fault, SmsgwError
from smsgw.text import persian

from ..auth import current_person, person_required
from ..context import the_gateway
from . import language
from .blueprint import pages
from .calendar_feed import feed_address
from .sheets import sheet

SHOWN = 4  # entries of a day in a month; a week shows all
WEEK, SATURDAY = 7, 5


@dataclass(frozen=True, slots=True)
class Span:
    """What is shown: from the first day to the last, its name, and a day of the span before and after."""

    first: date
    last: date
    name: str
    before: date
    after: date


@dataclass(frozen=True, slots=True)
class Box:
    """A day with what stands in it. number: of the day in its month; outside: of another month than the one shown."""

    day: Day
    number: int
    entries: Sequence[Entry]
    more: int
    outside: bool


@pages.get("/calendar")
@person_required
def calendar() -> Response:
    """A month, or a week."""
    return _shown()


def _shown(error: SmsgwError | None = None) -> Response:
    gateway = the_gateway()
    config, now = gateway.config, gateway.clock()
    business = config.business.business
    zone, today = business.zone, now.astimezone(business.zone).date()
    view = "week" if request.values.get("view") == "week" else "month"
    span = _span(view, _day(request.values.get("day", "")) or today)
    first, last = _weeks(span)
    since, until = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, last + timedelta(days=1)))
    country = config.business.country or config.sending.region
    days = planned.days(business, country, gateway.door.terms.rules, zone, first, last)
    with gateway.database.reading() as conn:
        entries = planned.between(conn, since, until, now)
        loose = planned.without_time(conn)
    most = SHOWN if view == "month" else len(entries)
    boxes = [
        _box(day, [one for one in entries if one.at.astimezone(zone).date() == day.day], most, span) for day in days
    ]
    return sheet(
        "calendar.html", error, view=view, other="week" if view == "month" else "month", span=span,
        near=min(max(today, span.first), span.last),
        weeks=[boxes[at : at + WEEK] for at in range(0, len(boxes), WEEK)],
        names=[dates.format_date(one.day.day, "EEE", locale=language.locale()) for one in boxes[:WEEK]],
        today=today, loose=loose, zone=config.business.zone, day_of=lambda at: at.astimezone(zone).date(),
        time_of=lambda at: language.digits(dates.format_time(at.astimezone(zone), "short", locale=language.locale())),
        movable=[one for one in entries if one.movable], feed=feed_address(),
    )  # fmt: skip


def _box(day: Day, entries: Sequence[Entry], most: int, span: Span) -> Box:
    number = jdatetime.date.fromgregorian(date=day.day).day if _is_persian() else day.day.day
    outside = not span.first <= day.day <= span.last
    return Box(day, number, entries[:most], max(0, len(entries) - most), outside)


def _is_persian() -> bool:
    return language.locale().language == "fa"


def _begins() -> int:
    """The day on which a week begins, 0 for Monday. Babel tells it of countries, not of languages."""
    return SATURDAY if _is_persian() else 0


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _span(view: str, day: date) -> Span:
    if view == "week":
        first = day - timedelta(days=(day.weekday() - _begins()) % WEEK)
        last, week = first + timedelta(days=6), timedelta(days=WEEK)
        name = f"{language.whole_day(first)} – {language.whole_day(last)}"
        return Span(first, last, name, first - week, first + week)
    first, last = _jalali_month(day) if _is_persian() else _month(day)
    if _is_persian():
        name = persian.day_name(first, year=True).partition(" ")[2]
    else:
        name = str(dates.format_skeleton("yMMMM", first, locale=language.locale()))
    return Span(first, last, name, first - timedelta(days=1), last + timedelta(days=1))


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _jalali_month(day: date) -> tuple[date, date]:
    first = jdatetime.date.fromgregorian(date=day).replace(day=1)
    behind = (first + jdatetime.timedelta(days=32)).replace(day=1)
    return first.togregorian(), behind.togregorian() - timedelta(days=1)


def _weeks(span: Span) -> tuple[date, date]:
    """The whole weeks around a span."""
    begins = _begins()
    first = span.first - timedelta(days=(span.first.weekday() - begins) % WEEK)
    return first, span.last + timedelta(days=(begins - 1 - span.last.weekday()) % WEEK)


@pages.post("/calendar/move")
@person_required
def move_campaign() -> Response:
    """Give a campaign another time, or its first one."""
    gateway, form = the_gateway(), request.form
    zone = gateway.config.business.business.zone
    try:
        try:
            at = datetime.fromisoformat(form.get("at", "")).replace(tzinfo=zone).astimezone(UTC)
        except ValueError as wrong:
            raise BadInput([Fault("/at", "time_invalid", f"{form.get('at', '')[:20]!r} is no time")]) from wrong
        wish = When(form.get("campaign", ""), current_person().id, gateway.clock(), at)
        planned.reschedule(gateway.database.writer, wish)
    except SmsgwError as error:
        return _shown(error)
    day = at.astimezone(zone).date().isoformat()
    return redirect(url_for("pages.calendar", view=form.get("view") or None, day=day), 303)
