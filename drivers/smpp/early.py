"""Receipts that came before the answer that names their message, told again when that answer spells the id otherwise.

The gateway stores an early receipt and finds it when the reference becomes known, by that reference. Where an SMSC
answers `1A2B` and reports `6699`, nothing can know at that time that the two are one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Protocol

from drivers.smpp.spelling import Spelling, bare, spellings
from smsgw.link import Events, LinkError, Receipt, WirePart

WAITING = 1_000  # early receipts that are kept in mind


class Outcomes(Protocol):
    """Who is told what became of a part: `smsgw.link.Events` is one."""

    def taken(self, part: WirePart, reference: str) -> None: ...

    def failed(self, part: WirePart, error: LinkError) -> None: ...


class EarlyReceipts:
    """Stands between the window and the gateway (an `Outcomes`). Any thread may call it.

    patience: seconds in which the answer must follow. now: a steady clock.
    """

    def __init__(self, events: Events, spelling: Spelling, patience: float, now: Callable[[], float]) -> None:
        self._events = events
        self._spelling = spelling
        self._patience = patience
        self._now = now
        self._lock = Lock()
        self._waiting: OrderedDict[str, tuple[Receipt, float]] = OrderedDict()  # by each spelling of the id

    def note(self, receipt: Receipt) -> None:
        """Keep a receipt in mind if no answer has named its message, and the configuration does not say how."""
        if not self._spelling.is_stranger(receipt.reference):
            return
        until = self._now() + self._patience
        with self._lock:
            for spelled in spellings(receipt.reference):
                self._waiting[spelled] = (receipt, until)
            while len(self._waiting) > 3 * WAITING:
                self._waiting.popitem(last=False)

    def taken(self, part: WirePart, reference: str) -> None:
        """The network took a part: say so, and tell its receipt again if that came before."""
        self._events.taken(part, reference)
        if not self._waiting:
            return
        with self._lock:
            receipt, until = self._waiting.pop(bare(reference), (None, 0.0))
        if receipt is None or until < self._now() or not _same(receipt.recipient, part.to):
            return
        if receipt.reference != reference:
            self._events.receipt(replace(receipt, reference=reference))

    def failed(self, part: WirePart, error: LinkError) -> None:
        """The network did not take a part."""
        self._events.failed(part, error)


def _same(one: str | None, other: str) -> bool:
    """Whether two spellings are one number; an id alone, spelled otherwise, could be another message's."""
    return one is not None and one.lstrip("+0") == other.lstrip("+0")
