"""The far side of a modem's link: a simulated modem as a program of its own, and its journal.

The surprise: it is never killed with the gateway, so an answer that nobody waits for is said all the same.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from smsgw.store.tables import inbound_part, receipt
from tests.emulators.modem_process import ModemProcess
from tests.flows.running import Client
from tests.flows.wires import OnWire, Typed

NUMBER = "+38640111222"
QUICK = {"answer_timeout": 2.0, "sweep_interval": 2.0, "check_interval": 2.0}


class Stick:
    """One simulated modem as a wire (see tests.flows.wires.Wire). pauses: of the link, in place of its own."""

    def __init__(self, folder: Path, air: float = 0.0, seed: int = 0, **faults: Any) -> None:
        self.modem = ModemProcess(folder / "line", air, seed, **faults)
        self._phones = itertools.count(100_000 * (seed % 1000) + 1)

    def link(self, **changed: Any) -> dict[str, Any]:
        return {"name": "net", "kind": "modem", "device": self.modem.device, "number": NUMBER, **QUICK, **changed}

    def types(self, client: Client | None, text: str) -> None:
        """Every text is from a phone of its own, by which its pieces are known."""
        self.modem.do(f"+49152{next(self._phones):08} {text}")

    def taken(self) -> list[OnWire]:
        return [
            OnWire(one["to"], *((one["place"][2], one["place"][1]) if one["place"] else (1, 1)), one["text"])
            for one in self.modem.events("submitted")
        ]

    def typed(self) -> list[Typed]:
        deleted = {one["pdu"] for one in self.modem.events("deleted")}
        return [
            Typed(one["sender"], one["text"], deleted.issuperset(one["pdus"])) for one in self.modem.events("typed")
        ]

    def acknowledged(self) -> set[Any]:
        names: dict[str, Any] = {
            pdu: ("text", one["sender"], position)
            for one in self.modem.events("typed")
            for position, pdu in enumerate(one["pdus"], 1)
        }
        for one in self.modem.events("reported"):
            names[one["pdu"]] = ("receipt", f"{one['reference']}:{one['to'][-8:]}")
        return {names[one["pdu"]] for one in self.modem.events("deleted")}

    def kept(self, conn: Connection) -> set[Any]:
        pieces = conn.execute(select(inbound_part.c.sender, inbound_part.c.position))
        receipts = conn.scalars(select(receipt.c.reference))
        return {*(("text", row.sender, row.position) for row in pieces), *(("receipt", name) for name in receipts)}

    def finished(self) -> bool:
        return True

    def close(self) -> None:
        self.modem.close()


class Sticks:
    """Several sticks as one wire: whoever sends or types does so over any of them."""

    def __init__(self, sticks: list[Stick]) -> None:
        self.sticks = sticks
        self._turn = itertools.cycle(sticks)

    def types(self, client: Client | None, text: str) -> None:
        next(self._turn).types(client, text)

    def taken(self) -> list[OnWire]:
        return [one for stick in self.sticks for one in stick.taken()]

    def typed(self) -> list[Typed]:
        return [one for stick in self.sticks for one in stick.typed()]

    def acknowledged(self) -> set[Any]:
        return set().union(*(stick.acknowledged() for stick in self.sticks))

    def kept(self, conn: Connection) -> set[Any]:
        return self.sticks[0].kept(conn)

    def finished(self) -> bool:
        return True

    def link(self) -> dict[str, Any]:
        return self.sticks[0].link()

    def close(self) -> None:
        for stick in self.sticks:
            stick.close()
