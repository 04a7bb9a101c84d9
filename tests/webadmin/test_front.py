"""The hot verb is answered without Flask, as Flask would, and whatever is not plain is Flask's."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from smsgw.access import keys
from smsgw.errors import Conflict, Fault, QueueFull, RefusedByPolicy, StoreFull
from smsgw.gateway import Gateway
from smsgw.outbound.asked import Accepted, Ready
from webadmin import hot
from webadmin.api.clients import REMEMBERED

MESSAGES = "/api/v1/messages"
PHONE = "+38640111222"
OTHER_WAY = {"Prefer": "respond-async"}  # a wish that changes nothing, but is none for the front


def plain(heard: Any) -> Any:
    """An answer without what differs between two of them: date, ids, times."""
    fields = [(name, re.sub(r"(msg|req)_\w{26}", r"\1_", value)) for name, value in heard.fields if name != "Date"]
    said = re.sub(r'"(msg|req)_\w{26}"', r'"\1_"', heard.body.decode())
    fields = [(name, value) for name, value in fields if name != "Content-Length" or len(heard.body) == int(value)]
    return heard.status, fields, said


def test_a_message_is_answered_without_flask(
    site: Any, talk: Callable[[], Any], flasks: list[str], octets: Callable[..., bytes]
) -> None:
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
    site: Any, talk: Callable[[], Any], told: dict[str, Any], headers: dict[str, str], octets: Callable[..., bytes]
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
    site: Any,
    talk: Callable[[], Any],
    flasks: list[str],
    monkeypatch: pytest.MonkeyPatch,
    outcome: Exception,
    octets: Callable[..., bytes],
) -> None:
    def store(conn: Connection, ready: list[Ready]) -> list[Accepted]:
        raise outcome

    monkeypatch.setattr(site.gateway.door, "store", store)
    one, other = talk().ask(octets(site.secret)), talk().ask(octets(site.secret, **OTHER_WAY))
    assert plain(one) == plain(other)
    assert one["Content-Type"] == "application/problem+json"
    assert flasks == [MESSAGES]


def test_an_answer_that_cannot_be_made_is_an_error_like_any_other(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("secret detail")

    line = talk()
    with monkeypatch.context() as patched:
        patched.setattr(hot, "message_json", broken)
        answer = line.ask(octets(site.secret))
    assert (answer.status, answer.said["code"]) == ("HTTP/1.1 500 INTERNAL SERVER ERROR", "internal")
    assert b"secret" not in answer.body
    assert line.ask(octets(site.secret, {"to": PHONE, "text": "b"})).said["text"] == "b"


def test_a_known_client_ref_answers_200_both_ways(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes]
) -> None:
    told = {"to": PHONE, "text": "hello", "client_ref": "a"}
    first = talk().ask(octets(site.secret, told))
    again, other = talk().ask(octets(site.secret, told)), talk().ask(octets(site.secret, told, **OTHER_WAY))
    assert (first.status, again.status) == ("HTTP/1.1 202 ACCEPTED", "HTTP/1.1 200 OK")
    assert again.said == first.said
    assert plain(again) == plain(other)


def test_a_key_twice_is_refused_as_by_flask(site: Any, talk: Callable[[], Any], octets: Callable[..., bytes]) -> None:
    twice = b'{"to": "+38640111222", "to" : "+38640111223", "text": "x"}'
    answer = talk().ask(octets(site.secret, twice))
    assert (answer.status, answer.said["code"]) == ("HTTP/1.1 400 BAD REQUEST", "malformed_body")


@pytest.mark.parametrize("secret", ["nonsense", "ž", "", "a=b"])
def test_who_is_nobody_is_told_so_by_flask(
    site: Any, talk: Callable[[], Any], secret: str, octets: Callable[..., bytes]
) -> None:
    line = talk()
    for _ in range(2):
        answer = line.ask(octets(secret.encode().decode("latin-1")))
        assert (answer.status, answer.said["code"]) == ("HTTP/1.1 401 UNAUTHORIZED", "unauthenticated")


def test_a_key_without_the_scope_is_refused(
    site: Any, talk: Callable[[], Any], caller_of: Callable[..., Any], octets: Callable[..., bytes]
) -> None:
    answer = talk().ask(octets(caller_of(site.app, "messages:read").secret))
    assert answer.said["code"] == "forbidden_scope"


def test_a_revoked_key_ends_within_a_second_on_an_open_connection(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes]
) -> None:
    gateway: Gateway = site.gateway
    id, secret = keys.create(gateway.database.writer, keys.NewKey("b", ["messages:send"], gateway.clock()))
    line = talk()
    assert line.ask(octets(secret)).said["status"] == "queued"
    keys.revoke(gateway.database.writer, id, gateway.clock())
    deadline = time.monotonic() + 90
    while (answer := line.ask(octets(secret, {"to": PHONE, "text": f"{time.monotonic()}"}))).status[9:12] != "401":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "revoked" in answer.said["detail"]


def test_a_key_that_is_slow_to_find_holds_up_nobody_else(
    site: Any, talk: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, octets: Callable[..., bytes]
) -> None:
    clients = site.app.extensions["smsgw"].clients
    assert talk().ask(octets(site.secret)).said["status"] == "queued"
    look_up, client, may_go = clients.look_up, clients.find(site.secret), threading.Event()

    def slow(secret: str) -> Any:
        may_go.wait(120)
        return look_up(secret)

    monkeypatch.setattr(clients, "remembered", lambda name: (client, 9.0) if name == known else None)
    known = keys.hashed(site.secret)
    monkeypatch.setattr(clients, "look_up", slow)
    waits = talk()
    waits.socket.sendall(octets("a-key-that-nobody-knows"))
    assert talk().ask(octets(site.secret, {"to": PHONE, "text": "b"})).said["status"] == "queued"
    may_go.set()
    assert waits.hear().said["code"] == "unauthenticated"


def test_a_key_in_use_is_looked_up_again_before_anybody_waits_for_it(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = site.app.extensions["smsgw"].clients
    now, asked, may_go, look_up = [100.0], threading.Event(), threading.Event(), clients.look_up

    def slow(secret: str) -> Any:
        asked.set()
        may_go.wait(120)
        return look_up(secret)

    monkeypatch.setattr(clients, "_monotonic", lambda: now[0])
    line = talk()
    assert line.ask(octets(site.secret, {"to": PHONE, "text": "a"})).said["status"] == "queued"
    monkeypatch.setattr(clients, "look_up", slow)
    for text in "bc":
        now[0] += REMEMBERED * 0.3
        assert line.ask(octets(site.secret, {"to": PHONE, "text": text})).said["text"] == text
    assert asked.wait(90)
    now[0] += REMEMBERED
    line.socket.sendall(octets(site.secret, {"to": PHONE, "text": "d"}))
    may_go.set()
    assert line.hear().said["text"] == "d"


def test_a_message_whose_route_is_asked_of_the_store_is_left_to_flask(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes], flasks: list[str]
) -> None:
    line = talk()
    for purpose in ("conversational", "otp", "conversational"):
        told = {"to": PHONE, "text": purpose, "purpose": purpose, "allow_duplicate": True}
        assert line.ask(octets(site.secret, told)).said["purpose"] == purpose
    assert flasks == [MESSAGES] * 2


@pytest.mark.parametrize("surprise", [ZeroDivisionError, TimeoutError])
def test_a_surprise_while_a_message_is_read_leaves_the_answer_to_flask(
    site: Any,
    talk: Callable[[], Any],
    flasks: list[str],
    octets: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
    surprise: type[Exception],
) -> None:
    read = site.gateway.door.read

    def once(*given: Any) -> Ready:
        monkeypatch.setattr(site.gateway.door, "read", read)
        raise surprise

    monkeypatch.setattr(site.gateway.door, "read", once)
    assert talk().ask(octets(site.secret)).status == "HTTP/1.1 202 ACCEPTED"
    assert flasks == [MESSAGES]


def test_a_surprise_while_messages_are_given_to_the_store_is_told_and_the_next_is_taken(
    site: Any, talk: Callable[[], Any], octets: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    line = talk()
    with monkeypatch.context() as patched:
        patched.setattr(site.gateway.door, "store_all", broken)
        assert line.ask(octets(site.secret)).said["code"] == "internal"
    assert line.ask(octets(site.secret)).status == "HTTP/1.1 202 ACCEPTED"


def test_a_key_that_takes_longer_to_look_up_than_it_is_remembered_is_left_to_flask(
    site: Any, talk: Callable[[], Any], flasks: list[str], octets: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = site.app.extensions["smsgw"].clients
    monkeypatch.setattr(clients, "remembered", lambda _: None)  # as it is when it has passed already
    assert talk().ask(octets(site.secret)).status == "HTTP/1.1 202 ACCEPTED"
    assert flasks == [MESSAGES]
