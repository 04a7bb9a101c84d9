"""`smsgw modem mms…` and `pushes`: whether MMS can go over a link, which wait in the network, what else was pushed."""

from __future__ import annotations

from typing import Any

import click

from smsgw.cli import exits
from smsgw.cli.doctor import SIGNS
from smsgw.cli.modem_places import ModemLink, Place, free_place, modem_links, named
from smsgw.cli.modem_room import ModemRoom
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.voice import harmless
from smsgw.errors import NotFound
from smsgw.inbound import mms_notices
from smsgw.store.lifecycle import MMS_NOTICE

MMS = {
    "id": "ID", "announced_at": "ANNOUNCED", "link": "LINK", "size": "OCTETS", "state": "STATE", "attempts": "TRIES",
    "expires_at": "UNTIL", "why": "WHY",
}  # fmt: skip
PUSHES = {
    "received_at": "CAME", "link": "LINK", "sender": "FROM", "content_type": "TYPE", "application": "FOR",
    "says": "WHAT",
}  # fmt: skip


@click.command("mms-check", cls=Command)
@click.argument("name", metavar="LINK")
@pass_office
def mms_check(office: Office, name: str) -> int:
    """Go the way of an MMS over LINK step by step, without sending one, and tell which step fails and what helps."""
    ours = modem_links(office)
    found = named(name, ours)
    link = found.link if isinstance(found, Place) else found
    if link is None:
        raise NotFound(f"{name} belongs to no link, so nobody knows its MMSC", hint="smsgw modem list shows the links")
    room: ModemRoom = office.modem_room()
    steps = [
        {"step": one.step, "about": one.about, "well": one.well, "says": one.says, "hint": one.hint}
        for one in room.mms_check(link.driver, _port(room, link, ours))
    ]
    lines: list[str] = []
    for step in steps:
        sign = SIGNS["good" if step["well"] else "bad"]
        lines.append(f"{sign} {step['step']}: {harmless(str(step['says']))}")
        lines += [f"    {harmless(str(step['hint']))}"] if step["hint"] else []
    well = all(step["well"] for step in steps)
    office.voice.data({"link": link.name, "well": well, "steps": steps}, lines)
    if well:
        office.voice.chat("An MMS has a way to the MMSC. Whether the operator takes it, only a real one shows.")
    return exits.OK if well else exits.FAILURE


def _port(room: ModemRoom, link: ModemLink, ours: list[ModemLink]) -> str | None:
    """Where the link's modem is, if its commands are what carries MMS; None when it is not needed or not there."""
    if link.driver.mms_carrier == "host" or link.driver.mms_url is None:
        return None
    try:
        return free_place(room, link.name, ours).port
    except NotFound:
        return None


@click.command("mms", cls=Command)
@click.option("--state", type=click.Choice(list(MMS_NOTICE.states)), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@pass_office
def mms(office: Office, state: str | None, limit: int) -> None:
    """Show the MMS that were announced to us: those that wait in the network, and what became of the others."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = mms_notices.listing(conn, limit, state)[::-1]
    office.voice.rows([{name: getattr(row, name) for name in MMS} for row in rows], MMS, "No MMS was announced.")


@click.command("mms-again", cls=Command)
@click.argument("id")
@pass_office
def mms_again(office: Office, id: str) -> None:
    """Have the daemon try once more to fetch an MMS that was given up."""
    with office.gateway() as gateway:
        mms_notices.again(gateway.database.writer, id, "cli", gateway.clock())
    office.voice.data({"id": id}, [f"{id} is fetched again by the running daemon"])


@click.command("pushes", cls=Command)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@pass_office
def pushes(office: Office, limit: int) -> None:
    """Show the log of WAP pushes that are no MMS: service indications, settings, and what cannot be read."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = mms_notices.pushes(conn, limit)[::-1]
    told: list[dict[str, Any]] = [{name: getattr(row, name) for name in PUSHES} for row in rows]
    for one, row in zip(told, rows, strict=True):
        one["octets"] = row.octets.hex()
    office.voice.rows(told, PUSHES, "No WAP push came.")
