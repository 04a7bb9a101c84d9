"""The readers of mails of which nobody knows whether they are of their author: only a STOP is obeyed, silently.

Whoever forged it has done no harm by it. Everything else, a START above all, waits for a person; and nothing is
answered, for the answer would go to somebody who may never have written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from ..store.tables import consent_answer
from ..text import keywords
from .consent.vocabulary import vocabulary
from .consent.words import consent_words
from .decision import Decision, Reader

BY = "mail"


def only_stop(conn: Connection, text: Mapping[str, Any], now: datetime) -> Decision | None:
    """A certain STOP is in force; its answer is written down as not to be sent."""
    known = vocabulary(conn)
    found = keywords.read(str(text["text"]), known.words, known.named, str(text["sender"]))
    if found is None or found.meaning != "stop":
        return None
    decision = consent_words(conn, text, now)
    owed = update(consent_answer).where(
        consent_answer.c.inbound_id == text["id"], consent_answer.c.settled_at.is_(None)
    )
    conn.execute(owed.values(settled_at=now, why="nobody knows that the mail was of this address"))
    return decision


def unproved(conn: Connection, text: Mapping[str, Any], now: datetime) -> Decision | None:
    """A person must look."""
    return Decision("wait", f"nobody knows that it is of {text['sender']}: your mail server does not say so", BY)


READERS: tuple[Reader, ...] = (only_stop, unproved)
