"""`smsgw key`: the secrets with which programs use the API."""

from __future__ import annotations

import re
import sys
from typing import Any

import click

from smsgw.access import keys, smpp_clients
from smsgw.access.smpp_clients import Terms
from smsgw.cli import key_doors, key_smpp
from smsgw.cli.local_key import NAME as LOCAL
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.customers.consent import categories
from smsgw.errors import BadInput, Fault

COLUMNS = {"id": "ID", "name": "NAME", "hint": "BEGINS WITH", "scopes": "MAY", "created_at": "CREATED"}


@click.group("key", cls=Group)
def key() -> None:
    """Keys for programs that use the API."""


@key.command("create")
@click.argument("name")
@click.option(
    "--scopes", default="messages:send messages:read", show_default=True, metavar='"A B"',
    help=f"What it may do, with spaces between: {', '.join(keys.SCOPES)}.",
)  # fmt: skip
@click.option(
    "--secret", metavar="-",
    help="- takes a secret of your own choice, 24 characters or more, from standard input; else one is made.",
)  # fmt: skip
@click.option("--smpp", is_flag=True, help="Also make a system_id and a password for SMPP (see smsgw key smpp).")
@click.option(
    "--category", metavar="CODE",
    help="What it sends over SMPP and the doors of other gateways is marketing of this category (see smsgw consent).",
)  # fmt: skip
@click.option(
    "--per-minute", type=click.IntRange(min=1), metavar="N", help="Send at most N messages a minute over HTTP."
)
@pass_office
def create(
    office: Office, name: str, scopes: str, secret: str | None, smpp: bool, category: str | None, per_minute: int | None
) -> None:
    """Make a key; its secret is shown once, and never again."""
    chosen = None if secret is None else _from_input(secret)
    wish = [scope for scope in re.split(r"[\s,]+", scopes) if scope]
    with office.gateway() as gateway:
        if category is not None:
            with gateway.database.reading() as conn:
                categories.known(conn, category)
        new = keys.NewKey(name, wish, gateway.clock(), chosen, category, per_minute=per_minute)
        id, made = keys.create(gateway.database.writer, new)
        pair = smpp_clients.create(gateway.database.writer, id, Terms()) if smpp else None
    value: dict[str, Any] = {"id": id, "name": name, "scopes": wish, "secret": made if chosen is None else None}
    lines = [] if pair is None else [f"system_id {pair[0]}", f"password  {pair[1]}"]
    if pair is not None:
        value |= {"system_id": pair[0], "password": pair[1]}
    if chosen is None:
        office.voice.chat(f"The key {name} ({id}); its secret is shown this once, so keep it now:")
        office.voice.data(value, [made, *lines])
    else:
        office.voice.data(value, [id, *lines])


def _from_input(secret: str) -> str:
    if secret != "-":
        says = "a secret on the command line can be seen by everybody on this host: give it on standard input"
        hint = 'printf %s "$SECRET" | smsgw key create NAME --secret -'
        raise BadInput([Fault("/secret", "secret_exposed", says)], hint=hint)
    if sys.stdin.isatty():
        return str(click.prompt("Secret", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


@key.command("ls")
@click.option("--all", "everything", is_flag=True, help="Also those that are revoked.")
@pass_office
def ls(office: Office, everything: bool) -> None:
    """Show the keys."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows: list[dict[str, Any]] = [
            {name: row._mapping[name] for name in (*COLUMNS, "revoked_at")}
            for row in keys.listing(conn)
            if everything or (row.revoked_at is None and row.name != LOCAL)
        ]
    columns = {**COLUMNS, "revoked_at": "REVOKED"} if everything else COLUMNS
    office.voice.rows(rows, columns, "There is no key. To make one: smsgw key create NAME")


@key.command("revoke")
@click.argument("key", metavar="ID|NAME")
@pass_office
def revoke(office: Office, key: str) -> None:
    """Make a key useless from now on."""
    with office.gateway() as gateway:
        keys.revoke(gateway.database.writer, key, gateway.clock())
    office.voice.data({"revoked": key}, [f"revoked: {key}"])


key.add_command(key_smpp.smpp)
key.add_command(key_doors.doors)
