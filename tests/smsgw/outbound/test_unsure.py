"""What may have gone out in several parts is settled by as many receipts that nobody owns, and by no fewer."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from smsgw.link import NoAnswer, ReceiptState, WirePart
from smsgw.outbound.unsure import Due
from smsgw.store.tables import part
from tests.smsgw.desk import Desk

LONG = "three parts of text " * 20
TO = "+38640111222"


def lose(desk: Desk, wire: list[WirePart]) -> None:
    """No answer comes to any of these."""
    for one in wire:
        desk.failed(one, NoAnswer("no answer in 30 s"))


def look(desk: Desk) -> None:
    """The clock looks, when every orphan is old enough and no policy is due."""
    desk.later(seconds=11)
    desk.database.writer.do(desk.unsure.look, Due(desk.now, wait=60))


def test_as_many_orphans_as_lost_parts_settle_the_message(desk: Desk) -> None:
    id = desk.submit(to=TO, text=LONG)
    lose(desk, desk.claim())
    for number in (3, 1, 2):
        desk.receipt(f"r{number}", recipient=TO)
    look(desk)
    assert desk.state(id) == "delivered"
    assert {part.reference for part in desk.parts(id)} == {"r1", "r2", "r3"}


def test_the_parts_that_were_answered_keep_their_own_receipts(desk: Desk) -> None:
    id = desk.submit(to=TO, text=LONG)
    first, *others = desk.claim()
    desk.taken(first, "r1")
    lose(desk, others)
    desk.receipt("r1", recipient=TO)
    desk.receipt("r2", recipient=TO)
    desk.receipt("r3", ReceiptState.UNDELIVERABLE, recipient=TO)
    look(desk)
    assert desk.state(id) == "undelivered"
    assert desk.parts(id)[0].reference == "r1"


@pytest.mark.parametrize("orphans", [1, 2, 4])
def test_fewer_or_more_orphans_than_lost_parts_settle_nothing(desk: Desk, orphans: int) -> None:
    id = desk.submit(to=TO, text=LONG)
    lose(desk, desk.claim())
    for number in range(orphans):
        desk.receipt(f"r{number}", recipient=TO)
    look(desk)
    assert desk.state(id) == "unsure"
    assert {part.answer for part in desk.parts(id)} == {"lost"}


def test_at_a_second_try_orphans_may_be_of_the_first_and_settle_nothing(desk: Desk) -> None:
    id = desk.submit(to=TO, text=LONG)
    lose(desk, desk.claim())
    desk.later(seconds=61)
    desk.database.writer.do(desk.unsure.look, Due(desk.now, wait=60))
    assert desk.state(id) == "queued"
    lose(desk, desk.claim())
    for number in range(3):
        desk.receipt(f"r{number}", recipient=TO)
    look(desk)
    assert desk.state(id) == "unsure"


def test_two_messages_to_one_number_share_no_orphans(desk: Desk) -> None:
    ids = [desk.submit(to=TO, text=f"{number} {LONG}") for number in range(2)]
    lose(desk, desk.claim())
    for number in range(6):
        desk.receipt(f"r{number}", recipient=TO)
    look(desk)
    assert [desk.state(id) for id in ids] == ["unsure", "unsure"]


def test_a_receipt_from_before_a_part_was_sent_is_not_of_that_part(desk: Desk) -> None:
    desk.receipts.shared = True
    desk.receipt("r1", recipient=TO)
    desk.later(seconds=30)
    id = desk.submit(to=TO)
    (wire,) = desk.claim()
    write = update(part).where(part.c.message_id == id)
    desk.taken(wire, "r2")
    with desk.database.exclusive() as conn:
        conn.execute(write.values(reference="r1"))
    look(desk)
    assert desk.state(id) == "sent"
