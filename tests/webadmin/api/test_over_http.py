"""The same over connections: what the tests of sending, batches and keys say also holds for the front and waitress."""

from __future__ import annotations

import http.client
import importlib.util
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from webadmin.server import WebServer


def found_in(*files: str) -> dict[str, Any]:
    """The tests of files beside this one."""
    found: dict[str, Any] = {}
    for file in files:
        spec = importlib.util.spec_from_file_location(f"over_http_{file}", Path(__file__).with_name(f"{file}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        theirs = {name: one for name, one in vars(module).items() if name.startswith("test_")}
        assert theirs
        assert not theirs.keys() & found.keys()
        found |= theirs
    return found


globals().update(found_in("test_sending", "test_batch", "test_once"))


@dataclass
class Response:
    """What Flask's test client calls a response."""

    status_code: int
    headers: Any
    data: bytes


class Wire:
    """Calls a server as Flask's test client calls an app, over one connection while it lasts."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)

    def open(self, path: str, method: str, data: Any, headers: dict[str, str]) -> Response:
        """One request."""
        body = data.encode() if isinstance(data, str) else data
        given = {name: value.encode() for name, value in headers.items()}
        self._connection.request(method, path, body, given)
        heard = self._connection.getresponse()
        return Response(heard.status, heard.headers, heard.read())

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@pytest.fixture
def caller_of(caller_of: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A caller of an app, by a server that runs until the test ends."""
    servers: dict[int, WebServer] = {}
    wires: list[Wire] = []

    def make(app: Flask, *scopes: str) -> Any:
        caller = caller_of(app, *scopes)
        if id(app) not in servers:
            servers[id(app)] = WebServer(app.extensions["smsgw"].gateway, app)
            servers[id(app)].start()
        wires.append(Wire(servers[id(app)].port))
        caller._client = wires[-1]
        return caller

    yield make
    for wire in wires:
        wire.close()
    for server in servers.values():
        server.stop(time.monotonic() + 3)
