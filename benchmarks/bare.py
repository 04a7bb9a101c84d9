"""The floors of the road: what one commit, an HTTP server that does nothing, and smpplib's own loop can do here."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
import smpplib.client
from sqlalchemy.engine import make_url

from benchmarks.load import Job
from benchmarks.measure import HEADINGS, Figure, cpu_of, forget_peak, peak_of, percentile, table
from benchmarks.stage import ROOT, Smsc, Stores, load

CREATE = "CREATE TABLE floor (id {} PRIMARY KEY, recipient TEXT, text TEXT, state TEXT, at TEXT)"
ROW = ("+491710000000", "Your parcel 1 comes today at noon.", "queued", "2026-01-01 12:00:00")
WINDOW = 100


@dataclass(frozen=True, slots=True)
class Floors:
    """Messages a second. http: by connections."""

    http: dict[int, float]
    smpp: float


def measure(stores: Stores, sink: Smsc, seconds: float) -> Floors:
    """Measure and print every floor, `seconds` each."""
    figures = [_commits(kind, stores, seconds) for kind in stores.kinds]
    http, rates = _empty_http(seconds)
    figures += http
    smpp = _smpplib(sink, seconds)
    table("(a) the floors", HEADINGS[:-1], [figure.cells()[:-1] for figure in [*figures, smpp]])
    return Floors(rates, smpp.rate)


def _commits(kind: str, stores: Stores, seconds: float) -> Figure:
    """Insert one row, commit, and again."""
    url = stores.url(kind)
    took: list[float] = []
    cpu, server = time.process_time(), stores.cpu(kind)
    with closing(raw(url)) as conn:
        conn.execute(CREATE.format("INTEGER" if kind == "sqlite" else "BIGSERIAL"))
        conn.commit()
        mark = "?" if kind == "sqlite" else "%s"
        insert = f"INSERT INTO floor (recipient, text, state, at) VALUES ({mark}, {mark}, {mark}, {mark})"
        until = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < until:
            conn.execute(insert, ROW)
            conn.commit()
            took.append((time.perf_counter() - begun) * 1000)
    cpu = time.process_time() - cpu + stores.cpu(kind) - server
    return _figure(f"insert and commit, {kind}", took, cpu)


def raw(url: str) -> Any:
    """A connection without SQLAlchemy, as durable as the gateway's."""
    read = make_url(url)
    if read.get_backend_name() == "postgresql":
        return psycopg.connect(host=str(read.query["host"]), user=read.username, dbname=read.database)
    conn = sqlite3.connect(str(read.database))
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute("PRAGMA synchronous=FULL")
    return conn


def _figure(name: str, took: list[float], cpu: float, memory: float | None = None) -> Figure:
    rate = len(took) / (sum(took) / 1000)
    return Figure(name, rate, percentile(took, 0.5), percentile(took, 0.99), cpu / len(took) * 1000, memory)


def _empty_http(seconds: float) -> tuple[list[Figure], dict[int, float]]:
    """Flask on waitress as the gateway has them, with a view that reads the JSON and answers."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bare"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None
    assert server.stdout is not None
    figures, rates = [], {}
    try:
        port = int(server.stdout.readline())
        for connections in (1, 16):
            load(Job(port, "none", 0, 50, connections))
            forget_peak(server.pid)
            cpu = cpu_of(server.pid)
            told = load(Job(port, "none", 0, max(50, int(1000 * seconds)), connections))
            spent = (cpu_of(server.pid) - cpu) / len(told["asked"]) * 1000
            took = [(end - begun) * 1000 for begun, end in zip(told["asked"], told["answered"], strict=True)]
            rates[connections] = len(took) / (max(told["answered"]) - min(told["asked"]))
            name = f"empty Flask on waitress, {connections} connection{'s' if connections > 1 else ''}"
            median, slow = percentile(took, 0.5), percentile(took, 0.99)
            figures.append(Figure(name, rates[connections], median, slow, spent, peak_of(server.pid)))
    finally:
        server.stdin.close()
        server.wait(10)
    return figures, rates


def _smpplib(sink: Smsc, seconds: float) -> Figure:
    """smpplib's own client with a window, receipts answered, nothing stored."""
    client = smpplib.client.Client("127.0.0.1", sink.port, allow_unknown_opt_params=True)
    client.connect()
    client.bind_transceiver(system_id="bench", password="")
    asked: dict[int, float] = {}
    took: list[float] = []
    ended = 0

    def answered(pdu: Any, **_: Any) -> None:
        took.append((time.perf_counter() - asked.pop(pdu.sequence)) * 1000)

    def delivered(pdu: Any, **_: Any) -> None:
        nonlocal ended
        ended += 1

    client.set_message_sent_handler(answered)
    client.set_message_received_handler(delivered)
    cpu, begun, number = time.process_time(), time.perf_counter(), 0
    while (running := time.perf_counter() < begun + seconds) or asked or (sink.receipts and ended < number):
        if running and len(asked) < WINDOW:
            sent = client.send_message(
                source_addr="491700000000", destination_addr=f"49171{number:07d}", short_message=ROW[1].encode(),
                source_addr_ton=1, source_addr_npi=1, dest_addr_ton=1, dest_addr_npi=1, registered_delivery=1,
            )  # fmt: skip
            asked[sent.sequence] = time.perf_counter()
            number += 1
        else:
            client.read_once()
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    client.unbind()
    client.disconnect()
    sink.ask("report")
    median, slow = percentile(took, 0.5), percentile(took, 0.99)
    return Figure(f"smpplib's loop, window {WINDOW}, receipts", number / wall, median, slow, cpu / number * 1000)


def _serve() -> None:
    """The HTTP server that does nothing, until standard input ends."""
    from flask import Flask, Response, request
    from waitress import create_server

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that requests wait for a thread is no news
    app = Flask(__name__)

    @app.post("/api/v1/messages")
    def nothing() -> Response:
        asked = request.get_json()
        answer = app.json.dumps({**asked, "status": "queued", "why": "nothing is done here " * 20})
        return Response(answer, 202, mimetype="application/json")

    server = create_server(app, host="127.0.0.1", port=0, threads=8)
    print(server.effective_port, flush=True)
    threading.Thread(target=server.run, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
