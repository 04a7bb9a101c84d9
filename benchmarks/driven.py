"""The modem driver by itself, with its journal and reports and without a store: what a text costs below the gateway.

A program of its own, `python -m benchmarks.driven DEVICE FOLDER`: each line of standard input is a JSON list of texts.
Whatever it tells is kept at once, so that reports and texts are deleted from the modem as they are elsewhere.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import Future
from pathlib import Path

from drivers.modem import Config, open_link
from smsgw.link import Call, Health, InboundContent, InboundPiece, LinkError, LinkState, Receipt, WirePart
from smsgw.text.parts import split

CUSTOMER = "+38641000002"


class Kept:
    """A gateway that believes everything and keeps nothing (smsgw.link.Events)."""

    def __init__(self) -> None:
        self.up = threading.Event()

    def taken(self, part: WirePart, reference: str) -> None:
        """It is sent."""

    def failed(self, part: WirePart, error: LinkError) -> None:
        """It is not, which the figures would hide."""
        print(f"{part.message_id}: {error}", file=sys.stderr)

    def receipt(self, receipt: Receipt) -> Future[None]:
        """Kept."""
        return _kept()

    def inbound(self, piece: InboundPiece) -> Future[None]:
        """Kept."""
        return _kept()

    def content(self, inbound: InboundContent) -> Future[None]:
        """Kept."""
        return _kept()

    def call(self, call: Call) -> Future[None]:
        """Kept."""
        return _kept()

    def health(self, health: Health) -> None:
        """Note when it can send."""
        if health.state is LinkState.UP:
            self.up.set()


def _kept() -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done


def main(device: str, folder: Path) -> None:
    """Serve one modem until standard input ends."""
    events = Kept()
    link = open_link("stick", Config(device=device, state_dir=folder), events)
    link.start()
    events.up.wait()
    for line in sys.stdin:
        for number, text in enumerate(json.loads(line)):
            for at, piece in enumerate(pieces := split(text, link.abilities, number), 1):
                link.send(
                    WirePart(f"m{number}", at, len(pieces), CUSTOMER, None, piece.alphabet, piece.user_data, piece.udh)
                )
    link.stop(time.monotonic() + 5)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
