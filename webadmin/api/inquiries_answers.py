"""Automatic answers over the API: the topics with their words, switches and measures, and what was answered."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy import Connection

from smsgw.errors import NotFound
from smsgw.inbound.inquiries import answers
from smsgw.inbound.inquiries import topics as answer_topics
from smsgw.inbound.inquiries.topics import TOPICS, Switch, Words
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .inquiries import READ
from .inquiries_shapes import (
    AnswerTopic,
    AnswerTopicPage,
    AutoAnswerFilter,
    AutoAnswerPage,
    NewTemplate,
    TopicChange,
)
from .routes import PREFIX, answer, client, route

SCOPE = "answers:manage"


def topic_json(conn: Connection, row: AnyRow) -> dict[str, Any]:
    """A topic as the API shows it: inquiries_shapes.AnswerTopic."""
    told = answer_topics.measured(conn, row)
    return {
        "topic": row.id,
        "status": row.state,
        "why": row.why,
        "confidence": row.confidence,
        "measured_from": row.measured_from,
        "accepted": told.accepted,
        "rejected": told.rejected,
        "waiting": told.waiting,
        "share": told.share,
        "templates": {one.language: one.text for one in answer_topics.templates(conn, row.id)},
    }


def _topic(name: str) -> str:
    if name not in TOPICS:
        raise NotFound(f"{name[:40]} is never answered automatically", hint=f"there are: {', '.join(TOPICS)}")
    return name


def _shown(topic: str) -> Response:
    with the_gateway().database.reading() as conn:
        return answer(topic_json(conn, answer_topics.require(conn, topic)))


@route("GET", "/answer-topics", scope=READ, answers={200: AnswerTopicPage})
def list_answer_topics() -> Response:
    """List the topics that were set up, with how their answers were taken."""
    with the_gateway().database.reading() as conn:
        return answer({"data": [topic_json(conn, row) for row in answer_topics.listing(conn)], "next_cursor": None})


@route(
    "PATCH",
    "/answer-topics/<topic>",
    scope=SCOPE,
    takes=TopicChange,
    answers={200: AnswerTopic},
    errors=("not_found", "conflict"),
)
def change_answer_topic(topic: str, body: TopicChange) -> Response:
    """Switch a topic, with a reason that is kept; it goes live by itself once it was good enough."""
    gateway = the_gateway()
    wish = Switch(_topic(topic), body.status, body.why, client().id, gateway.clock(), body.confidence)
    answer_topics.switch(gateway.database.writer, wish)
    return _shown(topic)


@route(
    "PUT",
    "/answer-topics/<topic>/templates/<language>",
    scope=SCOPE,
    takes=NewTemplate,
    answers={200: AnswerTopic},
    errors=("not_found",),
)
def put_answer_template(topic: str, language: str, body: NewTemplate) -> Response:
    """Write the words of a topic in a language; it is measured anew, in the shadow."""
    gateway = the_gateway()
    words = Words(_topic(topic), language, body.text, client().id, gateway.clock())
    answer_topics.write(gateway.database.writer, words)
    return _shown(topic)


@route(
    "DELETE",
    "/answer-topics/<topic>/templates/<language>",
    scope=SCOPE,
    answers={200: AnswerTopic},
    errors=("not_found",),
)
def remove_answer_template(topic: str, language: str) -> Response:
    """Take the words of a topic in a language away: then nobody is answered in it."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        if not any(one.language == language for one in answer_topics.templates(conn, _topic(topic))):
            raise NotFound(
                f"{topic} has no template in {language[:20]}", hint=f"GET {PREFIX}/answer-topics shows what there is"
            )
    answer_topics.write(gateway.database.writer, Words(topic, language, None, client().id, gateway.clock()))
    return _shown(topic)


@route("GET", "/answers", scope=READ, query=AutoAnswerFilter, answers={200: AutoAnswerPage})
def list_answers(query: AutoAnswerFilter) -> Response:
    """List automatic answers, proposed and sent, newest first."""
    with the_gateway().database.reading() as conn:
        rows = answers.listing(conn, query.limit + 1, query.topic, query.status, paging.after(query))
    return paging.page(rows, query.limit, _answer_json, paging.after(query))


def _answer_json(row: AnyRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "status": row.state,
        "why": row.why,
        "topic": row.topic,
        "to": row.address,
        "inbound": row.inbound_id,
        "text": row.text,
        "made_at": row.made_at,
        "decided_at": row.decided_at,
    }
