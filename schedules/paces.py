"""Every five seconds: how fast each link sends is written down where others can read it, if that has changed."""

from __future__ import annotations

import time
from datetime import datetime

from smsgw.gateway import Gateway
from smsgw.store import links


def run(gateway: Gateway, now: datetime) -> None:
    """Write down the paces at `now`, one row for each link whose numbers moved."""
    with gateway.database.reading() as conn:
        known = {row.name: row.pace for row in links.listing(conn)}
    ours = [(name, sender) for name, sender in list(gateway.senders.items()) if sender.holds]
    told = {name: sender.pace.reading(time.monotonic()).as_json() for name, sender in ours}
    moved = [
        (name, links.with_past(pace, known[name], now))
        for name, pace in told.items()
        if name in known and pace != {key: value for key, value in (known[name] or {}).items() if key != "past"}
    ]
    if moved:
        gateway.database.writer.do(links.write_paces, moved)
