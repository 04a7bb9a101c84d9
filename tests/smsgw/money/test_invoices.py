"""Invoices worked out by hand: what an operator would ask for, to the millionth."""

from __future__ import annotations

import pytest

from smsgw.link import ReceiptState as State
from smsgw.link import RejectedForGood
from smsgw.money import networks
from smsgw.outbound.balances import asked
from smsgw.store.database import Database
from tests.smsgw.money.shop import Shop

FOUR = "a" * 600  # 153 letters a part: four parts
TWO = "a" * 200


@pytest.fixture
def database(on_sqlite: Database) -> Database:
    """One engine: this is about money, not about SQL."""
    return on_sqlite


def test_a_carrier_that_charges_each_part_on_submit_whatever_becomes_of_it(shop: Shop) -> None:
    """0.0079 a part at home, 0.0452 elsewhere: 1 + 4 + 2 parts at home, 1 abroad = 7 x 0.0079 + 0.0452 = 0.1005."""
    shop.rate("a", "+386", "0.0079")
    shop.rate("a", "*", "0.0452")
    ids = [shop.submit("+38640111222"), shop.submit("+38641111222", FOUR), shop.submit("+38651111222", TWO)]
    ids.append(shop.submit("+38971123456"))
    shop.take_all()
    shop.arrives_all(ids[0], State.UNDELIVERABLE)
    assert shop.invoice() == {"EUR": 100_500}
    assert [entry.event for entry in shop.entries()] == ["submit"] * 4


def test_a_carrier_that_charges_what_arrives_only(shop: Shop) -> None:
    """0.02 a part on delivery: of a two-part and a one-part text the first arrives = 0.04."""
    shop.rate("a", "*", "0.02", charged="delivery")
    long, short = shop.submit("+38640111222", TWO), shop.submit("+38641111222")
    shop.take_all()
    assert shop.invoice() == {}
    shop.arrives_all(long)
    shop.arrives_all(short, State.EXPIRED)
    assert shop.invoice() == {"EUR": 40_000}


def test_a_carrier_that_takes_a_fee_for_a_failure_and_gives_the_rest_back(shop: Shop) -> None:
    """0.0083 a part, 0.001 of what fails: two parts fail = 0.0166 - 0.0166 + 0.002; one part arrives = 0.0083."""
    shop.rate("a", "*", "0.0083", "USD", failed="0.001")
    lost, there = shop.submit("+38640111222", TWO), shop.submit("+38641111222")
    shop.take_all()
    shop.arrives_all(lost, State.UNDELIVERABLE)
    shop.arrives_all(there)
    assert shop.invoice() == {"USD": 10_300}
    assert [(e.event, e.amount) for e in shop.entries(lost)] == [
        ("submit", 16_600), ("reversal", -16_600), ("failure", 2_000),
    ]  # fmt: skip


def test_a_refusal_costs_the_fee_of_a_failure_and_nothing_else(shop: Shop) -> None:
    shop.rate("a", "*", "0.0083", "USD", failed="0.001")
    id = shop.submit()
    [wire] = shop.claim()
    shop.failed(wire, RejectedForGood("no such number", "11"))
    assert [(e.event, e.amount) for e in shop.entries(id)] == [("failure", 1_000)]


def test_a_minimum_and_a_step_are_of_the_message_not_of_the_part(shop: Shop) -> None:
    """0.0123 a part, at least 0.02 a message, rounded up to a cent: 1 part = 0.02, 2 = 0.0246 = 0.03, 4 = 0.05."""
    shop.rate("a", "*", "0.0123", minimum="0.02", round_up_to="0.01")
    shop.submit("+38640111222")
    shop.submit("+38641111222", TWO)
    shop.submit("+38651111222", FOUR)
    shop.take_all()
    assert [entry.amount for entry in shop.entries()] == [20_000, 30_000, 50_000]


def test_a_price_changes_at_midnight_on_the_operators_wall(shop: Shop) -> None:
    """0.05 until 31 March, 0.04 from 1 April on: 23:59:59 summer time is 21:59:59 UTC and costs 0.05."""
    shop.rate("a", "*", "0.05")
    shop.rate("a", "*", "0.04", valid_from="2026-04-01")
    shop.at("2026-03-31 23:59:59")
    shop.sends(shop.submit("+38640111222"))
    shop.at("2026-04-01 00:00:00")
    shop.sends(shop.submit("+38641111222"))
    assert [entry.amount for entry in shop.entries()] == [50_000, 40_000]


def test_a_bundle_that_ends_in_the_middle_of_a_text_of_four_parts(shop: Shop) -> None:
    """Five free: a text of two takes two, one of four takes three and pays one = 0.061; the next one pays = 0.061."""
    shop.rate("a", "*", "0.061")
    plan = shop.plan(units="5", name="M")
    shop.sends(shop.submit("+38640111222", TWO))
    shop.sends(shop.submit("+38641111222", FOUR))
    shop.sends(shop.submit("+38651111222"))
    assert [(e.parts, e.free, e.amount) for e in shop.entries()] == [(2, 2, 0), (4, 3, 61_000), (1, None, 61_000)]
    assert [e.plan_id for e in shop.entries()] == [plan.id, plan.id, None]


def test_a_bundle_begins_anew_on_its_day_and_keeps_what_it_may(shop: Shop) -> None:
    """Ten a month from the 15th on, one month kept: 8 used until 14 March leaves 2, so 12 until 14 April."""
    shop.rate("a", "*", "0.10")
    shop.plan(units="10", reset_day="15", rollover="1", valid_from="2026-02-15")
    shop.at("2026-03-14 23:59:00")
    for _ in range(4):
        shop.later(seconds=1)
        shop.sends(shop.submit("+38640111222", TWO, allow_duplicate=True))
    shop.at("2026-03-15 00:00:00")
    for _ in range(7):
        shop.later(seconds=1)
        shop.sends(shop.submit("+38640111222", TWO, allow_duplicate=True))
    assert [entry.amount for entry in shop.entries()] == [0] * 10 + [200_000]


def test_a_bundle_for_home_pays_for_nothing_abroad(shop: Shop) -> None:
    shop.rate("a", "*", "0.30")
    shop.plan(units="100", scope="+386")
    shop.sends(shop.submit("+38640111222"))
    shop.sends(shop.submit("+38971123456"))
    assert [(e.free, e.amount) for e in shop.entries()] == [(1, 0), (None, 300_000)]


def test_a_network_has_its_own_price_and_a_ported_number_its_new_one(shop: Shop) -> None:
    shop.rate("a", "+386", "0.02")
    shop.rate("a", "", "0.03", network="29340")
    told = networks.read_csv("prefix,network,name\n+38640,29340,Sky\n+38641999888,29340,Sky\n")
    networks.store(shop.database.writer, told, shop.now)
    shop.read()
    ids = [shop.submit(number) for number in ("+38640111222", "+38641111222", "+38641999888")]
    shop.take_all()
    assert [shop.entries(id)[0].amount for id in ids] == [30_000, 20_000, 30_000]


def test_what_comes_in_costs_what_the_link_says(shop: Shop) -> None:
    shop.rate("a", "*", "0.005", kind="inbound")
    shop.text_from("+38640111222", "hello?")
    [entry] = shop.entries()
    assert (entry.event, entry.amount, entry.parts) == ("inbound", 5_000, 1)
    assert entry.message_id == shop.texts()[0].id


def test_an_mms_costs_by_its_size(shop: Shop) -> None:
    for upto, amount in (("100", "0.10"), ("300", "0.20"), ("", "0.50")):
        shop.rate("a", "*", amount, kind="mms", upto_kb=upto)
    sizes = (5, 102_400, 102_401, 999_999)
    prices = [shop.till.rates.price_of("mms", "a", "+38640111222", shop.now, size) for size in sizes]
    assert [price and price.amount for price in prices] == [100_000, 100_000, 200_000, 500_000]


def test_a_question_to_an_operator_costs_what_the_link_says(shop: Shop) -> None:
    shop.rate("a", "*", "0.02", kind="ussd")
    with shop.database.exclusive() as conn:
        shop.till.books.asked(conn, [asked("a", shop.now), asked("b", shop.now)], shop.now)
    [entry] = shop.entries()
    assert (entry.event, entry.amount, entry.link) == ("ussd", 20_000, "a")
