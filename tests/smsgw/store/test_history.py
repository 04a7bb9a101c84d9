"""States move only as allowed, once, and with a line that says why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from smsgw.store import history
from smsgw.store.database import Database
from smsgw.store.lifecycle import MESSAGE
from smsgw.store.tables import history as lines
from smsgw.store.tables import message

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def birth(id: str, *events: str, **values: Any) -> history.Birth:
    row = {
        "id": id, "client": "t", "recipient": "+38640111222", "text": "x", "encoding": "gsm7", "parts": 1,
        "priority": 5, "purpose": "transactional", "on_unsure": "resend", "link": "a", "created_at": NOW,
        "due_at": NOW, "valid_until": NOW, "attempts": 0,
    }  # fmt: skip
    return history.Birth(row | values, [(event, f"because of {event}") for event in events])


def begun(database: Database, *births: history.Birth) -> list[str]:
    with database.exclusive() as conn:
        return history.begin(conn, MESSAGE, births, by="test", now=NOW)


def moved(database: Database, event: str, *steps: history.Step) -> list[str | None]:
    with database.exclusive() as conn:
        return history.move(conn, MESSAGE, event, steps, by="test", now=NOW)


def told(conn: Connection, id: str) -> list[tuple[Any, ...]]:
    query = select(lines.c.event, lines.c.was, lines.c.now, lines.c.why).where(lines.c.record_id == id)
    return [tuple(row) for row in conn.execute(query.order_by(lines.c.id))]


def test_a_record_is_born_in_the_state_its_events_lead_to_with_a_line_for_each(database: Database) -> None:
    assert begun(database, birth("m1", "accept", "admit")) == ["queued"]
    with database.reading() as conn:
        assert conn.scalar(select(message.c.state)) == "queued"
        assert told(conn, "m1") == [
            ("accept", None, "accepted", "because of accept"),
            ("admit", "accepted", "queued", "because of admit"),
        ]


def test_a_birth_with_an_event_that_is_not_allowed_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="cannot deliver when accepted"):
        begun(database, birth("m1", "accept", "deliver"))


def test_a_move_that_the_state_forbids_does_not_happen_and_says_so(database: Database) -> None:
    begun(database, birth("m1", "accept"))
    assert moved(database, "deliver", history.Step("m1", "no")) == [None]
    with database.reading() as conn:
        assert conn.scalar(select(message.c.state)) == "accepted"
        assert len(told(conn, "m1")) == 1


def test_a_batch_moves_each_by_its_own_right(database: Database) -> None:
    begun(database, birth("m1", "accept", "admit"), birth("m2", "accept"), birth("m3", "accept", "admit"))
    steps = [history.Step(id, "go", {"claimed_at": NOW}) for id in ("m1", "m2", "m3", "m4")]
    assert moved(database, "claim", *steps) == ["queued", None, "queued", None]
    with database.reading() as conn:
        rows = conn.execute(select(message.c.id, message.c.state, message.c.claimed_at).order_by(message.c.id))
        assert [tuple(row) for row in rows] == [
            ("m1", "sending", NOW),
            ("m2", "accepted", None),
            ("m3", "sending", NOW),
        ]


def test_a_record_named_twice_in_a_batch_moves_once(database: Database) -> None:
    begun(database, birth("m1", "accept"))
    steps = [history.Step("m1", "first"), history.Step("m1", "second")]
    assert moved(database, "admit", *steps) == ["accepted", None]
    with database.reading() as conn:
        assert [line[3] for line in told(conn, "m1")] == ["because of accept", "first"]


def test_changes_that_differ_between_records_reach_each_its_own(database: Database) -> None:
    begun(database, *(birth(f"m{n}", "accept", "admit") for n in range(4)))
    steps = [history.Step(f"m{n}", "moved", {"link": "b" if n < 2 else "c", "trace": [f"t{n}"]}) for n in range(4)]
    moved(database, "reroute", *steps)
    with database.reading() as conn:
        rows = conn.execute(select(message.c.link, message.c.trace).order_by(message.c.id))
        assert [tuple(row) for row in rows] == [("b", ["t0"]), ("b", ["t1"]), ("c", ["t2"]), ("c", ["t3"])]


def test_a_note_moves_nothing(database: Database) -> None:
    begun(database, birth("m1", "accept"))
    with database.exclusive() as conn:
        history.note(conn, MESSAGE, "seen", [history.Step("m1", "looked")], by="test", now=NOW)
    with database.reading() as conn:
        assert told(conn, "m1")[-1] == ("seen", "accepted", "accepted", "looked")


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "whim"},
        {"priority": 10},
        {"parts": 0},
        {"link": None},
        {"final_at": NOW},
        {"claimed_at": NOW},
        {"message_class": 4},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_an_illegal_row_cannot_be_stored(database: Database, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        begun(database, birth("m1", "accept", "admit", **wrong))
