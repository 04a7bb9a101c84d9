"""A price list before it counts: what it changes and would have cost, gaps and overlaps by name; rates of exchange."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smsgw.errors import BadInput
from smsgw.money import exchange, networks, pricelist, pricing
from smsgw.money.exchange import Exchange, Line
from smsgw.money.places import Place, calling_code, place_of
from smsgw.store.database import Database
from tests.smsgw.desk import START
from tests.smsgw.money.shop import ZONE, Shop

HOUR = timedelta(hours=1)


@pytest.fixture
def database(on_sqlite: Database) -> Database:
    """One engine: this is about money, not about SQL."""
    return on_sqlite


def look(shop: Shop, text: str) -> pricing.Look:
    lines = pricelist.read_csv("link,prefix,amount,currency,valid_from\n" + text, shop.zones, shop.now)
    with shop.database.reading() as conn:
        return pricing.look(conn, lines, START - HOUR, shop.now + HOUR)


def test_what_a_list_changes_and_what_last_month_would_have_cost(shop: Shop) -> None:
    shop.rate("a", "+386", "0.02")
    shop.rate("a", "+389", "0.05")
    for number in ("+38640111222", "+38641111222"):
        shop.submit(number, "a" * 200)
    shop.submit("+38971123456")
    shop.take_all()
    told = look(shop, "a,+386,0.03,EUR,2026-01-01\na,+389,0.05,EUR,2026-01-01\na,+43,0.07,EUR,2026-01-01\n")
    assert [(change.what, change.line.prefix, change.before) for change in told.changes] == [
        ("changed", "+386", 20_000), ("same", "+389", 50_000), ("new", "+43", None),
    ]  # fmt: skip
    [effect] = told.effects
    assert (effect.before, effect.after) == (4 * 20_000 + 50_000, 4 * 30_000 + 50_000)


def test_a_gap_is_named_by_its_country(shop: Shop) -> None:
    shop.rate("a", "+386", "0.02")
    shop.submit("+38971123456")
    shop.submit("+38971123457")
    shop.take_all()
    [gap] = look(shop, "a,+43,0.07,EUR,\n").gaps
    assert gap.says == "you send to +389 (North Macedonia) over a and have no price: 2 messages"
    assert look(shop, "a,+389,0.07,EUR,\n").gaps == []


def test_prices_that_lie_in_others_are_named_with_which_counts(shop: Shop) -> None:
    told = look(shop, "a,+386,0.02,EUR,\na,+38640,0.01,EUR,\na,+38641,0.02,EUR,\n").overlaps
    assert told == [
        "a: +38640 lies in +386: +38640 counts with 0.01 EUR, the others of +386 cost 0.02 EUR",
        "a: +38641 lies in +386 and costs the same: one of them would do",
    ]


@pytest.mark.parametrize(
    ("field", "written"),
    [("network", "29"), ("kind", "fax"), ("upto_kb", "1.5"), ("failed", "-1"), ("round_up_to", "0"), ("minimum", "x")],
)
def test_a_field_that_cannot_be_read_is_told(shop: Shop, field: str, written: str) -> None:
    told = {"link": "a", "prefix": "", "amount": "1", "currency": "EUR", field: written}
    with pytest.raises(BadInput) as wrong:
        pricelist.read_line(told, shop.zones, shop.now)
    assert [fault.pointer for fault in wrong.value.faults] == [f"/{field}"]


def test_a_list_goes_out_and_comes_back_as_it_was(shop: Shop) -> None:
    shop.rate("a", "*", "0.0123", minimum="0.02", round_up_to="0.01", failed="0.001", charged="delivery")
    shop.rate("a", "", "0.03", network="29340")
    shop.rate("b", "*", "0.5", kind="mms", upto_kb="300")
    with shop.database.reading() as conn:
        text = pricelist.as_csv(pricelist.listing(conn))
    lines = pricelist.read_csv(text, shop.zones, shop.now)
    assert pricelist.store(shop.database.writer, lines, shop.now) == pricelist.Stored(0, 0, 3)


def test_money_is_exchanged_directly_back_and_over_a_third() -> None:
    it = Exchange()
    lines = [("USD", "EUR", 0, 900_000_000), ("EUR", "RSD", 0, 117_000_000_000), ("USD", "EUR", 10, 950_000_000)]
    it.take([Line(one, into, START + timedelta(days=day), worth) for one, into, day, worth in lines])
    assert it.convert(1_000_000, "USD", "EUR", START) == 900_000
    assert it.convert(900_000, "EUR", "USD", START) == 1_000_000
    assert it.convert(1_000_000, "USD", "RSD", START) == 105_300_000
    assert it.convert(1_000_000, "USD", "EUR", START + timedelta(days=10)) == 950_000
    assert it.convert(1, "USD", "EUR", START - timedelta(seconds=1)) is None
    assert it.convert(-5, "USD", "EUR", START) == -5  # 4.5 rounded away from zero
    assert it.convert(7, "GBP", "GBP", START) == 7


def test_a_file_of_exchange_rates_tells_every_fault() -> None:
    rows = [(1, ["currency", "into", "worth"]), (2, ["USD", "USD", "1"]), (3, ["EUR", "XXQ", "nothing"])]
    with pytest.raises(BadInput) as wrong:
        exchange.read_rows(rows, ZONE, START)
    assert [fault.pointer for fault in wrong.value.faults] == ["/2/into", "/3/into", "/3/worth"]


@pytest.mark.parametrize(
    ("number", "place"),
    [
        ("+38640111222", Place("SI", "+38640")),
        ("+436641234567", Place("AT", "+43664")),
        ("+79161234567", Place("RU", "+7916")),
        ("+77011234567", Place("KZ", "+7701")),
        ("+14165551234", Place("CA", "+1416")),
        ("+989121234567", Place("IR", "+98912")),
        ("1919", Place("", "1919")),
    ],
)
def test_a_number_says_where_it_is(number: str, place: Place) -> None:
    assert place_of(number[:8]) == place
    assert calling_code("+38640111222") == "+386"


def test_networks_of_numbers_are_read_with_every_fault() -> None:
    with pytest.raises(BadInput) as wrong:
        networks.read_csv("prefix;network\nabc;29340\n+386;12\n")
    assert [fault.pointer for fault in wrong.value.faults] == ["/2/prefix", "/3/network"]
