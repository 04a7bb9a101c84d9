"""Automatic answers: each topic's words, how good they were, and the switch with its reason."""

from __future__ import annotations

from datetime import timedelta

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from smsgw.errors import Forbidden, SmsgwError
from smsgw.inbound.inquiries import answers, rehearsal
from smsgw.inbound.inquiries import topics as answer_topics
from smsgw.inbound.inquiries.topics import FIELDS, STATUS, TOPICS, Switch, Words
from smsgw.store.lifecycle import ANSWER_TOPIC
from smsgw.text.wording import LANGUAGES

from ..auth import current_person, person_required
from ..context import the_gateway
from . import desk
from .blueprint import pages
from .sheets import sheet

LIST = 50  # answers on a page
LAST_MONTH = timedelta(days=30)


@pages.get("/answers")
@person_required
def automatic_answers() -> Response:
    """Every topic that may be answered by itself, and the newest answers."""
    return _shown()


@pages.post("/answers/switch")
@person_required
def switch_topic() -> Response:
    """Switch a topic, for a reason that is kept; the owner's business."""
    gateway, form = the_gateway(), request.form
    try:
        _owner()
        wish = Switch(
            form.get("topic", ""), form.get("state") or None, form.get("why", "")[:300], current_person().id,
            gateway.clock(),
        )  # fmt: skip
        answer_topics.switch(gateway.database.writer, wish)
    except SmsgwError as error:
        return _shown(error)
    return redirect(url_for("pages.automatic_answers"), 303)


@pages.post("/answers/rehearse")
@person_required
def rehearse_answer() -> Response:
    """Show what last month's questions would have got with these words; nothing is kept or said."""
    gateway = the_gateway()
    words, now = _typed_words(), gateway.clock()
    try:
        with gateway.database.reading() as conn:
            told = rehearsal.rehearse(conn, words, gateway.promise.business, now - LAST_MONTH)
    except SmsgwError as error:
        return _shown(error)
    return _shown(rehearsed=told)


@pages.post("/answers/words")
@person_required
def write_answer() -> Response:
    """Write the words of a topic in a language: it is measured anew, in the shadow."""
    try:
        _owner()
        answer_topics.write(the_gateway().database.writer, _typed_words())
    except SmsgwError as error:
        return _shown(error)
    return redirect(url_for("pages.automatic_answers"), 303)


def _typed_words() -> Words:
    form = request.form
    by, now = current_person().id, the_gateway().clock()
    return Words(form.get("topic", ""), form.get("language", ""), desk.typed("text"), by, now)


def _owner() -> None:
    if not current_person().may("answers:manage"):
        raise Forbidden("your role does not decide what is answered by itself", hint="ask somebody who may")


def _shown(error: SmsgwError | None = None, rehearsed: rehearsal.Rehearsal | None = None) -> Response:
    with the_gateway().database.reading() as conn:
        told = [
            (row, answer_topics.measured(conn, row), answer_topics.templates(conn, row.id))
            for row in answer_topics.listing(conn)
        ]
        rows = answers.listing(conn, LIST)
    worded = [topic for topic in TOPICS if topic != STATUS]
    return sheet(
        "answers.html", error, told=told, rows=rows, topics=TOPICS, worded=worded, said_in=LANGUAGES, fields=FIELDS,
        states=list(ANSWER_TOPIC.states), may=current_person().may("answers:manage"),
        typed=request.form, rehearsed=rehearsed,
    )  # fmt: skip
