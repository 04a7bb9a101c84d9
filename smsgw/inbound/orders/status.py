"""Where is my order? What a customer is told about the orders of her own number, from the orders themselves.

Nothing is said about an order of somebody else: a number in the text counts only if that order belongs to who asks.
"""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import Connection

from ...store.tables.types import AnyRow
from ...text.wording import wording
from ..dialogue.terms import Heard
from .listing import recent
from .words import number

MOST = 2  # orders that are told at once
LATE = timedelta(days=3)  # confirmed for longer and not fulfilled: a person should say why
DONE_FOR = timedelta(days=3)  # a fulfilled order is told for so long
_NUMBER = re.compile(r"(?<!\d)\d{5,9}(?!\d)")


def status(conn: Connection, heard: Heard) -> str | None:
    """The state of the customer's orders in words; None when a person should answer.

    That is: there is no order to speak of, a named one is not hers, or what is asked about should be there by now.
    """
    rows = [row for row in recent(conn, heard.address, heard.now) if not _long_done(row, heard)]
    named = {str(int(digits)) for digits in _NUMBER.findall(heard.text)}
    if named:
        rows = [row for row in rows if number(row) in named]
    if not rows or any(_late(row, heard) for row in rows[:MOST]):
        return None
    return " ".join(wording(f"order_is_{row.state}", heard.language).format(number=number(row)) for row in rows[:MOST])


def _long_done(row: AnyRow, heard: Heard) -> bool:
    return row.state == "fulfilled" and bool(row.ended_at < heard.now - DONE_FOR)


def _late(row: AnyRow, heard: Heard) -> bool:
    return row.state == "confirmed" and bool(row.confirmed_at < heard.now - LATE)
