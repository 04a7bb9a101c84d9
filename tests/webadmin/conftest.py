"""A real gateway on a new SQLite store with a simulated network, the app over it, and ways to call it."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from smsgw.access import keys
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.outbound.asked import Ready
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.outcomes import Many, Place
from webadmin import create_app
from webadmin.server import WebServer

PHONE = "+38640111222"
Configure = Callable[..., Gateway]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, seconds: float) -> None:
        """Move it on."""
        self.now += timedelta(seconds=seconds)


@dataclass
class Answer:
    """What came back: `said` is the JSON, or None where the body is none."""

    status: int
    headers: Any
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem, which must really be one."""
        told = self.said
        assert self.headers["Content-Type"] == "application/problem+json"
        assert set(told) >= {"type", "title", "status", "code", "detail", "errors"}
        assert told["status"] == self.status
        return str(told["code"])

    @property
    def faults(self) -> dict[str, str]:
        """Pointer to code of each fault."""
        return {fault["pointer"]: fault["code"] for fault in self.said["errors"]}


class Caller:
    """Calls an app without a network, with a key that may do everything unless another is given."""

    def __init__(self, client: FlaskClient, secret: str) -> None:
        self._client = client
        self.secret = secret

    def __call__(self, method: str, path: str, told: Any = None, **headers: str) -> Answer:
        """told: JSON to send, or bytes as they are. headers: names with _ for -."""
        given = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        given |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        given = {name: value for name, value in given.items() if value}
        body = told if isinstance(told, bytes) or told is None else json.dumps(told)
        response = self._client.open(path, method=method, data=body, headers=given)
        return Answer(response.status_code, response.headers, response.data)

    def send(self, **told: Any) -> Answer:
        """Send a message; to and text have a default."""
        return self("POST", "/api/v1/messages", {"to": PHONE, "text": "hello"} | told)


@pytest.fixture(scope="session")
def blank_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and no rows, to be copied."""
    file = tmp_path_factory.mktemp("blank") / "store.db"
    database = Database(f"sqlite:///{file}")
    schema.upgrade(database)
    database.close()
    return file


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def configured(blank_store: Path, tmp_path: Path, clock: Clock) -> Iterator[Configure]:
    """Make a gateway on this test's store: configured(web={…}, sending={…}, links=[…], clock=…)."""
    made: list[Gateway] = []
    file = tmp_path / "store.db"
    shutil.copy(blank_store, file)

    def make(clock: Callable[[], datetime] = clock, **more: Any) -> Gateway:
        phones = {"name": "phones", "kind": "fake", "handsets": [PHONE], "delay": 0.0, "receipt_delay": 0.0}
        told: dict[str, Any] = {"store": {"url": f"sqlite:///{file}"}, "sending": {"region": "SI"}, "links": [phones]}
        told["web"] = {"listen": "127.0.0.1:0", "undo_seconds": 0}
        gateway = Gateway(Config.model_validate(told | more), clock)
        made.append(gateway)
        return gateway

    yield make
    for gateway in made:
        gateway.close()


@pytest.fixture
def gateway(configured: Configure) -> Gateway:
    """A gateway whose links are not started: what it takes stays queued. Its clock stands still."""
    return configured()


@pytest.fixture
def app(gateway: Gateway) -> Flask:
    """The app over that gateway."""
    return create_app(gateway)


@pytest.fixture
def caller_of(clock: Clock) -> Callable[..., Caller]:
    """A caller of an app, with a new key: caller_of(app, "messages:send")."""

    def make(app: Flask, *scopes: str) -> Caller:
        writer = app.extensions["smsgw"].gateway.database.writer
        _, secret = keys.create(writer, keys.NewKey("test", scopes or ("admin:*",), clock()))
        return Caller(app.test_client(), secret)

    return make


@pytest.fixture
def call(app: Flask, caller_of: Callable[..., Caller]) -> Caller:
    """Call the app with a key that may do everything."""
    return caller_of(app)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def running(configured: Configure) -> Iterator[Gateway]:
    """A gateway whose links are up; its clock is the real one."""
    gateway = configured(_utc_now)
    gateway.start_links()
    yield gateway
    gateway.stop_links(time.monotonic() + 3)


@pytest.fixture
def live_call(running: Gateway, caller_of: Callable[..., Caller]) -> Caller:
    """Call the app over the running gateway."""
    return caller_of(create_app(running))


class Site:
    """A web server that runs, and what it takes to talk HTTP to it."""

    def __init__(self, gateway: Gateway, app: Flask, secret: str) -> None:
        self.gateway = gateway
        self.app = app
        self.server = WebServer(gateway, app)
        self.secret = secret
        self.server.start()

    def __call__(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
        given = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        given |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, given)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def stop(self, within: float = 3.0) -> None:
        """Stop it as the daemon does."""
        self.server.stop(time.monotonic() + within)


@pytest.fixture
def site_of(caller_of: Callable[..., Caller]) -> Iterator[Callable[[Gateway], Site]]:
    """Serve a gateway over real HTTP until the test ends."""
    made: list[Site] = []

    def make(gateway: Gateway) -> Site:
        app = create_app(gateway)
        made.append(Site(gateway, app, caller_of(app).secret))
        return made[-1]

    yield make
    for site in made:
        site.stop()


@pytest.fixture
def site(gateway: Gateway, site_of: Callable[[Gateway], Site]) -> Site:
    """The gateway whose links are not started, over real HTTP."""
    return site_of(gateway)


class Later:
    """A call in a thread of its own, whose result is waited for."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._result: list[Any] = []
        self._thread = threading.Thread(target=lambda: self._result.append(ask()), daemon=True)
        self._thread.start()

    def result(self, within: float = 120.0) -> Any:
        """What it returned. Fails the test when it raised or takes longer."""
        self._thread.join(within)
        assert self._result, "the call in the other thread has no result"
        return self._result[0]


@pytest.fixture
def later() -> type[Later]:
    """Run something beside the test: later(lambda: …).result()."""
    return Later


def _octets(secret: str, told: Any = None, **headers: str) -> bytes:
    """A request for a message as it goes over the wire. told: its JSON, or the body as it is."""
    body = told if isinstance(told, bytes) else json.dumps({"to": PHONE, "text": "hello"} if told is None else told)
    body = body if isinstance(body, bytes) else body.encode()
    given = {"Host": "gateway", "Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    given |= {"Content-Length": str(len(body))} | headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"POST /api/v1/messages HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


@pytest.fixture
def octets() -> Callable[..., bytes]:
    """A request for a message as it goes over the wire: octets(secret, told, **headers)."""
    return _octets


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
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=90)
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


class Slow:
    """A door whose store takes its time: each is stored when the test says so, and told with those asked with it."""

    def __init__(self, door: Any) -> None:
        self.waiting: list[tuple[Ready, Place]] = []
        self._put = door.put

    def store_all(self, ready: list[Ready], tell: Callable[[list[Any]], None]) -> None:
        """Door.store_all that never ends by itself."""
        many = Many(len(ready), tell)
        self.waiting += [(one, Place(many, number)) for number, one in enumerate(ready)]

    def wait_for(self, many: int) -> None:
        """Until so many were asked for."""
        deadline = time.monotonic() + 90
        while len(self.waiting) < many:
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def answer(self, which: int) -> None:
        """Have one stored."""
        ready, place = self.waiting[which]
        place.set_result(self._put([ready])[0].result(90))


@pytest.fixture
def slow(site: Any, monkeypatch: pytest.MonkeyPatch) -> Slow:
    """The site's door, slowed down."""
    slowed = Slow(site.gateway.door)
    monkeypatch.setattr(site.gateway.door, "store_all", slowed.store_all)
    return slowed
