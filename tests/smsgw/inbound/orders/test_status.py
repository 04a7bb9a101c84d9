"""Where is my order: told from the orders of the number that asks, and of no other."""

from __future__ import annotations

from typing import Any

from smsgw.inbound.dialogue.terms import Heard
from smsgw.inbound.orders.desk import Act
from smsgw.inbound.orders.status import status
from smsgw.inbound.reading.terms import Reading
from tests.smsgw.inbound.talk import ANA, BOR, NO, YES, Talk, order_of


def told(talk: Talk, text: str = "where is my order?", sender: str = ANA, language: str = "en") -> str | None:
    now = talk.desk.now
    reading = Reading("inquiry", topic="status")
    heard = Heard("in_1", sender, None, "a", text, None, now, reading, None, None, language, now, ("in_1",))
    with talk.desk.database.reading() as conn:
        return status(conn, heard)


def act(talk: Talk, verb: Any, number: int = 10001) -> None:
    verb(Act(str(number), "ana", talk.desk.now, quietly=True))


def test_each_state_has_its_words(talk: Talk) -> None:
    talk.hears("2", order_of(("NB-A4", 2)))
    assert told(talk) == "Order 10001 waits for your YES."
    assert told(talk, language="sl") == "Naročilo 10001 čaka na vaš DA."
    talk.hears("yes", YES)
    assert told(talk) == "Order 10001 is confirmed and being prepared."
    act(talk, talk.people.fulfil)
    assert told(talk) == "Order 10001 was handed over."
    talk.desk.later(days=4)
    assert told(talk) is None, "who asks after days means something else"


def test_the_newest_two_are_told_and_a_number_names_one(talk: Talk) -> None:
    for count in (2, 3, 4):
        talk.hears(f"{count}", order_of(("NB-A4", count)), answers=False)
        talk.hears("yes", YES)
        talk.desk.later(hours=3)
    assert told(talk) == ("Order 10003 is confirmed and being prepared. Order 10002 is confirmed and being prepared.")
    assert told(talk, "where is 10001?") == "Order 10001 is confirmed and being prepared."


def test_nothing_is_told_about_the_order_of_somebody_else(talk: Talk) -> None:
    talk.hears("2", order_of(("NB-A4", 2)))
    assert told(talk, "where is order 10001?", BOR) is None
    talk.hears("3", order_of(("NB-A4", 3)), BOR)
    assert told(talk, "where is order 10001?", BOR) is None, "nor is it told that there is one"


def test_what_should_be_there_by_now_and_what_is_not_is_for_a_person(talk: Talk) -> None:
    assert told(talk) is None
    talk.hears("2", order_of(("NB-A4", 2)))
    talk.hears("no", NO)
    assert told(talk) is None, "cancelled: nothing comes"
    talk.desk.later(minutes=11)
    talk.hears("2", order_of(("NB-A4", 2)))
    talk.hears("yes", YES)
    talk.desk.later(days=4)
    assert told(talk) is None, "it should be there by now"
