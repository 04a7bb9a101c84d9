"""The front: the hot verb is answered without Flask, as Flask would; everything else is Flask's, on any connection."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pytest
from flask import request

from smsgw.access import keys
from smsgw.daemon import Gateway
from smsgw.errors import Conflict, Fault, QueueFull, RefusedByPolicy, StoreFull
from smsgw.outbound.asked import Accepted, Ready
from webadmin import front, front_line

MESSAGES = "/api/v1/messages"
PHONE = "+38640111222"
OTHER_WAY = {"Prefer": "respond-async"}  # a wish that changes nothing, but is none for the front


def octets(secret: str, told: Any = None, **headers: str) -> bytes:
    """A request for a message as it goes over the wire. told: its JSON, or the body as it is."""
    body = told if isinstance(told, bytes) else json.dumps({"to": PHONE, "text": "hello"} if told is None else told)
    body = body if isinstance(body, bytes) else body.encode()
    given = {"Host": "gateway", "Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    given |= {"Content-Length": str(len(body))} | headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"POST {MESSAGES} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


@dataclass
class Heard:
    """An answer: the status line, the fields in their order, the body."""

    status: str
    fields: list[tuple[str, str]]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    def __getitem__(self, name: str) -> str:
        return dict(self.fields)[name]


class Talk:
    """A connection to the server on which requests are written as they are."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self.socket.makefile("rb")

    def hear(self) -> Heard:
        """The next answer."""
        status = self._file.readline().decode().rstrip()
        assert status.startswith("HTTP/1.1 "), status
        fields = []
        while line := self._file.readline().decode("latin-1").rstrip():
            name, _, value = line.partition(": ")
            fields.append((name, value))
        return Heard(status, fields, self._file.read(int(dict(fields)["Content-Length"])))

    def ask(self, asked: bytes) -> Heard:
        """Write a request and hear its answer."""
        self.socket.sendall(asked)
        return self.hear()

    def is_closed(self) -> bool:
        """Whether the server closes it, without another word."""
        return self._file.read() == b""

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self.socket.close()


@pytest.fixture
def talk(site: Any) -> Iterator[Callable[[], Talk]]:
    """Open a connection to the site."""
    made: list[Talk] = []

    def open_one() -> Talk:
        made.append(Talk(site.server.port))
        return made[-1]

    yield open_one
    for one in made:
        one.close()


@pytest.fixture
def flasks(site: Any) -> list[str]:
    """The paths of the requests that Flask got."""
    seen: list[str] = []

    @site.app.before_request
    def see() -> None:
        seen.append(request.path)

    return seen


def plain(heard: Heard) -> Any:
    """An answer without what differs between two of them: date, ids, times."""
    fields = [(name, re.sub(r"(msg|req)_\w{26}", r"\1_", value)) for name, value in heard.fields if name != "Date"]
    said = re.sub(r'"(msg|req)_\w{26}"', r'"\1_"', heard.body.decode())
    fields = [(name, value) for name, value in fields if name != "Content-Length" or len(heard.body) == int(value)]
    return heard.status, fields, said


def test_a_message_is_answered_without_flask(site: Any, talk: Callable[[], Talk], flasks: list[str]) -> None:
    answer = talk().ask(octets(site.secret, {"to": PHONE, "text": "Živjo", "client_ref": "a"}))
    assert answer.status == "HTTP/1.1 202 ACCEPTED"
    assert (answer.said["text"], answer.said["client_ref"], answer.said["status"]) == ("Živjo", "a", "queued")
    assert answer["Location"] == f"{MESSAGES}/{answer.said['id']}"
    assert flasks == []
    assert site("GET", answer["Location"]).said == answer.said
    assert flasks == [answer["Location"]]


GOOD: list[dict[str, Any]] = [
    {},
    {"text": "Živjo 😀", "from": "SHOP", "priority": 9, "metadata": {"order": "1"}, "purpose": "otp"},
    {"text": 'with "quotes" and : colons'},
    {"text": "x" * 300, "max_parts": 3, "expires_in": 60, "on_unsure": "fail"},
    {"send_at": "2026-11-23T10:00:00+01:00", "message_class": 0},
    {"to": "040 111 222", "link": "phones", "metadata": {}},
]
REFUSED: list[dict[str, Any]] = [{"to": "12"}, {"text": ""}, {"txt": "x"}, {"link": "nowhere"}, {"priority": 10}]


@pytest.mark.parametrize("told", [*GOOD, *REFUSED])
@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}, {"X-Request-Id": "shop-17"}, {"x-request-id": "<b>"}])
def test_both_ways_give_the_same_answer(
    site: Any, talk: Callable[[], Talk], told: dict[str, Any], headers: dict[str, str]
) -> None:
    whole = {"to": PHONE, "text": "hello", "allow_duplicate": True} | told
    one = talk().ask(octets(site.secret, whole, **headers))
    other = talk().ask(octets(site.secret, whole, **headers, **OTHER_WAY))
    assert plain(one) == plain(other)
    assert ("queued" in one.body.decode() or "held" in one.body.decode()) == (told in GOOD)


@pytest.mark.parametrize(
    "outcome",
    [
        RefusedByPolicy([Fault("/to", "duplicate_message", "it was sent a moment ago: \ud800")]),
        Conflict("another text", code="client_ref_conflict", hint="use a new one"),
        QueueFull("2 messages wait", retry_after=30),
        StoreFull("no space", hint="free some"),
        TimeoutError(),
        ValueError("a secret that nobody may see"),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_what_the_store_refuses_is_told_alike_both_ways(
    site: Any, talk: Callable[[], Talk], flasks: list[str], monkeypatch: pytest.MonkeyPatch, outcome: Exception
) -> None:
    def put(ready: list[Ready]) -> list[Future[Accepted]]:
        futures: list[Future[Accepted]] = [Future() for _ in ready]
        for future in futures:
            future.set_exception(outcome)
        return futures

    monkeypatch.setattr(site.gateway.door, "put", put)
    one, other = talk().ask(octets(site.secret)), talk().ask(octets(site.secret, **OTHER_WAY))
    assert plain(one) == plain(other)
    assert one["Content-Type"] == "application/problem+json"
    assert flasks == [MESSAGES]


def test_a_known_client_ref_answers_200_both_ways(site: Any, talk: Callable[[], Talk]) -> None:
    told = {"to": PHONE, "text": "hello", "client_ref": "a"}
    first = talk().ask(octets(site.secret, told))
    again, other = talk().ask(octets(site.secret, told)), talk().ask(octets(site.secret, told, **OTHER_WAY))
    assert (first.status, again.status) == ("HTTP/1.1 202 ACCEPTED", "HTTP/1.1 200 OK")
    assert again.said == first.said
    assert plain(again) == plain(other)


def test_a_key_twice_is_refused_as_by_flask(site: Any, talk: Callable[[], Talk]) -> None:
    twice = b'{"to": "+38640111222", "to" : "+38640111223", "text": "x"}'
    answer = talk().ask(octets(site.secret, twice))
    assert (answer.status, answer.said["code"]) == ("HTTP/1.1 400 BAD REQUEST", "malformed_body")


def test_a_connection_goes_to_flask_and_comes_back(site: Any, talk: Callable[[], Talk], flasks: list[str]) -> None:
    line = talk()
    get = f"GET {MESSAGES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.secret}\r\n\r\n".encode()
    for number in range(3):
        assert line.ask(octets(site.secret, {"to": PHONE, "text": f"{number}"})).said["status"] == "queued"
        assert len(line.ask(get).said["data"]) == number + 1
        assert line.ask(octets(site.secret, {"to": "12", "text": "x"})).said["code"] == "validation_failed"
        while site.server._channels():
            time.sleep(0.01)
    assert flasks == [MESSAGES, MESSAGES] * 3


def test_requests_that_come_together_are_answered_in_their_order(site: Any, talk: Callable[[], Talk]) -> None:
    line, texts = talk(), [f"text {number}" for number in range(200)]
    bad = octets(site.secret, {"to": "12", "text": "x"})
    line.socket.sendall(b"".join(octets(site.secret, {"to": PHONE, "text": text}) for text in texts) + bad * 2)
    assert [line.hear().said["text"] for _ in texts] == texts
    assert [line.hear().said["code"] for _ in range(2)] == ["validation_failed"] * 2
    assert line.ask(octets(site.secret, {"to": PHONE, "text": "last"})).said["text"] == "last"


def test_a_request_may_come_octet_by_octet(site: Any, talk: Callable[[], Talk], flasks: list[str]) -> None:
    line = talk()
    for octet in octets(site.secret):
        line.socket.sendall(bytes((octet,)))
    assert line.hear().said["status"] == "queued"
    assert flasks == []


def test_a_client_that_sends_no_more_still_gets_its_answer(site: Any, talk: Callable[[], Talk]) -> None:
    line = talk()
    line.socket.sendall(octets(site.secret) + octets(site.secret, {"to": "12", "text": "x"}))
    line.socket.shutdown(socket.SHUT_WR)
    assert line.hear().said["status"] == "queued"
    assert line.hear().said["code"] == "validation_failed"
    assert line.is_closed()


def test_connection_close_closes_behind_the_answer(site: Any, talk: Callable[[], Talk]) -> None:
    line = talk()
    answer = line.ask(octets(site.secret, Connection="close") + octets(site.secret))
    assert (answer.said["status"], answer["Connection"]) == ("queued", "close")
    assert line.is_closed()


def test_http_1_0_is_answered_by_flask_and_closed(site: Any, talk: Callable[[], Talk], flasks: list[str]) -> None:
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=20) as old:
        old.sendall(octets(site.secret).replace(b"HTTP/1.1", b"HTTP/1.0"))
        said = b""
        while some := old.recv(65536):
            said += some
    assert said.startswith(b"HTTP/1.0 202 ACCEPTED\r\n")
    assert flasks == [MESSAGES]


@pytest.mark.parametrize("secret", ["nonsense", "ž", "", "a=b"])
def test_who_is_nobody_is_told_so_by_flask(site: Any, talk: Callable[[], Talk], secret: str) -> None:
    line = talk()
    for _ in range(2):
        answer = line.ask(octets(secret.encode().decode("latin-1")))
        assert (answer.status, answer.said["code"]) == ("HTTP/1.1 401 UNAUTHORIZED", "unauthenticated")


def test_a_key_without_the_scope_is_refused(site: Any, talk: Callable[[], Talk], caller_of: Callable[..., Any]) -> None:
    answer = talk().ask(octets(caller_of(site.app, "messages:read").secret))
    assert answer.said["code"] == "forbidden_scope"


def test_a_revoked_key_ends_within_a_second_on_an_open_connection(site: Any, talk: Callable[[], Talk]) -> None:
    gateway: Gateway = site.gateway
    id, secret = keys.create(gateway.database.writer, keys.NewKey("b", ["messages:send"], gateway.clock()))
    line = talk()
    assert line.ask(octets(secret)).said["status"] == "queued"
    keys.revoke(gateway.database.writer, id, gateway.clock())
    deadline = time.monotonic() + 10
    while (answer := line.ask(octets(secret, {"to": PHONE, "text": f"{time.monotonic()}"}))).status[9:12] != "401":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "revoked" in answer.said["detail"]


def test_a_key_that_is_slow_to_find_holds_up_nobody_else(
    site: Any, talk: Callable[[], Talk], monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = site.app.extensions["smsgw"].clients
    assert talk().ask(octets(site.secret)).said["status"] == "queued"
    find, client, may_go = clients.find, clients.find(site.secret), threading.Event()

    def slow(secret: str) -> Any:
        may_go.wait(20)
        return find(secret)

    monkeypatch.setattr(clients, "remembered", lambda name: client if name == known else None)
    known = keys.hashed(site.secret)
    monkeypatch.setattr(clients, "find", slow)
    waits = talk()
    waits.socket.sendall(octets("a-key-that-nobody-knows"))
    assert talk().ask(octets(site.secret, {"to": PHONE, "text": "b"})).said["status"] == "queued"
    may_go.set()
    assert waits.hear().said["code"] == "unauthenticated"


class Slow:
    """A door whose store takes its time: each future is done when the test says so."""

    def __init__(self, door: Any) -> None:
        self.waiting: list[tuple[Ready, Future[Accepted]]] = []
        self._put = door.put

    def put(self, ready: list[Ready]) -> list[Future[Accepted]]:
        """Door.put that never ends by itself."""
        futures: list[Future[Accepted]] = [Future() for _ in ready]
        self.waiting += zip(ready, futures, strict=True)
        return futures

    def wait_for(self, many: int) -> None:
        """Until so many were asked for."""
        deadline = time.monotonic() + 20
        while len(self.waiting) < many:
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def answer(self, which: int) -> None:
        """Have one stored."""
        ready, future = self.waiting[which]
        future.set_result(self._put([ready])[0].result(20))


@pytest.fixture
def slow(site: Any, monkeypatch: pytest.MonkeyPatch) -> Slow:
    """The site's door, slowed down."""
    slowed = Slow(site.gateway.door)
    monkeypatch.setattr(site.gateway.door, "put", slowed.put)
    return slowed


def test_answers_keep_their_order_when_the_store_has_another(site: Any, talk: Callable[[], Talk], slow: Slow) -> None:
    line = talk()
    line.socket.sendall(b"".join(octets(site.secret, {"to": PHONE, "text": f"{n}"}) for n in range(3)))
    slow.wait_for(3)
    for which in (2, 0, 1):
        slow.answer(which)
    assert [line.hear().said["text"] for _ in range(3)] == ["0", "1", "2"]


def test_one_connection_has_no_more_than_so_many_requests_in_the_store(
    site: Any, talk: Callable[[], Talk], slow: Slow
) -> None:
    line, many = talk(), front_line.PIPELINED
    line.socket.sendall(b"".join(octets(site.secret, {"to": PHONE, "text": f"{n}"}) for n in range(many + 10)))
    slow.wait_for(many)
    other = talk()
    other.socket.sendall(octets(site.secret, {"to": PHONE, "text": "other"}))
    slow.wait_for(many + 1)
    assert slow.waiting[many][0].asked.text == "other"
    for which in range(many + 1):
        slow.answer(which)
    slow.wait_for(many + 11)
    for which in range(many + 1, many + 11):
        slow.answer(which)
    assert [line.hear().said["text"] for _ in range(many + 10)] == [f"{n}" for n in range(many + 10)]


def test_all_connections_together_have_a_bound(
    site: Any, talk: Callable[[], Talk], slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "UNANSWERED", 2)
    first, second = talk(), talk()
    first.socket.sendall(b"".join(octets(site.secret, {"to": PHONE, "text": text}) for text in "ab"))
    slow.wait_for(2)
    answer = second.ask(octets(site.secret))
    assert (answer.status, answer.said["code"]) == ("HTTP/1.1 503 SERVICE UNAVAILABLE", "queue_full")
    assert answer["Retry-After"] == "1"
    slow.answer(0)
    assert first.hear().said["text"] == "a"
    monkeypatch.undo()
    assert second.ask(octets(site.secret, {"to": PHONE, "text": "again"})).said["text"] == "again"
    slow.answer(1)
    assert first.hear().said["text"] == "b"


def test_a_store_that_does_not_answer_is_told_after_a_while_and_its_late_answer_is_for_nobody(
    site: Any, talk: Callable[[], Talk], slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "ANSWERED_WITHIN", 0.1)
    line = talk()
    answer = line.ask(octets(site.secret))
    assert (answer.status[9:12], answer.said["code"]) == ("503", "store_unreachable")
    slow.answer(0)
    monkeypatch.setattr(front, "ANSWERED_WITHIN", 60.0)
    line.socket.sendall(octets(site.secret, {"to": PHONE, "text": "again"}))
    slow.wait_for(2)
    slow.answer(1)
    assert line.hear().said["text"] == "again"


def test_a_client_that_hangs_up_before_its_answer_harms_nobody(site: Any, talk: Callable[[], Talk], slow: Slow) -> None:
    gone = talk()
    gone.socket.sendall(octets(site.secret))
    slow.wait_for(1)
    gone.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    gone.close()
    slow.answer(0)
    line = talk()
    line.socket.sendall(octets(site.secret, {"to": PHONE, "text": "b"}))
    slow.wait_for(2)
    slow.answer(1)
    assert line.hear().said["text"] == "b"


def test_stopping_answers_what_was_taken_and_what_is_half_here(
    site: Any, talk: Callable[[], Talk], slow: Slow, later: Callable[..., Any]
) -> None:
    taken, half = talk(), talk()
    taken.socket.sendall(octets(site.secret))
    slow.wait_for(1)
    whole = octets(site.secret, {"to": PHONE, "text": "half"})
    half.socket.sendall(whole[:-5])
    while not any(line.begun for line in list(site.server._front._lines)):
        time.sleep(0.01)
    stopped = later(lambda: site.stop(within=8))
    while not site.server._front._stopping:
        time.sleep(0.01)
    half.socket.sendall(whole[-5:])
    slow.wait_for(2)
    slow.answer(1)
    slow.answer(0)
    assert (taken.hear().said["text"], half.hear().said["text"]) == ("hello", "half")
    assert taken.is_closed()
    assert half.is_closed()
    stopped._thread.join(20)
    assert not site.server.alive()


def test_a_client_that_takes_too_long_is_cut_off(
    site: Any, talk: Callable[[], Talk], monkeypatch: pytest.MonkeyPatch
) -> None:
    idle, half, dripping = talk(), talk(), talk()
    half.socket.sendall(octets(site.secret)[:100])
    dripping.socket.sendall(octets(site.secret)[:100])
    assert talk().ask(octets(site.secret)).said["status"] == "queued"
    monkeypatch.setattr(front_line, "SLOW", 0.2)
    assert dripping.is_closed()
    monkeypatch.setattr(front_line, "IDLE", 0.2)
    assert idle.is_closed()
    assert half.is_closed()


def test_a_client_that_does_not_read_holds_no_more_than_a_bound(site: Any, talk: Callable[[], Talk]) -> None:
    deaf = talk()
    deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.socket.setblocking(False)
    long = octets(site.secret, {"to": PHONE, "text": "x" * 1500, "allow_duplicate": True})
    pending, still = b"", 0
    while still < 50:
        pending = pending or long * 20
        try:
            pending = pending[deaf.socket.send(pending) :]
            still = 0
        except BlockingIOError:
            still += 1
            time.sleep(0.01)
    line = next(line for line in list(site.server._front._lines) if line.unsent)
    assert len(line.unsent) < front_line.UNSENT + 10_000
    assert len(line.heard) < 2 * front_line.READ_AT_ONCE
    assert talk().ask(octets(site.secret)).said["status"] == "queued"


def test_connections_beyond_the_bound_wait_for_a_place(
    site: Any, talk: Callable[[], Talk], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = talk()
    assert first.ask(octets(site.secret)).said["status"] == "queued"
    monkeypatch.setattr(front, "CONNECTIONS", 1)
    assert first.ask(octets(site.secret, {"to": PHONE, "text": "b"})).said["status"] == "queued"
    second = talk()
    second.socket.sendall(octets(site.secret, {"to": PHONE, "text": "c"}))
    assert first.ask(octets(site.secret, {"to": PHONE, "text": "d"})).said["status"] == "queued"
    assert len(site.server._front._lines) == 1
    first.close()
    assert second.hear().said["text"] == "c"
    assert "1 connections are open, which is the bound" in caplog.text


def test_a_thread_that_dies_is_seen(site: Any) -> None:
    assert site.server.alive()
    site.server._front.stop(0.0)
    deadline = time.monotonic() + 10
    while site.server.alive():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_http_client_of_others_goes_on_over_one_connection(site: Any, flasks: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=20)
    headers = {"Authorization": f"Bearer {site.secret}", "Content-Type": "application/json; charset=utf-8"}
    for number in range(5):
        connection.request("POST", MESSAGES, json.dumps({"to": PHONE, "text": f"{number}"}), headers)
        assert json.loads(connection.getresponse().read())["text"] == f"{number}"
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
    connection.close()
    assert flasks == ["/healthz"] * 5
