"""Callers that do not give up: they ask again on a new connection, and note when they asked and were answered."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from random import Random

from tests.flows.killing import Book, Caller, Typist, Wanted
from tests.flows.running import Client, Running
from tests.flows.wires import Wire

PATIENCE = 5.0  # seconds that a caller waits for an answer


@dataclass
class Diary(Book):
    """A book that knows when: by reference, when it was last asked for, and when that was answered (time.time)."""

    asked: dict[str, float] = field(default_factory=dict)
    answers: dict[str, float] = field(default_factory=dict)

    def next(self, chance: Random, most: int) -> list[Wanted]:
        """As `Book` says."""
        batch = super().next(chance, most)
        with self.lock:
            self.asked |= dict.fromkeys((one.ref for one in batch), time.time())
        return batch

    def answered(self, wanted: Wanted, id: str) -> None:
        """As `Book` says."""
        super().answered(wanted, id)
        with self.lock:
            self.answers[wanted.ref] = time.time()

    def since(self, moment: float) -> tuple[set[str], list[float]]:
        """Whom messages are for that were last asked for since then, and when such were answered."""
        with self.lock:
            asked = {ref for ref, at in self.asked.items() if at >= moment}
            return {self.wanted[ref].to for ref in asked}, [at for ref, at in self.answers.items() if ref in asked]


class Steady(Caller):
    """A program that goes on asking whatever becomes of its connection. pause: most seconds between two requests."""

    def __init__(self, book: Diary, gateway: Running, secret: str, chance: Random, pause: float, batches: bool) -> None:
        super().__init__(book, None, chance)  # type: ignore[arg-type]
        self._gateway, self._secret, self._pause, self._batches = gateway, secret, pause, batches
        self._client: Client | None = None

    def run(self) -> None:
        """Ask, note, pause a moment, ask again; until told to end."""
        while not self.ended.is_set():
            many = self._batches and self._chance.random() < 0.3
            batch = self._book.next(self._chance, self._chance.randint(2, 8) if many else 1)
            try:
                self._client = self._client or Client(self._gateway.port, self._secret, PATIENCE)
                self._ask(batch)
            except (OSError, HTTPException, json.JSONDecodeError):
                self._book.unanswered(batch)
                self._hang_up()
                time.sleep(0.05)
            time.sleep(self._chance.uniform(0, self._pause))
        self._hang_up()

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None


class Phones(Typist):
    """Phones that write over a modem, as fast as a network lets them: about one text a second."""

    def __init__(self, wire: Wire, chance: Random) -> None:
        super().__init__(wire, None, chance, "bench")  # type: ignore[arg-type]  # a modem's phones need no client

    def run(self) -> None:
        """Type, wait, type again; until told to end."""
        number = 0
        while not self.ended.is_set():
            number += 1
            with suppress(OSError):
                self._wire.types(None, f"from a phone: {number}")  # type: ignore[arg-type]
            time.sleep(self._chance.uniform(0.5, 1.5))
