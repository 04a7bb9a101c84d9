"""Traces: one for each message with its steps, in the trace that asked for it, told to a collector, without numbers."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import ValidationError
from sqlalchemy import select

from smsgw.access import keys
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.outbound.submit import Asked
from smsgw.store import schema
from smsgw.store.tables import message, message_trace
from smsgw.watch.tracing import Traces, remember
from webadmin import create_app

PHONE = "+38640111222"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
ROOT = Path(__file__).parents[3]


def gateway_of(folder: Path, traces: str = "http://127.0.0.1:1") -> Gateway:
    """A gateway whose network answers at once, over a new store."""
    phones = {"name": "phones", "kind": "fake", "handsets": [PHONE], "delay": 0.0, "receipt_delay": 0.0}
    made = Gateway(Config.model_validate({
        "store": {"url": f"sqlite:///{folder / 'x.db'}"}, "watch": {"traces": traces}, "links": [phones],
        "sending": {"region": "SI"},
    }))  # fmt: skip
    schema.upgrade(made.database)
    return made


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    made = gateway_of(tmp_path)
    yield made
    made.stop_links(time.monotonic() + 5)
    made.close()


def delivered(gateway: Gateway, id: str) -> None:
    """Wait until a message is."""
    deadline = time.monotonic() + 60
    while True:
        with gateway.database.reading() as conn:
            if conn.scalar(select(message.c.state).where(message.c.id == id)) == "delivered":
                return
        assert time.monotonic() < deadline, "it was not delivered"
        time.sleep(0.02)


def kept(gateway: Gateway) -> list[str]:
    """The messages of which a trace is remembered."""
    with gateway.database.reading() as conn:
        return list(conn.scalars(select(message_trace.c.message_id).order_by(message_trace.c.message_id)))


def spans_of(exporter: InMemorySpanExporter) -> dict[str, Any]:
    return {span.name: span for span in exporter.get_finished_spans()}


def test_a_message_is_a_trace_with_its_steps_in_the_trace_that_asked_for_it(gateway: Gateway) -> None:
    exporter = InMemorySpanExporter()
    another = Gateway(gateway.config)  # as after a restart, or as another node
    traces = Traces(another, exporter)
    traces.start()
    id = str(gateway.door.submit(Asked(PHONE, "Hello", "test")).row["id"])
    remember(gateway, [id], f"00-{TRACE}-{SPAN}-01")
    gateway.start_links()
    delivered(gateway, id)
    traces.stop(time.monotonic() + 90)
    another.close()
    spans = spans_of(exporter)
    assert list(spans) == ["accept", "gate", "claim", "submit", "receipt", "message"]
    whole = spans.pop("message")
    assert f"{whole.context.trace_id:032x}" == TRACE
    assert f"{whole.parent.span_id:016x}" == SPAN
    assert whole.attributes["smsgw.message"] == id
    assert whole.attributes["smsgw.state"] == "delivered"
    for span in spans.values():
        assert span.parent.span_id == whole.context.span_id
        assert whole.start_time <= span.start_time <= span.end_time <= whole.end_time
    assert PHONE[1:] not in "".join(span.to_json() for span in exporter.get_finished_spans())
    assert kept(gateway) == [], "nothing is remembered of what was told"


def test_the_request_says_to_which_trace_a_message_belongs(tmp_path: Path) -> None:
    gateway = gateway_of(tmp_path)
    app = create_app(gateway)
    _, secret = keys.create(gateway.database.writer, keys.NewKey("test", ("messages:send",), gateway.clock()))
    told = {"Authorization": f"Bearer {secret}", "traceparent": f"00-{TRACE}-{SPAN}-01"}
    one = app.test_client().post("/api/v1/messages", json={"to": PHONE, "text": "One"}, headers=told)
    some = app.test_client().post("/api/v1/messages/batch", json=[{"to": PHONE, "text": "Two"}], headers=told)
    broken = app.test_client().post(
        "/api/v1/messages", json={"to": PHONE, "text": "Three"}, headers={**told, "traceparent": "no"}
    )
    assert [answer.status_code for answer in (one, some, broken)] == [202, 202, 202], some.data
    assert kept(gateway) == [one.json["id"], some.json["data"][0]["id"]], "on disk, for whoever tells of their end"
    gateway.close()


class Collector(ThreadingHTTPServer):
    """Takes OTLP over HTTP, and reads it with the words of its makers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.names: list[str] = []
        self.came = Event()


class _Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        octets = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            octets = gzip.decompress(octets)
        told = ExportTraceServiceRequest.FromString(octets)
        self.server.names += [s.name for r in told.resource_spans for scope in r.scope_spans for s in scope.spans]
        self.send_response(200 if self.path == "/v1/traces" else 404)
        self.end_headers()
        self.server.came.set()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_collector_is_told_over_http(tmp_path: Path) -> None:
    collector = Collector()
    Thread(target=collector.serve_forever, daemon=True).start()
    gateway = gateway_of(tmp_path, f"http://127.0.0.1:{collector.server_port}")
    try:
        gateway.start_links()
        traces = Traces(gateway)
        traces.start()
        delivered(gateway, str(gateway.door.submit(Asked(PHONE, "Hello", "test")).row["id"]))
        traces.stop(time.monotonic() + 90)
        assert collector.came.wait(90), "nobody told"
        assert "message" in collector.names
    finally:
        gateway.stop_links(time.monotonic() + 5)
        gateway.close()
        collector.shutdown()
        collector.server_close()


def test_who_wants_no_traces_does_not_load_what_makes_them() -> None:
    says = "import smsgw.cli.run, smsgw.watch.tracing, webadmin, sys; print('opentelemetry' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", says], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


@pytest.mark.parametrize("wrong", ["collector:4318", "ftp://x", "http://"])
def test_a_collector_has_an_address_of_http(wrong: str) -> None:
    with pytest.raises(ValidationError, match="collector's address"):
        Config.model_validate({"watch": {"traces": wrong}})
