"""What it will cost, before it is sent; which letter costs extra; and afterwards why it cost something else."""

from __future__ import annotations

import pytest

from smsgw.link import ReceiptState as State
from smsgw.link import RejectedForGood
from smsgw.money import estimate, reconcile
from smsgw.money.estimate import Estimate
from smsgw.store.database import Database
from tests.smsgw.money.shop import Shop

SLOVENE = "č" + "a" * 80  # one letter makes it UCS-2: two parts
PLAIN = "c" + "a" * 80


@pytest.fixture
def database(on_sqlite: Database) -> Database:
    """One engine: this is about money, not about SQL."""
    return on_sqlite


def of(shop: Shop, *texts: tuple[str, str]) -> Estimate:
    def route(number: str) -> object:
        choice = shop.network.choose(number, now=shop.now)
        return None if choice is None else choice.link

    return estimate.of(texts, route, shop.till.rates, shop.till.plans, shop.now, serving=shop.network.serving)  # type: ignore[arg-type]


def test_parts_and_money_by_link_and_country(shop: Shop) -> None:
    shop.rate("a", "+386", "0.01")
    shop.rate("a", "*", "0.07", "USD")
    told = of(shop, ("+38640111222", "hello"), ("+38641111222", "a" * 200), ("+4366411122233", "hello"))
    assert [(line.country, line.messages, line.parts, line.amount) for line in told.lines] == [
        ("AT", 1, 1, 70_000), ("SI", 2, 3, 30_000),
    ]  # fmt: skip
    assert told.totals == {"EUR": 30_000, "USD": 70_000}
    assert told.longest == 2


def test_the_worst_case_is_the_longest_text_over_the_dearest_link_without_a_bundle(shop: Shop) -> None:
    shop.rate("a", "*", "0.01")
    shop.rate("b", "*", "0.03")
    shop.plan(units="1")
    told = of(shop, ("+38640111222", "hello"), ("+38641111222", "a" * 200))
    assert told.free == 1
    assert told.totals == {"EUR": 20_000}
    assert told.worst == {"EUR": 2 * 2 * 30_000}


def test_the_letter_that_costs_extra_is_told_with_what_a_swap_saves(shop: Shop) -> None:
    shop.rate("a", "*", "0.05")
    numbers = [f"+386401112{n:02}" for n in range(84)]
    told = of(shop, *((number, SLOVENE) for number in numbers), ("+38651000000", "short č"))
    [letter] = told.letters
    assert (letter.letter, letter.plainer, letter.messages, letter.parts) == ("č", "c", 84, 84)
    assert letter.saved == {"EUR": 84 * 50_000}
    assert (told.parts_swapped, told.swapped) == (84, {"EUR": 84 * 50_000})
    assert of(shop, *((number, PLAIN) for number in numbers)).totals == {"EUR": 84 * 50_000}


def test_what_has_no_price_no_way_or_no_letters_is_told_and_not_counted(shop: Shop) -> None:
    shop.rate("a", "+386", "0.01")
    told = of(shop, ("+4366411122233", "hello"), ("+38640111222", "a\x00b"))
    assert (told.unpriced, told.totals) == (1, {})
    assert told.unwritable == ["+38640111222"]


def test_planned_and_booked_and_why_they_differ(shop: Shop) -> None:
    shop.rate("a", "*", "0.01", failed="0")
    shop.rate("b", "*", "0.03")
    ids = [shop.submit(f"+3864011122{n}") for n in range(4)]
    stays, lost, moved, never = ids
    for wire in shop.claim("a", 100):
        if wire.message_id == moved:
            shop.failed(wire, RejectedForGood("not here", "11"))
        elif wire.message_id != never:
            shop.taken(wire, wire.message_id)
    shop.take_all("b")
    shop.arrives_all(lost, State.UNDELIVERABLE)
    with shop.database.reading() as conn:
        told = reconcile.messages(conn, ids)
    planned = sum(told.planned.values())
    booked = sum(told.booked.values())
    assert {reason.code: reason.messages for reason in told.reasons} == {"back": 1, "waiting": 1}
    assert sum(sum(reason.difference.values()) for reason in told.reasons) == booked - planned
    assert told.says[0] == "planned 0.06 EUR, booked 0.04 EUR for 4 messages"
    assert "1 did not arrive, and what they cost was given back or is less: -0.01 EUR" in told.says
    assert shop.state(stays) == "sent"
