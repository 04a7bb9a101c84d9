"""The real daemon under load while something breaks: what was accepted, lost, doubled, and when it worked again.

The surprise: nothing here is believed. Callers note what they were told, the network what it saw, and both are compared
with the store when all is quiet, by the same count as the tests' (tests/flows/counting.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.faults.scene import Scene
from benchmarks.faults.strikes import STRIKES, Strike
from benchmarks.faults.tally import HEADINGS, Tally, tally
from benchmarks.measure import table
from benchmarks.stage import Stores

PATIENCE = 240.0  # seconds until all is quiet


def run(stores: Stores, seconds: float, rounds: int, seed: int, only: Sequence[str] = ()) -> bool:
    """Every fault, or those named, on every store; prints the tables and what is wrong. True when nothing is.

    seconds: how long each fault lasts, and how long there is load before and after. rounds: how often it comes.
    """
    well = True
    for kind in stores.kinds:
        rows = []
        for strike in STRIKES:
            if only and strike.name not in only:
                continue
            if missing := strike.missing(kind):
                print(f"{strike.name}: not on {kind} here: {missing}")
                continue
            told = suffer(stores, kind, strike, seconds, rounds, seed)
            rows.append([strike.name, *told.cells()])
            print(f"{strike.name}: {strike.says}{''.join(f'{chr(10)}    {line}' for line in told.wrong)}", flush=True)
            well = well and not told.wrong
        table(f"faults on {kind}, {rounds} times {seconds:g} s each, seed {seed}", HEADINGS, rows)
    return well


def suffer(stores: Stores, kind: str, strike: Strike, seconds: float, rounds: int, seed: int) -> Tally:
    """One fault, so often, on a gateway and a network of its own."""
    try:
        with Scene(stores, kind, strike, seconds, rounds, seed) as scene:
            return tally(scene, PATIENCE)
    except AssertionError as wrong:  # it did not even start; the other faults are tried all the same
        return Tally(wrong=str(wrong).splitlines())
