"""The texts and reports in a modem's memories: read them, hand them up, delete them once they are kept.

News such as +CMTI only say which memory to look into; the index they name is never used. Nothing is deleted
before its future is done, and only that one entry.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from drivers.modem.answers import BROADCASTS, Stored, unhex
from drivers.modem.at import Modem
from drivers.modem.library import CommandError
from drivers.modem.pdu import Deliver, PduError, StatusReport, decode, status_means
from drivers.modem.sending import part_reference
from smsgw.link import Alphabet, Events, InboundPiece, Receipt

log = logging.getLogger(__name__)

_RECEIVED = (0, 1)  # <stat> of +CMGL: unread and read; 2 and 3 are drafts and copies that somebody left there
_TOLD_WITHIN = 2.0  # seconds after a text in which it is told of
_READINGS = 3  # how often an entry is read before damage is taken for its true form

Place = tuple[str, int]  # memory, index


class Mailbox:
    """What one modem holds for us. Its methods belong to the modem's owner thread.

    identity: of the SIM, for references. number: the SIM's own, if known. post: puts work into the owner's
    queue.
    """

    def __init__(
        self,
        modem: Modem,
        events: Events,
        identity: str,
        number: str | None,
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self._modem = modem
        self._events = events
        self._identity = identity
        self._number = number
        self._post = post
        self._damaged: Counter[Place] = Counter()
        self._in_hand: set[Place] = set()  # handed up, and not known to be kept
        self.memories: tuple[str, ...] = ()
        self.fills: dict[str, tuple[int, int]] = {}  # of each memory: places that are taken, and of how many
        self.due: set[str] = set()
        self._was_told = False  # whether +CMTI or the like ever came
        self._by_clock = False  # whether it is only the clock that has us look
        self._untold_at: float | None = None  # when something was found that nothing had told of

    @property
    def settled(self) -> bool:
        """Whether nothing waits for its future."""
        return not self._in_hand

    def look_everywhere(self) -> None:
        """Sweep all memories next: news can be lost by the modem itself."""
        self.due.update(self.memories)

    def look_by_clock(self) -> None:
        """Sweep all memories next, though nothing was told."""
        self._by_clock = not self.due
        self.look_everywhere()

    @property
    def untold(self) -> bool:
        """Whether a text was found, and nothing told of it or of any other, also not a while after."""
        found = self._untold_at
        return not self._was_told and found is not None and time.monotonic() - found > _TOLD_WITHIN

    def news(self, line: str) -> None:
        """+CMTI or +CDSI: something came into a memory."""
        self._was_told = True
        self._by_clock = False
        named = re.search(r'"(\w+)"', line)
        if named and named[1] in self.memories:
            self.due.add(named[1])
        else:
            self.look_everywhere()

    def sweep(self) -> None:
        """Hand up all that the due memories hold and that is not in hand already."""
        by_clock, self._by_clock = self._by_clock, False
        before = len(self._in_hand)
        self._sweep()
        if by_clock and len(self._in_hand) > before:
            self._untold_at = time.monotonic()

    def _sweep(self) -> None:
        while self.due:
            memory = min(self.due)
            self.due.discard(memory)
            try:
                entries = self._modem.listing(memory)
            except CommandError as refusal:
                log.warning("the modem does not list its memory %s: %s", memory, refusal)
                continue
            if memory == BROADCASTS:
                self._drop_broadcasts(entries)
                continue
            self.fills[memory] = len(entries), self._modem.places.get(memory, 0)
            for entry in entries:
                if entry.status in _RECEIVED and (memory, entry.index) not in self._in_hand:
                    self._look_at(memory, entry)

    def _drop_broadcasts(self, entries: list[Stored]) -> None:
        """What a cell says to everybody is no text to us; but it must not fill the memory."""
        for entry in entries:
            log.info("a broadcast came and is not shown: %s", entry.pdu.hex())
            try:
                self._modem.delete(BROADCASTS, entry.index)
            except CommandError as refusal:
                log.warning("the modem does not delete broadcast %d: %s", entry.index, refusal)

    def _look_at(self, memory: str, entry: Stored) -> None:
        place = memory, entry.index
        if entry.damaged:
            self._damaged[place] += 1
            if self._damaged[place] < _READINGS:
                self.due.add(memory)
                return
            if not entry.pdu:
                log.error("entry %d of memory %s cannot be read: it is left there", entry.index, memory)
                return
        self._damaged.pop(place, None)
        self._in_hand.add(place)
        self.hand_up(entry.pdu).add_done_callback(lambda kept: self._post(partial(self._kept, place, kept)))

    def _kept(self, place: Place, kept: Future[None]) -> None:
        """Delete what is kept; leave the rest for a later sweep."""
        self._in_hand.discard(place)
        if kept.cancelled() or kept.exception() is not None:
            log.warning("entry %d of memory %s was not kept: it stays on the modem", place[1], place[0])
            return
        try:
            self._modem.delete(*place)
            held, of = self.fills.get(place[0], (1, 0))
            self.fills[place[0]] = held - 1, of
        except CommandError as refusal:
            log.warning("the modem does not delete entry %d of %s: %s", place[1], place[0], refusal)

    def direct(self, lines: list[str]) -> None:
        """+CMT or +CDS with its PDU: the modem does not store it, so we acknowledge when it is kept."""
        pdu = unhex(lines[-1])
        if pdu is not None:
            self.hand_up(pdu).add_done_callback(lambda kept: self._post(partial(self._kept_direct, kept)))

    def _kept_direct(self, kept: Future[None]) -> None:
        if not kept.cancelled() and kept.exception() is None:
            self._modem.acknowledge()

    def hand_up(self, pdu: bytes) -> Future[None]:
        """Tell the gateway what a PDU holds; the future is done when it is kept."""
        try:
            read = decode(pdu)
        except PduError as wrong:
            log.error("an undecodable PDU came and is handed up as it is: %s", wrong)
            return self._events.inbound(self._raw(pdu))
        if isinstance(read, StatusReport):
            return self._events.receipt(_receipt(read))
        return self._events.inbound(self._piece(pdu, read))

    def _reference(self, pdu: bytes) -> str:
        """The same for the same text, whichever memory it comes from and however often; its time is in it."""
        without_centre = pdu[pdu[0] + 1 :] or pdu
        return hashlib.sha256(self._identity.encode() + b"\0" + without_centre).hexdigest()[:40]

    def _raw(self, pdu: bytes) -> InboundPiece:
        return InboundPiece(self._reference(pdu), "unknown", self._number, Alphabet.OCTETS, pdu, kind="data")

    def _piece(self, pdu: bytes, read: Deliver) -> InboundPiece:
        return InboundPiece(
            reference=self._reference(pdu),
            sender=read.sender,
            to=self._number,
            alphabet=read.alphabet,
            user_data=read.user_data,
            udh=read.udh,
            sent_at=read.sent_at,
            kind=read.kind,
        )


def _receipt(report: StatusReport) -> Receipt:
    state, words = status_means(report.status)
    return Receipt(
        reference=part_reference(report.reference, report.recipient),
        state=state,
        recipient=report.recipient,
        at=report.at,
        error=f"{report.status:02X}" if report.status else None,
        said=words,
        also=(part_reference(None, report.recipient),),  # its number may have come garbled over the line
    )
