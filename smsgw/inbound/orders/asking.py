"""What a customer is asked about an order: the summary that waits for its yes, and what a person asks in own words.

While a person's question is the last thing that was asked, the next text answers it, whatever it says: a yes to "only
in red, is that all right?" is no yes to the summary.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ...errors import SmsgwError
from ...outbound.submit import Door
from ...store.tables.types import AnyRow
from .. import expectations
from ..dialogue.saying import tell
from ..reading.terms import Open
from . import orders
from .words import about, number

log = logging.getLogger(__name__)

ANSWERED_WITHIN = timedelta(days=3)  # what comes later than that is no answer to a person's question any more


def expect(conn: Connection, row: AnyRow, text: str, message_id: str | None, now: datetime, until: datetime) -> None:
    """Remember that this order asks the customer for a yes, or could still be changed."""
    pending = orders.items_of(orders.lines_of(conn, row.id, row.revision))
    payload = expectations.payload_of(text, pending=pending, order=number(row))
    wanted = expectations.Expected(
        row.address, "confirm", now, until, payload, row.recipient, row.id, row.campaign, row.revision, message_id
    )
    expectations.open(conn, [wanted])


def expect_answer(conn: Connection, row: AnyRow, text: str, message_id: str, now: datetime) -> None:
    """Remember what a person asked about this order; what else it asks stays open beside it."""
    payload = expectations.payload_of(text, order=number(row))
    until = now + ANSWERED_WITHIN
    wanted = expectations.Expected(
        row.address, "notice", now, until, payload, row.recipient, row.id, None, row.revision, message_id
    )
    expectations.open(conn, [wanted], beside=True)


def question(conn: Connection, open: Open | None) -> AnyRow | None:
    """The expectation of a person's question, if that is what was asked last; open: the newest that is open."""
    if open is None or open.kind != "notice" or open.order is None:
        return None
    return expectations.by_id(conn, open.id)


@dataclass(frozen=True, slots=True)
class Answered:
    """A person answered what a customer asked: to which number, by which message, when."""

    address: str
    message_id: str
    at: datetime


def summary_again(conn: Connection, batch: Sequence[tuple[Door, Answered]]) -> list[None]:
    """Writer step: after an answer of a person say the summary again that waits for its yes; once for each answer."""
    for door, answered in batch:
        row = orders.open_with(conn, answered.address)
        if row is None or row.state != "asked":
            continue
        text = about("order_summary", row, orders.lines_of(conn, row.id, row.revision))
        reference = f"order:{row.id}:{row.revision}:{answered.message_id}"
        told = tell(conn, door, row.address, text, reference, answered.at)
        if isinstance(told, SmsgwError):
            log.warning("%s did not get the summary of order %s again: %s", row.address, row.number, told)
            continue
        expect(conn, row, text, told, answered.at, row.lapses_at)
    return [None] * len(batch)
