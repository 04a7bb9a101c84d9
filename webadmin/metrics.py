"""What Prometheus asks for: GET /metrics, every figure of the gateway by names that stay (docs/monitoring.md).

The surprise: only this host may look, unless a token is configured. A request that came through a proxy is not this
host's, whatever its address says. No label holds a phone number or the id of a person.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from hmac import compare_digest

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from smsgw import __version__
from smsgw.errors import Forbidden, SmsgwError, Unauthenticated
from smsgw.gateway import Gateway
from smsgw.watch import figures
from smsgw.watch.counting import Counts, Timing
from smsgw.webhooks.part import ENDED

from .context import the_gateway

BOUNDS = (0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)
DOORS = ("api", "cgi-bin", "2010-04-01", "3rdparty", "carriers")  # how the paths of programs begin; the rest are pages
CLIENT = "smpp:"  # how the leases of clients are called
PROXIED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


class Requests:
    """How many requests came through which door, and how they ended. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: Counter[tuple[str, int]] = Counter()
        self._timings: dict[str, Timing] = {}

    def count(self, door: str, code: int, seconds: float | None = None) -> None:
        """One more; seconds: how long it took, where somebody knows."""
        with self._lock:
            self._codes[door, code] += 1
            if seconds is not None:
                timing = self._timings.setdefault(door, Timing(BOUNDS))
                timing.counts[next((at for at, most in enumerate(BOUNDS) if seconds <= most), len(BOUNDS))] += 1
                timing.seconds += seconds

    def told(self) -> tuple[dict[tuple[str, int], int], dict[str, Timing]]:
        """The counts by door and status, and the timings by door."""
        with self._lock:
            return dict(self._codes), dict(self._timings)


def install(app: Flask) -> None:
    """Count every request of the app, and answer /metrics."""
    requests = app.extensions["requests"] = Requests()
    registry: list[CollectorRegistry] = []

    @app.before_request
    def begun() -> None:
        g.begun = time.perf_counter()

    @app.after_request
    def ended(response: Response) -> Response:
        first = request.path.lstrip("/").partition("/")[0]
        took = time.perf_counter() - g.begun if "begun" in g else None
        requests.count(first if first in DOORS else "pages", response.status_code, took)
        return response

    @app.get("/metrics")
    def metrics() -> Response:
        """Every figure, for Prometheus. Raises Forbidden, Unauthenticated."""
        may_look()
        if not registry:
            registry.append(_registry(the_gateway(), requests))
        return Response(generate_latest(registry[0]), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def may_look() -> None:
    """Raise Forbidden or Unauthenticated unless this host, or the bearer of the token, asks."""
    token = the_gateway().config.watch.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token is not None:
        if compare_digest(given.encode(), token.get_secret_value().encode()):
            return
        if given:
            raise Unauthenticated("this is not the token that [watch] metrics_token names")
    if request.remote_addr not in ("127.0.0.1", "::1") or any(name in request.headers for name in PROXIED):
        raise Forbidden("only this host may look at the metrics", hint="set [watch] metrics_token, and send it")


def _registry(gateway: Gateway, requests: Requests) -> CollectorRegistry:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    registry.register(Figures(gateway, requests))
    return registry


class Figures:
    """What the gateway is and did, as prometheus_client collects it."""

    def __init__(self, gateway: Gateway, requests: Requests) -> None:
        self._gateway = gateway
        self._requests = requests
        self._counts: Counts | None = None

    def describe(self) -> list[Metric]:
        """Nothing: to register it asks no question to the store."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Every figure. What the store does not tell is left out, and smsgw_store_up is 0 then."""
        version = GaugeMetricFamily("smsgw_build_info", "The version that runs.", labels=["version"])
        version.add_metric([__version__], 1.0)
        yield version
        yield from self._links()
        yield from self._asked()
        try:
            yield from self._stored()
            up = 1
        except SmsgwError:
            up = 0
        yield GaugeMetricFamily("smsgw_store_up", "Whether the store answers.", value=up)
        folder = self._gateway.config.store.folder
        yield GaugeMetricFamily("smsgw_disk_free_bytes", "Free for the store.", value=figures.free_octets(folder))

    def _links(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("smsgw_link_up", "Whether a link can send.", labels=["link", "type"])
        state = GaugeMetricFamily("smsgw_link_state", "1 for the state that a link is in.", labels=["link", "state"])
        signal = GaugeMetricFamily("smsgw_link_signal_dbm", "The signal of a modem.", labels=["link"])
        used = GaugeMetricFamily("smsgw_link_window_in_use", "Parts that wait for their answer.", labels=["link"])
        size = GaugeMetricFamily("smsgw_link_window_size", "How many may.", labels=["link"])
        for one in figures.links_now(self._gateway):
            up.add_metric([one.name, one.kind], float(one.state in figures.WELL))
            state.add_metric([one.name, str(one.state)], 1.0)
            used.add_metric([one.name], one.in_use)
            size.add_metric([one.name], one.window)
            if one.dbm is not None:
                signal.add_metric([one.name], one.dbm)
        return up, state, signal, used, size

    def _asked(self) -> Iterable[Metric]:
        codes, timings = self._requests.told()
        total = CounterMetricFamily("smsgw_api_requests", "Requests that were answered.", labels=["door", "code"])
        for (door, code), count in sorted(codes.items()):
            total.add_metric([door, str(code)], count)
        return total, _histogram(
            "smsgw_api_request_duration_seconds", "How long answers took.", "door", sorted(timings.items())
        )

    def _stored(self) -> Iterable[Metric]:
        """Everything that only the store knows. Raises StoreError."""
        gateway, now = self._gateway, self._gateway.clock()
        if self._counts is None:
            self._counts = Counts(gateway.database)
        self._counts.look()
        with gateway.database.reading() as conn:
            open_ones = figures.waiting(conn)
            late = figures.unanswered(conn, now)
            octets = figures.store_octets(conn, gateway.config.store.url)
            bundles = figures.bundles(conn, gateway, now)
            progress = figures.progress(conn)
            pending = figures.webhooks_pending(conn)
            nodes = figures.nodes_now(conn)
        queue = GaugeMetricFamily("smsgw_queue_messages", "Messages that are not settled.", labels=["link", "state"])
        for one in open_ones:
            queue.add_metric([one.link, one.state], one.count)
        dues = [one.oldest_due for one in open_ones if one.state == "queued" and one.oldest_due is not None]
        oldest = max(0.0, (now - min(dues)).total_seconds()) if dues else 0.0
        left = GaugeMetricFamily("smsgw_bundle_remaining_messages", "Parts that a bundle has left.", labels=["link"])
        for link, count in bundles:
            left.add_metric([link], count)
        ratio = GaugeMetricFamily("smsgw_campaign_progress_ratio", "How far a campaign is.", labels=["campaign"])
        for campaign, share in progress:
            ratio.add_metric([campaign], share)
        hooks = GaugeMetricFamily("smsgw_webhook_pending", "Events that are not told yet.", labels=["endpoint"])
        for webhook, count in pending:
            hooks.add_metric([webhook], count)
        node = GaugeMetricFamily("smsgw_node_up", "Whether a node is heard of.", labels=["node"])
        lease = GaugeMetricFamily("smsgw_lease_since_seconds", "Since when a node has it.", labels=["lease", "node"])
        for here in nodes:
            node.add_metric([here.name], float(here.alive))
            for name, since in here.has.items():
                if name.startswith(CLIENT):
                    continue  # which node tells a client is nobody's figure
                lease.add_metric([name, here.name], since.timestamp())
        return [
            *([node, lease] if nodes else []), *_counted(self._counts), queue, left, ratio, hooks,
            GaugeMetricFamily("smsgw_queue_oldest_seconds", "For how long the oldest is overdue.", value=oldest),
            GaugeMetricFamily("smsgw_inquiries_overdue", "Questions without an answer in time.", value=late.questions),
            GaugeMetricFamily("smsgw_db_size_bytes", "How large the store is.", value=octets),
        ]  # fmt: skip


def _counted(counts: Counts) -> Iterable[Metric]:
    messages = CounterMetricFamily(
        "smsgw_messages", "Messages that came to a status.", labels=["direction", "status", "link", "purpose"]
    )
    for labels, count in sorted(counts.messages.items()):
        messages.add_metric(labels, count)
    segments = CounterMetricFamily("smsgw_segments", "Parts that networks took.", labels=["link"])
    for link, count in sorted(counts.parts.items()):
        segments.add_metric([link], count)
    cost = CounterMetricFamily("smsgw_cost", "What was charged.", labels=["link", "currency"])
    for (link, currency), millionths in sorted(counts.spent.items()):
        cost.add_metric([link, currency], millionths / 1_000_000)
    gate = CounterMetricFamily("smsgw_gate_decisions", "What the gate said.", labels=["decision", "reason"])
    for decision, count in sorted(counts.decisions.items()):
        gate.add_metric(decision, count)
    hooks = CounterMetricFamily("smsgw_webhook_deliveries", "How tries ended.", labels=["endpoint", "outcome"])
    for ending, count in sorted(ENDED.items()):
        hooks.add_metric(ending, count)
    yield from (messages, segments, cost, gate, hooks)
    for what, says in (("submit", "From accepted to sent."), ("delivery", "From sent to delivered.")):
        found = sorted((link, timing) for (kind, link), timing in counts.timings.items() if kind == what)
        yield _histogram(f"smsgw_{what}_duration_seconds", says, "link", found)


def _histogram(name: str, says: str, label: str, timings: Iterable[tuple[str, Timing]]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, says, labels=[label])
    for value, timing in timings:
        total, buckets = 0, []
        for bound, count in zip((*map(str, timing.bounds), "+Inf"), timing.counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        family.add_metric([value], buckets, sum_value=timing.seconds)
    return family
