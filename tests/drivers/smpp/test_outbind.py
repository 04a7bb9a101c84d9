"""The SMSC calls us: who may, what they must say, and that what they deliver is kept before it is acknowledged."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.smpp import Config
from drivers.smpp.esme import Esme
from smsgw.link import LinkState, WirePart
from tests.emulators.smsc_codec import HEADER, deliver, pdu

MakeLink = Callable[..., Esme]
Soon = Callable[..., None]
OUTBIND = pdu(0x0B, 0, 1, b"carrier\0sesame\0")


@contextlib.contextmanager
def call(link: Esme, soon: Soon) -> Iterator[socket.socket]:
    """Ring at the door of a link."""
    door = link._door
    assert door is not None
    soon(lambda: door.port)
    with socket.create_connection(("127.0.0.1", door.port), 90) as line:
        yield line


def hear(line: socket.socket) -> tuple[int, int, int, bytes]:
    """The next PDU that is said: command, status, sequence, body."""
    head = _exactly(line, 16)
    length, command, status, sequence = HEADER.unpack(head)
    return command, status, sequence, _exactly(line, length - 16)


def _exactly(line: socket.socket, length: int) -> bytes:
    got = b""
    while len(got) < length:
        piece = line.recv(length - len(got))
        assert piece, "the line was hung up"
        got += piece
    return got


@pytest.fixture
def link(make_link: MakeLink) -> Esme:
    return make_link(mode="outbind", outbind_listen="127.0.0.1:0", outbind_password="sesame", answer_timeout=60)


def test_who_calls_is_bound_back_as_receiver_and_heard(link: Esme, told: Any, soon: Soon) -> None:
    with call(link, soon) as line:
        line.sendall(OUTBIND)
        command, _, sequence, body = hear(line)
        assert command == 1
        assert body.startswith(b"shop\0secret08\0")
        line.sendall(pdu(0x80000001, 0, sequence, b"carrier\0") + pdu(5, 0, 9, deliver("+4915", "4477", b"Hi")))
        assert hear(line)[:3] == (0x80000005, 0, 9)
        assert told.pieces[0].user_data == b"Hi"
        assert link.health().facts["connections"] == "0 of 0, and 1 that the SMSC opened"
        line.sendall(pdu(6, 0, 10))
        assert hear(line)[0] == 0x80000006
    soon(lambda: not link._calls)
    assert link.health().state is LinkState.UP


def test_nothing_is_acknowledged_before_it_is_kept(link: Esme, told: Any, soon: Soon) -> None:
    from concurrent.futures import Future

    kept: Future[None] = Future()
    told.store = lambda: kept
    with call(link, soon) as line:
        line.sendall(OUTBIND)
        line.sendall(pdu(0x80000001, 0, hear(line)[2], b"c\0") + pdu(5, 0, 9, deliver("+4915", "4477", b"Hi")))
        soon(lambda: told.pieces)
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            line.recv(100)
        line.settimeout(90)
        kept.set_result(None)
        assert hear(line)[:3] == (0x80000005, 0, 9)


@pytest.mark.parametrize(
    "said",
    [
        pdu(0x0B, 0, 1, b"carrier\0wrong\0"),
        pdu(0x0B, 0, 1, b"carrier"),
        pdu(0x0B, 0, 1),
        pdu(0x15, 0, 1),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_who_says_something_else_is_told_no_password(link: Esme, soon: Soon, said: bytes) -> None:
    with call(link, soon) as line:
        line.sendall(said)
        heard = b"".join(iter(lambda: line.recv(1000), b""))
    assert b"secret08" not in heard
    assert link.health().state is LinkState.UP


def test_who_calls_and_says_nothing_is_not_waited_for(make_link: MakeLink, soon: Soon) -> None:
    link = make_link(mode="outbind", outbind_listen="127.0.0.1:0", answer_timeout=0.3)
    with call(link, soon) as line:
        line.settimeout(90)
        assert line.recv(100) == b""
    soon(lambda: not link._calls)


def test_no_more_than_eight_calls_last_at_a_time(make_link: MakeLink, soon: Soon) -> None:
    link = make_link(mode="outbind", outbind_listen="127.0.0.1:0", answer_timeout=600)
    with contextlib.ExitStack() as lines:
        for number in range(8):
            lines.enter_context(call(link, soon))
            soon(lambda number=number: len(link._calls) == number + 1)
        ninth = lines.enter_context(call(link, soon))
        ninth.settimeout(90)
        assert ninth.recv(100) == b""


def test_who_calls_from_elsewhere_is_not_let_in(make_link: MakeLink, soon: Soon) -> None:
    link = make_link(mode="outbind", outbind_listen="127.0.0.1:0", outbind_from=["192.0.2.0/24"])
    with call(link, soon) as line:
        line.settimeout(90)
        with contextlib.suppress(ConnectionError):
            line.sendall(OUTBIND)
            assert line.recv(100) == b""


def test_a_known_network_is_let_in(make_link: MakeLink, soon: Soon) -> None:
    link = make_link(mode="outbind", outbind_listen="127.0.0.1:0", outbind_from=["127.0.0.0/8"], host="192.0.2.1")
    with call(link, soon) as line:
        line.sendall(OUTBIND)
        assert hear(line)[0] == 1


def test_calls_come_beside_the_links_own_binds(
    make_link: MakeLink, told: Any, a_part: Callable[..., WirePart], soon: Soon
) -> None:
    link = make_link(mode="transmitter", outbind_listen="127.0.0.1:0")
    link.send(a_part())
    soon(lambda: told.taken_parts)
    with call(link, soon) as line:
        line.sendall(OUTBIND)
        line.sendall(pdu(0x80000001, 0, hear(line)[2], b"c\0") + pdu(5, 0, 9, deliver("+4915", "4477", b"Hi")))
        soon(lambda: told.pieces)
    soon(lambda: not link._calls)
    assert link.health().state is LinkState.UP


def test_a_port_that_is_taken_is_told(make_link: MakeLink, soon: Soon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        link = make_link(outbind_listen=address, bound=False)
        soon(lambda: link.health().state is LinkState.DEGRADED, 10)
        assert f"cannot listen for the SMSC at {address}" in link.health().why
        assert "in use" in link.health().why


def test_a_stop_ends_the_calls_with_an_unbind(link: Esme, soon: Soon) -> None:
    with call(link, soon) as line:
        line.sendall(OUTBIND)
        line.sendall(pdu(0x80000001, 0, hear(line)[2], b"c\0") + pdu(0x15, 0, 3))
        assert hear(line)[0] == 0x80000015
        stopping = threading.Thread(target=link.stop, args=(time.monotonic() + 60,))
        stopping.start()
        assert hear(line)[0] == 6
    stopping.join(90)


def test_a_door_listens_where_it_is_told() -> None:
    from drivers.smpp.connection import listening

    assert listening("0.0.0.0:2776") == ("0.0.0.0", 2776)
    assert listening("[::1]:99") == ("::1", 99)
    with pytest.raises(ValueError, match="outbind_listen"):
        Config.model_validate({"host": "x", "system_id": "s", "outbind_listen": "2776"})
