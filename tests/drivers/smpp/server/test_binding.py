"""Who is let in, who is not and hears why, and how a session ends."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from drivers.smpp.server.listener import SmppListener
from smsgw.config.listen import SmppListenConfig
from smsgw.errors import Forbidden, QueueFull
from smsgw.listener import Submitted
from tests.emulators import smpp_client
from tests.emulators.smpp_client import RESP, SmppClient, submit, tlv

Listening = Callable[..., Any]
Wait = Callable[[Callable[[], Any]], Any]


@pytest.mark.parametrize(
    ("command", "sends", "receives"),
    [
        (smpp_client.BIND_TRANSMITTER, True, False),
        (smpp_client.BIND_RECEIVER, False, True),
        (smpp_client.BIND_TRANSCEIVER, True, True),
    ],
)
def test_a_client_binds_in_each_way(listening: Listening, desk: Any, command: int, sends: bool, receives: bool) -> None:
    with SmppClient(listening(system_id="ours").port) as client:
        answer = client.bind("shop", "secret08", command)
        assert (answer.command, answer.status, answer.text) == (command | RESP, 0, "ours")
        knock = desk.knocks[0]
        assert (knock.system_id, knock.address, knock.sends, knock.receives) == ("shop", "127.0.0.1", sends, receives)
        assert client.ask(smpp_client.SUBMIT_SM, submit()).status == (0 if sends else 0x04)
        assert len(desk.outlets) == (1 if receives else 0)


@pytest.mark.parametrize(("version", "told"), [(0x33, b""), (0x34, tlv(0x0210, b"\x34")), (0x50, tlv(0x0210, b"\x50"))])
def test_the_version_is_told_to_those_who_know_parameters(listening: Listening, version: int, told: bytes) -> None:
    with SmppClient(listening().port) as client:
        assert client.bind("shop", "secret08", version=version).body == b"smsgw\0" + told


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (None, 0x0E),
        (Forbidden("scope"), 0x0D),
        (Forbidden("net", code="ip_not_allowed"), 0x0D),
        (Forbidden("binds", code="too_many_binds"), 0x05),
    ],
)
def test_who_is_not_let_in_hears_why_and_the_connection_ends(
    listening: Listening, desk: Any, refusal: Exception | None, status: int
) -> None:
    desk.refusal = refusal
    with SmppClient(listening().port) as client:
        assert client.bind("shop", "secret08" if refusal else "wrong").status == status
        assert client.closed()


def test_too_many_tries_are_told_as_throttling(listening: Listening, desk: Any) -> None:
    desk.refusal = QueueFull("too often", retry_after=10)
    desk.refusal.code = "rate_limited"
    with SmppClient(listening().port) as client:
        assert client.bind("shop", "secret08").status == 0x58


def test_a_password_may_be_longer_than_the_standard_says(listening: Listening, desk: Any) -> None:
    with SmppClient(listening().port) as client:
        client.bind("a-key-with-a-long-name", "smsgw_live_" + "x" * 32)
    assert len(desk.knocks[0].password) == 43


def test_nothing_is_submitted_before_the_bind_and_nobody_binds_twice(listening: Listening, desk: Any) -> None:
    with SmppClient(listening().port) as client:
        assert client.ask(smpp_client.SUBMIT_SM, submit()).status == 0x04
        assert client.ask(smpp_client.QUERY_SM, b"x\0\0\0\0").status == 0x04
        assert client.ask(smpp_client.ENQUIRE_LINK).status == 0
        assert client.bind("shop", "secret08").status == 0
        assert client.bind("shop", "secret08").status == 0x05
        assert client.ask(smpp_client.SUBMIT_SM, submit()).status == 0
    assert len(desk.submissions) == 1


def test_an_unbind_is_answered_after_what_was_submitted_before_it(client: SmppClient, desk: Any, wait: Wait) -> None:
    waiting: list[Future[Any]] = []
    desk.takes = lambda asked: waiting.append(Future()) or waiting[-1]
    first = client.send(smpp_client.SUBMIT_SM, submit())
    last = client.send(smpp_client.UNBIND)
    wait(lambda: waiting)
    with pytest.raises(AssertionError, match="nothing came"):
        client.read(0.3)
    waiting[0].set_result(Submitted("msg_1"))
    came = [client.read(), client.read()]
    assert [(pdu.sequence, pdu.command) for pdu in came if pdu] == [(first, 4 | RESP), (last, 6 | RESP)]
    assert client.closed()
    wait(lambda: desk.left)


def test_a_connection_that_does_not_bind_is_closed(listening: Listening) -> None:
    with SmppClient(listening(bind_within=0.3).port) as client:
        client.send(smpp_client.ENQUIRE_LINK)
        assert client.closed()


def test_a_silent_client_is_asked_and_then_let_go(listening: Listening, desk: Any, wait: Wait) -> None:
    with SmppClient(listening(enquire_link=0.2, answer_timeout=4.0).port) as client:
        client.bind("shop", "secret08")
        asked = client.read()
        assert asked is not None
        assert asked.command == smpp_client.ENQUIRE_LINK
        client.send(smpp_client.ENQUIRE_LINK | RESP, sequence=asked.sequence)
        assert client.read() is not None  # asked again: it was there
        assert client.closed()  # and then it was not
    wait(lambda: desk.left)


def test_more_connections_than_allowed_are_closed_and_the_others_stay(listening: Listening) -> None:
    port = listening(connections=1).port
    with SmppClient(port) as first:
        first.bind("shop", "secret08")
        with SmppClient(port) as second:
            assert second.closed()
        assert first.ask(smpp_client.ENQUIRE_LINK).status == 0


def test_when_we_stop_clients_hear_an_unbind(listening: Listening, desk: Any) -> None:
    listener = listening()
    with SmppClient(listener.port) as client:
        client.bind("shop", "secret08")
        stopping = threading.Thread(target=listener.stop, args=(time.monotonic() + 90,))
        stopping.start()
        told = client.read()
        assert told is not None
        assert told.command == smpp_client.UNBIND
        client.send(smpp_client.UNBIND | RESP, sequence=told.sequence)
        assert client.closed()
        stopping.join(120)
    assert not listener.alive()
    assert len(desk.left) == 1


def test_a_port_that_is_taken_is_told(listening: Listening) -> None:
    taken = listening().port
    with pytest.raises(OSError, match="in use"):
        listening(listen=f"127.0.0.1:{taken}")


def test_the_gateway_may_end_a_connection(client: SmppClient, desk: Any) -> None:
    desk.knocks[0].dismiss("its key was revoked")
    assert client.closed()


def test_who_calls_while_systemd_holds_the_port_waits_and_is_let_in(desk: Any) -> None:
    held = socket.create_server(("127.0.0.1", 0))
    port = held.getsockname()[1]
    with SmppClient(port) as client:  # it waits: nobody has started yet
        listener = SmppListener(SmppListenConfig(listen="127.0.0.1:1"), desk, held)
        listener.start()
        try:
            assert listener.port == port
            assert client.bind("shop", "secret08").status == 0
        finally:
            listener.stop(time.monotonic() + 2)
