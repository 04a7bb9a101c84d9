"""Connections at the front: order, bounds, patience, and an end that cuts nobody off."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from webadmin import front, front_line

MESSAGES = "/api/v1/messages"
PHONE = "+38640111222"


def test_requests_that_come_together_are_answered_in_their_order(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes]
) -> None:
    line, texts = talk(), [f"text {number}" for number in range(200)]
    bad = octets(site.secret, {"to": "12", "text": "x"})
    line.socket.sendall(b"".join(octets(site.secret, {"to": PHONE, "text": text}) for text in texts) + bad * 2)
    assert [line.hear().said["text"] for _ in texts] == texts
    assert [line.hear().said["code"] for _ in range(2)] == ["validation_failed"] * 2
    assert line.ask(octets(site.secret, {"to": PHONE, "text": "last"})).said["text"] == "last"


def test_a_request_may_come_octet_by_octet(
    site: Any, talk: Callable[[], Any], flasks: list[str], octets: Callable[..., bytes]
) -> None:
    line = talk()
    for octet in octets(site.secret):
        line.socket.sendall(bytes((octet,)))
    assert line.hear().said["status"] == "queued"
    assert flasks == []


def test_a_client_that_sends_no_more_still_gets_its_answer(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes]
) -> None:
    line = talk()
    line.socket.sendall(octets(site.secret) + octets(site.secret, {"to": "12", "text": "x"}))
    line.socket.shutdown(socket.SHUT_WR)
    assert line.hear().said["status"] == "queued"
    assert line.hear().said["code"] == "validation_failed"
    assert line.is_closed()


def test_connection_close_closes_behind_the_answer(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes]
) -> None:
    line = talk()
    answer = line.ask(octets(site.secret, Connection="close") + octets(site.secret))
    assert (answer.said["status"], answer["Connection"]) == ("queued", "close")
    assert line.is_closed()


def test_http_1_0_is_answered_by_flask_and_closed(
    site: Any, talk: Callable[[], Any], flasks: list[str], octets: Callable[..., bytes]
) -> None:
    with socket.create_connection(("127.0.0.1", site.server.port), timeout=90) as old:
        old.sendall(octets(site.secret).replace(b"HTTP/1.1", b"HTTP/1.0"))
        said = b""
        while some := old.recv(65536):
            said += some
    assert said.startswith(b"HTTP/1.0 202 ACCEPTED\r\n")
    assert flasks == [MESSAGES]


def test_a_connection_goes_to_flask_and_comes_back(
    site: Any, talk: Callable[[], Any], flasks: list[str], octets: Callable[..., bytes]
) -> None:
    line = talk()
    get = f"GET {MESSAGES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.secret}\r\n\r\n".encode()
    for number in range(3):
        assert line.ask(octets(site.secret, {"to": PHONE, "text": f"{number}"})).said["status"] == "queued"
        assert len(line.ask(get).said["data"]) == number + 1
        assert line.ask(octets(site.secret, {"to": "12", "text": "x"})).said["code"] == "validation_failed"
    assert flasks == [MESSAGES, MESSAGES] * 3


def test_answers_keep_their_order_when_the_store_has_another(
    site: Any, talk: Callable[[], Any], slow: Any, octets: Callable[..., bytes]
) -> None:
    line = talk()
    for n in range(3):  # one after the other, for what comes together is stored together
        line.socket.sendall(octets(site.secret, {"to": PHONE, "text": f"{n}"}))
        slow.wait_for(n + 1)
    for which in (2, 0, 1):
        slow.answer(which)
    assert [line.hear().said["text"] for _ in range(3)] == ["0", "1", "2"]


def test_one_connection_has_no_more_than_so_many_requests_in_the_store(
    site: Any, talk: Callable[[], Any], slow: Any, octets: Callable[..., bytes]
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
    site: Any, talk: Callable[[], Any], slow: Any, monkeypatch: pytest.MonkeyPatch, octets: Callable[..., bytes]
) -> None:
    monkeypatch.setattr(front, "UNANSWERED", 2)
    first, second = talk(), talk()
    for many, text in enumerate("ab", 1):
        first.socket.sendall(octets(site.secret, {"to": PHONE, "text": text}))
        slow.wait_for(many)
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
    site: Any, talk: Callable[[], Any], slow: Any, monkeypatch: pytest.MonkeyPatch, octets: Callable[..., bytes]
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


def test_a_client_that_hangs_up_before_its_answer_harms_nobody(
    site: Any, talk: Callable[[], Any], slow: Any, octets: Callable[..., bytes]
) -> None:
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
    site: Any, talk: Callable[[], Any], slow: Any, later: Callable[..., Any], octets: Callable[..., bytes]
) -> None:
    taken, half = talk(), talk()
    taken.socket.sendall(octets(site.secret))
    slow.wait_for(1)
    whole = octets(site.secret, {"to": PHONE, "text": "half"})
    half.socket.sendall(whole[:-5])
    while not any(line.begun for line in list(site.server._front._lines)):
        time.sleep(0.01)
    stopped = later(lambda: site.stop(within=90))
    while not site.server._front._stopping:
        time.sleep(0.01)
    half.socket.sendall(whole[-5:])
    slow.wait_for(2)
    slow.answer(1)
    slow.answer(0)
    assert (taken.hear().said["text"], half.hear().said["text"]) == ("hello", "half")
    assert taken.is_closed()
    assert half.is_closed()
    stopped._thread.join(120)
    assert not site.server.alive()


def test_a_client_that_takes_too_long_is_cut_off(
    site: Any, talk: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, octets: Callable[..., bytes]
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


def test_a_client_that_does_not_read_holds_no_more_than_a_bound(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes]
) -> None:
    deaf = talk()
    deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.socket.setblocking(False)
    long = octets(site.secret, {"to": PHONE, "text": "x" * 1500, "allow_duplicate": True})
    pending, still = b"", 0
    while still < 50 or not any(line.unsent for line in list(site.server._front._lines)):
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
    site: Any,
    talk: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    octets: Callable[..., bytes],
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
    deadline = time.monotonic() + 90
    while site.server.alive():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_http_client_of_others_goes_on_over_one_connection(site: Any, flasks: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=90)
    headers = {"Authorization": f"Bearer {site.secret}", "Content-Type": "application/json; charset=utf-8"}
    for number in range(5):
        connection.request("POST", MESSAGES, json.dumps({"to": PHONE, "text": f"{number}"}), headers)
        assert json.loads(connection.getresponse().read())["text"] == f"{number}"
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
    connection.close()
    assert flasks == ["/healthz"] * 5


def test_many_clients_that_ask_for_everything_at_once_all_get_their_own_answers(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes], later: Callable[..., Any]
) -> None:
    get = f"GET {MESSAGES}?limit=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.secret}\r\n\r\n".encode()

    def ask_for_everything(client: int) -> int:
        line, heard = talk(), 0
        for number in range(12):
            texts = [f"{client} {number} {n}" for n in range(3)]
            first, second, third = (octets(site.secret, {"to": PHONE, "text": text}) for text in texts)
            bad = octets(site.secret, {"to": f"{client}", "text": "x"})
            line.socket.sendall(first + second + [get, bad, b""][number % 3] + third[:-9])
            line.socket.sendall(third[-9:])
            assert [line.hear().said["text"] for _ in range(2)] == texts[:2]
            if number % 3 < 2:
                assert ("data", "errors")[number % 3] in line.hear().said
            assert line.hear().said["text"] == texts[2]
            heard += 1
        return heard

    asking = [later(lambda client=client: ask_for_everything(client)) for client in range(1, 13)]
    assert [one.result(180) for one in asking] == [12] * 12
    assert site.server.alive()
