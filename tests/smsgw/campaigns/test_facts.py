"""What texts say of the one who gets them: fields, and facts from the orders, in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from smsgw.campaigns import facts
from smsgw.campaigns.facts import Person
from smsgw.customers import customers, fields
from smsgw.store import history
from smsgw.store.ids import new_id
from smsgw.store.lifecycle import ORDER
from smsgw.store.tables import order_line, order_revision
from tests.smsgw.campaigns.town import NOON, Town


def order(town: Town, number: str, lines: list[tuple[str, int, int]], at: datetime, *, confirmed: bool = True) -> None:
    """An order of these (product, thousandths, millionths)."""
    town.count += 1
    id = new_id("ord", at)
    row = {
        "id": id, "number": town.count, "address": number, "language": "sl", "revision": 1, "unclear": 0,
        "total": sum(amount for _, _, amount in lines), "currency": "EUR", "created_at": at, "asked_at": at,
        "link": "a", "confirmed_at": at if confirmed else None, "confirmed_revision": 1 if confirmed else None,
        "proof": {"words": "da"} if confirmed else None, "lapses_at": None if confirmed else at + timedelta(days=3),
    }  # fmt: skip
    events = [("take", "asked"), *([("confirm", "yes")] if confirmed else [])]
    told = [
        {"order_id": id, "revision": 1, "position": place, "sku": name, "name": name, "unit": "pcs",
         "quantity": quantity, "amount": amount, "currency": "EUR", "spans": [], "how": "named"}
        for place, (name, quantity, amount) in enumerate(lines, 1)
    ]  # fmt: skip

    def store(conn: Any) -> None:
        history.begin(conn, ORDER, [history.Birth(row, events)], by="test", now=at)
        revision = {"order_id": id, "revision": 1, "words": "x", "by": "test", "at": at}
        conn.execute(insert(order_revision).values(**revision))
        conn.execute(insert(order_line), told)

    town.do(store)


@pytest.fixture
def fresh_store_url(tmp_path: Path) -> str:
    """One engine is enough here: its neighbours ask the other one the same questions."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def ana(town: Town) -> Person:
    """Somebody with three orders: bread twice, and one that was never confirmed."""
    fields.define(town.database.writer, fields.Field("birthday", "Birthday", "date"), NOON)
    [number] = town.people(1, name="Ana Novak", fields={"birthday": "1990-05-07"})
    order(town, number, [("Kruh", 1000, 2_400_000)], NOON - timedelta(days=9))
    order(town, number, [("Kruh", 2000, 5_000_000), ("Mleko", 1000, 1_100_000)], NOON - timedelta(days=2))
    order(town, number, [("Torta", 1000, 30_000_000)], NOON - timedelta(days=1), confirmed=False)
    with town.database.reading() as conn:
        row = customers.of(conn, [number])[number]
    return Person(row.id, number, "sl", row.name, row.fields)


def told(town: Town, one: Person, *names: str) -> list[str | None]:
    with town.database.reading() as conn:
        [values] = facts.values(conn, [one], names, "sl")
    return [values[name] for name in names]


def test_the_last_order_and_the_usual_are_told_with_what_they_cost(town: Town, ana: Person) -> None:
    assert told(town, ana, "last_order", "last_order_date", "last_order_cost") == [
        "2× Kruh, Mleko",
        "22. 11. 2026",
        "6,10 €",
    ]
    assert told(town, ana, "usual", "usual_cost", "branch") == ["Kruh", "5,00 €", "a"]


def test_names_and_fields_are_told(town: Town, ana: Person) -> None:
    assert told(town, ana, "first_name", "name", "birthday") == ["Ana", "Ana Novak", "7. 5. 1990"]


def test_it_is_written_as_the_reader_writes(town: Town, ana: Person) -> None:
    english = Person(ana.customer_id, ana.address, "en-GB", ana.name, ana.fields)
    assert told(town, english, "last_order_cost", "birthday") == ["€6.10", "May 7, 1990"]


def test_who_never_ordered_has_none_of_this(town: Town) -> None:
    [number] = town.people(1)
    with town.database.reading() as conn:
        row = customers.of(conn, [number])[number]
    assert told(town, Person(row.id, number), "last_order", "usual", "usual_cost", "branch") == [None] * 4
    assert told(town, Person(None, number), "usual", "first_name") == [None, ""]


def test_a_campaign_speaks_of_the_usual_and_the_year_ends_in_quiet(town: Town, ana: Person) -> None:
    town.desk.now = datetime(2026, 12, 31, 21, tzinfo=UTC)
    text = 'Kot po navadi {{ usual|default:"kruh" }} za {{ usual_cost|default:"malo" }}? STOP'
    id = town.started(texts={"sl": text}, terms={"expires_in": 4 * 86_400})
    town.run()
    [message] = town.messages(id)
    assert message.text == "Kot po navadi Kruh za 5,00 €? STOP"
    assert (message.state, f"{message.due_at:%m-%d %H}") == ("held", "01-03 07")  # the 1st and 2nd are holidays
