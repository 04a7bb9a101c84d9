"""`smsgw capability`: which phones show MMS, how we know, and what a person says about it."""

from __future__ import annotations

import csv
from typing import Any, TextIO

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.voice import local
from smsgw.errors import BadInput, Fault
from smsgw.media import capability
from smsgw.media.capability import Says, Sign
from smsgw.store.tables.types import AnyRow
from smsgw.text.number import read_number

BY = "cli"
STATES = click.Choice(capability.STATES)


@click.group("capability", cls=Group)
def group() -> None:
    """Which phones show MMS."""


@group.command("show")
@click.argument("number")
@pass_office
def show(office: Office, number: str) -> None:
    """Show what is known of NUMBER, and everything that was heard of it."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        whose = read_number(number, gateway.config.sending.region)
        known = capability.of(conn, whose, gateway.clock())
        signs = [dict(row._mapping) for row in capability.signs(conn, whose)]
    value = {"number": whose, "state": known.state, "why": known.why, "until": known.expires_at, "signs": signs}
    until = f", until {local(known.expires_at)}" if known.expires_at is not None else ""
    lines = [f"{whose}: {known.state}: {known.why}{until}"]
    lines += [f"{local(row['at'])}  {row['sign']:14} {row['effect'] or '':8} {row['source']}" for row in signs]
    office.voice.data(value, lines)


@group.command("list")
@click.option("--state", type=STATES, help="Only these.")
@pass_office
def listing(office: Office, state: str | None) -> None:
    """List the phones of which something is known, newest first."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = capability.listing(conn, state)
    office.voice.data([_shape(row) for row in rows], [f"{row.number}  {row.state:8} {row.why}" for row in rows])


def _shape(row: AnyRow) -> dict[str, Any]:
    return {key: getattr(row, key) for key in ("number", "state", "why", "evidence", "source", "at", "expires_at")}


@group.command("set")
@click.argument("number")
@click.argument("state", type=STATES)
@click.option("--because", metavar="WORDS", help="Why, for those who look later.")
@pass_office
def set_state(office: Office, number: str, state: str, because: str | None) -> None:
    """Say what NUMBER can; it stands whatever is heard, until `unknown` takes it back."""
    with office.gateway() as gateway:
        whose = read_number(number, gateway.config.sending.region)
        sign = capability.set_by_hand(whose, state, BY, gateway.clock(), because)
        known = gateway.database.writer.do(capability.hear, sign)
    office.voice.data({"number": whose, "state": known.state, "why": known.why}, [f"{whose}: {known.state}"])


@group.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--source", default="import", show_default=True, metavar="NAME", help="Where it is from.")
@pass_office
def import_states(office: Office, file: TextIO, source: str) -> None:
    """Read FILE, lines of NUMBER,STATE: what an operator or another list says. What a person said stands."""
    with office.gateway() as gateway:
        signs, faults, now = [], [], gateway.clock()
        for place, line in enumerate(csv.reader(file), 1):
            if not line or (place == 1 and line[0].strip().lower() == "number"):
                continue
            try:
                number = read_number(line[0], gateway.config.sending.region)
                state = line[1].strip().lower() if len(line) > 1 else ""
                capability.set_by_hand(number, state, BY, now)  # a state that it does not know is told here
                signs.append(Sign(number, Says.IMPORT, source, now, state=state))
            except BadInput as wrong:
                faults += [Fault(f"/{place}", fault.code, f"line {place}: {fault.detail}") for fault in wrong.faults]
        if faults:
            raise BadInput(faults)
        for future in gateway.database.writer.put_all(capability.hear, signs):
            future.result(60)
    office.voice.data({"read": len(signs)}, [f"{len(signs)} numbers are known now"])


@group.command("forget")
@click.argument("number")
@pass_office
def forget(office: Office, number: str) -> None:
    """Forget what was heard of NUMBER: it has another phone, owner or operator now."""
    with office.gateway() as gateway:
        whose = read_number(number, gateway.config.sending.region)
        gateway.database.writer.do(capability.forget, whose)
    office.voice.data({"number": whose}, [f"nothing is known of {whose} now"])
