"""`smsgw user`: the people who use the pages, and their passwords."""

from __future__ import annotations

import sys

import click

from smsgw.access import accounts
from smsgw.access.roles import ROLES
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.errors import BadInput, Fault

FROM_INPUT = click.option(
    "--password", metavar="-", help="- takes it from standard input; else it is asked for, twice."
)


@click.group("user", cls=Group)
def user() -> None:
    """People who use the pages."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(list(ROLES)), default="agent", show_default=True)
@FROM_INPUT
@pass_office
def add(office: Office, name: str, role: str, password: str | None) -> None:
    """Make an account."""
    chosen = asked(password)
    with office.gateway() as gateway:
        id = accounts.add(gateway.database.writer, name, role, chosen, gateway.clock())
    office.voice.data({"id": id, "name": name, "role": role}, [f"{name} can log in now ({role})"])


@user.command("passwd")
@click.argument("name")
@FROM_INPUT
@pass_office
def passwd(office: Office, name: str, password: str | None) -> None:
    """Give an account a new password; whoever is logged in with the old one is logged out."""
    chosen = asked(password)
    with office.gateway() as gateway:
        accounts.set_password(gateway.database.writer, name, chosen)
    office.voice.data({"name": name}, [f"{name} has a new password"])


@user.command("ls")
@pass_office
def ls(office: Office) -> None:
    """Show the accounts."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = [dict(row._mapping) for row in accounts.listing(conn)]
    columns = {"name": "NAME", "role": "ROLE", "created_at": "CREATED", "disabled_at": "DISABLED"}
    office.voice.rows(rows, columns, "There is nobody. To add somebody: smsgw user add NAME --role owner")


def asked(option: str | None) -> str:
    """A password: from the terminal, twice, or the first line of standard input. Raises BadInput."""
    if option not in (None, "-"):
        says = "a password on the command line can be seen by everybody on this host: give it on standard input"
        raise BadInput(
            [Fault("/password", "password_exposed", says)], hint='printf %s "$PASSWORD" | smsgw user … --password -'
        )
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True))
    if option is None:
        says = "there is no terminal to ask for the password"
        raise BadInput([Fault("/password", "password_missing", says)], hint="give it on standard input: --password -")
    return sys.stdin.readline().rstrip("\r\n")
