"""`smsgw inbox`: what came in."""

from __future__ import annotations

import time
from collections.abc import Iterable

import click

from smsgw.cli.office import Office
from smsgw.cli.received import Data, body, data_among, shape
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.voice import local
from smsgw.gateway import Gateway
from smsgw.inbound import inbox as texts
from smsgw.store.tables.types import AnyRow
from smsgw.text.number import read_number

LOOK = 0.5  # seconds between two looks for what is new


@click.command("inbox", cls=Command)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@click.option("--from", "sender", metavar="NUMBER", help="Only texts from this number.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes in, until Ctrl-C; with --json one a line.")
@pass_office
def inbox(office: Office, limit: int, sender: str | None, follow: bool) -> None:
    """Show the newest texts that came in, oldest of them first."""
    with office.gateway() as gateway:
        number = None if sender is None else read_number(sender, gateway.config.sending.region)
        with gateway.database.reading() as conn:
            rows = texts.listing(conn, texts.Wanted(number), limit)[::-1]
            data = data_among(conn, rows)
        if office.voice.as_json and not follow:
            office.voice.data([shape(row, data) for row in rows], [])
            return
        if not rows:
            office.voice.chat("Nothing has come in yet.")
        _tell(office, rows, data)
        if follow:
            _follow(office, gateway, number, rows[-1].id if rows else "")


def _follow(office: Office, gateway: Gateway, sender: str | None, last: str) -> None:
    while True:
        time.sleep(LOOK)
        with gateway.database.reading() as conn:
            rows = [row for row in texts.listing(conn, texts.Wanted(sender), 100) if row.id > last][::-1]
            data = data_among(conn, rows)
        _tell(office, rows, data)
        last = rows[-1].id if rows else last


def _tell(office: Office, rows: Iterable[AnyRow], data: Data) -> None:
    for row in rows:
        mark = f"  [{row.understood_as}]" if row.understood_as else ""
        head = f"{local(row.received_at)}  {row.sender} over {row.link}{mark}  {row.id}"
        office.voice.data(shape(row, data), [head, *(f"    {line}" for line in body(row, data))])
