"""A link's worker: it keeps the window, rests when told, puts back what it did not write, and drops no answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection

from smsgw.errors import StoreFull, StoreUnreachable
from smsgw.inbound.inbox import Arrived
from smsgw.link import (
    Abilities,
    Alphabet,
    Content,
    Health,
    InboundPiece,
    LinkDown,
    LinkState,
    NoAnswer,
    Receipt,
    ReceiptState,
    Throttled,
    WirePart,
)
from smsgw.media.building import Builder
from smsgw.outbound.handover import Claim
from smsgw.outbound.sender import Sender
from smsgw.outbound.submit import Asked, Door
from tests.smsgw.desk import Desk


class PaperLink:
    """A link whose network is the test: it keeps what it is given until the test answers."""

    name = "a"
    abilities = Abilities()

    def __init__(self, sender: Sender, window: int) -> None:
        self.window = window
        self.given: list[WirePart] = []
        self._sender = sender
        self._arrived = threading.Condition()

    def start(self) -> None:
        self._sender.health(Health(LinkState.UP))

    def send(self, part: WirePart) -> None:
        with self._arrived:
            self.given.append(part)
            self._arrived.notify_all()

    def stop(self, deadline: float) -> None:
        while self.given:
            self._sender.failed(self.given.pop(), LinkDown("stopped before it was written"))

    def health(self) -> Health:
        return Health(LinkState.UP)

    def wait_for(self, parts: int, seconds: float = 60.0) -> bool:
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.given) >= parts, seconds)

    def take(self, reference: str) -> None:
        self._sender.taken(self.given.pop(0), reference)


class TwoAtOnce(PaperLink):
    """One that takes two parts in one go."""

    def __init__(self, sender: Sender, window: int) -> None:
        super().__init__(sender, window)
        self.takes: list[int] = []
        self.between: threading.Event | None = None  # what it waits for after the first two

    def send_some(self, parts: Sequence[WirePart]) -> int:
        self.takes.append(len(parts))
        for part in parts[:2]:
            self.send(part)
        if self.between is not None:
            self.between.wait(90)
        return len(parts[:2])


class Real(Desk):
    """A desk with a sender of its own."""

    builder: Builder

    def heard(self, name: str, health: Health) -> None:
        self.network.heard(name, health, self.clock())

    def arrived(self, link: str, piece: InboundPiece) -> Future[None]:
        return self.database.writer.put(self.inbox.take, Arrived(link, piece, self.now))

    def clock(self) -> datetime:
        return self.now


Start = Callable[[int], tuple[Sender, PaperLink]]


@pytest.fixture
def real(desk: Desk) -> Real:
    return Real(desk.database)


@pytest.fixture
def start(real: Real) -> Iterator[Start]:
    begun: list[Sender] = []

    def go(window: int) -> tuple[Sender, PaperLink]:
        sender = Sender("a", real)  # type: ignore[arg-type]
        link = PaperLink(sender, window)
        sender.start(link)
        begun.append(sender)
        return sender, link

    yield go
    for sender in begun:
        sender.stop(time.monotonic() + 60)


def eventually(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.01)
    return False


def test_no_more_than_the_window_is_claimed(real: Real, start: Start) -> None:
    ids = [real.submit(text=f"text {n}") for n in range(5)]
    _, link = start(2)
    assert link.wait_for(2)
    time.sleep(0.2)
    assert len(link.given) == 2
    assert [real.state(id) for id in ids] == ["sending", "sending", "queued", "queued", "queued"]
    link.take("r1")
    assert link.wait_for(2)
    assert eventually(lambda: real.state(ids[0]) == "sent")


def test_a_link_that_takes_several_in_one_go_is_given_what_was_claimed_together(real: Real) -> None:
    ids = [real.submit(text=f"text {n}") for n in range(5)]
    sender = Sender("a", real)  # type: ignore[arg-type]
    link = TwoAtOnce(sender, 10)
    sender.start(link)
    assert link.wait_for(5)
    assert link.takes == [5, 3, 1]
    assert [part.message_id for part in link.given] == ids
    for number in range(5):
        link.take(f"r{number}")
    assert eventually(lambda: {real.state(id) for id in ids} == {"sent"})
    sender.stop(time.monotonic() + 60)


def test_what_carries_more_than_a_text_goes_one_by_one_also_to_a_link_that_takes_several(real: Real) -> None:
    ids = [real.submit(text=f"text {n}") for n in range(4)]
    wire = real.claim(most=4)
    wire[1] = replace(wire[1], content=Content(()))  # whose octets are not in the store (any more)
    real.builder = Builder()
    sender = Sender("a", real)  # type: ignore[arg-type]
    sender.link = link = TwoAtOnce(sender, 10)
    sender._hand_over(wire)
    assert link.takes == [2]
    assert [part.message_id for part in link.given] == [ids[0], ids[2], ids[3]]
    assert eventually(lambda: real.state(ids[1]) == "failed")
    assert "media_gone" in real.parts(ids[1])[0].error


def test_of_several_in_one_go_a_stop_puts_back_those_that_the_link_left(real: Real) -> None:
    ids = [real.submit(text=f"text {n}") for n in range(5)]
    sender = Sender("a", real)  # type: ignore[arg-type]
    link = TwoAtOnce(sender, 10)
    link.between = threading.Event()
    sender.start(link)
    assert link.wait_for(2)
    stopping = threading.Thread(target=sender.stop, args=(time.monotonic() + 60,))
    stopping.start()
    assert eventually(lambda: sender._stopping)
    link.between.set()
    stopping.join(90)
    assert link.takes == [5]
    assert [real.state(id) for id in ids] == ["queued"] * 5
    assert [real.row(id).attempts for id in ids] == [0] * 5


def test_a_stop_puts_back_what_was_not_written(real: Real, start: Start) -> None:
    ids = [real.submit(text=f"text {n}") for n in range(3)]
    sender, link = start(10)
    assert link.wait_for(3)
    link.take("r1")
    sender.stop(time.monotonic() + 60)
    assert [real.state(id) for id in ids] == ["sent", "queued", "queued"]
    assert real.row(ids[1]).attempts == 0


def test_a_throttled_link_rests_and_then_goes_on(real: Real, start: Start) -> None:
    first, second = real.submit(text="first"), real.submit(text="second")
    sender, link = start(1)
    assert link.wait_for(1)
    begun = time.monotonic()
    sender.failed(link.given.pop(), Throttled("slow down", rest=0.4))
    assert link.wait_for(1)
    assert time.monotonic() - begun >= 0.4
    assert {real.state(first), real.state(second)} == {"queued", "sending"}


def test_a_link_that_is_not_up_gets_nothing_until_it_is(real: Real, start: Start) -> None:
    sender, link = start(5)
    sender.health(Health(LinkState.DOWN, "unplugged"))
    real.submit(link="a")
    sender.wake()
    assert not link.wait_for(1, seconds=0.3)
    sender.health(Health(LinkState.UP))
    assert link.wait_for(1)


def test_an_answer_that_the_store_refused_is_kept_and_written_later(
    real: Real, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = real.submit()
    _, link = start(5)
    assert link.wait_for(1)
    refused = threading.Event()
    record = real.handover.record

    def full(conn: object, batch: object) -> None:
        refused.set()
        raise StoreFull("the disk is full")

    monkeypatch.setattr(real.handover, "record", full)
    link.take("r1")
    assert refused.wait(90)
    assert real.state(id) == "sending"
    monkeypatch.setattr(real.handover, "record", record)
    assert eventually(lambda: real.state(id) == "sent")


def test_a_claim_that_was_stored_without_a_word_goes_out_all_the_same(
    real: Real, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = real.database.writer
    put = writer.put
    silent: list[object] = []

    def lose_the_first_answer(step: Any, item: Any, guard: Any = None) -> Future[Any]:
        done: Future[Any] = put(step, item, guard)
        if step != real.handover.claim or silent or not done.result(90):
            return done
        silent.append(item)
        lost: Future[Any] = Future()
        lost.set_exception(StoreUnreachable("the connection was lost after the commit"))
        return lost

    monkeypatch.setattr(writer, "put", lose_the_first_answer)
    id = real.submit()
    _, link = start(5)
    assert link.wait_for(1)
    assert real.row(id).attempts == 1, "the try that never was does not count"
    assert real.events(id) == ["accept", "admit", "claim", "put_back", "claim"]


def test_what_comes_up_is_on_disk_when_its_future_is_done(real: Real, start: Start) -> None:
    id = real.submit()
    sender, link = start(5)
    assert link.wait_for(1)
    link.take("r1")
    sender.receipt(Receipt("r1", ReceiptState.DELIVERED)).result(90)
    assert real.state(id) == "delivered"
    sender.inbound(InboundPiece("n1", "+38640111222", None, Alphabet.GSM7, b"hello")).result(90)
    assert [row.text for row in real.texts()] == ["hello"]


@pytest.fixture
def idle(real: Real, start: Start) -> tuple[Sender, PaperLink]:
    """A sender with a window of two and an empty queue, which the door knows."""
    sender, link = start(2)
    real.door = Door(real.database.writer, real.network, real.terms, real.clock, {"a": sender})
    assert eventually(lambda: sender.reserve(0))
    return sender, link


def test_the_door_claims_for_a_link_that_has_nothing_to_do(real: Real, idle: tuple[Sender, PaperLink]) -> None:
    _, link = idle
    ids = [real.submit(text=f"text {n}", link="a") for n in range(3)]
    assert link.wait_for(2)
    assert [real.state(id) for id in ids] == ["sending", "sending", "queued"]
    assert [wire.message_id for wire in link.given] == ids[:2]
    link.take("r1")
    link.take("r2")
    assert link.wait_for(1), "what waits is claimed when there is room again"
    assert eventually(lambda: [real.state(id) for id in ids] == ["sent", "sent", "sending"])


def test_nothing_overtakes_what_waits(real: Real, idle: tuple[Sender, PaperLink]) -> None:
    sender, _ = idle
    sender.wake()
    assert not sender.reserve(1)


def test_no_room_is_kept_on_a_link_that_is_down_or_rests_or_is_stopping(
    real: Real, idle: tuple[Sender, PaperLink]
) -> None:
    sender, _ = idle
    sender.health(Health(LinkState.DOWN))
    assert not sender.reserve(1)
    sender.health(Health(LinkState.UP))
    assert eventually(lambda: sender.reserve(0))
    sender.stop(time.monotonic() + 60)
    assert not sender.reserve(0)


def test_room_that_was_kept_for_nothing_is_given_back(real: Real, idle: tuple[Sender, PaperLink]) -> None:
    sender, link = idle
    assert eventually(lambda: sender.reserve(2))
    assert not sender.reserve(1)
    wire = [WirePart("m", n, 2, "+386", None, Alphabet.GSM7, b"x") for n in (1, 2)]
    sender.decided(wire, Claim("a", 2, real.now), committed=False)
    assert eventually(lambda: sender.reserve(2))
    assert not link.given
    sender.decided(wire, Claim("a", 2, real.now), committed=False)


def test_a_stop_waits_for_what_the_door_is_storing_and_puts_it_back(real: Real, idle: tuple[Sender, PaperLink]) -> None:
    sender, link = idle
    gate, entered = threading.Event(), threading.Event()

    def wait(conn: object, batch: list[None]) -> list[None]:
        entered.set()
        gate.wait(120)
        return batch

    asked = Asked("+38640111222", "hello", "test", link="a")
    ready = real.door.read(asked)

    def store_slowly(conn: Connection, batch: list[Any]) -> Any:
        stored = real.door.store(conn, batch)
        wait(conn, [None])
        return stored

    stored = real.database.writer.put(store_slowly, ready)
    assert entered.wait(90)
    stopping = threading.Thread(target=sender.stop, args=(time.monotonic() + 90,))
    stopping.start()
    assert eventually(lambda: sender._stopping)
    gate.set()
    id = stored.result(90).row["id"]
    stopping.join(120)
    assert not link.given
    assert real.state(id) == "queued"
    assert real.row(id).attempts == 0


def test_an_answer_that_comes_after_all_makes_no_room_a_second_time(real: Real, idle: tuple[Sender, PaperLink]) -> None:
    sender, link = idle
    ids = [real.submit(text=f"text {n}", link="a") for n in range(2)]
    assert link.wait_for(2)
    late = link.given[0]
    sender.failed(link.given.pop(0), NoAnswer("nothing came"))
    assert eventually(lambda: sender.reserve(1)), "its place is free"
    sender.taken(late, "r1")
    assert eventually(lambda: real.state(ids[0]) == "sent")
    assert not sender.reserve(1), "one is in the air and one is kept"
    sender.decided([late], Claim("a", 1, real.now), committed=False)


def test_the_answer_to_a_second_try_makes_room_again(real: Real, idle: tuple[Sender, PaperLink]) -> None:
    sender, link = idle
    real.submit(link="a")
    assert link.wait_for(1)
    again = link.given.pop()
    sender.failed(again, NoAnswer("nothing came"))
    assert sender.in_flight == 0
    with sender._state:
        sender._in_flight += 1  # as its second claim does
    sender._hand_over([again])
    link.take("r1")
    assert sender.in_flight == 0
