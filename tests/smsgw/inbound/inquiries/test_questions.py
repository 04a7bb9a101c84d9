"""Questions: answered by themselves only under every condition, else an inquiry; measured, and live when good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.config.business import BusinessConfig
from smsgw.errors import BadInput, Conflict
from smsgw.inbound.dialogue.terms import Heard
from smsgw.inbound.inquiries import answers, inquiries
from smsgw.inbound.inquiries import topics as answer_topics
from smsgw.inbound.inquiries.replying import Reply, answer
from smsgw.inbound.inquiries.topics import ENOUGH, Switch, Words
from smsgw.inbound.reading.terms import Evidence, Item, Reading
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import auto_answer, history, inquiry
from smsgw.text.wording import LANGUAGES
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.counter import ANA, BOB, Counter, question

WEEK = BusinessConfig(zone="Europe/Ljubljana", hours=["Mo-Fr 08:00-16:00"]).business
HOURS = "We are here {{ hours }}."


def of_topics(counter: Counter, topic: str, **told: Any) -> None:
    """Write a template in English, or switch the topic."""
    counter.desk.later(milliseconds=1)
    if "to" in told or "confidence" in told:
        wish = Switch(topic, told.get("to"), "we tried it", "owner", counter.desk.now, told.get("confidence"))
        answer_topics.switch(counter.writer, wish)
    else:
        language = told.get("language", "en")
        answer_topics.write(counter.writer, Words(topic, language, told.get("text", HOURS), "owner", counter.desk.now))


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    """A counter over a SQLite store, with a template for the hours that is live."""
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    made = Counter(Desk(opened), WEEK)
    of_topics(made, "hours")
    of_topics(made, "hours", to="live")
    yield made
    opened.close()


def open_ones(counter: Counter) -> list[Any]:
    with counter.reading() as conn:
        return inquiries.queue(conn, inquiries.Wanted())


def made(counter: Counter) -> list[Any]:
    with counter.reading() as conn:
        return list(conn.execute(select(auto_answer).order_by(auto_answer.c.id)))


OPEN = "when are you open?"


def test_a_known_question_is_answered_with_live_fields_and_a_way_to_a_person(counter: Counter) -> None:
    id = counter.hears(OPEN, question("hours", OPEN))
    assert counter.said() == ["We are here Mo-Fr 08:00-16:00. Was that it? Reply YES, or 0 for a person."]
    row = counter.text(id)
    assert (row.state, row.understood_as) == ("handled", "inquiry")
    assert "answered by itself" in row.why
    assert [one.state for one in made(counter)] == ["sent"]
    assert open_ones(counter) == []


@pytest.mark.parametrize(
    ("text", "reading", "why"),
    [
        ("x" * 161, question("hours", "x"), "161 letters"),
        ("open? and 2 pens", question("hours", "o", items=(Item("PEN", 2),)), "an order is attached"),  # type: ignore[arg-type]
        (OPEN, question("hours", OPEN, reasons=("unknown word",)), "not certain: unknown word"),
        (OPEN, question("hours", OPEN, evidence=()), "no rule recognised it"),
        (OPEN, question("hours", OPEN, confidence=0.5), "sure to 0.90"),
        ("not open?", question("hours", evidence=(Evidence(0, 3, "negation"),)), "'not' speaks against it"),
        ("open? do you deliver?", question("hours", OPEN), "more than one thing"),
        ("Auto-reply: open?", question("hours", OPEN), "a machine"),
        (OPEN, question("hours", OPEN, language="sl"), "no words about opening hours in sl"),
        ("awful!", question("complaint", "awful"), "questions about a complaint are for a person"),
        ("pay?", question("payment", "pay"), "questions about payment are for a person"),
    ],
)
def test_one_missing_condition_is_enough_for_a_person(counter: Counter, text: str, reading: Reading, why: str) -> None:
    id = counter.hears(text, reading)
    assert counter.said() == []
    assert counter.text(id).state == "waiting"
    [row] = open_ones(counter)
    assert why in row.why
    assert row.topic == reading.topic


def test_a_topic_is_answered_once_a_day_and_then_by_a_person(counter: Counter) -> None:
    counter.hears(OPEN, question("hours", OPEN))
    counter.desk.later(hours=23)
    counter.hears("and when are you open on Saturday?", question("hours", OPEN))
    assert len(counter.said()) == 1
    [row] = open_ones(counter)
    assert "told about opening hours within the last 24 hours" in row.why
    counter.hears(OPEN, question("hours", OPEN), BOB)
    assert len(counter.said(BOB)) == 1


def test_while_a_person_talks_with_the_customer_no_machine_does(counter: Counter) -> None:
    counter.desk.door.submit(Asked(ANA, "How can I help?", "usr_1", purpose="conversational"))
    counter.hears(OPEN, question("hours", OPEN))
    assert counter.said() == ["How can I help?"]
    [row] = open_ones(counter)
    assert "a person is in conversation" in row.why


def test_in_the_shadow_the_answer_is_proposed_to_a_person_and_not_sent(counter: Counter) -> None:
    of_topics(counter, "hours", to="shadow")
    counter.hears(OPEN, question("hours", OPEN))
    assert counter.said() == []
    [row] = open_ones(counter)
    with counter.reading() as conn:
        texts = [one.text_id for one in inquiries.texts(conn, [row.id])[row.id]]
        proposed = answers.proposed(conn, texts)
    assert proposed is not None
    assert proposed.text == "We are here Mo-Fr 08:00-16:00."


def reply(counter: Counter, id: str, **told: Any) -> str:
    wish = Reply(id, "usr_1", counter.desk.now, **told)
    return answer(counter.desk.database, counter.desk.door, WEEK, wish)


def in_the_shadow(counter: Counter, number: int) -> str:
    """Somebody asks while the topic is in the shadow; returns the inquiry."""
    counter.hears(OPEN, question("hours", OPEN), f"+3864000{number:04}")
    return str(open_ones(counter)[0].id)


def test_a_topic_goes_live_by_itself_when_people_accepted_98_of_100(counter: Counter) -> None:
    of_topics(counter, "hours", to="shadow")
    of_topics(counter, "hours")  # new words are measured anew
    for number in range(ENOUGH):
        id = in_the_shadow(counter, number)
        reply(counter, id, **({"text": "It depends."} if number in (3, 50) else {"use": "proposal"}))
        state = "live" if number == ENOUGH - 1 else "shadow"
        with counter.reading() as conn:
            assert answer_topics.require(conn, "hours").state == state
    with counter.reading() as conn:
        row = answer_topics.require(conn, "hours")
        told = answer_topics.measured(conn, row)
    assert (told.accepted, told.rejected, told.waiting, told.share) == (98, 2, 0, 0.98)
    assert row.why == "98 of 100 answers were accepted"


def test_other_words_are_measured_anew_and_in_the_shadow(counter: Counter) -> None:
    counter.hears(OPEN, question("hours", OPEN))
    of_topics(counter, "hours", text="Come any time.")
    with counter.reading() as conn:
        row = answer_topics.require(conn, "hours")
        assert row.state == "shadow"
        assert answer_topics.measured(conn, row).share is None


def test_a_switch_is_kept_with_who_and_why(counter: Counter) -> None:
    of_topics(counter, "hours", to="off")
    of_topics(counter, "hours", to="live")
    with counter.reading() as conn:
        lines = conn.execute(
            select(history.c.event, history.c.by, history.c.why)
            .where(history.c.record == "answer_topic", history.c.record_id == "hours")
            .order_by(history.c.id.desc())
        ).all()
    assert [tuple(line) for line in lines[:3]] == [
        ("go_live", "owner", "we tried it"),
        ("watch", "owner", "we tried it"),
        ("switch_off", "owner", "we tried it"),
    ]
    with pytest.raises(Conflict, match="no template"):
        of_topics(counter, "delivery", to="live")
    with pytest.raises(BadInput) as refused:
        answer_topics.switch(counter.writer, Switch("complaint", "on", " ", "owner", counter.desk.now, 0.1))
    assert {fault.pointer for fault in refused.value.faults} == {"/topic", "/status", "/confidence", "/why"}


def test_a_template_tells_all_its_mistakes_at_once(counter: Counter) -> None:
    with pytest.raises(BadInput) as refused:
        of_topics(counter, "complaint", language="xx", text="{{ prize }}" + "x" * 161)
    assert [fault.pointer for fault in refused.value.faults] == ["/topic", "/language", "/text", "/text"]
    assert "did you mean price?" in str(refused.value)


def test_a_more_careful_owner_asks_for_a_surer_reading(counter: Counter) -> None:
    of_topics(counter, "hours", confidence=0.99)
    counter.hears(OPEN, question("hours", OPEN, confidence=0.95))
    assert counter.said() == []


# "Was that it?"


@pytest.mark.parametrize("no", ["0", "۰", " 0 "])
def test_zero_brings_a_person_who_sees_what_was_asked(counter: Counter, no: str) -> None:
    first = counter.hears(OPEN, question("hours", OPEN))
    counter.hears(no, Reading("other", "unclear"))
    assert counter.said()[-1] == "Thank you. A person will answer you."
    [row] = open_ones(counter)
    assert row.topic == "hours"
    with counter.reading() as conn:
        assert next(one.text_id for one in inquiries.texts(conn, [row.id])[row.id]) == first
    assert counter.text(first).state == "waiting"
    assert [one.state for one in made(counter)] == ["rejected"]


YES = {"en": "yes", "sl": "da", "hr": "da", "de": "ja", "it": "si", "ru": "да", "fa": "بله"}
NO = {"en": "no", "sl": "ne", "hr": "ne", "de": "nein", "it": "no", "ru": "нет", "fa": "نه"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_yes_and_no_are_understood_in_seven_languages(language: str) -> None:
    assert answers.said(YES[language]) == "yes"
    assert answers.said(NO[language]) == "no"
    assert answers.said("12") is None


def test_yes_closes_the_matter(counter: Counter) -> None:
    counter.hears(OPEN, question("hours", OPEN))
    id = counter.hears("Yes, thanks", Reading("other", "chat"))
    assert counter.text(id).state == "handled"
    assert [one.state for one in made(counter)] == ["accepted"]
    assert len(counter.said()) == 1
    counter.hears("0", Reading("other", "unclear"))
    assert [one.state for one in made(counter)] == ["accepted"]


def test_a_further_question_counts_against_the_answer(counter: Counter) -> None:
    counter.hears(OPEN, question("hours", OPEN))
    counter.hears("and how do I pay?", question("payment", "pay"))
    assert [one.state for one in made(counter)] == ["rejected"]
    assert [row.topic for row in open_ones(counter)] == ["payment"]


def test_two_machines_that_talk_to_each_other_stop(counter: Counter) -> None:
    """The other machine answers whatever it gets; each topic is new to it, and none is its own words."""
    topics = ("hours", "delivery", "payment", "returns", "account", "help", "product")
    for topic in topics[1:]:
        of_topics(counter, topic, text=f"About {topic}: see our page.")
        of_topics(counter, topic, to="live")
    for number, topic in enumerate(topics * 20):
        counter.desk.later(seconds=2)
        counter.hears(f"Your request {number} about {topic} was noted", question(topic, "x"))
    assert len(counter.said()) <= 5


# Where is my order?


def test_where_an_order_is_comes_from_the_order_and_once_in_four_hours(counter: Counter) -> None:
    asked: list[str] = []

    def status(conn: Any, heard: Heard) -> str | None:
        asked.append(heard.address)
        return "Order 7 is on its way." if heard.address == ANA else None

    shop = Counter(counter.desk, WEEK, status)
    of_topics(shop, "status", to="live")
    where = "where is my order?"
    shop.hears(where, question("status", where))
    shop.hears(where, question("status", where))
    shop.desk.later(hours=3)
    shop.hears(where, question("status", where), BOB)
    assert [text[:22] for text in shop.said()] == ["Order 7 is on its way."]
    assert shop.said(BOB) == []
    assert asked == [ANA, BOB]
    assert [row.address for row in open_ones(shop)] == [ANA, BOB]


def test_it_is_the_same_on_both_engines(desk: Desk) -> None:
    shop = Counter(desk, WEEK)
    of_topics(shop, "hours")
    of_topics(shop, "hours", to="live")
    shop.hears(OPEN, question("hours", OPEN))
    shop.hears("0", Reading("other", "unclear"))
    [row] = open_ones(shop)
    reply(shop, row.id, text="Come at eight.", closing="solved")
    assert shop.said()[1:] == ["Thank you. A person will answer you.", "Come at eight."]
    with shop.reading() as conn:
        assert conn.execute(select(inquiry.c.state, inquiry.c.closed_for)).one() == ("closed", "solved")
        assert answer_topics.measured(conn, answer_topics.require(conn, "hours")).rejected == 1
    assert shop.desk.now - row.opened_at < timedelta(seconds=1)
