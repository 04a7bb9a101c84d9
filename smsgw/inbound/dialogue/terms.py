"""What those who act on a text that was read are given, and what they give back: values and signatures only.

An actor is a function of a module that knows one subject (orders, surveys, known questions, inquiries). It runs inside
the one transaction of the text: it may write rows, open and close expectations, and have texts sent with `say`; what it
returns becomes the state of the text. None: it is nothing for this actor, the next one is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from ...store.tables.types import AnyRow
from ..decision import Decision
from ..reading.terms import Open, Reading


@dataclass(frozen=True, slots=True)
class Heard:
    """A text and its reading.

    id: of the row in `inbound` (the newest, where several were joined before they were read); address: who wrote;
    recipient: to which of our numbers; sent_at: by the network's clock. expected: the row of the expectation that the
    reading answers (`reading.answers`), if one; open: all that was open when it was read. language: the one to answer
    in, a tag. parts: the ids of all texts that were read as this one.
    """

    id: str
    address: str
    recipient: str | None
    link: str
    text: str
    sent_at: datetime | None
    received_at: datetime
    reading: Reading
    expected: AnyRow | None
    open: Open | None
    language: str
    now: datetime
    parts: tuple[str, ...]


class Say(Protocol):
    """Sends one automatic answer in the transaction of the text, through the door, the gate and the loop brake."""

    def __call__(self, text: str, reference: str) -> str | None:
        """Returns the message's id; None when it may not go (then a person should look). reference: the answer's own
        name ("order:ord_…:2", "answer:…", "survey:…"): what is said twice under one name is sent once."""
        ...


Actor = Callable[[Connection, Heard, Say], Decision | None]
