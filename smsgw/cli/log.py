"""`smsgw log`: what became of messages, and why."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import click

from smsgw.cli import sent
from smsgw.cli.office import Office
from smsgw.cli.received import data_among, received, received_lines, shape
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.voice import harmless, local, shortened
from smsgw.money.booking import booked
from smsgw.money.rates import money
from smsgw.outbound import outbox
from smsgw.store.lifecycle import MESSAGE
from smsgw.store.tables.types import AnyRow
from smsgw.text.number import read_number

COLUMNS = {"created_at": "ACCEPTED", "id": "ID", "to": "TO", "status": "STATUS", "why": "WHY", "text": "TEXT"}


@click.command("log", cls=Command)
@click.argument("id", required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many, newest first.")
@click.option("--state", type=click.Choice(list(MESSAGE.states)), help="Only messages in this state.")
@click.option("--to", metavar="NUMBER", help="Only messages to this number.")
@pass_office
def log(office: Office, id: str | None, limit: int, state: str | None, to: str | None) -> None:
    """Show recent messages with the reason for their state, or all that happened to the one with ID."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        if id is None:
            number = None if to is None else read_number(to, gateway.config.sending.region)
            rows = outbox.listing(conn, outbox.Wanted(state=state, to=number), limit)
            _list(office, [sent.shape(row._asdict()) for row in rows])
            return
        id = outbox.full_id(id)
        events = outbox.events(conn, [id])
        if id.startswith("in_"):
            row = received(conn, id)
            data = data_among(conn, [row])
            value, words = shape(row, data), received_lines(row, data)
        else:
            message = outbox.get(conn, id)
            pieces = [_piece(one) for one in outbox.parts_of(conn, id)]
            charged = [_charged(one) for one in booked(conn, id)]
            value = sent.shape(message._asdict()) | {"pieces": pieces, "charged": charged}
            words = chain(sent.lines(message._asdict()), map(_charge_line, charged))
        _show(office, value, words, events)


def _list(office: Office, values: list[dict[str, Any]]) -> None:
    if office.voice.as_json:
        office.voice.data(values, [])
        return
    brief = [row | {"text": shortened(row["text"] or "data", 30), "why": shortened(row["why"], 40)} for row in values]
    office.voice.rows(brief, COLUMNS, 'There is no message. To send one: smsgw send +38640111222 "text"')


def _piece(row: AnyRow) -> dict[str, Any]:
    keys = ("position", "link", "reference", "written_at", "answer", "error", "outcome", "outcome_at")
    return {key: row._mapping[key] for key in keys}


def _charged(row: AnyRow) -> dict[str, Any]:
    keys = ("link", "parts", "event", "at")
    return {key: row._mapping[key] for key in keys} | {"cost": money(row.amount, row.currency)}


def _charge_line(one: dict[str, Any]) -> str:
    cost, parts = one["cost"], "1 part" if one["parts"] == 1 else f"{one['parts']} parts"
    return f"  charged:     {cost['amount']} {cost['currency']} for {parts} over {one['link']}, on {one['event']}"


def _show(office: Office, value: dict[str, Any], words: Iterable[str], events: list[AnyRow]) -> None:
    keys = ("at", "event", "was", "now", "why", "by")
    history = [{key: row._mapping[key] for key in keys} for row in events]
    lines = [f"  {local(e['at'])}  {e['event']}: {e['now']}, {harmless(e['why'])} (by {e['by']})" for e in history]
    office.voice.data(value | {"history": history}, [*words, "  history:", *(f"  {each}" for each in lines)])
