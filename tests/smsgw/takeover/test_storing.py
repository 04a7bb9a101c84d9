"""What is brought is history and stays it: in final states, once, for the right people, sent and told to nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from smsgw.customers import customers, timeline
from smsgw.customers.consent import suppression
from smsgw.store.lifecycle import MESSAGE
from smsgw.store.tables import consent, customer, group_member, history, inbound, message
from smsgw.store.tables import part as parts_of
from smsgw.takeover.found import Contact, Note, Received, Sent, Stop
from tests.smsgw.takeover.conftest import NOW

THEN = NOW - timedelta(days=400)
ANA = "+38640111222"
STATES = ("delivered", "undelivered", "failed", "expired", "sent")
THINGS = [
    *(Sent(f"row {state}", f"sentitems:{state}", "040 111 222", f"Živjo {state}", THEN, state) for state in STATES),
    Sent("row x", "sentitems:x", "not a number", "?", THEN),
    Received("row 1", "inbox:1", ANA, "Dober dan", THEN + timedelta(hours=1)),
    Received("row 2", "inbox:2", "BANKA", "Stanje", THEN),
    Contact("row 3", "Ana Novak", "040111222", groups=("Stranke",)),
    Stop("row 4", "+38640111333", "STOP"),
    Note("row 5", "nobody knows what this is"),
]


def test_messages_are_final_have_no_parts_and_nobody_is_told(database: Any, brought: Any) -> None:
    report = brought(THINGS)
    with database.reading() as conn:
        rows = conn.execute(select(message)).mappings().all()
        lines = conn.scalar(select(func.count()).where(history.c.record.in_(("message", "inbound"))))
        pieces = conn.scalar(select(func.count()).select_from(parts_of))
        texts = conn.execute(select(inbound).order_by(inbound.c.id)).all()
    assert {row["state"] for row in rows} == {"delivered", "undelivered", "failed", "expired"}
    assert {row["state"] for row in rows} <= MESSAGE.final
    assert {(row["client"], row["recipient"], row["created_at"]) for row in rows} == {("import:gammu", ANA, THEN)}
    assert all(row["metadata"]["imported"]["from"] == "gammu" for row in rows)
    assert (lines, pieces) == (0, 0)
    assert [(one.sender, one.state) for one in texts] == [("BANKA", "handled"), (ANA, "handled")]
    assert dict(report.added) == {
        "sent texts": 5, "received texts": 2, "customers": 1, "members of groups": 1, "stops (everything)": 1,
    }  # fmt: skip
    assert [note.where for note in report.notes] == ["row x", "row 5"]


def test_a_second_time_adds_nothing(database: Any, brought: Any) -> None:
    first = brought(THINGS)
    again = brought(THINGS)
    assert not again.added
    assert again.known["sent texts"] == first.added["sent texts"]
    with database.reading() as conn:
        assert conn.scalar(select(func.count()).select_from(message)) == 5
        assert conn.scalar(select(func.count()).select_from(inbound)) == 2
        assert conn.scalar(select(func.count()).select_from(group_member)) == 1


def test_the_same_name_of_another_gateway_is_another_message(brought: Any) -> None:
    brought([Sent("row", "sentitems:1", ANA, "one", THEN)])
    assert brought([Sent("row", "sentitems:1", ANA, "another", THEN)]).added["sent texts"] == 1


def test_looking_stores_nothing(database: Any, brought: Any) -> None:
    looked = brought(THINGS, dry=True)
    assert looked.added == brought(THINGS).added
    assert not +brought(THINGS, dry=True).added
    with database.reading() as conn:
        assert conn.scalar(select(func.count()).select_from(message)) == 5


def test_it_stands_in_the_past_of_the_customer(database: Any, brought: Any) -> None:
    brought(THINGS)
    with database.reading() as conn:
        [row] = [one for number, one in customers.of(conn, [ANA]).items()]
        past = timeline.read(conn, customers.get(conn, row.id))
    assert row.name == "Ana Novak"
    assert [one.text for one in past.entries if one.kind == "inbound"] == ["Dober dan"]
    assert len([one for one in past.entries if one.kind == "message"]) == 5


def test_nobody_is_taken_to_have_agreed_and_who_said_stop_is_left_alone(database: Any, brought: Any) -> None:
    brought(THINGS)
    with database.reading() as conn:
        assert conn.scalar(select(func.count()).select_from(consent)) == 0
        assert conn.scalar(select(func.count()).select_from(customer)) == 1
        assert suppression.suppressed(conn, ["+38640111333"])["+38640111333"].reach == "everything"
