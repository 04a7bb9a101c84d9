"""Import: sheets of every kind are read, compared before anything is written, applied once, and undone for a day."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from smsgw.customers import customers, fields
from smsgw.customers.consent import categories as consent_categories
from smsgw.customers.consent import consent
from smsgw.customers.consent import suppression as consent_suppression
from smsgw.customers.consent.categories import Category
from smsgw.customers.consent.consent import Statement
from smsgw.customers.consent.stop import withdraw
from smsgw.customers.customers import Wish
from smsgw.customers.fields import Field
from smsgw.customers.importing import importing
from smsgw.customers.importing.compare import FORGOTTEN
from smsgw.customers.importing.importing import Importer, Upload
from smsgw.errors import BadInput, Conflict
from smsgw.paper.sheets import open_sheet
from smsgw.store.database import Database
from smsgw.store.tables import customer, history
from smsgw.store.tables.types import AnyRow

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def clock() -> datetime:
    return NOW


def upload(database: Database, text: str | bytes, **more: Any) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    return importing.upload(database, Upload("list.csv", content, "ana", NOW, "SI", **more))


def compared(database: Database, text: str | bytes, **more: Any) -> str:
    id = upload(database, text, **more)
    assert Importer(database).finish(id, clock).state == "ready"
    return id


def order(database: Database, id: str, event: str, at: datetime = NOW) -> AnyRow:
    importing.order(database.writer, importing.Wish(id, event, "ana", at))
    return Importer(database).finish(id, lambda: at)


def lines(database: Database, id: str, verdict: str | None = None) -> list[AnyRow]:
    with database.reading() as conn:
        return importing.lines(conn, id, 100, verdict)


def counts(database: Database, id: str) -> dict[str, int]:
    with database.reading() as conn:
        return importing.counts(conn, id)


def everybody(database: Database) -> dict[str, dict[str, Any]]:
    """Every customer by name."""
    with database.reading() as conn:
        ids = [row.id for row in customers.listing(conn, 1000)]
        return {person.row.name: person.told() for person in customers.many(conn, ids)}


def make(database: Database, **told: Any) -> str:
    return customers.create(database.writer, Wish(told, "test", NOW, "SI"))


def test_nothing_is_written_before_the_difference_was_seen(database: Database) -> None:
    fields.define(database.writer, Field("city", "Kraj", "text"), NOW)
    ana = make(database, name="Ana", addresses=["+38640111222"], fields={"city": "Kranj"})
    make(database, name="Bor", addresses=["+38640111223"])
    stop = make(database, name="Cene", addresses=["+38640111224"])
    with database.exclusive() as conn:
        withdraw(conn, [Statement("+38640111224", False, "STOP", NOW, "sms", "a")], NOW)
    sheet = (
        "Ime;Priimek;Telefon;E-pošta;Kraj\n"
        "Ana;Čopič;040 111 222;ana@example.com;Koper\n"
        "Bor;;+386 40 111 223;;\n"
        "Cene;;00386 40 111 224;;Celje\n"
        "Dana;Novak;031 555 666;;Ptuj\n"
        "\n"
        "Ema;;12;;\n"
        "Fran;;031/555-666;;\n"
    )
    id = compared(database, sheet)
    assert counts(database, id) | {"applied": 0, "undone": 0} == {
        "new": 1, "changed": 2, "unchanged": 1, "invalid": 2, "opted_out": 1, "applied": 0, "undone": 0,
    }  # fmt: skip
    told = {row.line: row for row in lines(database, id)}
    assert told[2].customer_id == ana
    assert told[2].changes == {
        "name": ["Ana", "Ana Čopič"],
        "fields.city": ["Kranj", "Koper"],
        "addresses": [["+38640111222"], ["+38640111222", "ana@example.com"]],
    }
    assert (told[4].customer_id, told[4].opted_out) == (stop, 1)
    assert "'12'" in told[7].why
    assert told[8].why == "+38631555666 stands on line 5 already"
    assert set(everybody(database)) == {"Ana", "Bor", "Cene"}


def test_applying_writes_every_good_line_once_and_an_undo_takes_it_back(database: Database) -> None:
    fields.define(database.writer, Field("city", "City", "text"), NOW)
    make(database, name="Ana", addresses=["+38640111222"], tags=["vip"])
    before = everybody(database)
    id = compared(database, "phone,city,tags,email\n040111222,Koper,new,a@b.si\n031555666,Ptuj,,\n")
    row = order(database, id, "apply")
    assert (row.state, row.done, row.lines) == ("applied", 2, 2)
    after = everybody(database)
    assert after["Ana"]["fields"] == {"city": "Koper"}
    assert after["Ana"]["tags"] == ["new", "vip"]
    assert after["Ana"]["addresses"] == ["+38640111222", "a@b.si"]
    assert after[""]["addresses"] == ["+38631555666"]
    assert counts(database, id)["applied"] == 2
    again = compared(database, "phone,city,tags,email\n040111222,Koper,new,a@b.si\n031555666,Ptuj,,\n")
    assert counts(database, again)["unchanged"] == 2
    assert order(database, id, "undo").state == "undone"
    assert everybody(database) == before


def test_an_undo_leaves_what_somebody_changed_since(database: Database) -> None:
    ana = make(database, name="Ana", addresses=["+38640111222"])
    id = compared(database, "phone,name,language\n040111222,Ana Čopič,sl\n031555666,Bor,sl\n")
    order(database, id, "apply")
    customers.change(database.writer, Wish({"name": "Ana Č."}, "bo", NOW, None, ana))
    bor = next(row for row in lines(database, id) if row.line == 3).customer_id
    customers.change(database.writer, Wish({"channel": "email"}, "bo", NOW, None, bor))
    order(database, id, "undo")
    people = everybody(database)
    assert (people["Ana Č."]["language"], people["Bor"]["channel"]) == (None, "email")
    assert [row.why for row in lines(database, id)] == [
        "kept: name, which somebody changed since",
        "kept: somebody changed this customer since",
    ]


def test_an_import_can_be_undone_for_a_day_only(database: Database) -> None:
    id = compared(database, "phone\n031555666\n")
    with pytest.raises(Conflict):
        order(database, id, "undo")
    order(database, id, "apply")
    with pytest.raises(Conflict, match="a day only"):
        order(database, id, "undo", NOW + timedelta(days=1, seconds=1))
    with pytest.raises(Conflict):
        order(database, id, "apply")


def test_what_happened_between_looking_and_applying_is_seen(database: Database) -> None:
    id = compared(database, "phone,name\n031555666,Ana\n040111222,Bor\n")
    make(database, name="Ana", addresses=["+38631555666"])
    first = make(database, name="Bor B.", addresses=["+38640111222"])
    order(database, id, "apply")
    assert set(everybody(database)) == {"Ana", "Bor"}
    told = {row.line: row for row in lines(database, id)}
    assert (told[2].verdict, told[2].why) == ("unchanged", "it is so already")
    assert (told[3].verdict, told[3].customer_id) == ("changed", first)


def test_a_kill_at_any_piece_is_gone_on_from(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "READ_AT_ONCE", 7)
    monkeypatch.setattr("smsgw.customers.importing.writing.AT_ONCE", 7)
    sheet = "phone,name\n" + "".join(f"040{100000 + place},P{place}\n" for place in range(40)) + "040100000,P0 again\n"
    id = upload(database, sheet)
    for event in ("", "apply", "undo"):
        if event:
            importing.order(database.writer, importing.Wish(id, event, "ana", NOW))
        pieces = 0
        while Importer(database).advance(clock, 0):  # a new process for each piece
            pieces += 1
        assert pieces >= 6
        if event == "apply":
            with database.reading() as conn:
                assert conn.scalar(select(func.count()).select_from(customer)) == 40
    assert counts(database, id) == {
        "new": 40, "changed": 0, "unchanged": 0, "invalid": 1, "opted_out": 0, "applied": 40, "undone": 40,
    }  # fmt: skip
    assert everybody(database) == {}


def test_two_who_work_on_one_import_do_each_line_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "READ_AT_ONCE", 5)
    monkeypatch.setattr("smsgw.customers.importing.writing.AT_ONCE", 5)
    id = upload(database, "phone\n" + "".join(f"040{100000 + place}\n" for place in range(23)))
    one, other = Importer(database), Importer(database)
    for event in ("", "apply", "undo"):
        if event:
            importing.order(database.writer, importing.Wish(id, event, "ana", NOW))
        while one.advance(clock, 0) or other.advance(clock, 0):
            pass
    assert (counts(database, id)["new"], counts(database, id)["applied"], counts(database, id)["undone"]) == (23,) * 3
    with database.reading() as conn:
        added = select(func.count()).where(history.c.record == "customer", history.c.event == "created")
        assert conn.scalar(added) == 23


def test_hundreds_of_lines_are_applied_as_each_says(database: Database) -> None:
    fields.define(database.writer, Field("city", "City", "text"), NOW)
    known = make(database, name="Ana", addresses=["+38640100000"])
    names = ["Ana", "O'Brien, %s", 'Dva "rekla"', "فاطمه", "Юля 🙂"]
    sheet = "phone\temail\tname\tcity\ttags\n" + "".join(
        f"040{100000 + place}\tp{place}@b.si\t{names[place % 5]}\tKoper\tnew, vip\n" for place in range(60)
    )
    id = compared(database, sheet)
    order(database, id, "apply")
    told = lines(database, id)
    assert [row.customer_id for row in told if row.verdict == "changed"] == [known]
    assert {row.applied_at for row in told} == {NOW}
    assert {row.why for row in told} == {None}
    with database.reading() as conn:
        people = customers.many(conn, [row.customer_id for row in told])
    assert [person.row.name for person in people] == [names[place % 5] for place in range(60)]
    assert all(person.told()["fields"] == {"city": "Koper"} and person.tags == ["new", "vip"] for person in people)
    assert people[59].told()["addresses"] == ["+38640100059", "p59@b.si"]
    assert {person.row.created_at for person in people} == {NOW}
    assert order(database, id, "undo").state == "undone"
    assert set(everybody(database)) == {"Ana"}


def test_consent_needs_its_proof_and_a_purchase_is_none(database: Database) -> None:
    with database.exclusive() as conn:
        consent_categories.keep(conn, Category("school", {"sl": "Šolske potrebščine"}), "test", NOW)
    head = "phone,consent,consent source,consent date,consent words\n"
    sheet = head + (
        "040111222,school,paper form,2026-03-01,I agree to news about school supplies\n"
        "040111223,Šolske potrebščine,web,1.3.2026,Soglašam z obvestili o ponudbi\n"
        "040111224,school,,,\n"
        "040111225,school,shop,2026-03-01,bought a pencil in our shop\n"
        "040111226,school,račun 17,2026-03-01,kupec\n"
        "040111227,wine,form,2026-03-01,I agree\n"
        "040111228,school,form,2030-03-01,I agree\n"
        "040111229,no,,,\n"
    )
    id = compared(database, sheet)
    why = {row.line: row.why for row in lines(database, id)}
    assert [why[line] for line in (2, 3, 9)] == [None, None, None]
    assert "consent_source, consent_at, consent_words is missing" in why[4]
    assert "is no consent" in why[5]
    assert "is no consent" in why[6]
    assert "no category of consent 'wine'" in why[7]
    assert "future" in why[8]
    order(database, id, "apply")
    numbers = [f"+3864011122{last}" for last in range(2, 10)]
    with database.reading() as conn:
        assert consent.allowed(conn, numbers, "marketing", "school", NOW) == set(numbers[:2])
        (said,) = consent.ledger(conn, numbers[:1]).values()
    assert (said[0]["source"], said[0]["at"].date().isoformat()) == ("import", "2026-03-01")
    assert said[0]["note"].startswith("source: paper form; imp_")
    order(database, id, "undo")
    with database.reading() as conn:
        assert consent.allowed(conn, numbers, "marketing", "school", NOW) == set()


def test_an_old_list_does_not_undo_a_stop_and_does_not_bring_the_forgotten_back(database: Database) -> None:
    with database.exclusive() as conn:
        consent_categories.keep(conn, Category("school", {"en": "School"}), "test", NOW)
        withdraw(conn, [Statement("+38640111222", False, "STOP", NOW - timedelta(days=9), "sms", "a")], NOW)
        consent_suppression.suppress(conn, ["+38640111223"], FORGOTTEN, "ana", NOW, reach="marketing", hinted=False)
    proof = {"consent": "school", "consent_source": "form", "consent_at": "2026-01-01", "consent_words": "I agree"}
    id = compared(database, "phone\n040111222\n040111223\n", consent=proof)
    assert [row.verdict for row in lines(database, id)] == ["new", "invalid"]
    assert "forgotten at their own wish" in lines(database, id)[1].why
    order(database, id, "apply")
    with database.reading() as conn:
        assert consent.allowed(conn, ["+38640111222"], "marketing", "school", NOW) == set()
        assert len(customers.listing(conn, 10)) == 1


def test_a_number_of_two_people_is_told(database: Database) -> None:
    one = make(database, addresses=["+38640111222"])
    two = make(database, addresses=["a@b.si"])
    id = compared(database, "phone,email\n040111222,a@b.si\n")
    (row,) = lines(database, id)
    assert row.verdict == "invalid"
    assert one in row.why
    assert two in row.why


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_sheets_of_every_kind_say_the_same(database: Database) -> None:
    rows = [["Ime", "Telefon", "Rojstni dan"], ["Žiga Čeh", "040 111 222", "3.5.1990"], ['Š, "D"', "+38631555666", ""]]
    fields.define(database.writer, Field("birthday", "Rojstni dan", "date"), NOW)
    texts: list[bytes] = []
    for delimiter in ",;\t":
        cells = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
        text = "\r\n".join(delimiter.join(row) for row in cells)
        texts += [text.encode(encoding) for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1250")]
        texts.append(f"sep={delimiter}\r\n{text}".encode())
    texts.append(workbook([rows[0], ["Žiga Čeh", 38640111222, datetime(1990, 5, 3)], ['Š, "D"', "+38631555666", None]]))
    for content in texts:
        id = compared(database, content)
        told = [row.told for row in lines(database, id)]
        assert told[0]["name"] == "Žiga Čeh", content[:60]
        assert told[0]["addresses"] == ["+38640111222"] or told[0]["addresses"] == ["38640111222"]
        assert told[0]["fields"] == {"birthday": "1990-05-03"}
        assert told[1]["name"] == 'Š, "D"'
        importing.order(database.writer, importing.Wish(id, "discard", "ana", NOW))


def test_cyrillic_sheets_of_old_programs_are_read() -> None:
    text = "имя;телефон\nАнна Иванова;+7 912 345 67 89\nПётр;+7 912 345 67 90\n"
    for encoding in ("cp1251", "koi8_r", "utf-8"):
        sheet = open_sheet(text.encode(encoding))
        assert [cells[0] for _, cells in sheet.rows()] == ["имя", "Анна Иванова", "Пётр"], encoding


def test_a_sheet_without_headings_is_understood_by_its_cells(database: Database) -> None:
    id = compared(database, "Ana Čopič;040 111 222;ana@example.com\nBor;031 555 666;\n")
    assert [row.told["name"] for row in lines(database, id)] == ["Ana Čopič", "Bor"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sheet_empty"),
        (b"  \n\n", "sheet_empty"),
        (b"a;b\n1;2\n", "addresses_missing"),
        (b"\xd0\xcf\x11\xe0old", "sheet_unreadable"),
        (b"PK\x03\x04damaged", "sheet_unreadable"),
    ],
)
def test_what_is_no_list_of_people_is_told_at_once(database: Database, content: bytes, code: str) -> None:
    with pytest.raises(BadInput) as problem:
        upload(database, content)
    assert problem.value.faults[0].code == code


def test_a_sheet_that_breaks_off_has_failed_and_says_where(database: Database) -> None:
    id = upload(database, b"phone\n040111222\n" + b"x" * 70_000 + b"\xff\n", encoding="utf-8-sig")
    row = Importer(database).finish(id, clock)
    assert row.state == "failed"
    assert "octet that is not utf-8-sig" in row.why


def test_a_person_says_which_column_is_what(database: Database) -> None:
    with pytest.raises(BadInput) as problem:
        upload(database, "Kontakt,X\n040111222,Ana\n", columns={"Y": "name", "X": "shoe"})
    assert [fault.code for fault in problem.value.faults] == ["column_unknown", "target_unknown"]
    fields.define(database.writer, Field("city", "Home town", "text"), NOW)
    id = compared(database, "phone,field.city\n040111222,Kranj\n")
    assert lines(database, id)[0].told["fields"] == {"city": "Kranj"}
    id = compared(database, "Kontakt,X\n040111222,Ana\n", columns={"Kontakt": "phone", "X": "name"})
    assert lines(database, id)[0].told["name"] == "Ana"


def test_what_stood_in_a_sheet_is_forgotten_after_a_while(database: Database) -> None:
    id = compared(database, "phone\n040111222\n12\n")
    order(database, id, "apply")
    with database.exclusive() as conn:
        assert importing.forget_lines(conn, [NOW]) == [0]
        assert importing.forget_lines(conn, [NOW + timedelta(seconds=1)]) == [2]
    assert [(row.told, row.why) for row in lines(database, id)] == [(None, None), (None, None)]
    assert counts(database, id)["applied"] == 1
