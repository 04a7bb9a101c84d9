"""An answer to a survey: kept, once for each question, the last one counts; then the next question, or the thanks.

What is no answer to the question is asked again once and then kept as a comment. A comment with the words of a
complaint also opens an inquiry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from ...store import history
from ...store.lifecycle import PARTICIPANT
from ...store.tables import participant, survey, survey_answer, survey_question
from ...store.tables.types import AnyRow
from ...text.wording import wording
from .. import expectations
from ..catalogue.catalogue import no_catalogue
from ..decision import Decision
from ..dialogue.terms import Heard, Say
from ..inquiries import inquiries
from ..inquiries.inquiries import Asks, Promise
from ..reading.read import read
from .asking import CHANGE_WITHIN, CLIENT, ask, expect, labels

_NO_ANSWER = ("order", "optout", "optin", "confirm_yes", "confirm_no")  # which somebody else acts on


@dataclass(frozen=True, slots=True)
class _Place:
    """Where somebody is in a survey."""

    survey: AnyRow
    question: AnyRow
    person: AnyRow


@dataclass(frozen=True)
class Surveys:
    """The steps about answers. promise: how soon people answer the inquiries that comments open."""

    promise: Promise = field(default_factory=Promise)

    def act(self, conn: Connection, heard: Heard, say: Say) -> Decision | None:
        """Take a text as an answer to the survey's question that is open with its sender; None if it is none."""
        place = _place(conn, heard)
        if place is None:
            return None
        reading = heard.reading
        if reading.kind == "survey" and place.question.kind != "free":
            value = _value(place.question, place.person.language, reading.answer)
            if value is not None and not reading.reasons:
                return self._take(conn, heard, say, place, value, reading.comment)
            return self._again(conn, heard, say, place)
        free = place.question.kind == "free"
        if reading.kind in _NO_ANSWER or (reading.kind == "inquiry" and reading.topic != "complaint" and not free):
            return None
        if free and _asks(heard):
            return None
        if free:
            return self._take(conn, heard, say, place, None, None)
        if reading.kind == "inquiry":  # a complaint without an answer: it is both a comment and a matter for a person
            _keep(conn, heard, place, None, heard.text)
            return self._complain(conn, heard, f"said in the survey {place.survey.name}")
        return None if reading.topic in ("chat", "empty", "spam") else self._again(conn, heard, say, place)

    def _again(self, conn: Connection, heard: Heard, say: Say, place: _Place) -> Decision:
        """It answers nothing: ask once more, then keep it as a comment and go on."""
        person, question = place.person, place.question
        if person.asked_again or person.state == "done":
            return self._take(conn, heard, say, place, None, heard.text)
        if question.kind == "scale":
            text = wording("survey_scale_again", person.language).format(low=question.low, high=question.high)
        else:
            listed = ", ".join(f"{n}) {label}" for n, label in enumerate(labels(question, person.language), 1))
            text = wording("survey_choice_again", person.language).format(labels=listed)
        say(text, f"survey:{person.id}:{question.position}:range")
        conn.execute(update(participant).where(participant.c.id == person.id).values(asked_again=True))
        history.note(
            conn, PARTICIPANT, "ask_again", [history.Step(person.id, "no answer to it")], by=CLIENT, now=heard.now
        )
        return _handled(heard, f"no answer to question {question.position} of {place.survey.name}: asked again")

    def _take(
        self, conn: Connection, heard: Heard, say: Say, place: _Place, value: int | None, comment: str | None
    ) -> Decision:
        _keep(conn, heard, place, value, comment)
        self._go_on(conn, heard, say, place, value)
        said = comment if place.question.kind != "free" else heard.text
        if said and _is_complaint(said):
            return self._complain(conn, heard, f"said in the survey {place.survey.name}")
        return _handled(heard, f"the answer to question {place.question.position} of {place.survey.name}")

    def _go_on(self, conn: Connection, heard: Heard, say: Say, place: _Place, value: int | None) -> None:
        """Ask the question that follows, or thank."""
        following = _following(conn, place.question, value)
        if following is not None:
            ask(
                conn,
                place.survey,
                following,
                place.person,
                say,
                heard.now,
                by=CLIENT,
            )
            return
        person, now = place.person, heard.now
        until = min(place.survey.closes_at, now + CHANGE_WITHIN)
        if person.state == "done":
            return
        values = {
            "remind_at": None,
            "ended_at": now,
            "asked_again": False,
            "expectation_id": expect(conn, place.question, person, now, until, None)
            if place.question.kind != "free"
            else None,
        }
        if place.question.kind == "free":
            expectations.close(conn, now, "answered", subject=person.id)
        history.move(conn, PARTICIPANT, "finish", [history.Step(person.id, "answered", values)], by=CLIENT, now=now)
        thanks = dict(place.survey.thanks)
        text = thanks.get(person.language) or wording("survey_thanks", person.language)
        say(text, f"survey:{person.id}:thanks")

    def _complain(self, conn: Connection, heard: Heard, why: str) -> Decision:
        asks = Asks(heard.parts or (heard.id,), heard.address, "complaint", heard.language, heard.now, why)
        id = inquiries.collect(conn, asks, self.promise)
        return Decision("wait", f"a complaint, {why} ({id})", CLIENT, {"understood_as": "survey"})


def _place(conn: Connection, heard: Heard) -> _Place | None:
    """The question that the text can be about: the one that its reading answers, else the newest that is open."""
    expected = heard.expected
    if expected is None and heard.reading.kind != "survey" and heard.open is not None and heard.open.kind == "survey":
        expected = expectations.by_id(conn, heard.open.id)
    if expected is None or expected.kind != "survey":
        return None
    person = conn.execute(select(participant).where(participant.c.id == expected.subject)).first()
    if person is None or person.state not in ("asked", "done"):
        return None
    row = conn.execute(select(survey).where(survey.c.id == person.survey_id)).one()
    if row.state != "running" or row.closes_at <= heard.now:
        return None
    return _Place(row, _question(conn, row.id, expected.payload["position"]), person)


def _question(conn: Connection, survey_id: str, position: int) -> AnyRow:
    q = survey_question.c
    return conn.execute(select(survey_question).where(q.survey_id == survey_id, q.position == position)).one()


def _value(question: AnyRow, language: str, answer: str | None) -> int | None:
    """The number that an answer stands for, if the question has it."""
    if answer is None:
        return None
    if answer.isdigit():
        low, high = (question.low, question.high) if question.kind == "scale" else (1, len(question.labels))
        return int(answer) if low <= int(answer) <= high else None
    said = answer.casefold()
    known = [label.casefold() for label in labels(question, language)]
    return known.index(said) + 1 if said in known else None


def _following(conn: Connection, question: AnyRow, value: int | None) -> AnyRow | None:
    position = question.position + 1
    for branch in question.branches:
        within = value is not None and (branch["low"] is None or branch["low"] <= value)
        if (branch["low"] is None and branch["high"] is None) or (
            within and (branch["high"] is None or value <= branch["high"])
        ):
            position = branch["next"]
            break
    q = survey_question.c
    return conn.execute(
        select(survey_question).where(q.survey_id == question.survey_id, q.position == position)
    ).first()


def _keep(conn: Connection, heard: Heard, place: _Place, value: int | None, comment: str | None) -> None:
    """Store an answer; one that is there gives way to it, a comment never to nothing."""
    a = survey_answer.c
    mine = (a.participant_id == place.person.id) & (a.position == place.question.position)
    there = conn.execute(select(survey_answer).where(mine)).first()
    values = {"words": heard.text, "inbound_id": heard.id, "at": heard.now}
    if there is None:
        row = {"participant_id": place.person.id, "position": place.question.position, "times": 1}
        conn.execute(insert(survey_answer).values(**row, **values, value=value, comment=comment))
        return
    kept = "\n".join(dict.fromkeys(said for said in (there.comment, comment) if said)) or None
    newest = there.value if value is None else value
    conn.execute(update(survey_answer).where(mine).values(**values, value=newest, comment=kept, times=there.times + 1))
    step = history.Step(place.person.id, f"question {place.question.position} was answered anew")
    history.note(conn, PARTICIPANT, "answer_again", [step], by=CLIENT, now=heard.now)


def _asks(heard: Heard) -> bool:
    """Whether the customer asks something instead of answering in own words."""
    asked = any(evidence.meaning.startswith("question") for evidence in heard.reading.evidence)
    return heard.reading.kind == "inquiry" and (asked or "?" in heard.text or "؟" in heard.text)


def _is_complaint(said: str) -> bool:
    reading = read(said, no_catalogue())
    return reading.kind == "inquiry" and reading.topic == "complaint"


def _handled(heard: Heard, why: str) -> Decision:
    return Decision("handle", why, CLIENT, {"understood_as": "survey", "handled_at": heard.now})


def left(conn: Connection, address: str, words: str, now: datetime) -> None:
    """Somebody said STOP: no survey asks them any more."""
    p = participant.c
    query = select(participant).where(p.address == address, p.state.in_(("invited", "asked")))
    why = f"{address} said {words.strip()[:40]!r}"
    steps = [history.Step(row.id, why, {"remind_at": None, "ended_at": now}) for row in conn.execute(query)]
    history.move(conn, PARTICIPANT, "leave", steps, by=CLIENT, now=now)
    for step in steps:
        expectations.close(conn, now, why, subject=step.id)
