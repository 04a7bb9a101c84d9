"""Rehearse an answer: what the questions of the last weeks would have got with these words; nothing is said or kept.

Each text is read again with the rules and the catalogue of now. What depends on the moment, such as somebody of ours
being in conversation with the customer, is left out: it is told of the words, not of the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ...store.ids import first_id
from ...store.tables import auto_answer, inbound
from ...store.tables.types import AnyRow
from ...text import template
from ...text.business import Business
from ..catalogue.catalogue import Shelf
from ..consent.saying import language_for
from ..dialogue.terms import Heard
from ..reading.read import Compiled, read
from . import answers
from . import topics as answer_topics
from .topics import CONFIDENCE, LONGEST, Words

MOST = 2_000  # texts that are read again
SHOWN = 100  # questions that are told


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A question, what it got then ("" for nothing by itself), and what it would get; `why` there is nothing."""

    id: str
    sender: str
    at: datetime
    text: str
    then: str
    now: str
    why: str


@dataclass(frozen=True)
class Rehearsal:
    """How many texts were read again; the questions of this topic in this language, newest first. more: there are
    more texts than were read."""

    read: int
    questions: list[Rehearsed] = field(default_factory=list)
    more: bool = False

    @property
    def answered(self) -> int:
        """How many of them would get these words."""
        return sum(bool(one.now) for one in self.questions)


def rehearse(conn: Connection, words: Words, business: Business, since: datetime) -> Rehearsal:
    """Read what came since then again, and answer what asks for this topic in this language with these words.

    Raises BadInput with every fault of the words.
    """
    answer_topics.check(words)
    i = inbound.c
    came = select(inbound).where(i.id >= first_id("in", since), i.explanation.is_not(None), i.kind == "text")
    rows = list(conn.execute(came.order_by(i.id.desc()).limit(MOST + 1)))
    compiled = Shelf().current(conn, words.at).compiled
    known = answer_topics.get(conn, words.topic)
    confidence = CONFIDENCE if known is None else known.confidence
    told = Rehearsal(min(len(rows), MOST), more=len(rows) > MOST)
    got = _then(conn, since)
    for row in rows[:MOST]:
        if len(told.questions) == SHOWN:
            break
        heard = _heard(conn, row, compiled, words)
        if heard is not None:
            said, why = _answer(conn, heard, words, business, confidence)
            told.questions.append(
                Rehearsed(row.id, row.sender, row.received_at, row.text, got.get(row.id, ""), said, why)
            )
    return told


def _then(conn: Connection, since: datetime) -> Mapping[str, str]:
    """What was answered by itself, or proposed, by the text."""
    a = auto_answer.c
    rows = conn.execute(select(a.inbound_id, a.text).where(a.id >= first_id("ans", since)))
    return {row.inbound_id: row.text for row in rows}


def _heard(conn: Connection, row: AnyRow, compiled: Compiled, words: Words) -> Heard | None:
    """The text as it is read now; None when it does not ask for this topic in this language."""
    explanation: Mapping[str, Any] = row.explanation
    if explanation.get("kind") not in ("inquiry", "other"):
        return None
    reading = read(row.text, compiled, None)
    if reading.kind != "inquiry" or reading.topic != words.topic:
        return None
    language = language_for(conn, row.sender, reading.language)
    if language != words.language:
        return None
    return Heard(
        row.id, row.sender, row.recipient, row.link, row.text, row.sent_at, row.received_at, reading, None, None,
        language, row.received_at, (row.id,),
    )  # fmt: skip


def _answer(conn: Connection, heard: Heard, words: Words, business: Business, confidence: float) -> tuple[str, str]:
    """The words with their fields, or "" and why a person would answer."""
    against = answers.speaks_against(heard.reading, heard.text, confidence)
    if against is not None:
        return "", against
    read_template = template.read(words.text or "")
    told, missing = read_template.fill(answers.fields(conn, heard, business, read_template.names))
    if missing:
        return "", f"nothing is known for {', '.join(missing)}"
    if len(told) > LONGEST:
        return "", f"the answer has {len(told)} letters, more than {LONGEST}"
    return told, ""
