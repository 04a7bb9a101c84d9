"""The rules by which texts that come in are understood: in which order they are asked, and which one takes a text.

A rule is not a row of a table of its own: each kind is kept where people who know it look after it, such as the
catalogue for orders. Here they stand together.
"""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import Field
from sqlalchemy import Connection

from smsgw.customers.consent.telling import read_address
from smsgw.errors import NotFound
from smsgw.inbound import expectations
from smsgw.inbound.catalogue import catalogue
from smsgw.inbound.consent.vocabulary import tried
from smsgw.inbound.inquiries import topics
from smsgw.inbound.reading import explain, lines
from smsgw.inbound.reading.read import read
from smsgw.inbound.reading.terms import KINDS, Open, Reading

from ..context import the_gateway
from .consents_shapes import TestText
from .routes import PREFIX, answer, route
from .shapes import Page, Shape

READ = "inquiries:read"
RULES = {
    "consent": ("STOP, START, HELP and STATUS are acted on before anything else is asked.", "/consent/words"),
    "open_question": ("A short answer belongs to what we asked last: a yes, a choice, a rating.", "/surveys"),
    "order": ("Products and quantities of the catalogue become an order.", "/catalogue"),
    "answer": ("What is asked often is answered in your words, once they proved good.", "/answer-topics"),
    "person": ("Whatever is left waits for a person, with the best guess filled in.", "/inquiries"),
}


class Rule(Shape):
    """A kind of rule."""

    name: str = Field(description="Its name.", json_schema_extra={"enum": list(RULES)})
    says: str = Field(description="What it does.")
    at: str = Field(description="Where what it goes by is kept and changed.", examples=["/api/v1/catalogue"])


class RulePage(Page):
    """The rules, in the order in which they are asked."""

    data: list[Rule] = Field(description="The rules; the first that understands a text takes it.")


class Span(Shape):
    """A piece of a text, and what it means."""

    start: int = Field(description="Where it begins, in letters.")
    end: int = Field(description="Where it ends.")
    meaning: str = Field(description="What it means.")


class RuleItem(Shape):
    """What a text orders."""

    sku: str = Field(description="The product.")
    qty: float = Field(description="How much of it.")


class RuleResult(Shape):
    """Which rule takes a text, and what it makes of it."""

    rule: str = Field(description="The rule that takes it.", json_schema_extra={"enum": list(RULES)})
    kind: str = Field(description="What the text is.", json_schema_extra={"enum": list(KINDS)})
    topic: str | None = Field(description="What it asks about.")
    items: list[RuleItem] = Field(description="What it orders.")
    answer: str | None = Field(description="Of a survey: the answer.")
    needs_review: bool = Field(description="Whether a person looks before anything happens.")
    reasons: list[str] = Field(description="Why a person looks.")
    language: str = Field(description="The language it seems to be written in.")
    consent: str | None = Field(description="The keyword that it is: stop, start, help, status.")
    explanation: list[str] = Field(description="All that in words.")
    evidence: list[Span] = Field(description="The words that made it, by their places in the text.")


@route("GET", "/rules", scope=READ, answers={200: RulePage})
def list_rules() -> Response:
    """List the rules by which texts that come in are understood, in the order in which they are asked."""
    told = [{"name": name, "says": says, "at": PREFIX + place} for name, (says, place) in RULES.items()]
    return answer({"data": told, "next_cursor": None})


@route("GET", "/rules/<name>", scope=READ, answers={200: Rule}, errors=("not_found",))
def one_rule(name: str) -> Response:
    """Show a kind of rule, and where what it goes by is kept and changed."""
    if name not in RULES:
        raise NotFound(f"there is no rule {name[:40]!r}", hint=f"there are: {', '.join(RULES)}")
    says, place = RULES[name]
    return answer({"name": name, "says": says, "at": PREFIX + place})


@route("POST", "/rules/test", scope=READ, takes=TestText, answers={200: RuleResult})
def test_rules(body: TestText) -> Response:
    """Tell which rule would take a text, and what it would make of it; nothing is written down.

    `from` is who would have sent it: what is open with that number counts.
    """
    gateway = the_gateway()
    now = gateway.clock()
    sender = "" if body.from_ is None else read_address(body.from_, gateway.config.sending.region)
    with gateway.database.reading() as conn:
        word = tried(conn, body.text, sender)
        opened = expectations.newest(conn, sender, now) if sender else None
        reading = read(body.text, catalogue.Shelf().current(conn, now).compiled, opened)
        rule = "consent" if word["acts"] else _rule(conn, reading, opened)
    return answer({"rule": rule, "consent": word["meaning"] if word["acts"] else None} | _told(reading, body.text))


def _rule(conn: Connection, reading: Reading, opened: Open | None) -> str:
    """The rule that takes what no keyword of consent is."""
    if opened is not None and reading.answers is not None:
        return "open_question"
    if reading.kind == "order":
        return "order"
    topic = topics.get(conn, reading.topic or "")
    return "answer" if reading.kind == "inquiry" and topic is not None and topic.state == "live" else "person"


def _told(reading: Reading, text: str) -> dict[str, Any]:
    line = lines.prediction("", text, reading)
    return {
        "kind": reading.kind,
        "topic": reading.topic,
        "items": line["items"],
        "answer": reading.answer,
        "needs_review": reading.needs_review,
        "reasons": list(reading.reasons),
        "language": reading.language,
        "explanation": explain.sentences(reading, text),
        "evidence": [{"start": one.start, "end": one.end, "meaning": one.meaning} for one in reading.evidence],
    }
