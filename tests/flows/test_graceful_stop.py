"""A gateway that is told to stop under load ends within ten seconds, and settles or puts back what is in flight."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from smsgw.store.tables import message
from tests.flows import counting
from tests.flows.killing import Siege
from tests.flows.running import Running, until
from tests.flows.wires import Journal, Tape, Wire

HANGS = 50.0  # seconds: far more than the ten that the daemon gives itself, far less than the network is silent


def _fake(folder: Path) -> Wire:
    return Tape(folder, seed=1, delay=0.4, receipt_delay=0.2, window=10)


def _smpp(folder: Path) -> Wire:
    return Journal(folder, rate=50, count=60, answer_delay=0.5)


def _states(gateway: Running) -> dict[str, int]:
    with gateway.looking() as conn:
        return counting.states(conn)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fresh_store_url", "network"),
    [("sqlite", _smpp), pytest.param("postgresql", _fake, marks=pytest.mark.peer)],
    ids=["sqlite-smpp", "postgresql-fake"],
    indirect=["fresh_store_url"],
)
def test_a_stop_under_load_settles_or_puts_back_what_is_in_flight(
    fresh_store_url: str, tmp_path: Path, network: Callable[[Path], Wire]
) -> None:
    wire = network(tmp_path)
    gateway = Running(tmp_path / "smsgw", fresh_store_url, [wire.link()], sending={"retry_first": 1})
    gateway.cold = True  # as people start it
    try:
        gateway.start()
        secret = gateway.smsgw("key", "create", "caller").stdout.strip()
        siege = Siege(gateway, wire, secret, Random(1))
        load = siege.load("before the stop")
        until(lambda: len(wire.taken()) > 20 and _states(gateway).get("queued", 0) > 80, 60, "there was no load")
        status, seconds = gateway.terminate()
        for thread in load:
            thread.ended.set()
            thread.join(180)
        assert status == 0, f"status {status} after {seconds:.1f} s"
        with gateway.looking() as conn:
            assert counting.not_kept(siege.book, wire, conn) == []
        left = _states(gateway)
        assert left.keys() <= {"queued", "sent", "delivered"}, "both networks answer everything that is in flight"
        assert left.get("queued"), "what waited in the queue is still there"

        stored = counting.quiet(siege, 180)
        wrong = counting.faults(siege.book, wire, stored)
        assert not wrong, "\n".join(wrong[:10])
        assert {row.state for row in stored.messages.values()} == {"delivered"}
        taken = Counter((part.to, part.position) for part in wire.taken())
        assert max(taken.values()) == 1, "something went out twice"
    finally:
        gateway.kill()
        wire.close()


@pytest.mark.slow
def test_a_stop_waits_no_longer_than_ten_seconds_for_a_network_that_says_nothing(tmp_path: Path) -> None:
    wire = Tape(tmp_path, seed=1, delay=600, answer_timeout=600, window=20)
    gateway = Running(tmp_path / "smsgw", f"sqlite:///{tmp_path / 'store.db'}", [wire.link()])
    try:
        gateway.start()
        client = gateway.client()
        for number in range(30):
            client.send(f"+49151{20_000_000 + number}", f"No. {number}")
        client.close()
        until(lambda: _states(gateway).get("sending") == 20, why="the window was not filled")
        status, seconds = gateway.terminate()
        assert seconds < HANGS, f"status {status} after {seconds:.1f} s"
        if status:  # a machine with much to do, for the links alone take eight of the ten seconds
            assert "did not stop within 10 seconds" in gateway.last_words()
        else:
            assert _states(gateway) == {"unsure": 20, "queued": 10}, "what was never answered may have gone out"
    finally:
        gateway.kill()


@pytest.mark.slow
def test_a_stop_waits_no_longer_than_ten_seconds_for_a_store_that_hangs(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    wire = Tape(tmp_path, seed=1, delay=3)  # so that there are answers to be written while it stops
    gateway = Running(tmp_path / "smsgw", f"sqlite:///{store}", [wire.link()], sending={"unsure_wait": 0})
    try:
        gateway.start()
        client = gateway.client()
        ids = {client.send(f"+49151{20_000_000 + number}", f"No. {number}") for number in range(20)}
        client.close()
        with contextlib.closing(sqlite3.connect(store, timeout=60, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # a backup, or somebody's shell
            status, seconds = gateway.terminate()
        assert status == 1
        assert seconds < HANGS
        assert "did not stop within 10 seconds" in gateway.last_words()
        gateway.start()
        until(lambda: _states(gateway) == {"delivered": len(ids)}, 20, "something was lost")
    finally:
        gateway.kill()


@pytest.mark.slow
def test_callers_are_answered_to_the_end_and_never_cut(tmp_path: Path) -> None:
    wire = Tape(tmp_path, seed=1, delay=0.01)
    gateway = Running(tmp_path / "smsgw", f"sqlite:///{tmp_path / 'store.db'}", [wire.link()])
    try:
        gateway.start()
        siege = Siege(gateway, wire, gateway.secret, Random(2))
        load = siege.load("until the end")
        time.sleep(1)
        assert gateway.terminate()[0] == 0
        for thread in load:
            thread.ended.set()
            thread.join(180)
        assert siege.book.strange == []
        with gateway.looking() as conn:
            refs = set(conn.scalars(select(message.c.client_ref)))
        assert refs == set(siege.book.told), "a message was stored and its caller was not told"
    finally:
        gateway.kill()
