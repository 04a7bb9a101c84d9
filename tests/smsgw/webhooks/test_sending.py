"""What happens is told: signed, once unless something goes wrong, and in order for each message."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.store.tables import delivery, webhook
from tests.smsgw.desk import Desk
from tests.smsgw.webhooks.receiver import Heard, Receiver, Reply

Tell = Callable[..., Any]
NewHook = Callable[..., tuple[str, str]]


def until(what: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Wait until something is true; returns that."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return found


def rows(desk: Desk) -> list[Any]:
    """Every delivery, in the order of history."""
    with desk.database.reading() as conn:
        return list(conn.execute(select(delivery).order_by(delivery.c.line)))


def states(desk: Desk) -> list[str]:
    return [row.state for row in rows(desk)]


def send_through(desk: Desk, **more: Any) -> str:
    """A message from the door to its receipt; returns its id."""
    id = desk.submit(**more)
    [wire] = desk.claim()
    desk.taken(wire, id)
    desk.receipt(id)
    return id


def test_a_message_is_told_from_its_acceptance_to_its_end(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    hook(receiver.url, "message.*")
    tell()
    id = send_through(desk)
    heard = receiver.wait_for(5)
    assert [one.type.removeprefix("message.") for one in heard] == [
        "accepted",
        "queued",
        "sending",
        "sent",
        "delivered",
    ]
    assert {one.about for one in heard} == {id}
    assert until(lambda: states(desk) == ["delivered"] * 5)


def test_a_text_that_came_in_is_told_with_its_words_and_signed(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    _, secret = hook(receiver.url, "inbound.received")
    tell()
    desk.text_from("+38640111222", "two notebooks, please")
    [heard] = receiver.wait_for(1)
    assert heard.signed_with(secret)
    assert heard.headers["content-type"] == "application/json"
    assert heard.said["data"]["text"] == "two notebooks, please"
    assert heard.said["data"]["from"] == "+38640111222"


def test_only_what_a_webhook_wants_is_told_to_it(desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook) -> None:
    hook(receiver.url, "message.delivered", "inbound.received")
    tell()
    send_through(desk)
    desk.text_from("+38640111222", "thank you")
    assert sorted(one.type for one in receiver.wait_for(2)) == ["inbound.received", "message.delivered"]
    assert until(lambda: states(desk) == ["delivered"] * 2)


def test_a_new_webhook_is_told_nothing_of_what_was_before_it(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    send_through(desk)
    hook(receiver.url, "message.accepted")
    tell()
    later = desk.submit(text="later")
    [heard] = receiver.wait_for(1)
    assert heard.about == later


def test_what_happened_while_nobody_told_is_told_afterwards(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    hook(receiver.url, "message.delivered")
    ids = [send_through(desk, text=f"no. {number}") for number in range(3)]
    tell()
    assert sorted(one.about for one in receiver.wait_for(3)) == sorted(ids)


def test_a_failure_is_tried_again_under_the_same_id_with_the_same_words(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    receiver.reply = lambda heard: Reply(500 if len(receiver.heard) < 2 else 200, body=b"sorry")
    hook(receiver.url, "message.accepted")
    tell()
    desk.submit()
    heard = receiver.wait_for(3)
    assert len({one.id for one in heard}) == 1
    assert len({one.body for one in heard}) == 1
    until(lambda: states(desk) == ["delivered"])
    [row] = rows(desk)
    assert (row.attempts, row.status) == (3, 200)
    assert [(one["status"], one["said"]) for one in row.tries] == [(500, "sorry"), (500, "sorry")]


def test_the_next_event_of_a_message_waits_for_the_earlier_one_and_other_messages_do_not(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    hook(receiver.url, "message.*")
    refused: list[str] = []

    def reply(heard: Heard) -> Reply:
        if heard.type == "message.accepted" and heard.said["data"]["client_ref"] == "slow" and len(refused) < 2:
            refused.append(heard.id)
            return Reply(503)
        return Reply()

    receiver.reply = reply
    tell(pauses=(0.4, 0.4, 0.4))
    slow = desk.submit(text="slow", client_ref="slow")
    until(lambda: refused)
    other = send_through_only(desk, "other")
    receiver.wait_for(9)
    order = [(one.about, one.type.removeprefix("message.")) for one in receiver.heard]
    assert [kind for about, kind in order if about == slow] == ["accepted"] * 3 + ["queued"]
    assert [kind for about, kind in order if about == other] == ["accepted", "queued", "sending", "sent", "delivered"]
    assert order.index((other, "delivered")) < order.index((slow, "queued"))


def send_through_only(desk: Desk, text: str) -> str:
    """A message through, while others wait in the queue."""
    id = desk.submit(text=text, priority=9)
    [wire] = desk.claim(most=1)
    assert wire.message_id == id
    desk.taken(wire, id)
    desk.receipt(id)
    return id


def test_what_is_never_taken_is_dead_and_the_next_event_goes_on(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    receiver.reply = lambda heard: Reply(404 if heard.type == "message.accepted" else 200)
    hook(receiver.url, "message.accepted", "message.queued")
    tell(pauses=(0.05, 0.05))
    desk.submit()
    until(lambda: states(desk) == ["dead", "delivered"])
    [dead, _] = rows(desk)
    assert dead.attempts == 3
    assert "given up after 3 tries" in dead.why


def test_a_slow_receiver_does_not_slow_another(desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook) -> None:
    slow = Receiver(lambda heard: Reply(pause=30.0))
    try:
        hook(slow.url, "message.accepted")
        hook(receiver.url, "message.accepted")
        tell()
        for number in range(40):
            desk.submit(text=f"no. {number}")
        receiver.wait_for(40, seconds=15)
        assert len(slow.heard) <= 8
    finally:
        slow.close()


def test_a_receiver_that_fails_only_is_switched_off_and_the_others_are_told(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    gone = Receiver(lambda heard: Reply(410))
    try:
        id, _ = hook(gone.url, "message.accepted")
        hook(receiver.url, "webhook.disabled")
        tell()
        desk.submit()
        [heard] = receiver.wait_for(1)
        assert heard.about == id
        assert "410" in heard.said["data"]["why"]
        with desk.database.reading() as conn:
            assert conn.scalar(select(webhook.c.state).where(webhook.c.id == id)) == "disabled"
    finally:
        gone.close()


@pytest.mark.parametrize("count", [600])
def test_many_events_come_all_over_few_connections(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook, count: int
) -> None:
    hook(receiver.url, "message.accepted")
    tell(connections=3)
    ids = [desk.submit(text=f"no. {number}") for number in range(count)]
    heard = receiver.wait_for(count, 60)
    assert sorted(one.about for one in heard) == sorted(ids)
    assert len({one.connection for one in heard}) <= 3
    until(lambda: states(desk) == ["delivered"] * count)
