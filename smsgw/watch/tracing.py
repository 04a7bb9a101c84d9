"""OpenTelemetry traces, read out of history: what became of each message, told over OTLP when it has come to its end.

The surprise: nothing on a message's way knows of traces. History says when each step was, and spans have their times
from there; so who wants no traces pays nothing, and OpenTelemetry is not even imported. A message belongs to the trace
of the request that asked for it, if that said so (W3C `traceparent`); else it begins one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, exists, func, insert, literal, select

from .. import __version__
from ..errors import BadConfig, SmsgwError
from ..gateway import Gateway
from ..store.followers import Tail, lines
from ..store.history import chunks
from ..store.lifecycle import MESSAGE
from ..store.tables import history, message, message_trace
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
PARENT = 55  # characters of a traceparent that version 00 knows; what later ones append is left (section 4.3)


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
                parents = _parents(conn, ended)
                for row, story in _stories(conn, ended):
                    self._tell(row, story, parents.get(row.id))
                if parents:
                    self._gateway.database.writer.do(_forget, list(parents))
        self._upto = reach
        return True

    def _tell(self, row: AnyRow, story: Sequence[AnyRow], traceparent: str | None) -> None:
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

        named = {"smsgw.message": row.id, "smsgw.link": row.link or "", "smsgw.purpose": row.purpose,
                 "smsgw.parts": row.parts, "smsgw.state": row.state}  # fmt: skip
        parent = _context(traceparent)
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


def remember(gateway: Gateway, ids: Sequence[str], traceparent: str) -> None:
    """Keep of which trace these messages are, until it is told. Never raises: they are on their way already."""
    try:
        gateway.database.writer.do(_remember, (ids, traceparent[:PARENT]))
    except SmsgwError as problem:
        log.warning("a trace was not kept: %s", problem)


def _remember(conn: Connection, batch: list[tuple[Sequence[str], str]]) -> list[None]:
    t = message_trace.c
    for ids, traceparent in batch:
        known = exists().where(t.message_id == message.c.id)  # asked for twice with one name: the first trace has it
        theirs = select(message.c.id, literal(traceparent)).where(message.c.id.in_(ids), ~known)
        conn.execute(insert(message_trace).from_select([t.message_id, t.traceparent], theirs))
    return [None] * len(batch)


def _parents(conn: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Of those messages that belong to a trace: its traceparent, by their id."""
    found: dict[str, str] = {}
    for some in chunks(sorted(ids)):
        theirs = select(message_trace).where(message_trace.c.message_id.in_(some))
        found |= {row.message_id: row.traceparent for row in conn.execute(theirs)}
    return found


def _forget(conn: Connection, batch: list[list[str]]) -> list[None]:
    for ids in batch:
        conn.execute(delete(message_trace).where(message_trace.c.message_id.in_(ids)))
    return [None] * len(batch)


def _stories(conn: Connection, ids: Iterable[str]) -> Iterable[tuple[AnyRow, list[AnyRow]]]:
    """Messages with all lines of theirs in which they moved, oldest first."""
    h = history.c
    for some in chunks(sorted(ids)):
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
