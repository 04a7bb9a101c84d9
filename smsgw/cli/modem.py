"""`smsgw modem`: look at serial ports and the modems behind them, before and after they are configured.

The surprise: a port that the running daemon has is never touched; what the daemon knows of it is told instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import click

from smsgw.cli import exits, modem_mms, modem_talk
from smsgw.cli.doctor import SIGNS
from smsgw.cli.finding import Finding, bad
from smsgw.cli.modem_findings import at_port, of_daemon, registration, signal
from smsgw.cli.modem_places import ModemLink, Place, everywhere, free_place, modem_links, named, owner_of
from smsgw.cli.modem_room import ModemRoom, PortFacts
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.voice import harmless
from smsgw.errors import BadInput, Fault, NotFound, SmsgwError

NO_PORT = "plug the modem in, then: ls -l /dev/serial/by-id; in a container or a virtual machine, hand the port in"
COLUMNS = {"port": "PORT", "holder": "HELD BY", "link": "LINK", "health": "HEALTH"}


@click.group("modem", cls=Group)
def modem() -> None:
    """Modems at serial ports: find them, look at them, talk to them."""


@modem.command("list")
@pass_office
def list_(office: Office) -> None:
    """Show every serial port: who has it open, and which link it belongs to."""
    room, ours = _room(office), modem_links(office)
    rows = [_row(office, port, owner_of(port, ours)) for port in everywhere(room, ours)]
    office.voice.rows(rows, COLUMNS, f"There is no serial port: {NO_PORT}")


def _row(office: Office, port: str, link: ModemLink | None) -> dict[str, Any]:
    row: dict[str, Any] = {"port": port, "holder": office.holder(port), "link": None, "health": None}
    if link is None:
        return row
    if link.live:
        row["holder"] = row["holder"] or "smsgw"
    return row | {"link": link.name, "health": (link.health or "connecting") if link.live else "not open"}


@modem.command("probe")
@click.argument("ports", metavar="[PORT]…", nargs=-1)
@pass_office
def probe(office: Office, ports: tuple[str, ...]) -> int:
    """Ask what is at each PORT, or at all, and show what to paste into the configuration. Nothing is changed."""
    room, ours = _room(office), modem_links(office)
    chosen = list(ports) or everywhere(room, ours)
    if not chosen:
        raise NotFound("there is no serial port", hint=NO_PORT)
    told, answered = [], False
    blocks = _Blocks(room, ours)
    for port in chosen:
        found, findings = _seen(room, port, owner_of(port, ours))
        one = told_of(port, owner_of(port, ours), found, findings)
        answered = answered or found is None or found.answers
        one["block"] = blocks.of(found) if found and found.answers and not one["link"] else None
        told.append(one)
        if not office.voice.as_json:
            office.voice.data(None, _words(port, findings))
    if office.voice.as_json:
        office.voice.data(told, [])
    for block in filter(None, (one["block"] for one in told)):
        office.voice.chat("\nPaste this into the configuration:\n")
        if not office.voice.as_json:
            office.voice.data(None, harmless(block).rstrip().split("\n"))
    levels = [each["level"] for one in told for each in one["findings"]]
    return exits.FAILURE if not answered or (ports and "bad" in levels) else exits.OK


def _seen(room: ModemRoom, port: str, link: ModemLink | None) -> tuple[PortFacts | None, list[Finding]]:
    """What is at a port, and what to think of it; None when the daemon has it, so that it was not asked."""
    if link is not None and link.live:
        return None, list(of_daemon(f"{port} (link {link.name})", link))
    found = room.probe(port, **Place(port, link).line)
    return found, list(at_port(port, found, link.driver if link else None))


def _words(port: str, findings: Iterable[Finding]) -> Iterator[str]:
    """A port for people; what comes from a modem shall not command their terminal."""
    yield port
    for each in findings:
        yield f"  {SIGNS[each.level]} {harmless(each.says)}"
        if each.repair:
            yield f"      {each.repair}"


def told_of(port: str, link: ModemLink | None, found: PortFacts | None, findings: Iterable[Finding]) -> dict[str, Any]:
    """A port for programs."""
    one: dict[str, Any] = {"port": port, "link": link.name if link else None}
    if found is not None:
        asked = ("answers", "holder", "trouble", "pin", "attempts", "registered")
        one |= {name: getattr(found, name) for name in asked}
        one |= {"facts": dict(found.facts), "memories": {name: list(two) for name, two in found.memories.items()}}
    elif link is not None:
        one |= {"answers": True, "holder": "smsgw", "facts": link.facts}
    return one | {"findings": [each.as_json() for each in findings]}


class _Blocks:
    """Tables to paste: one for each modem, however many of its ports answer, each with a name of its own."""

    def __init__(self, room: ModemRoom, ours: list[ModemLink]) -> None:
        self._room = room
        self._names = {link.name for link in ours}
        self._seen = [link.facts.get("imei") for link in ours if link.live]

    def of(self, found: PortFacts) -> str | None:
        """The table for this modem; None when there was one already."""
        imei = found.facts.get("imei")
        if imei is not None and imei in self._seen:
            return None
        self._seen.append(imei)
        number = 1
        while (name := f"modem{number if number > 1 else ''}") in self._names:
            number += 1
        self._names.add(name)
        return self._room.config_block(found, name)


@modem.command("at")
@click.argument("port", metavar="PORT|LINK")
@click.argument("command")
@click.option("--timeout", metavar="SECONDS", type=click.FloatRange(0.1, 600), default=30.0, show_default=True)
@pass_office
def at(office: Office, port: str, command: str, timeout: float) -> int:
    """Say one AT command, such as AT+CSQ, to a modem that no daemon has, and show what it answers."""
    if not re.fullmatch(r"[Aa][Tt][\x20-\x7e]*", command):
        says = f"{command!r} is no AT command: it begins with AT and is one line of plain letters"
        raise BadInput([Fault("/command", "at_invalid", says)], hint=f"such as: smsgw modem at {port} AT+CSQ")
    room, ours = _room(office), modem_links(office)
    place = free_place(room, port, ours)
    try:
        answer = room.at(place.port, command, timeout, **place.line)
    except SmsgwError as wrong:
        raise modem_talk.ended(wrong) from wrong
    well = answer[-1:] == ["OK"]
    value = {"port": place.port, "command": command, "lines": answer, "ok": well}
    office.voice.data(value, [harmless(line) for line in answer])
    return exits.OK if well else exits.FAILURE


modem.add_command(modem_talk.ussd)
modem.add_command(modem_talk.numbers)
modem.add_command(modem_talk.balance)
for _command in (modem_mms.mms_check, modem_mms.mms, modem_mms.mms_again, modem_mms.pushes):
    modem.add_command(_command)


@modem.command("signal")
@click.argument("port", metavar="PORT|LINK")
@pass_office
def signal_(office: Office, port: str) -> int:
    """Show signal, operator and registration; of a link that the daemon has, as it knows them."""
    room, ours = _room(office), modem_links(office)
    found = named(port, ours)
    link = found.link if isinstance(found, Place) else found
    if link is not None and link.live:
        return _tell_signal(office, link.port, link.facts, list(of_daemon(f"link {link.name}", link)))
    place = free_place(room, port, ours)
    asked = room.probe(place.port, **place.line)
    return _tell_signal(office, place.port, asked.facts, list(_reception(place, asked)))


def _reception(place: Place, asked: PortFacts) -> Iterator[Finding]:
    if asked.answers and asked.pin == "READY":
        yield registration(place.port, asked)
        yield signal(place.port, asked.facts)
        return
    for each in at_port(place.port, asked, place.link.driver if place.link else None):
        if each.level != "good" or asked.answers:
            yield each
    if asked.answers:
        yield bad(place.port, "a locked SIM is in no network", "smsgw link test LINK enters the configured PIN")


def _tell_signal(office: Office, port: str | None, facts: Any, findings: list[Finding]) -> int:
    kept = {name: facts[name] for name in ("signal", "operator", "registration") if name in facts}
    value = {"port": port, **kept, "findings": [each.as_json() for each in findings]}
    office.voice.data(value, _words(port or "", findings))
    return exits.FAILURE if any(each.level == "bad" for each in findings) else exits.OK


@modem.command("udev")
@click.argument("ports", metavar="[PORT]…", nargs=-1)
@pass_office
def udev(office: Office, ports: tuple[str, ...]) -> None:
    """Print udev rules for what is plugged in: ModemManager keeps off, and smsgw may open it."""
    room, ours = _room(office), modem_links(office)
    chosen = list(ports) or everywhere(room, ours)
    if not chosen:
        raise NotFound("there is no serial port, so there is nothing to make a rule for", hint=NO_PORT)
    rules = list(dict.fromkeys(line for port in chosen for line in room.udev_rule(port).splitlines()))
    office.voice.data({"rules": rules}, rules)
    if not office.voice.as_json:
        office.voice.chat("To use them: smsgw modem udev > /etc/udev/rules.d/60-smsgw-modem.rules, as root")


def _room(office: Office) -> ModemRoom:
    room: ModemRoom = office.modem_room()
    return room
