"""Ask the people of surveys: the next question, one reminder, and the end; by the clock or after an answer.

What is asked goes through the ordinary door under a name of its own (participant and question), so that a step that
ran before a crash is not said twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from ...errors import QueueFull, SmsgwError
from ...outbound.submit import Door
from ...store import history
from ...store.lifecycle import PARTICIPANT, SURVEY
from ...store.tables import participant, survey, survey_question
from ...store.tables.types import AnyRow
from ...text.wording import wording
from .. import expectations
from ..dialogue.saying import Words, send
from ..reading.terms import Choice

log = logging.getLogger(__name__)

CLIENT = "surveys"
MANY = 100  # people who are asked in one go
LAPSED_AT_ONCE = 500
CHANGE_WITHIN = timedelta(hours=24)  # the last answer can be given anew for so long
_OPEN = ("invited", "asked")

Sends = Callable[[str, str], "str | SmsgwError | None"]
"""Sends a text under a name of its own; the message's id, or why it may not go."""


def worded(question: AnyRow, language: str) -> str:
    """A question as it goes out, with what may be answered."""
    words = dict(question.text)
    text = str(words.get(language) or next(iter(words.values())))
    if question.kind == "choice":
        listed = " ".join(f"{n}) {label}" for n, label in enumerate(labels(question, language), 1))
        return f"{text} {listed}"
    if question.kind == "scale":
        return text + wording("survey_scale_how", language).format(low=question.low, high=question.high)
    return text


def labels(question: AnyRow, language: str) -> list[str]:
    """The labels of a choice in a language."""
    return [str(label.get(language) or next(iter(label.values()))) for label in question.labels]


def ask(
    conn: Connection, row: AnyRow, question: AnyRow, person: AnyRow, sends: Sends, now: datetime, *, by: str
) -> bool:
    """Ask somebody a question; False when the text may not go: then they have left.

    row: of the survey; person: of the participant. Raises QueueFull: nothing has happened.
    """
    told = sends(worded(question, person.language), f"survey:{person.id}:{question.position}")
    if isinstance(told, QueueFull):
        raise told
    if not isinstance(told, str):
        leave(conn, person, str(told) if told is not None else "no automatic text may go to them", now)
        return False
    remind = row.remind_after is not None and person.reminders == 0
    values: dict[str, Any] = {
        "position": question.position,
        "asked_again": False,
        "remind_at": now + timedelta(seconds=row.remind_after) if remind else None,
        "expectation_id": expect(conn, question, person, now, row.closes_at, told),
        "ended_at": None,
    }
    step = history.Step(person.id, f"question {question.position}", values)
    history.move(conn, PARTICIPANT, "ask", [step], by=by, now=now)
    return True


def expect(
    conn: Connection, question: AnyRow, person: AnyRow, now: datetime, until: datetime, message_id: str | None
) -> str:
    """Expect an answer to a question until then; it takes the place of what was expected of them in this survey."""
    choices = [Choice(n, label=label) for n, label in enumerate(labels(question, person.language), 1)]
    scale = (question.low, question.high) if question.kind == "scale" else None
    payload = expectations.payload_of(
        worded(question, person.language),
        choices,
        scale=scale,
        position=question.position,
        free=question.kind == "free",
    )
    asked = expectations.Expected(
        person.address,
        "survey",
        now,
        until,
        payload,
        subject=person.id,
        campaign=person.survey_id,
        message_id=message_id,
    )
    [id] = expectations.open(conn, [asked])
    return id


def leave(conn: Connection, person: AnyRow, why: str, now: datetime) -> None:
    """Somebody cannot be asked, or does not want to be."""
    values = {"remind_at": None, "ended_at": now}
    history.move(conn, PARTICIPANT, "leave", [history.Step(person.id, why, values)], by=CLIENT, now=now)
    expectations.close(conn, now, why, subject=person.id)


# By the clock: each a writer's step over (door, now)


def ask_invited(conn: Connection, batch: Sequence[tuple[Door, datetime]]) -> list[int]:
    """Ask the first question of those who were invited; returns how many were asked, at most `MANY`."""
    door, now = batch[-1]
    p, s = participant.c, survey.c
    due = select(participant).join(survey, s.id == p.survey_id)
    due = due.where(s.state == "running", s.closes_at > now, p.state == "invited").order_by(p.id).limit(MANY)
    people = list(conn.execute(due))
    rows = {row.id: row for row in conn.execute(select(survey).where(s.id.in_({one.survey_id for one in people})))}
    asked = 0
    for person in people:
        question = _question(conn, person.survey_id, 1)
        try:
            asked += ask(conn, rows[person.survey_id], question, person, _door(conn, door, person), now, by="clock")
        except QueueFull as full:
            log.warning("surveys wait: %s", full)
            break
    return [asked] * len(batch)


def remind(conn: Connection, batch: Sequence[tuple[Door, datetime]]) -> list[int]:
    """Remind those whose question has been open for long, each once; returns how many."""
    door, now = batch[-1]
    p = participant.c
    people = list(conn.execute(select(participant).where(p.remind_at <= now).order_by(p.remind_at).limit(MANY)))
    reminded = 0
    for person in people:
        conn.execute(
            update(participant).where(p.id == person.id).values(remind_at=None, reminders=person.reminders + 1)
        )
        row = conn.execute(select(survey).where(survey.c.id == person.survey_id)).one()
        if person.state != "asked" or row.closes_at <= now:
            continue
        question = worded(_question(conn, person.survey_id, person.position), person.language)
        text = wording("survey_reminder", person.language).format(question=question)
        told = _door(conn, door, person)(text, f"survey:{person.id}:{person.position}:again")
        why = "reminded" if isinstance(told, str) else f"not reminded: {told}"
        history.note(conn, PARTICIPANT, "remind", [history.Step(person.id, why)], by="clock", now=now)
        reminded += isinstance(told, str)
    return [reminded] * len(batch)


def close_over(conn: Connection, batch: Sequence[datetime]) -> list[int]:
    """Close surveys whose deadline has come, once nobody is left in them who was still asked; returns how many."""
    now = batch[-1]
    s, p = survey.c, participant.c
    closed = 0
    for row in conn.execute(select(survey).where(s.state == "running", s.closes_at <= now)).all():
        late = conn.scalars(select(p.id).where(p.survey_id == row.id, p.state.in_(_OPEN)).limit(LAPSED_AT_ONCE)).all()
        values = {"remind_at": None, "ended_at": now}
        steps = [history.Step(id, "the survey is over", values) for id in late]
        history.move(conn, PARTICIPANT, "lapse", steps, by="clock", now=now)
        if len(late) < LAPSED_AT_ONCE:
            expectations.close(conn, now, "the survey is over", campaign=row.id)
            history.move(conn, SURVEY, "close", [history.Step(row.id, "it is over")], by="clock", now=now)
            closed += 1
    return [closed] * len(batch)


def _question(conn: Connection, survey_id: str, position: int) -> AnyRow:
    q = survey_question.c
    return conn.execute(select(survey_question).where(q.survey_id == survey_id, q.position == position)).one()


def _door(conn: Connection, door: Door, person: AnyRow) -> Sends:
    def sends(text: str, reference: str) -> str | SmsgwError:
        return send(conn, door, Words(person.address, text, reference, CLIENT, purpose="service"))

    return sends
