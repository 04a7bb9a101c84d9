"""What waits for a webhook is read once, in a bounded window, in order for each record, and never twice at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.store.database import Database
from smsgw.store.tables import history
from smsgw.webhooks import deliveries, settle
from smsgw.webhooks.queue import WINDOW, Item, Queue
from smsgw.webhooks.settle import Outcome, Plan
from tests.smsgw.desk import START, Desk

NOW = START
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def webhook(hook: Callable[..., tuple[str, str]]) -> str:
    """A webhook that nobody tells."""
    return hook("http://127.0.0.1:1/", "message.accepted")[0]


@pytest.fixture
def plan(database: Database, webhook: str) -> Callable[..., None]:
    """Plan events: plan("a", "b", "a") are three of the records a and b, in this order."""
    stands = [0]

    def add(*records: str) -> None:
        with database.reading() as conn:
            stands[0] = max(stands[0], conn.scalar(settle.STANDS_AT) or 0)
        lines = range(stands[0] + 1, stands[0] + 1 + len(records))
        rows = [
            settle.delivery_row(webhook, "message.sent", record, line, "{}", NOW)
            for record, line in zip(records, lines, strict=True)
        ]
        assert database.writer.do(settle.plan, Plan(stands[0], lines[-1], rows, NOW))

    return add


def all_ready(queue: Queue) -> list[Item]:
    """Everything that may go now."""
    found = []
    while (item := queue.next()) is not None:
        found.append(item)
    return found


def records(items: list[Item]) -> list[str]:
    return [item.record_id for item in items]


def put_off(database: Database, queue: Queue, webhook: str, item: Item, until: Any = LATER) -> bool:
    """A try failed and that is written down; whether something was in line behind it."""
    outcome = Outcome(item.id, webhook, item.record_id, item.line, "put_off", "no", until, 1, 500, "")
    database.writer.do(settle.settle, (NOW, [outcome]))
    return queue.put_off(item)


def deliver(database: Database, queue: Queue, webhook: str, item: Item) -> None:
    queue.ended(item)
    outcome = Outcome(item.id, webhook, item.record_id, item.line, "deliver", "yes", None, 1, 200, "")
    database.writer.do(settle.settle, (NOW, [outcome]))
    queue.written(item)


def test_one_event_of_a_record_goes_at_a_time(database: Database, webhook: str, plan: Any) -> None:
    plan("a", "a", "b", "a")
    queue = Queue(database, webhook)
    queue.read(NOW)
    first, other = all_ready(queue)
    assert records([first, other]) == ["a", "b"]
    assert queue.ended(first) is True
    assert [item.line for item in all_ready(queue)] == [first.line + 1]


def test_what_is_here_is_not_read_again(database: Database, webhook: str, plan: Any) -> None:
    plan("a", "b")
    queue = Queue(database, webhook)
    queue.read(NOW)
    assert len(all_ready(queue)) == 2
    queue.look()
    queue.news()
    queue.read(LATER)
    assert all_ready(queue) == []


def test_what_is_due_and_under_way_is_not_read_again(database: Database, webhook: str, plan: Any) -> None:
    plan("a", "b")
    queue = Queue(database, webhook)
    queue.read(NOW)
    first, _ = all_ready(queue)
    put_off(database, queue, webhook, first, until=NOW)
    queue.read(NOW)
    [again] = all_ready(queue)
    assert again.id == first.id
    queue.look()
    queue.read(NOW)
    assert queue.ended(again) is False
    assert all_ready(queue) == []


def test_what_is_put_off_comes_when_it_is_due_with_what_waits_behind_it(
    database: Database, webhook: str, plan: Any
) -> None:
    plan("a", "a", "b")
    queue = Queue(database, webhook)
    queue.read(NOW)
    first, _ = all_ready(queue)
    assert put_off(database, queue, webhook, first) is True
    queue.read(NOW)
    assert all_ready(queue) == []
    assert not queue.wants(NOW)
    assert queue.wants(LATER)
    queue.read(LATER)
    [again] = all_ready(queue)
    assert (again.id, again.attempts) == (first.id, 1)
    queue.ended(again)
    assert records(all_ready(queue)) == ["a"]


def test_a_new_event_of_a_record_that_is_put_off_waits_for_it_also_after_a_restart(
    database: Database, webhook: str, plan: Any
) -> None:
    plan("a")
    queue = Queue(database, webhook)
    queue.read(NOW)
    [first] = all_ready(queue)
    put_off(database, queue, webhook, first)
    plan("a", "b")
    for fresh in (queue, Queue(database, webhook)):
        fresh.news()
        waits = fresh.read(NOW)
        assert [(wait.record_id, wait.due_at) for wait in waits] == [("a", LATER)]
        assert records(all_ready(fresh)) == ["b"]
    database.writer.do(settle.behind, waits[0])
    queue.look()
    queue.read(LATER)
    [again] = all_ready(queue)
    assert again.id == first.id
    queue.ended(again)
    assert records(all_ready(queue)) == ["a"]


def test_no_more_than_a_window_is_in_memory(database: Database, webhook: str, plan: Any) -> None:
    plan(*[f"r{number}" for number in range(WINDOW + 10)])
    queue = Queue(database, webhook)
    queue.read(NOW)
    items = all_ready(queue)
    assert len(items) == WINDOW
    assert not queue.wants(NOW)
    for item in items:
        deliver(database, queue, webhook, item)
    assert queue.wants(NOW)
    queue.read(NOW)
    assert len(all_ready(queue)) == 10


def test_what_is_replayed_comes_again(database: Database, webhook: str, plan: Any) -> None:
    plan("a")
    queue = Queue(database, webhook)
    queue.read(NOW)
    [item] = all_ready(queue)
    deliver(database, queue, webhook, item)
    deliveries.replay(database.writer, webhook, item.id, "test", NOW)
    queue.look()
    queue.read(NOW)
    assert [again.id for again in all_ready(queue)] == [item.id]


def test_a_replay_since_a_time_does_not_wait_for_what_was_put_off_and_leaves_alone_what_is_in_its_turn(
    database: Database, webhook: str, desk: Desk
) -> None:
    ids = [desk.submit(text=f"no. {number}") for number in range(3)]
    with database.reading() as conn:
        lines = conn.execute(select(history).where(history.c.record_id.in_(ids))).all()
        stands = conn.scalar(settle.STANDS_AT)
    rows = [
        settle.delivery_row(webhook, "message.accepted", line.record_id, line.id, "{}", NOW)
        for line in lines
        if line.now == "accepted"
    ]
    database.writer.do(settle.plan, Plan(stands, lines[-1].id, rows, NOW))
    queue = Queue(database, webhook)
    queue.read(NOW)
    first, second, _ = all_ready(queue)
    put_off(database, queue, webhook, first)
    deliver(database, queue, webhook, second)
    assert deliveries.replay_since(database, webhook, NOW, "test", NOW) == 2
    queue.look()
    queue.read(NOW)
    assert [item.id for item in all_ready(queue)] == [first.id, second.id]


def test_a_plan_that_begins_elsewhere_than_the_follower_stands_stores_nothing(
    database: Database, webhook: str, plan: Any
) -> None:
    plan("a")
    row = settle.delivery_row(webhook, "message.sent", "b", 7, "{}", NOW)
    assert database.writer.do(settle.plan, Plan(0, 7, [row], NOW)) is False
    queue = Queue(database, webhook)
    queue.read(NOW)
    assert records(all_ready(queue)) == ["a"]


def test_what_is_planned_for_a_webhook_that_was_removed_meanwhile_is_left_out(
    database: Database, webhook: str, plan: Any
) -> None:
    plan("a")
    with database.reading() as conn:
        stands = conn.scalar(settle.STANDS_AT)
    rows = [settle.delivery_row(id, "message.sent", "b", stands + 1, "{}", NOW) for id in (webhook, "whk_gone")]
    assert database.writer.do(settle.plan, Plan(stands, stands + 1, rows, NOW)) is True


def test_old_deliveries_are_forgotten_and_newer_ones_kept(database: Database, webhook: str, plan: Any) -> None:
    plan("a", "b")
    assert deliveries.forget(database.writer, NOW) == 0
    assert deliveries.forget(database.writer, NOW + timedelta(seconds=1)) == 2
