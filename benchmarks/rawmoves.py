"""The floor of the store: the same rows in the same tables, written by hand in SQL with nothing in between.

No gate, no compare-and-set, no receipt that is early, no error: what a store could do if nothing ever went wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from benchmarks.bare import raw

AT = "2026-01-01 12:00:00.000000"
UNTIL = "2036-01-03 12:00:00.000000"
_HISTORY = (
    "INSERT INTO history (record, record_id, event, was, now, why, by, at) "
    "VALUES ('message', :id, '{}', {}, '{}', 'carrier says so', 'carrier', :at)"
)
_BEAR = (
    "INSERT INTO message (id, state, why, client, recipient, sender, text, encoding, parts, priority, purpose, "
    "on_unsure, link, created_at, due_at, valid_until, attempts, trace) VALUES (:id, 'queued', 'carrier serves +', "
    "'key_1', :to, '+491700000000', 'Your parcel comes today at noon.', 'gsm7', 1, 5, 'transactional', 'resend', "
    "'carrier', :at, :at, :until, 0, '[\"carrier serves +\"]')"
)
_ACCEPT = (
    _BEAR,
    "INSERT INTO part (message_id, position, alphabet, user_data, udh) VALUES (:id, 1, 'gsm7', :data, :udh)",
    _HISTORY.format("accept", "NULL", "accepted"),
    _HISTORY.format("admit", "'accepted'", "queued"),
)
_FIND = (
    "SELECT id FROM message WHERE state = 'queued' AND link = 'carrier' AND due_at <= :at AND valid_until > :at "
    "ORDER BY priority DESC, due_at, id LIMIT :most"
)
_CLAIM = (
    "UPDATE message SET state = 'sending', claimed_at = :at, attempts = attempts + 1 WHERE id = :id",
    "UPDATE part SET written_at = :at, link = 'carrier' WHERE message_id = :id AND position = 1",
    _HISTORY.format("claim", "'queued'", "sending"),
)
_READ = "SELECT recipient, sender, user_data, udh FROM message JOIN part ON message_id = id WHERE state = 'sending'"
_HAND_OVER = (
    "UPDATE part SET answer = 'taken', answered_at = :at, reference = :id WHERE message_id = :id AND position = 1",
    "UPDATE message SET state = 'sent', claimed_at = NULL, sent_at = :at WHERE id = :id",
    _HISTORY.format("hand_over", "'sending'", "sent"),
)
_RECEIPT = (
    "INSERT INTO receipt (link, reference, state, received_at, message_id, position) "
    "VALUES ('carrier', :id, 'delivered', :at, :id, 1)"
)
_DELIVER = (
    _RECEIPT,
    "UPDATE part SET outcome = 'delivered', outcome_at = :at WHERE message_id = :id AND position = 1",
    "UPDATE message SET state = 'delivered', final_at = :at WHERE id = :id",
    _HISTORY.format("deliver", "'sent'", "delivered"),
)


class Raw:
    """A store that has its tables already. Each step takes a batch and returns when it is committed."""

    def __init__(self, url: str, total: int) -> None:
        self._conn = raw(url)
        self._spell: Callable[[str], str] = str
        if url.startswith("postgresql"):
            self._spell = lambda sql: re.sub(r":([a-z]+)", r"%(\1)s", sql)
        self._rows = [
            {
                "id": f"msg_{n:026d}",
                "to": f"+49171{n:07d}",
                "at": AT,
                "until": UNTIL,
                "data": b"Your parcel",
                "udh": b"",
            }
            for n in range(total)
        ]

    def accept(self, start: int, batch: int) -> None:
        """Store queued messages."""
        self._all(_ACCEPT, self._rows[start : start + batch])

    def claim(self, start: int, batch: int) -> None:
        """Find what waits, mark it as sending, read what goes out."""
        found = self._conn.execute(self._spell(_FIND), {"at": AT, "most": batch}).fetchall()
        self._all(_CLAIM, [{"id": row[0], "at": AT} for row in found], commit=False)
        self._conn.execute(_READ).fetchall()
        self._conn.commit()

    def hand_over(self, start: int, batch: int) -> None:
        """Write down that the network took them."""
        self._all(_HAND_OVER, self._rows[start : start + batch])

    def deliver(self, start: int, batch: int) -> None:
        """Store their receipts and what follows."""
        self._all(_DELIVER, self._rows[start : start + batch])

    def _all(self, statements: Sequence[str], rows: Sequence[dict[str, Any]], *, commit: bool = True) -> None:
        with closing(self._conn.cursor()) as cursor:
            for statement in statements:
                cursor.executemany(self._spell(statement), rows)
        if commit:
            self._conn.commit()

    def close(self) -> None:
        """Close the connection."""
        self._conn.close()
