"""The links: how each is and why, what waits for it, and how fast it sends, as words and as a graph."""

from __future__ import annotations

import time
from typing import Any

from werkzeug.wrappers import Response

from smsgw.gateway import Gateway
from smsgw.outbound.usage import usage
from smsgw.store import links as stored
from smsgw.store.tables.types import AnyRow

from ..auth import person_required
from ..context import the_gateway
from .blueprint import pages
from .charts import Chart, lines
from .sheets import sheet

GRAPH = 600  # seconds that a graph of the pace shows


@pages.get("/links")
@person_required
def links() -> Response:
    """Every link of this gateway."""
    gateway = the_gateway()
    now = gateway.clock()
    with gateway.database.reading() as conn:
        rows, waiting = stored.listing(conn), stored.queues(conn)
        used = {row.name: usage(conn, row.name, now) for row in rows}
    shown = [
        {"row": row, "waiting": waiting[row.name], "used": used[row.name], **_pace(gateway, row, now.timestamp())}
        for row in rows
    ]
    return sheet("links.html", shown=shown, counted=stored.COUNTED)


def _pace(gateway: Gateway, row: AnyRow, now: float) -> dict[str, Any]:
    """How fast a link sends: the newest numbers, and the graph of those of the last ten minutes."""
    pace: dict[str, Any] = row.pace or {}
    sender = gateway.senders.get(row.name)
    if sender is not None and sender.started:
        pace = sender.pace.reading(time.monotonic()).as_json() | {"past": pace.get("past", [])}
    return {"pace": pace or None, "graph": _graph(pace.get("past", []), now)}


def _graph(past: list[list[Any]], now: float) -> Chart | None:
    """Parts a second, and the bound where there is one; None for a link that did nothing lately."""
    lately = [one for one in past if one[0] >= now - GRAPH]
    if not any(sent for _, sent, _ in lately):
        return None
    return lines([[(at, sent) for at, sent, _ in lately], [(at, bound) for at, _, bound in lately]], now - GRAPH, now)
