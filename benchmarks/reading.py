"""Readings: how many texts a second one core reads, with the memories of words warm and cold."""

from __future__ import annotations

import json
import time
from pathlib import Path

from benchmarks.measure import percentile
from smsgw.inbound.reading.lines import opened, product
from smsgw.inbound.reading.read import compile_catalogue, read

DATA = Path(__file__).parents[1] / "tests/smsgw/inbound/reading/data"


def run(seconds: float) -> None:
    """The open texts again and again for some seconds, first by a catalogue that is new."""
    entries = json.loads((DATA / "catalogue.json").read_text(encoding="utf-8"))["products"]
    rows = [json.loads(line) for line in (DATA / "open.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [(row["text"], opened(row["context"])) for row in rows]
    begun = time.process_time()
    catalogue = compile_catalogue([product(entry) for entry in entries])
    print(f"\nreading {len(asked)} texts; catalogue of {len(entries)} compiled in {time.process_time() - begun:.2f} s")
    for name, least in (("cold", 0.0), ("warm", seconds)):
        took: list[float] = []
        until = time.perf_counter() + least
        while not took or time.perf_counter() < until:
            for text, open in asked:
                start = time.process_time_ns()
                read(text, catalogue, open)
                took.append((time.process_time_ns() - start) / 1e6)
        speed = 1000 * len(took) / sum(took)
        half, most = percentile(took, 0.5) or 0, percentile(took, 0.99) or 0
        print(f"  {name}: {speed:,.0f} texts/s; ms p50 {half:.2f}, p99 {most:.2f}")
