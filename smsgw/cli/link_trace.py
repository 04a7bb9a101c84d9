"""`smsgw link trace`: what goes over the wire of a link, as it goes, through the running gateway."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any
from urllib.parse import quote

import click

from smsgw.cli import remote
from smsgw.cli.moments import duration
from smsgw.cli.office import Office
from smsgw.cli.shell import Command, pass_office
from smsgw.cli.voice import harmless
from smsgw.errors import BadInput, Fault, SmsgwError

PAUSE = 0.5  # seconds between two looks
LEAST, MOST = 10, 3600  # seconds


@click.command("trace", cls=Command)
@click.argument("name")
@click.option("--for", "lasts", metavar="DURATION", default="5m", show_default=True, help="How long, up to 1h.")
@click.option("--no-follow", is_flag=True, help="Show what was seen already, switch nothing on, and end.")
@click.option("--off", is_flag=True, help="Switch it off, whoever switched it on.")
@remote.options
@pass_office
def trace(office: Office, name: str, lasts: str, no_follow: bool, off: bool, url: str | None, key: str | None) -> None:
    """Show what goes over the wire of a link, decoded; Ctrl-C ends it.

    Numbers are masked, of a text only the length and coding are shown, and no password and no PIN.
    """
    path = f"/links/{quote(name, safe='')}/trace"
    seconds = duration(lasts, "/for")
    if not LEAST <= seconds <= MOST:
        raise BadInput([Fault("/for", "out_of_range", f"{lasts} is not between {LEAST} seconds and an hour")])
    gateway = remote.reach(office, url, key)
    if off:
        gateway.call("DELETE", path)
        office.voice.chat(f"The console of {name} is off.")
    elif no_follow:
        _told(office, gateway.call("GET", path))
    else:
        with _open(office, gateway, path, name, seconds) as until:
            _follow(office, gateway, path, until)


@contextmanager
def _open(office: Office, gateway: remote.Remote, path: str, name: str, seconds: int) -> Iterator[str]:
    """Look until the time is over, or somebody presses Ctrl-C: then it is switched off, if we switched it on."""
    was_on = gateway.call("GET", path)["until"] is not None
    begun = gateway.call("POST", path, {"seconds": seconds})
    until = datetime.fromisoformat(begun["until"]).astimezone()
    office.voice.chat(f"What goes over {name}, until {until:%H:%M:%S}; Ctrl-C ends it.")
    try:
        yield path + f"?after={begun['last']}"
    except KeyboardInterrupt:
        if not was_on:
            with suppress(SmsgwError):  # it ends by itself
                gateway.call("DELETE", path)
        raise


def _follow(office: Office, gateway: remote.Remote, path: str, first: str) -> None:
    """Tell the lines as they come, until it is off."""
    ask, on = first, True
    while on:
        time.sleep(PAUSE)
        seen = gateway.call("GET", ask)
        _told(office, seen)
        ask, on = f"{path}?after={seen['last']}", seen["until"] is not None


def _told(office: Office, seen: dict[str, Any]) -> None:
    for line in seen["data"]:
        if office.voice.as_json:  # an object a line: an array would never end
            click.echo(json.dumps(line, ensure_ascii=False))
            continue
        at = datetime.fromisoformat(line["at"]).astimezone().strftime("%H:%M:%S.%f")[:-3]
        fields = "".join(f"  {name} {value}" for name, value in line["fields"].items())
        click.echo(f"{at} {line['way']} {click.style(harmless(line['what']), bold=True)}{harmless(fields)}")
