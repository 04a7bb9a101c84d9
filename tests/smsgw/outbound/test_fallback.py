"""Exactly one of the two reaches somebody: an MMS that the phone fetches, or the text with the link."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smsgw.customers.consent.changes import write
from smsgw.errors import NotFound
from smsgw.link import ReceiptState, RejectedForGood
from smsgw.media import capability, store
from smsgw.media.contents import Slide
from smsgw.outbound.gate import facts as gate_facts
from smsgw.outbound.gate import rules as gate_rules
from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.outbound.mms_desk import TO, MmsDesk

LOST = ReceiptState.UNDELIVERABLE


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def desk(database: Database) -> MmsDesk:
    return MmsDesk(database)


def knows(desk: MmsDesk) -> str:
    with desk.database.reading() as conn:
        return capability.of(conn, TO, desk.now).state


def links(desk: MmsDesk) -> list[Any]:
    """The texts that went out in the place of MMS."""
    return [row for row in desk.all() if row.encoding != "mms"]


def test_a_phone_that_shows_no_mms_gets_the_link_at_once_and_from_then_on(desk: MmsDesk) -> None:
    id = desk.send(Slide("Hello", desk.medium()))
    desk.handed_over("r1")
    desk.receipt("r1", LOST, link="mms", error="Unrecognised")
    assert knows(desk) == "no"
    assert desk.falls_back() == 1
    [text] = links(desk)
    assert (text.recipient, text.link, text.state) == (TO, "sms", "queued")
    assert "https://m.example.com/m/" in text.text
    assert text.metadata == {"instead_of": id}
    assert (desk.content(id).fallback_id, desk.content(text.id).instead_of) == (text.id, id)
    assert "fallback" in desk.events(id)
    desk.later(hours=3)
    assert desk.falls_back() == 0
    assert len(links(desk)) == 1
    assert desk.content(desk.send(Slide("Again", desk.medium()))).way == "link"


def test_a_phone_that_fetched_it_gets_no_link(desk: MmsDesk) -> None:
    id = desk.send(Slide("Hello", desk.medium()))
    desk.handed_over("r1")
    desk.receipt("r1", link="mms")
    assert (desk.state(id), knows(desk)) == ("delivered", "yes")
    assert desk.content(id).shown_at == desk.now
    desk.later(hours=3)
    assert desk.falls_back() == 0
    assert links(desk) == []


def test_without_word_the_link_goes_out_after_the_time_counted_from_when_it_was_sent(desk: MmsDesk) -> None:
    id = desk.send(Slide("Hello", desk.medium()))
    desk.later(minutes=50)
    desk.handed_over("r1")
    desk.later(minutes=30)  # eighty minutes after it was asked for, thirty after it left
    assert desk.falls_back() == 0
    desk.later(minutes=31)
    assert desk.falls_back() == 1
    assert desk.state(id) == "sent"
    assert knows(desk) == "unknown"


def test_a_late_retrieval_changes_the_record_and_sends_nothing(desk: MmsDesk) -> None:
    id = desk.send(Slide("Hello", desk.medium()))
    desk.handed_over("r1")
    desk.later(minutes=61)
    assert desk.falls_back() == 1
    desk.receipt("r1", link="mms")
    assert desk.state(id) == "delivered"
    assert desk.content(id).shown_at == desk.now
    assert "late" in desk.events(id)
    assert knows(desk) == "yes"
    desk.later(hours=2)
    assert (desk.falls_back(), len(links(desk))) == (0, 1)


def test_a_retrieval_after_it_expired_is_written_down_too(desk: MmsDesk) -> None:
    id = desk.send(Slide("Hello", desk.medium()))
    desk.handed_over("r1")
    desk.receipt("r1", ReceiptState.EXPIRED, link="mms")
    assert desk.falls_back() == 1
    desk.receipt("r1", link="mms")
    assert desk.state(id) == "expired"
    assert desk.content(id).shown_at == desk.now
    assert desk.falls_back() == 0


def test_a_report_that_comes_before_the_answer_counts(desk: MmsDesk) -> None:
    id = desk.send(Slide("Hello", desk.medium()))
    [wire] = desk.claim("mms")
    desk.receipt("r1", LOST, link="mms", error="NotSupported")
    desk.taken(wire, "r1", "mms")
    assert (desk.state(id), knows(desk)) == ("undelivered", "no")
    assert desk.falls_back() == 1


def test_an_mms_that_the_network_refuses_becomes_the_link(desk: MmsDesk) -> None:
    desk.send(Slide("Hello", desk.medium()))
    [wire] = desk.claim("mms")
    desk.failed(wire, RejectedForGood("there is no such number", code="2002"), "mms")
    assert desk.falls_back() == 1
    assert knows(desk) == "unknown"


def test_what_no_link_took_in_time_is_cancelled_before_the_link_goes_out(desk: MmsDesk) -> None:
    id = desk.send(Slide("Hello", desk.medium()))
    desk.later(minutes=61)
    assert desk.falls_back() == 1
    assert desk.state(id) == "cancelled"
    assert desk.claim("mms") == []


def test_its_policy_may_be_to_send_no_link(desk: MmsDesk) -> None:
    desk.send(Slide("Hello", desk.medium()), content={"policy": "never"})
    desk.handed_over("r1")
    desk.receipt("r1", LOST, link="mms", error="Unrecognised")
    desk.later(hours=3)
    assert (desk.falls_back(), links(desk)) == (0, [])
    waiting = desk.send(Slide("Hello", desk.medium()), to="+38641000002", content={"policy": "never"})
    desk.later(hours=3)
    assert (desk.falls_back(), links(desk), desk.state(waiting)) == (0, [], "queued"), "nor is it given up for one"


def test_somebody_who_said_stop_meanwhile_gets_no_link(desk: MmsDesk) -> None:
    desk.agrees(TO)
    slide = Slide("Sale; STOP ends it", desk.medium())
    id = desk.send(slide, purpose="marketing", category="news")
    desk.handed_over("r1")
    desk.text_from(TO, "STOP")
    desk.receipt("r1", LOST, link="mms", error="Unrecognised")
    assert desk.falls_back() == 0
    assert links(desk) == []
    assert desk.content(id).fallback_at is None
    assert "fallback" in desk.events(id)  # and says why none went out


def test_a_link_in_place_of_an_mms_is_not_one_offer_too_many(desk: MmsDesk) -> None:
    cap = gate_facts.Cap("*", 7, 1)
    write(desk.database.writer, lambda conn: gate_rules.set_cap(conn, cap, "t", desk.now))
    desk.agrees(TO)
    desk.send(Slide("Sale; STOP ends it", desk.medium()), purpose="marketing", category="news", expires_in=900_000)
    desk.handed_over("r1")
    desk.receipt("r1", LOST, link="mms", error="Unrecognised")
    assert desk.falls_back() == 1
    assert [row.state for row in links(desk)] == ["queued"]
    second = desk.send(Slide("More; STOP", None), purpose="marketing", category="news", expires_in=900_000)
    assert desk.state(second) == "held"


def test_one_mms_that_expired_is_followed_by_a_link_and_two_in_a_row_say_no(desk: MmsDesk) -> None:
    for number, state in ((1, "unknown"), (2, "no")):
        desk.send(Slide(f"Hello {number}", desk.medium()))
        desk.handed_over(f"r{number}")
        desk.receipt(f"r{number}", ReceiptState.EXPIRED, link="mms")
        assert knows(desk) == state
        assert desk.falls_back() == 1


def test_two_different_contents_must_be_rejected_before_that_says_no(desk: MmsDesk) -> None:
    picture = desk.medium()
    for number, (words, state) in enumerate((("one", "unknown"), ("one", "unknown"), ("two", "no"))):
        desk.send(Slide(words, picture), allow_duplicate=True)
        desk.handed_over(f"r{number}")
        desk.receipt(f"r{number}", ReceiptState.REJECTED, link="mms")
        assert knows(desk) == state


def test_a_read_report_is_written_down(desk: MmsDesk) -> None:
    id = desk.send(Slide("Hello", desk.medium()), content={"read_report": True})
    desk.handed_over("r1")
    desk.receipt("r1", link="mms")
    desk.later(minutes=5)
    desk.receipt("r1", link="mms", said="read")
    row = desk.content(id)
    assert row.read_at - row.shown_at == timedelta(minutes=5)
    assert "read" in desk.events(id)


def test_the_whole_road_is_the_same_on_both_engines(fresh_store_url: str) -> None:
    opened = Database(fresh_store_url)
    schema.upgrade(opened)
    try:
        desk = MmsDesk(opened)
        shown, lost = desk.send(Slide("Živjo", desk.medium()), to="+38641000009"), desk.send(Slide("Hi", desk.medium()))
        assert desk.built(shown).parts[1].media_type == "image/jpeg"
        for wire in desk.claim("mms"):
            desk.taken(wire, wire.message_id, "mms")
        desk.receipt(shown, link="mms")
        desk.receipt(lost, LOST, link="mms", error="Unrecognised")
        assert (desk.falls_back(), desk.falls_back()) == (1, 0)
        assert [row.recipient for row in links(desk)] == [TO]
        desk.later(days=400)
        assert desk.database.writer.do(store.purge, (desk.now, desk.now)) > 0
        with pytest.raises(NotFound):
            MmsDesk(opened).built(shown)
    finally:
        opened.close()
