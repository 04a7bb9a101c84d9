"""The catalogue comes from a file: first the differences, then the change; what a person taught stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from smsgw.errors import BadInput, Conflict, NotFound
from smsgw.inbound.catalogue import catalogue
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.inbound.catalogue.importing import Difference
from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on SQLite; the first test has one on each engine."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    yield Desk(database)
    database.close()


FILE = """\
sku;code;unit;price;currency;max_auto;name_sl;aliases_sl;name_en;valid_to
A;1001;pcs;2,90;EUR;50;zvezek;veliki zvezek|zvezke;notebook;
B;1002;kg;1.5;eur;20,5;jabolka;;apples;2026-03-02
"""


def imported(desk: Desk, text: str, **more: Any) -> Difference:
    wish = catalogue_import.Wish(catalogue_file.read(text), more.pop("version", None), "ana", desk.now, **more)
    return catalogue_import.apply(desk.database.writer, wish)


def compared(desk: Desk, text: str, **more: Any) -> Difference:
    with desk.database.reading() as conn:
        return catalogue_import.compare(conn, catalogue_file.read(text), **more)


def test_a_file_is_compared_then_taken_and_comes_out_as_it_went_in(database: Database) -> None:
    desk = Desk(database)
    told = compared(desk, FILE)
    assert ([line.sku for line in told.new], told.changed, told.gone, told.invalid) == (["A", "B"], (), (), ())
    with desk.database.reading() as conn:
        assert catalogue.listing(conn) == [], "comparing changes nothing"
    imported(desk, FILE, version=told.version)
    assert compared(desk, FILE).same == 2
    with desk.database.reading() as conn:
        rows, spoken = catalogue.listing(conn), catalogue.aliases(conn)
    assert (rows[0].price, rows[0].currency, rows[1].max_auto) == (2_900_000, "EUR", 20_500)
    assert spoken == {"A": {"sl": ("veliki zvezek", "zvezke")}}
    out = catalogue_file.as_csv(catalogue_file.as_line(row, spoken.get(row.sku, {})) for row in rows)
    assert (compared(desk, out).same, compared(desk, out).changed) == (2, ())


def test_what_differs_is_told_field_by_field_and_what_is_left_out_is_gone(desk: Desk) -> None:
    imported(desk, FILE)
    told = compared(desk, FILE.replace("2,90", "3,10").replace("B;1002", "C;1002"))
    [change] = told.changed
    assert (change.sku, dict(change.fields)) == ("A", {"price": (2_900_000, 3_100_000)})
    assert ([line.sku for line in told.new], told.gone) == (["C"], ("B",))
    imported(desk, FILE.replace("B;1002", "C;1002"))
    with desk.database.reading() as conn:
        assert [row.sku for row in catalogue.listing(conn)] == ["A", "C"]
        assert catalogue.of(conn, ["B"])["B"].active is False, "orders name it"


def test_a_column_that_a_file_does_not_have_stays_as_it_is(desk: Desk) -> None:
    imported(desk, FILE)
    told = imported(desk, "sku,price\nA,3.5\n", keep=True)
    assert [dict(one.fields) for one in told.changed] == [{"price": (2_900_000, 3_500_000)}]
    with desk.database.reading() as conn:
        row = catalogue.get(conn, "A")
    assert (row.price, row.currency, row.names) == (3_500_000, "EUR", {"sl": "zvezek", "en": "notebook"})


def test_every_wrong_line_is_told_with_its_number_and_reason_and_nothing_is_changed(desk: Desk) -> None:
    text = (
        "sku,code,unit,price,currency,name_en,valid_from,valid_to\n"
        "A,1,litre,abc,EUR,a,,\n"
        ",2,pcs,1,EUR,b,,\n"
        "C,1,pcs,1,,c,,\n"
        "D,,pcs,1,EUR,,2026-02-01,2026-01-01\n"
        "D2,,pcs,1,EUR,,,\n"
        "E,5,pcs,1,EUR,e,,\n"
        "E,6,pcs,1,EUR,e,,\n"
    )
    told = compared(desk, text)
    assert {(one.line, one.code) for one in told.invalid} == {
        (2, "unit_invalid"),
        (2, "price_invalid"),
        (3, "sku_missing"),
        (4, "code_twice"),
        (5, "valid_to_invalid"),
        (6, "name_missing"),
        (8, "sku_twice"),
    }
    with pytest.raises(BadInput) as refused:
        imported(desk, text)
    assert "/2/unit" in {fault.pointer for fault in refused.value.faults}
    with desk.database.reading() as conn:
        assert catalogue.version(conn) == 0
    assert [line.sku for line in imported(desk, text, despite=True).new] == ["E"]


@pytest.mark.parametrize("text", ["", "code,price\n1,2\n", "sku,colour\nA,red\n", "sku,price,price\nA,1,2\n", "sku\n"])
def test_a_file_that_is_no_catalogue_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(BadInput):
        catalogue_file.read(text)


def test_a_catalogue_that_was_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    seen = compared(desk, FILE).version
    imported(desk, FILE)
    with pytest.raises(Conflict) as refused:
        imported(desk, FILE.replace("2,90", "9"), version=seen)
    assert refused.value.code == "catalogue_changed"


def test_what_a_person_taught_survives_an_import(desk: Desk) -> None:
    imported(desk, FILE)
    wish = catalogue.Taught("A", "sl", " papirčki ", "ana", desk.now)
    assert (desk.database.writer.do(catalogue.teach, wish), desk.database.writer.do(catalogue.teach, wish)) == (
        True,
        False,
    )
    imported(desk, FILE.replace("veliki zvezek|zvezke", "zvezke"))
    with desk.database.reading() as conn:
        assert sorted(catalogue.aliases(conn)["A"]["sl"]) == ["papirčki", "zvezke"]
    with pytest.raises(NotFound):
        desk.database.writer.do(catalogue.teach, catalogue.Taught("X", "", "x", "ana", desk.now))


def test_the_compiled_catalogue_is_made_anew_when_the_tables_or_the_day_change(desk: Desk) -> None:
    imported(desk, FILE)
    shelf = catalogue.Shelf()

    def now() -> catalogue.Shelved:
        with desk.database.reading() as conn:
            return shelf.current(conn, desk.now)

    first = now()
    assert now() is first
    assert (sorted(first.products), first.products["B"].max_auto) == (["A", "B"], Fraction(41, 2))
    desk.now += timedelta(days=1)
    assert sorted(now().products) == ["A"], "B was sold until 2 March"
    desk.database.writer.do(catalogue.teach, catalogue.Taught("A", "", "blok", "ana", desk.now))
    assert now().products["A"].aliases[""] == ("blok",)


def test_the_shop_of_a_demo_is_closed_when_it_is_adopted_unless_somebody_made_it_their_own(desk: Desk) -> None:
    imported(desk, FILE)  # by ana
    assert desk.database.writer.do(catalogue.withdraw_of, ("demo", desk.now)) == 0
    assert desk.database.writer.do(catalogue.withdraw_of, ("ana", desk.now)) == 2
    with desk.database.reading() as conn:
        assert catalogue.listing(conn) == []
