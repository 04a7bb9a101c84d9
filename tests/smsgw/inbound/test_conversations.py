"""Conversations: one line of texts in both directions, the list of them, and the pile that a person works off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from smsgw.inbound import conversations
from smsgw.inbound.conversations import Conversation, Seen
from smsgw.link import Alphabet, InboundPiece
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.text import header
from tests.smsgw.desk import Desk

ANA, BINE, CENE = "+38640111222", "+38640111333", "+38640111444"


def line(desk: Desk, number: str, **more: Any) -> list[tuple[bool, str]]:
    """The texts with a number: whether we sent it, and its words."""
    with desk.database.reading() as conn:
        return [(row.mine, row.text) for row in conversations.timeline(conn, number, **more)]


def page(desk: Desk, **more: Any) -> tuple[list[Conversation], str | None]:
    """A page of the list."""
    with desk.database.reading() as conn:
        return conversations.listing(conn, **more)


def numbers(desk: Desk, **more: Any) -> list[str]:
    """The numbers of a page of the list."""
    return [one.number for one in page(desk, **more)[0]]


@pytest.fixture
def writes(desk: Desk) -> Callable[[str, str], str]:
    """Somebody writes, a second after what was before; returns the id."""

    def write(number: str, text: str) -> str:
        desk.later(seconds=1)
        desk.text_from(number, text, f"{number} {text}")
        return str(desk.texts()[-1].id)

    return write


Writes = Callable[[str, str], str]


def test_both_directions_make_one_line_in_the_order_of_time(desk: Desk, writes: Writes) -> None:
    writes(ANA, "Do you have it?")
    desk.later(seconds=1)
    desk.submit(ANA, "Yes")
    writes(ANA, "Keep it")
    writes(BINE, "not hers")
    assert line(desk, ANA) == [(False, "Do you have it?"), (True, "Yes"), (False, "Keep it")]


def test_a_line_shows_the_newest_texts_and_goes_on_with_older_ones(desk: Desk, writes: Writes) -> None:
    for n in range(6):
        writes(ANA, f"in {n}")
        desk.later(seconds=1)
        desk.submit(ANA, f"out {n}")
    with desk.database.reading() as conn:
        newest = conversations.timeline(conn, ANA, 4)
        older = conversations.timeline(conn, ANA, 4, conversations.place(newest[0].id))
    assert [row.text for row in newest] == ["in 4", "out 4", "in 5", "out 5"]
    assert [row.text for row in older] == ["in 2", "out 2", "in 3", "out 3"]


def test_the_list_begins_with_the_newest_text_of_either_direction(desk: Desk, writes: Writes) -> None:
    writes(ANA, "first")
    writes(BINE, "second")
    desk.later(seconds=1)
    desk.submit(ANA, "third")
    found, more = page(desk)
    assert [(one.number, one.last.text, one.last.mine, one.last.state) for one in found] == [
        (ANA, "third", True, "queued"),
        (BINE, "second", False, "waiting"),
    ]
    assert more is None


def test_a_number_that_we_wrote_to_first_is_in_the_list(desk: Desk) -> None:
    desk.submit(CENE, "Your book is here")
    assert numbers(desk) == [CENE]


def test_the_list_counts_what_waits_for_a_person(desk: Desk, writes: Writes) -> None:
    writes(ANA, "one")
    writes(ANA, "two")
    writes(BINE, "STOP")
    assert {one.number: one.waiting for one in page(desk)[0]} == {ANA: 2, BINE: 0}


def test_pages_of_the_list_hold_every_conversation_once(desk: Desk, writes: Writes) -> None:
    expected = [f"+3864000{n:04}" for n in range(7)]
    for number in expected:
        writes(number, "hello")
    writes(expected[0], "hello again")
    found, cursor = page(desk, limit=3)
    seen = [one.number for one in found]
    while cursor is not None:
        found, cursor = page(desk, limit=3, before=cursor)
        seen += [one.number for one in found]
    assert seen == [expected[0], *reversed(expected[1:])]


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list looks at 3 texts of each direction, then at 9."""
    monkeypatch.setattr(conversations, "WINDOW", 3)
    monkeypatch.setattr(conversations, "WIDER", 3)


@pytest.mark.usefixtures("small_window")
def test_one_talkative_number_does_not_hide_the_others(desk: Desk, writes: Writes) -> None:
    writes(CENE, "before it all")
    writes(BINE, "a while ago")
    for n in range(7):
        writes(ANA, f"chatter {n}")
    desk.later(seconds=1)
    desk.submit(CENE, "an answer after all")
    assert numbers(desk) == [CENE, ANA, BINE]


@pytest.mark.usefixtures("small_window")
def test_a_page_looks_no_further_than_its_window_and_the_next_one_goes_on(desk: Desk, writes: Writes) -> None:
    writes(BINE, "long ago")
    for n in range(40):
        writes(ANA, f"chatter {n}")
    found, cursor = page(desk)
    assert [one.number for one in found] == [ANA]
    assert cursor is not None
    found, cursor = page(desk, before=cursor)
    assert [one.number for one in found] == [BINE]
    assert cursor is None


@pytest.mark.usefixtures("small_window")
@pytest.mark.parametrize("groups", [3, 200])
def test_windows_of_both_directions_leave_nobody_out(
    desk: Desk, writes: Writes, groups: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "GROUPS", groups)
    expected = []
    for n in range(8):
        writes(f"+3864000{n:04}", "hello")
        expected.append(f"+3864000{n:04}")
    for n in range(30):
        desk.later(seconds=1)
        desk.submit(f"+3864100{n:04}", "news")
        expected.append(f"+3864100{n:04}")
    seen: list[str] = []
    cursor: str | None = conversations.END
    while cursor is not None:
        found, cursor = page(desk, limit=4, before=cursor)
        seen += [one.number for one in found]
    assert seen == expected[::-1]


def test_handled_is_what_the_person_saw_and_nothing_later(desk: Desk, writes: Writes) -> None:
    writes(ANA, "one")
    seen = writes(ANA, "two")
    later = writes(ANA, "three, while the person was typing")
    other = writes(BINE, "somebody else")
    writer = desk.database.writer
    assert conversations.handle(writer, Seen(ANA, seen, "acc_1", "answered by ana", desk.now)) == 2
    states = {row.id: row.state for row in desk.texts()}
    assert states[seen] == "handled"
    assert states[later] == states[other] == "waiting"
    assert desk.events(seen)[-1] == "handle"
    assert conversations.handle(writer, Seen(ANA, seen, "acc_1", "again", desk.now)) == 0


def test_the_version_grows_with_whatever_happens_to_a_text_and_not_by_looking(desk: Desk, writes: Writes) -> None:
    def version() -> int:
        with desk.database.reading() as conn:
            conversations.listing(conn)
            return conversations.version(conn)

    told = [version()]
    seen = writes(ANA, "hello")
    told.append(version())
    desk.submit(ANA, "hello yourself")
    told.append(version())
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    told.append(version())
    desk.receipt("r1")
    told.append(version())
    conversations.handle(desk.database.writer, Seen(ANA, seen, "acc_1", "answered", desk.now))
    told.append(version())
    assert told == sorted(set(told))
    assert version() == told[-1]


def test_sqlite_finds_a_conversation_through_the_indexes(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    asked: list[tuple[str, Any]] = []
    with database.reading() as conn:
        event.listen(conn, "before_cursor_execute", lambda c, cur, sql, args, *_: asked.append((sql, args)))
        conversations.timeline(conn, ANA)
        plans = [
            [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", args)]
            for sql, args in list(asked)
            if sql.startswith("SELECT")
        ]
    database.close()
    assert plans == [
        ["SEARCH message USING INDEX ix_message_recipient (recipient=? AND id<?)"],
        ["SEARCH inbound USING INDEX ix_inbound_sender (sender=? AND id<?)"],
        ["SEARCH call USING INDEX ix_call_caller (caller=? AND id<?)"],
    ]


def test_a_wap_push_is_nothing_that_anybody_said(desk: Desk, writes: Writes) -> None:
    writes(ANA, "Good day")
    desk.later(seconds=1)
    head = header.write_header(1, 1, 7, False, 0, 0, (2948, 9200))
    for number in (ANA, BINE):
        desk.arrives(InboundPiece(f"push {number}", number, None, Alphabet.OCTETS, b"\x01\x06", head, kind="data"))
    assert line(desk, ANA) == [(False, "Good day")]
    assert line(desk, BINE) == []
    assert numbers(desk) == [ANA]
