"""Inquiries: one for each customer and topic, due by business hours, given to people, answered, closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smsgw.config.business import BusinessConfig
from smsgw.customers import customers
from smsgw.errors import BadInput, Conflict, NotFound, QueueFull
from smsgw.inbound import conversations
from smsgw.inbound.inquiries import inquiries
from smsgw.inbound.inquiries.inquiries import Assignment, Closing, Wanted
from smsgw.inbound.inquiries.replying import Reply, answer
from smsgw.inbound.reading.terms import Reading
from smsgw.outbound.submit import Terms
from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.counter import ANA, BOB, Counter, question

WEEK = BusinessConfig(zone="UTC", hours=["Mo-Fr 08:00-16:00"]).business
FRIDAY = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    opened = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(opened)
    yield Counter(Desk(opened, now=FRIDAY), WEEK)
    opened.close()


def open_ones(counter: Counter, **wanted: Any) -> list[Any]:
    with counter.reading() as conn:
        return inquiries.queue(conn, Wanted(**wanted))


def row_of(counter: Counter, id: str) -> Any:
    with counter.reading() as conn:
        return inquiries.require(conn, id)


def asks(counter: Counter, topic: str, text: str = "?", sender: str = ANA) -> str:
    """Somebody asks; returns the inquiry that the text belongs to."""
    id = counter.hears(text, question(topic, text), sender)
    with counter.reading() as conn:
        found = inquiries.of_text(conn, id)
    assert found is not None
    return found


def reply(counter: Counter, id: str, text: str = "So it is.", **told: Any) -> str:
    counter.desk.later(seconds=1)
    return answer(counter.desk.database, counter.desk.door, WEEK, Reply(id, "usr_1", counter.desk.now, text, **told))


def test_one_inquiry_for_each_customer_and_topic_collects_further_texts(counter: Counter) -> None:
    first = asks(counter, "payment")
    assert asks(counter, "payment", "still there?") == first
    assert asks(counter, "returns") != first
    assert asks(counter, "payment", sender=BOB) != first
    with counter.reading() as conn:
        assert len(inquiries.texts(conn, [first])[first]) == 2


def test_another_number_of_the_same_customer_is_the_same_customer(counter: Counter) -> None:
    wish = customers.Wish({"name": "Ana", "addresses": [ANA, BOB]}, "usr_1", counter.desk.now)
    customers.create(counter.writer, wish)
    assert asks(counter, "payment") == asks(counter, "payment", "from my other phone", BOB)


def test_what_is_due_counts_business_hours_and_hurries_for_complaints(counter: Counter) -> None:
    asks(counter, "payment")  # Friday 15:00, eight hours of business: one on Friday, seven on Monday
    asks(counter, "complaint")  # a quarter of it
    assert [(row.topic, row.due_at.replace(second=0, microsecond=0)) for row in open_ones(counter)] == [
        ("complaint", datetime(2026, 11, 30, 9, 0, tzinfo=UTC)),
        ("payment", datetime(2026, 11, 30, 15, 0, tzinfo=UTC)),
    ]
    with counter.reading() as conn:
        monday = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
        late = inquiries.listing(conn, Wanted(overdue=monday), 10)
    assert [row.topic for row in late] == ["complaint"]


def test_an_answered_inquiry_is_opened_again_by_the_customers_next_text(counter: Counter) -> None:
    id = asks(counter, "payment")
    reply(counter, id)
    assert row_of(counter, id).state == "answered"
    counter.desk.now = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    counter.hears("but how exactly", Reading("other", "unclear", reasons=("unclear",)))
    row = row_of(counter, id)
    assert (row.state, row.due_at.day) == ("open", 1)
    assert counter.desk.events(id) == ["open", "answer", "reopen"]


def test_thanks_open_nothing_again(counter: Counter) -> None:
    id = asks(counter, "payment")
    reply(counter, id)
    counter.hears("thank you!", Reading("other", "chat"))
    assert row_of(counter, id).state == "answered"


def test_what_comes_after_the_end_is_another_inquiry(counter: Counter) -> None:
    id = asks(counter, "payment")
    inquiries.close(counter.writer, Closing(id, "solved", "usr_1", "by telephone", counter.desk.now))
    row = row_of(counter, id)
    assert (row.state, row.closed_for, row.why) == ("closed", "solved", "solved: by telephone")
    assert asks(counter, "payment") != id
    with pytest.raises(Conflict, match="was closed"):
        reply(counter, id)


def test_the_texts_of_an_inquiry_are_handled_with_it(counter: Counter) -> None:
    text = counter.hears("?", question("payment", "?"))
    [row] = open_ones(counter)
    assert counter.text(text).state == "waiting"
    reply(counter, row.id)
    assert counter.text(text).state == "handled"


def test_who_answers_in_the_inbox_answers_the_inquiry(counter: Counter) -> None:
    text = counter.hears("?", question("payment", "?"))
    [row] = open_ones(counter)
    conversations.handle(counter.writer, conversations.Seen(ANA, text, "usr_1", "answered", counter.desk.now))
    assert row_of(counter, row.id).state == "answered"


def test_an_answer_goes_to_the_customer_as_a_reply_and_closes_if_so_wished(counter: Counter) -> None:
    id = asks(counter, "payment")
    message = counter.desk.row(reply(counter, id, "By card.", closing="solved", client_ref="r1"))
    assert (message.recipient, message.text, message.purpose, message.client) == (
        ANA,
        "By card.",
        "conversational",
        "usr_1",
    )
    assert message.reply_to is not None
    assert row_of(counter, id).state == "closed"


def test_a_second_try_under_the_same_name_answers_once(counter: Counter) -> None:
    id = asks(counter, "payment")
    first = reply(counter, id, client_ref="r1", closing="solved")
    assert reply(counter, id, client_ref="r1", closing="solved") == first
    assert counter.said() == ["So it is."]
    assert counter.desk.events(id) == ["open", "answer", "close"]


def test_an_answer_that_may_not_go_leaves_all_as_it_was(counter: Counter) -> None:
    counter = Counter(Desk(counter.desk.database, terms=Terms(queue_bound=0), now=FRIDAY), WEEK)
    id = asks(counter, "payment")
    with pytest.raises(QueueFull):
        reply(counter, id)
    with pytest.raises(BadInput, match="SHOP24"):
        reply(counter, asks(counter, "payment", sender="SHOP24"))
    assert counter.desk.events(id) == ["open"]
    assert row_of(counter, id).state == "open"


def test_inquiries_are_given_to_people_with_who_and_why(counter: Counter) -> None:
    id = asks(counter, "payment")
    wish = Assignment(id, "usr_1", "she knows", counter.desk.now, to="Maja", priority="urgent", topic="returns")
    inquiries.assign(counter.writer, counter.promise, wish)
    row = row_of(counter, id)
    assert (row.assigned_to, row.priority, row.topic) == ("Maja", 3, "returns")
    assert row.due_at.hour == 8  # an eighth of eight hours, from Friday 15:00 on, ends with the Friday
    assert [one.id for one in open_ones(counter, assigned_to="Maja")] == [id]
    assert open_ones(counter, assigned_to="") == []
    inquiries.assign(counter.writer, counter.promise, Assignment(id, "usr_1", "", counter.desk.now, to=""))
    assert row_of(counter, id).assigned_to is None


def test_mistakes_are_told_at_once(counter: Counter) -> None:
    id = asks(counter, "payment")
    wrong = Assignment(id, "usr_1", "", counter.desk.now, priority="at once", topic="weather")
    with pytest.raises(BadInput) as refused:
        inquiries.assign(counter.writer, counter.promise, wrong)
    assert [fault.pointer for fault in refused.value.faults] == ["/priority", "/topic"]
    with pytest.raises(BadInput, match="no reason"):
        inquiries.close(counter.writer, Closing(id, "tired", "usr_1", "", counter.desk.now))
    with pytest.raises(NotFound):
        inquiries.close(counter.writer, Closing("inq_none", "solved", "usr_1", "", counter.desk.now))
    asks(counter, "returns")
    with pytest.raises(Conflict, match="another inquiry"):
        inquiries.assign(counter.writer, counter.promise, Assignment(id, "u", "", counter.desk.now, topic="returns"))


def test_a_text_that_nobody_understood_is_an_inquiry_too(counter: Counter) -> None:
    counter.hears("asdf qwer", Reading("other", "unclear", reasons=("unclear",)))
    [row] = open_ones(counter)
    assert (row.topic, row.priority) == ("unclear", 1)


def test_lives_are_the_same_on_both_engines(desk: Desk) -> None:
    shop = Counter(desk, WEEK)
    id = asks(shop, "complaint")
    assert asks(shop, "complaint", "hello?") == id
    reply(shop, id)
    assert asks(shop, "complaint", "and again") == id
    inquiries.close(shop.writer, Closing(id, "solved", "usr_1", "", shop.desk.now))
    assert shop.desk.events(id) == ["open", "collect", "answer", "reopen", "close"]
    with shop.reading() as conn:
        assert [row.id for row in inquiries.listing(conn, Wanted(state="closed", address=ANA), 10)] == [id]
