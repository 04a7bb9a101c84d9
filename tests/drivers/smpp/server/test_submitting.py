"""What clients submit reaches the gateway in batches, is answered when it is on disk, and never more than agreed."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import pytest

from drivers.smpp.server.refusals import BY_CODE
from smsgw.errors import BadInput, Fault, QueueFull, RefusedByPolicy, SmsgwError, StoreFull
from smsgw.listener import Submitted
from tests.emulators import smpp_client
from tests.emulators.smpp_client import HEADER, RESP, SmppClient, address, cstring, several, submit, tlv

Listening = Callable[..., Any]
Wait = Callable[[Callable[[], Any]], Any]


def test_a_submit_is_answered_with_the_id_that_the_gateway_gave(client: SmppClient) -> None:
    answer = client.ask(smpp_client.SUBMIT_SM, submit())
    assert (answer.command, answer.status, answer.text) == (4 | RESP, 0, "1")


def test_no_answer_comes_before_it_is_on_disk(client: SmppClient, desk: Any, wait: Wait) -> None:
    waiting: list[Future[Submitted]] = []

    def takes(asked: Any) -> Future[Submitted]:
        waiting.append(Future())
        return waiting[-1]

    desk.takes = takes
    sequence = client.send(smpp_client.SUBMIT_SM, submit())
    wait(lambda: waiting)
    assert client.ask(smpp_client.ENQUIRE_LINK).status == 0
    assert client.unasked == []
    waiting[0].set_result(Submitted("msg_9"))
    assert client.answer_to(sequence).text == "9"


def test_many_at_once_go_to_the_gateway_together_and_each_gets_its_answer(client: SmppClient, desk: Any) -> None:
    bodies = [submit(text=b"number %d" % number) for number in range(50)]
    octets = b"".join(HEADER.pack(16 + len(body), 4, 0, 100 + place) + body for place, body in enumerate(bodies))
    client.socket.sendall(octets)
    answers = {place: client.answer_to(100 + place).text for place in range(50)}
    assert len(set(answers.values())) == 50
    assert [asked.user_data for asked in desk.submissions] == [b"number %d" % number for number in range(50)]
    assert max(desk.batches) > 1


def test_beyond_the_window_nothing_is_read_until_answers_go_out(listening: Listening, desk: Any, wait: Wait) -> None:
    desk.window = 3
    waiting: list[Future[Submitted]] = []

    def takes(asked: Any) -> Future[Submitted]:
        waiting.append(Future())
        return waiting[-1]

    desk.takes = takes
    with SmppClient(listening().port) as client:
        client.bind("shop", "secret08")
        numbers = [client.send(smpp_client.SUBMIT_SM, submit()) for _ in range(8)]
        wait(lambda: len(waiting) == 3)
        time.sleep(0.1)
        assert len(waiting) == 3
        for done in range(8):
            wait(lambda done=done: len(waiting) > done)
            assert len(waiting) <= done + 3
            waiting[done].set_result(Submitted(f"msg_{done}"))
        assert [client.answer_to(number).text for number in numbers] == [f"{done}" for done in range(8)]


def fault(code: str) -> BadInput:
    return BadInput([Fault("/x", code, "says")])


def coded(problem: SmsgwError, code: str) -> SmsgwError:
    problem.code = code
    return problem


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (fault("recipient_invalid"), 0x0B),
        (fault("sender_not_allowed"), 0x0A),
        (fault("text_too_long"), 0x01),
        (fault("validity_over"), 0x62),
        (RefusedByPolicy([Fault("/to", "recipient_opted_out", "said STOP")]), 0x0B),
        (RefusedByPolicy([Fault("/to", "duplicate_message", "again")]), 0x66),
        (RefusedByPolicy([Fault("/to", "no_route", "none")]), 0x45),
        (RefusedByPolicy([Fault("/to", "something_new", "none")]), 0x45),
        (QueueFull("full", retry_after=30), 0x14),
        (coded(QueueFull("fast", retry_after=1), "rate_limited"), 0x58),
        (StoreFull("disk"), 0x08),
        (RuntimeError("a fault of ours"), 0x08),
    ],
)
def test_each_refusal_has_its_status(
    client: SmppClient, desk: Any, answers: Any, problem: Exception, status: int
) -> None:
    desk.takes = lambda asked: answers.failed(problem)
    answer = client.ask(smpp_client.SUBMIT_SM, submit())
    assert (answer.status, answer.body) == (status, b"")
    desk.takes = None
    assert client.ask(smpp_client.SUBMIT_SM, submit()).status == 0


def test_every_status_of_the_table_is_one_of_the_standard() -> None:
    from drivers.smpp.statuses import NAMES

    assert set(BY_CODE.values()) <= set(NAMES)


def test_a_submit_to_several_is_answered_with_those_that_were_refused(
    client: SmppClient, desk: Any, answers: Any
) -> None:
    desk.takes = lambda asked: answers.done(Submitted("msg_7", ((1, fault("recipient_invalid")),)))
    answer = client.ask(smpp_client.SUBMIT_MULTI, submit(destination=several("38640111222", "1")))
    assert answer.status == 0
    assert answer.body == b"7\0\1" + address("1") + struct.pack(">I", 0x0B)


def test_data_sm_is_answered_like_a_submit(client: SmppClient) -> None:
    body = cstring("") + address("Shop", 5, 0) + address("38640111222") + bytes((0, 1, 0)) + tlv(0x0424, b"hi")
    answer = client.ask(smpp_client.DATA_SM, body)
    assert (answer.command, answer.status, answer.text) == (smpp_client.DATA_SM | RESP, 0, "1")


def test_a_message_is_asked_about_taken_back_and_reworded(client: SmppClient, desk: Any) -> None:
    asked = client.ask(smpp_client.QUERY_SM, b"msg_1\0" + address("Shop", 5, 0))
    assert (asked.status, asked.body) == (0, b"1\0\0\1\0")
    both = address("Shop", 5, 0) + address("38640111222")
    assert client.ask(smpp_client.CANCEL_SM, b"\0001\0" + both).status == 0
    assert client.ask(smpp_client.CANCEL_SM, b"\0\0" + both).status == 0
    new = address("Shop", 5, 0) + b"\0\0" + bytes((1, 0, 5)) + b"other"
    assert client.ask(smpp_client.REPLACE_SM, b"msg_1\0" + new).status == 0
    assert desk.asked == [
        ("query", "msg_1"),
        ("cancel", "msg_1", "Shop", "+38640111222"),
        ("cancel", "", "Shop", "+38640111222"),
        ("replace", "msg_1", b"other"),
    ]
    assert client.ask(smpp_client.QUERY_SM, b"nobody\0" + address("", 0, 0)).status == 0x67
    assert client.ask(smpp_client.CANCEL_SM, b"\0nobody\0" + address("", 0, 0) * 2).status == 0x11
    assert client.ask(smpp_client.CANCEL_SM, b"\0\0" + address("", 0, 0) * 2).status == 0x0B
    assert client.ask(smpp_client.REPLACE_SM, b"nobody\0" + new).status == 0x13


def test_a_pdu_that_cannot_be_read_is_refused_and_the_session_goes_on(client: SmppClient) -> None:
    assert client.ask(smpp_client.SUBMIT_SM, b"nonsense").status == 0x01
    unknown = client.send(0x00010203)
    nack = client.read()
    assert nack is not None
    assert (nack.command, nack.status, nack.sequence) == (smpp_client.GENERIC_NACK, 0x03, unknown)
    assert client.ask(smpp_client.SUBMIT_SM, submit()).status == 0


@pytest.mark.parametrize(
    "start", [b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\2\0\0\0\0", b"\x7f\xff\xff\xff\0\0\0\4", b"\0" * 16]
)
def test_what_is_no_smpp_is_told_so_and_closed_and_others_stay(listening: Listening, start: bytes) -> None:
    port = listening().port
    with SmppClient(port) as good, SmppClient(port) as bad:
        good.bind("shop", "secret08")
        bad.socket.sendall(start)
        nack = bad.read()
        assert nack is not None
        assert (nack.command, nack.status) == (smpp_client.GENERIC_NACK, 0x02)
        assert bad.closed()
        assert good.ask(smpp_client.SUBMIT_SM, submit()).status == 0


def test_pdus_may_come_in_any_pieces(client: SmppClient) -> None:
    body = submit()
    octets = HEADER.pack(16 + len(body), 4, 0, 77) + body
    for place in range(0, len(octets), 7):
        client.socket.sendall(octets[place : place + 7])
        time.sleep(0.002)
    assert client.answer_to(77).status == 0


def test_a_client_that_reads_nothing_is_let_go_and_costs_no_memory(listening: Listening, desk: Any) -> None:
    with SmppClient(listening(answer_timeout=0.5, enquire_link=60).port) as client:
        client.bind("shop", "secret08")
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.socket.settimeout(0.2)
        enquire = HEADER.pack(16, smpp_client.ENQUIRE_LINK, 0, 1) * 4096
        sent = 0

        def let_go() -> bool:
            nonlocal sent
            with suppress(OSError):  # held back by TCP for now, or let go already
                while sent < 200_000_000:  # far more than the buffers of both sides
                    sent += client.socket.send(enquire)
            return bool(desk.left)

        until = time.monotonic() + 120  # the buffers of both sides are large, and every PDU in them is read
        while not let_go():
            assert time.monotonic() < until, f"it is still there after {sent} octets"
        assert sent < 200_000_000
