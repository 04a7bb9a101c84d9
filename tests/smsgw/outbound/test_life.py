"""The life of an outbound message, from the door to its last receipt, in every order that networks know."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smsgw.errors import Conflict, NotFound
from smsgw.link import (
    Health,
    LinkDown,
    LinkError,
    LinkState,
    Misconfigured,
    NoAnswer,
    ReceiptState,
    RecipientUnreachable,
    RejectedForGood,
    RejectedForNow,
    Throttled,
)
from smsgw.outbound import outbox
from smsgw.outbound.unsure import Due
from tests.smsgw.desk import Desk

LONG = "0123456789" * 40  # three parts


def test_a_text_is_queued_sent_and_delivered_with_a_line_for_each_step(desk: Desk) -> None:
    id = desk.submit()
    assert desk.state(id) == "queued"
    assert desk.woken == ["a"]
    [wire] = desk.claim()
    assert (wire.to, wire.user_data, desk.state(id)) == ("+38640111222", b"hello", "sending")
    desk.taken(wire, "r1")
    assert desk.state(id) == "sent"
    desk.receipt("r1")
    assert desk.state(id) == "delivered"
    assert desk.events(id) == ["accept", "admit", "claim", "hand_over", "deliver"]


def test_nothing_is_claimed_twice(desk: Desk) -> None:
    desk.submit()
    assert len(desk.claim()) == 1
    assert desk.claim() == []


def test_a_long_text_is_sent_with_its_last_part_and_delivered_with_its_last_receipt(desk: Desk) -> None:
    id = desk.submit(text=LONG)
    wires = desk.claim()
    assert [w.position for w in wires] == [1, 2, 3]
    for number, wire in enumerate(wires):
        assert desk.state(id) == "sending"
        desk.taken(wire, f"r{number}")
    assert desk.state(id) == "sent"
    for reference in ("r2", "r0"):
        desk.receipt(reference)
        assert desk.state(id) == "sent"
    desk.receipt("r1")
    assert desk.state(id) == "delivered"


def test_receipts_that_come_before_the_answers_to_their_sends_count(desk: Desk) -> None:
    id = desk.submit(text=LONG)
    wires = desk.claim()
    desk.receipt("r0")
    desk.receipt("r2")
    for number, wire in enumerate(wires):
        desk.taken(wire, f"r{number}")
    assert desk.state(id) == "sent"
    desk.receipt("r1")
    assert desk.state(id) == "delivered"


def test_one_part_that_does_not_arrive_makes_the_whole_undelivered_and_says_which(desk: Desk) -> None:
    id = desk.submit(text=LONG)
    for number, wire in enumerate(desk.claim()):
        desk.taken(wire, f"r{number}")
    desk.receipt("r0")
    desk.receipt("r1", ReceiptState.UNDELIVERABLE, error="027")
    desk.receipt("r2")
    assert desk.state(id) == "undelivered"
    assert desk.row(id).why == "1 of 3 parts did not arrive; part 2: the network says undeliverable: 027"


@pytest.mark.parametrize("first", [ReceiptState.DELIVERED, ReceiptState.UNDELIVERABLE])
def test_no_later_receipt_moves_a_final_state(desk: Desk, first: ReceiptState) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    desk.receipt("r1", first)
    state = desk.state(id)
    for later in (ReceiptState.ENROUTE, ReceiptState.DELIVERED, ReceiptState.UNDELIVERABLE, ReceiptState.EXPIRED):
        desk.receipt("r1", later)
    assert desk.state(id) == state
    assert desk.events(id).count("deliver") + desk.events(id).count("bounce") == 1


def test_a_receipt_that_decides_nothing_leaves_the_message_sent(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    for state in (ReceiptState.ENROUTE, ReceiptState.ACCEPTED, ReceiptState.UNKNOWN):
        desk.receipt("r1", state)
        assert desk.state(id) == "sent"


def test_a_receipt_over_another_link_is_not_ours(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    desk.receipt("r1", link="b")
    assert desk.state(id) == "sent"


def test_a_reference_used_again_speaks_of_the_newest_open_part(desk: Desk) -> None:
    ids = []
    for _ in range(2):
        ids.append(desk.submit(text=f"text {len(ids)}"))
        [wire] = desk.claim()
        desk.taken(wire, "77")
        desk.later(seconds=1)
    desk.receipt("77")
    assert [desk.state(id) for id in ids] == ["sent", "delivered"]
    desk.receipt("77")
    assert [desk.state(id) for id in ids] == ["delivered", "delivered"]


@pytest.mark.parametrize(
    ("error", "pause", "counted"),
    [
        (RejectedForNow("busy"), 10, 1),
        (RecipientUnreachable("phone is off"), 300, 1),
        (Throttled("slow down", after=7), 7, 0),
        (LinkDown("gone"), 0, 0),
        (Misconfigured("no service centre"), 0, 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, LinkError) else str(value),
)
def test_what_was_not_sent_goes_back_and_is_due_when_its_error_says(
    desk: Desk, error: LinkError, pause: float, counted: int
) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.failed(wire, error)
    row = desk.row(id)
    assert (row.state, row.attempts, row.due_at) == ("queued", counted, desk.now + timedelta(seconds=pause))
    assert error.says in row.why
    if pause:
        assert desk.claim() == []
    desk.later(seconds=pause)
    assert [w.message_id for w in desk.claim()] == [id]


def test_pauses_grow_and_after_the_last_attempt_it_has_failed(desk: Desk) -> None:
    id = desk.submit()
    for pause in (10, 20):
        [wire] = desk.claim()
        desk.failed(wire, RejectedForNow("busy", code="8"))
        assert desk.row(id).due_at == desk.now + timedelta(seconds=pause)
        desk.later(seconds=pause)
    [wire] = desk.claim()
    desk.failed(wire, RejectedForNow("busy", code="8"))
    assert desk.state(id) == "failed"
    assert desk.row(id).why == "given up after 3 tries; the last one: busy (8)"


def test_a_refusal_for_good_fails_at_once(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.failed(wire, RejectedForGood("no such number", code="0x0B"))
    assert (desk.state(id), desk.row(id).why) == ("failed", "no such number (0x0B)")


def test_a_second_attempt_sends_only_the_parts_without_a_reference(desk: Desk) -> None:
    id = desk.submit(text=LONG)
    one, two, three = desk.claim()
    desk.taken(one, "r1")
    desk.failed(two, LinkDown("gone"))
    assert desk.state(id) == "sending"
    desk.taken(three, "r3")
    assert desk.state(id) == "queued"
    [again] = desk.claim()
    assert (again.position, again.user_data, again.udh) == (2, two.user_data, two.udh)
    desk.taken(again, "r2")
    assert desk.state(id) == "sent"


def test_urgent_messages_overtake_and_equals_keep_their_order(desk: Desk) -> None:
    first = desk.submit(text="first")
    second = desk.submit(text="second")
    urgent = desk.submit(text="urgent", priority=9)
    assert [w.message_id for w in desk.claim(most=2)] == [urgent, first]
    assert [w.message_id for w in desk.claim()] == [second]


def test_a_claim_takes_no_more_parts_than_the_link_has_room_for(desk: Desk) -> None:
    ids = [desk.submit(text=f"{LONG}{n}") for n in range(3)] + [desk.submit(text="short")]
    claims = [desk.claim(most=most) for most in (7, 2, 2)]
    assert [[wire.message_id for wire in wires] for wires in claims] == [
        [ids[0]] * 3 + [ids[1]] * 3,
        [ids[2]] * 3,
        [ids[3]],
    ]


def test_a_lost_answer_is_unsure_and_its_receipt_settles_it(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.failed(wire, NoAnswer("no answer in 30 s"))
    assert desk.state(id) == "unsure"
    desk.receipt("somebody", recipient="+38640111222")
    desk.later(seconds=11)
    desk.database.writer.do(desk.unsure.look, Due(desk.now, wait=60))
    assert desk.state(id) == "delivered"


def test_an_answer_that_comes_after_all_settles_an_unsure_message(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.failed(wire, NoAnswer("no answer in 100 s"))
    desk.taken(wire, "late")
    assert desk.state(id) == "sent"
    desk.receipt("late")
    assert desk.state(id) == "delivered"


def test_a_refusal_that_comes_after_all_lets_an_unsure_message_be_sent_again(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.failed(wire, NoAnswer("no answer in 100 s"))
    assert desk.state(id) == "unsure"
    desk.failed(wire, LinkDown("the modem had no network after all", code="CMS 331"))
    assert desk.state(id) == "queued"
    [again] = desk.claim()
    desk.taken(again, "r1")
    assert desk.state(id) == "sent"


def test_a_refusal_for_good_that_comes_after_all_fails_an_unsure_message(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.failed(wire, NoAnswer("no answer in 100 s"))
    desk.failed(wire, RejectedForGood("no such number", code="CMS 1"))
    assert (desk.state(id), desk.row(id).why) == ("failed", "no such number (CMS 1)")


def test_a_late_refusal_does_not_touch_a_part_that_another_link_has_in_the_air(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.failed(wire, NoAnswer("no answer in 100 s"))
    desk.later(seconds=60)
    desk.database.writer.do(desk.unsure.look, Due(desk.now, wait=60))
    desk.network.heard("a", Health(LinkState.DOWN), desk.now)
    desk.later(seconds=61)
    desk.database.writer.do(desk.waiting.reroute, (desk.now, timedelta(seconds=60)))
    [again] = desk.claim(link="b")
    desk.failed(wire, LinkDown("refused after all"))
    assert desk.state(id) == "sending"
    desk.taken(again, "r1", link="b")
    assert desk.state(id) == "sent"


def test_a_receipt_that_two_unsure_messages_could_own_settles_neither(desk: Desk) -> None:
    ids = [desk.submit(text=f"text {n}") for n in range(2)]
    for wire in desk.claim():
        desk.failed(wire, NoAnswer("lost"))
    desk.receipt("somebody", recipient="38640111222")
    desk.later(seconds=11)
    desk.database.writer.do(desk.unsure.look, Due(desk.now, wait=60))
    assert [desk.state(id) for id in ids] == ["unsure", "unsure"]


@pytest.mark.parametrize(
    ("purpose", "asked", "then"),
    [
        ("transactional", None, "queued"),
        ("transactional", "fail", "failed"),
        ("transactional", "hold", "unsure"),
        ("marketing", None, "unsure"),
    ],
)
def test_what_nothing_settles_is_resent_failed_or_held_by_its_own_policy(
    desk: Desk, purpose: str, asked: str | None, then: str
) -> None:
    id = desk.offer() if purpose == "marketing" else desk.submit(purpose=purpose, on_unsure=asked)
    [wire] = desk.claim()
    desk.failed(wire, NoAnswer("lost"))
    desk.later(seconds=59)
    desk.database.writer.do(desk.unsure.look, Due(desk.now, wait=60))
    assert desk.state(id) == "unsure"
    desk.later(seconds=1)
    desk.database.writer.do(desk.unsure.look, Due(desk.now, wait=60))
    assert desk.state(id) == then
    if then == "queued":
        assert "may arrive twice" in desk.row(id).why


def test_after_a_crash_what_was_in_the_air_is_unsure_and_the_rest_is_as_it_was(desk: Desk) -> None:
    waiting, flying, sent = (desk.submit(text=f"text {n}", priority=n) for n in range(3))
    wires = desk.claim(most=2)
    assert [w.message_id for w in wires] == [sent, flying]
    desk.taken(wires[0], "r1")
    assert desk.database.writer.do(desk.handover.recover, ("a", desk.now)) == 1
    assert [desk.state(id) for id in (waiting, flying, sent)] == ["queued", "unsure", "sent"]
    assert "the gateway stopped before" in desk.row(flying).why


def test_a_half_sent_text_after_a_crash_sends_no_part_twice_that_was_taken(desk: Desk) -> None:
    id = desk.submit(text=LONG)
    one, _, _ = desk.claim()
    desk.taken(one, "r1")
    desk.database.writer.do(desk.handover.recover, ("a", desk.now))
    assert desk.state(id) == "unsure"
    desk.later(seconds=60)
    desk.database.writer.do(desk.unsure.look, Due(desk.now, wait=60))
    assert [w.position for w in desk.claim()] == [2, 3]


def test_a_late_answer_after_the_resend_was_queued_saves_the_resend(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.failed(wire, NoAnswer("lost"))
    desk.later(seconds=60)
    desk.database.writer.do(desk.unsure.look, Due(desk.now, wait=60))
    desk.taken(wire, "late")
    assert desk.claim() == []
    assert desk.state(id) == "sent"


def test_a_message_can_be_taken_back_until_it_is_in_the_air(desk: Desk) -> None:
    id = desk.submit()
    outbox.cancel(desk.database.writer, outbox.Cancelled(id, "ana", desk.now))
    assert desk.state(id) == "cancelled"
    assert desk.claim() == []
    with pytest.raises(Conflict, match="cancelled") as late:
        outbox.cancel(desk.database.writer, outbox.Cancelled(id, "ana", desk.now))
    assert late.value.code == "already_final"


def test_a_message_in_the_air_cannot_be_taken_back(desk: Desk) -> None:
    id = desk.submit()
    desk.claim()
    with pytest.raises(Conflict) as late:
        outbox.cancel(desk.database.writer, outbox.Cancelled(id, "ana", desk.now))
    assert late.value.code == "already_sending"
    with pytest.raises(NotFound):
        outbox.cancel(desk.database.writer, outbox.Cancelled("msg_none", "ana", desk.now))


def test_a_receipt_full_of_nonsense_is_stored_not_refused_again_and_again(desk: Desk) -> None:
    id = desk.submit()
    [wire] = desk.claim()
    desk.taken(wire, "r1")
    desk.receipt("r1", ReceiptState.REJECTED, recipient="9" * 50, error="\x00" * 90, said="\udc00" + "x" * 9000)
    assert desk.state(id) == "undelivered"


def test_a_receipt_that_spells_its_reference_otherwise_is_matched_by_its_recipient(desk: Desk) -> None:
    ours, other = desk.submit(), desk.submit(to="+38640999888")
    wires = {wire.message_id: wire for wire in desk.claim()}
    desk.taken(wires[ours], "1A2B3D")
    desk.taken(wires[other], "0001715006")
    desk.receipt("1715005", recipient="38640999888", also=("1a2b3d", "1A2B3D"))
    assert desk.state(ours) == "sent"
    desk.receipt("1715005", recipient="38640111222", also=("1a2b3d", "1A2B3D"))
    assert (desk.state(ours), desk.state(other)) == ("delivered", "sent")


def test_a_part_whose_number_came_garbled_is_settled_by_the_receipt_that_nobody_else_claims(desk: Desk) -> None:
    clear = desk.submit(text="clear")
    [wire] = desk.claim()
    desk.taken(wire, "101:40111222")
    garbled = desk.submit(text="garbled")
    [wire] = desk.claim()
    desk.taken(wire, "?:40111222")
    also = ("?:40111222",)
    desk.receipt("101:40111222", recipient="+38640111222", also=also)
    assert (desk.state(clear), desk.state(garbled)) == ("delivered", "sent")
    desk.receipt("102:40111222", recipient="+38640111222", also=also)
    assert desk.state(garbled) == "delivered"
