"""Corrections: a person says what a text meant; once approved it is an alias of the catalogue, or an example to learn.

Nothing is learned by itself: whoever proposes writes down, whoever approves decides, and history keeps both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ...errors import BadInput, Conflict, Fault, NotFound
from ...store import history, keyset
from ...store.database import Writer
from ...store.ids import new_id
from ...store.keyset import Edge
from ...store.lifecycle import CORRECTION
from ...store.tables import correction, inbound
from ...store.tables.types import AnyRow
from ...text.wording import LANGUAGES
from ..catalogue import catalogue
from ..catalogue.catalogue import Taught
from ..reading.terms import KINDS, REST, TOPICS
from ..robots import folded


@dataclass(frozen=True, slots=True)
class Wrong:
    """What somebody says about a text. inbound_id, or text where it is no text of the inbox.

    An alias: `words` of it mean the product `sku`. A label: the whole is of the kind `meant`, about `topic`.
    """

    by: str
    at: datetime
    why: str = ""
    inbound_id: str | None = None
    text: str | None = None
    language: str = ""
    words: str | None = None
    sku: str | None = None
    meant: str | None = None
    topic: str | None = None


def propose(writer: Writer, wrong: Wrong) -> str:
    """Keep a correction, to be approved; returns its id. Raises BadInput with every fault, NotFound (the text)."""
    faults = _faults(wrong)
    if faults:
        raise BadInput(faults)
    return writer.do(_propose, wrong)


def _faults(wrong: Wrong) -> list[Fault]:
    faults = []
    if (wrong.inbound_id is None) == (wrong.text is None):
        faults.append(Fault("/inbound_id", "text_which", "name a text that came in, or give one: not both"))
    if (wrong.words is None) == (wrong.meant is None):
        faults.append(
            Fault("/words", "correction_what", "say which words mean a product, or what the whole text meant")
        )
    if (wrong.words is None) != (wrong.sku is None):
        faults.append(Fault("/sku", "field_missing", "words and sku belong together"))
    if wrong.words is not None and not 0 < len(wrong.words.strip()) <= 120:
        faults.append(Fault("/words", "wrong_length", "an alias has 1 to 120 letters"))
    if wrong.language not in ("", *LANGUAGES):
        says = f"there is no language {wrong.language[:10]!r}; there are: {', '.join(LANGUAGES)}, or none for all"
        faults.append(Fault("/language", "unknown_value", says))
    if wrong.meant is not None:
        faults += _label_faults(wrong.meant, wrong.topic)
    return faults


def _label_faults(meant: str, topic: str | None) -> list[Fault]:
    if meant not in KINDS:
        return [Fault("/meant", "unknown_value", f"there is no kind {meant[:30]!r}; there are: {', '.join(KINDS)}")]
    known = TOPICS if meant == "inquiry" else REST if meant == "other" else ()
    if topic is None or topic in known:
        missing = meant == "inquiry" and topic is None
        says = f"say what it asks about: {', '.join(TOPICS)}"
        return [Fault("/topic", "field_missing", says)] if missing else []
    offer = f"there are: {', '.join(known)}" if known else "it has none"
    return [Fault("/topic", "unknown_value", f"{topic[:30]!r} is no topic of {meant}; {offer}")]


def _propose(conn: Connection, batch: Sequence[Wrong]) -> list[str]:
    return [_keep(conn, wrong) for wrong in batch]


def _keep(conn: Connection, wrong: Wrong) -> str:
    text = wrong.text
    if wrong.inbound_id is not None:
        text = conn.scalar(select(inbound.c.text).where(inbound.c.id == wrong.inbound_id))
        if text is None:
            raise NotFound(f"there is no inbound text {wrong.inbound_id[:60]}", hint="smsgw inbox lists them")
    assert text is not None
    if wrong.words is not None and folded(wrong.words) not in folded(text):
        raise BadInput([Fault("/words", "words_elsewhere", f"the text does not say {wrong.words!r}")])
    if wrong.sku is not None:
        catalogue.get(conn, wrong.sku)
    id = new_id("cor", wrong.at)
    values = {
        "id": id,
        "kind": "label" if wrong.words is None else "alias",
        "inbound_id": wrong.inbound_id,
        "text": text,
        "language": wrong.language,
        "words": None if wrong.words is None else " ".join(wrong.words.split()),
        "sku": wrong.sku,
        "meant": wrong.meant,
        "topic": wrong.topic,
        "by": wrong.by,
        "at": wrong.at,
        "decided_at": None,
    }
    birth = history.Birth(values, [("propose", wrong.why or f"{wrong.by} says so")])
    history.begin(conn, CORRECTION, [birth], by=wrong.by, now=wrong.at)
    return id


@dataclass(frozen=True, slots=True)
class Judgement:
    """A correction is approved, or rejected."""

    id: str
    approved: bool
    by: str
    why: str
    at: datetime


def decide(writer: Writer, judgement: Judgement) -> None:
    """Approve a correction, which makes it count from now on, or reject it. Raises NotFound, Conflict (decided)."""
    writer.do(_decide, judgement)


def _decide(conn: Connection, batch: Sequence[Judgement]) -> list[None]:
    for one in batch:
        row = require(conn, one.id)
        if row.state != "proposed":
            raise Conflict(f"{row.id} was {row.state} already: {row.why}")
        event = "approve" if one.approved else "reject"
        step = history.Step(row.id, one.why or f"{one.by} {event}s it", {"decided_at": one.at})
        history.move(conn, CORRECTION, event, [step], by=one.by, now=one.at)
        if one.approved and row.kind == "alias":
            [taught] = catalogue.teach(conn, [Taught(row.sku, row.language, row.words, one.by, one.at)])
            if isinstance(taught, Exception):
                raise taught
    return [None] * len(batch)


def require(conn: Connection, id: str) -> AnyRow:
    """The correction's row. Raises NotFound."""
    row = conn.execute(select(correction).where(correction.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no correction {id[:60]}", hint="smsgw inquiry corrections lists them")
    return row


def listing(
    conn: Connection, limit: int, state: str | None = None, kind: str | None = None, before: Edge = None
) -> list[AnyRow]:
    """Corrections, newest first: at most `limit`, with ids before `before`."""
    c = correction.c
    query = select(correction)
    for column, value in ((c.state, state), (c.kind, kind)):
        if value is not None:
            query = query.where(column == value)
    return keyset.rows(conn, query, c.id, before, limit)
