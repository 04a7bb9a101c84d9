"""Spoil a corpus again and again, keep what reaches new lines, and say what breaks.

The surprise: lines are watched with `sys.settrace`, and only in the files of the target, so it needs no other program.
"""

from __future__ import annotations

import hashlib
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from tests.fuzz.mutating import spoil
from tests.fuzz.targets import Target

ROOT = f"{Path(__file__).resolve().parents[2]}/"
SLOW = 5.0  # CPU seconds for one input: more is a fault of its own


@dataclass(frozen=True)
class Broken:
    """An input that ended with something else than the target may end with."""

    octets: bytes
    why: str


class Lines:
    """Which lines of some files were run, while it is on."""

    def __init__(self, covers: tuple[str, ...]) -> None:
        self._covers = tuple(ROOT + place for place in covers)
        self.seen: set[tuple[str, int, int]] = set()

    def __enter__(self) -> Lines:
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, event: str, told: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        if not code.co_filename.startswith(self._covers):
            return None
        last = -1

        def line(frame: FrameType, event: str, told: Any) -> Callable[..., Any]:
            nonlocal last
            if event == "line":
                self.seen.add((code.co_filename, last, frame.f_lineno))  # a way between two lines, not a line alone
                last = frame.f_lineno
            return line

        return line


def attempt(target: Target, octets: bytes) -> Broken | None:
    """Read one input; what is wrong with how that ended, or None."""
    begun = time.process_time()
    try:
        target.read(octets)
    except target.ends_with:
        pass
    except Exception:  # noqa: BLE001 whatever it is, it is what we look for
        return Broken(octets, traceback.format_exc(limit=-4))
    took = time.process_time() - begun
    return Broken(octets, f"it took {took:.1f} s of the processor") if took > SLOW else None


@dataclass
class Fuzz:
    """One run over one target: new inputs that reached something, and what broke, once for each place."""

    target: Target
    seed: int
    reached: list[bytes] = field(default_factory=list)
    broken: dict[str, Broken] = field(default_factory=dict)
    tried: int = 0

    def run(self, seconds: float) -> Fuzz:
        """Go on for so long."""
        chance, pool = Random(f"{self.target.name} {self.seed}"), self.target.corpus() or [b""]
        with Lines(self.target.covers) as lines:
            for octets in pool:
                self._try(octets)
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                octets = spoil(chance.choice(pool), pool, self.target.words, chance)
                before = len(lines.seen)
                self._try(octets)
                if len(lines.seen) > before:
                    pool.append(octets)
                    self.reached.append(octets)
        return self

    def _try(self, octets: bytes) -> None:
        self.tried += 1
        if found := attempt(self.target, octets):
            place = found.why.rpartition("File ")[2].partition("\n")[0]
            known = self.broken.get(place)
            if known is None or len(octets) < len(known.octets):
                self.broken[place] = found


def name_of(octets: bytes) -> str:
    """The name of an input's file: by what is in it, so that it is there once."""
    return hashlib.sha256(octets).hexdigest()[:16]


def keep(target: Target, inputs: list[bytes]) -> None:
    """Put inputs into the target's corpus."""
    target.folder.mkdir(parents=True, exist_ok=True)
    for octets in inputs:
        (target.folder / name_of(octets)).write_bytes(octets)


def fewest(target: Target, inputs: list[bytes]) -> list[bytes]:
    """Those inputs that together reach what all of them reach, the shortest first."""
    kept = []
    with Lines(target.covers) as lines:
        for octets in sorted(inputs, key=len):
            before = len(lines.seen)
            attempt(target, octets)
            if len(lines.seen) > before:
                kept.append(octets)
    return kept
