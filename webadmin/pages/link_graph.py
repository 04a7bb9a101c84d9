"""The live graph of a link, second by second: what `static/graph.js` draws, and the same newest values for words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from smsgw.store import links as stored

SPAN = 300  # seconds that it shows: more of them would be too narrow to tell apart
RESTS = 60  # seconds without anything after which a link is looked at less often


@dataclass(frozen=True, slots=True)
class Flow:
    """What the graph tells of a link.

    sent, came: parts in the last whole second. bound: parts a second that may go, None for no bound. waiting: messages
    in its queue. moves: whether anything goes on. drawn: all of it and what was lately, for the script; its times are
    seconds since 1970, and `east` is how far the gateway's clock, which pages tell the time by, is ahead of UTC.
    """

    sent: int
    came: int
    bound: float | None
    waiting: int
    moves: bool
    drawn: dict[str, Any]


def flow(conn: Connection, name: str, pace: Mapping[str, Any] | None, waiting: int, now: datetime) -> Flow | None:
    """How a link sends and receives at this moment and lately; None for one that has no pace."""
    if pace is None:
        return None
    at = int(now.timestamp())
    counted = stored.came(conn, name, now - timedelta(seconds=SPAN))
    past = [one for one in pace.get("past", []) if at - SPAN <= one[0] < at]
    newest = [at, pace["sent_second"], counted.get(at - 1, 0), pace["allowed"], waiting]
    drawn = {
        "past": past,
        "came": _steps(counted, at),
        "now": newest,
        "span": SPAN,
        "east": int((now.astimezone().utcoffset() or timedelta()).total_seconds()),
    }
    moves = bool(pace["sent_minute"] or waiting or any(second >= at - RESTS for second in counted))
    return Flow(newest[1], newest[2], newest[3], waiting, moves, drawn)


def _steps(counted: Mapping[int, int], at: int) -> list[tuple[int, int]]:
    """What came in the second before each of these, and nothing where nothing came: a line in steps."""
    steps = {at - SPAN: 0}
    for second, parts in sorted(counted.items()):
        steps[second + 1] = parts
        steps.setdefault(second + 2, counted.get(second + 1, 0))
    return sorted((second, parts) for second, parts in steps.items() if at - SPAN <= second < at)
