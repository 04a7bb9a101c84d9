"""What follows when no keyword but the reading of a text says that somebody wants to be left alone, or to hear from us.

A clear sentence that means stop is a stop. What is clear but for something beside it waits for a person, and so does
marketing to that number. A wish to hear from us is asked back, for only the answer to our question is a yes.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ...customers.consent.consent import EVERYTHING, Statement
from ...customers.consent.stop import withdraw
from ..decision import Decision
from ..dialogue.terms import Heard, Say
from ..orders import orders
from ..surveys import answers as surveys_answers
from . import questions as consent_questions
from .saying import Said, owe
from .vocabulary import vocabulary
from .words import doubt

BY = "consent_reading"


def consent_read(conn: Connection, heard: Heard, say: Say) -> Decision | None:
    """Act on a text that was read as an opt-out, an opt-in, or the answer to a double opt-in; None for all others."""
    if heard.expected is not None and heard.expected.kind == "optin":
        return _answered(conn, heard)
    if heard.reading.kind == "optout":
        return _suspected(conn, heard) if heard.reading.reasons else _stopped(conn, heard)
    if heard.reading.kind == "optin" and not heard.reading.reasons:
        wish = consent_questions.Wish(heard.address, EVERYTHING, "sms", heard.text, BY, heard.id)
        consent_questions.ask(conn, wish, vocabulary(conn), heard.now, heard.language)
        return _handled("optin", "understood as a wish to hear from us: asked back", heard)
    return None


def _answered(conn: Connection, heard: Heard) -> Decision | None:
    assert heard.expected is not None
    question = consent_questions.by_subject(conn, heard.expected.subject)
    kind = heard.reading.kind
    if question is None or heard.reading.reasons or kind not in ("optin", "confirm_yes", "confirm_no"):
        return None
    yes = kind != "confirm_no"
    if not consent_questions.answered(conn, question, yes, heard.text, heard.link, heard.id, heard.now):
        return None
    if yes:
        everything = question.category == EVERYTHING
        key = "start_confirmation" if everything else "start_category"
        names = {} if everything else {"category": question.category}
        said = Said("start", key, heard.address, heard.id, question.language, names)
        owe(conn, said, vocabulary(conn), heard.now)
    what = "optin" if yes else "optin_declined"
    return _handled(what, f"understood as the answer to our question: {'yes' if yes else 'no'}", heard)


def _stopped(conn: Connection, heard: Heard) -> Decision:
    no = Statement(heard.address, False, heard.text, heard.received_at, "sms", heard.link, heard.id)
    withdraw(conn, [no], heard.now, by=BY)
    surveys_answers.left(conn, heard.address, heard.text, heard.now)
    owe(conn, Said("stop", "stop_confirmation", heard.address, heard.id, heard.language), vocabulary(conn), heard.now)
    numbers = orders.stopped(conn, heard.address, heard.text, heard.now)
    if numbers:
        listed = ", ".join(map(str, numbers))
        why = f"understood as optout; order {listed} is cancelled with it: a person should know"
        return Decision("wait", why, BY, {"understood_as": "optout"})
    return _handled("optout", "understood as optout", heard)


def _suspected(conn: Connection, heard: Heard) -> Decision:
    doubt(conn, heard.id, heard.address, heard.text, heard.now)
    why = "; ".join(heard.reading.reasons)
    return Decision("wait", f"it may be a stop ({why}): a person must say; no offers go there until then", BY)


def _handled(kind: str, why: str, heard: Heard) -> Decision:
    return Decision("handle", why, BY, {"understood_as": kind, "handled_at": heard.now})
