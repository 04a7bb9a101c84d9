"""A text that asks something: answered by itself where that is allowed, else an inquiry with what is proposed for it.

`Questions.heard_back` and `Questions.act` are asked in this order, the first for what follows an automatic answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from ...text.wording import wording
from ..decision import Decision
from ..dialogue.terms import Heard, Say
from ..orders import orders
from ..reading.terms import TOPICS
from . import answers, inquiries
from .answers import Found, Status
from .inquiries import Asks, Promise

BY_ITSELF = "answers"
ASKED = "inquiries"
ASK_NOTHING = ("chat", "empty", "spam")  # topics of texts that wait in the inbox without being an inquiry


@dataclass(frozen=True)
class Questions:
    """The steps about questions. promise: how soon people answer. status: where an order is; None: nobody knows."""

    promise: Promise = field(default_factory=Promise)
    status: Status | None = None

    def heard_back(self, conn: Connection, heard: Heard, say: Say) -> Decision | None:
        """What follows "was that it?": yes closes the matter, no and 0 bring a person; None for anything else."""
        row = answers.awaited(conn, heard)
        if row is None:
            return None
        told = answers.said(heard.text)
        if told == "yes":
            answers.decide(conn, row, True, f"the customer said {heard.text.strip()[:40]!r}", BY_ITSELF, heard.now)
            return Decision(
                "handle", "the automatic answer was what was asked", BY_ITSELF, _handled("answer_yes", heard)
            )
        if told is None:
            if heard.reading.kind == "inquiry":
                answers.decide(conn, row, False, "the customer asked further", BY_ITSELF, heard.now)
            return None
        why = f"the customer said {heard.text.strip()[:40]!r} to an automatic answer"
        answers.decide(conn, row, False, why, BY_ITSELF, heard.now)
        answers.wait_again(conn, row, why, heard.now)
        asks = Asks((row.inbound_id, *heard.parts), heard.address, row.topic, row.language, heard.now, why)
        inquiries.collect(conn, asks, self.promise)
        say(wording("to_a_person", row.language), f"person:{row.id}")
        return Decision("wait", why, BY_ITSELF, {"understood_as": "answer_no"})

    def act(self, conn: Connection, heard: Heard, say: Say) -> Decision:
        """Answer, or have a person answer: for every text that nobody else acts on."""
        reading = heard.reading
        if reading.kind == "other" and reading.topic in ASK_NOTHING:
            return Decision("wait", f"it asks nothing ({reading.topic}): a person may look", ASKED)
        found = answers.find(conn, heard, self.promise.business, self.status)
        if found.text is not None and found.topic is not None:
            if found.topic.state == "live":
                decision = self._answer(conn, heard, found, say)
                if decision is not None:
                    return decision
                return self._ask(conn, heard, "the automatic answer may not go")
            answers.born(conn, answers.new(heard.now), heard, found, sent=False)
            return self._ask(conn, heard, f"an answer is proposed: {found.why}")
        return self._ask(conn, heard, found.why)

    def _answer(self, conn: Connection, heard: Heard, found: Found, say: Say) -> Decision | None:
        id = answers.new(heard.now)
        order = orders.open_with(conn, heard.address)
        # A summary follows that asks for a yes: then a yes must mean that alone.
        end = "or_a_person" if order is not None and order.state == "asked" else "was_that_it"
        message_id = say(f"{found.text}{wording(end, heard.language)}", f"answer:{id}")
        if message_id is None:
            return None
        answers.born(conn, id, heard, found, sent=True)
        why = f"answered by itself: {found.why}"
        return Decision("handle", why, BY_ITSELF, _handled("inquiry", heard))

    def _ask(self, conn: Connection, heard: Heard, why: str) -> Decision:
        """Hand over to a person."""
        reading = heard.reading
        topic = reading.topic if reading.kind == "inquiry" and reading.topic in TOPICS else None
        about = None if heard.open is None else heard.open.order
        asks = Asks(heard.parts or (heard.id,), heard.address, topic, heard.language, heard.now, why, about)
        id = inquiries.collect(conn, asks, self.promise)
        return Decision("wait", f"a person must answer ({id}): {why}", ASKED, {"understood_as": reading.kind})


def _handled(kind: str, heard: Heard) -> dict[str, Any]:
    return {"understood_as": kind, "handled_at": heard.now}
