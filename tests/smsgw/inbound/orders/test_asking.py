"""What a person asks about an order is answered by the customer's next text; a summary that waits is not forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from smsgw.inbound import conversations
from smsgw.inbound.inquiries import inquiries, replying
from smsgw.inbound.inquiries.replying import Reply
from smsgw.inbound.orders.asking import Answered, summary_again
from smsgw.inbound.orders.desk import Act
from smsgw.inbound.reading.terms import Reading
from smsgw.outbound.submit import Asked
from smsgw.text.business import Business
from tests.smsgw.desk import Desk
from tests.smsgw.inbound.talk import ANA, WHAT, YES, Talk, order_of

SUMMARY = "Order 10001: 2 x notebook A4 = 5.80 EUR. Reply YES to confirm, NO to cancel."
LINED = Reading("inquiry", topic="product", language="en")


def act(talk: Talk, **more: Any) -> Act:
    """Somebody does something with the first order."""
    return Act("10001", "usr_1", talk.desk.now, **more)


def asks(talk: Talk, text: str) -> None:
    """A person asks the customer something about the first order."""
    talk.people.ask(act(talk, text=text))
    talk.desk.later(seconds=30)


def test_on_both_engines_an_answer_to_a_persons_question_comes_with_its_order(desk: Desk) -> None:
    talk = Talk(desk)
    talk.hears("2 notebooks red", order_of(("NB-A4", 2), reasons=("unknown word next to a product",)))
    asks(talk, "We have blue ones only. Is that all right?")
    text = talk.hears("fine", WHAT, answers=False)
    assert (text.state, text.explanation["order"]) == ("waiting", "10001")
    assert "'We have blue ones only. Is that all right?': 'fine'" in text.why
    talk.people.accept(act(talk))
    assert talk.desk.events(talk.orders()[0].id) == ["take", "doubt", "ask", "wrote", "revise"]
    assert [row.state for row in talk.texts()] == ["handled", "handled"], "both waited because of the order"


def test_a_yes_to_a_persons_question_confirms_nothing(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    asks(talk, "We have blue ones only. Is that all right?")
    text = talk.hears("yes", YES)
    [row] = talk.orders()
    assert (row.state, text.state) == ("needs_review", "waiting")
    assert row.reasons == ["an answer to a person's question"]
    assert row.request["words"] == "yes"
    talk.people.confirm(act(talk))
    assert talk.orders()[0].state == "confirmed"
    assert talk.texts()[-1].state == "handled"


def test_an_answer_that_orders_is_filled_in_for_the_person(talk: Talk) -> None:
    talk.hears("notebooks", order_of(("NB-A4", None), reasons=("no quantity",)))
    asks(talk, "How many do you want?")
    talk.hears("3 notebooks", order_of(("NB-A4", 3)))
    talk.people.accept(act(talk))
    assert talk.lines(talk.orders()[0]) == [("NB-A4", 3000)]
    assert talk.said()[-1].startswith("Order 10001: 3 x notebook A4")


def test_only_the_next_text_is_the_answer(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("yes", YES)
    asks(talk, "When shall we bring it?")
    first = talk.hears("tomorrow at five", WHAT, answers=False)
    assert (talk.orders()[0].state, first.explanation["order"]) == ("confirmed", "10001")
    second = talk.hears("are you open on Sunday?", Reading("inquiry", topic="hours", language="en"), answers=False)
    assert second.state == "waiting"
    assert "a person must answer" in second.why


def test_a_stop_is_no_answer(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    asks(talk, "Is blue all right?")
    assert talk.hears("STOP", WHAT).understood_as == "optout"
    assert talk.orders()[0].state == "cancelled"


def test_when_a_person_answered_a_question_the_summary_comes_again_and_can_be_confirmed(talk: Talk) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("are they lined?", LINED, answers=False)
    with talk.desk.database.reading() as conn:
        [inquiry] = inquiries.queue(conn, inquiries.Wanted())
    reply = Reply(inquiry.id, "usr_1", talk.desk.now, "They are.", client_ref="r1")
    for _ in range(2):
        replying.answer(talk.desk.database, talk.desk.door, Business(), reply)
    assert talk.said() == [SUMMARY, "They are.", SUMMARY]
    talk.desk.later(seconds=30)
    talk.hears("yes", YES)
    assert talk.orders()[0].state == "confirmed"


@pytest.mark.parametrize("waits", [True, False])
def test_it_comes_again_after_an_answer_in_the_inbox_too_where_one_waits(talk: Talk, waits: bool) -> None:
    if waits:
        talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    text = talk.hears("are they lined?", LINED, answers=False)
    message = talk.desk.door.submit(Asked(ANA, "They are.", "usr_1", purpose="conversational", reply_to=text.id)).row
    seen = conversations.Seen(ANA, text.id, "usr_1", "answered", talk.desk.now)
    assert conversations.handle(talk.desk.database.writer, seen) == 1
    for _ in range(2):
        answered = Answered(ANA, str(message["id"]), talk.desk.now)
        talk.desk.database.writer.do(summary_again, (talk.desk.door, answered))
    assert talk.said() == [SUMMARY, "They are.", SUMMARY] if waits else ["They are."]


@pytest.mark.parametrize(
    ("reasons", "state", "lines"),
    [
        (("bare number",), "asked", [("NB-A4", 3000)]),
        (("bare number", "several open messages fit"), "needs_review", [("NB-A4", 2000)]),
    ],
)
def test_a_bare_number_changes_the_only_line_and_is_asked_about(
    talk: Talk, reasons: tuple[str, ...], state: str, lines: list[tuple[str, int]]
) -> None:
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("3", order_of(("NB-A4", 3), reasons=reasons))
    [row] = talk.orders()
    assert (row.state, talk.lines(row)) == (state, lines)
    assert row.confirmed_at is None
