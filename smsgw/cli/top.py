"""`smsgw top`: links, queues and pace on one screen, anew every two seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Connection, select

from smsgw.cli.office import Office, become_owner, runs
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.voice import harmless, shortened, table
from smsgw.gateway import utc_now
from smsgw.money import alerts
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.tables import link
from smsgw.watch import figures
from smsgw.watch.counting import Counts

CLEAR = "\x1b[H\x1b[2J"  # ECMA-48: cursor home, erase the screen
STATES = ("queued", "sending", "unsure")


@click.command("top", cls=Command)
@click.option(
    "--every", type=click.FloatRange(0.2, 3600), default=2.0, show_default=True, help="Seconds between looks."
)
@click.option("--once", is_flag=True, help="Look once, and end.")
@pass_office
def top(office: Office, every: float, once: bool) -> None:
    """Watch links and queues; Ctrl-C ends it."""
    config = office.config()
    become_owner(config.store.folder)
    with closing(Database(config.store.full_url)) as database:
        schema.require_current(database)
        counts, before, looked = Counts(database), dict[str, int](), time.monotonic()
        while True:
            alive = runs(config)
            counts.look()
            seconds, looked = max(0.001, time.monotonic() - looked), time.monotonic()
            pace = {name: (count - before.get(name, 0)) / seconds for name, count in counts.parts.items()}
            before = dict(counts.parts)
            with database.reading() as conn:
                now = utc_now()
                told = look(conn, now, config.store.url, pace) | {"running": alive}
            if not once and not office.voice.as_json:
                click.echo(CLEAR, nl=False)
            office.voice.data(told, screen(told, now))
            if once:
                return
            time.sleep(every)


def look(conn: Connection, now: datetime, url: str, pace: dict[str, float]) -> dict[str, Any]:
    """Everything that the screen shows."""
    open_ones = figures.waiting(conn)
    links = [
        {
            "name": row.name, "kind": row.kind, "health": row.health, "why": row.why, "signal": row.facts.get("signal"),
            "parts_per_second": round(pace.get(row.name, 0.0), 1),
            **{state: sum(o.count for o in open_ones if (o.link, o.state) == (row.name, state)) for state in STATES},
        }
        for row in conn.execute(select(link).order_by(link.c.name))
    ]  # fmt: skip
    dues = [one.oldest_due for one in open_ones if one.state == "queued" and one.oldest_due is not None]
    return {
        "at": now.isoformat(),
        "links": links,
        "open": {state: sum(one.count for one in open_ones if one.state == state) for state in
                 ("accepted", "held", "queued", "sending", "unsure", "sent")},
        "overdue_seconds": max(0, int((now - min(dues)).total_seconds())) if dues else 0,
        "unanswered": figures.unanswered(conn, now).questions,
        "store_bytes": figures.store_octets(conn, url),
        "alerts": [row.why for row in alerts.standing(conn, 5)],
    }  # fmt: skip


def screen(told: dict[str, Any], now: datetime) -> Iterator[str]:
    """The same as lines."""
    runs_or_not = "runs" if told["running"] else click.style("does not run", fg="red")
    size = told["store_bytes"] / 2**20
    yield f"smsgw {runs_or_not}   {now:%Y-%m-%d %H:%M:%S} UTC   store {size:,.1f} MB   late {told['overdue_seconds']} s"
    yield "  ".join(f"{state} {count:,}" for state, count in told["open"].items()) + (
        f"  questions late {told['unanswered']}" if told["unanswered"] else ""
    )
    yield ""
    rows = [
        [one["name"], one["health"], f"{one['parts_per_second']:g}/s", *(str(one[state]) for state in STATES),
         one["signal"] or "", shortened(one["why"], 40)]
        for one in told["links"]
    ]  # fmt: skip
    yield from table(rows, ["LINK", "HEALTH", "PARTS", "QUEUED", "SENDING", "UNSURE", "SIGNAL", "WHY"])
    if told["alerts"]:
        yield ""
        yield from (f"! {harmless(one)}" for one in told["alerts"])
