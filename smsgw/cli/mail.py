"""`smsgw mail`: the letters that went out, wait, or are dead."""

from __future__ import annotations

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.media import mail
from smsgw.store.lifecycle import MAIL

LIST = {"id": "ID", "created_at": "WRITTEN", "recipient": "TO", "subject": "SUBJECT", "state": "STATE", "why": "WHY"}


@click.group("mail", cls=Group)
def group() -> None:
    """Letters by e-mail: what went out, what waits, and what was given up."""


@group.command("list")
@click.option("--state", type=click.Choice(list(MAIL.states)), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@pass_office
def list_(office: Office, state: str | None, limit: int) -> None:
    """Show letters, the newest last."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = mail.listing(conn, limit, state)[::-1]
    office.voice.rows([dict(row._mapping) for row in rows], LIST, "There is no letter.")


@group.command("again")
@click.argument("id")
@pass_office
def again(office: Office, id: str) -> None:
    """Send a letter once more."""
    with office.gateway() as gateway:
        mail.again(gateway.database.writer, id, "cli", gateway.clock())
    office.voice.data({"id": id}, [f"{id} is sent again"])
