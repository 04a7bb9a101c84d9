"""What was on the wire, told from the far side: the tape of a simulated network, the journal of an emulated SMSC.

The surprise: neither asks the gateway. A message is known by its number, for the tests that count here give every
message a number of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, select

from drivers.fake import read_tape
from smsgw.link import Alphabet
from smsgw.store.tables import inbound_part, receipt
from smsgw.text.parts import Piece, join
from tests.flows.running import ROOT, Client

HANDSETS = ["+38641000001", "+38641000002"]
NUMBER = "+491570000000"


@dataclass(frozen=True)
class OnWire:
    """One part that the network took: the number it was for, which part of how many, and what it says."""

    to: str
    position: int
    of: int
    text: str


@dataclass(frozen=True)
class Typed:
    """A text of a phone; `told` when the gateway acknowledged every piece of it."""

    sender: str
    text: str
    told: bool


class Wire(Protocol):
    """The far side of one link."""

    def link(self) -> dict[str, Any]:
        """The link's table in the configuration."""

    def types(self, client: Client, text: str) -> None:
        """A phone sends this text, where somebody must ask for that; some phones write by themselves."""

    def taken(self) -> list[OnWire]:
        """Every part that it took, in order."""

    def typed(self) -> list[Typed]:
        """Every text that a phone sent, in order."""

    def acknowledged(self) -> set[Any]:
        """The names of all pieces and receipts that the gateway acknowledged."""

    def kept(self, conn: Connection) -> set[Any]:
        """The names of all pieces and receipts that are in the store."""

    def finished(self) -> bool:
        """Whether the phones will send nothing more by themselves."""

    def close(self) -> None:
        """The end of the network."""


class Tape:
    """A simulated network inside the gateway, as its tape tells."""

    def __init__(self, folder: Path, seed: int, **knobs: Any) -> None:
        self._path = folder / "tape.jsonl"
        self._how = {"seed": seed, "handsets": HANDSETS, **knobs}

    def link(self) -> dict[str, Any]:
        return {"name": "net", "kind": "fake", "tape": str(self._path), **self._how}

    def types(self, client: Client, text: str) -> None:
        client.ask("POST", f"/simulator/handsets/{HANDSETS[len(text) % 2]}/messages", {"text": text})

    def taken(self) -> list[OnWire]:
        return [
            OnWire(line["to"], line["position"], line["of"], _said(line))
            for line in self._lines()
            if line["is"] == "part"
        ]

    def typed(self) -> list[Typed]:
        lines = self._lines()
        told = {line["reference"] for line in lines if line["is"] == "acknowledged"}
        return [
            Typed(line["handset"], line["text"], all(name in told for name in _names(line)))
            for line in lines
            if line["is"] == "typed"
        ]

    def acknowledged(self) -> set[Any]:
        return {line["reference"] for line in self._lines() if line["is"] == "acknowledged"}

    def kept(self, conn: Connection) -> set[Any]:
        return {*conn.scalars(select(inbound_part.c.reference)), *conn.scalars(select(receipt.c.reference))}

    def finished(self) -> bool:
        return True

    def close(self) -> None:
        pass

    def _lines(self) -> list[dict[str, Any]]:
        return read_tape(self._path) if self._path.exists() else []


def _said(line: dict[str, Any]) -> str:
    return join([Piece(Alphabet(line["alphabet"]), bytes.fromhex(line["user_data"]), bytes.fromhex(line["udh"]))])


def _names(typed: dict[str, Any]) -> list[str]:
    """What the network calls the pieces of a text of a phone: its letters alone decide how many there are."""
    return [f"{typed['id']}-{position}" for position in range(1, pieces_of(typed["text"]) + 1)]


def pieces_of(text: str) -> int:
    """How many parts a text in plain GSM letters takes; the texts that phones send here have no others."""
    return 1 if len(text) <= 160 else -(-len(text) // 153)


class Journal:
    """An emulated SMSC as a program of its own, which outlives the gateway, and its journal.

    rate, count: texts a second that its phones write, and how many altogether; every `long`-th has two pieces.
    answer_delay: seconds until it answers a part.
    """

    def __init__(
        self,
        folder: Path,
        rate: float,
        count: int,
        long: int = 3,
        answer_delay: float = 0.03,
        host: str = "127.0.0.1",
    ) -> None:
        self._host = host
        self._path = folder / "journal.jsonl"
        self._count = count
        self._begun: list[dict[str, Any]] = []
        self._read = 0
        words = [
            "--host", host, "--journal", self._path, "--receipts", "--receipt-delay", 0.1,
            "--answer-delay", answer_delay,
            "--mo-rate", rate, "--mo-count", count, "--mo-long", long, "--mo-to", NUMBER,
            "--mo-text", "from a phone: {}",
        ]  # fmt: skip
        program = [sys.executable, "tests/emulators/smsc.py", *map(str, words)]
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", *program], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().rpartition(" ")[2])

    def link(self) -> dict[str, Any]:
        return {
            "name": "net", "kind": "smpp", "host": self._host, "port": self.port, "system_id": "shop",
            "sender": NUMBER, "window": 30, "reconnect_first": 0.1, "reconnect_most": 0.5,
        }  # fmt: skip

    def types(self, client: Client, text: str) -> None:
        pass

    def taken(self) -> list[OnWire]:
        submits = [line for line in self._lines() if line["event"] == "submit"]
        return [OnWire(f"+{line['to']}", line["place"][2], line["place"][1], line["text"]) for line in submits]

    def typed(self) -> list[Typed]:
        texts: dict[int, tuple[str, str, list[int]]] = {}
        for line in self._deliveries().values():
            if line["kind"] == "text":
                texts.setdefault(line["number"], (line["sender"], line["text"], []))[2].append(line["id"])
        good = self._good()
        return [Typed(sender, text, good.issuperset(ids)) for sender, text, ids in texts.values()]

    def acknowledged(self) -> set[Any]:
        deliveries = self._deliveries()
        return {
            ("receipt", line["of"]) if line["kind"] == "receipt" else ("text", line["sender"], line["piece"] + 1)
            for line in (deliveries[id] for id in self._good())
        }

    def kept(self, conn: Connection) -> set[Any]:
        pieces = conn.execute(select(inbound_part.c.sender, inbound_part.c.position))
        receipts = conn.scalars(select(receipt.c.reference))
        return {*(("text", row.sender, row.position) for row in pieces), *(("receipt", name) for name in receipts)}

    def finished(self) -> bool:
        return len(self.typed()) == self._count

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _deliveries(self) -> dict[int, dict[str, Any]]:
        return {line["id"]: line for line in self._lines() if line["event"] == "deliver"}

    def _good(self) -> set[int]:
        """The deliveries that were acknowledged with "all well"."""
        return {line["id"] for line in self._lines() if line["event"] == "deliver_resp" and line["status"] == 0}

    def _lines(self) -> list[dict[str, Any]]:
        """The whole lines so far; each is read once."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            *whole, _ = file.read().split(b"\n")
        self._read += sum(len(raw) + 1 for raw in whole)
        self._begun += [json.loads(raw) for raw in whole]
        return self._begun
