"""Customers: made and changed as told, one owner for an address, found by what people remember of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from smsgw.customers import customers, duplicates, fields, finding
from smsgw.customers.customers import Note, Person, Wish
from smsgw.customers.fields import Field
from smsgw.errors import BadInput, Conflict, NotFound
from smsgw.store.database import Database

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def make(database: Database, **told: Any) -> str:
    return customers.create(database.writer, Wish(told, "test", NOW, "SI"))


def change(database: Database, id: str, revision: int | None = None, **told: Any) -> int:
    return customers.change(database.writer, Wish(told, "test", NOW, "SI", id, revision))


def read(database: Database, id: str) -> Person:
    with database.reading() as conn:
        return customers.get(conn, id)


def found(database: Database, words: str) -> list[str]:
    with database.reading() as conn:
        return finding.find(conn, finding.Wanted(words), 10, NOW)


def faults(problem: pytest.ExceptionInfo[BadInput]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in problem.value.faults]


def test_a_person_has_several_numbers_and_mail_addresses_in_one_spelling(database: Database) -> None:
    addresses = ["040 111 222", "Ana@Example.com", "+386 31 333 444", "0038640111222"]
    id = make(
        database, name=" Ana  Čopič ", addresses=addresses, language="SL", zone="europe/ljubljana", channel="e-mail"
    )
    person = read(database, id)
    assert [(one.address, one.kind, one.rank, one.region) for one in person.addresses] == [
        ("+38640111222", "phone", 0, "SI"),
        ("+38631333444", "phone", 1, "SI"),
        ("ana@example.com", "email", 0, None),
    ]
    row = person.row
    assert (row.name, row.language, row.zone, row.channel) == ("Ana Čopič", "sl", "Europe/Ljubljana", "email")


def test_every_mistake_is_told_at_once_and_nothing_is_stored(database: Database) -> None:
    with pytest.raises(BadInput) as problem:
        make(database, addresses=["040 111 222", "12", "no@mail"], zone="Mars", language="?", shoes=1, fields={"x": 1})
    assert faults(problem) == [
        ("/addresses/1", "recipient_invalid"),
        ("/addresses/2", "mail_invalid"),
        ("/zone", "zone_invalid"),
        ("/language", "language_invalid"),
        ("/shoes", "unknown_field"),
        ("/fields/x", "field_unknown"),
    ]
    with pytest.raises(BadInput, match="say a name or an address"):
        make(database, language="sl")
    with database.reading() as conn:
        assert customers.listing(conn, 10) == []


def test_an_address_has_one_owner(database: Database) -> None:
    ana = make(database, name="Ana", addresses=["+38640111222"], reference="A1")
    with pytest.raises(BadInput) as problem:
        make(database, name="Bor", addresses=["+38640111223", "040111222"], reference="A1")
    assert faults(problem) == [("/addresses/1", "address_taken"), ("/reference", "reference_taken")]
    assert change(database, ana, addresses=["+38640111222", "+38640111223"]) == 2


def test_a_change_touches_what_it_names_and_none_takes_away(database: Database) -> None:
    fields.define(database.writer, Field("city", "City", "text"), NOW)
    fields.define(database.writer, Field("visits", "Visits", "number"), NOW)
    id = make(database, name="Ana", addresses=["+38640111222"], tags=["VIP"], fields={"city": "Kranj", "visits": 3})
    change(database, id, language="en", fields={"visits": None}, tags=["vip", "new"])
    person = read(database, id)
    assert (person.row.name, person.row.language, person.row.fields) == ("Ana", "en", {"city": "Kranj"})
    assert person.tags == ["new", "vip"]
    assert [one.address for one in person.addresses] == ["+38640111222"]
    change(database, id, name=None)
    assert read(database, id).row.name == ""


def test_who_changes_what_somebody_else_changed_meanwhile_is_told(database: Database) -> None:
    id = make(database, name="Ana")
    assert change(database, id, 1, language="sl") == 2
    with pytest.raises(Conflict) as problem:
        change(database, id, 1, language="en")
    assert problem.value.code == "precondition_failed"
    with pytest.raises(NotFound):
        change(database, "cus_0", language="en")


def test_an_unknown_number_becomes_a_customer_once(database: Database) -> None:
    ana = make(database, name="Ana", addresses=["+38640111222"])
    for _ in range(2):
        with database.exclusive() as conn:
            ids = customers.ensure(conn, ["+38640111222", "+4915112345678", "Amazon"], NOW)
    assert ids["+38640111222"] == ana
    with database.reading() as conn:
        owners = customers.of(conn, ["+4915112345678", "Amazon", "+1"])
        assert {one: row.id for one, row in owners.items()} == {one: ids[one] for one in ("+4915112345678", "Amazon")}
        assert len(customers.listing(conn, 10)) == 3
        assert customers.many(conn, [ids["+4915112345678"]])[0].addresses[0].region == "DE"


def test_people_are_found_by_what_one_remembers_of_them(database: Database) -> None:
    ana = make(database, name="Ana Čopič", addresses=["+38640111222", "ana.copic@example.com"], reference="K-17")
    bor = make(database, name="Bor 100%", addresses=["+38631555666"])
    for words in ("copic", "ČOPIČ", "ana č", "40 111", "040111222", "copic@ex", "K-17"):
        assert found(database, words) == [ana], words
    assert found(database, "100%") == [bor]
    assert found(database, "_") == []
    assert found(database, "") == [bor, ana]


def test_own_fields_have_kinds_and_a_value_of_another_kind_is_told(database: Database) -> None:
    shop = [Field("born", "Born", "date"), Field("paid", "Paid", "number"), Field("member", "Member", "yesno")]
    for one in (*shop, Field("size", "Size", "choice", ("S", "M"))):
        assert fields.define(database.writer, one, NOW)
    id = make(database, name="Ana", fields={"born": "3.5.1990", "paid": "1.234,50", "member": "da", "size": "m"})
    assert read(database, id).row.fields == {"born": "1990-05-03", "paid": 1234.5, "member": True, "size": "M"}
    with pytest.raises(BadInput) as problem:
        change(database, id, fields={"born": "soon", "paid": "much", "member": "perhaps", "size": "XL"})
    assert [where for where, _ in faults(problem)] == [f"/fields/{name}" for name in ("born", "paid", "member", "size")]
    with pytest.raises(Conflict, match="is a date"):
        fields.define(database.writer, Field("born", "Born", "text"), NOW)
    with pytest.raises(BadInput, match="means something already"):
        fields.define(database.writer, Field("name", "Name", "text"), NOW)


def test_a_field_that_is_taken_away_takes_its_values_along(database: Database) -> None:
    fields.define(database.writer, Field("city", "City", "text"), NOW)
    id = make(database, name="Ana", fields={"city": "Kranj"})
    fields.remove(database.writer, "city")
    fields.define(database.writer, Field("city", "City", "number"), NOW)
    assert read(database, id).row.fields == {}
    with pytest.raises(NotFound):
        fields.remove(database.writer, "town")


def test_a_note_stays_on_the_card(database: Database) -> None:
    id = make(database, name="Ana")
    assert customers.note(database.writer, Note(id, "likes tea", "test", NOW)).startswith("note_")
    with pytest.raises(NotFound):
        customers.note(database.writer, Note("cus_0", "likes tea", "test", NOW))
    with pytest.raises(BadInput):
        customers.note(database.writer, Note(id, "  ", "test", NOW))


def test_who_may_be_the_same_person_is_offered_with_reasons(database: Database) -> None:
    fields.define(database.writer, Field("city", "City", "text"), NOW)
    ana = make(database, name="Ana Čopič", addresses=["+38640111222"], fields={"city": "Kranj"})
    same = make(database, name="ana copic", fields={"city": "Kranj"})
    near = make(database, name="Copič Anna", addresses=["+38631000000"])
    make(database, name="Žiga Novak")
    with database.exclusive() as conn:
        bare = customers.ensure(conn, ["040111222", "112"], NOW + timedelta(hours=1))["040111222"]
    with database.reading() as conn:
        offered = {frozenset((one.one, one.other)): one.why for one in duplicates.offer(conn, "SI")}
        mine = {one.one if one.other == ana else one.other for one in duplicates.of(conn, ana, "SI")}
    assert offered[frozenset((ana, bare))] == "040111222 is +38640111222"
    assert offered[frozenset((ana, same))] == "the same name, and the same city"
    assert "nearly" in offered[frozenset((ana, near))]
    assert mine == {bare, same}
    assert len(offered) == 4
