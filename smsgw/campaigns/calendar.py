"""What is planned, day by day: campaigns, the runs of series, follow-ups, single messages and the ends of surveys.

Nothing of it is a table of its own: a series tells its runs ahead by its rule, a follow-up by the end of its campaign.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy import Connection, or_, select

from ..errors import BadInput, Conflict, Fault
from ..outbound.gate.terms import Rules
from ..outbound.hours import opening_of
from ..store.database import Writer
from ..store.outcomes import attempt
from ..store.tables import campaign, message, survey
from ..store.tables.types import AnyRow
from ..text.business import Business
from . import life
from .occurrences import has_holidays, is_holiday
from .series import FOLLOWED
from .terms import Terms

MOST_RUNS, MOST_MESSAGES = 100, 500  # of one series, and of single messages


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that is planned, or was. kind: campaign, run, follow_up, message or survey; id: of the record.

    title: its name, or the beginning of a message's text; state: of the record; movable: whether it can be given
    another time.
    """

    at: datetime
    kind: str
    id: str
    title: str
    state: str
    movable: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """How a day is. closed: nobody is there; holiday: a public one; open: when offers may arrive, as the wall says."""

    day: date
    closed: bool
    holiday: bool
    open: list[tuple[str, str]]


def between(conn: Connection, since: datetime, until: datetime, now: datetime) -> list[Entry]:
    """What stands in the calendar from `since` until before `until`, in order. Runs and follow-ups are those ahead."""
    found = [*_campaigns(conn, since, until), *_runs(conn, since, until, now), *_follow_ups(conn, since, until, now)]
    found += [*_messages(conn, since, until), *_surveys(conn, since, until)]
    return sorted(found, key=lambda one: (one.at, one.id))


def _campaigns(conn: Connection, since: datetime, until: datetime) -> Iterator[Entry]:
    """Single campaigns and runs that have begun, or have a time."""
    c = campaign.c
    begun = (c.started_at >= since) & (c.started_at < until)
    ahead = c.started_at.is_(None) & (c.starts_at >= since) & (c.starts_at < until) & (c.state != "stopped")
    rows = conn.execute(select(campaign).where(c.kind.not_in(("recurring", "relative")), or_(begun, ahead)))
    for row in rows:
        yield Entry(row.started_at or row.starts_at, "campaign", row.id, row.name, row.state, row.state == "scheduled")


def _runs(conn: Connection, since: datetime, until: datetime, now: datetime) -> Iterator[Entry]:
    c = campaign.c
    series = select(campaign).where(c.kind.in_(("recurring", "relative")), c.ended_at.is_(None))
    for row in conn.execute(series.where(c.state.in_(("scheduled", "running", "paused")))):
        terms = Terms.model_validate(row.terms)
        at, count = row.starts_at, 0
        while at is not None and at < until and count < MOST_RUNS:
            if at >= max(since, now):
                yield Entry(at, "run", row.id, row.name, row.state)
                count += 1
            at = life.first_run(terms, at)


def _follow_ups(conn: Connection, since: datetime, until: datetime, now: datetime) -> Iterator[Entry]:
    """What will follow campaigns that have ended, or that run and whose end was reckoned."""
    c = campaign.c
    over = (c.state == "finished") & (c.ended_at > now - FOLLOWED)
    rows = conn.execute(select(campaign).where(c.kind == "once", over | (c.state == "running")))
    for row in rows:
        ends = row.ended_at or _reckoned(row)
        if ends is None:
            continue
        for wish in row.terms.get("follow_ups", ()):
            at = ends + timedelta(hours=wish["after"])
            if max(since, now) <= at < until:
                yield Entry(at, "follow_up", row.id, row.name, row.state)


def _reckoned(row: AnyRow) -> datetime | None:
    told = (row.estimate or {}).get("ends_at")
    return None if told is None else datetime.fromisoformat(told)


def _messages(conn: Connection, since: datetime, until: datetime) -> Iterator[Entry]:
    """Single messages that wait for their time."""
    m = message.c
    held = select(m.id, m.due_at, m.recipient, m.text, m.state).where(m.final_at.is_(None), m.state == "held")
    due = held.where(m.due_at >= since, m.due_at < until, m.campaign_id.is_(None))
    for row in conn.execute(due.order_by(m.due_at).limit(MOST_MESSAGES)):
        yield Entry(row.due_at, "message", row.id, f"{row.recipient}: {row.text[:40]}", row.state)


def _surveys(conn: Connection, since: datetime, until: datetime) -> Iterator[Entry]:
    s = survey.c
    for row in conn.execute(select(survey).where(s.closes_at >= since, s.closes_at < until)):
        yield Entry(row.closes_at, "survey", row.id, row.name, row.state)


def without_time(conn: Connection, most: int = 20) -> list[AnyRow]:
    """Campaigns that have no time yet, newest first: what is approved can be given one."""
    c = campaign.c
    states = c.state.in_(("draft", "estimated", "approved"))
    return list(conn.execute(select(campaign).where(states).order_by(c.id.desc()).limit(most)))


def days(business: Business, country: str | None, rules: Rules, zone: tzinfo, first: date, last: date) -> list[Day]:
    """How each day is, of those from `first` to `last`. country: whose offers and holidays count, two letters."""
    opening = opening_of(country or rules.region or "", rules)

    def holiday(day: date) -> bool:
        return country is not None and has_holidays(country) and is_holiday(day, country)

    arriving = Business(opening.hours, zone, lambda day: opening.holidays and holiday(day))
    told = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
        told.append(Day(day, not business.today(noon), holiday(day), arriving.today(noon)))
    return told


def reschedule(writer: Writer, wish: life.When) -> datetime:
    """Give a campaign that has or may have a time another one; returns it. Raises NotFound, Conflict, BadInput."""
    if wish.at is None or wish.at <= wish.now:
        raise BadInput([Fault("/at", "time_past", "a campaign can be moved to a time ahead only")])
    moved = writer.do(_reschedule, wish)
    return life.schedule(writer, wish) if moved is None else moved


def _reschedule(conn: Connection, batch: list[life.When]) -> list[datetime | Exception | None]:
    return [attempt(_reschedule_one, conn, wish) for wish in batch]


def _reschedule_one(conn: Connection, wish: life.When) -> datetime | None:
    """The new time; None where it has none yet."""
    row = life.get(conn, wish.id)
    if row.state != "scheduled":
        return None
    if row.kind in ("recurring", "relative"):
        raise Conflict("a series runs by its rule", code="campaign_state", hint="change the rule of the series")
    assert wish.at is not None
    why = f"begins {wish.at:%Y-%m-%d %H:%M} UTC"
    life.move(conn, wish.id, "reschedule", why, {"starts_at": wish.at}, wish.by, wish.now)
    return wish.at
