"""A shop's counter: texts come in with a reading that the test gives, the dialogue acts, and people look and answer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from smsgw.inbound import expectations
from smsgw.inbound.catalogue.catalogue import Shelf
from smsgw.inbound.dialogue.dialogue import Dialogue, Understood
from smsgw.inbound.dialogue.orders import Ordering
from smsgw.inbound.dialogue.saying import Mouth
from smsgw.inbound.inquiries.inquiries import Promise
from smsgw.inbound.inquiries.questions import Questions
from smsgw.inbound.orders.rules import Rules
from smsgw.inbound.reading.read import read
from smsgw.inbound.reading.terms import Evidence, Reading
from smsgw.inbound.surveys.answers import Surveys
from smsgw.store import history
from smsgw.store.ids import new_id
from smsgw.store.lifecycle import INBOUND
from smsgw.store.tables import inbound, message
from smsgw.text.business import Business
from tests.smsgw.desk import Desk

ANA, BOB = "+38640111222", "+38641000002"
OURS = "+38640999999"


def question(topic: str, text: str = "", language: str = "en", **more: Any) -> Reading:
    """A reading of a question that rules recognised for sure."""
    told = {"evidence": (Evidence(0, max(1, len(text)), f"topic {topic}"),), "confidence": 1.0, "language": language}
    return Reading("inquiry", topic, **(told | more))


@dataclass
class Counter:
    """The steps about questions and surveys over a desk, as the daemon wires them."""

    desk: Desk
    business: Business = field(default_factory=Business)
    status: Any = None

    def __post_init__(self) -> None:
        self.promise = Promise(self.business, 480)
        self.questions = Questions(self.promise, self.status)
        surveys = Surveys(self.promise)
        mouth = Mouth(self.desk.door, lambda: {OURS})
        self.dialogue = Dialogue(Ordering(Rules()), self.questions, surveys, mouth)
        self._count = itertools.count()
        self._shelf = Shelf()
        self.writer = self.desk.database.writer

    def hears(self, text: str, reading: Reading, sender: str = ANA) -> str:
        """A text comes in, was read so, and is acted on; returns its id."""
        id = self.stored(text, sender)
        with self.reading() as conn:
            row = conn.execute(select(inbound).where(inbound.c.id == id)).one()
            open = expectations.newest(conn, sender, self.desk.now, row.recipient)
        [done] = [self.writer.do(self.dialogue.act, Understood((row,), text, reading, open, self.desk.now))]
        assert done == "done"
        return id

    def says(self, text: str, sender: str = ANA) -> str:
        """A text comes in, is really read, and is acted on; returns its id."""
        with self.reading() as conn:
            shelved = self._shelf.current(conn, self.desk.now)
            open = expectations.newest(conn, sender, self.desk.now, OURS)
        return self.hears(text, read(text, shelved.compiled, open), sender)

    def stored(self, text: str, sender: str = ANA) -> str:
        """A text is stored, and nobody has acted on it."""
        now = self.desk.now = self.desk.now + timedelta(milliseconds=1)
        values = text_row(text, sender, now, f"r{next(self._count)}")
        self.writer.do(store_text, (values, now))
        return str(values["id"])

    def reading(self) -> Any:
        """A look into the store."""
        return self.desk.database.reading()

    def said(self, to: str = ANA) -> list[str]:
        """What was said to a number, oldest first."""
        with self.reading() as conn:
            return list(conn.scalars(select(message.c.text).where(message.c.recipient == to).order_by(message.c.id)))

    def text(self, id: str) -> Any:
        """The row of a text that came in."""
        with self.reading() as conn:
            return conn.execute(select(inbound).where(inbound.c.id == id)).one()


def text_row(text: str, sender: str, now: datetime, reference: str) -> dict[str, Any]:
    """The row of a text that came in."""
    return {
        "id": new_id("in", now), "link": "a", "reference": reference, "sender": sender, "recipient": OURS, "text": text,
        "kind": "text", "parts": 1, "missing": 0, "sent_at": now, "received_at": now, "understood_as": None,
        "explanation": None, "handled_at": None,
    }  # fmt: skip


def store_text(conn: Connection, batch: Sequence[tuple[dict[str, Any], Any]]) -> list[None]:
    """Writer step: keep texts that came in."""
    for values, now in batch:
        history.begin(conn, INBOUND, [history.Birth(values, [("receive", "came over a")])], by="a", now=now)
    return [None] * len(batch)
