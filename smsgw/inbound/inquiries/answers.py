"""Automatic answers: from a text that was understood to the words that go back, and what came of them.

Under every condition at once: the topic is on the list and not switched off, rules recognised it and nothing speaks
against it, the reading is sure enough, it is short, asks one thing and orders nothing, nobody talks with the customer
now, and the topic was not answered today. The words are the business's own, filled from live fields, and end with a way
to a person. In the shadow the same is only proposed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from ...store import history, keyset
from ...store.ids import first_id, new_id
from ...store.keyset import Edge
from ...store.lifecycle import AUTO_ANSWER, INBOUND
from ...store.tables import auto_answer, inquiry, message
from ...store.tables.types import AnyRow
from ...text import template
from ...text.business import Business, spelled
from ...text.keywords import normalise
from ...text.wording import wording
from .. import expectations
from ..brake import AUTOMATIC, may_answer
from ..catalogue import catalogue
from ..catalogue.catalogue import no_catalogue
from ..dialogue.terms import Heard
from ..orders.money import money
from ..reading.read import read
from ..reading.terms import Open, Reading
from ..robots import folded
from . import topics as answer_topics
from .topics import LONGEST, STATUS

DAY = timedelta(days=1)
TALKING = timedelta(hours=12)  # after a person's message the conversation is a person's for so long
STATUS_EVERY = timedelta(hours=4)
_AGAINST = frozenset(  # meanings of words that speak against an answer
    {
        "no",
        "negation",
        "refusal",
        "complaint",
        "condition",
        "doubt",
        "correction",
        "cancellation",
        "opt-out",
        "not to be sent",
    }
)
_ASKED_BY_THEMSELVES = (STATUS, "help")  # topics whose words are a question already: "info", "where is my"
ABOUT = {  # the topics in words, after "about"
    "product": "a product",
    "status": "where an order is",
    "complaint": "a complaint",
    "delivery": "delivery",
    "hours": "opening hours",
    "payment": "payment",
    "returns": "returns",
    "cancel": "a cancellation",
    "account": "their account",
    "help": "how this works",
}
SMALL = 3  # letters of an unknown word that is hardly more than an ending: "ste"

Status = Callable[[Connection, Heard], str | None]
"""Where the customer's order is, in words; None: there is nothing that could be told without a person."""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, or in `why` the reason that there is none. topic: its row."""

    topic: AnyRow | None
    text: str | None
    why: str


def find(conn: Connection, heard: Heard, business: Business, status: Status | None) -> Found:
    """The automatic answer to a text, if every condition is met."""
    reading = heard.reading
    if reading.kind != "inquiry" or reading.topic is None:
        return Found(None, None, "it is no question that is known")
    of_orders = reading.topic == STATUS and status is not None
    topic = answer_topics.of_orders(conn, heard.now) if of_orders else answer_topics.get(conn, reading.topic)
    if topic is None or topic.state == "off":
        return Found(topic, None, f"questions about {ABOUT[reading.topic]} are for a person")
    against = _against(conn, heard, topic)
    if against is not None:
        return Found(topic, None, against)
    if topic.id == STATUS:
        text = None if status is None else status(conn, heard)
        return Found(topic, text, "the order tells" if text else "there is no order that a machine should speak of")
    text, why = _filled(conn, heard, topic.id, business)
    return Found(topic, text, why)


def _against(conn: Connection, heard: Heard, topic: AnyRow) -> str | None:
    """What speaks against an automatic answer, in words."""
    in_itself = speaks_against(heard.reading, heard.text, topic.confidence)
    if in_itself is not None:
        return in_itself
    verdict = may_answer(conn, heard.address, heard.now, text=heard.text)
    if not verdict.may:
        return verdict.why
    if with_a_person(conn, heard.address, heard.now):
        return "a person is in conversation with the customer"
    span = STATUS_EVERY if topic.id == STATUS else DAY
    if _answered_since(conn, heard.address, topic.id, heard.now - span):
        return f"they were told about {ABOUT[topic.id]} within the last {span // timedelta(hours=1)} hours"
    return None


def speaks_against(reading: Reading, text: str, confidence: float) -> str | None:
    """What in a question itself speaks against answering it automatically; None: nothing. confidence: asked for."""
    if len(text) > LONGEST:
        return f"it has {len(text)} letters, more than {LONGEST}"
    if any(item.quantity is not None for item in reading.items):
        return "an order is attached"
    if reading.reasons:
        return f"it is not certain: {reading.reasons[0]}"
    if not reading.evidence:
        return "no rule recognised it"
    for evidence in reading.evidence:
        if evidence.meaning in _AGAINST:
            return f"{text[evidence.start : evidence.end]!r} speaks against it ({evidence.meaning})"
    sure = sureness(reading, text)
    if sure < confidence:
        return f"a reading must be sure to {confidence:.2f}, and is to {sure:.2f}"
    if reading.topic not in _ASKED_BY_THEMSELVES and not _asks(reading, text):
        return "it tells something and asks nothing"
    return "it asks more than one thing" if _asks_twice(text) else None


def sureness(reading: Reading, text: str) -> float:
    """How sure it is that a text asks this and nothing besides, 0 to 1: what of its words the rules know, by letters.

    A question of somebody who means another shop, or a friend, has words that no rule knows.
    """
    letters = sum(letter.isalnum() for letter in text)
    unknown = [one.end - one.start for one in reading.evidence if one.meaning == "unknown word"]
    strange = sum(length for length in unknown if length > SMALL)
    return reading.confidence * max(0.0, 1 - strange / letters) if letters else 0.0


def _asks(reading: Reading, text: str) -> bool:
    return "?" in text or "؟" in text or any(one.meaning.startswith("question") for one in reading.evidence)


def _asks_twice(text: str) -> bool:
    parts = text.replace("؟", "?").rstrip("?! .").split("?")
    return len([part for part in parts if part.strip()]) > 1


def with_a_person(conn: Connection, address: str, now: datetime) -> bool:
    """Whether somebody of ours talks with a customer: an inquiry is open, or a person wrote lately."""
    i, m = inquiry.c, message.c
    if conn.scalar(select(i.id).where(i.address == address, i.state == "open").limit(1)) is not None:
        return True
    said = select(m.id).where(m.recipient == address, m.id > first_id("msg", now - TALKING))
    said = said.where(m.purpose == "conversational", m.client.not_in(AUTOMATIC))
    return conn.scalar(said.limit(1)) is not None


def _answered_since(conn: Connection, address: str, topic: str, since: datetime) -> bool:
    a = auto_answer.c
    asked = select(a.id).where(a.address == address, a.topic == topic, a.id > first_id("ans", since))
    return conn.scalar(asked.limit(1)) is not None


def _filled(conn: Connection, heard: Heard, topic: str, business: Business) -> tuple[str | None, str]:
    """The template of the topic with its fields; why: what is missing."""
    known = {row.language: row.text for row in answer_topics.templates(conn, topic)}
    if heard.language not in known:
        return None, f"there are no words about {ABOUT[topic]} in {heard.language or 'this language'}"
    read_template = template.read(known[heard.language])
    told, missing = read_template.fill(fields(conn, heard, business, read_template.names))
    if missing:
        return None, f"nothing is known for {', '.join(missing)}"
    if len(told) > LONGEST:
        return None, f"the answer has {len(told)} letters, more than {LONGEST}"
    return told, f"the words about {ABOUT[topic]}"


def fields(conn: Connection, heard: Heard, business: Business, names: Collection[str]) -> Mapping[str, str | None]:
    """The live fields of a template, as far as `names` asks. Price and stock only of the one product asked about."""
    language, now = heard.language, heard.now
    values: dict[str, str | None] = {}
    if "hours" in names:
        values["hours"] = spelled(business.hours, language) if business.hours else wording("always_open", language)
    if "today" in names:
        spans = ", ".join(f"{begin}-{end}" for begin, end in business.today(now))
        values["today"] = spans or wording("closed_today", language)
    if "opens" in names:
        opens = business.opens(now).astimezone(business.zone)
        values["opens"] = f"{opens.day}. {opens.month}. {opens:%H:%M}"
    if {"product", "price", "stock"} & set(names):
        values |= _of_product(conn, heard)
    return values


def _of_product(conn: Connection, heard: Heard) -> dict[str, str | None]:
    """The fields of the one product that the text names in full; none of two, or of a half of a name."""
    skus = _named(conn, heard.text)
    if len(skus) != 1:
        return {}
    [row] = catalogue.of(conn, skus).values()
    return {
        "product": catalogue.name_of(row, heard.language),
        "price": None if row.price is None else money(row.price, row.currency, heard.language),
        "stock": None if row.stock is None else wording(f"stock_{row.stock}", heard.language),
    }


def _named(conn: Connection, text: str) -> set[str]:
    """The products whose whole name or alias stands in a text; a name inside a longer one does not count."""
    said = f" {folded(text)} "
    spoken = catalogue.aliases(conn)
    found: list[tuple[int, int, str]] = []
    for row in catalogue.listing(conn):
        names = [*dict(row.names).values(), *(one for many in spoken.get(row.sku, {}).values() for one in many)]
        for name in {f" {folded(name)} " for name in names} - {"  "}:
            start = said.find(name)
            if start >= 0:
                found.append((start, start + len(name), row.sku))
    return {
        sku
        for start, end, sku in found
        if not any(s <= start and end <= e and (s, e) != (start, end) for s, e, _ in found)
    }


# What becomes of an answer


def born(conn: Connection, id: str, heard: Heard, found: Found, *, sent: bool) -> None:
    """Keep an answer that was proposed, or sent; then whoever got it is expected to say whether that was it."""
    assert found.topic is not None
    values = {
        "id": id,
        "topic": found.topic.id,
        "address": heard.address,
        "inbound_id": heard.id,
        "language": heard.language[:8],
        "text": found.text,
        "confidence": sureness(heard.reading, heard.text),
        "made_at": heard.now,
        "decided_at": None,
    }
    events = [("propose", found.why)] + ([("send", f"{found.topic.id} is live")] if sent else [])
    history.begin(conn, AUTO_ANSWER, [history.Birth(values, events)], by="answers", now=heard.now)
    if sent:
        payload = expectations.payload_of(str(found.text))
        asked = expectations.Expected(
            heard.address, "notice", heard.now, heard.now + DAY, payload, heard.recipient, subject=id
        )
        expectations.open(conn, [asked])


def new(now: datetime) -> str:
    """An id for an answer."""
    return new_id("ans", now)


def awaited(conn: Connection, heard: Heard) -> AnyRow | None:
    """The automatic answer that this text may be about: what was asked last was whether that was it; or the text says
    0, and after the answer nothing was asked but an order's yes."""
    known = expectations.listing(conn, heard.address, heard.now, heard.recipient)
    if is_zero(heard.text):
        known = [one for one in known if one.kind != "confirm"]
    if not known or not str(known[0].subject or "").startswith("ans_"):
        return None
    row = conn.execute(select(auto_answer).where(auto_answer.c.id == known[0].subject)).first()
    return row if row is not None and row.state == "sent" else None


def is_zero(text: str) -> bool:
    """Whether a text says 0, in any digits: the way to a person."""
    return normalise(text).translate(_DIGITS) == "0"


def said(text: str) -> str | None:
    """What the customer says to "was that it?": "yes", "no" (0 too), or None for anything else."""
    if is_zero(text):
        return "no"
    reading = read(text, no_catalogue(), Open("ans", "confirm"))
    if reading.kind == "confirm_yes" and not reading.reasons:
        return "yes"
    return "no" if reading.kind == "confirm_no" else None


_DIGITS = {ord(digit): str(value) for digits in ("۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩") for value, digit in enumerate(digits)}


def decide(conn: Connection, row: AnyRow, accepted: bool, why: str, by: str, now: datetime) -> bool:
    """Within a writer's step: an answer was what was wanted, or was not; whether that was still open."""
    step = history.Step(row.id, why, {"decided_at": now})
    [was] = history.move(conn, AUTO_ANSWER, "accept" if accepted else "reject", [step], by=by, now=now)
    expectations.close(conn, now, why, subject=row.id)
    if was is not None and accepted:
        answer_topics.live_if_good(conn, row.topic, now)
    return was is not None


def judge(conn: Connection, inbound_ids: Collection[str], text: str, by: str, now: datetime) -> None:
    """Within a writer's step: a person answered these texts; were the proposed answers what the person said?"""
    a = auto_answer.c
    for row in conn.execute(select(auto_answer).where(a.inbound_id.in_(list(inbound_ids)), a.state == "proposed")):
        same = normalise(row.text) in normalise(text)
        decide(conn, row, same, "a person sent it" if same else "a person answered otherwise", by, now)


def proposed(conn: Connection, inbound_ids: Collection[str]) -> AnyRow | None:
    """The newest answer that is proposed to these texts."""
    a = auto_answer.c
    query = select(auto_answer).where(a.inbound_id.in_(list(inbound_ids)), a.state == "proposed")
    return conn.execute(query.order_by(a.id.desc()).limit(1)).first()


def listing(
    conn: Connection, limit: int, topic: str | None = None, state: str | None = None, before: Edge = None
) -> list[AnyRow]:
    """Automatic answers, newest first, with ids before `before`."""
    a = auto_answer.c
    query = select(auto_answer)
    for column, value in ((a.topic, topic), (a.state, state)):
        if value is not None:
            query = query.where(column == value)
    return keyset.rows(conn, query, a.id, before, limit)


def wait_again(conn: Connection, row: AnyRow, why: str, now: datetime) -> None:
    """Put the text that was answered back among those that wait for a person."""
    history.move(
        conn, INBOUND, "reopen", [history.Step(row.inbound_id, why, {"handled_at": None})], by="answers", now=now
    )
