"""The part of the daemon: its process is there when there are webhooks, comes again when it dies, and ends in time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smsgw.config import LogConfig, WebhooksConfig
from smsgw.store.database import Database
from smsgw.webhooks import deliveries, hooks
from smsgw.webhooks.addresses import Allowed, read_networks
from smsgw.webhooks.part import ENDED, Webhooks
from smsgw.webhooks.pipe import Begin
from tests.smsgw.desk import Desk
from tests.smsgw.webhooks.receiver import Receiver, Reply

NewHook = Callable[..., tuple[str, str]]
pytestmark = pytest.mark.slow


@pytest.fixture
def part(database: Database) -> Iterator[Webhooks]:
    """The part, started."""
    begin = Begin(database.url, WebhooksConfig(), LogConfig(level="error"), (0.1, 0.1))
    made = Webhooks(database, begin, lambda: {1})
    made.start()
    yield made
    made.stop(time.monotonic() + 20)


def tellers() -> list[int]:
    """The processes that tell webhooks for this test."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    return [pid for pid in pids if b"smsgw.webhooks.teller" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def until(what: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until something is true; returns that."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return found


def test_there_is_no_process_while_nobody_is_to_be_told(desk: Desk, part: Webhooks) -> None:
    desk.submit()
    time.sleep(1.2)  # two looks
    assert tellers() == []
    assert part.alive()


def test_a_process_that_dies_is_started_again_and_nothing_is_lost(
    desk: Desk, part: Webhooks, receiver: Receiver, hook: NewHook
) -> None:
    id, _ = hook(receiver.url, "message.accepted")
    first = desk.submit(text="one")
    assert [heard.about for heard in receiver.wait_for(1, 30)] == [first]
    [pid] = tellers()
    os.kill(pid, signal.SIGKILL)
    second = desk.submit(text="two")
    until(lambda: second in [heard.about for heard in receiver.heard])
    until(lambda: ENDED[id, "delivered"] >= 1)  # of the first nobody may know
    assert part.alive()


def test_a_webhook_may_not_call_the_gateway_itself(database: Database, desk: Desk, receiver: Receiver) -> None:
    begin = Begin(database.url, WebhooksConfig(), LogConfig(level="error"), (0.1,))
    made = Webhooks(database, begin, lambda: {receiver.port})
    wish = hooks.NewHook(receiver.url, ["message.accepted"], "test", desk.now)
    id, _ = hooks.create(database.writer, wish, Allowed(read_networks(["127.0.0.0/8"])))
    made.start()
    try:
        desk.submit()
        until(lambda: _why(database, id))
        assert "gateway itself" in _why(database, id)
        assert receiver.heard == []
    finally:
        made.stop(time.monotonic() + 20)


def _why(database: Database, id: str) -> str:
    with database.reading() as conn:
        rows = deliveries.listing(conn, deliveries.Wanted(id), 1)
    return rows[0].why if rows and rows[0].attempts else ""


def test_a_stop_waits_for_what_is_under_way_but_not_for_ever(
    desk: Desk, part: Webhooks, receiver: Receiver, hook: NewHook
) -> None:
    receiver.reply = lambda heard: Reply(pause=60.0)
    hook(receiver.url, "message.accepted")
    desk.submit()
    receiver.wait_for(1, 30)
    begun = time.monotonic()
    part.stop(begun + 20)
    assert time.monotonic() - begun < 55  # the answer would come after 60
    assert tellers() == []
