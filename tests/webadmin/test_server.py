"""The web server over real HTTP: listening, too large bodies, broken HTTP, and stopping without cutting anybody off."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from smsgw.daemon import Daemon, Part
from smsgw.errors import SmsgwError
from smsgw.gateway import Gateway
from tests.emulators.ports import unused
from webadmin import create_app
from webadmin.server import AddressUnavailable, WebServer

MESSAGES = "/api/v1/messages"
GOOD = json.dumps({"to": "+38640111222", "text": "hello"}).encode()


def raw(port: int, request: bytes, rest: Callable[[], bytes] = lambda: b"") -> bytes:
    """Say this over a socket, then `rest`; returns everything that comes until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=90) as talk:
        talk.sendall(request)
        talk.sendall(rest())
        said = b""
        while some := talk.recv(65536):
            said += some
        return said


def hangs_up(site: Any, **headers: str) -> bool:
    """Whether the server hangs up on a message without an answer."""
    with pytest.raises((OSError, http.client.HTTPException)):
        site("POST", MESSAGES, GOOD, **headers)
    return True


def problem(said: bytes) -> dict[str, Any]:
    """The problem in a raw HTTP answer."""
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    told: dict[str, Any] = json.loads(body)
    assert told["status"] == int(head.split()[1])
    return told


def test_a_message_is_sent_over_real_http(site: Any) -> None:
    answer = site("POST", MESSAGES, GOOD, x_request_id="shop-17")
    assert (answer.status, answer.headers["X-Request-Id"]) == (202, "shop-17")
    assert site("GET", answer.headers["Location"]).said["text"] == "hello"


def test_port_0_means_any_free_one_and_it_is_told(site: Any) -> None:
    assert site.server.port > 0
    assert site.server.address == f"127.0.0.1:{site.server.port}"
    assert site.server.alive()


def test_localhost_is_served_at_all_its_addresses_at_one_port(
    configured: Callable[..., Gateway], site_of: Callable[[Gateway], Any]
) -> None:
    site = site_of(configured(web={"listen": "localhost:0"}))
    for _, _, _, _, address in socket.getaddrinfo("localhost", site.server.port, type=socket.SOCK_STREAM):
        connection = http.client.HTTPConnection(str(address[0]), site.server.port, timeout=90)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()


def test_the_doors_may_have_ports_of_their_own(configured: Callable[..., Gateway]) -> None:
    further = f"127.0.0.1:{unused()}"
    gateway = configured(web={"listen": "127.0.0.1:0"}, doors={"open": ["kannel"], "listen": [further]})
    server = WebServer(gateway, create_app(gateway))
    server.start()
    try:
        for port in (server.port, int(further.rpartition(":")[2])):
            assert raw(port, b"GET /status.xml?password=no HTTP/1.0\r\n\r\n").endswith(b"Denied")
    finally:
        server.stop(time.monotonic() + 5)


def test_a_busy_port_is_told_with_the_address_and_what_to_do(site: Any, configured: Callable[..., Gateway]) -> None:
    other = configured(web={"listen": f"127.0.0.1:{site.server.port}"})
    with pytest.raises(AddressUnavailable) as told:
        WebServer(other, create_app(other)).start()
    assert isinstance(told.value, SmsgwError)
    assert f"127.0.0.1:{site.server.port}" in str(told.value)
    assert "already in use" in str(told.value)
    assert "[web] listen" in told.value.hint
    assert site("GET", "/healthz").status == 200


def test_an_address_that_is_not_ours_is_told(configured: Callable[..., Gateway]) -> None:
    gateway = configured(web={"listen": "192.0.2.1:8080"})
    with pytest.raises(AddressUnavailable, match=r"192\.0\.2\.1:8080"):
        WebServer(gateway, create_app(gateway)).start()


def test_a_body_of_ten_megabytes_is_refused_with_a_problem_and_the_next_request_works(site: Any) -> None:
    answer = site("POST", MESSAGES, b"x" * 10_000_000)
    assert (answer.status, answer.code) == (413, "body_too_large")
    assert site("POST", MESSAGES, GOOD).status == 202


def test_a_body_just_within_the_bound_is_read(site: Any) -> None:
    padded = b" " * (5 * 1024 * 1024 - len(GOOD)) + GOOD
    assert site("POST", MESSAGES, padded).status == 202
    assert site("POST", MESSAGES, b" " + padded).code == "body_too_large"


def test_a_client_that_asks_before_it_sends_a_large_body_is_told_at_once(site: Any) -> None:
    head = f"POST {MESSAGES} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\nExpect: 100-continue\r\n\r\n"
    said = raw(site.server.port, head.encode())
    assert b"100 Continue" not in said
    assert problem(said)["code"] == "body_too_large"


def test_a_large_body_in_chunks_is_refused_too(site: Any) -> None:
    head = f"POST {MESSAGES} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"800000\r\n" + b"x" * 0x800000 + b"\r\n"  # more than even media may have
    said = raw(site.server.port, head.encode() + chunk * 4, lambda: b"10\r\n" + b"x" * 16)
    assert problem(said)["code"] == "body_too_large"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 262_144 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_broken_http_is_answered_with_a_problem(site: Any, request_: bytes, status: int) -> None:
    told = problem(raw(site.server.port, request_))
    assert (told["status"], told["code"]) == (status, "bad_request")


def test_stopping_answers_what_was_asked_and_takes_no_more(site: Any, later: Callable[..., Any]) -> None:
    slow = later(lambda: site("POST", MESSAGES, GOOD, prefer="wait=25"))
    waiters = site.app.extensions["smsgw"].waiters
    while waiters._value == waiters._initial_value:
        time.sleep(0.01)
    begun = time.monotonic()
    site.stop(within=24)
    assert time.monotonic() - begun < 23
    answer = slow.result()
    assert (answer.status, answer.said["status"]) == (202, "queued")
    with pytest.raises(OSError):
        site("GET", "/healthz")
    assert not site.server.alive()


def test_stopping_also_answers_those_that_wait_for_their_turn(
    configured: Callable[..., Gateway], site_of: Callable[[Gateway], Any], later: Callable[..., Any]
) -> None:
    site = site_of(configured(web={"listen": "127.0.0.1:0", "threads": 1}))
    first = later(lambda: site("POST", MESSAGES, GOOD, prefer="wait=25"))
    while site.app.extensions["smsgw"].waiters._value:
        time.sleep(0.01)
    other = json.dumps({"to": "+38640111222", "text": "other"}).encode()
    second = later(lambda: site("POST", MESSAGES, other, prefer="respond-async"))
    while not site.server._dispatcher.queue:
        time.sleep(0.01)
    site.stop(within=90)
    assert (first.result().status, second.result().status) == (202, 202)


def test_stopping_does_not_wait_for_a_request_that_never_ends(
    site: Any, later: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, over = [], threading.Event()

    def stuck(*_: Any) -> Any:
        asked.append(1)
        over.wait(300)

    def never(ready: list[Any], tell: Any) -> None:
        asked.append(1)

    monkeypatch.setattr(site.gateway.door, "submit", stuck)
    monkeypatch.setattr(site.gateway.door, "store_all", never)
    cut_off = [later(lambda: hangs_up(site)), later(lambda: hangs_up(site, prefer="wait=1"))]
    while len(asked) < 2:
        time.sleep(0.01)
    begun = time.monotonic()
    site.stop(within=1.5)
    assert time.monotonic() - begun < 60
    over.set()
    assert all(one.result() for one in cut_off)


def test_an_idle_connection_does_not_hold_up_the_stop(site: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=90)
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    begun = time.monotonic()
    site.stop(within=200)
    assert time.monotonic() - begun < 100
    connection.close()


@pytest.fixture
def daemon(configured: Callable[..., Gateway]) -> Iterator[tuple[Daemon, WebServer]]:
    """A whole daemon with the web server as its part."""
    gateway = configured()
    server = WebServer(gateway, create_app(gateway))
    part: Part = server
    daemon = Daemon(gateway, [part])
    daemon.start()
    yield daemon, server
    if server.alive():
        daemon.stop()


def test_the_server_is_a_part_of_the_daemon(daemon: tuple[Daemon, WebServer]) -> None:
    whole, server = daemon
    assert whole.unwell() == []
    whole.stop()
    assert not server.alive()
    server.stop(time.monotonic() + 1)  # twice does no harm
