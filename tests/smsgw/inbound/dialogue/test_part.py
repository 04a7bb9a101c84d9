"""Texts are read after they are stored: at once if they stand for themselves, with their rest if they do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from smsgw.inbound import conversations, expectations
from smsgw.inbound.decision import Decision
from smsgw.inbound.dialogue.dialogue import AGAIN, LEFT, Dialogue, Understood
from smsgw.inbound.dialogue.orders import Ordering
from smsgw.inbound.dialogue.part import Listening
from smsgw.inbound.dialogue.saying import Mouth
from smsgw.inbound.dialogue.terms import Heard, Say
from smsgw.inbound.inbox import Inbox
from smsgw.inbound.inquiries.questions import Questions
from smsgw.inbound.readers import FIRST
from smsgw.inbound.reading.terms import Reading
from smsgw.inbound.surveys.answers import Surveys
from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.talk import ANA, BOR, Talk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on SQLite whose inbox leaves the reading to others."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    made = Desk(database)
    made.inbox = Inbox(FIRST)
    yield made
    database.close()


def listening(desk: Desk, dialogue: Dialogue | None = None) -> Listening:
    dialogue = dialogue or Talk(desk).dialogue
    return Listening(desk.database, dialogue, lambda: desk.now, timedelta(seconds=20))


def hears(desk: Desk, text: str, sender: str = ANA) -> None:
    desk.text_from(sender, text, f"{sender}{text}")


def states(desk: Desk) -> list[str]:
    return [row.state for row in desk.texts()]


def test_without_a_catalogue_a_text_waits_for_a_person_at_once(desk: Desk) -> None:
    dialogue = Dialogue(Ordering(Talk(desk).rules), Questions(), Surveys(), Mouth(desk.door))
    from smsgw.inbound.catalogue import catalogue

    desk.database.writer.do(catalogue.withdraw_of, ("test", desk.now))
    hears(desk, "grmbl fjord")
    assert states(desk) == ["received"]
    listening(desk, dialogue).round()
    assert states(desk) == ["waiting"]


def test_a_text_that_stands_for_itself_is_acted_on_at_once_with_its_explanation(desk: Desk) -> None:
    part = listening(desk)
    hears(desk, "2 notebooks A4")
    part.round()
    [text] = desk.texts()
    assert (text.state, text.understood_as) == ("handled", "order")
    assert text.explanation["items"][0]["sku"] == "NB-A4"
    assert all(0 <= begin < end <= len(text.text) for begin, end in text.explanation["spans"])


def test_what_is_not_understood_alone_waits_for_its_rest_and_both_are_one(desk: Desk) -> None:
    part = listening(desk)
    hears(desk, "good morning")
    part.round()
    assert states(desk) == ["received"]
    desk.later(seconds=10)
    hears(desk, "2 notebooks A4")
    part.round()
    first, second = desk.texts()
    assert (first.state, second.state) == ("handled", "handled")
    assert second.explanation["together"] == [first.id, second.id]
    assert "together" in first.why


def test_what_has_no_rest_goes_to_a_person_when_its_time_is_over(desk: Desk) -> None:
    part = listening(desk)
    hears(desk, "grmbl fjord")
    part.round()
    desk.later(seconds=19)
    part.round()
    assert states(desk) == ["received"]
    desk.later(seconds=1)
    part.round()
    assert states(desk) == ["waiting"]


def test_what_came_too_late_to_be_its_rest_is_read_alone(desk: Desk) -> None:
    part = listening(desk)
    hears(desk, "grmbl fjord")
    desk.later(seconds=25)
    hears(desk, "2 notebooks A4")
    while part.round():
        pass
    assert states(desk) == ["waiting", "handled"]


def test_the_texts_of_others_are_not_joined(desk: Desk) -> None:
    part = listening(desk)
    hears(desk, "good morning")
    hears(desk, "2 notebooks A4", BOR)
    part.round()
    assert states(desk) == ["received", "handled"]


def test_the_next_start_reads_what_was_left_unread(desk: Desk) -> None:
    hears(desk, "2 notebooks A4")
    listening(desk).round()
    assert states(desk) == ["handled"]


def test_what_is_open_by_then_and_was_not_when_it_was_read_is_read_again(desk: Desk) -> None:
    talk = Talk(desk)
    hears(desk, "yes")
    [row] = desk.texts()
    understood = Understood((row,), row.text, Reading("other", topic="chat"), None, desk.now)

    def asked(conn: Connection, batch: list[Any]) -> list[Any]:
        until = desk.now + timedelta(days=1)
        return expectations.open(conn, [expectations.Expected(ANA, "confirm", desk.now, until) for _ in batch])

    desk.database.writer.do(asked, None)
    assert desk.database.writer.do(talk.dialogue.act, understood) == AGAIN
    assert states(desk) == ["received"]


def test_what_a_person_handled_meanwhile_is_left_alone(desk: Desk) -> None:
    talk = Talk(desk)
    hears(desk, "2 notebooks A4")
    [row] = desk.texts()
    conversations.handle(desk.database.writer, conversations.Seen(ANA, row.id, "ana", "seen", desk.now))
    understood = Understood((row,), row.text, Reading("order"), None, desk.now)
    assert desk.database.writer.do(talk.dialogue.act, understood) == LEFT
    assert talk.orders() == []


class Clumsy(Questions):
    """Questions that fall over one text."""

    def act(self, conn: Connection, heard: Heard, say: Say) -> Decision:
        if "fjord" in heard.text:
            raise RuntimeError("it fell over")
        return super().act(conn, heard, say)


def test_a_text_over_which_we_fall_waits_for_a_person_and_stops_no_other(desk: Desk) -> None:
    clumsy = Dialogue(Ordering(Talk(desk).rules), Clumsy(), Surveys(), Mouth(desk.door))
    part = listening(desk, clumsy)
    hears(desk, "where is the fjord?")
    hears(desk, "when do you open?", BOR)
    desk.later(seconds=30)
    while part.round():
        pass
    fell, other = desk.texts()
    assert (fell.state, other.state) == ("waiting", "waiting")
    assert "it fell over" in fell.why
    assert "it fell over" not in other.why


def test_expectations_are_weighed_newest_first_until_they_are_closed_or_too_old(desk: Desk) -> None:
    def asked(conn: Connection, batch: list[Any]) -> list[Any]:
        return expectations.open(conn, batch)

    def ask(kind: str, subject: str, hours: int, **more: Any) -> str:
        until = desk.now + timedelta(hours=hours)
        wish = expectations.Expected(ANA, kind, desk.now, until, subject=subject, **more)
        return str(desk.database.writer.do(asked, wish))

    def newest(recipient: str | None = None) -> list[str]:
        with desk.database.reading() as conn:
            found = expectations.newest(conn, ANA, desk.now, recipient)
        return [] if found is None else [found.id, *(one.id for one in found.older)]

    offer = ask("offer", "cmp", 48)
    desk.later(hours=1)
    survey = ask("survey", "sur", 2, recipient="+38641000000")
    assert newest() == [survey, offer]
    assert newest("+38641000001") == [offer], "the survey was asked from another number"
    desk.later(seconds=1)
    again = ask("survey", "sur", 2)
    assert newest() == [again, offer], "a newer one about the same replaces it"
    desk.later(hours=2)
    assert newest() == [offer]

    def closed(conn: Connection, batch: list[Any]) -> list[int]:
        return [expectations.close(conn, desk.now, "answered", ids=[id]) for id in batch]

    assert (desk.database.writer.do(closed, offer), newest()) == (1, [])
