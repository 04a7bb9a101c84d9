"""Surveys: drafted, asked through the ordinary door, answered with branches and comments, reminded once, and over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.customers import customers
from smsgw.errors import BadInput, Conflict
from smsgw.inbound import expectations
from smsgw.inbound.inquiries import inquiries
from smsgw.inbound.reading.terms import Reading
from smsgw.inbound.surveys import asking as surveys_asking
from smsgw.inbound.surveys import surveys
from smsgw.inbound.surveys.results import as_json, results, table
from smsgw.inbound.surveys.surveys import Branch, End, NewSurvey, Question, Start
from smsgw.outbound.routing import Served
from smsgw.paper import csv
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import participant
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.counter import ANA, BOB, Counter, question

HOW = Question("scale", {"en": "How was it?", "sl": "Kako je bilo?"}, 1, 5, branches=[Branch(2, 1, 2), Branch(3, 3, 5)])
WHY = Question("free", {"en": "What went wrong?", "sl": "Kaj je šlo narobe?"})
WHAT = Question(
    "choice",
    {"en": "What matters most?", "sl": "Kaj je najpomembnejše?"},
    labels=[{"en": "price", "sl": "cena"}, {"en": "speed", "sl": "hitrost"}],
)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    yield Counter(Desk(opened))
    opened.close()


def drafted(counter: Counter, *questions: Question, **more: Any) -> str:
    now = counter.desk.now
    told = {"closes_at": now + timedelta(days=3), "by": "usr_1", "at": now} | more
    return surveys.draft(
        counter.writer, NewSurvey(questions=questions or (HOW, WHY, WHAT), **({"name": "After"} | told))
    )


def running(counter: Counter, *questions: Question, to: tuple[str, ...] = (ANA,), **more: Any) -> str:
    """A survey that has asked its first question."""
    id = drafted(counter, *questions, **more)
    surveys.start(counter.writer, Start(id, to, "usr_1", counter.desk.now, "SI"))
    tick(counter)
    return id


def tick(counter: Counter) -> tuple[int, int, int]:
    """What the clock does."""
    now = counter.desk.now
    asked = counter.writer.do(surveys_asking.ask_invited, (counter.desk.door, now))
    reminded = counter.writer.do(surveys_asking.remind, (counter.desk.door, now))
    return asked, reminded, counter.writer.do(surveys_asking.close_over, now)


def says(counter: Counter, text: str, answer: str | None = None, sender: str = ANA, comment: str | None = None) -> str:
    """An answer to the question that is open, as a reading gives it."""
    with counter.reading() as conn:
        open = expectations.newest(conn, sender, counter.desk.now)
    assert open is not None
    reading = Reading("survey", answer=answer or text, answers=open.id, comment=comment, language="en")
    return counter.hears(text, reading, sender)


def person(counter: Counter, address: str = ANA) -> Any:
    with counter.reading() as conn:
        return conn.execute(select(participant).where(participant.c.address == address)).one()


def given(counter: Counter, id: str) -> list[tuple[Any, ...]]:
    with counter.reading() as conn:
        return [(row.position, row.value, row.comment, row.times) for row in surveys.answers_of(conn, id)]


def test_questions_follow_each_other_along_the_branches_to_the_thanks(counter: Counter) -> None:
    running(counter, to=(ANA, BOB))
    says(counter, "4")
    says(counter, "speed", "2")
    says(counter, "1", sender=BOB)
    counter.hears("it was late", Reading("other", "unclear"), BOB)
    assert counter.said() == [
        "How was it? Reply 1 to 5.",
        "What matters most? 1) price 2) speed",
        "Thank you for your answers.",
    ]
    assert counter.said(BOB)[1:] == ["What went wrong?", "What matters most? 1) price 2) speed"]
    assert (person(counter).state, person(counter, BOB).state) == ("done", "asked")


def test_people_are_asked_in_their_language(counter: Counter) -> None:
    wish = customers.Wish({"name": "Ana", "language": "sl", "addresses": [ANA]}, "usr_1", counter.desk.now)
    customers.create(counter.writer, wish)
    running(counter, WHAT)
    says(counter, "cena", "cena")
    assert counter.said() == ["Kaj je najpomembnejše? 1) cena 2) hitrost", "Hvala za vaše odgovore."]


def test_one_answer_of_each_person_counts_the_last_within_the_window(counter: Counter) -> None:
    id = running(counter, Question("scale", {"en": "How?"}, 1, 5))
    says(counter, "2")
    says(counter, "4")
    assert given(counter, id) == [(1, 4, None, 2)]
    assert len(counter.said()) == 2  # thanked once
    counter.desk.later(hours=25)
    with counter.reading() as conn:
        assert expectations.newest(conn, ANA, counter.desk.now) is None


def test_out_of_range_is_asked_once_and_then_kept_as_a_comment(counter: Counter) -> None:
    id = running(counter, Question("scale", {"en": "How?"}, 1, 5), WHAT)
    counter.hears("9", Reading("other", "unclear"))
    assert counter.said()[-1] == "Please reply with a number from 1 to 5."
    counter.hears("9!", Reading("other", "unclear"))
    assert given(counter, id) == [(1, None, "9!", 1)]
    assert counter.said()[-1] == "What matters most? 1) price 2) speed"
    says(counter, "speed", "7")
    assert counter.said()[-1] == "Please reply with one of: 1) price, 2) speed."
    says(counter, "2")
    assert given(counter, id)[1] == (2, 2, None, 1)


def test_a_comment_is_kept_beside_the_number(counter: Counter) -> None:
    id = running(counter)
    text = says(counter, "4, could be faster", "4", comment="could be faster")
    assert given(counter, id) == [(1, 4, "could be faster", 1)]
    assert (counter.text(text).state, counter.text(text).understood_as) == ("handled", "survey")


def test_a_complaint_in_answer_to_a_survey_opens_an_inquiry(counter: Counter) -> None:
    id = running(counter)
    text = counter.hears("terrible service, never again", question("complaint", "terrible"))
    assert given(counter, id) == [(1, None, "terrible service, never again", 1)]
    with counter.reading() as conn:
        [row] = inquiries.queue(conn, inquiries.Wanted(topic="complaint"))
    assert row.priority == 2
    assert counter.text(text).state == "waiting"
    says(counter, "1")
    assert given(counter, id) == [(1, 1, "terrible service, never again", 2)]


def test_a_question_and_an_order_are_no_answers_to_a_survey(counter: Counter) -> None:
    id = running(counter)
    counter.hears("when are you open?", question("hours", "when"))
    assert given(counter, id) == []
    assert person(counter).state == "asked"
    with counter.reading() as conn:
        assert [row.topic for row in inquiries.queue(conn, inquiries.Wanted())] == ["hours"]


def test_nobody_is_asked_twice_and_more_can_be_added(counter: Counter) -> None:
    id = running(counter)
    assert surveys.start(counter.writer, Start(id, [ANA, "040 111 222", BOB], "usr_1", counter.desk.now, "SI")) == 1
    assert tick(counter) == (1, 0, 0)
    assert tick(counter) == (0, 0, 0)
    assert len(counter.said()) == 1


def test_one_reminder_and_only_to_who_did_not_answer(counter: Counter) -> None:
    running(counter, to=(ANA, BOB), remind_after=3600)
    says(counter, "4", sender=BOB)
    says(counter, "2", "2", sender=BOB)
    counter.desk.later(minutes=61)
    assert tick(counter)[1] == 1
    assert counter.said()[-1] == "We still wait for your answer: How was it? Reply 1 to 5."
    counter.desk.later(days=1)
    assert tick(counter)[1] == 0
    says(counter, "3")
    counter.desk.later(minutes=61)
    assert tick(counter)[1] == 0


def test_at_the_deadline_it_is_over_and_an_answer_is_none_any_more(counter: Counter) -> None:
    id = running(counter)
    counter.desk.later(days=3)
    assert tick(counter) == (0, 0, 1)
    assert person(counter).state == "lapsed"
    with counter.reading() as conn:
        assert surveys.require(conn, id).state == "closed"
        assert expectations.newest(conn, ANA, counter.desk.now) is None
    with pytest.raises(Conflict, match="is over"):
        surveys.start(counter.writer, Start(id, [BOB], "usr_1", counter.desk.now))


def test_a_person_ends_it_before_its_time(counter: Counter) -> None:
    id = running(counter)
    surveys.end(counter.writer, End(id, "usr_1", "enough", counter.desk.now))
    tick(counter)
    assert person(counter).state == "lapsed"
    assert counter.desk.events(id) == ["draft", "start", "end", "close"]
    draft = drafted(counter, name="Other")
    surveys.end(counter.writer, End(draft, "usr_1", "", counter.desk.now))
    with pytest.raises(Conflict, match="over already"):
        surveys.end(counter.writer, End(draft, "usr_1", "", counter.desk.now))


def test_who_cannot_be_written_to_has_left(counter: Counter) -> None:
    abroad = Counter(Desk(counter.desk.database, links=[Served("a", "fake", prefixes=("+49",))]))
    running(abroad)
    row = person(counter)
    assert (row.state, row.why[:7]) == ("left", "no link")


def test_a_survey_tells_all_its_mistakes_at_once(counter: Counter) -> None:
    wrong = (
        Question("scale", {"en": "How?"}, 5, 1),
        Question("choice", {"en": "What?", "xx": "?"}, labels=[{"en": "one"}]),
        Question("free", {}, 1, branches=[Branch(1)]),
        Question("poll", {"en": "?"}),
    )
    with pytest.raises(BadInput) as refused:
        drafted(counter, *wrong, name=" ", closes_at=counter.desk.now, remind_after=5, thanks={"de": ""})
    assert [fault.pointer for fault in refused.value.faults] == [
        "/name", "/closes_at", "/remind_after", "/thanks/de", "/questions/0/low", "/questions/1/text/xx",
        "/questions/1/labels", "/questions/1/labels/0", "/questions/2/text", "/questions/2/low",
        "/questions/2/branches/0/next", "/questions/3/kind",
    ]  # fmt: skip
    drafted(counter)
    with pytest.raises(BadInput, match="a survey 'After' already"):
        drafted(counter)
    with pytest.raises(BadInput, match="nonsense"):
        surveys.start(counter.writer, Start("After", [ANA, "nonsense"], "usr_1", counter.desk.now, "SI"))


def test_the_results_count_each_answer_and_keep_the_words(desk: Desk) -> None:
    counter = Counter(desk)
    id = running(counter, to=(ANA, BOB, "+38641000003"))
    says(counter, "5")
    says(counter, "1", "1")
    says(counter, "2", sender=BOB)
    counter.hears("too late", Reading("other", "unclear"), BOB)
    with counter.reading() as conn:
        how, why, what = results(conn, id, "sl")
        assert how.spread == (("1", 0), ("2", 1), ("3", 0), ("4", 0), ("5", 1))
        assert (how.text, how.answered, how.mean, how.most) == ("Kako je bilo?", 2, Decimal("3.50"), 1)
        assert (why.words, what.spread) == (("too late",), (("cena", 1), ("hitrost", 0)))
        assert as_json(how)["mean"] == 3.5
        assert surveys.counts(conn, [id]) == {id: {"asked": 2, "done": 1}}
        lines = csv.write(table(conn, id)).decode().splitlines()
    assert lines[0] == "number,at,question,value,label,words,comment"
    assert lines[2].startswith(f"{ANA},2026-03-01T12:00:00Z,3,1,price,1,")
    assert len(lines) == 5


def test_who_says_stop_is_asked_nothing_more(counter: Counter) -> None:
    running(counter, remind_after=3600)
    counter.desk.text_from(ANA, "STOP")
    assert (person(counter).state, person(counter).remind_at) == ("left", None)
    counter.desk.later(hours=2)
    assert tick(counter) == (0, 0, 0)
