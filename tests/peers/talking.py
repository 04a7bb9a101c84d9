"""Foreign programs that are told what to do, and say what they saw, by lines of JSON; and what a link told."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from smsgw.link import Call, Health, InboundPiece, LinkError, LinkState, Receipt, WirePart


class Talker:
    """The running program: what it said, and how to tell it what to do."""

    name = "the program"
    patience = 90.0  # seconds in which it says what it is expected to say

    def __init__(self, words: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
        self._program = subprocess.Popen(
            words, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            self._said.put(json.loads(line))

    def hear(self, event: str) -> dict[str, Any]:
        """The next event of this kind; others before it are passed over."""
        until = time.monotonic() + self.patience
        while True:
            try:
                said = self._said.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"{self.name} said no {event}") from None
            if said["event"] == event:
                return said

    def do(self, order: str, **more: Any) -> None:
        """Tell it."""
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps({"do": order, **more}) + "\n")
        self._program.stdin.flush()

    def close(self) -> None:
        """End it: it ends when nobody can tell it anything any more."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.close()
        try:
            self._program.wait(90)
        finally:
            if self._program.poll() is None:
                self._program.kill()
                self._program.wait(90)
            self._reader.join(90)
            self._program.stdout.close()


class Told:
    """What the link told, each kind in its queue; everything is stored at once."""

    def __init__(self, patience: float = 90) -> None:
        self._patience = patience
        self.outcomes: queue.Queue[str | LinkError] = queue.Queue()
        self.receipts: queue.Queue[Receipt] = queue.Queue()
        self.pieces: queue.Queue[InboundPiece] = queue.Queue()
        self.healths: queue.Queue[Health] = queue.Queue()

    def taken(self, part: WirePart, reference: str) -> None:
        self.outcomes.put(reference)

    def failed(self, part: WirePart, error: LinkError) -> None:
        self.outcomes.put(error)

    def receipt(self, receipt: Receipt) -> Future[None]:
        self.receipts.put(receipt)
        return self._kept()

    def inbound(self, piece: InboundPiece) -> Future[None]:
        self.pieces.put(piece)
        return self._kept()

    def content(self, inbound: object) -> Future[None]:
        raise AssertionError("SMPP knows no contents")

    def call(self, call: Call) -> Future[None]:
        raise AssertionError("SMPP knows no calls")

    def health(self, health: Health) -> None:
        self.healths.put(health)

    def until(self, state: LinkState) -> Health:
        """The first health from here on with this state."""
        while (health := self.healths.get(timeout=self._patience)).state is not state:
            pass
        return health

    @staticmethod
    def _kept() -> Future[None]:
        kept: Future[None] = Future()
        kept.set_result(None)
        return kept
