"""The network side of a simulated modem: memories that fill, texts and reports that come in, texts that go out."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from drivers.modem.line.card import Sim
from drivers.modem.line.coding import Coding, OwnCoding, Submitted
from drivers.modem.line.port import Port
from drivers.modem.line.ways import Ways
from smsgw.text.header import write_header

_START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Journal = Callable[[dict[str, Any]], None]
_PUSHED = 120  # octets of a push in one text
NO_FLAGS = "0,0,0,0,0"  # of +CNMI, when nothing is told


def seconds_of_march() -> Callable[[], datetime]:
    """A clock that is always the same: every look at it is a second later."""
    seconds = itertools.count()
    return lambda: _START + timedelta(seconds=next(seconds))


class Networked(Port):
    """A port with a SIM and memories, and the network behind them.

    submissions: what the network took. deleted: (memory, index, PDU) of what was deleted. journal: is told of all that
    happens, as a mapping with "event", before the modem says a word of it.
    """

    def __init__(
        self, device: str, ways: Ways, sim: Sim, coding: Coding | None, chance: Random, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(device, ways, chance)
        self.sim = sim
        self.coding: Coding = coding or OwnCoding()
        self.clock = clock
        self.journal: Journal = lambda event: None
        self.stored: dict[str, dict[int, bytes]] = {name: {} for name in ways.memories}
        self.statuses: dict[tuple[str, int], int] = {}  # <stat> in listings; 0 unless it is here
        self.deleted: list[tuple[str, int, bytes]] = []
        self.submissions: list[Submitted] = []
        self.notify = NO_FLAGS
        self._waiting: list[tuple[bytes, str]] = []  # in the network, while the memory is full
        self._refusals: list[str] = []
        self._held: list[str] | None = None  # answers held back, when they are
        self._reference = 0

    # What comes in

    def phone_sends(self, sender: str, text: str, order: list[int] | None = None, **how: Any) -> list[bytes]:
        """A phone sends us a text; its parts arrive in this order (numbered from 1). Returns their PDUs."""
        pdus = self.coding.delivers(sender, text, self.clock(), **how)
        self.journal({"event": "typed", "sender": sender, "text": text, "pdus": [pdu.hex() for pdu in pdus]})
        for number in order or range(1, len(pdus) + 1):
            self.network_hands(pdus[number - 1])
            if self.ways.texts_twice and self.chance.random() < self.ways.texts_twice:
                self.network_hands(pdus[number - 1])
        return pdus

    def phone_sends_data(self, sender: str, octets: bytes, udh: bytes, dcs: int = 0xF5) -> None:
        """A phone or a centre sends octets, such as to a port."""
        self.network_hands(self.coding.deliver(sender, octets, self.clock(), udh, dcs))

    def centre_pushes(
        self, sender: str, octets: bytes, reference: int = 7, order: list[int] | None = None, twice: bool = False
    ) -> None:
        """A centre sends octets to port 2948 (a WAP push) in as many texts as they need, in this order (from 1).

        twice: each comes a second time.
        """
        cut = [octets[at : at + _PUSHED] for at in range(0, len(octets), _PUSHED)] or [b""]
        for number in order or range(1, len(cut) + 1):
            udh = write_header(len(cut), number, reference, False, 0, 0, (2948, 9200))
            for _ in range(2 if twice else 1):
                self.network_hands(self.coding.deliver(sender, cut[number - 1], self.clock(), udh, 0x04))
        self.journal({"event": "pushed", "sender": sender, "octets": octets.hex(), "texts": len(cut)})

    def network_hands(self, pdu: bytes, into: str | None = None, news: str = "+CMTI") -> None:
        """Any PDU at all comes in."""
        memory = into or self.ways.receives_into
        with self.lock:
            place = self._free_place(memory) if self.is_plugged or into else None
            if place is None:
                self._waiting.append((pdu, news))
                return
            self.stored[memory][place] = pdu
            mode = self.notify.split(",")
        if self.ways.tells_news and mode[1 if news == "+CMTI" else 3] != "0":
            for _ in range(2 if self.ways.news_twice else 1):
                self.tell(f'{news}: "{memory}",{place}')

    def _free_place(self, memory: str) -> int | None:
        places = range(self.ways.first_index, self.ways.first_index + self.ways.slots)
        return next((place for place in places if place not in self.stored[memory]), None)

    def hand_waiting(self) -> None:
        """The network tries again what found no place, and what came while there was no modem."""
        with self.lock:
            waiting, self._waiting = self._waiting, []
        for pdu, news in waiting:
            self.network_hands(pdu, news=news)

    def waits_outside(self) -> int:
        """How many PDUs the network has for us that found no place."""
        return len(self._waiting)

    def deletes(self, memory: str, index: int) -> bool:
        """Delete one place; False when there is nothing in it."""
        with self.lock:
            pdu = self.stored[memory].pop(index, None)
            if pdu is None:
                return False
            self.statuses.pop((memory, index), None)
            self.deleted.append((memory, index, pdu))
        self.journal({"event": "deleted", "memory": memory, "index": index, "pdu": pdu.hex()})
        return True

    def send_receipt(self, to: str, status: int = 0x00, recipient: str | None = None) -> None:
        """The centre reports on the last text to that number. recipient: as the report spells it."""
        sent = [one for one in self.submissions if one.to == to][-1]
        self._report(sent.reference, recipient or to, status)

    def _report(self, reference: int, recipient: str, status: int = 0x00) -> None:
        pdu = self.coding.status_report(reference, recipient, self.clock(), status)
        self.journal({"event": "reported", "reference": reference, "to": recipient, "status": status, "pdu": pdu.hex()})
        if self.notify.split(",")[3] == "1":
            self.tell(f"+CDS: {len(pdu) - 1 - pdu[0]}\r\n{pdu.hex().upper()}")
        elif self.notify.split(",")[3] == "2":
            self.network_hands(pdu, news="+CDSI")
        else:  # as an operator's centre does for a phone that it does not reach: later
            self._waiting.append((pdu, "+CDSI"))

    def network_hands_directly(self, pdu: bytes, whole: bool = True) -> None:
        """A text that the modem does not store (+CMT). whole: or else the line loses its PDU."""
        head = f"+CMT: ,{len(pdu) - 1 - pdu[0]}"
        self.tell(f"{head}\r\n{pdu.hex().upper()}" if whole else head)

    def rings(self, caller: str) -> None:
        """Somebody calls us."""
        self.tell("RING")
        self.tell(f'+CLIP: "{caller.removeprefix("+")}",145,,,,0')

    # What goes out

    def refuse_next(self, code: int | str) -> None:
        """Refuse the next submission: with +CMS ERROR, or with a whole line."""
        self._refusals.append(code if isinstance(code, str) else f"+CMS ERROR: {code}")

    def hold_answers(self) -> None:
        """From now on the network takes texts, but the modem keeps the answers to itself."""
        self._held = []

    def release_answers(self) -> None:
        """Say the answers that were held back."""
        held, self._held = self._held or [], None
        for answer in held:
            self.says(answer.encode())

    def swallow_answers(self, swallow: bool = True) -> None:
        """Take texts from now on, and never say what became of them."""
        self.ways.swallow = -1 if swallow else 0

    def submit(self, pdu: str, length: int) -> None:
        """A PDU was typed: the network takes it when half of its air time is over, and we say so at the end."""
        plugged, air = self.plugged, self.ways.air_time
        if air:
            time.sleep(air / 2)
        if plugged != self.plugged:
            self.journal({"event": "pulled out before the network had it"})
            return
        refusal = self._refusal(pdu, length)
        if refusal is not None:
            self.journal({"event": "refused", "with": refusal})
            self._after_air(plugged, air, refusal)
            return
        with self.lock:
            self._reference = (self._reference + 1) % 256
            sent = self.coding.read_submit(pdu, self._reference)
            self.submissions.append(sent)
        self.journal(
            {"event": "submitted", "to": sent.to, "text": sent.text, "reference": sent.reference,
             "place": sent.concatenation, "wants_report": sent.wants_report}
        )  # fmt: skip
        reports = self.ways.reports if sent.wants_report else "none"
        if reports == "early":
            self._report(sent.reference, sent.to)
        self._after_air(plugged, air, f"+CMGS: {sent.reference}", "OK")
        if reports == "auto":
            self._report_later(sent)

    def _refusal(self, pdu: str, length: int) -> str | None:
        try:
            octets = bytes.fromhex(pdu)
            if len(octets) - 1 - octets[0] != length:
                return "+CMS ERROR: 304"
            self.coding.read_submit(pdu, 0)
        except (ValueError, IndexError):
            return "+CMS ERROR: 304"
        if self._refusals:
            return self._refusals.pop(0)
        if self.ways.cms_once:
            code, self.ways.cms_once = self.ways.cms_once, 0
            return f"+CMS ERROR: {code}"
        if self.sim.stat not in (1, 5, 6, 7):
            return "+CMS ERROR: 331"
        return f"+CMS ERROR: {self.ways.cms_always}" if self.ways.cms_always else None

    def _after_air(self, plugged: int, air: float, *lines: str) -> None:
        if air:
            time.sleep(air / 2)
        if plugged != self.plugged:
            self.journal({"event": "pulled out before its answer"})
        elif self.ways.swallow and lines[0].startswith("+CMGS"):
            self.ways.swallow -= self.ways.swallow > 0
            self.journal({"event": "answer swallowed"})
        elif self._held is not None:
            self._held.append("".join(f"\r\n{line}\r\n" for line in lines))
        else:
            self.answer(*lines)

    def _report_later(self, sent: Submitted) -> None:
        if not self.ways.report_after:
            self._report(sent.reference, sent.to)
            return
        later = threading.Timer(self.ways.report_after, self._report, (sent.reference, sent.to))
        later.daemon = True
        later.start()
