"""Surveys: their questions, their people, their life; asking is `asking`, answers are `answers`.

A survey is drafted, started with its people, and over at its deadline or when a person ends it. Questions have numbers;
an answer may lead to a later question or to the end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from ...customers import customers
from ...errors import BadInput, Conflict, Fault, NotFound
from ...store import history, keyset
from ...store.database import Writer
from ...store.ids import new_id
from ...store.keyset import Edge
from ...store.lifecycle import PARTICIPANT, SURVEY
from ...store.tables import participant, survey, survey_answer, survey_question
from ...store.tables.types import AnyRow
from ...text.number import read_number
from ...text.wording import LANGUAGES

KINDS = ("scale", "choice", "free")
MOST_QUESTIONS = 10  # more would look like a loop to the brake, and to people
MOST_LABELS, LONGEST = 20, 600
SCALE = (0, 100)  # the widest scale


@dataclass(frozen=True, slots=True)
class Branch:
    """Answers from low to high lead to question `next`, 0 to the end; without bounds any answer does."""

    next: int
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question. text: by language; labels: of a choice, in order, each by language; low, high: of a scale."""

    kind: str
    text: Mapping[str, str]
    low: int | None = None
    high: int | None = None
    labels: Sequence[Mapping[str, str]] = ()
    branches: Sequence[Branch] = ()


@dataclass(frozen=True, slots=True)
class NewSurvey:
    """A survey to be drafted. remind_after: seconds after a question, None for no reminder; thanks: by language."""

    name: str
    questions: Sequence[Question]
    closes_at: datetime
    by: str
    at: datetime
    remind_after: int | None = None
    thanks: Mapping[str, str] = field(default_factory=dict)


def draft(writer: Writer, new: NewSurvey) -> str:
    """Keep a survey, which asks nobody yet; returns its id. Raises BadInput with every fault."""
    faults = _faults(new)
    if faults:
        raise BadInput(faults)
    return writer.do(_draft, new)


def _faults(new: NewSurvey) -> list[Fault]:
    faults = []
    if not 0 < len(new.name.strip()) <= 80:
        faults.append(Fault("/name", "wrong_length", "a survey has a name of 1 to 80 letters"))
    if not 0 < len(new.questions) <= MOST_QUESTIONS:
        faults.append(Fault("/questions", "too_few", f"a survey asks 1 to {MOST_QUESTIONS} questions"))
    if new.closes_at <= new.at:
        faults.append(Fault("/closes_at", "time_past", "the deadline must lie ahead"))
    if new.remind_after is not None and new.remind_after < 60:
        faults.append(Fault("/remind_after", "out_of_range", "must be 60 seconds or more"))
    faults += _text_faults("/thanks", new.thanks, needed=False)
    for place, question in enumerate(new.questions):
        faults += _question_faults(f"/questions/{place}", question, place + 1, len(new.questions))
    return faults


def _text_faults(pointer: str, text: Mapping[str, str], *, needed: bool = True) -> list[Fault]:
    faults = []
    if needed and not text:
        faults.append(Fault(pointer, "text_missing", "say it in one language at least"))
    for language, words in text.items():
        if language not in LANGUAGES:
            says = f"there is no language {language[:10]!r} here; there are: {', '.join(LANGUAGES)}"
            faults.append(Fault(f"{pointer}/{language}", "unknown_value", says))
        if not 0 < len(words.strip()) <= LONGEST:
            faults.append(Fault(f"{pointer}/{language}", "wrong_length", f"must have 1 to {LONGEST} letters"))
    return faults


def _question_faults(pointer: str, question: Question, position: int, last: int) -> list[Fault]:
    faults = _text_faults(f"{pointer}/text", question.text)
    if question.kind not in KINDS:
        says = f"there is no kind {question.kind!r} of question; there are: {', '.join(KINDS)}"
        return [*faults, Fault(f"{pointer}/kind", "unknown_value", says)]
    scale = question.low is not None and question.high is not None
    if question.kind == "scale" and not (
        scale and SCALE[0] <= int(question.low or 0) < int(question.high or 0) <= SCALE[1]
    ):
        faults.append(Fault(f"{pointer}/low", "out_of_range", f"a scale goes from low to high, within {SCALE}"))
    if question.kind != "scale" and (question.low is not None or question.high is not None):
        faults.append(Fault(f"{pointer}/low", "not_here", "only a scale has low and high"))
    if question.kind == "choice":
        if not 2 <= len(question.labels) <= MOST_LABELS:
            faults.append(Fault(f"{pointer}/labels", "too_few", f"a choice has 2 to {MOST_LABELS} labels"))
        for place, label in enumerate(question.labels):
            faults += _text_faults(f"{pointer}/labels/{place}", label)
            missing = sorted(set(question.text) - set(label))
            if missing:
                says = f"has no words in {', '.join(missing)}, in which the question is asked"
                faults.append(Fault(f"{pointer}/labels/{place}", "text_missing", says))
    elif question.labels:
        faults.append(Fault(f"{pointer}/labels", "not_here", "only a choice has labels"))
    for place, branch in enumerate(question.branches):
        if branch.next != 0 and not position < branch.next <= last:
            says = f"must be a later question ({position + 1} to {last}), or 0 for the end"
            faults.append(Fault(f"{pointer}/branches/{place}/next", "out_of_range", says))
        if question.kind == "free" and (branch.low is not None or branch.high is not None):
            faults.append(Fault(f"{pointer}/branches/{place}", "not_here", "an answer in words lies in no range"))
    return faults


def _draft(conn: Connection, batch: Sequence[NewSurvey]) -> list[str]:
    ids = []
    for new in batch:
        name = new.name.strip()
        if conn.scalar(select(survey.c.id).where(survey.c.name == name)) is not None:
            raise BadInput([Fault("/name", "name_taken", f"there is a survey {name!r} already")])
        id = new_id("sur", new.at)
        values = {
            "id": id,
            "name": name,
            "thanks": dict(new.thanks),
            "closes_at": new.closes_at,
            "remind_after": new.remind_after,
            "by": new.by,
            "created_at": new.at,
        }
        history.begin(conn, SURVEY, [history.Birth(values, [("draft", f"drafted by {new.by}")])], by=new.by, now=new.at)
        conn.execute(insert(survey_question), [_row(id, n, one) for n, one in enumerate(new.questions, 1)])
        ids.append(id)
    return ids


def _row(id: str, position: int, question: Question) -> dict[str, Any]:
    branches = [{"low": one.low, "high": one.high, "next": one.next} for one in question.branches]
    return {
        "survey_id": id,
        "position": position,
        "kind": question.kind,
        "text": dict(question.text),
        "low": question.low,
        "high": question.high,
        "labels": [dict(label) for label in question.labels],
        "branches": branches,
    }


@dataclass(frozen=True, slots=True)
class Start:
    """A survey asks these numbers from now on: a draft is started, to one that runs more people are added."""

    id: str
    numbers: Collection[str]
    by: str
    at: datetime
    region: str | None = None


def start(writer: Writer, wish: Start) -> int:
    """Start a survey with people, or add some; returns how many were added, for nobody is asked twice.

    Raises NotFound, Conflict (closed), BadInput (numbers that cannot be read, no number).
    """
    faults: list[Fault] = []
    numbers: dict[str, None] = {}
    for place, written in enumerate(wish.numbers):
        try:
            numbers[read_number(written, wish.region)] = None
        except BadInput as wrong:
            faults += [Fault(f"/to/{place}", fault.code, fault.detail) for fault in wrong.faults]
    if not wish.numbers:
        faults.append(Fault("/to", "recipient_missing", "say who is to be asked"))
    if faults:
        raise BadInput(faults)
    return writer.do(_start, (wish, list(numbers)))


def _start(conn: Connection, batch: Sequence[tuple[Start, list[str]]]) -> list[int]:
    counts = []
    for wish, numbers in batch:
        row = require(conn, wish.id)
        if row.state == "closed" or row.closes_at <= wish.at:
            raise Conflict(f"{row.name} is over: {row.why}", hint="draft another survey")
        if row.state == "draft":
            history.move(conn, SURVEY, "start", [history.Step(row.id, "it was started")], by=wish.by, now=wish.at)
        counts.append(_invite(conn, row, numbers, wish.by, wish.at))
    return counts


def _invite(conn: Connection, row: AnyRow, numbers: Sequence[str], by: str, now: datetime) -> int:
    """Put people to a survey (its row); those who are there already stay as they are."""
    p = participant.c
    there: set[str] = set()
    people: dict[str, AnyRow] = {}
    for some in history.chunks(numbers):
        there.update(conn.scalars(select(p.address).where(p.survey_id == row.id, p.address.in_(some))))
        people |= customers.of(conn, some)
    languages = list(questions(conn, row.id)[0].text)
    births = []
    for number in numbers:
        if number not in there:
            own = getattr(people.get(number), "language", None)
            values = _invited(row.id, number, str(own) if own in languages else languages[0], now)
            births.append(history.Birth(values, [("invite", f"{by} asks them")]))
    history.begin(conn, PARTICIPANT, births, by=by, now=now)
    return len(births)


def _invited(survey_id: str, number: str, language: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id("par", now),
        "survey_id": survey_id,
        "address": number,
        "language": language,
        "position": 1,
        "asked_again": False,
        "expectation_id": None,
        "invited_at": now,
        "remind_at": None,
        "reminders": 0,
        "ended_at": None,
    }


@dataclass(frozen=True, slots=True)
class End:
    """A survey is ended before its deadline."""

    id: str
    by: str
    why: str
    at: datetime


def end(writer: Writer, wish: End) -> None:
    """End a survey: what is not answered lapses at the next tick. Raises NotFound, Conflict (over already)."""
    writer.do(_end, wish)


def _end(conn: Connection, batch: Sequence[End]) -> list[None]:
    for wish in batch:
        row = require(conn, wish.id)
        if row.state == "closed":
            raise Conflict(f"{row.name} is over already: {row.why}")
        why = f"ended before its time: {wish.why}" if wish.why else "ended before its time"
        if row.state == "draft":
            history.move(conn, SURVEY, "close", [history.Step(row.id, why)], by=wish.by, now=wish.at)
            continue
        # Its people lapse by the clock, a batch at a time, and with the last of them it is closed.
        conn.execute(update(survey).where(survey.c.id == row.id).values(closes_at=wish.at))
        history.note(conn, SURVEY, "end", [history.Step(row.id, why)], by=wish.by, now=wish.at)
    return [None] * len(batch)


# Looking


def require(conn: Connection, id: str) -> AnyRow:
    """The survey's row, found by its id or its name. Raises NotFound."""
    row = conn.execute(select(survey).where((survey.c.id == id) | (survey.c.name == id))).first()
    if row is None:
        raise NotFound(f"there is no survey {id[:80]}", hint="smsgw survey list shows them")
    return row


def listing(conn: Connection, limit: int, before: Edge = None) -> list[AnyRow]:
    """Surveys, newest first: at most `limit`, those with ids before `before`."""
    return keyset.rows(conn, select(survey), survey.c.id, before, limit)


def questions(conn: Connection, id: str) -> list[AnyRow]:
    """The questions of a survey, in order."""
    q = survey_question.c
    return list(conn.execute(select(survey_question).where(q.survey_id == id).order_by(q.position)))


def counts(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many people of each survey are in which state."""
    p = participant.c
    found: dict[str, dict[str, int]] = {id: {} for id in ids}
    query = select(p.survey_id, p.state, func.count()).where(p.survey_id.in_(list(ids))).group_by(p.survey_id, p.state)
    for id, state, count in conn.execute(query):
        found[id][state] = count
    return found


def answers_of(conn: Connection, id: str) -> list[AnyRow]:
    """Every answer of a survey, by participant and question: position, value, words, comment, at, address, language."""
    a, p = survey_answer.c, participant.c
    query = select(survey_answer, p.address, p.language).join(participant, p.id == a.participant_id)
    return list(conn.execute(query.where(p.survey_id == id).order_by(p.id, a.position)))
