"""The reader of the words of consent: it comes first, and runs in the transaction that stores the text.

So a STOP is in force before the network hears that we have the text: it is in the ledger, and what waits for the
number is refused. What the gateway answers is written down here too and sent a moment later (`consent_answers`).
A text that only may be a stop goes on to the other readers, while marketing to its sender waits for a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from ...customers.consent.consent import EVERYTHING, Statement, record
from ...customers.consent.stop import withdraw
from ...customers.consent.suppression import came_back
from ...store import history
from ...store.lifecycle import MESSAGE
from ...store.tables import expectation, message, order, suspected_stop
from ...text import keywords
from ..decision import Decision
from . import questions as consent_questions
from .saying import Said, owe, status_of
from .vocabulary import Vocabulary, vocabulary

BY = "consent_words"
_ORDER_ASKS = ("confirm", "clarify", "offer", "rsvp", "survey")


def consent_words(conn: Connection, text: Mapping[str, Any], now: datetime) -> Decision | None:
    """STOP, START, HELP and STATUS in many languages; a yes or no to a double opt-in; None for everything else."""
    if text["kind"] not in ("text", "mms", "mail"):
        return None
    known = vocabulary(conn)
    words, sender = str(text["text"]), str(text["sender"])
    found = keywords.read(words, known.words, known.named, sender)
    if found is None:
        return _answer_to_question(conn, text, known, now)
    if found.order and found.category is None and _has_order(conn, sender, now, found.meaning):
        return None
    if found.meaning == "probable_stop":
        doubt(conn, str(text["id"]), sender, words, now)
        return None
    return _ACTS[found.meaning](conn, text, found, known, now)


def _has_order(conn: Connection, sender: str, now: datetime, meaning: str) -> bool:
    """Whether "cancel" or "status" may be about an order that is open with them."""
    e = expectation.c
    asked = select(e.id).where(e.address == sender, e.closed_at.is_(None), e.expires_at > now, e.kind == "confirm")
    if conn.execute(asked.limit(1)).first() is not None:
        return True
    if meaning != "status":
        return False
    o = order.c
    running = select(o.id).where(o.address == sender, o.state.in_(("asked", "needs_review", "confirmed")))
    return conn.execute(running.limit(1)).first() is not None


def _stop(
    conn: Connection, text: Mapping[str, Any], found: keywords.Found, known: Vocabulary, now: datetime
) -> Decision:
    said = _statement(text, found, granted=False, now=now)
    withdraw(conn, [said], now, by=BY)
    key, names = "stop_confirmation", {}
    if found.category is not None:
        key, names = "stop_category", {"category": found.category}
    owe(conn, Said("stop", key, said.address, str(text["id"]), found.language, names), known, now)
    return _handled("optout" if found.category is None else "optout_category", text, found, now)


def _start(
    conn: Connection, text: Mapping[str, Any], found: keywords.Found, known: Vocabulary, now: datetime
) -> Decision:
    sender, id = str(text["sender"]), str(text["id"])
    if not found.certain:
        wish = consent_questions.Wish(sender, found.category or EVERYTHING, "sms", str(text["text"]), BY, id)
        consent_questions.ask(conn, wish, known, now, found.language)
        return _handled("optin", text, found, now, " with a slip of the pen: asked back")
    record(conn, [_statement(text, found, granted=True, now=now)])
    came_back(conn, sender, BY, now)
    key, names = "start_confirmation", {}
    if found.category is not None:
        key, names = "start_category", {"category": found.category}
    owe(conn, Said("start", key, sender, id, found.language, names), known, now)
    return _handled("optin", text, found, now)


def _help(conn: Connection, text: Mapping[str, Any], found: keywords.Found, known: Vocabulary, now: datetime) -> None:
    """They are told what the keywords do; what they need help with is for the other readers."""
    owe(conn, Said("help", "consent_help", str(text["sender"]), str(text["id"]), found.language), known, now)


def _status(
    conn: Connection, text: Mapping[str, Any], found: keywords.Found, known: Vocabulary, now: datetime
) -> Decision:
    key, names = status_of(conn, str(text["sender"]), known, now)
    owe(conn, Said("status", key, str(text["sender"]), str(text["id"]), found.language, names), known, now)
    return _handled("status", text, found, now)


_ACTS = {"stop": _stop, "start": _start, "help": _help, "status": _status}


def _statement(text: Mapping[str, Any], found: keywords.Found, granted: bool, now: datetime) -> Statement:
    return Statement(
        str(text["sender"]),
        granted,
        str(text["text"]),
        now,
        source="sms",
        by=str(text["link"]),
        inbound_id=str(text["id"]),
        scope=found.category or EVERYTHING,
    )


def _handled(kind: str, text: Mapping[str, Any], found: keywords.Found, now: datetime, more: str = "") -> Decision:
    spans = [list(span) for span in found.spans]
    explanation = {"words": str(text["text"]).strip(), "spans": spans, "how": found.how, "language": found.language}
    if found.category is not None:
        explanation["category"] = found.category
    values = {"understood_as": kind, "explanation": explanation, "handled_at": now}
    return Decision("handle", f"understood as {kind}{more}", BY, values)


def doubt(conn: Connection, inbound_id: str, sender: str, words: str, now: datetime) -> None:
    """Write down that a text may have been a stop, and hold the marketing that waits for its sender."""
    known = conn.execute(select(suspected_stop.c.inbound_id).where(suspected_stop.c.inbound_id == inbound_id)).scalar()
    if known is not None:
        return
    conn.execute(insert(suspected_stop).values(inbound_id=inbound_id, address=sender, words=words[:500], at=now))
    m = message.c
    ids = conn.scalars(select(m.id).where(m.recipient == sender, m.state == "queued", m.purpose == "marketing")).all()
    why = f"{sender} wrote {words.strip()[:40]!r}: a person must say whether that was a STOP"
    history.move(conn, MESSAGE, "hold", [history.Step(id, why) for id in ids], by=BY, now=now)


def _answer_to_question(conn: Connection, text: Mapping[str, Any], known: Vocabulary, now: datetime) -> Decision | None:
    """A bare yes or no, if our newest question to this number is whether they want our offers."""
    yes = keywords.answer(str(text["text"]), known.words)
    if yes is None:
        return None
    sender, id = str(text["sender"]), str(text["id"])
    question = consent_questions.pending(conn, sender, now)
    if question is None or _asked_otherwise(conn, sender, question.asked_at, now):
        return None
    words = str(text["text"])
    consent_questions.answered(conn, question, yes, words, str(text["link"]), id, now)
    if yes:
        category = None if question.category == EVERYTHING else question.category
        key, names = ("start_category", {"category": category}) if category else ("start_confirmation", {})
        owe(conn, Said("start", key, sender, id, question.language, names), known, now)
    explanation = {"words": words.strip(), "spans": [[0, len(words)]], "question": question.id}
    kind = "optin" if yes else "optin_declined"
    values = {"understood_as": kind, "explanation": explanation, "handled_at": now}
    return Decision("handle", f"understood as the answer to our question: {'yes' if yes else 'no'}", BY, values)


def _asked_otherwise(conn: Connection, sender: str, since: datetime, now: datetime) -> bool:
    """Whether something that a yes may answer too was asked, and is open: then the reading decides between them."""
    e = expectation.c
    other = select(e.id).where(e.address == sender, e.closed_at.is_(None), e.expires_at > now, e.kind.in_(_ORDER_ASKS))
    return conn.execute(other.limit(1)).first() is not None
