"""The price list: lines that people write, whole files or nothing, corrections, and the way out and back."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from smsgw.errors import BadInput
from smsgw.money import pricelist
from smsgw.money.pricelist import Line, Stored, read_csv, read_line
from smsgw.money.rates import Rates
from smsgw.store.database import Database

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ZONES = {"a": ZoneInfo("Europe/Ljubljana"), "b": ZoneInfo("UTC")}
WRITTEN = {"link": "a", "prefix": "+386", "amount": "0.012", "currency": "EUR"}


@pytest.mark.parametrize(
    ("field", "written", "read"),
    [
        ("prefix", "386", "+386"),
        ("prefix", "*", ""),
        ("prefix", "", ""),
        ("amount", "0,0125", 12_500),
        ("amount", "3", 3_000_000),
        ("amount", "0", 0),
        ("currency", "usd", "USD"),
        ("valid_from", "", NOW),
        ("valid_from", "2026-04-01", datetime(2026, 3, 31, 22, 0, tzinfo=UTC)),  # midnight on the operator's wall
        ("valid_from", "2026-04-01T00:00:00Z", datetime(2026, 4, 1, tzinfo=UTC)),
        ("charged", "delivery", "delivery"),
    ],
)
def test_a_line_is_read_as_people_write_it(field: str, written: str, read: object) -> None:
    assert getattr(read_line(WRITTEN | {field: written}, ZONES, NOW), field) == read


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("link", "c"),
        ("prefix", "+0386"),
        ("prefix", "abc"),
        ("amount", "-1"),
        ("amount", "0.0000001"),
        ("amount", "1.234,5"),
        ("amount", "NaN"),
        ("amount", "1e9"),
        ("currency", "EURO"),
        ("currency", "XYZ"),
        ("valid_from", "1.4.2026"),
        ("valid_from", "2026-04-01T00:00:00"),
        ("charged", "never"),
    ],
)
def test_a_field_that_cannot_be_read_is_told(field: str, written: str) -> None:
    with pytest.raises(BadInput) as wrong:
        read_line(WRITTEN | {field: written}, ZONES, NOW)
    assert [(fault.pointer, fault.code) for fault in wrong.value.faults] == [(f"/{field}", f"{field}_invalid")]
    assert repr(written) in str(wrong.value)


def test_a_file_tells_every_mistake_with_its_line() -> None:
    text = "link,prefix,amount,currency\na,+386,0.012,EUR\nc,+386,x,EUR\nb,+43,0.02,EUR\na,386,0.013,EUR\n"
    with pytest.raises(BadInput) as wrong:
        read_csv(text, ZONES, NOW)
    assert [fault.pointer for fault in wrong.value.faults] == ["/3/link", "/3/amount", "/5"]
    assert "line 3: link 'c' is no link; there are: a, b" in str(wrong.value)
    assert "line 5: a +386 has two prices" in str(wrong.value)


@pytest.mark.parametrize(
    "text", ["", "link,prefix\n", "link,prefix,amount,currency,colour\n", "link,prefix,amount,currency\n"]
)
def test_a_file_without_its_columns_or_lines_is_told(text: str) -> None:
    with pytest.raises(BadInput) as wrong:
        read_csv(text, ZONES, NOW)
    assert wrong.value.faults[0].pointer == "/1"


def test_a_file_of_a_spreadsheet_that_writes_semicolons_is_read() -> None:
    text = "\ufeffLink;Prefix;Amount;Currency\r\na;+386;0,012;EUR\r\n"
    assert read_csv(text, ZONES, NOW) == [Line("a", "+386", NOW, 12_000, "EUR")]


def test_what_is_exported_can_be_imported_and_changes_nothing(database: Database) -> None:
    lines = [Line("a", "", NOW, 1, "EUR"), Line("b", "+386", NOW, 12_000, "USD", "delivery")]
    assert pricelist.store(database.writer, lines, NOW) == Stored(2, 0, 0)
    with database.reading() as conn:
        text = pricelist.as_csv(pricelist.listing(conn))
    assert read_csv(text, ZONES, NOW) == lines
    assert pricelist.store(database.writer, lines, NOW) == Stored(0, 0, 2)


def test_a_correction_replaces_and_is_seen_by_who_has_read_before(database: Database) -> None:
    pricelist.store(database.writer, [Line("a", "", NOW, 10_000, "EUR")], NOW)
    rates = Rates()
    with database.reading() as conn:
        rates.read(conn)
    for amount in (20_000, 30_000):
        assert pricelist.store(database.writer, [Line("a", "", NOW, amount, "EUR")], NOW) == Stored(0, 1, 0)
        with database.reading() as conn:
            assert rates.read(conn)
            assert len(pricelist.listing(conn)) == 1
        price = rates.price("a", "+38640111222", NOW)
        assert price is not None
        assert price.amount == amount


def test_what_is_taken_away_counts_no_more(database: Database) -> None:
    pricelist.store(database.writer, [Line("a", "", NOW, 1, "EUR"), Line("a", "+386", NOW, 2, "EUR")], NOW)
    rates = Rates()
    with database.reading() as conn:
        rates.read(conn)
    assert pricelist.remove(database.writer, "a", "+386", NOW) == 1
    assert pricelist.remove(database.writer, "a", "+386", NOW) == 0
    with database.reading() as conn:
        assert rates.read(conn)
        assert [row.prefix for row in pricelist.listing(conn, "a")] == [""]
