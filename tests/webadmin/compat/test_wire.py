"""A door over the real server: two lengths, half requests and old HTTP mean what they say, or nothing is sent."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from smsgw.access import keys
from tests.webadmin.compat.conftest import SECRET

QUERY = f"username=shop&password={SECRET}&to=%2B38640111222&text=hello"
GET = f"GET /cgi-bin/sendsms?{QUERY} HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def ask(site: Any) -> Callable[[str], bytes]:
    """Write octets on a connection, and read until the server closes it."""
    gateway = site.gateway
    wish = keys.NewKey("shop", ("messages:send",), gateway.clock(), SECRET)
    keys.create(gateway.database.writer, wish)

    def ask(octets: str) -> bytes:
        with socket.create_connection(("127.0.0.1", site.server.port), timeout=90) as line:
            line.sendall(octets.encode("latin-1"))
            line.shutdown(socket.SHUT_WR)
            heard = b""
            while some := line.recv(65536):
                heard += some
        return heard

    return ask


def test_http_1_0_without_a_host_is_answered_and_closed(ask: Callable[[str], bytes], stored: Any) -> None:
    heard = ask(f"GET /cgi-bin/sendsms?{QUERY} HTTP/1.0\r\n\r\n")
    assert heard.startswith(b"HTTP/1.0 202 ")
    assert heard.endswith(b"\r\n\r\n0: Accepted for delivery")
    assert len(stored()) == 1


FORM = (
    f"POST /cgi-bin/sendsms HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n{{}}\r\n{QUERY}"
)


@pytest.mark.parametrize(
    "fields",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x10\r\n",
        "Content-Length: 3\r\nContent-Length: 5\r\n",
        "Content-Length : 3\r\n",
        " Content-Length: 3\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: 1_0\r\n",
        "Content-Length: 3;4\r\n",
        "Content-Length:\r\n",
        "Content-Length: 3\x0b\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: identity, chunked\r\n",
        "Transfer-Encoding: \x0bchunked\r\n",
        "Transfer_Encoding: chunked\r\nTransfer-Encoding: cow\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Host: another\r\nContent-Length: 3\r\n",
        "X: y\r\n Content-Length: 3\r\n",
        "X: y\rContent-Length: 3\r\n",
        "X: a\0b\r\nContent-Length: 3\r\n",
    ],
)
def test_lengths_that_disagree_send_nothing(ask: Callable[[str], bytes], stored: Any, fields: str) -> None:
    heard = ask(FORM.format(fields) + GET)
    assert heard[9:12] in (b"400", b"501")  # 501: a transfer coding that we do not know (RFC 9112 section 6.1)
    assert b" 202 " not in heard
    assert stored() == []


def test_a_request_that_is_half_here_sends_nothing(ask: Callable[[str], bytes], stored: Any) -> None:
    ask(FORM.format("Content-Length: 500\r\n"))
    assert stored() == []


@pytest.mark.parametrize("size", ["0x5", "+5", "-5", "5_0", " 5", "FFFFFFFFFFFFFFFF", "zz", "", ";x"])
def test_a_chunk_of_odd_size_sends_nothing(ask: Callable[[str], bytes], stored: Any, size: str) -> None:
    head = FORM.format("Transfer-Encoding: chunked\r\n").removesuffix(QUERY)
    heard = ask(f"{head}{size}\r\n{QUERY}\r\n0\r\n\r\n{GET}")
    assert b" 202 " not in heard
    assert stored() == []


def test_what_follows_a_chunked_body_is_the_next_request_and_nothing_else(
    ask: Callable[[str], bytes], stored: Any
) -> None:
    head = FORM.format("Transfer-Encoding: chunked\r\n").removesuffix(QUERY)
    heard = ask(f"{head}{len(QUERY):x};x=y\r\n{QUERY}\r\n0\r\nTrailer: z\r\n\r\n{GET}")
    assert heard.count(b"0: Accepted for delivery") == 2
    assert len(stored()) == 2
