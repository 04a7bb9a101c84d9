"""The same Idempotency-Key again: one answer, one piece of work, whatever happens in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.access.idempotency import Done, Once, Wish, fingerprint, read_key
from smsgw.errors import BadInput, Conflict, Fault, QueueFull, StoreError
from smsgw.store.database import Database
from smsgw.store.tables import idempotency

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def wish(body: Any = "order 1", key: str = "k", client: str = "key_1", at: datetime = NOW) -> Wish:
    """A request that is to be done once."""
    return Wish(client, key, fingerprint("POST /messages", body), at)


class Work:
    """Work that counts how often it was done and remembers under which names."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.refs: list[str] = []
        self.trouble = trouble

    def __call__(self, ref: str) -> Done:
        self.refs.append(ref)
        if self.trouble is not None:
            raise self.trouble
        return Done(202, {"n": len(self.refs)})


@pytest.fixture
def once(database: Database) -> Once:
    """Once, as a process has it."""
    return Once(database.writer)


def settled(database: Database) -> None:
    """Wait until everything that was given to the writer is on disk."""
    database.writer.do(lambda conn, batch: [None] * len(batch), None)


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(once: Once, database: Database) -> None:
    work = Work()
    assert once.do(wish(), work) == Done(202, {"n": 1})
    assert once.do(wish(), work) == Done(202, {"n": 1}, replayed=True)
    settled(database)
    assert Once(database.writer).do(wish(), work) == Done(202, {"n": 1}, replayed=True)
    assert len(work.refs) == 1


def test_another_request_with_the_same_key_is_a_conflict(once: Once, database: Database) -> None:
    once.do(wish(), Work())
    for process in (once, Once(database.writer)):
        with pytest.raises(Conflict) as told:
            process.do(wish("order 2"), Work())
        assert told.value.code == "idempotency_conflict"


def test_keys_belong_to_their_client_and_are_told_apart(once: Once) -> None:
    work = Work()
    once.do(wish(), work)
    once.do(wish(client="key_2"), work)
    once.do(wish(key="K"), work)
    assert len(work.refs) == 3
    assert work.refs[0] != work.refs[2]


def test_a_key_may_be_used_anew_after_a_day_and_its_work_has_another_name(once: Once, database: Database) -> None:
    work = Work()
    once.do(wish(), work)
    settled(database)
    once.do(wish("order 2", at=NOW + timedelta(hours=24)), work)
    assert len(set(work.refs)) == 2
    with pytest.raises(Conflict):
        once.do(wish("order 3", at=NOW + timedelta(hours=47)), work)


def test_while_the_first_is_worked_on_the_second_is_told_to_come_back(once: Once) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(ref: str) -> Done:
        begun.set()
        assert go_on.wait(120)
        return Done(202, "done")

    first = threading.Thread(target=once.do, args=(wish(), slow))
    first.start()
    assert begun.wait(90)
    with pytest.raises(Conflict) as told:
        once.do(wish(), slow)
    assert told.value.code == "idempotency_in_progress"
    with pytest.raises(Conflict) as told:
        once.do(wish("order 2"), slow)
    assert told.value.code == "idempotency_conflict"
    go_on.set()
    first.join()
    assert once.do(wish(), slow) == Done(202, "done", replayed=True)


def test_after_a_crash_the_work_is_done_again_under_the_same_name(once: Once, database: Database) -> None:
    class Crash(BaseException):
        """The end of a process."""

    work = Work()

    def crashing(ref: str) -> Done:
        work(ref)
        raise Crash

    with pytest.raises(Crash):
        once.do(wish(), crashing)
    assert Once(database.writer).do(wish(at=NOW + timedelta(hours=1)), work) == Done(202, {"n": 2})
    assert len(set(work.refs)) == 1


@pytest.mark.parametrize(
    "refusal", [BadInput([Fault("/to", "x", "x")]), QueueFull("full", retry_after=1), Conflict("no")]
)
def test_a_refusal_frees_the_key_for_a_corrected_request(once: Once, database: Database, refusal: Exception) -> None:
    with pytest.raises(type(refusal)):
        once.do(wish(), Work(refusal))
    assert once.do(wish("corrected"), Work()) == Done(202, {"n": 1})


def test_after_trouble_whose_end_nobody_knows_the_key_stays_and_the_name_too(once: Once) -> None:
    trouble = Work(StoreError("no answer"))
    with pytest.raises(StoreError):
        once.do(wish(), trouble)
    with pytest.raises(Conflict):
        once.do(wish("order 2"), Work())
    again = Work()
    once.do(wish(at=NOW + timedelta(minutes=5)), again)
    assert again.refs == trouble.refs


def test_a_claim_that_was_taken_over_survives_a_refusal(once: Once, database: Database) -> None:
    with pytest.raises(StoreError):
        once.do(wish(), Work(StoreError("no answer")))  # it may have been done
    with pytest.raises(BadInput):
        once.do(wish(), Work(BadInput([Fault("/to", "x", "x")])))
    with database.reading() as conn:
        assert conn.execute(select(idempotency.c.key)).scalars().all() == ["k"]


def test_a_request_that_is_laid_out_otherwise_is_the_same_request() -> None:
    assert fingerprint("a", {"to": "1", "text": "x"}) == fingerprint("a", {"text": "x", "to": "1"})
    assert fingerprint("a", {"to": "1"}) != fingerprint("b", {"to": "1"})
    assert fingerprint("a", {"to": "1"}) != fingerprint("a", {"to": 1})


@pytest.mark.parametrize(
    ("header", "key"),
    [('"abc"', "abc"), ("abc", "abc"), (' "a\\"b\\\\c" ', 'a"b\\c'), ('"', '"'), ("x" * 255, "x" * 255)],
)
def test_a_key_may_be_quoted_or_bare(header: str, key: str) -> None:
    assert read_key(header) == key


@pytest.mark.parametrize("header", ["", '""', "x" * 256, "a\x00b", "ključ", "\n"])
def test_a_key_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(BadInput) as told:
        read_key(header)
    assert told.value.faults[0].code == "idempotency_key_invalid"


def test_many_at_once_with_one_key_work_once(once: Once) -> None:
    work = Work()
    outcomes: list[str] = []

    def ask() -> None:
        try:
            outcomes.append(str(once.do(wish(), work).status))
        except Conflict as told:
            outcomes.append(told.code)

    run_beside(ask, 20)
    assert len(work.refs) == 1
    assert set(outcomes) <= {"202", "idempotency_in_progress"}
    assert "202" in outcomes


def run_beside(ask: Callable[[], None], times: int) -> None:
    """Run it in so many threads at once, to the end."""
    threads = [threading.Thread(target=ask) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("written", [True, False])
def test_work_that_the_store_holds_is_done_again_only_if_nothing_of_it_is_there(
    once: Once, database: Database, written: bool
) -> None:
    asked = replace(wish(), work="stored", look="GET /api/v1/things")
    done: list[str] = []

    def work(ref: str) -> Done:
        if written or done:
            settled(database)  # something of the request is given to the writer
        done.append(ref)
        if len(done) == 1:
            raise RuntimeError("the answer is lost")
        return Done(201, {})

    with pytest.raises(RuntimeError):
        once.do(asked, work)
    if not written:
        assert once.do(asked, work) == Done(201, {})
        return
    with pytest.raises(Conflict, match="not done again") as told:
        once.do(asked, work)
    assert (told.value.code, len(done)) == ("idempotency_outcome_unknown", 1)
    assert "GET /api/v1/things" in told.value.hint


def test_nobody_knows_of_work_outside_the_store_whether_it_was_done(once: Once) -> None:
    asked = replace(wish(), work="outside")

    def lost(ref: str) -> Done:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        once.do(asked, lost)
    with pytest.raises(Conflict, match="may have been done"):
        once.do(asked, Work())
