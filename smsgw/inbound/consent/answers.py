"""Send what the gateway owes somebody about consent: confirmations, answers to HELP and STATUS, questions, reminders.

The text was written down by the transaction that decided it; it goes through the door under its own id, so that a
crash between the two neither loses it nor sends it twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from ...errors import QueueFull, SmsgwError, StoreError
from ...outbound.submit import Asked, Door
from ...store.database import Database
from ...store.tables import consent_answer
from ...store.tables.types import AnyRow
from ...text.mail_address import is_mail
from ...text.number import is_reachable

log = logging.getLogger(__name__)

CLIENT = "consent"
MANY = 100  # texts in one go
WORTH = {"stop": timedelta(minutes=5)}  # a confirmation that comes later is one more unwanted text
WORTH_OTHERS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a text that was owed: its message, or why there is none."""

    id: int
    message_id: str | None
    why: str | None
    at: datetime


def settle(database: Database, door: Door, now: datetime, ours: Callable[[], Iterable[str]] = tuple) -> int:
    """Send what is owed; returns how many texts were settled. ours: our own numbers. Raises StoreError."""
    a = consent_answer.c
    with database.reading() as conn:
        owed = list(conn.execute(select(consent_answer).where(a.settled_at.is_(None)).order_by(a.id).limit(MANY)))
    if not owed:
        return 0
    own = set(ours())
    settled = [one for row in owed if (one := _settle(door, row, own, now)) is not None]
    for future in database.writer.put_all(_write_down, settled):
        future.result(60)
    return len(settled)


def _settle(door: Door, row: AnyRow, own: set[str], now: datetime) -> Settled | None:
    """Send one; None when it must be tried again."""
    why = None
    if now - row.at > WORTH.get(row.kind, WORTH_OTHERS):
        why = "it is too late for it"
    elif not is_mail(row.address) and not is_reachable(row.address):
        why = f"nothing can be sent to {row.address}"
    elif row.address in own:
        why = f"{row.address} is a number of our own"
    if why is not None:
        return Settled(row.id, None, why, now)
    asked = Asked(
        row.address,
        row.text,
        CLIENT,
        client_ref=f"consent:{row.id}",
        purpose="conversational" if row.inbound_id is not None else "service",
        reply_to=row.inbound_id,
        allow_duplicate=True,
        on_unsure="fail",
    )
    try:
        return Settled(row.id, str(door.submit(asked).row["id"]), None, now)
    except (QueueFull, StoreError) as later:
        log.warning("a text about consent waits: %s", later)
        return None
    except SmsgwError as problem:
        return Settled(row.id, None, str(problem), now)


def _write_down(conn: Connection, batch: list[Settled]) -> list[None]:
    for one in batch:
        values = {"settled_at": one.at, "message_id": one.message_id, "why": one.why}
        conn.execute(update(consent_answer).where(consent_answer.c.id == one.id).values(values))
    return [None] * len(batch)
