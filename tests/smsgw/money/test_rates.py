"""What a part costs: the longest prefix, the newest rate in force, and rates that change meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from smsgw.money.booking import Charged, book, booked, entries
from smsgw.money.rates import Price, Rates, spelled
from smsgw.store.database import Database
from smsgw.store.tables import cost_entry, rate

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def add(database: Database, link: str, prefix: str, valid_from: datetime, amount: int, charged: str = "submit") -> None:
    values = {"link": link, "prefix": prefix, "valid_from": valid_from, "amount": amount, "currency": "EUR"}
    with database.exclusive() as conn:
        conn.execute(rate.insert().values(**values, charged=charged))


def read(database: Database) -> Rates:
    rates = Rates()
    with database.reading() as conn:
        rates.read(conn)
    return rates


def amount(price: Price | None) -> int | None:
    return None if price is None else price.amount


def test_the_longest_prefix_of_the_link_decides(on_sqlite: Database) -> None:
    for prefix, costs in (("", 50_000), ("+386", 20_000), ("+38640", 10_000)):
        add(on_sqlite, "a", prefix, MARCH, costs)
    rates = read(on_sqlite)
    assert amount(rates.price("a", "+38640111222", APRIL)) == 10_000
    assert amount(rates.price("a", "+38650111222", APRIL)) == 20_000
    assert amount(rates.price("a", "+4366411122233", APRIL)) == 50_000
    assert rates.price("b", "+38640111222", APRIL) is None


def test_a_rate_counts_from_its_moment_on_and_not_before(on_sqlite: Database) -> None:
    add(on_sqlite, "a", "+386", MARCH, 10_000)
    add(on_sqlite, "a", "+386", APRIL, 12_000)
    rates = read(on_sqlite)
    assert rates.price("a", "+38640111222", MARCH - timedelta(seconds=1)) is None
    assert amount(rates.price("a", "+38640111222", APRIL - timedelta(microseconds=1))) == 10_000
    assert amount(rates.price("a", "+38640111222", APRIL)) == 12_000
    assert rates.changes_after(MARCH) == APRIL
    assert rates.changes_after(APRIL) is None


def test_a_prefix_whose_price_comes_later_leaves_the_word_to_a_shorter_one(on_sqlite: Database) -> None:
    add(on_sqlite, "a", "", MARCH, 50_000)
    add(on_sqlite, "a", "+386", APRIL, 12_000)
    assert amount(read(on_sqlite).price("a", "+38640111222", MARCH)) == 50_000


def test_without_rates_there_is_nothing_to_ask(on_sqlite: Database) -> None:
    rates = read(on_sqlite)
    assert (rates.some, rates.version) == (False, 0)


def test_they_are_read_again_only_when_they_changed(database: Database) -> None:
    add(database, "a", "", MARCH, 50_000)
    rates = read(database)
    with database.reading() as conn:
        assert not rates.read(conn)
    with database.exclusive() as conn:
        conn.execute(rate.update().values(gone_at=APRIL))
    with database.reading() as conn:
        assert rates.read(conn)
    assert not rates.some


def test_numbers_with_the_same_place_cost_the_same_everywhere(on_sqlite: Database) -> None:
    add(on_sqlite, "a", "+386", MARCH, 1)
    add(on_sqlite, "b", "+38640", MARCH, 2)
    rates = read(on_sqlite)
    assert rates.place("+38640111222") == "+38640"
    assert rates.place("+38650111222") == "+386"
    assert rates.place("+4366411122233") == ""


@pytest.mark.parametrize(
    ("amount", "words"), [(12_000, "0.012"), (1_000_000, "1"), (1, "0.000001"), (-2_500_000, "-2.5"), (0, "0")]
)
def test_millionths_are_spelled_as_people_write_money(amount: int, words: str) -> None:
    assert spelled(amount) == words


def test_each_event_books_what_its_rates_charge_on_it_by_the_price_at_handing_over(database: Database) -> None:
    add(database, "a", "", MARCH, 10_000, "submit")
    add(database, "b", "", MARCH, 15_000, "delivery")
    add(database, "b", "", APRIL, 90_000, "delivery")
    rates = read(database)
    sent = APRIL - timedelta(minutes=1)
    went = [Charged("m1", "a", "+38640111222", 3, sent), Charged("m2", "b", "+38640111222", 2, sent)]
    went.append(Charged("m3", "c", "+38640111222", 1, sent))
    later = APRIL + timedelta(minutes=1)
    with database.exclusive() as conn:
        book(conn, entries(rates, went, "submit", sent))
        book(conn, entries(rates, went, "delivery", later))
    with database.reading() as conn:
        rows = conn.execute(select(cost_entry).order_by(cost_entry.c.id)).all()
        assert [row.id for row in booked(conn, "m1")] == [rows[0].id]
    assert [(r.message_id, r.link, r.parts, r.amount, r.currency, r.event, r.at) for r in rows] == [
        ("m1", "a", 3, 30_000, "EUR", "submit", sent),
        ("m2", "b", 2, 30_000, "EUR", "delivery", later),
    ]
