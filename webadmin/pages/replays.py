"""Replay: last month's texts read again with what is known now, and those that would be understood otherwise."""

from __future__ import annotations

from datetime import timedelta

from flask import request
from werkzeug.wrappers import Response

from smsgw.inbound.replay import replay

from ..auth import person_required
from ..context import the_gateway
from .blueprint import pages
from .sheets import sheet

MOST = 5_000  # texts that are read for a page
SPANS = (1, 7, 30, 90)  # days


@pages.get("/replay")
@person_required
def replay_texts() -> Response:
    """Read the texts of so many days again, once somebody asks for it; nothing is changed by it."""
    gateway = the_gateway()
    now, asked = gateway.clock(), request.args.get("days", "")
    days = int(asked) if asked.isdigit() and int(asked) in SPANS else None
    told = None
    if days is not None:
        with gateway.database.reading() as conn:
            told = replay(conn, now - timedelta(days=days), now, most=MOST)
    return sheet("replay.html", told=told, days=days, spans=SPANS)
