"""`smsgw sim`: the phones of a simulated network, and its faults; through the running gateway. Also a modem."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

import click

from smsgw.cli import remote
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.sim_modem import modem
from smsgw.cli.voice import harmless, local
from smsgw.errors import BadInput, Fault


@click.group("sim", cls=Group)
def sim() -> None:
    """The simulated network: its phones and its faults; and a simulated modem."""


sim.add_command(modem)


@sim.command("mo")
@click.argument("sender", metavar="FROM")
@click.argument("text")
@click.option("--to", metavar="NUMBER", help="To another number than the gateway's own.")
@remote.options
@pass_office
def mo(office: Office, sender: str, text: str, to: str | None, url: str | None, key: str | None) -> None:
    """Type TEXT on the phone FROM, and send it to the gateway."""
    body = {"text": text} | ({"to": to} if to else {})
    answer = remote.reach(office, url, key).call("POST", f"/simulator/handsets/{_in_path(sender)}/messages", body)
    office.voice.data(answer, [f"{answer.get('id', 'typed')}  typed on {sender}"])


@sim.command("handset")
@click.argument("number", required=False)
@remote.options
@pass_office
def handset(office: Office, number: str | None, url: str | None, key: str | None) -> None:
    """Show the phones, or the texts on the phone NUMBER, oldest first."""
    gateway = remote.reach(office, url, key)
    if number is None:
        phones = gateway.call("GET", "/simulator/handsets")["data"]
        office.voice.rows(phones, {"msisdn": "NUMBER", "link": "LINK"}, "No link has phones: only `fake` ones do.")
        return
    texts = gateway.call("GET", f"/simulator/handsets/{_in_path(number)}/messages")["data"]
    if not texts:
        office.voice.chat(f"{number} shows nothing yet.")
    office.voice.data(texts, [line for text in texts for line in _shown(text)])


def _shown(text: dict[str, Any]) -> list[str]:
    arrow = f"to {text['other']}" if text["mine"] else f"from {text['other']}"
    tick = "" if text.get("delivered", True) else "  (on its way)"
    at = local(datetime.fromisoformat(text["at"]))
    return [f"{at}  {arrow}{tick}", *(f"    {line}" for line in harmless(text["text"]).split("\n"))]


@sim.command("fault")
@click.argument("changes", metavar="[KNOB=VALUE]…", nargs=-1)
@click.option("--link", metavar="NAME", help="Which simulated link, if there are several.")
@remote.options
@pass_office
def fault(office: Office, changes: tuple[str, ...], link: str | None, url: str | None, key: str | None) -> None:
    """Show the knobs of the simulated network, or turn some: loss=0.1 disconnected=true."""
    turned = dict(_knob(change) for change in changes)
    gateway = remote.reach(office, url, key)
    path = "/simulator/faults" + (f"?link={quote(link)}" if link else "")
    answer = gateway.call("PATCH", path, turned) if turned else gateway.call("GET", path)
    office.voice.data(answer, [f"{name} = {_spelled(value)}" for name, value in answer.items()])


def _knob(written: str) -> tuple[str, float | int | bool]:
    name, _, value = written.partition("=")
    words = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
    if value.lower() in words:
        return name, words[value.lower()]
    try:
        return name, int(value) if value.lstrip("-").isdigit() else float(value)
    except ValueError as wrong:
        says = f"{written!r} turns no knob: write knob=number or knob=on, such as loss=0.1"
        raise BadInput([Fault(f"/{name}", "knob_invalid", says)], hint="smsgw sim fault shows the knobs") from wrong


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _in_path(number: str) -> str:
    return quote(number.replace(" ", ""), safe="")
