"""The form that anybody may open: whoever entered a number, it is the number itself that is asked, within bounds.

Strangers enter numbers of others, or dear ones abroad: so a number is asked seldom, all numbers together so many times
an hour, and only in the countries that texts go to. What the page says never depends on what is known of a number.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from ...customers.consent.consent import EVERYTHING, grant_of, ledger, stop_of
from ...errors import BadInput, Fault
from ...store.tables import opt_in
from ...text.number import is_reachable, read_number, region_of
from . import questions
from .vocabulary import vocabulary

BY = "opt-in form"
AGAIN, LONG, MOST_LONG = timedelta(hours=24), timedelta(days=30), 3  # a number is asked once a day, three times a month
HOUR, MOST_AN_HOUR = timedelta(hours=1), 60


def read_joining(written: str, region: str | None, countries: frozenset[str]) -> str:
    """The number that was entered, in its one spelling. countries: those that texts go to, none for that of `region`.

    Raises BadInput for what is no number that can be asked; that tells nothing of whom we know.
    """
    number = read_number(written, region)
    allowed = countries or (frozenset({region}) if region else frozenset())
    if not is_reachable(number) or (allowed and region_of(number) not in allowed):
        raise BadInput([Fault("/to", "recipient_invalid", f"nothing can be sent to {number}")])
    return number


def is_busy(conn: Connection, now: datetime) -> bool:
    """Whether the form asked as many numbers in an hour as it may, whosever they were."""
    o = opt_in.c
    asked = select(o.asked_at).where(o.by == BY).order_by(o.id.desc()).offset(MOST_AN_HOUR - 1).limit(1)
    oldest = conn.scalar(asked)
    return oldest is not None and oldest > now - HOUR


def join(conn: Connection, wish: questions.Wish, language: str, now: datetime) -> bool:
    """Ask a number that was entered; returns whether it was asked.

    It is not when it said yes already, said STOP to everything (only its own START lifts that), or was asked lately.
    """
    rows = ledger(conn, [wish.address]).get(wish.address, [])
    agreed = grant_of(rows, wish.category, now) is not None if wish.category != EVERYTHING else False
    if agreed or stop_of(rows) is not None or _lately(conn, wish.address, now) or is_busy(conn, now):
        return False
    questions.ask(conn, wish, vocabulary(conn), now, language)
    return True


def _lately(conn: Connection, number: str, now: datetime) -> bool:
    """Whether a number was asked within a day, or too often in a month, by whichever way."""
    o = opt_in.c
    told = select(func.count(), func.max(o.asked_at)).where(o.address == number, o.asked_at > now - LONG)
    many, newest = conn.execute(told).one()
    return many >= MOST_LONG or (newest is not None and newest > now - AGAIN)
