"""The business's own rules about orders, and what is told of an order to customers and by letter."""

from __future__ import annotations

import pytest

from smsgw.inbound.orders.rules import Rules
from tests.smsgw.inbound.talk import ANA, BOR, YES, Talk, order_of


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (Rules(minimum=10_000_000), "below the minimum"),
        (Rules(maximum=5_000_000), "above the maximum"),
        (Rules(daily_orders=0), "too many orders within a day"),
        (Rules(daily_amount=5_000_000), "too much within a day"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_lies_outside_the_rules_waits_for_a_person(talk: Talk, rules: Rules, reason: str) -> None:
    talk.follow(rules)
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    [row] = talk.orders()
    assert (row.state, row.reasons) == ("needs_review", [reason])


def test_a_product_without_a_price_waits_for_a_person(talk: Talk) -> None:
    talk.hears("a gift box", order_of(("GIFT", 1)))
    [row] = talk.orders()
    assert (row.state, row.reasons, row.total) == ("needs_review", ["no price: GIFT"], None)


def test_a_customer_who_is_trusted_is_not_asked_up_to_a_sum(talk: Talk) -> None:
    talk.follow(Rules(trusted=frozenset({ANA}), trusted_maximum=6_000_000))
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    talk.hears("3 notebooks", order_of(("NB-A4", 3)), BOR)
    assert [row.state for row in talk.orders()] == ["confirmed", "asked"]
    assert talk.said() == ["Thank you, order 10001 is confirmed: 5.80 EUR."]


def test_weights_and_wishes_are_told(talk: Talk) -> None:
    talk.hears("1.5 kg apples tomorrow", order_of(("APPLE", "3/2"), wish="tomorrow"))
    assert talk.said() == ["Order 10001: 1.5 kg apples (tomorrow) = 2.93 EUR. Reply YES to confirm, NO to cancel."]


def test_who_cannot_be_asked_waits_for_a_person(talk: Talk) -> None:
    for number in range(12):
        talk.desk.submit(ANA, f"automatic {number}", purpose="conversational", allow_duplicate=True)
    from sqlalchemy import update

    from smsgw.store.tables import message

    with talk.desk.database.exclusive() as conn:
        conn.execute(update(message).values(client="orders"))
    text = talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    [row] = talk.orders()
    assert (row.state, row.reasons, text.state) == ("needs_review", ["the customer could not be asked"], "waiting")


def test_a_confirmed_order_is_sent_by_mail_once(talk: Talk) -> None:
    talk.follow(Rules(mail_to=("shop@example.com",)))
    talk.hears("2 notebooks", order_of(("NB-A4", 2)))
    assert talk.letters() == []
    talk.hears("yes", YES)
    talk.hears("yes", YES)
    [letter] = talk.letters()
    assert (letter.recipient, letter.subject, letter.state) == ("shop@example.com", "Order 10001: 5.80 EUR", "pending")
    assert "notebook A4" in letter.body
    assert "Confirmed with the words: yes" in letter.body
