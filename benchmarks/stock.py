"""What a full store costs: the road over a store that holds many old messages, and a queue of a million.

The old ones are written in SQL, as they stand after their whole life: message, part, five lines of history, a receipt,
to random numbers. Each line has a store of its own, filled before its daemon's first start: to one that was away while
they were written, so many lines of history are news, which it works through beside the load.
"""

from __future__ import annotations

import time
from contextlib import closing

from benchmarks.bare import raw
from benchmarks.load import Job
from benchmarks.measure import cpu_of, forget_peak, peak_of, spell, table
from benchmarks.stage import SECRET, Smsc, Stores, gateway, load, smsc
from smsgw.store import schema
from smsgw.store.database import Database

STEPS = (0, 100_000, 1_000_000, 10_000_000)
AT_A_TIME = 100_000
WARM = 100  # messages that are not counted
SECONDS = 10.0  # for the queue
HEADINGS = ("stored before", "accepted/s", "delivered/s", "CPU s/1000", "store CPU", "MB")
QUEUE_HEADINGS = ("queued before", "sent/s", "accepted/s meanwhile", "CPU s/1000 sent", "MB")

_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT {a} UNION ALL SELECT i + 1 FROM n WHERE i < {b})",
    "postgresql": "WITH n(i) AS (SELECT generate_series({a}, {b}))",
}
_DIGITS = {"sqlite": "printf('%0{0}d', {1})", "postgresql": "lpad(({1})::text, {0}, '0')"}
_OLD, _FAR = "'2026-01-01 12:00:00.000000'", "'2036-01-01 12:00:00.000000'"
_MESSAGE = """INSERT INTO message (id, state, why, client, recipient, text, encoding, parts, priority, purpose,
    on_unsure, link, created_at, due_at, valid_until, sent_at, final_at, attempts, trace)
    SELECT {id}, '{state}', 'the phone has it', 'key_1', {to}, 'Your parcel comes today at noon.', 'gsm7', 1, 5,
    'transactional', 'resend', 'carrier', {old}, {old}, {far}, {sent}, {sent}, 0, '["carrier serves every number"]'
    FROM n"""
_PART = """INSERT INTO part (message_id, position, alphabet, user_data, udh, written_at, answer, answered_at, link,
    reference, outcome, outcome_at)
    SELECT {id}, 1, 'gsm7', {data}, {none}, {sent}, {taken}, {sent}, {carrier}, {reference}, {delivered}, {sent}
    FROM n"""
_LINE = """INSERT INTO history (record, record_id, event, was, now, why, "by", at)
    SELECT 'message', {id}, '{event}', {was}, '{now}', 'because it was so', 'carrier', {old} FROM n"""
_RECEIPT = """INSERT INTO receipt (link, reference, state, received_at, message_id, position)
    SELECT 'carrier', {reference}, 'delivered', {old}, {id}, 1 FROM n"""
_LIVED = (
    ("accept", "NULL", "accepted"), ("admit", "'accepted'", "queued"), ("claim", "'queued'", "sending"),
    ("hand_over", "'sending'", "sent"), ("deliver", "'sent'", "delivered"),
)  # fmt: skip


def run(stores: Stores, messages: int, most: int) -> None:
    """The road at each size of the stock up to `most`, then a queue of at most a million, on every store."""
    with smsc() as sink:
        for kind in stores.kinds:
            rows = []
            for size in [step for step in STEPS if step <= most]:
                url = _empty(stores, kind)
                _fill(url, kind, 1, size)
                rows.append(_road(stores, kind, url, sink, size, messages))
            table(f"(h) the road over a stock, on {kind}, 16 connections", HEADINGS, rows)
            table(f"(h) a queue, on {kind}", QUEUE_HEADINGS, [_queue(stores, kind, sink, min(most, 1_000_000))])


def _empty(stores: Stores, kind: str) -> str:
    url = stores.url(kind)
    fresh = Database(url)
    schema.upgrade(fresh)
    fresh.close()
    return url


def _fill(url: str, kind: str, first: int, last: int, *, queued: bool = False) -> None:
    """Write the messages with these numbers: delivered ones with all that belongs to them, or queued ones."""
    sent = {"old": _OLD, "far": _FAR, "sent": "NULL" if queued else _OLD, "state": "queued" if queued else "delivered"}
    words = {"id": "'msg_' || " + _DIGITS[kind].format(26, "i"), "to": "'+49160' || " + _DIGITS[kind].format(
        7, "i * 7919 % 10000000"
    )}  # fmt: skip
    blob = (
        {"data": "x'68656c6c6f'", "none": "x''"}
        if kind == "sqlite"
        else {"data": "'hello'::bytea", "none": "''::bytea"}
    )
    part = {"taken": "NULL", "carrier": "NULL", "reference": "NULL", "delivered": "NULL"}
    if not queued:
        part = {"taken": "'taken'", "carrier": "'carrier'", "delivered": "'delivered'", "reference": "'old' || i"}
    statements = [_MESSAGE, _PART]
    statements += [_LINE.replace("{event}", e).replace("{was}", w).replace("{now}", n) for e, w, n in _LIVED]
    statements += [] if queued else [_RECEIPT]
    with closing(raw(url)) as conn:
        for start in range(first, last + 1, AT_A_TIME):
            numbers = _NUMBERS[kind].format(a=start, b=min(last, start + AT_A_TIME - 1))
            for statement in statements:
                into, select = statement.format(**sent, **words, **blob, **part).split("SELECT", 1)
                spelled = f"{numbers} {into} SELECT {select}"
                if kind == "postgresql":
                    spelled = f"{into} {numbers} SELECT {select}".replace(_OLD, f"{_OLD}::timestamp").replace(
                        _FAR, f"{_FAR}::timestamp"
                    )
                conn.execute(spelled)
            conn.commit()
        conn.execute("ANALYZE")
        conn.commit()


def _road(stores: Stores, kind: str, url: str, sink: Smsc, size: int, messages: int) -> list[str]:
    """One line: `messages` over a store that holds `size`."""
    with gateway(stores, kind, sink.port, url=url) as daemon:
        load(Job(daemon.port, SECRET, 0, WARM, connections=4))
        sink.wait_for_end(WARM)
        sink.ask("report")
        pid = daemon.process.pid
        forget_peak(pid)
        cpu, server = cpu_of(pid), stores.cpu(kind)
        loaded = load(Job(daemon.port, SECRET, WARM, messages, connections=16))
        sink.wait_for_end(messages)
        cpu, server = cpu_of(pid) - cpu, stores.cpu(kind) - server
        seen = sink.ask("report")
        begun = min(loaded["asked"])
        accepted = messages / (max(loaded["answered"]) - begun)
        delivered = messages / (max(seen["final"].values()) - begun)
        costs = (cpu / messages * 1000, server / messages * 1000, peak_of(pid))
        return [f"{size:,}", f"{accepted:,.0f}", f"{delivered:,.0f}", *map(spell, costs)]


def _queue(stores: Stores, kind: str, sink: Smsc, queued: int) -> list[str]:
    """Send from a long queue for some seconds, and take single messages in meanwhile."""
    url = _empty(stores, kind)
    _fill(url, kind, 1, queued, queued=True)
    with gateway(stores, kind, sink.port, url=url) as daemon:
        pid = daemon.process.pid
        begun, cpu, before = time.monotonic(), cpu_of(pid), int(sink.ask("progress")["wire"])
        loaded = load(Job(daemon.port, SECRET, 0, 20 * int(SECONDS), rate=20))
        seconds, cpu = time.monotonic() - begun, cpu_of(pid) - cpu
        sent = int(sink.ask("progress")["wire"]) - before
        accepted = len(loaded["answered"]) / (max(loaded["answered"]) - min(loaded["asked"]))
        cells = (cpu / max(1, sent) * 1000, peak_of(pid))
        daemon.process.kill()
        return [f"{queued:,}", f"{sent / seconds:,.0f}", f"{accepted:,.0f}", *map(spell, cells)]
