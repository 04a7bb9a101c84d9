"""The wire and the window where the network is slow or gone: what left, what did not, and nothing told twice."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.smpp import pdu
from drivers.smpp.window import Window
from drivers.smpp.wire import Lost, Wire
from smsgw.link import LinkDown, NoAnswer, RejectedForNow, WirePart


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    """A wire with small buffers, and the other end of it."""
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    far.settimeout(60)
    wire = Wire(near)
    yield wire, far
    wire.close()
    far.close()


def submits(count: int) -> list[bytes]:
    return [pdu.submit_sm(number, bytes(1000)) for number in range(1, count + 1)]


def test_a_writer_never_waits_for_a_slow_reader(ends: tuple[Wire, socket.socket]) -> None:
    wire, _ = ends
    begun = time.monotonic()
    assert all(wire.write(octets) for octets in submits(200))
    assert time.monotonic() - begun < 60


def test_what_waited_goes_out_whole_and_in_order_when_the_reader_reads(ends: tuple[Wire, socket.socket]) -> None:
    wire, far = ends
    sent = submits(200)
    for octets in sent:
        wire.write(octets)
    got = bytearray()
    while len(got) < sum(map(len, sent)):
        wire.read(0)
        got += far.recv(100_000)
    assert bytes(got) == b"".join(sent)
    wire.read(0)
    assert wire.unwritten() == []


def test_a_pdu_that_leaves_in_many_pieces_is_whole_at_the_other_end(ends: tuple[Wire, socket.socket]) -> None:
    wire, far = ends
    sent = pdu.submit_sm(1, bytes(range(256)) * 230)
    wire.write(sent)
    got, pieces = bytearray(), 0
    while len(got) < len(sent):
        got += far.recv(2000)
        pieces += 1
        wire.read(0)
    assert bytes(got) == sent
    assert pieces > 3


def test_what_the_kernel_took_in_part_or_not_at_all_is_unwritten(ends: tuple[Wire, socket.socket]) -> None:
    wire, far = ends
    for octets in submits(200):
        wire.write(octets)
    wire.close()
    arrived = b"".join(iter(lambda: far.recv(100_000), b""))
    whole = len(arrived) // 1016
    assert 0 < whole < 200
    assert wire.unwritten() == list(range(whole + 1, 201))


def test_answers_that_wait_are_no_submits(ends: tuple[Wire, socket.socket]) -> None:
    wire, _ = ends
    for number in range(2000):
        wire.write(pdu.deliver_sm_resp(number) * 10)
    assert wire.unwritten() == []


def test_of_several_in_one_write_those_that_left_whole_are_known(ends: tuple[Wire, socket.socket]) -> None:
    wire, far = ends
    body = b"b" * 100
    several = [pdu.submit_sm(number, body) for number in range(1, 5001)]
    assert wire.write(b"".join(several))
    waiting = wire.unwritten()
    assert waiting == list(range(waiting[0], 5001))
    assert 1 < waiting[0] < 5001
    far.settimeout(90)
    came = b""
    while len(came) < len(several[0]) * (waiting[0] + 1):
        came += far.recv(1_000_000)
        wire.read(0)
    assert wire.unwritten()[:1] != waiting[:1]


def test_a_part_has_left_with_its_last_octet_wherever_in_the_queue_it_stands(ends: tuple[Wire, socket.socket]) -> None:
    wire, _ = ends
    one, two, three = (pdu.submit_sm(number, b"body") for number in range(1, 4))
    first = one + pdu.deliver_sm_resp(9) + two
    for out, left in ((0, [1, 2]), (len(one) - 1, [1, 2]), (len(one), [2]), (len(first) - 1, [2])):
        wire._queue.clear()
        wire._queue.extend([first, three])
        wire._begun = out
        assert wire.unwritten() == [*left, 3]


def test_after_the_other_side_has_gone_writing_says_no(ends: tuple[Wire, socket.socket]) -> None:
    wire, far = ends
    far.close()
    with pytest.raises(Lost, match="closed by the other side"):
        wire.read(1)
    wire.close()
    assert not wire.write(b"x" * 16)


def test_answers_written_later_share_one_write_and_wake_the_reader(ends: tuple[Wire, socket.socket]) -> None:
    wire, far = ends
    answers = [pdu.deliver_sm_resp(number) for number in range(50)]

    def write_all() -> None:
        for answer in answers:
            wire.write_later(answer)

    for _ in range(3):  # the bell rings every time, not only the first
        wire.read(0)
        timer = threading.Timer(0.05, write_all)
        timer.start()
        begun = time.monotonic()
        assert wire.read(180) == []
        assert time.monotonic() - begun < 90
        timer.join()
        wire.read(0)
        assert far.recv(100_000) == b"".join(answers)


def test_what_waits_can_be_sent_before_something_else(ends: tuple[Wire, socket.socket]) -> None:
    wire, far = ends
    wire.write_later(b"acknowledgement.")
    wire.write_waiting()
    wire.write(b"unbind..........")
    assert far.recv(1000) == b"acknowledgement.unbind.........."


class Road:
    """A session of which the test decides whether it writes."""

    def __init__(self) -> None:
        self.works = True
        self.written = 0
        self._numbers = itertools.count(1)

    def next_sequence(self) -> int:
        return next(self._numbers)

    def write(self, octets: bytes) -> bool:
        self.written += self.works
        return self.works


def test_lost_parts_are_unsure_when_they_left_and_certain_when_they_did_not(
    told: Any, a_part: Callable[..., WirePart]
) -> None:
    window, road = Window(10, 30, told, time.monotonic), Road()
    window.open(road)
    for number in range(1, 5):
        window.put([(a_part(number=number), b"")])
    window.lost(road, [3, 4], "the cable was cut")
    kinds = {part.message_id: type(error) for part, error in told.failed_parts}
    assert kinds == {"1": NoAnswer, "2": NoAnswer, "3": LinkDown, "4": LinkDown}
    assert window.settle(0)


def test_parts_take_the_road_with_most_room_and_the_window_is_each_roads_own(
    told: Any, a_part: Callable[..., WirePart]
) -> None:
    window, one, two = Window(2, 30, told, time.monotonic), Road(), Road()
    window.open(one)
    window.put([(a_part(number=1), b"")])
    window.open(two)
    for number in (2, 3, 4):
        window.put([(a_part(number=number), b"")])
    assert (one.written, two.written, len(window)) == (2, 2, 4)
    assert window.answered(two, [(1, "a"), (2, "b")]) == 2
    window.put([(a_part(number=5), b"")])
    assert (one.written, two.written) == (2, 3)


def test_parts_that_have_room_go_in_one_write_and_the_others_are_left_to_the_caller(
    told: Any, a_part: Callable[..., WirePart]
) -> None:
    window, one = Window(3, 30, told, time.monotonic), Road()
    window.open(one)
    assert window.put([(a_part(number=number), b"") for number in range(1, 6)]) == 3
    assert (one.written, len(window)) == (1, 3)
    assert window.answered(one, [(2, "b")]) == 1
    assert window.put([(a_part(number=number), b"") for number in (4, 5)]) == 1
    assert window.answered(one, [(1, "a"), (3, "c"), (4, "d")]) == 3
    assert [part.message_id for part, _ in told.taken_parts] == ["2", "1", "3", "4"]
    assert window.settle(0)


def test_several_parts_are_shared_out_among_the_roads_that_are_open(told: Any, a_part: Callable[..., WirePart]) -> None:
    window, one, two = Window(10, 30, told, time.monotonic), Road(), Road()
    window.open(one)
    window.open(two)
    parts = [(a_part(number=number), b"") for number in range(1, 6)]
    assert window.put(parts) == 3
    assert window.put(parts[3:]) == 1
    assert window.answered(one, [(1, "a"), (2, "b"), (3, "c")]) == 3
    assert window.answered(two, [(1, "d")]) == 1


def test_several_parts_of_a_road_that_took_nothing_go_by_another_or_are_told_each_once(
    told: Any, a_part: Callable[..., WirePart]
) -> None:
    window, one, two = Window(10, 30, told, time.monotonic), Road(), Road()
    one.works = False
    window.open(one)
    window.open(two)
    parts = [(a_part(number=number), b"") for number in range(1, 5)]
    put = window.put(parts)
    assert (put, one.written, two.written, len(window)) == (4, 0, 1, 4)
    two.works = False
    assert window.put(parts[:2]) == 2
    assert [part.message_id for part, _ in told.failed_parts] == ["1", "2"]
    window.lost(two, [], "the cable was cut")
    assert len(told.failed_parts) == 6
    assert window.settle(0)


def test_a_full_window_waits_for_a_place_on_any_road(told: Any, a_part: Callable[..., WirePart]) -> None:
    window, one, two = Window(1, 30, told, time.monotonic), Road(), Road()
    window.open(one)
    window.open(two)
    for number in (1, 2):
        window.put([(a_part(number=number), b"")])
    third = threading.Thread(target=window.put, args=([(a_part(number=3), b"")],))
    third.start()
    assert window.answered(two, [(1, "a")]) == 1
    third.join(90)
    assert not third.is_alive()
    assert (one.written, two.written) == (1, 2)


def test_a_road_that_breaks_gives_its_part_to_another(told: Any, a_part: Callable[..., WirePart]) -> None:
    window, one, two = Window(10, 30, told, time.monotonic), Road(), Road()
    window.open(one)
    window.open(two)
    one.works = False
    window.put([(a_part(), b"")])
    assert told.failed_parts == []
    assert two.written == 1
    window.put([(a_part(number=2), b"")])
    window.lost(one, (), "cut")
    assert told.failed_parts == []
    assert two.written == 2


def test_one_road_shut_is_no_reason_to_fail_and_all_shut_says_why_and_when(
    told: Any, a_part: Callable[..., WirePart]
) -> None:
    window, one, two = Window(10, 30, told, lambda: 100.0), Road(), Road()
    window.open(one)
    window.open(two)
    window.shut(one, LinkDown("one is down"), 5.0)
    window.put([(a_part(), b"")])
    assert two.written == 1
    window.shut(two, LinkDown("two is down"), 7.0)
    window.put([(a_part(number=2), b"")])
    ((_, error),) = told.failed_parts
    assert (error.says, error.rest) == ("two is down", 7.0)


def test_answers_are_matched_on_their_own_road(told: Any, a_part: Callable[..., WirePart]) -> None:
    window, one, two = Window(10, 30, told, time.monotonic), Road(), Road()
    window.open(one)
    window.open(two)
    for number in (1, 2):
        window.put([(a_part(number=number), b"")])
    window.lost(one, (), "the first is cut")
    assert [part.message_id for part, _ in told.failed_parts] == ["1"]
    assert window.answered(one, [(1, "nobody")]) == 0
    assert window.answered(two, [(1, "b")]) == 1
    assert [(part.message_id, reference) for part, reference in told.taken_parts] == [("2", "b")]


def test_a_part_that_the_wire_refused_is_certainly_not_sent(told: Any, a_part: Callable[..., WirePart]) -> None:
    window, road = Window(10, 30, told, time.monotonic), Road()
    window.open(road)
    road.works = False
    window.put([(a_part(), b"")])
    assert isinstance(told.failed_parts[0][1], LinkDown)
    assert len(window) == 0
    assert window.settle(0)


def test_a_window_shut_for_good_is_not_opened_by_a_session_that_comes_late(
    told: Any, a_part: Callable[..., WirePart]
) -> None:
    window = Window(10, 30, told, time.monotonic)
    window.close(LinkDown("the link is being stopped"))
    window.open(Road())
    window.put([(a_part(), b"")])
    assert told.failed_parts[0][1].says == "the link is being stopped"


def test_only_parts_that_waited_too_long_expire_and_a_late_answer_settles_them(
    told: Any, a_part: Callable[..., WirePart]
) -> None:
    now = 100.0
    window, road = Window(10, 30, told, lambda: now), Road()
    window.open(road)
    window.put([(a_part(number=1), b"")])
    now = 120.0
    window.put([(a_part(number=2), b"")])
    now = 130.0
    assert window.expire(road) == 1
    assert [part.message_id for part, _ in told.failed_parts] == ["1"]
    assert window.answered(road, [(1, "late"), (2, "r2")]) == 1
    assert {(part.message_id, reference) for part, reference in told.taken_parts} == {("1", "late"), ("2", "r2")}
    assert window.answered(road, [(1, "again")]) == 0
    assert len(told.taken_parts) == 2
    assert window.settle(0)


def test_a_late_refusal_counts_while_the_part_cannot_be_in_the_air_again(
    told: Any, a_part: Callable[..., WirePart]
) -> None:
    now = 0.0
    window, road = Window(10, 30, told, lambda: now), Road()
    window.open(road)
    window.put([(a_part(number=1), b"")])
    window.put([(a_part(number=2), b"")])
    now = 30.0
    assert window.expire(road) == 2
    now = 80.0
    window.answered(road, [(1, RejectedForNow("no"))])
    now = 95.0
    window.answered(road, [(2, RejectedForNow("no"))])
    assert [(part.message_id, type(error)) for part, error in told.failed_parts] == [
        ("1", NoAnswer), ("2", NoAnswer), ("1", RejectedForNow),
    ]  # fmt: skip


def test_an_outcome_that_cannot_be_noted_does_not_stop_the_others(
    told: Any, a_part: Callable[..., WirePart], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(part: WirePart, error: object) -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr(told, "failed", broken)
    window, road = Window(10, 30, told, time.monotonic), Road()
    window.open(road)
    for number in (1, 2):
        window.put([(a_part(number=number), b"")])
    window.answered(road, [(1, RejectedForNow("no")), (2, "r2")])
    assert len(told.taken_parts) == 1
    assert window.settle(0)
