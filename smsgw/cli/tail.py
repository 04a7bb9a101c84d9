"""`smsgw tail`: what happens, as it happens: one line for each move of a message, a text that came in, an order."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import closing

import click
from sqlalchemy import Connection, func, select

from smsgw.cli.office import Office, become_owner
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.voice import harmless, local
from smsgw.log import masked
from smsgw.store import schema
from smsgw.store.database import Database
from smsgw.store.followers import Tail
from smsgw.store.tables import history, inbound, message
from smsgw.store.tables.types import AnyRow
from smsgw.text.number import read_number

PAUSE = 0.5  # seconds between two looks
MOST = 1000  # lines in one look


@click.command("tail", cls=Command)
@click.option("--link", metavar="NAME", help="Only what goes or comes over this link.")
@click.option("--contact", metavar="NUMBER", help="Only what goes to or comes from this number.")
@click.option("--lines", type=click.IntRange(0, 10_000), default=10, show_default=True, help="How many old ones first.")
@click.option("--no-follow", is_flag=True, help="End after these, and do not wait for more.")
@click.option("--show-numbers", is_flag=True, help="Write numbers in full, not as +38640***222.")
@pass_office
def tail(
    office: Office, link: str | None, contact: str | None, lines: int, no_follow: bool, show_numbers: bool
) -> None:
    """Show what happens, as it happens; Ctrl-C ends it. The gateway may run or not."""
    config = office.config()
    become_owner(config.store.folder)
    number = None if contact is None else read_number(contact, config.sending.region)
    with closing(Database(config.store.full_url)) as database:
        schema.require_current(database)
        reader = Tail(database)
        with database.reading() as conn:
            newest = conn.scalar(select(func.max(history.c.id))) or 0
            _tell(office, _lines(conn, 0, newest, link, number, lines, last=True), show_numbers)
        while not no_follow:
            time.sleep(PAUSE)
            with database.reading() as conn:
                reach = reader.reach(conn, newest, MOST)
                _tell(office, _lines(conn, newest, reach, link, number, MOST, last=False), show_numbers)
                newest = reach


def _lines(
    conn: Connection, after: int, upto: int, link: str | None, number: str | None, most: int, *, last: bool
) -> Sequence[AnyRow]:
    """The lines of history after an id and up to another, oldest first; last: the newest `most`, else the oldest."""
    h, m, i = history.c, message.c, inbound.c
    query = (
        select(
            h.id, h.at, h.record, h.record_id, h.event, h.now, h.why, h.by,
            func.coalesce(m.link, i.link).label("link"), func.coalesce(m.recipient, i.sender).label("contact"),
        )
        .select_from(history.outerjoin(message, m.id == h.record_id).outerjoin(inbound, i.id == h.record_id))
        .where(h.id > after, h.id <= upto)
    )  # fmt: skip
    if link is not None:
        query = query.where(func.coalesce(m.link, i.link) == link)
    if number is not None:
        query = query.where(func.coalesce(m.recipient, i.sender) == number)
    rows = conn.execute(query.order_by(h.id.desc() if last else h.id).limit(most)).all()
    return rows[::-1] if last else rows


def _tell(office: Office, rows: Sequence[AnyRow], show_numbers: bool) -> None:
    hide = (lambda words: words) if show_numbers else masked
    for row in rows:
        told = {
            "at": row.at.isoformat(), "record": row.record, "id": row.record_id, "event": row.event, "now": row.now,
            "why": hide(row.why), "by": row.by, "link": row.link, "contact": row.contact and hide(row.contact),
        }  # fmt: skip
        if office.voice.as_json:  # an object a line: an array would never end
            click.echo(json.dumps(told, ensure_ascii=False))
            continue
        whom = f" {told['contact']}" if told["contact"] else ""
        way = f" over {row.link}" if row.link else ""
        why = f": {harmless(told['why'])}" if told["why"] else ""
        click.echo(f"{local(row.at)} {row.record}{whom}{way} {click.style(row.now, bold=True)} ({row.event}){why}")
