"""What a STOP ends besides marketing: surveys that ask on, and orders that wait for their yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from ..decision import Decision
from ..orders import orders
from ..surveys import answers as surveys_answers


def with_the_rest(conn: Connection, sender: str, words: str, decided: Decision, now: datetime) -> Decision:
    """The decision about a text; if it is a STOP its sender leaves every survey, and what was not confirmed is
    cancelled, which a person is told."""
    if decided.values.get("understood_as") != "optout" or decided.event != "handle":
        return decided
    surveys_answers.left(conn, sender, words, now)
    numbers = orders.stopped(conn, sender, words, now)
    if not numbers:
        return decided
    why = f"{decided.why}; order {', '.join(map(str, numbers))} is cancelled with it: a person should know"
    return replace(decided, event="wait", why=why, values={**decided.values, "handled_at": None})
