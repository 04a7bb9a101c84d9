"""The one writer: batches, a bad item that fails alone, answers only after the commit, clear words for trouble."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from smsgw.errors import BadInput, Fault, StoreError, StoreFull, StoreUnreachable
from smsgw.store.database import BATCH, Database, Writer, explained
from smsgw.store.tables import consent

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def words(database: Database) -> list[str]:
    with database.reading() as conn:
        return list(conn.scalars(select(consent.c.words).order_by(consent.c.id)))


def say(conn: Connection, batch: list[str]) -> list[int]:
    rows = [
        {"address": "+1", "purpose": "*", "statement": "granted", "source": "sms", "words": w, "by": "t", "at": NOW}
        for w in batch
    ]
    conn.execute(insert(consent), rows)
    if "bad" in batch:
        raise BadInput([Fault("", "bad", "this one is bad")])
    return [len(batch)] * len(batch)


def while_blocked(writer: Writer, act: Callable[[], Any]) -> Any:
    """Run `act` while the writer is busy, so that what it puts lands in one transaction."""
    gate, entered = threading.Event(), threading.Event()

    def wait(conn: Connection, batch: list[None]) -> list[None]:
        entered.set()
        gate.wait(120)
        return batch

    blocked = writer.put(wait, None)
    entered.wait(90)
    result = act()
    gate.set()
    blocked.result(90)
    return result


def test_what_arrives_together_is_one_batch_in_order(database: Database) -> None:
    futures = while_blocked(database.writer, lambda: [database.writer.put(say, f"w{n}") for n in range(5)])
    assert [future.result(90) for future in futures] == [5] * 5
    assert words(database) == ["w0", "w1", "w2", "w3", "w4"]


def waits_for_the_others(database: Database) -> Writer:
    """A writer that gathers for a very long time, after a transaction in which eight came together."""
    writer = Writer(database._write, gather=600)
    eight = while_blocked(writer, lambda: [writer.put(say, f"early {n}") for n in range(8)])
    assert [future.result(90) for future in eight] == [8] * 8
    return writer


def test_where_several_came_together_lately_a_transaction_waits_until_as_many_are_there(database: Database) -> None:
    writer = waits_for_the_others(database)
    first = writer.put_all(say, ["a", "b"])
    time.sleep(0.3)
    assert not any(future.done() for future in first)
    third = writer.put(say, "c")
    time.sleep(0.3)
    assert not third.done()
    others = writer.put_all(say, ["d", "e", "f", "g", "h"])
    assert [future.result(90) for future in (*first, third, *others)] == [8] * 8
    writer.close()


def test_a_full_transaction_waits_for_nobody_however_many_came_before(database: Database) -> None:
    writer = Writer(database._write, gather=600)
    many = while_blocked(writer, lambda: writer.put_all(say, ["x"] * (3 * BATCH)))
    assert many[-1].result(90) == BATCH
    full = writer.put_all(say, ["y"] * BATCH)
    assert full[-1].result(90) == BATCH
    writer.close()


def test_who_comes_alone_waits_for_nobody(database: Database) -> None:
    writer = waits_for_the_others(database)
    assert writer.do(say, "alone", timeout=90) == 1
    writer.close()


def test_the_wait_for_others_ends_after_its_time_and_with_the_store(database: Database) -> None:
    writer = waits_for_the_others(database)
    two = writer.put_all(say, ["a", "b"])
    writer.close()
    assert [future.result(0) for future in two] == [2, 2]
    hasty = Writer(database._write, gather=0.01)
    while_blocked(hasty, lambda: [hasty.put(say, f"early {n}") for n in range(8)])
    assert [future.result(90) for future in hasty.put_all(say, ["c", "d"])] == [2, 2]
    hasty.close()


def test_one_bad_item_fails_alone(database: Database) -> None:
    futures = while_blocked(database.writer, lambda: database.writer.put_all(say, ["good", "bad", "fine"]))
    assert futures[0].result(90) == 1
    with pytest.raises(BadInput, match="this one is bad"):
        futures[1].result(90)
    assert futures[2].result(90) == 1
    assert words(database) == ["good", "fine"]


def test_who_asked_for_many_is_told_once_of_all_and_after_the_commit(database: Database) -> None:
    told: SimpleQueue[tuple[list[Any], list[str]]] = SimpleQueue()
    database.writer.tell_all(say, ["good", "bad", "fine"], lambda results: told.put((results, words(database))))
    results, there = told.get(timeout=90)
    assert (results[0], str(results[1]), results[2], there) == (1, "this one is bad", 1, ["good", "fine"])
    assert told.empty()


def test_steps_of_different_kinds_do_not_disturb_each_other(database: Database) -> None:
    def fail(conn: Connection, batch: list[None]) -> list[None]:
        raise RuntimeError("a mistake of ours")

    good, bad = while_blocked(
        database.writer, lambda: (database.writer.put(say, "good"), database.writer.put(fail, None))
    )
    assert good.result(90) == 1
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        bad.result(90)
    assert words(database) == ["good"]


def test_an_answer_comes_only_when_others_can_see_the_write(database: Database) -> None:
    for number in range(20):
        database.writer.do(say, f"w{number}")
        assert words(database)[-1] == f"w{number}"


def test_closing_writes_what_waits_and_refuses_what_comes_later(fresh_store_url: str, database: Database) -> None:
    futures = while_blocked(database.writer, lambda: database.writer.put_all(say, ["last"]))
    database.close()
    assert futures[0].result(0) == 1
    with pytest.raises(StoreError, match="closed"):
        database.writer.put(say, "too late")


def test_a_full_disk_is_told_to_every_caller_and_nothing_is_accepted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'small.db'}"
    from smsgw.store import schema

    database = Database(url)
    schema.upgrade(database)
    with database.exclusive() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(StoreFull, match="full") as refused:
        database.writer.do(say, "x" * 100_000)
    assert "free some disk space" in refused.value.hint
    assert words(database) == []
    database.writer.do(say, "small")
    assert words(database) == ["small"]
    database.close()


def test_a_sqlite_commit_waits_for_the_disk(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with database.exclusive() as conn:
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    database.close()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all.db",
        "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "mysql://somewhere/db",
        "no url",
    ],
)
def test_a_store_that_cannot_be_opened_says_what_and_what_to_do(url: str) -> None:
    with pytest.raises(StoreUnreachable) as refused:
        Database(url)
    assert len(str(refused.value)) > 20
    assert refused.value.hint


def test_an_error_that_is_not_the_stores_is_left_alone() -> None:
    problem = KeyError("x")
    assert explained(problem) is problem


def test_a_step_is_told_of_the_commit_before_anybody_has_an_answer(database: Database) -> None:
    order: list[object] = []

    def step(conn: Connection, batch: list[str]) -> list[int]:
        database.writer.when_decided(lambda committed: order.append((committed, words(database))))
        return say(conn, batch)

    future = database.writer.put(step, "hello")
    future.add_done_callback(lambda done: order.append("answered"))
    assert future.result(90) == 1
    database.writer.do(say, "next")  # so that the callback has run
    assert order == [(True, ["hello"]), "answered"]


def test_what_was_undone_is_told_so_and_what_was_done_again_is_told_of_its_commit(database: Database) -> None:
    order: list[tuple[tuple[str, ...], bool]] = []

    def step(conn: Connection, batch: list[str]) -> list[int]:
        told = tuple(batch)
        database.writer.when_decided(lambda committed: order.append((told, committed)))
        return say(conn, batch)

    futures = while_blocked(database.writer, lambda: [database.writer.put(step, w) for w in ("good", "bad")])
    assert futures[0].result(90) == 1
    with pytest.raises(BadInput):
        futures[1].result(90)
    assert order == [(("good", "bad"), False), (("good", "bad"), False), (("bad",), False), (("good",), True)]


def test_a_write_that_does_not_end_is_seen_from_outside(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def stuck(conn: Connection, batch: list[None]) -> list[None]:
        begun.set()
        go_on.wait(120)
        return batch

    with closing(Database(f"sqlite:///{tmp_path / 'x.db'}")) as database:
        future = database.writer.put(stuck, None)
        assert begun.wait(90)
        assert (database.writer.hangs(0.0), database.writer.hangs(60.0)) == (True, False)
        go_on.set()
        future.result(90)
        database.writer.do(lambda conn, batch: batch, None)
        for _ in range(9000):
            if not database.writer.hangs(0.0):
                return
            time.sleep(0.01)
        raise AssertionError("a writer with nothing to do hangs")
