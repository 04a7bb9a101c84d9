"""What happens is told: signed, once unless something goes wrong, and in order for each message."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import select

from smsgw.clients.replies import Replies
from smsgw.store.tables import delivery, message, webhook
from smsgw.webhooks import clients, deliveries, hooks
from smsgw.webhooks.addresses import Allowed, read_networks
from smsgw.webhooks.hooks import Change
from smsgw.webhooks.terms import utc_now
from tests.emulators.authority import Authority
from tests.smsgw.desk import Desk
from tests.smsgw.webhooks.receiver import Heard, Receiver, Reply

Tell = Callable[..., Any]
LOCAL = Allowed(read_networks(["127.0.0.0/8"]))
NewHook = Callable[..., tuple[str, str]]


def until(what: Callable[[], Any], seconds: float = 60.0) -> Any:
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
        """The slow one is not taken before the other has come to its end."""
        ended = "message.delivered" in {one.type for one in receiver.heard}
        if heard.said["data"]["client_ref"] == "slow" and not ended:
            refused.append(heard.id)
            return Reply(503)
        return Reply()

    receiver.reply = reply
    tell(pauses=(0.2,) * 600)
    slow = desk.submit(text="slow", client_ref="slow")
    until(lambda: refused)
    other = send_through_only(desk, "other")
    until(lambda: (slow, "message.queued") in [(one.about, one.type) for one in receiver.heard])
    order = [(one.about, one.type.removeprefix("message.")) for one in receiver.heard]
    *tries, last = [kind for about, kind in order if about == slow]
    assert (set(tries), len(tries) > 1, last) == ({"accepted"}, True, "queued")
    assert [kind for about, kind in order if about == other] == ["accepted", "queued", "sending", "sent", "delivered"]


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
    slow = Receiver(lambda heard: Reply(pause=300.0))
    try:
        hook(slow.url, "message.accepted")
        hook(receiver.url, "message.accepted")
        tell()
        for number in range(40):
            desk.submit(text=f"no. {number}")
        receiver.wait_for(40, seconds=120)
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
    heard = receiver.wait_for(count, 180)
    assert sorted(one.about for one in heard) == sorted(ids)
    assert len({one.connection for one in heard}) <= 3
    until(lambda: states(desk) == ["delivered"] * count)


def test_a_receiver_that_was_down_gets_everything_in_order_when_it_is_back(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    receiver.close()
    hook(receiver.url, "message.*")
    tell(pauses=(0.2,) * 600)
    ids = [desk.submit(text=f"no. {number}") for number in range(20)]
    until(lambda: any(row.attempts for row in rows(desk)))
    back = Receiver(port=receiver.port)
    try:
        heard = back.wait_for(40, 120)
        for id in ids:
            assert [one.type for one in heard if one.about == id] == ["message.accepted", "message.queued"]
    finally:
        back.close()


def test_a_receiver_that_asks_for_time_gets_it(desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook) -> None:
    receiver.reply = lambda heard: Reply(429 if not receiver.heard else 204, {"Retry-After": "2"})
    hook(receiver.url, "message.accepted")
    tell()
    desk.submit()
    first, second = receiver.wait_for(2)
    assert second.at - first.at >= 1.9


def test_a_receiver_that_has_failed_for_long_is_switched_off_and_says_why(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    receiver.reply = lambda heard: Reply(500)
    id, _ = hook(receiver.url, "message.accepted")
    tell(pauses=(0.05,) * 20, give_up=timedelta(seconds=0.5))
    desk.submit()

    def disabled() -> Any:
        with desk.database.reading() as conn:
            return conn.execute(select(webhook).where(webhook.c.id == id, webhook.c.state == "disabled")).first()

    row = until(disabled)
    assert "has failed since" in row.why
    assert "500" in row.why
    assert states(desk) == ["pending"]  # for when it is switched on again


def test_one_failure_after_long_silence_switches_nothing_off(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    receiver.reply = lambda heard: Reply(500 if not receiver.heard else 204)
    id, _ = hook(receiver.url, "message.accepted")
    tell(give_up=timedelta(0))
    desk.submit()
    until(lambda: states(desk) == ["delivered"])
    with desk.database.reading() as conn:
        assert conn.scalar(select(webhook.c.state).where(webhook.c.id == id)) == "active"


def test_a_webhook_that_is_set_up_changed_and_removed_while_all_runs_is_told_accordingly(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    tell()
    other = Receiver()
    try:
        id, _ = hook(receiver.url, "message.accepted")
        desk.submit(text="one")
        receiver.wait_for(1)
        hooks.change(desk.database.writer, Change(id, "test", desk.now, url=other.url), LOCAL)
        new = hooks.rotate(desk.database.writer, id, desk.now, timedelta(0))
        number = 1

        def reaches_the_other() -> bool:
            nonlocal number
            number += 1
            desk.submit(text=f"no. {number}")
            return bool(other.heard)

        until(reaches_the_other)
        assert other.heard[-1].signed_with(new)
        hooks.remove(desk.database.writer, id)
        until(lambda: states(desk) == [])
    finally:
        other.close()


def test_a_replay_reaches_the_receiver_while_all_runs(
    desk: Desk, receiver: Receiver, tell: Tell, hook: NewHook
) -> None:
    id, _ = hook(receiver.url, "message.accepted")
    tell()
    desk.submit()
    [first] = receiver.wait_for(1)
    until(lambda: states(desk) == ["delivered"])
    deliveries.replay(desk.database.writer, id, first.id, "test", utc_now())
    assert receiver.wait_for(2)[1].id == first.id
    until(lambda: states(desk) == ["delivered"])


def test_a_receiver_with_tls_is_believed_only_with_its_certificate(
    desk: Desk, tell: Tell, hook: NewHook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path, "authority")
    secure = Receiver(tls=authority.server(authority.sign("localhost", "DNS:localhost")))
    url = secure.url.replace("http://127.0.0.1", "https://localhost")
    try:
        hook(url, "message.accepted")
        strict = tell(pauses=(0.05, 0.05))
        desk.submit()
        until(lambda: states(desk) == ["dead"])
        assert "TLS with localhost failed" in rows(desk)[0].why
        strict.stop()
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        tell()
        desk.submit(text="again")
        assert [one.type for one in secure.wait_for(1)] == ["message.accepted"]
    finally:
        secure.close()


def test_jasmins_receiver_is_told_again_until_it_says_that_it_has_it(
    desk: Desk, receiver: Receiver, tell: Tell
) -> None:
    receiver.reply = lambda heard: Reply(200, body=b"OK" if len(receiver.heard) < 2 else b"ACK/Jasmin")
    told = {"method": "POST"}
    wish = clients.ClientHook("shop", "jasmin", receiver.url, clients.TEXTS, utc_now() - timedelta(seconds=1), told)
    clients.put(desk.database.writer, wish, LOCAL, {})
    tell(pauses=(0.05, 0.05, 0.05))
    desk.text_from("+38640111222", "who knows?")
    heard = receiver.wait_for(3)
    assert len({one.body for one in heard}) == 1
    assert dict(parse_qsl(heard[0].body.decode()))["content"] == "who knows?"
    until(lambda: states(desk) == ["delivered"])
    [row] = rows(desk)
    assert [one["error"] for one in row.tries] == ["answered 200, but not ACK/Jasmin"] * 2


@pytest.mark.parametrize(
    ("accepts", "media", "kept_as", "goes"),
    [
        (True, "text/plain", "+38640111333\x1e777\x1eAsk her", ("+38640111333", "777")),
        (True, "text/html", "Ask her", ("+38640111222", None)),
        (False, "text/plain", "Ask her", ("+38640111222", None)),
    ],
)
def test_what_a_client_answers_goes_to_the_phone_and_elsewhere_only_where_kannel_would_let_it(
    desk: Desk, receiver: Receiver, tell: Tell, accepts: bool, media: str, kept_as: str, goes: tuple[str, str | None]
) -> None:
    receiver.reply = lambda heard: Reply(
        200, {"Content-Type": media, "X-Kannel-To": "+38640111333", "X-Kannel-From": "777"}, b"Ask her"
    )
    told = {"method": "POST", "user": "shop", "accept_headers": accepts}
    wish = clients.ClientHook("shop", "kannel", receiver.url, clients.TEXTS, utc_now() - timedelta(seconds=1), told)
    clients.put(desk.database.writer, wish, LOCAL, {})
    tell()
    desk.text_from("+38640111222", "who knows?")
    receiver.wait_for(1)
    until(lambda: [row for row in rows(desk) if row.state == "delivered"])
    [kept] = [row for row in rows(desk) if row.reply]
    assert kept.reply == kept_as
    Replies(desk.database, desk.door).act(desk.now)
    with desk.database.reading() as conn:
        [sent] = conn.execute(select(message.c.recipient, message.c.sender, message.c.text)).all()
    assert (sent.recipient, sent.text) == (goes[0], "Ask her")
    assert goes[1] is None or sent.sender == goes[1]
