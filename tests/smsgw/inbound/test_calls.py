"""A missed call is kept once, stands in its caller's conversation, and is answered by a text within bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.inbound import calls, conversations
from smsgw.inbound.calls import Answering, Calls, Rang
from smsgw.link import Call
from smsgw.store.tables import message
from tests.smsgw.desk import Desk

ANA, BOB = "+38640111222", "+38641000002"
TERMS = Answering("We read texts here.", timedelta(days=1), 3)
RING = {"a": TERMS}


def ring(desk: Desk, steps: Calls, caller: str | None = ANA, link: str = "a") -> None:
    desk.database.writer.do(steps.take, Rang(link, Call(caller, desk.now), desk.now))


def rows(desk: Desk, **which: Any) -> list[Any]:
    with desk.database.reading() as conn:
        return calls.listing(conn, 100, **which)


def sent(desk: Desk) -> list[tuple[str, str, str]]:
    with desk.database.reading() as conn:
        found = conn.execute(select(message.c.recipient, message.c.text, message.c.purpose).order_by(message.c.id))
        return [tuple(row) for row in found]


def answer(desk: Desk, steps: Calls) -> int:
    return steps.answer(desk.database, desk.door, desk.now)


def test_a_call_is_kept_with_its_caller_and_its_time(desk: Desk) -> None:
    ring(desk, Calls(region="SI"), "040 111 222")
    [row] = rows(desk)
    assert (row.link, row.caller, row.at, row.state, row.copies) == ("a", ANA, desk.now, "noted", 1)
    assert "answers no calls" in row.why
    assert desk.events(row.id) == ["ring", "note"]


def test_ringing_that_is_told_again_is_the_same_call_and_a_second_call_is_another(desk: Desk) -> None:
    steps = Calls()
    for _ in range(3):
        ring(desk, steps)
        desk.later(seconds=5)
    ring(desk, steps, BOB)
    desk.later(seconds=30)
    ring(desk, steps)
    assert [(row.caller, row.copies) for row in rows(desk)] == [(ANA, 1), (BOB, 1), (ANA, 3)]


def test_a_hidden_caller_is_kept_counted_once_and_never_answered(desk: Desk) -> None:
    steps = Calls(RING)
    ring(desk, steps, None)
    ring(desk, steps, None)
    [row] = rows(desk)
    assert (row.caller, row.copies, row.state) == (None, 2, "noted")
    assert answer(desk, steps) == 0
    assert sent(desk) == []


def test_a_call_stands_among_the_texts_of_its_caller(desk: Desk) -> None:
    desk.text_from(ANA, "hello")
    desk.later(seconds=1)
    ring(desk, Calls())
    ring(desk, Calls(), BOB)
    ring(desk, Calls(), None)
    desk.later(seconds=1)
    desk.submit(ANA, "you rang?")
    with desk.database.reading() as conn:
        line = conversations.timeline(conn, ANA)
        listed, edge = conversations.listing(conn)
    assert [(row.text, row.kind, bool(row.mine)) for row in line] == [
        ("hello", "text", False),
        ("", "call", False),
        ("you rang?", None, True),
    ]
    assert [(one.number, one.last.kind, one.waiting) for one in listed] == [(ANA, None, 1), (BOB, "call", 0)]
    assert edge is None


def test_a_call_is_news_for_whoever_looks_at_the_conversations(desk: Desk) -> None:
    with desk.database.reading() as conn:
        before = conversations.version(conn)
    ring(desk, Calls())
    with desk.database.reading() as conn:
        assert conversations.version(conn) > before


def test_a_call_is_answered_once_by_a_text_through_the_door(desk: Desk) -> None:
    steps = Calls(RING)
    ring(desk, steps)
    assert rows(desk)[0].state == "rang"
    assert (answer(desk, steps), answer(desk, steps)) == (1, 0)
    assert sent(desk) == [(ANA, TERMS.text, "conversational")]
    [row] = rows(desk)
    assert row.state == "answered"
    assert desk.row(row.message_id).client == calls.CLIENT
    assert desk.row(row.message_id).link == "a"


def test_a_crash_between_the_text_and_its_note_sends_nothing_twice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Calls(RING)
    ring(desk, steps)
    monkeypatch.setattr(desk.database.writer, "put_all", _dies_at(Calls._settle, desk.database.writer.put_all))
    with pytest.raises(KeyboardInterrupt):
        answer(desk, steps)
    monkeypatch.undo()
    assert answer(desk, Calls(RING)) == 1
    assert len(sent(desk)) == 1


def _dies_at(step: Any, go_on: Any) -> Any:
    def put_all(wanted: Any, items: Any) -> Any:
        if wanted is step:
            raise KeyboardInterrupt
        return go_on(wanted, items)

    return put_all


def test_a_caller_is_answered_once_in_the_time_that_is_set_and_then_again(desk: Desk) -> None:
    steps = Calls(RING)
    for hours in (0, 1, 22, 2):
        desk.later(hours=hours)
        ring(desk, steps)
        answer(desk, steps)
    assert [row.state for row in reversed(rows(desk))] == ["answered", "noted", "noted", "answered"]
    assert len(sent(desk)) == 2


def test_two_calls_before_the_answer_get_one_text(desk: Desk) -> None:
    steps = Calls(RING)
    ring(desk, steps)
    desk.later(seconds=20)
    ring(desk, steps)
    assert answer(desk, steps) == 1
    assert len(sent(desk)) == 1


def test_a_link_answers_so_many_an_hour_and_no_more(desk: Desk) -> None:
    steps = Calls(RING)
    for number in range(5):
        ring(desk, steps, f"+3864012345{number}")
    assert answer(desk, steps) == 3
    assert sum("bound" in row.why for row in rows(desk)) == 2
    desk.later(hours=1, minutes=1)
    ring(desk, steps, "+38640123459")
    assert answer(desk, steps) == 1


@pytest.mark.parametrize("caller", ["1919", "+38651000000"], ids=["a short code", "a number of our own"])
def test_these_are_never_answered(desk: Desk, caller: str) -> None:
    steps = Calls(RING, ours=lambda: ["+38651000000"])
    ring(desk, steps, caller)
    assert rows(desk)[0].state == "noted"
    assert answer(desk, steps) == 0


def test_who_said_stop_gets_no_text_and_the_call_says_why(desk: Desk) -> None:
    desk.text_from(ANA, "STOP")
    steps = Calls(RING)
    ring(desk, steps)
    assert answer(desk, steps) == 1
    assert sent(desk) == []
    [row] = rows(desk)
    assert row.state == "noted"
    assert "STOP" in row.why


def test_an_old_call_is_not_answered_after_a_long_stop(desk: Desk) -> None:
    steps = Calls(RING)
    ring(desk, steps)
    desk.later(hours=2)
    assert answer(desk, steps) == 1
    assert sent(desk) == []
    assert "too late" in rows(desk)[0].why


def test_calls_are_listed_newest_first_by_caller_and_page(desk: Desk) -> None:
    for caller in (ANA, BOB, ANA):
        ring(desk, Calls(), caller)
        desk.later(minutes=1)
    assert [row.caller for row in rows(desk)] == [ANA, BOB, ANA]
    newest, older = rows(desk, caller=ANA)
    assert rows(desk, caller=ANA, before=newest.id) == [older]
