"""A message for a free link is claimed in the transaction that stores it; every other one waits in the queue."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from smsgw.errors import QueueFull, RefusedByPolicy
from smsgw.outbound.submit import Accepted, Asked
from smsgw.store.tables import history
from tests.smsgw.desk import Desk

LONG = "0123456789" * 40  # three parts


def roomy(desk: Desk, parts: int = 10) -> Desk:
    desk.hands["a"].room = parts
    return desk


def test_a_text_for_a_free_link_is_stored_and_claimed_at_once_and_goes_out_with_its_commit(desk: Desk) -> None:
    id = roomy(desk).submit(sender="INFO")
    [wire] = desk.hands["a"].sent
    assert (wire.message_id, wire.to, wire.sender, wire.user_data) == (id, "+38640111222", "INFO", b"hello")
    assert desk.events(id) == ["accept", "admit", "claim"]
    row, [part] = desk.row(id), desk.parts(id)
    assert (row.state, row.why, row.attempts, row.claimed_at) == ("sending", "a sends it", 1, desk.now)
    assert (part.written_at, part.link, part.answer) == (desk.now, "a", None)
    assert desk.claim() == [], "what the door has claimed is nobody else's"
    assert desk.woken == []


def test_its_history_says_who_did_what(desk: Desk) -> None:
    id = roomy(desk).submit()
    with desk.database.reading() as conn:
        by = list(conn.scalars(select(history.c.by).where(history.c.record_id == id).order_by(history.c.id)))
    assert by == ["door", "door", "a"]


def test_its_answer_and_receipt_settle_it_like_any_other(desk: Desk) -> None:
    id = roomy(desk).submit()
    desk.taken(desk.hands["a"].sent[0], "r1")
    desk.receipt("r1")
    assert desk.events(id) == ["accept", "admit", "claim", "hand_over", "deliver"]


def test_a_crash_before_the_answer_leaves_it_unsure(desk: Desk) -> None:
    id = roomy(desk).submit()
    assert desk.database.writer.do(desk.handover.recover, ("a", desk.now)) == 1
    assert desk.state(id) == "unsure"


def test_a_long_text_goes_at_once_only_if_all_its_parts_have_room(desk: Desk) -> None:
    waits = roomy(desk, 2).submit(text=LONG)
    assert (desk.state(waits), desk.hands["a"].sent, desk.woken) == ("queued", [], ["a"])
    goes = roomy(desk, 3).submit(text=LONG + "!")
    assert desk.state(goes) == "sending"
    assert [wire.position for wire in desk.hands["a"].sent] == [1, 2, 3]


def test_in_a_batch_as_many_go_at_once_as_have_room(desk: Desk) -> None:
    roomy(desk, 2)
    told = desk.door.submit_many([Asked("+38640111222", f"text {n}", "test") for n in range(4)])
    assert [one.row["state"] for one in told if isinstance(one, Accepted)] == ["sending"] * 2 + ["queued"] * 2
    assert [len(desk.hands["a"].sent), desk.woken] == [2, ["a"]]
    waiting = [one.row["id"] for one in told[2:] if isinstance(one, Accepted)]
    assert [wire.message_id for wire in desk.claim()] == waiting


def test_a_planned_text_is_not_claimed(desk: Desk) -> None:
    id = roomy(desk).submit(send_at=desk.now + timedelta(hours=1))
    assert (desk.state(id), desk.hands["a"].room, desk.woken) == ("held", 10, [])


def test_what_the_gate_refuses_takes_no_room(desk: Desk) -> None:
    roomy(desk).submit(text="twice")
    with pytest.raises(RefusedByPolicy):
        desk.submit(text="twice")
    assert desk.hands["a"].room == 9


def test_a_transaction_that_is_undone_gives_the_room_back_and_sends_nothing(desk: Desk) -> None:
    roomy(desk)
    blocked, go_on = threading.Event(), threading.Event()

    def wait(conn: Connection, batch: list[None]) -> list[None]:
        blocked.set()
        go_on.wait(120)
        return batch

    def fail(conn: Connection, batch: list[None]) -> list[None]:
        raise QueueFull("nothing of this transaction stands", retry_after=1)

    writer = desk.database.writer
    writer.put(wait, None)
    blocked.wait(90)
    stored = desk.door.ask(Asked("+38640111222", "hello", "test"))
    failed = writer.put(fail, None)
    go_on.set()
    row = stored.result(90).row
    assert isinstance(failed.exception(90), QueueFull)
    assert [len(desk.hands["a"].undone), len(desk.hands["a"].sent), desk.hands["a"].room] == [1, 1, 9]
    assert desk.events(row["id"]) == ["accept", "admit", "claim"]
