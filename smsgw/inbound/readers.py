"""The ordered list of readers: each looks at a whole text and says whether it understood it.

The first that understands wins. Today there are three: the stop words, what is no text, and the person who reads
everything else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from ..customers import consent
from ..store import history
from ..store.lifecycle import INBOUND, MESSAGE, WAITING
from ..store.tables import inbound, message
from ..text import keywords

log = logging.getLogger(__name__)

Reader = Callable[[Connection, Mapping[str, Any], datetime], bool]


def stop_words(conn: Connection, text: Mapping[str, Any], now: datetime) -> bool:
    """STOP: nothing more goes to this number; what waits for it is refused in the same transaction. START undoes."""
    words = str(text["text"])
    stopped = keywords.is_stop(words)
    if text["kind"] != "text" or not (stopped or keywords.is_start(words)):
        return False
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
    _understood(conn, id, "optout" if stopped else "optin", words, now)
    return True


def no_text(conn: Connection, text: Mapping[str, Any], now: datetime) -> bool:
    """Data for a phone's programs (WAP pushes and the like) is kept and logged, and is nothing for a person."""
    if text["kind"] not in ("data", "silent"):
        return False
    log.info("%s: %s came from %s and is no text", text["link"], text["kind"], text["sender"])
    step = history.Step(str(text["id"]), f"it is {text['kind']}, no text")
    history.move(conn, INBOUND, "ignore", [step], by="no_text", now=now)
    return True


def person(conn: Connection, text: Mapping[str, Any], now: datetime) -> bool:
    """Whatever nobody understood waits for a person."""
    step = history.Step(str(text["id"]), "no reader understood it: a person must look")
    history.move(conn, INBOUND, "wait", [step], by="person", now=now)
    return True


def _understood(conn: Connection, id: str, kind: str, words: str, now: datetime) -> None:
    explanation = {"words": words.strip(), "spans": [[0, len(words)]]}
    conn.execute(update(inbound).where(inbound.c.id == id).values(understood_as=kind, explanation=explanation))
    step = history.Step(id, f"understood as {kind}", {"handled_at": now})
    history.move(conn, INBOUND, "handle", [step], by="stop_words", now=now)


READERS: tuple[Reader, ...] = (stop_words, no_text, person)
