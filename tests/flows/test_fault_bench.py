"""The bench that breaks the daemon counts rightly, and a shop's days in virtual time lose nothing.

By hand, with every fault and for a month: `python -m benchmarks --only faults`, `--only soak`.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, text

from benchmarks import soak
from benchmarks.faults import suffer
from benchmarks.faults.callers import Diary
from benchmarks.faults.strikes import STRIKES
from benchmarks.faults.tally import HEADINGS, Tally, count
from benchmarks.stage import Stores
from tests.flows.counting import Stored
from tests.flows.killing import Wanted
from tests.flows.wires import OnWire


@pytest.mark.slow
def test_a_fault_is_suffered_and_counted() -> None:
    [delay] = [strike for strike in STRIKES if strike.name == "delay"]
    with Stores(["sqlite"]) as stores:
        told = suffer(stores, "sqlite", delay, 0.5, 1, 1)
    assert (told.wrong, told.lost, told.unmarked, told.texts_lost) == ([], 0, 0, 0)
    assert told.accepted > 0
    assert told.texts > 0
    assert None not in (told.accepts, told.sends)
    assert len(told.cells()) == len(HEADINGS) - 1


def line(event: str, was: str | None = None, by: str = "clock") -> SimpleNamespace:
    return SimpleNamespace(event=event, was=was, by=by)


def test_what_is_lost_and_what_came_twice_is_counted() -> None:
    book = Diary()
    for number in range(1, 5):
        ref = f"ref-{number}"
        book.wanted[ref] = Wanted(ref, f"+4915{number}", "x", "resend")
        book.told[ref] = {f"m{number}"}
    row = {"state": "delivered", "on_unsure": "resend"}
    messages = {f"m{n}": SimpleNamespace(recipient=f"+4915{n}", **row) for n in (1, 2, 3)}  # the fourth is not there
    lines = defaultdict(list) | {"m2": [line("lose"), line("put_back", "unsure", "policy")]}
    taken = [OnWire(f"+4915{n}", 1, 1, "x") for n in (1, 1, 2, 2)]  # the third is told to be delivered, and never went
    wire = SimpleNamespace(taken=lambda: taken, typed=lambda: [SimpleNamespace(sender="+1", text="never stored")])
    scene = SimpleNamespace(siege=SimpleNamespace(book=book), wire=wire, accepts=[0.5, 2.0], sends=[1.0])
    told = Tally()
    count(scene, Stored(messages, lines, []), told)  # type: ignore[arg-type]
    assert (told.accepted, told.lost, told.unmarked, told.marked, told.unsure) == (4, 2, 1, 1, 1)
    assert (told.texts, told.texts_lost, told.accepts, told.sends) == (1, 1, 2.0, 1.0)


@pytest.mark.slow
def test_two_days_of_a_shop_in_virtual_time_lose_and_double_nothing(tmp_path: Path) -> None:
    month = soak.live(tmp_path, f"sqlite:///{tmp_path / 'store.db'}", 2, 1)
    assert month.wrong == []
    engine = create_engine(f"sqlite:///{tmp_path / 'store.db'}")
    with engine.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM message WHERE state = 'delivered'")).scalar_one() > 50
    engine.dispose()
