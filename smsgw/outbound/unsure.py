"""What to do about messages that may have gone out: look for their receipt, then let each one's own policy decide.

A part whose answer was lost has no reference, so its receipt arrives under a name that nobody knows. Such an orphan
settles the part when it names the part's recipient, came over the part's link after the part was written, and is the
only one that fits the only part that it could fit; or when there are as many orphans as lost parts of one message at
its first try. Anything less certain waits for the policy: resend, hold or fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from ..store import history
from ..store.lifecycle import MESSAGE
from ..store.tables import message, part, receipt
from ..store.tables.types import AnyRow
from .receipts import Receipts
from .retry import Retry
from .settle import settle

BATCH = 500
SETTLED_BY_NOW = timedelta(seconds=10)  # an orphan younger than this may belong to an answer that is on its way


@dataclass(frozen=True, slots=True)
class Due:
    """Look now; the policies act on what has been unsure for `wait` (seconds)."""

    now: datetime
    wait: int


class Unsure:
    """The steps; holds what settling needs."""

    def __init__(self, receipts: Receipts, retry: Retry, chance: Callable[[], float]) -> None:
        self._receipts = receipts
        self._retry = retry
        self._chance = chance

    def look(self, conn: Connection, batch: list[Due]) -> list[set[str]]:
        """Settle by receipts that nobody owns yet, then apply policies; returns the links that got work."""
        woken: set[str] = set()
        for due in batch:
            self._receipts.missed(conn, due.now)
            self._adopt(conn, due.now)
            woken |= _by_policy(conn, due)
        return [woken for _ in batch]

    def _adopt(self, conn: Connection, now: datetime) -> None:
        lost = conn.execute(
            select(
                part.c.message_id, part.c.position, part.c.link, part.c.written_at, message.c.recipient,
                message.c.attempts,
            )
            .join_from(message, part)
            .where(message.c.state == "unsure", message.c.final_at.is_(None), part.c.answer == "lost")
            .order_by(part.c.message_id, part.c.position)
        ).all()  # fmt: skip
        by_number: dict[tuple[str, str], list[AnyRow]] = {}
        for row in lost:
            by_number.setdefault((row.link, row.recipient.lstrip("+")), []).append(row)
        for (link, recipient), rows in by_number.items():
            if len(rows) > 1 and not _of_one_first_try(rows):
                continue
            orphans = self._orphans(conn, link, recipient, rows[0].written_at, now)
            if len(rows) == len(orphans):
                for row, reference in zip(rows, sorted(orphans), strict=True):
                    self._marry(conn, row, link, reference, now)

    def _orphans(self, conn: Connection, link: str, recipient: str, since: datetime, now: datetime) -> set[str]:
        c = receipt.c
        rows = conn.execute(
            select(c.reference).where(
                c.message_id.is_(None),
                c.link == link,
                c.recipient.in_((recipient, f"+{recipient}")),
                c.received_at >= since,
                c.received_at <= now - SETTLED_BY_NOW,
            )
        )
        return {row.reference for row in rows}

    def _marry(self, conn: Connection, lost: AnyRow, link: str, reference: str, now: datetime) -> None:
        conn.execute(
            update(part)
            .where(part.c.message_id == lost.message_id, part.c.position == lost.position)
            .values(answer="taken", answered_at=now, reference=reference, error=None)
        )
        self._receipts.early(conn, link, [reference])
        settle(conn, [lost.message_id], by="clock", now=now, retry=self._retry, chance=self._chance)


def _of_one_first_try(rows: list[AnyRow]) -> bool:
    """Whether these are parts of one message that was never tried before: of an earlier try, too, orphans may come."""
    return len({row.message_id for row in rows}) == 1 and rows[0].attempts == 1


def _by_policy(conn: Connection, due: Due) -> set[str]:
    m = message.c
    rows = conn.execute(
        select(m.id, m.link, m.on_unsure, m.why, m.valid_until)
        .where(m.state == "unsure", m.final_at.is_(None))
        .where(m.due_at <= due.now - timedelta(seconds=due.wait), m.on_unsure != "hold")
        .limit(BATCH)
    ).all()
    again: list[history.Step] = []
    never: list[history.Step] = []
    for row in rows:
        if row.on_unsure == "resend" and row.valid_until > due.now:
            why = f"{row.why}; nothing settled it in {due.wait} s, so it is sent again and may arrive twice"
            again.append(history.Step(row.id, why, {"due_at": due.now}))
        else:
            why = f"{row.why}; nothing settled it in {due.wait} s, and it must not be sent twice"
            never.append(history.Step(row.id, why, {"final_at": due.now}))
    history.move(conn, MESSAGE, "put_back", again, by="policy", now=due.now)
    history.move(conn, MESSAGE, "give_up", never, by="policy", now=due.now)
    return {row.link for row in rows}
