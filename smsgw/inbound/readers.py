"""The ordered list of readers: each looks at a whole text and says what becomes of it, if it understood it.

The first that understands wins. Today there are three: the stop words, what is no text, and the person who reads
everything else. A reader sees a text before its row is stored, in the same transaction: what it decides is stored with
the row.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ..customers import consent
from ..store import history
from ..store.lifecycle import MESSAGE, WAITING
from ..store.tables import message
from ..text import keywords

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a text: the event of its life, why, which reader says so, and further columns of its row."""

    event: str
    why: str
    by: str
    values: Mapping[str, Any] = field(default_factory=dict)


Reader = Callable[[Connection, Mapping[str, Any], datetime], Decision | None]


def stop_words(conn: Connection, text: Mapping[str, Any], now: datetime) -> Decision | None:
    """STOP: nothing more goes to this number; what waits for it is refused in the same transaction. START undoes."""
    words = str(text["text"])
    stopped = keywords.is_stop(words)
    if text["kind"] != "text" or not (stopped or keywords.is_start(words)):
        return None
    sender, id = str(text["sender"]), str(text["id"])
    consent.record(
        conn,
        [consent.Statement(sender, not stopped, words, now, source="sms", by=str(text["link"]), inbound_id=id)],
    )
    if stopped:
        open_ids = conn.scalars(select(message.c.id).where(message.c.recipient == sender, message.c.state.in_(WAITING)))
        why = f"{sender} said {words.strip()[:40]!r}"
        steps = [history.Step(one, why, {"final_at": now}) for one in open_ids]
        history.move(conn, MESSAGE, "refuse", steps, by="stop_words", now=now)
    kind = "optout" if stopped else "optin"
    explanation = {"words": words.strip(), "spans": [[0, len(words)]]}
    values = {"understood_as": kind, "explanation": explanation, "handled_at": now}
    return Decision("handle", f"understood as {kind}", "stop_words", values)


def no_text(conn: Connection, text: Mapping[str, Any], now: datetime) -> Decision | None:
    """Data for a phone's programs (WAP pushes and the like) is kept and logged, and is nothing for a person."""
    if text["kind"] not in ("data", "silent"):
        return None
    log.info("%s: %s came from %s and is no text", text["link"], text["kind"], text["sender"])
    return Decision("ignore", f"it is {text['kind']}, no text", "no_text")


def person(conn: Connection, text: Mapping[str, Any], now: datetime) -> Decision | None:
    """Whatever nobody understood waits for a person."""
    return Decision("wait", "no reader understood it: a person must look", "person")


READERS: tuple[Reader, ...] = (stop_words, no_text, person)
