"""Who acts on a text that was read, in order; and the one transaction in which that happens.

The first actor that understands wins: what is about consent; an answer to what a person asked, to an automatic answer,
to what an order asked, to a survey; then an order; then what was not understood while an order waits; then questions,
and with them a person. A text is acted on only while it is `received` and only if what was open with the customer is
what it was read against: so whatever is done twice, after a kill too, is done once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ...customers import customers
from ...store import history
from ...store.lifecycle import INBOUND
from ...store.tables import inbound, order
from ...store.tables.types import AnyRow
from .. import expectations
from ..consent.reading import consent_read
from ..decision import Decision
from ..inquiries.questions import Questions
from ..reading.terms import Open, Reading
from ..surveys.answers import Surveys
from .orders import Ordering
from .saying import Mouth
from .stopped import with_the_rest
from .terms import Actor, Heard, Say

AGAIN = "again"  # it must be read again: something else is open by now, or there was no time for it
LEFT = "left"  # somebody else has acted on it
DONE = "done"
AT_MOST = 0.05  # seconds of a transaction, for which those wait who store what comes in


@dataclass(frozen=True, slots=True)
class Understood:
    """Texts of one customer that were read as one. rows: their rows in `inbound`, oldest first; text: as it was read.

    open: what was open when it was read.
    """

    rows: tuple[AnyRow, ...]
    text: str
    reading: Reading
    open: Open | None
    now: datetime


class Dialogue:
    """The step that acts. language: of customers of whom nobody knows another."""

    def __init__(
        self, ordering: Ordering, questions: Questions, surveys: Surveys, mouth: Mouth, language: str = "en"
    ) -> None:
        self._ordering = ordering
        self._questions = questions
        self._mouth = mouth
        self._language = language
        self._actors: tuple[Actor, ...] = (
            consent_read,
            ordering.to_a_person,
            questions.heard_back,
            ordering.answers,
            surveys.act,
            no_offer,
            ordering.orders,
            ordering.not_understood,
            self._question,
        )

    def act(self, conn: Connection, batch: list[Understood]) -> list[str]:
        """Writer step: act on texts; for each DONE, LEFT or AGAIN. What would hold up others for long is for AGAIN."""
        begun = time.monotonic()
        return [AGAIN if time.monotonic() - begun > AT_MOST else self._act(conn, one) for one in batch]

    def _act(self, conn: Connection, one: Understood) -> str:
        last = one.rows[-1]
        ids = [row.id for row in one.rows]
        states = set(conn.scalars(select(inbound.c.state).where(inbound.c.id.in_(ids))))
        if states != {"received"}:
            return LEFT
        if _ids(expectations.newest(conn, last.sender, one.now, last.recipient)) != _ids(one.open):
            return AGAIN
        heard = self._heard(conn, one)
        say = self._mouth.of(conn, heard)
        decision = next(told for actor in self._actors if (told := actor(conn, heard, say)) is not None)
        self._settle(conn, one, heard, with_the_rest(conn, heard.address, heard.text, decision, one.now))
        return DONE

    def _heard(self, conn: Connection, one: Understood) -> Heard:
        last, reading = one.rows[-1], one.reading
        expected = None if reading.answers is None else expectations.by_id(conn, reading.answers)
        return Heard(
            id=last.id,
            address=last.sender,
            recipient=last.recipient,
            link=last.link,
            text=one.text,
            sent_at=last.sent_at,
            received_at=last.received_at,
            reading=reading,
            expected=expected,
            open=one.open,
            language=_spoken(conn, last.sender, one) or self._language,
            now=one.now,
            parts=tuple(row.id for row in one.rows),
        )

    def _question(self, conn: Connection, heard: Heard, say: Say) -> Decision:
        """What nobody else acts on. A question that was answered is followed by the summary that still waits."""
        decision = self._questions.act(conn, heard, say)
        if decision.event == "handle" and heard.reading.kind == "inquiry":
            self._ordering.repeat(conn, heard, say)
        return decision

    def _settle(self, conn: Connection, one: Understood, heard: Heard, decision: Decision) -> None:
        """Write down what the text was understood as, by which words, and what became of it."""
        values = dict(decision.values)
        told = explained(one.reading, [row.id for row in one.rows], values.pop("about", None))
        columns: dict[str, Any] = {"understood_as": heard.reading.kind, "handled_at": None, **values}
        columns["explanation"] = told
        step = history.Step(heard.id, decision.why, columns)
        history.move(conn, INBOUND, decision.event, [step], by=decision.by, now=one.now)
        others = [
            history.Step(row.id, f"read together with {heard.id}: {decision.why}", columns) for row in one.rows[:-1]
        ]
        history.move(conn, INBOUND, decision.event, others, by=decision.by, now=one.now)

    def give_up(self, conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[None]:
        """Writer step: texts (id, why, now) that could not be acted on wait for a person."""
        for id, why, now in batch:
            history.move(conn, INBOUND, "wait", [history.Step(id, why)], by="dialogue", now=now)
        return [None] * len(batch)


def no_offer(conn: Connection, heard: Heard, say: Say) -> Decision | None:
    """No to an offer: nothing more is asked about it."""
    expected, reading = heard.expected, heard.reading
    if expected is None or expected.kind != "offer" or reading.kind != "confirm_no" or reading.reasons:
        return None
    expectations.close(conn, heard.now, "answered: no", ids=[expected.id])
    values = {"understood_as": "confirm_no", "handled_at": heard.now}
    return Decision("handle", "the customer does not want what was offered", "offers", values)


def explained(reading: Reading, ids: Sequence[str], about: str | None) -> dict[str, Any]:
    """What a reading found, as it is kept with the text and shown. about: the number of the order it is about."""
    told: dict[str, Any] = {
        "kind": reading.kind,
        "topic": reading.topic,
        "items": [
            {
                "sku": one.sku,
                "quantity": None if one.quantity is None else str(one.quantity),
                "spans": [list(span) for span in one.spans],
                "how": one.how,
            }
            for one in reading.items
        ],
        "reasons": list(reading.reasons),
        "spans": [[one.start, one.end] for one in reading.evidence],
        "evidence": [[one.start, one.end, one.meaning] for one in reading.evidence],
        "answer": reading.answer,
        "wish": reading.wish,
        "language": reading.language,
        "candidates": list(reading.candidates),
        "confidence": reading.confidence,
        "order": about,
    }
    if len(ids) > 1:
        told["together"] = list(ids)
    return {name: value for name, value in told.items() if value not in (None, [], "")}


def _ids(open: Open | None) -> tuple[str, ...]:
    return () if open is None else (open.id, *(one.id for one in open.older))


def _spoken(conn: Connection, address: str, one: Understood) -> str | None:
    """The customer's language: as somebody noted it; while an order is open, that of the order; else as the text
    reads, or as the last order did: a lone yes or number has no language."""
    person = customers.of(conn, [address]).get(address)
    if person is not None and person.language:
        return str(person.language)
    if one.open is None and one.reading.language:
        return one.reading.language
    o = order.c
    asked = select(o.language).where(o.address == address).order_by(o.id.desc()).limit(1)
    before = conn.scalar(asked)
    about = one.open is not None and one.open.order is not None
    return before if about and before else one.reading.language or before
