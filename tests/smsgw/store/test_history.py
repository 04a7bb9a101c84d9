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


@pytest.mark.parametrize("kinds", [1, 2, history.GROUPS, history.GROUPS + 1, 9])
def test_each_records_lines_stay_in_order_however_many_reasons_there_are(database: Database, kinds: int) -> None:
    births = [birth(f"m{n:02}", "accept", "admit") for n in range(2 * kinds + 1)]
    for number, one in enumerate(births):
        one.events = [(event, f"because of {number % kinds}") for event, _ in one.events]
    begun(database, *births)
    with database.reading() as conn:
        for number in range(len(births)):
            assert told(conn, f"m{number:02}") == [
                ("accept", None, "accepted", f"because of {number % kinds}"),
                ("admit", "accepted", "queued", f"because of {number % kinds}"),
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


def test_records_that_are_born_together_keep_each_its_lines_in_order(database: Database) -> None:
    held = history.Birth(birth("m2").values, [("accept", "another asked"), ("hold", "because of admit")])
    late = history.Birth(birth("m3").values, [("accept", "a third asked"), ("admit", "because of admit")])
    claimed = history.Birth(
        birth("m4", claimed_at=NOW).values,
        [("accept", "because of accept"), ("admit", "because of admit"), ("claim", "a sends it")],
        by="a",
    )
    plain = birth("m1", "accept", "admit", claimed_at=None)
    births = [plain, *(history.Birth({"claimed_at": None, **b.values}, b.events, b.by) for b in (held, late, claimed))]
    assert begun(database, *births) == ["queued", "held", "queued", "sending"]
    with database.reading() as conn:
        assert [line[0] for line in told(conn, "m3")] == ["accept", "admit"]
        assert [line[3] for line in told(conn, "m2")] == ["another asked", "because of admit"]
        assert [line[2] for line in told(conn, "m4")] == ["accepted", "queued", "sending"]
        by = select(lines.c.by).where(lines.c.record_id == "m4").order_by(lines.c.id)
        assert list(conn.scalars(by)) == ["test", "test", "a"]


CLAIM = history.Together(MESSAGE, "claim", "queued", sets=("claimed_at",), where=(message.c.parts == 1,))


def claimed_together(database: Database, *ids: str) -> list[str]:
    with database.exclusive() as conn:
        return sorted(CLAIM.move(conn, ids, "a sends it", {"claimed_at": NOW}, by="a", now=NOW))


def test_what_moves_together_moves_only_from_its_state_and_each_with_its_line(database: Database) -> None:
    begun(database, birth("m1", "accept", "admit"), birth("m2", "accept"), birth("m3", "accept", "admit", parts=2))
    begun(database, birth("m4", "accept", "admit"))
    assert claimed_together(database, "m1", "m2", "m3", "m4", "m5") == ["m1", "m4"]
    assert claimed_together(database, "m1", "m4") == []
    assert claimed_together(database) == []
    with database.reading() as conn:
        assert told(conn, "m1")[2:] == [("claim", "queued", "sending", "a sends it")]
        assert len(told(conn, "m2")) == 1
        states = conn.execute(select(message.c.id, message.c.state, message.c.why).order_by(message.c.id)).all()
    assert [row.state for row in states] == ["sending", "accepted", "queued", "sending"]
    assert states[0].why == "a sends it"


def test_a_move_that_the_life_does_not_have_cannot_be_prepared() -> None:
    with pytest.raises(ValueError, match="a message cannot claim when sent"):
        history.Together(MESSAGE, "claim", "sent")
