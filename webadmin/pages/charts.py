"""Charts as figures of geometry that `charts.html` draws as SVG on the server: bars side by side, and lines over time.

A chart never stands alone: the same numbers are in a table or in words beside it, for those who do not see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 640, 200  # units of the drawing; it is scaled to where it stands
LEFT, RIGHT, ABOVE, BELOW = 56, 8, 12, 24  # room for the scale and the labels


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its place and size, what stands below it, what is told of it, and whose series it is (0, 1, …)."""

    x: float
    y: float
    width: float
    height: float
    label: str
    says: str
    series: int = 0


@dataclass(frozen=True, slots=True)
class Rung:
    """A line of the scale: where, and its number."""

    y: float
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn: bars, lines (each the `points` of a polyline), rungs of the scale, and labels below (x, words)."""

    rungs: list[Rung]
    bars: list[Bar] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    below: list[tuple[float, str]] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT


def bars(groups: Sequence[tuple[str, Sequence[tuple[float, str]]]]) -> Chart:
    """Bars in groups side by side: for each group its label, and for each series (value, what is told of it)."""
    top, rungs = _scale(max((value for _, group in groups for value, _ in group), default=0.0))
    room = (WIDTH - LEFT - RIGHT) / max(1, len(groups))
    drawn: list[Bar] = []
    for place, (label, group) in enumerate(groups):
        width = room * 0.8 / max(1, len(group))
        for series, (value, says) in enumerate(group):
            x = LEFT + place * room + room * 0.1 + series * width
            y = _y(max(0.0, value), top)
            drawn.append(Bar(round(x, 1), y, round(width, 1), round(HEIGHT - BELOW - y, 1), label, says, series))
    every = max(1, math.ceil(len(groups) / 12))  # more labels than that would run into each other
    below = [(round(LEFT + (at + 0.5) * room, 1), label) for at, (label, _) in enumerate(groups) if at % every == 0]
    return Chart(rungs, bars=drawn, below=below)


def lines(series: Sequence[Sequence[tuple[float, float | None]]], first: float, last: float) -> Chart:
    """Lines from `first` to `last` on the axis across: each a list of (where, value); a value of None is left out."""
    top, rungs = _scale(max((value for line in series for _, value in line if value is not None), default=0.0))
    span = max(last - first, 1e-9)
    drawn = []
    for line in series:
        points = [
            f"{round(LEFT + (min(max(at, first), last) - first) / span * (WIDTH - LEFT - RIGHT), 1)},{_y(value, top)}"
            for at, value in line
            if value is not None
        ]
        drawn.append(" ".join(points))
    return Chart(rungs, lines=drawn)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - BELOW - (HEIGHT - BELOW - ABOVE) * min(value, top) / top, 1)


def _scale(most: float) -> tuple[float, list[Rung]]:
    """A round number at or above the greatest value, and the lines below it: 1, 2 or 5 times a power of ten apart."""
    if most <= 0:
        return 1.0, [Rung(_y(0, 1), 0), Rung(_y(1, 1), 1)]
    rough = most / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough * 0.999)
    count = math.ceil(most / step - 1e-9)
    top = step * count
    return top, [Rung(_y(step * at, top), round(step * at, 9)) for at in range(count + 1)]
