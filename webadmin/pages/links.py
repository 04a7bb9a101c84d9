"""The links: how each is and why, what waits for it, how fast it sends; and of one what goes over its wire."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from flask import redirect, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.errors import Conflict, NotFound
from smsgw.gateway import Gateway
from smsgw.outbound.usage import usage
from smsgw.store import links as stored
from smsgw.store.tables.types import AnyRow
from smsgw.watch import consoles

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .charts import Chart, lines
from .link_graph import flow
from .permits import may_open
from .sheets import sheet

GRAPH = 600  # seconds that a graph of the pace shows
SHOWN = 100  # lines of a console; the API and the command line have all that are kept


@pages.get("/links")
@person_required
def links() -> Response:
    """Every link of this gateway."""
    gateway = the_gateway()
    now = gateway.clock()
    with gateway.database.reading() as conn:
        rows, waiting = stored.listing(conn), stored.queues(conn)
        shown = [_shown(conn, gateway, row, waiting[row.name], now) for row in rows]
    return sheet("links.html", shown=shown, counted=stored.COUNTED)


@pages.get("/links/<name>")
@person_required
def link(name: str) -> Response:
    """One link, and what goes over its wire while somebody looks."""
    gateway, now, console, away = the_gateway(), the_gateway().clock(), None, ""
    with gateway.database.reading() as conn:
        row = next((row for row in stored.listing(conn) if row.name == name), None)
        if row is None:
            raise NotFound(f"there is no link {name[:60]!r}")
        one = _shown(conn, gateway, row, stored.queues(conn)[name], now)
        flows = flow(conn, name, one["pace"], one["waiting"], now)
    if may_open("pages.trace_link"):
        try:
            console = consoles.look(gateway, name, most=SHOWN)
        except (Conflict, NotFound) as elsewhere:
            away = str(elsewhere)
    newest = [] if console is None else console.lines[::-1]
    facts: dict[str, Any] = {"console": console, "away": away, "lines": newest, "clock_of": _to_the_ms}
    return sheet("link.html", one=one, flow=flows, counted=stored.COUNTED, **facts)


@pages.post("/links/<name>/trace")
@person_required
def trace_link(name: str) -> Response:
    """Switch the console of a link on for a while, or off."""
    gateway, by, act = the_gateway(), current_person().id, request.form.get("act")
    if act == "off":
        consoles.switch_off(gateway, name, by)
    else:
        consoles.switch_on(gateway, name, by, timedelta(hours=1) if act == "hour" else consoles.LASTS)
    return redirect(url_for("pages.link", name=name, _anchor="console"), 303)


def _to_the_ms(at: datetime) -> str:
    return at.astimezone().strftime("%H:%M:%S.%f")[:-3]


def _shown(conn: Connection, gateway: Gateway, row: AnyRow, waiting: int, now: datetime) -> dict[str, Any]:
    """What the card of a link says."""
    used = usage(conn, row.name, now)
    return {"row": row, "waiting": waiting, "used": used, **_pace(gateway, row, now.timestamp())}


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
