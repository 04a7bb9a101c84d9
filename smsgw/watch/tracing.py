"""OpenTelemetry traces, read out of history: what became of each message, told over OTLP when it has come to its end.

The surprise: nothing on a message's way knows of traces. History says when each step was, and spans have their times
from there; so who wants no traces pays nothing, and OpenTelemetry is not even imported. A message belongs to the trace
of the request that asked for it, if that said so (W3C `traceparent`) and this process took it in; else it begins one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from .. import __version__
from ..errors import BadConfig, SmsgwError
from ..gateway import Gateway
from ..store.followers import Tail, lines
from ..store.lifecycle import MESSAGE
from ..store.tables import history, message
from ..store.tables.types import AnyRow

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

log = logging.getLogger(__name__)

LOOK = 1.0  # seconds between two looks
STEP = 2_000  # lines of history in one look
STUCK_AFTER = 120.0
# What lies between an event and the one before it.
SPANS = {
    "admit": "gate", "hold": "gate", "refuse": "gate", "release": "held", "claim": "claim", "hand_over": "submit",
    "lose": "submit", "put_back": "submit", "give_up": "submit", "deliver": "receipt", "bounce": "receipt",
}  # fmt: skip
WRONG = frozenset({"failed", "undelivered", "refused", "expired"})


class Traces:
    """A part of the daemon: see smsgw.daemon.Part. exporter: where spans go; by default OTLP over HTTP.

    Raises BadConfig when OpenTelemetry is not installed.
    """

    name = "traces"

    def __init__(self, gateway: Gateway, exporter: SpanExporter | None = None) -> None:
        self._gateway = gateway
        self._provider = _provider(gateway.config.watch.traces or "", exporter)
        self._tracer = self._provider.get_tracer("smsgw", __version__)
        self._tail = Tail(gateway.database)
        self._upto: int | None = None
        self._kinds = {link.name: link.kind for link in gateway.config.links}
        self._beats = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)

    def start(self) -> None:
        """Begin to look, from the end of history on."""
        with self._gateway.database.reading() as conn:
            self._upto = conn.scalar(select(func.max(history.c.id))) or 0
        self._thread.start()

    def stop(self, deadline: float) -> None:
        """Tell what has ended, as far as `deadline` allows."""
        self._ended.set()
        self._thread.join(max(0.1, deadline - time.monotonic()))
        self._provider.force_flush(max(1, int((deadline - time.monotonic()) * 1000)))
        self._provider.shutdown()

    def alive(self) -> bool:
        """Whether it still looks."""
        return time.monotonic() - self._beats < STUCK_AFTER

    def _run(self) -> None:
        last = False
        while not last:
            last = self._ended.wait(LOOK)
            self._beats = time.monotonic()
            try:
                while self.look():
                    self._beats = time.monotonic()
            except SmsgwError as problem:
                log.warning("traces are late: %s", problem)

    def look(self) -> bool:
        """Make spans of the messages that ended since the last look; whether there may be more. Raises StoreError."""
        assert self._upto is not None
        with self._gateway.database.reading() as conn:
            reach = self._tail.reach(conn, self._upto, STEP)
            if reach == self._upto:
                return False
            if self._gateway.holdings.holds("clock"):  # of several nodes one tells
                ended = {line.record_id for line in lines(conn, self._upto, reach, ("message",), MESSAGE.final)}
                for row, story in _stories(conn, ended):
                    self._tell(row, story)
        self._upto = reach
        return True

    def _tell(self, row: AnyRow, story: Sequence[AnyRow]) -> None:
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

        named = {"smsgw.message": row.id, "smsgw.link": row.link or "", "smsgw.purpose": row.purpose,
                 "smsgw.parts": row.parts, "smsgw.state": row.state}  # fmt: skip
        parent = _context(self._gateway.traceparents.pop(row.id, None))
        whole = self._tracer.start_span(
            "message", parent, SpanKind.PRODUCER, named, start_time=_nanoseconds(story[0].at)
        )
        inside = set_span_in_context(whole)
        self._span(inside, "accept", story[0].at, story[0].at)
        for before, line in pairwise(story):
            self._span(inside, self._named(line.event, row.link), before.at, line.at, event=line.event, by=line.by)
        if row.state in WRONG:
            whole.set_status(Status(StatusCode.ERROR, row.state))
        whole.end(_nanoseconds(story[-1].at))

    def _span(self, inside: Context, name: str, begun: datetime, ended: datetime, **facts: str) -> None:
        told = {f"smsgw.{key}": value for key, value in facts.items()}
        span = self._tracer.start_span(name, inside, attributes=told, start_time=_nanoseconds(begun))
        span.end(_nanoseconds(max(begun, ended)))

    def _named(self, event: str, link: str | None) -> str:
        name = SPANS.get(event, event)
        return "submit_sm" if name == "submit" and self._kinds.get(link or "") == "smpp" else name


def _stories(conn: Connection, ids: Iterable[str]) -> Iterable[tuple[AnyRow, list[AnyRow]]]:
    """Messages with all lines of theirs in which they moved, oldest first."""
    wanted = sorted(ids)
    h = history.c
    for begin in range(0, len(wanted), 500):
        some = wanted[begin : begin + 500]
        told: dict[str, list[AnyRow]] = {}
        moved = (h.record == "message") & h.record_id.in_(some) & h.was.is_distinct_from(h.now)
        for line in conn.execute(select(history).where(moved).order_by(h.id)):
            told.setdefault(line.record_id, []).append(line)
        for row in conn.execute(select(message).where(message.c.id.in_(some))):
            if story := told.get(row.id):
                yield row, story


def _context(traceparent: str | None) -> Context | None:
    if traceparent is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent})


def _nanoseconds(at: datetime) -> int:
    return int(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1_000_000) * 1000


def _provider(endpoint: str, exporter: SpanExporter | None) -> TracerProvider:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as missing:
        raise BadConfig([f"watch.traces: {missing}; pip install 'smsgw[traces]'"]) from missing
    about: dict[str, Any] = {"service.name": "smsgw", "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    to = exporter or OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(to))
    return provider
