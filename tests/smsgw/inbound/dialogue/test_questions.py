"""Whole conversations about questions and surveys, as the real reading understands them, in the shop's languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from smsgw.config.business import BusinessConfig
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.inbound.inquiries import answers, inquiries
from smsgw.inbound.inquiries import topics as answer_topics
from smsgw.inbound.inquiries.topics import Switch, Words
from smsgw.inbound.orders.status import status
from smsgw.inbound.replay import replay
from smsgw.inbound.robots import folded, robots_words
from smsgw.inbound.surveys import asking as surveys_asking
from smsgw.inbound.surveys import surveys
from smsgw.inbound.surveys.surveys import NewSurvey, Question, Start
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.text.wording import wording
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.counter import ANA, BOB, Counter
from tests.smsgw.inbound.reading.measured import labelled, reading_of

WEEK = BusinessConfig(zone="Europe/Ljubljana", hours=["Mo-Fr 08:00-16:00"]).business
SHOP = """\
sku,unit,price,currency,stock,name_en,name_sl
PEN-BL,pcs,0.80,EUR,in,blue pen,modra kemična
PEN-RD,pcs,0.90,EUR,out,red pen,rdeča kemična
"""
EVERY = 8  # of many foreign texts one in so many is looked at
HOURS = {
    "en": ("When are you open?", "We are here {{ hours }}.", "Mo-Fr 08:00-16:00", "yes thanks"),
    "sl": ("Kdaj ste odprti?", "Odprto imamo {{ hours }}.", "pon-pet 08:00-16:00", "da, hvala"),
    "ru": ("Когда вы работаете?", "Мы открыты {{ hours }}.", "пн-пт 08:00-16:00", "да"),
    "de": ("Wann haben Sie geöffnet?", "Wir sind da: {{ hours }}.", "Mo-Fr 08:00-16:00", "ja"),
    "hr": ("Kada radite?", "Radimo {{ hours }}.", "pon-pet 08:00-16:00", "da"),
    "it": ("Quando siete aperti?", "Siamo aperti {{ hours }}.", "lun-ven 08:00-16:00", "si grazie"),
    "fa": ("ساعت کاری شما چنده؟", "ساعت کاری: {{ hours }}.", "دوشنبه-جمعه 08:00-16:00", "بله"),
}


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    made = Counter(Desk(opened), WEEK, status)
    wish = catalogue_import.Wish(catalogue_file.read(SHOP), None, "test", made.desk.now)
    catalogue_import.apply(made.writer, wish)
    yield made
    opened.close()


def live(counter: Counter, topic: str, **words: str) -> None:
    """Answer a topic by itself, in these words by language."""
    for language, text in words.items():
        answer_topics.write(counter.writer, Words(topic, language, text, "owner", counter.desk.now))
    answer_topics.switch(counter.writer, Switch(topic, "live", "a test", "owner", counter.desk.now))


def waiting(counter: Counter) -> list[Any]:
    with counter.reading() as conn:
        return inquiries.queue(conn, inquiries.Wanted())


@pytest.mark.parametrize("language", HOURS)
def test_a_question_is_asked_answered_and_closed_in_every_language(counter: Counter, language: str) -> None:
    ask, template, hours, yes = HOURS[language]
    live(counter, "hours", **{language: template})
    counter.says(ask)
    [said] = counter.said()
    assert hours in said
    assert said.endswith(wording("was_that_it", language))
    assert counter.text(counter.says(yes)).understood_as == "answer_yes"
    assert len(counter.said()) == 1
    assert waiting(counter) == []


def test_zero_brings_a_person_and_the_next_question_is_hers(counter: Counter) -> None:
    live(counter, "hours", sl=HOURS["sl"][1])
    counter.says("Kdaj ste odprti?")
    counter.says("0")
    assert counter.said()[-1] == wording("to_a_person", "sl")
    counter.says("Kdaj ste odprti?")
    assert len(counter.said()) == 2
    assert [row.topic for row in waiting(counter)] == ["hours"]


def test_price_and_stock_are_told_of_the_one_product_that_is_named_in_full(counter: Counter) -> None:
    live(counter, "product", en="{{ product }}: {{ price }}, {{ stock }}.")
    counter.says("How much is the red pen?")
    assert counter.said() == ["red pen: 0.90 EUR, sold out." + wording("was_that_it", "en")]
    for text in ("How much is the pen?", "Price of the blue pen and the red pen?"):
        counter.says(text, BOB)
    assert counter.said(BOB) == []


@pytest.mark.parametrize(
    "text", ["Your opening hours are a lie, terrible", "Why are you never open", "I was not asking when you are open"]
)
def test_no_machine_answers_the_angry(counter: Counter, text: str) -> None:
    live(counter, "hours", en=HOURS["en"][1])
    counter.says(text)
    assert counter.said() == []
    assert len(waiting(counter)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "will transfer it on friday",  # tells, and asks nothing
        "can i make a transfer between my accounts",  # asks another shop
        "transfer four and sixty seven dollars from bank of oklahoma checking",
        "So ü pay first lar... Then when is da stock comin...",
    ],
)
def test_what_means_somebody_else_or_asks_nothing_is_not_answered(counter: Counter, text: str) -> None:
    live(counter, "payment", en="By card.")
    counter.says(text)
    assert counter.said() == []


def test_where_an_order_is_is_told_unless_somebody_switched_that_off(counter: Counter) -> None:
    counter.says("2 blue pens please")
    counter.says("yes")
    counter.says("where is my order?")
    assert counter.said()[-1] == "Order 10001 is confirmed and being prepared." + wording("was_that_it", "en")
    answer_topics.switch(counter.writer, Switch("status", "off", "we call back", "owner", counter.desk.now))
    counter.says("2 blue pens please", BOB)
    counter.says("where is my order?", BOB)
    assert counter.said(BOB)[1:] == []


def test_while_an_order_waits_a_yes_is_to_its_summary_alone_and_zero_still_brings_a_person(counter: Counter) -> None:
    live(counter, "hours", en=HOURS["en"][1])
    counter.says("2 blue pens please")
    [summary] = counter.said()
    counter.says("When are you open?")
    assert counter.said()[1:] == ["We are here Mo-Fr 08:00-16:00." + wording("or_a_person", "en"), summary]
    counter.says("0")
    assert counter.said()[-1] == wording("to_a_person", "en")
    assert [row.topic for row in waiting(counter)] == ["hours"]
    counter.says("yes")
    assert counter.said()[-1] == "Thank you, order 10001 is confirmed: 1.60 EUR."


def test_nobody_hears_of_the_orders_of_others(counter: Counter) -> None:
    counter.says("2 blue pens please")
    number = counter.said()[0].split()[1].rstrip(":")
    counter.says("yes")
    counter.desk.later(hours=2)
    counter.says("where is my order?")
    assert number in counter.said()[-1]
    before = counter.said(BOB)
    counter.says(f"where is my order {number}?", BOB)
    counter.says("where is my order?", BOB)
    assert counter.said(BOB) == before == []


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["4", "the wrapping"], [(1, 4), (2, None)]),
        (["10", "5"], [(1, 5)]),
        (["five, very nice"], [(1, 5)]),
        (["yes", "3"], [(1, 3)]),
        (["2", "when are you open?", "late"], [(1, 2), (2, None)]),
    ],
)
def test_a_survey_is_answered_in_the_customers_own_words(
    counter: Counter, texts: list[str], kept: list[tuple[int, int | None]]
) -> None:
    questions = [Question("scale", {"en": "How was it?"}, 1, 5), Question("free", {"en": "What can we do better?"})]
    now = counter.desk.now
    id = surveys.draft(counter.writer, NewSurvey("After", questions, now + timedelta(days=2), "owner", now))
    surveys.start(counter.writer, Start(id, [ANA], "owner", now))
    counter.writer.do(surveys_asking.ask_invited, (counter.desk.door, now))
    for text in texts:
        counter.says(text)
    with counter.reading() as conn:
        assert [(row.position, row.value) for row in surveys.answers_of(conn, id)] == kept


def test_a_replay_tells_what_another_catalogue_would_change_and_changes_nothing(counter: Counter) -> None:
    began = counter.desk.now
    counter.says("2 blue pens please")
    counter.says("Kdaj ste odprti?", BOB)
    counter.says("3 staplers please", "+38641000003")
    before = counter.said()
    with counter.reading() as conn:
        same = replay(conn, began, counter.desk.now)
        lines = catalogue_file.read("sku,name_en\nSTAPLER,stapler\n").lines
        other = replay(conn, began, counter.desk.now, lines)
    assert (same.read, same.differences) == (3, [])
    assert other.counts()["items"] == 2
    told = {one.text: (one.was.words(), one.now.words()) for one in other.differences}
    assert told["2 blue pens please"][0] == "order 2 x PEN-BL"
    assert told["3 staplers please"][1] == "order 3 x STAPLER"
    assert counter.said() == before


def test_a_replay_reads_against_what_was_open_then(counter: Counter) -> None:
    began = counter.desk.now
    counter.says("2 blue pens please")
    counter.says("yes")
    with counter.reading() as conn:
        told = replay(conn, began, counter.desk.now)
    assert (told.read, told.differences) == (2, [])


def answerable(rows: list[dict[str, Any]]) -> tuple[int, list[tuple[str, str, Any]]]:
    """Of labelled texts without anything open: how many are questions of a topic that may be answered, and those in
    which nothing speaks against an automatic answer, as (text, topic, label)."""
    asked, found = 0, []
    for row in rows:
        expected = row["expected"]
        asked += row["context"] is None and expected.get("topic") in answer_topics.TOPICS
        reading = reading_of(row) if row["context"] is None else None
        if reading is None or reading.kind != "inquiry" or reading.topic not in answer_topics.TOPICS:
            continue
        if answers.speaks_against(reading, row["text"], answer_topics.CONFIDENCE) is None:
            found.append((row["text"], reading.topic, expected.get("topic")))
    return asked, found


def test_half_of_the_questions_of_shops_are_answered_and_none_wrongly(record_property: Any) -> None:
    asked, found = answerable(labelled("open.jsonl"))
    record_property("figures", f"{len(found)} of {asked} questions would be answered automatically")
    assert [one for one in found if one[1] != one[2]] == []
    assert len(found) >= asked / 2


@pytest.mark.parametrize("name", ["clinc-notorders.jsonl.gz", "uci-sms.jsonl.gz", "ud-natural.jsonl.gz"])
def test_texts_that_mean_nobodys_shop_are_hardly_ever_answered(name: str, record_property: Any) -> None:
    """What is told of a product or of an order needs that product and that order, which these do not have."""
    rows = labelled(name)[::EVERY]
    wrong = [one for one in answerable(rows)[1] if one[1] not in ("product", "status")]
    record_property("figures", f"{name}: {len(wrong)} of {len(rows)} would be answered automatically")
    assert len(wrong) <= len(rows) * 0.02


@given(some.text(max_size=200))
def test_no_text_breaks_what_looks_at_it(words: str) -> None:
    assert answers.said(words) in ("yes", "no", None)
    said = robots_words(words)
    assert said is None or said in folded(words)
    assert folded(folded(words)) == folded(words)
