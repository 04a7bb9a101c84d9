"""`smsgw user`: the people who use the pages, and their passwords."""

from __future__ import annotations

import sys

import click

from smsgw.access import accounts
from smsgw.access import accounts_changes as changes
from smsgw.access import accounts_invites as invites
from smsgw.access.roles import ROLES
from smsgw.cli.local_key import address
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


@user.command("invite")
@click.argument("name")
@click.option("--role", type=click.Choice(list(ROLES)), default="agent", show_default=True)
@click.option("--again", is_flag=True, help="For an account that there is: its person chooses a new password.")
@pass_office
def invite(office: Office, name: str, role: str, again: bool) -> None:
    """Make a link with which somebody chooses a password and comes in; it works once, within three days."""
    with office.gateway() as gateway:
        wish = invites.Invitation(name, role, gateway.clock(), "cli", again)
        token = invites.invite(gateway.database.writer, wish)
        web = gateway.config.web
    link = f"{web.public_url or address(web)}/invited/{token}"
    office.voice.data({"name": name, "link": link}, [link])


@user.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(list(ROLES)))
@pass_office
def role(office: Office, name: str, role: str) -> None:
    """Give an account another role; the last owner stays one."""
    with office.gateway() as gateway:
        changes.set_role(gateway.database.writer, changes.Act(name, gateway.clock(), "cli", role))
    office.voice.data({"name": name, "role": role}, [f"{name} has the role {role} now"])


@user.command("off")
@click.argument("name")
@pass_office
def off(office: Office, name: str) -> None:
    """Switch an account off: whoever is logged in with it is out at once."""
    with office.gateway() as gateway:
        changes.disable(gateway.database.writer, changes.Act(name, gateway.clock(), "cli"))
    office.voice.data({"name": name}, [f"{name} cannot log in any more"])


@user.command("on")
@click.argument("name")
@pass_office
def on(office: Office, name: str) -> None:
    """Switch an account on again."""
    with office.gateway() as gateway:
        changes.enable(gateway.database.writer, changes.Act(name, gateway.clock(), "cli"))
    office.voice.data({"name": name}, [f"{name} can log in again"])


@user.command("reset-factor")
@click.argument("name")
@pass_office
def reset_factor(office: Office, name: str) -> None:
    """Take the second factor of an account away, when the telephone and the recovery codes are lost."""
    with office.gateway() as gateway:
        changes.reset_factor(gateway.database.writer, changes.Act(name, gateway.clock(), "cli"))
    office.voice.data({"name": name}, [f"{name} logs in without a second factor now"])


@user.command("ls")
@pass_office
def ls(office: Office) -> None:
    """Show the accounts."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = [dict(row._mapping) for row in accounts.listing(conn)]
    columns = {"name": "NAME", "role": "ROLE", "created_at": "CREATED", "seen_at": "SEEN", "disabled_at": "OFF SINCE"}
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
