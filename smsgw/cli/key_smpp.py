"""`smsgw key smpp`: let a key be used over SMPP, and say what its program may; without a key, who may already."""

from __future__ import annotations

from typing import Any

import click

from smsgw.access import smpp_clients
from smsgw.access.smpp_clients import Terms
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.gateway import Gateway

COLUMNS = {
    "system_id": "SYSTEM_ID", "name": "KEY", "binds": "BINDS", "window": "WINDOW", "pace": "PER SECOND",
    "networks": "FROM", "inbound": "GETS TEXTS TO",
}  # fmt: skip
DEFAULT = Terms()


@click.command("smpp", cls=Command)
@click.argument("key", metavar="[ID|NAME]", required=False)
@click.option("--system-id", metavar="NAME", help="How it calls itself; 1 to 15 letters; by default one is made.")
@click.option(
    "--from", "networks", metavar="NETWORK", multiple=True, help="Where it may bind from; by default anywhere."
)
@click.option("--sender", "senders", metavar="NUMBER|NAME", multiple=True, help="Whom its texts may be from.")
@click.option(
    "--inbound", metavar="NUMBER|link:NAME|*", multiple=True,
    help="Texts of phones that it is given: those to a number of ours, all over a link, or all.",
)  # fmt: skip
@click.option("--binds", type=int, default=DEFAULT.binds, show_default=True, help="Connections at a time.")
@click.option(
    "--window", type=int, default=DEFAULT.window, show_default=True, help="Messages without an answer on each."
)
@click.option("--rate", "pace", type=int, help="Messages a second, over all its connections; by default no bound.")
@click.option(
    "--alphabet", type=click.Choice(["gsm7", "latin1"]), default=DEFAULT.alphabet, show_default=True,
    help="What its data_coding 0 means.",
)  # fmt: skip
@click.option("--allow-duplicates", is_flag=True, help="Take the same text to the same number again at any time.")
@pass_office
def smpp(office: Office, /, key: str | None, system_id: str | None, **terms: Any) -> None:
    """Let a key be used over SMPP: makes a password, which is shown once. Again: a new password, the new terms."""
    with office.gateway() as gateway:
        if key is None:
            _listed(office, gateway)
            return
        tell(office, gateway, key, Terms(**terms), system_id)


def tell(office: Office, gateway: Gateway, key: str, terms: Terms, system_id: str | None = None) -> None:
    """Make a password and show it."""
    made, password = smpp_clients.create(gateway.database.writer, key, terms, system_id)
    office.voice.chat("For SMPP; the password is shown this once, so keep it now:")
    office.voice.data({"system_id": made, "password": password}, [f"system_id {made}", f"password  {password}"])
    for link in (one.removeprefix("link:") for one in terms.inbound if one.startswith("link:")):
        if link not in gateway.network.links:
            office.voice.chat(f"There is no link {link!r} in the configuration, so nothing comes in over it.")
    if not gateway.config.listen.smpp:
        office.voice.chat("No port listens for it yet: add a [[listen.smpp]] table to the configuration, and restart.")


def _listed(office: Office, gateway: Gateway) -> None:
    with gateway.database.reading() as conn:
        rows = [{name: row._mapping[name] for name in COLUMNS} for row in smpp_clients.listing(conn)]
    office.voice.rows(rows, COLUMNS, "No key may be used over SMPP. To let one: smsgw key smpp NAME")
