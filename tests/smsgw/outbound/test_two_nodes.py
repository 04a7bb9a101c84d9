"""What two nodes write in the same moment, when neither sees the other's rows yet: an answer, a receipt, a move."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, text

from smsgw.link import Receipt, ReceiptState
from smsgw.outbound.handover import Answer
from smsgw.outbound.receipts import AGAIN_AFTER, Told
from smsgw.outbound.routing import Moves, Served
from smsgw.outbound.silence import Silence
from smsgw.outbound.unsure import Due
from smsgw.outbound.waiting import Waiting
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import earlier_try, receipt
from tests.smsgw.desk import Desk

pytestmark = pytest.mark.peer
TO = "+38640111222"
LONG = "0123456789" * 20  # two parts
LINKS = [Served("a", "fake", moves=Moves(silence=120)), Served("b", "fake", preference=200)]
DELIVERED = ReceiptState.DELIVERED


class Pair:
    """A desk, whose node also runs the clock, and the database as another node has it."""

    def __init__(self, database: Database, other: Database) -> None:
        self.desk, self.other = Desk(database, links=[*LINKS]), other
        self.desk.receipts.shared = True
        waiting = Waiting(
            self.desk.network, self.desk.terms.rules, self.desk.door.next_reference, frozenset(["transactional"])
        )
        self.silence = Silence(waiting.moving)
        self.silence.shared, self.silence.over = True, lambda: self.desk.receipts.over

    def hears(self, said: Receipt, link: str = "a") -> None:
        """The other node stores a receipt."""
        self.other.writer.do(self.desk.receipts.store, Told(link, said, self.desk.now))

    @contextmanager
    def unfinished(self, step: Callable[[Connection], object]) -> Iterator[None]:
        """The other node has written something, and commits it when the block is over."""
        with self.other.exclusive() as conn:
            step(conn)
            yield

    def look(self) -> None:
        """What the clock's node does now and then."""
        self.desk.database.writer.do(self.desk.unsure.look, Due(self.desk.now, 60))

    def look_at_the_silent(self) -> None:
        """And this."""
        self.desk.database.writer.do(self.silence.look, self.desk.now)


@pytest.fixture
def pair(postgres_url: str) -> Iterator[Pair]:
    with closing(Database(postgres_url)) as database, closing(Database(postgres_url)) as other:
        schema.upgrade(database)
        yield Pair(database, other)


def answered_while(pair: Pair, said: Receipt, link: str, reference: str) -> str:
    """A message whose answer is written in the moment in which this receipt is; neither transaction saw the other's."""
    desk = pair.desk
    id = desk.submit(to=TO)
    [wire] = desk.claim()
    answer = Answer("a", id, wire.position, desk.now, reference=reference)
    with pair.unfinished(lambda conn: desk.handover.record(conn, [answer])):
        desk.database.writer.do(desk.receipts.store, Told(link, said, desk.now))
    assert desk.state(id) == "sent"
    return id


def test_an_answer_and_its_receipt_meet_all_the_same(pair: Pair) -> None:
    id = answered_while(pair, Receipt("r1", DELIVERED, TO), "a", "r1")
    pair.look()
    assert pair.desk.state(id) == "delivered"


def test_a_receipt_over_another_account_meets_the_answer_too(pair: Pair) -> None:
    pair.desk.receipts.over = {"a": ["b"]}
    id = answered_while(pair, Receipt("r1", DELIVERED, TO), "b", "r1")
    pair.look()
    assert pair.desk.state(id) == "delivered"


def test_a_receipt_over_another_account_to_another_number_is_not_of_that_part(pair: Pair) -> None:
    pair.desk.receipts.over = {"a": ["b"]}
    id = answered_while(pair, Receipt("r1", DELIVERED, "+38640999888"), "b", "r1")
    pair.look()
    assert pair.desk.state(id) == "sent"


def test_a_receipt_that_spells_the_reference_otherwise_meets_the_answer_when_its_node_looks_again(pair: Pair) -> None:
    desk = pair.desk
    id = answered_while(pair, Receipt("7994", DELIVERED, TO, also=("1f3a", "1F3A")), "a", "1F3A")
    pair.look()
    assert desk.receipts.strangers(desk.now) == []  # another node's transaction may still be open
    desk.now += AGAIN_AFTER
    strangers = desk.receipts.strangers(desk.now)
    desk.database.writer.do(desk.receipts.look_again, (strangers, desk.now))
    assert desk.state(id) == "delivered"
    assert desk.receipts.strangers(desk.now) == []
    with desk.database.reading() as conn:
        assert conn.scalar(select(receipt.c.message_id)) == id


def sent_in_silence(pair: Pair, text: str) -> str:
    """A message that its link took, and of which nothing was heard for so long that it goes over another."""
    id = pair.desk.submit(to=TO, text=text)
    for wire in pair.desk.claim():
        pair.desk.taken(wire, f"r{wire.position}")
    pair.desk.now += timedelta(seconds=120)
    return id


def test_a_receipt_that_is_written_while_its_message_moves_to_another_link_counts_for_the_earlier_try(
    pair: Pair,
) -> None:
    desk, first = pair.desk, Receipt("r1", DELIVERED, TO)
    id = sent_in_silence(pair, LONG)
    moving = threading.Thread(target=pair.look_at_the_silent)
    with pair.unfinished(lambda conn: desk.receipts.store(conn, [Told("a", first, desk.now)])):
        moving.start()
        waits_for_the_other(pair)
    moving.join(60)
    assert (desk.state(id), desk.row(id).link) == ("queued", "b")  # it has not seen that a part had arrived
    pair.hears(Receipt("r2", DELIVERED, TO))
    pair.look_at_the_silent()
    assert desk.state(id) == "delivered"
    assert desk.claim("b") == []


def waits_for_the_other(pair: Pair) -> None:
    """Until a session waits for a lock of another one."""
    waiting = text(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' LIMIT 1"
    )
    deadline = time.monotonic() + 60
    while True:
        with pair.desk.database.reading() as conn:
            if conn.scalar(waiting):
                return
        assert time.monotonic() < deadline, "the move does not touch the part"
        time.sleep(0.02)


def test_a_late_receipt_over_another_account_counts_for_the_earlier_try(pair: Pair) -> None:
    pair.desk.receipts.over = {"a": ["b"]}
    id = sent_in_silence(pair, "hello")
    pair.look_at_the_silent()
    assert pair.desk.row(id).link == "b"
    pair.hears(Receipt("r1", DELIVERED, TO), "b")
    pair.look_at_the_silent()
    assert pair.desk.state(id) == "delivered"


def test_a_late_receipt_that_spells_the_reference_otherwise_counts_for_the_earlier_try(pair: Pair) -> None:
    desk = pair.desk
    id = sent_in_silence(pair, "hello")
    pair.look_at_the_silent()
    desk.database.writer.do(desk.receipts.store, Told("a", Receipt("0R1", DELIVERED, TO, also=("r1",)), desk.now))
    desk.now += AGAIN_AFTER
    desk.database.writer.do(desk.receipts.look_again, (desk.receipts.strangers(desk.now), desk.now))
    pair.look_at_the_silent()
    assert desk.state(id) == "delivered"
    with desk.database.reading() as conn:
        assert conn.scalar(select(earlier_try.c.outcome)) == "delivered"


def test_whoever_has_the_store_alone_looks_for_nothing_that_two_wrote(pair: Pair) -> None:
    pair.desk.receipts.shared = False
    id = answered_while(pair, Receipt("r1", DELIVERED, TO), "a", "r1")
    pair.look()
    assert pair.desk.state(id) == "sent"
