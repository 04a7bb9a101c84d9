"""Streams of events: what happens comes as it happens, can be taken up again, and holds no thread of the requests."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from smsgw.access import accounts, keys
from smsgw.outbound import outbox
from smsgw.outbound.submit import Asked
from smsgw.store import history, schema
from smsgw.store.database import Database
from smsgw.store.tables import history as lines
from webadmin import streams
from webadmin.auth import COOKIE

PHONE = "+38640111222"


class Listening:
    """A stream of events, read line by line."""

    def __init__(self, port: int, path: str = "/api/v1/events", **headers: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=90)
        self._file = self._socket.makefile("rb")
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: gateway\r\n{lines}\r\n".encode())
        self.status = int(self._file.readline().split()[1])
        self.headers: dict[str, str] = {}
        while line := self._file.readline().decode().rstrip():
            name, _, value = line.partition(": ")
            self.headers[name] = value

    def event(self) -> tuple[str, str, Any]:
        """The next event: its id, its type and its data."""
        told = {"id": "", "event": "", "data": ""}
        while True:
            line = self._file.readline().decode()
            assert line, "the stream ended"
            if line == "\n" and told["event"]:
                return told["id"], told["event"], json.loads(told["data"])
            name, _, value = line.rstrip("\n").partition(": ")
            told[name] = value

    def ends(self) -> bool:
        """Whether the server ends it, whatever it still says, within the time that a heartbeat takes."""
        deadline = time.monotonic() + 90
        self._socket.settimeout(90)
        try:
            while self._file.readline():
                if time.monotonic() > deadline:
                    return False
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self._file.close()
        self._socket.close()


Listen = Callable[..., Listening]


@pytest.fixture
def listen(site: Any) -> Iterator[Listen]:
    """Open streams of the site, with its key unless another Authorization is given."""
    made: list[Listening] = []

    def open_one(path: str = "/api/v1/events", **headers: str) -> Listening:
        given = {"Authorization": f"Bearer {site.secret}"} | headers
        made.append(Listening(site.server.port, path, **{name: value for name, value in given.items() if value}))
        return made[-1]

    yield open_one
    for one in made:
        one.close()


def send(site: Any, text: str = "hello") -> str:
    return str(site.gateway.door.submit(Asked(PHONE, text, "test", allow_duplicate=True)).row["id"])


def test_what_happens_comes_with_the_json_that_webhooks_are_told(site: Any, listen: Listen) -> None:
    stream = listen()
    assert (stream.status, stream.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    assert stream.headers["X-Request-Id"].startswith("req_")
    id = send(site)
    told = [stream.event() for _ in range(2)]
    assert [kind for _, kind, _ in told] == ["message.accepted", "message.queued"]
    assert {body["data"]["id"] for _, _, body in told} == {id}
    assert told[1][2]["type"] == "message.queued"
    assert int(told[0][0]) < int(told[1][0])


def test_who_comes_back_misses_nothing(site: Any, listen: Listen) -> None:
    stream = listen("/api/v1/events?events=message.queued")
    first = send(site)
    last, _, body = stream.event()
    assert body["data"]["id"] == first
    stream.close()
    missed = [send(site, f"text {n}") for n in range(3)]
    again = listen("/api/v1/events?events=message.queued", Last_Event_ID=last)
    assert [again.event()[2]["data"]["id"] for _ in missed] == missed
    by_query = listen(f"/api/v1/events?events=message.queued&last_event_id={last}")
    assert by_query.event()[2]["data"]["id"] == missed[0]


def test_what_is_too_long_ago_is_told_as_a_gap(site: Any, listen: Listen) -> None:
    send(site)
    site.gateway.clock.on(timedelta(hours=25).total_seconds())
    newer = send(site)
    stream = listen("/api/v1/events?events=message.queued", Last_Event_ID="1")
    assert stream.event()[1] == "stream.gap"
    assert stream.event()[2]["data"]["id"] == newer


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/events?events=message.sended", 422, "validation_failed"),
        ("/api/v1/events?evnts=*", 422, "validation_failed"),
        ("/api/v1/events?events=customer.*", 403, "forbidden_scope"),
    ],
)
def test_what_is_wrong_is_a_problem_and_the_connection_goes_on(
    site: Any, listen: Listen, path: str, status: int, code: str
) -> None:
    _, secret = keys.create(site.gateway.database.writer, keys.NewKey("m", ["messages:read"], site.gateway.clock()))
    answer = site("GET", path, authorization=f"Bearer {secret}")
    assert (answer.status, answer.code) == (status, code)
    assert listen(Authorization="").status == 401


def test_a_key_hears_only_what_it_may_see(site: Any, listen: Listen) -> None:
    writer, now = site.gateway.database.writer, site.gateway.clock()
    _, secret = keys.create(writer, keys.NewKey("people", ["customers:read"], now))
    stream = listen(Authorization=f"Bearer {secret}")
    send(site)
    made = site("POST", "/api/v1/customers", b'{"name": "Ana", "addresses": ["+38640111222"]}')
    assert made.status == 201
    _, kind, body = stream.event()
    assert (kind, body["data"]["id"], body["data"]["addresses"]) == ("customer.created", made.said["id"], [PHONE])


def test_a_stream_ends_when_its_key_is_revoked(site: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ASK", 0.0)
    writer, now = site.gateway.database.writer, site.gateway.clock()
    id, secret = keys.create(writer, keys.NewKey("gone soon", ["messages:read"], now))
    stream = listen(Authorization=f"Bearer {secret}")
    keys.revoke(writer, id, now)
    assert stream.ends()


def test_only_so_many_streams_may_be_open_and_one_that_closed_counts_no_more(
    configured: Any, site_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_of(configured(web={"listen": "127.0.0.1:0", "event_streams": 2}))
    bearer = f"Bearer {site.secret}"
    two = [Listening(site.server.port, Authorization=bearer) for _ in range(2)]
    refused = site("GET", "/api/v1/events")
    assert (refused.status, refused.code, refused.headers["Retry-After"]) == (429, "too_many_streams", "10")
    two[0].close()
    deadline = time.monotonic() + 90
    while (third := Listening(site.server.port, Authorization=bearer)).status != 200:
        third.close()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for one in (two[1], third):
        one.close()


def test_more_streams_than_threads_hold_up_no_request(configured: Any, site_of: Any) -> None:
    site = site_of(configured(web={"listen": "127.0.0.1:0", "threads": 1}))
    open_ones = [Listening(site.server.port, Authorization=f"Bearer {site.secret}") for _ in range(8)]
    assert site("GET", "/api/v1/messages").status == 200
    id = send(site)
    assert {one.event()[2]["data"]["id"] for one in open_ones} == {id}
    for one in open_ones:
        one.close()


def test_who_reads_slowly_gets_everything_in_the_end(
    site: Any, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "UNREAD", 1)  # whatever is not read yet makes a client slow
    monkeypatch.setattr(streams, "PIECE", 3)
    stream = listen("/api/v1/events?events=message.queued")
    sent = [send(site, f"text {n}") for n in range(20)]
    assert [stream.event()[2]["data"]["id"] for _ in sent] == sent


def test_people_hear_by_their_session(site: Any, listen: Listen) -> None:
    gateway = site.gateway
    ana = accounts.add(gateway.database.writer, "Ana", "owner", "long enough, this", gateway.clock())
    token = accounts.open_session(gateway.database.writer, ana, gateway.clock(), timedelta(hours=1))
    stream = listen("/events", Authorization="", Cookie=f"{COOKIE}={token}")
    assert stream.status == 200
    id = send(site)
    assert stream.event()[2]["data"]["id"] == id
    assert listen("/events", Authorization="").status in (303, 302, 401)


def test_pages_hear_only_that_there_is_news_and_take_it_up_again(site: Any, listen: Listen) -> None:
    gateway = site.gateway
    ana = accounts.add(gateway.database.writer, "Ana", "viewer", "long enough, this", gateway.clock())
    cookie = f"{COOKIE}={accounts.open_session(gateway.database.writer, ana, gateway.clock(), timedelta(hours=1))}"
    stream = listen("/events?brief=yes", Authorization="", Cookie=cookie)
    send(site)
    last, kind, told = stream.event()
    assert (kind, set(told) <= {"message.accepted", "message.queued"}) == ("news", True)
    stream.close()
    send(site, "while nobody listened")
    again = listen(f"/events?brief=yes&last_event_id={last}", Authorization="", Cookie=cookie)
    assert "message.queued" in again.event()[2]


def test_a_stopping_server_ends_its_streams_at_once(site: Any, listen: Listen) -> None:
    stream = listen()
    begun = time.monotonic()
    site.stop(200.0)
    assert stream.ends()
    assert time.monotonic() - begun < 100


def test_a_server_without_a_front_tells_what_there_is_and_ends(call: Any, gateway: Any) -> None:
    call.send()
    answer = call("GET", "/api/v1/events", last_event_id="0")
    assert answer.status == 200
    assert answer.body.count(b"event: message.") == 2
    with gateway.database.reading() as conn:
        assert len(outbox.listing(conn, outbox.Wanted(), 10)) == 1


def test_the_reader_tells_each_stream_what_it_does_not_know_yet_on_each_engine(fresh_store_url: str) -> None:
    database = Database(fresh_store_url)
    schema.upgrade(database)
    now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def happen(conn: Connection, batch: list[tuple[str, datetime]]) -> list[None]:
        for id, at in batch:
            history.happened(conn, "link", "up", [id], "why", by="test", now=at)
        return [None] * len(batch)

    for n in range(5):
        database.writer.do(happen, (f"l{n}", now + timedelta(hours=n)))
    told: list[tuple[streams.Stream, bytes | None]] = []
    every = streams.Streams(database, lambda: now, 10, 10)
    every._tell = told.extend
    with database.reading() as conn:
        ids = list(conn.scalars(select(lines.c.id).order_by(lines.c.id)))
        assert streams.place(conn, None, now) == (ids[-1], False)
        assert streams.place(conn, ids[1], now + timedelta(hours=4)) == (ids[1], False)
        assert streams.place(conn, ids[0], now + timedelta(hours=26, minutes=30)) == (ids[2], True)
    types = frozenset({"link.up"})
    first, second, deaf = (
        streams.Stream(socket.socket(), streams.Listener(name, heard, upto, lambda conn: True), upto)
        for name, heard, upto in (("a", types, 0), ("b", types, ids[2]), ("c", frozenset({"message.sent"}), 0))
    )
    while every.read([first, second, deaf]):
        pass
    heard = {one: b"".join(octets or b"" for who, octets in told if who is one) for one in (first, second, deaf)}
    assert [heard[one].count(b"event: link.up") for one in (first, second, deaf)] == [5, 2, 0]
    database.writer.do(happen, ("l9", now))
    told.clear()
    every.read([first, second, deaf])
    assert [who for who, _ in told] == [first, second]
    first.unsent += bytes(streams.UNREAD)  # it does not read: nothing more is read for it
    database.writer.do(happen, ("l10", now))
    told.clear()
    every.read([first, second, deaf])
    assert [who for who, _ in told] == [second]
    first.unsent.clear()
    every.read([first, second, deaf])
    assert [who for who, _ in told] == [second, first]
    for one in (first, second, deaf):
        one.socket.close()
    database.close()
