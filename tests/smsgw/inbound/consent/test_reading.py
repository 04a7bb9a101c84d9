"""What follows when the reading of a text says that somebody wants to be left alone, or to hear from us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from smsgw.customers.consent import consent
from smsgw.customers.consent.changes import write
from smsgw.inbound.consent import answers as consent_answers
from smsgw.inbound.consent import questions as consent_questions
from smsgw.inbound.consent import vocabulary as consent_vocabulary
from smsgw.inbound.reading.terms import Reading
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import message, suspected_stop
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.talk import ANA, YES, Talk, order_of

OUT, IN = Reading("optout", language="en"), Reading("optin", language="en")


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """A shop with its catalogue, on SQLite."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    yield Talk(Desk(database))
    database.close()


def said(talk: Talk) -> list[str]:
    consent_answers.settle(talk.desk.database, talk.desk.door, talk.desk.now)
    with talk.desk.database.reading() as conn:
        return list(conn.scalars(select(message.c.text).where(message.c.client == "consent").order_by(message.c.id)))


def stopped(talk: Talk) -> bool:
    with talk.desk.database.reading() as conn:
        return ANA in consent.withdrawn(conn, {ANA})


def test_a_clear_sentence_is_a_stop_and_is_confirmed(talk: Talk) -> None:
    text = talk.hears("I really had enough of being written to by you", OUT)
    assert (text.state, text.understood_as) == ("handled", "optout")
    assert stopped(talk)
    assert "unsubscribed" in said(talk)[0]


def test_a_stop_in_the_middle_of_an_order_takes_that_back_and_tells_a_person(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    text = talk.hears("I really had enough of being written to by you", OUT)
    assert (text.state, stopped(talk)) == ("waiting", True)
    assert [row.state for row in talk.orders()] == ["cancelled"]


def test_what_is_not_clear_waits_for_a_person(talk: Talk) -> None:
    text = talk.hears(
        "had enough of it, and where are my pens", Reading("optout", reasons=("a product",), language="en")
    )
    assert (text.state, stopped(talk)) == ("waiting", False)
    with talk.desk.database.reading() as conn:
        assert conn.execute(select(suspected_stop.c.address)).scalar() == ANA


def test_a_wish_to_hear_from_us_is_asked_back_and_the_yes_counts(talk: Talk) -> None:
    talk.hears("let me know what you have on offer from now on", IN)
    assert said(talk) == ["Do you want our offers? Reply YES to agree. No answer: you get none."]
    text = talk.hears("yes, all right then", Reading("optin", language="en"))
    assert text.understood_as == "optin"
    with talk.desk.database.reading() as conn:
        assert consent.allowed(conn, {ANA}, "marketing", "anything", talk.desk.now) == {ANA}


def test_a_yes_to_an_order_is_none_to_offers(talk: Talk) -> None:
    def ask(conn: object) -> int:
        wish = consent_questions.Wish(ANA, "*", "form", "ticked the box", "t")
        return consent_questions.ask(conn, wish, consent_vocabulary.vocabulary(conn), talk.desk.now)  # type: ignore[arg-type]

    write(talk.desk.database.writer, ask)
    talk.desk.later(minutes=1)
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("yes", YES)
    assert [row.state for row in talk.orders()] == ["confirmed"]
    with talk.desk.database.reading() as conn:
        assert consent.allowed(conn, {ANA}, "marketing", "anything", talk.desk.now) == set()
