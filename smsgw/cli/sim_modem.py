"""`smsgw sim modem`: a modem without a stick, on a pseudo terminal, until Ctrl-C.

The surprise: the end of standard input is not the end: it may run in the background with nothing to read.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import click

from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.signals import signals
from smsgw.cli.voice import harmless
from smsgw.errors import BadInput, Fault

Turn = tuple[str, str]
UNTOLD = ("command", "fault")  # unless somebody asks for everything


class Desk(Protocol):
    """What the modem driver offers for its simulated modem."""

    device: str
    block: str

    def do(self, line: str) -> None:
        """Do what a line says. Raises BadInput."""

    def close(self) -> None:
        """The end of it."""


class ModemLine(Protocol):
    """The room of the modem driver in which it stands."""

    def faults(self) -> list[tuple[str, str, str]]:
        """Every fault: name, default, sentence."""

    def stand(
        self, folder: Path | None, turns: list[Turn], seed: int, journal: Callable[[dict[str, Any]], None]
    ) -> Desk:
        """Plug a modem in. Raises BadInput."""


@click.command("modem", cls=Command)
@click.option("--folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="Put the device here.")
@click.option("--baud", metavar="N", type=click.IntRange(0), help="Speed of the line in bit/s; else as fast as it can.")
@click.option("--air", metavar="SECONDS", type=click.FloatRange(0), help="What the network takes for a text; else 1.")
@click.option("--fault", "faults", metavar="NAME=VALUE", multiple=True, help="Something that goes wrong; repeatable.")
@click.option("--seed", metavar="N", type=click.IntRange(0, 99999), default=0, help="Another modem, other chances.")
@click.option("--list-faults", is_flag=True, help="Tell every fault there is, and end.")
@click.option("--commands", is_flag=True, help="Also tell every AT command.")
@pass_office
def modem(
    office: Office,
    folder: Path | None,
    baud: int | None,
    air: float | None,
    faults: tuple[str, ...],
    seed: int,
    list_faults: bool,
    commands: bool,
) -> None:
    """Be a GSM modem: send it texts with smsgw, and type "+38640111222 Hello" to have a phone send one."""
    line: ModemLine = office.modem_line()
    if list_faults:
        rows = [{"name": name, "default": default, "says": says} for name, default, says in line.faults()]
        office.voice.rows(rows, {"name": "FAULT", "default": "DEFAULT", "says": "WHAT"}, "none")
        return
    turns = [("air_time", str(1.0 if air is None else air)), *map(_turn, faults)]
    if baud is not None:
        turns.insert(0, ("baud", str(baud)))

    def tell(event: dict[str, Any]) -> None:
        if commands or event["event"] not in UNTOLD:
            _tell(office, event)

    gone = threading.Event()
    desk = line.stand(folder, turns, seed, tell)
    try:
        with signals(gone.set, gone.set):
            _welcome(office, desk)
            threading.Thread(target=_obey, args=(office, desk, gone), name="lines", daemon=True).start()
            gone.wait()
    finally:
        desk.close()


def _turn(written: str) -> Turn:
    name, equals, value = written.partition("=")
    if not equals:
        says = f"{written!r} is no fault: write name=value, such as noise=0.3"
        raise BadInput([Fault("/fault", "fault_invalid", says)], hint="smsgw sim modem --list-faults tells them all")
    return name, value


def _welcome(office: Office, desk: Desk) -> None:
    office.voice.chat("A simulated modem is plugged in. Paste this into the configuration:\n")
    office.voice.data({"event": "ready", "device": desk.device, "block": desk.block}, [*desk.block.split("\n")])
    sys.stdout.flush()
    office.voice.chat('\nType "+38640111222 Hello" to have a phone send a text; "?" for more. Ctrl-C ends it.\n')


def _obey(office: Office, desk: Desk, gone: threading.Event) -> None:
    """Do what is typed, line by line."""
    for line in sys.stdin:
        if gone.is_set():
            return
        if line.strip():
            try:
                desk.do(line.strip())
            except BadInput as wrong:
                office.voice.chat("\n".join([str(wrong), wrong.hint]))


def _tell(office: Office, event: dict[str, Any]) -> None:
    """One event; whole and at once, for another process may count them."""
    words = json.dumps(event, ensure_ascii=False, default=str) if office.voice.as_json else _words(event)
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _words(event: dict[str, Any]) -> str:
    match event["event"]:
        case "submitted":
            place = event["place"]
            part = f" (part {place[2]} of {place[1]})" if place else ""
            return f"sent      to {event['to']}{part}: {harmless(event['text'])}"
        case "typed":
            return f"arrives   from {event['sender']}: {harmless(event['text'])}"
        case "deleted":
            return f"deleted   place {event['index']} of {event['memory']}"
        case "command":
            return f"command   {harmless(event['line'])}"
        case "refused":
            return f"refused   with {event['with']}"
    rest = ", ".join(f"{name} {value}" for name, value in event.items() if name not in ("event", "at"))
    return f"{event['event']}  {rest}".rstrip()
