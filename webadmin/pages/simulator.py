"""The telephones of simulated links beside the inbox: what they show, and the `curl` line that makes one buzz."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from smsgw.access.accounts import Person
from smsgw.gateway import Gateway
from smsgw.link_verbs import PhoneText, Simulated

SHOWN = 50  # texts on a screen
SHARES = ("loss", "rejection", "temporary", "no_answer", "duplicate", "shuffle", "unrecognised", "unfetched")
MEASURES = ("delay", "receipt_delay", "throttle")  # knobs that are no share of a whole
KEY_FILE = "demo.key"  # `smsgw demo` writes it beside the store


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone and what its screen shows, oldest first."""

    number: str
    texts: list[PhoneText]
    draft: str = ""


def simulated(gateway: Gateway) -> Iterator[tuple[str, Simulated]]:
    """Every phone of every simulated link: its number, and the link."""
    for link in gateway.links.values():
        if isinstance(link, Simulated):
            for number in link.handsets():
                yield number, link


def phones(gateway: Gateway, drafts: dict[str, str] | None = None) -> list[Phone]:
    """The phones as they are now. drafts: what was typed on a phone and could not be sent, by its number."""
    drafts = drafts or {}
    return [Phone(number, link.texts(number)[-SHOWN:], drafts.get(number, "")) for number, link in simulated(gateway)]


def networks(gateway: Gateway) -> dict[str, dict[str, float | int | bool]]:
    """How the knobs of every simulated link stand, as a form shows them: shares in hundredths."""
    found = {name: link.faults() for name, link in gateway.links.items() if isinstance(link, Simulated)}
    return {
        name: {knob: round(value * 100, 1) if knob in SHARES else value for knob, value in knobs.items()}
        for name, knobs in found.items()
    }


def signature(gateway: Gateway) -> list[tuple[str, int, str, int]]:
    """Something that differs whenever a phone shows something else."""
    told = []
    for number, link in simulated(gateway):
        texts = link.texts(number)
        told.append((number, len(texts), texts[-1].id if texts else "", sum(text.delivered for text in texts)))
    return told


def curl_line(gateway: Gateway, person: Person, base: str) -> str | None:
    """A line for a terminal that makes the first phone buzz, with the demo's real key; None where there is no demo.

    base: the address of this server as the browser has it. Only who may make keys sees it.
    """
    first = next(simulated(gateway), None)
    file = gateway.config.store.folder / KEY_FILE
    if first is None or not person.may("keys:manage") or not file.is_file():
        return None
    body = {"to": first[0], "text": "Your book is here.", "allow_duplicate": True}
    return " \\\n  ".join(
        [
            f"curl {shlex.quote(f'{base}/api/v1/messages')}",
            f"-H {shlex.quote(f'Authorization: Bearer {file.read_text().strip()}')}",
            "-H 'Content-Type: application/json'",
            f"-d {shlex.quote(json.dumps(body))}",
        ]
    )
