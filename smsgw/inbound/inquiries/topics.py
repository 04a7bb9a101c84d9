"""Which topics are answered automatically, in which words, and how good that was: templates, switches, measures.

A topic begins in the shadow: its answers are shown to people, whose verdicts are counted. It goes live by itself once
enough of them were accepted, or by a person's switch, which history keeps with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from ...errors import BadInput, Conflict, Fault, NotFound
from ...store import history
from ...store.database import Writer
from ...store.lifecycle import ANSWER_TOPIC
from ...store.tables import answer_template, answer_topic, auto_answer
from ...store.tables.types import AnyRow
from ...text import template
from ...text.wording import LANGUAGES

STATUS = "status"
TOPICS = ("hours", "delivery", "payment", "returns", "product", "account", "help", STATUS)
"""What may be answered automatically at all; a complaint or a cancellation never is."""

FIELDS = ("hours", "today", "opens", "product", "price", "stock")
"""What a template may speak of: the week's hours, today's, when the shop opens next; the one product asked about."""

LONGEST = 160  # letters of an answer, without the way to a person at its end
GOOD, ENOUGH = 0.98, 100  # the share of accepted answers with which a topic goes live, and of how many at least
CONFIDENCE = 0.9  # of a reading, unless a topic says otherwise


@dataclass(frozen=True, slots=True)
class Measured:
    """How a topic's answers were taken since its words last changed; waiting: nobody has said yet."""

    accepted: int
    rejected: int
    waiting: int

    @property
    def share(self) -> float | None:
        """The share of accepted ones; None while nothing is decided."""
        decided = self.accepted + self.rejected
        return self.accepted / decided if decided else None

    @property
    def good(self) -> bool:
        """Whether the topic may go live by itself."""
        return self.share is not None and self.accepted + self.rejected >= ENOUGH and self.share >= GOOD


@dataclass(frozen=True, slots=True)
class Words:
    """The template of a topic in a language. text: None takes it away."""

    topic: str
    language: str
    text: str | None
    by: str
    at: datetime


def write(writer: Writer, words: Words) -> None:
    """Keep a template, or take one away; the topic is measured anew. Raises BadInput with every fault."""
    check(words)
    writer.do(_write, words)


def check(words: Words) -> None:
    """Raises BadInput with every fault of a template."""
    faults = _faults(words.topic)
    if words.topic == STATUS:
        says = "where an order is, is told from the order itself: this topic has no template"
        faults.append(Fault("/topic", "template_needless", says))
    if words.language not in LANGUAGES:
        says = f"there is no language {words.language!r} here; there are: {', '.join(LANGUAGES)}"
        faults.append(Fault("/language", "unknown_value", says))
    if words.text is not None:
        faults += _template_faults(words.text)
    if faults:
        raise BadInput(faults)


def _faults(topic: str) -> list[Fault]:
    if topic in TOPICS:
        return []
    says = f"{topic!r} is never answered automatically; what may be: {', '.join(TOPICS)}"
    return [Fault("/topic", "unknown_value", says)]


def _template_faults(text: str) -> list[Fault]:
    if not text.strip():
        return [Fault("/text", "text_missing", "say what is to be answered")]
    try:
        read = template.read(text)
    except BadInput as wrong:
        return [Fault("/text", fault.code, fault.detail) for fault in wrong.faults]
    bare = sum(len(piece) for piece in read.pieces if isinstance(piece, str))
    long = (
        [Fault("/text", "too_long", f"has {bare} letters; an answer has at most {LONGEST}")] if bare > LONGEST else []
    )
    return template.check(read, FIELDS) + long


def _write(conn: Connection, batch: Sequence[Words]) -> list[None]:
    t = answer_template.c
    for words in batch:
        conn.execute(delete(answer_template).where(t.topic == words.topic, t.language == words.language))
        if words.text is not None:
            conn.execute(
                insert(answer_template).values(
                    topic=words.topic,
                    language=words.language,
                    text=words.text.strip(),
                    by=words.by,
                    changed_at=words.at,
                )
            )
        what = "another" if words.text is not None else "no"
        _measure_anew(conn, words.topic, f"{what} template in {words.language}", words.by, words.at)
    return [None] * len(batch)


def _measure_anew(conn: Connection, topic: str, why: str, by: str, now: datetime) -> None:
    row = _enter(conn, topic, why, by, now)
    conn.execute(update(answer_topic).where(answer_topic.c.id == topic).values(measured_from=now))
    if row.state == "live":
        step = history.Step(topic, f"measured anew: {why}")
        history.move(conn, ANSWER_TOPIC, "watch", [step], by=by, now=now)
    else:
        history.note(conn, ANSWER_TOPIC, "change", [history.Step(topic, why)], by=by, now=now)


def _enter(conn: Connection, topic: str, why: str, by: str, now: datetime) -> AnyRow:
    """The topic's row; one that is new begins in the shadow."""
    row = get(conn, topic)
    if row is None:
        values = {"id": topic, "confidence": CONFIDENCE, "measured_from": now}
        history.begin(conn, ANSWER_TOPIC, [history.Birth(values, [("enter", why)])], by=by, now=now)
        row = get(conn, topic)
    assert row is not None
    return row


def of_orders(conn: Connection, now: datetime) -> AnyRow:
    """The topic "where is my order", within a writer's step: live from the start, for the orders themselves tell it."""
    row = get(conn, STATUS)
    if row is None:
        _enter(conn, STATUS, "somebody asked where an order is", "answers", now)
        step = history.Step(STATUS, "the orders themselves tell it")
        history.move(conn, ANSWER_TOPIC, "go_live", [step], by="answers", now=now)
        row = require(conn, STATUS)
    return row


@dataclass(frozen=True, slots=True)
class Switch:
    """A topic is to be "live", in the "shadow" or "off"; why: asked of whoever switches. confidence: None leaves it."""

    topic: str
    to: str | None
    why: str
    by: str
    at: datetime
    confidence: float | None = None


def switch(writer: Writer, wish: Switch) -> None:
    """Switch a topic, and say of how sure a reading must be. Raises BadInput, Conflict (it has no template)."""
    faults = _faults(wish.topic)
    if wish.to is not None and wish.to not in ANSWER_TOPIC.states:
        says = f"a topic is {', '.join(ANSWER_TOPIC.states)}; not {wish.to!r}"
        faults.append(Fault("/status", "unknown_value", says))
    if wish.confidence is not None and not 0.5 <= wish.confidence <= 1:
        faults.append(Fault("/confidence", "out_of_range", "must be between 0.5 and 1"))
    if not wish.why.strip():
        faults.append(Fault("/why", "field_missing", "say why: it is kept with your name"))
    if faults:
        raise BadInput(faults)
    writer.do(_switch, wish)


_EVENTS = {"live": "go_live", "shadow": "watch", "off": "switch_off"}


def _switch(conn: Connection, batch: Sequence[Switch]) -> list[None]:
    for wish in batch:
        row = _enter(conn, wish.topic, wish.why, wish.by, wish.at)
        if wish.confidence is not None:
            conn.execute(update(answer_topic).where(answer_topic.c.id == wish.topic).values(confidence=wish.confidence))
            step = history.Step(wish.topic, f"sure to {wish.confidence:.2f} at least: {wish.why}")
            history.note(conn, ANSWER_TOPIC, "change", [step], by=wish.by, now=wish.at)
        if wish.to is None or wish.to == row.state:
            continue
        if wish.to == "live":
            _require_words(conn, wish.topic)
            if row.state == "off":
                history.move(conn, ANSWER_TOPIC, "watch", [history.Step(wish.topic, wish.why)], by=wish.by, now=wish.at)
        step = history.Step(wish.topic, wish.why)
        history.move(conn, ANSWER_TOPIC, _EVENTS[wish.to], [step], by=wish.by, now=wish.at)
    return [None] * len(batch)


def _require_words(conn: Connection, topic: str) -> None:
    if topic != STATUS and not any(row.topic == topic for row in templates(conn)):
        raise Conflict(f"{topic} has no template: write one first", hint="smsgw inquiry template shows how")


def live_if_good(conn: Connection, topic: str, now: datetime) -> None:
    """Within a writer's step, after a verdict: a topic whose answers were good enough goes live by itself."""
    row = get(conn, topic)
    if row is None or row.state != "shadow":
        return
    told = measured(conn, row)
    if told.good:
        why = f"{told.accepted} of {told.accepted + told.rejected} answers were accepted"
        history.move(conn, ANSWER_TOPIC, "go_live", [history.Step(topic, why)], by="answers", now=now)


# Looking


def get(conn: Connection, topic: str) -> AnyRow | None:
    """The topic's row; None: it was never set up."""
    return conn.execute(select(answer_topic).where(answer_topic.c.id == topic)).first()


def require(conn: Connection, topic: str) -> AnyRow:
    """The topic's row. Raises NotFound."""
    row = get(conn, topic)
    if row is None:
        raise NotFound(f"{topic[:40]} is not set up: write a template for it", hint="smsgw inquiry template")
    return row


def listing(conn: Connection) -> list[AnyRow]:
    """Every topic that was set up, by name."""
    return list(conn.execute(select(answer_topic).order_by(answer_topic.c.id)))


def templates(conn: Connection, topic: str | None = None) -> list[AnyRow]:
    """The templates, by topic and language."""
    query = select(answer_template).order_by(answer_template.c.topic, answer_template.c.language)
    return list(conn.execute(query if topic is None else query.where(answer_template.c.topic == topic)))


def measured(conn: Connection, row: AnyRow) -> Measured:
    """How the answers of a topic (its row) were taken since its words last changed."""
    a = auto_answer.c
    counted = select(a.state, func.count()).where(a.topic == row.id, a.made_at >= row.measured_from).group_by(a.state)
    told = {str(state): int(count) for state, count in conn.execute(counted)}
    waiting = told.get("proposed", 0) + told.get("sent", 0)
    return Measured(told.get("accepted", 0), told.get("rejected", 0), waiting)
