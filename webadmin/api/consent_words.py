"""The words of consent over the API: try a text, the shop's own keywords, and texts that may have been a stop."""

from __future__ import annotations

from flask import Response

from smsgw.customers.consent import doubts as consent_doubts
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.telling import read_address
from smsgw.errors import NotFound
from smsgw.inbound.consent import vocabulary as consent_vocabulary
from smsgw.inbound.consent.vocabulary import tried

from ..context import the_gateway
from .consents_shapes import (
    Changed,
    DoubtDecision,
    DoubtList,
    NewWord,
    TestResult,
    TestText,
    Word,
    WordList,
)
from .routes import answer, client, route

READ, MANAGE = "consents:read", "consents:manage"


@route("POST", "/consent/test", scope=READ, takes=TestText, answers={200: TestResult})
def test_consent_words(body: TestText) -> Response:
    """Show what the reader of consent words would make of a text; nothing is written down."""
    gateway = the_gateway()
    sender = "" if body.from_ is None else read_address(body.from_, gateway.config.sending.region)
    with gateway.database.reading() as conn:
        return answer(tried(conn, body.text, sender))


@route("GET", "/consent/words", scope=READ, answers={200: WordList})
def consent_words() -> Response:
    """List the shop's own keywords."""
    with the_gateway().database.reading() as conn:
        rows = consent_vocabulary.own_words(conn)
    return answer({"data": [row._asdict() for row in rows], "next_cursor": None})


@route("PUT", "/consent/words/<words>", scope=MANAGE, takes=NewWord, answers={200: Word})
def put_consent_word(words: str, body: NewWord) -> Response:
    """Add a keyword, or take one away that comes with smsgw; STOP itself stays."""
    by, now = client().id, the_gateway().clock()
    write(
        the_gateway().database.writer,
        lambda conn: consent_vocabulary.teach(conn, words, body.meaning, body.language, by, now),
    )
    return answer({"words": words, "meaning": body.meaning, "language": body.language})


@route("DELETE", "/consent/words/<words>", scope=MANAGE, answers={200: Changed}, errors=("not_found",))
def delete_consent_word(words: str) -> Response:
    """Forget a keyword of the shop's own."""
    by, now = client().id, the_gateway().clock()
    if not write(the_gateway().database.writer, lambda conn: consent_vocabulary.unteach(conn, words, by, now)):
        raise NotFound(f"{words[:60]!r} is no keyword of your own", hint="GET /api/v1/consent/words lists them")
    return answer({"changed": 1})


@route("GET", "/consent/doubts", scope=READ, answers={200: DoubtList})
def doubts() -> Response:
    """List the texts that may have been a stop and wait for a person."""
    with the_gateway().database.reading() as conn:
        rows = consent_doubts.listing(conn, 200)
    names = ("inbound_id", "address", "words", "at")
    return answer({"data": [{name: row._mapping[name] for name in names} for row in rows], "next_cursor": None})


@route(
    "POST",
    "/consent/doubts/<id>",
    scope=MANAGE,
    takes=DoubtDecision,
    answers={200: Changed},
    errors=("not_found", "already_decided"),
)
def decide_doubt(id: str, body: DoubtDecision) -> Response:
    """Say whether a text was a stop."""
    by, now = client().id, the_gateway().clock()
    write(the_gateway().database.writer, lambda conn: consent_doubts.decide(conn, id, body.meant, by, now))
    return answer({"changed": 1})
