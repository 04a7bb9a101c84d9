"""`smsgw modem ussd`, `balance` and `numbers`: what an operator says to a code, what is left on a SIM, its numbers.

The surprise: when the running daemon has the modem, it is the daemon who asks, over its API; else it is asked here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

from smsgw.cli import exits, remote
from smsgw.cli.modem_places import ModemLink, Place, free_place, modem_links, named
from smsgw.cli.modem_room import ModemRoom
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.voice import harmless
from smsgw.errors import BadInput, Conflict, Fault, NotFound, SmsgwError
from smsgw.link_verbs import UssdAnswer

SLACK = 15.0  # seconds that the daemon has for its answer, beyond those that the network has


@click.command("ussd", cls=Command)
@click.argument("port", metavar="PORT|LINK")
@click.argument("code")
@click.argument("replies", metavar="[REPLY]…", nargs=-1)
@click.option("--timeout", metavar="SECONDS", type=click.FloatRange(1, 600), default=60.0, show_default=True)
@pass_office
def ussd(office: Office, port: str, code: str, replies: tuple[str, ...], timeout: float) -> None:
    """Ask the network a CODE such as *101#, give each REPLY to its menus, and show what it says at last."""
    ours = modem_links(office)
    found = named(port, ours)
    link = found.link if isinstance(found, Place) else found
    try:
        if link is not None and link.live:
            where, answer = link.port or link.name, _over_daemon(office, link.name, code, replies, timeout)
        else:
            room: ModemRoom = office.modem_room()
            place = free_place(room, port, ours)
            where, answer = place.port, room.ussd(place.port, code, replies, timeout, **place.line)
    except SmsgwError as wrong:
        raise ended(wrong) from wrong
    value = {"port": where, "code": code, "text": answer.text, "expects_reply": answer.expects_reply}
    office.voice.data(value, harmless(answer.text).split("\n"))
    if answer.expects_reply:
        again = " ".join(["smsgw modem ussd", port, f"'{code}'", *replies, "REPLY"])
        office.voice.chat(f"The network waits for a reply; to give one: {again}")


def _over_daemon(office: Office, name: str, code: str, replies: Sequence[str], timeout: float) -> UssdAnswer:
    """The whole session, step by step; one that waits for yet another reply is ended."""
    daemon = remote.reach(office, None, None)
    seconds = max(1, min(120, round(timeout)))
    told: dict[str, Any] = {}
    for number, said in enumerate((code, *replies)):
        if number and not told["expects_reply"]:
            raise Conflict("the network asked nothing more", code="ussd_closed")
        body = {"reply" if number else "code": said, "timeout": seconds}
        told = daemon.call("POST", f"/links/{name}/ussd", body, seconds + SLACK)
    if told["expects_reply"]:
        daemon.call("DELETE", f"/links/{name}/ussd")
    return UssdAnswer(told["text"], told["expects_reply"])


@click.command("balance", cls=Command)
@click.argument("name", metavar="LINK")
@pass_office
def balance(office: Office, name: str) -> None:
    """Have the running daemon ask now what is left on the SIM of LINK, and show what the operator says."""
    link = _live(office, name)
    try:
        told = remote.reach(office, None, None).call("POST", f"/links/{link.name}/balance", None, 60 + SLACK)
    except SmsgwError as wrong:
        raise ended(wrong) from wrong
    amount = " ".join(filter(None, (told["amount"], told["currency"])))
    office.voice.data(told, [harmless(amount or told["said"])])


def _live(office: Office, name: str) -> ModemLink:
    """The link, which the daemon has. Raises NotFound, Unreachable."""
    link = next((one for one in modem_links(office) if one.name == name), None)
    if link is None:
        raise NotFound(f"there is no modem link {name}", hint="smsgw link ls shows the links")
    if not link.live:
        hint = f"start it: smsgw run; without it: smsgw modem ussd {name} CODE"
        raise exits.Unreachable("no daemon is running, so nobody keeps the balance", code="no_daemon", hint=hint)
    return link


@click.command("numbers", cls=Command)
@click.argument("port", metavar="PORT|LINK")
@click.option("--own", metavar="NUMBER", help="Write this to the SIM as its own number.")
@click.option("--smsc", metavar="NUMBER", help="Write this to the SIM as the number of the service centre.")
@pass_office
def numbers(office: Office, port: str, own: str | None, smsc: str | None) -> None:
    """Show the SIM's own number and its service centre's, or set them; for a modem that no daemon has."""
    wrong = [
        Fault(f"/{name}", "number_invalid", f"{number!r} is no number: write + and digits, such as +38640441000")
        for name, number in (("own", own), ("smsc", smsc))
        if number is not None and not re.fullmatch(r"\+[1-9][0-9]{3,14}", number)
    ]
    if wrong:
        raise BadInput(wrong)
    room: ModemRoom = office.modem_room()
    place = free_place(room, port, modem_links(office))
    told = room.numbers(place.port, smsc, own, **place.line)
    lines = [f"{what:14}  {told[name] or 'not told'}" for what, name in _NUMBERS]
    office.voice.data({"port": place.port} | told, list(map(harmless, lines)))


_NUMBERS = (("own number", "number"), ("service centre", "service centre"))


def ended(wrong: SmsgwError) -> SmsgwError:
    """The error with the exit status that it deserves: a modem or a network that is silent is a timeout."""
    if wrong.code in ("modem_silent", "ussd_silent"):
        return exits.NotInTime(str(wrong), code=wrong.code, hint=wrong.hint)
    if wrong.code == "ussd_failed":
        hint = "ask the operator for the right code; smsgw modem signal shows whether the network is there"
        return exits.Failed(str(wrong), code=wrong.code, hint=wrong.hint or hint)
    return wrong
