"""`smsgw correction`: what texts meant, said by people and approved by people; and `smsgw replay`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from smsgw.cli.moments import duration
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, Group, pass_office
from smsgw.cli.voice import local, shortened
from smsgw.errors import BadInput
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.inbound.learning import guessing as learning_model
from smsgw.inbound.learning import learning
from smsgw.inbound.learning.learning import Judgement, Wrong
from smsgw.inbound.reading.terms import KINDS
from smsgw.inbound.replay import Difference
from smsgw.inbound.replay import replay as read_again
from smsgw.store.lifecycle import CORRECTION
from smsgw.store.tables.types import AnyRow

BY = "cli"
LIST = {
    "id": "ID", "state": "STATE", "kind": "KIND", "says": "SAYS", "text": "TEXT", "by": "BY",
}  # fmt: skip


@click.group("correction", cls=Group)
def correction() -> None:
    """What texts meant: proposed by one person, approved by another."""


@correction.command("propose")
@click.argument("text")
@click.option("--words", help="The words of it that mean a product.")
@click.option("--sku", help="That product.")
@click.option("--language", default="", help="The language of the words; by default any.")
@click.option("--meant", type=click.Choice(KINDS), help="Of which kind the whole text is.")
@click.option("--topic", help="What it is about, of an inquiry or other.")
@click.option("--why", default="", help="Why, in your words.")
@pass_office
def propose(
    office: Office,
    text: str,
    words: str | None,
    sku: str | None,
    language: str,
    meant: str | None,
    topic: str | None,
    why: str,
) -> None:
    """Say what a text meant. TEXT: the id of one that came in (in_…), or its words."""
    came_in, own = (text, None) if text.startswith("in_") else (None, text)
    with office.gateway() as gateway:
        wrong = Wrong(BY, gateway.clock(), why, came_in, own, language, words, sku, meant, topic)
        id = learning.propose(gateway.database.writer, wrong)
    office.voice.chat(f"To have it count: smsgw correction approve {id}")
    office.voice.data({"id": id, "state": "proposed"}, [id])


@correction.command("list")
@click.option("--state", type=click.Choice(list(CORRECTION.states)), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many of the newest.")
@pass_office
def list_(office: Office, state: str | None, limit: int) -> None:
    """Show corrections, and what was learned from them."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = [_shape(row) for row in learning.listing(conn, limit, state)]
        told = learning_model.readiness(conn)
    office.voice.rows(rows, LIST, "There is no correction.")
    office.voice.chat(f"The learned model {'proposes' if told.ready else 'proposes nothing'}: {told.why}")


def _shape(row: AnyRow) -> dict[str, Any]:
    names = ("id", "state", "why", "kind", "text", "words", "sku", "meant", "topic", "by", "at")
    says = f"{row.words} = {row.sku}" if row.kind == "alias" else f"{row.meant} {row.topic or ''}".strip()
    return {name: row._mapping[name] for name in names} | {"says": says}


@correction.command("approve")
@click.argument("id")
@click.option("--why", default="", help="Why, in your words.")
@pass_office
def approve(office: Office, id: str, why: str) -> None:
    """Have a correction count from now on."""
    _decide(office, id, True, why)


@correction.command("reject")
@click.argument("id")
@click.option("--why", default="", help="Why, in your words.")
@pass_office
def reject(office: Office, id: str, why: str) -> None:
    """Say that a correction is wrong."""
    _decide(office, id, False, why)


def _decide(office: Office, id: str, approved: bool, why: str) -> None:
    with office.gateway() as gateway:
        learning.decide(gateway.database.writer, Judgement(id, approved, BY, why, gateway.clock()))
    state = "approved" if approved else "rejected"
    office.voice.data({"id": id, "state": state}, [f"{id} is {state}"])


@click.command("replay", cls=Command)
@click.argument("since", metavar="SINCE")
@click.option(
    "--catalogue", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read with this catalogue (CSV) instead of the one of now.",
)  # fmt: skip
@pass_office
def replay(office: Office, since: str, file: Path | None) -> None:
    """Read again what came in since then (30d, or 2026-11-01), and show what would be understood otherwise now.

    Nothing is changed, sent or ordered by it.
    """
    lines = None
    if file is not None:
        listed = catalogue_file.read(file.read_text(encoding="utf-8-sig"))
        if listed.invalid:
            raise BadInput(catalogue_import.faults(listed.invalid))
        lines = listed.lines
    with office.gateway() as gateway, gateway.database.reading() as conn:
        told = read_again(conn, _since(since, gateway.clock()), gateway.clock(), lines)
    words = [line for one in told.differences for line in _lines(one)]
    counts = ", ".join(f"{count} in {sort}" for sort, count in told.counts().items())
    office.voice.chat(
        f"{told.read} texts were read again, {len(told.differences)} differ{f': {counts}' if counts else ''}"
        + ("; there are more, of which only the newest were read" if told.more else "")
    )
    data = [
        {
            "id": one.id,
            "from": one.sender,
            "text": one.text,
            "at": one.at,
            "was": one.was.words(),
            "now": one.now.words(),
        }
        for one in told.differences
    ]
    office.voice.data({"read": told.read, "counts": told.counts(), "data": data}, words)


def _lines(one: Difference) -> list[str]:
    why = f" ({'; '.join(one.why)})" if one.why else ""
    return [
        f"{one.id}  {local(one.at)}  {one.sender}: {shortened(one.text)}",
        f"    was: {one.was.words()}",
        f"    now: {one.now.words()}{why}",
    ]


def _since(written: str, now: datetime) -> datetime:
    """A time in the past: how long ago, or ISO 8601, local unless it has a zone. Raises BadInput."""
    try:
        return datetime.fromisoformat(written.strip()).astimezone()
    except ValueError:
        return now - timedelta(seconds=duration(written, "/since"))
