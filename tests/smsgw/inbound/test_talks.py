"""A call at the desk: told by a telephone system, taken once, written down, and its promise kept by an inquiry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from smsgw.access import accounts
from smsgw.errors import BadInput, Conflict
from smsgw.inbound import talk_report, talks
from smsgw.inbound.inquiries import inquiries
from smsgw.inbound.talks import Outcome, Told
from smsgw.store import schema
from smsgw.store.database import Database
from tests.smsgw.desk import Desk

ANA, BOR = "+38640111222", "+38640333444"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Desk]:
    """A desk on SQLite; the tests with `desk` see every statement on both engines."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    schema.upgrade(database)
    yield Desk(database)
    database.close()


def tell(desk: Desk, status: str = "ringing", number: str | None = "040 111 222", **more: Any) -> str:
    given: dict[str, Any] = {"source": "pbx", "direction": "in", "at": desk.now, "reference": "7"} | more
    return talks.tell(desk.database.writer, Told(number=number, status=status, **given), "SI")


def row(desk: Desk, id: str) -> Any:
    with desk.database.reading() as conn:
        return talks.get(conn, id)


def test_what_is_told_under_one_reference_is_one_call_that_goes_on(office: Desk) -> None:
    id = tell(office)
    assert (row(office, id).state, row(office, id).number) == ("ringing", ANA)
    office.later(seconds=8)
    assert tell(office, "answered", agent="acc_1") == id
    office.later(minutes=3)
    assert tell(office, "ended") == tell(office, "ended") == id
    told = row(office, id)
    assert (told.state, told.agent, told.ended_at - told.taken_at) == ("open", "acc_1", timedelta(minutes=3))
    assert office.events(id) == ["ring", "take", "hang_up"]
    with pytest.raises(Conflict, match="it is not missed"):
        tell(office, "missed")


def test_a_call_is_taken_by_one_person_and_what_nobody_takes_was_missed(office: Desk) -> None:
    id = tell(office)
    assert talks.take(office.database.writer, id, "acc_1", office.now) == id
    with pytest.raises(Conflict, match="is open"):
        talks.take(office.database.writer, id, "acc_2", office.now)
    late = tell(office, reference="8")
    office.later(seconds=121)
    assert [talks.miss(office.database, office.now), talks.miss(office.database, office.now)] == [1, 0]
    assert (row(office, late).state, row(office, id).state) == ("missed", "open")


def test_a_promise_becomes_an_inquiry_that_is_due_then_and_belongs_to_who_promised(desk: Desk) -> None:
    id, until = tell(desk, "answered"), desk.now + timedelta(hours=3)
    wish = Outcome(
        id, "acc_1", desk.now, "callback", "wants 200", promised="the price", promised_at=until, about="product"
    )
    talks.finish(desk.database.writer, wish)
    told = row(desk, id)
    assert (told.state, told.outcome, told.note, told.promised_at) == ("done", "callback", "wants 200", until)
    with desk.database.reading() as conn:
        promised = inquiries.require(conn, told.inquiry_id)
    assert (promised.address, promised.topic, promised.due_at, promised.assigned_to) == (ANA, "product", until, "acc_1")
    again = tell(desk, "answered", reference="9")
    sooner = Outcome(
        again, "acc_2", desk.now, "callback", promised="more", promised_at=until - timedelta(hours=1), about="product"
    )
    talks.finish(desk.database.writer, sooner)
    with desk.database.reading() as conn:
        kept = inquiries.require(conn, row(desk, again).inquiry_id)
    assert (kept.id, kept.due_at, kept.assigned_to) == (promised.id, until - timedelta(hours=1), "acc_1")


def test_everything_that_is_wrong_with_an_outcome_is_told_at_once(office: Desk) -> None:
    id = tell(office, "answered")
    with pytest.raises(BadInput) as wrong:
        talks.finish(office.database.writer, Outcome(id, "a", office.now, "sold", "x" * 5001, promised="it"))
    assert [fault.pointer for fault in wrong.value.faults] == ["/outcome", "/note", "/promised_at"]
    assert row(office, id).state == "open"


def test_calls_and_answers_are_counted_by_who_and_by_the_hour_of_the_wall(desk: Desk) -> None:
    ana = accounts.add(desk.database.writer, "ana", "agent", None, desk.now)
    id = tell(desk, "answered", agent=ana)
    talks.finish(desk.database.writer, Outcome(id, ana, desk.now, "solved", ended_at=desk.now + timedelta(minutes=4)))
    desk.later(hours=1)
    tell(desk, "missed", reference="8", number=None)
    desk.submit(BOR, "We are open.", client_ref="1")
    with desk.database.reading() as conn:
        told = talk_report.worked(conn, date(2026, 3, 1), date(2026, 3, 1), ZoneInfo("Europe/Ljubljana"))
    assert {who: (line["calls_in"], line["missed"], line["minutes"]) for who, line in told.agents.items()} == {
        ana: (1, 0, 4),
        talk_report.NOBODY: (0, 1, 0),
    }
    assert [hour for hour, line in told.hours.items() if any(line.values())] == [13, 14]
    assert told.outcomes == {"solved": 1}
    assert sum(line["answers"] for line in told.agents.values()) == 0  # a program's message is nobody's answer
