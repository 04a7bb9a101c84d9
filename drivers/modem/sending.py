"""The one part that is between `send` and its answer, and how it is submitted.

A part that was never answered is remembered, also over a restart: the modem's late `+CMGS` or `+CMS ERROR` still
settles it.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import replace

from drivers.modem.at import Modem
from drivers.modem.comms import NotWritten
from drivers.modem.journal import Flight, Journal
from drivers.modem.library import CmeError, CmsError, CommandError, SerialException, TimeoutException
from drivers.modem.pdu import PduError, encode_submit
from drivers.modem.refusals import SAY_LITTLE, cme_error, cms_error
from smsgw.link import Events, LinkDown, LinkError, NoAnswer, RejectedForGood, RejectedForNow, WirePart

log = logging.getLogger(__name__)


def part_reference(modem_reference: int | str | None, recipient: str) -> str:
    """What we call a sent part: the modem's number for it (TP-MR) and the recipient's last eight digits.

    A status report names both, and nothing else (23.040 section 9.2.2.3). The number alone would not do,
    for it starts again after 255; the whole recipient would not, for reports name it now with and now
    without its country. Two parts may come to bear the same reference in the course of time: the newest
    that is still open is meant.
    """
    digits = re.sub(r"\D", "", recipient)
    return f"{'?' if modem_reference is None else modem_reference}:{digits[-8:]}"


class Window:
    """Room for one part, and its answer told exactly once. Methods may be called from any thread.

    Shut (as it is at first), it refuses every part with the LinkError it was shut with.
    """

    def __init__(self, events: Events, journal: Journal | None = None) -> None:
        self._events = events
        self._journal = journal or Journal(None, "")
        self._changed = threading.Condition()
        self._part: WirePart | None = None
        self._begun = False
        self._settled = False
        self._shut: LinkError | None = LinkDown("the modem is not ready yet")
        self._closed = False
        self._outside = 0  # how many wait in `offer`
        flight = self._journal.flight
        self._unanswered: WirePart | None = flight.part if flight else None

    def offer(self, part: WirePart) -> bool:
        """Put a part in; blocks while there is one. False when it was refused, which is told."""
        with self._changed:
            self._outside += 1
            while self._part is not None and self._shut is None:
                self._changed.wait()
            self._outside -= 1
            refusal = self._shut
            if refusal is None:
                self._part, self._begun, self._settled = part, False, False
        if refusal is not None:
            self._events.failed(part, refusal)
        return refusal is None

    def open(self) -> None:
        """Let parts in, unless it was closed."""
        with self._changed:
            if not self._closed:
                self._shut = None
                self._changed.notify_all()

    def shut(self, why: LinkError) -> None:
        """Refuse parts from now on, also the one that is in and not begun."""
        with self._changed:
            self._shut = why
            waiting = self._part if not self._begun else None
            self._changed.notify_all()
        if waiting is not None:
            self.failed(waiting, why)

    def close(self, why: LinkError) -> None:
        """Let nothing more in, ever. What is in may still be begun and is to be settled."""
        with self._changed:
            self._closed, self._shut = True, why
            self._changed.notify_all()

    def waits(self) -> bool:
        """Whether a part is in and not begun."""
        return self._part is not None and not self._begun and not self._settled

    def begin(self) -> WirePart | None:
        """The part that is in, to be submitted now; None when there is none."""
        with self._changed:
            if not self.waits():
                return None
            self._begun = True
            part, late = self._part, self._unanswered
            if part and late and (part.message_id, part.position) == (late.message_id, late.position):
                self._unanswered = None  # an answer to the try before must not be taken for one to this
            return part

    def more_follow(self, part: WirePart) -> bool:
        """Whether another part is known to come right behind this one."""
        return part.position < part.of or self._outside > 0

    def departs(self, part: WirePart, mark: tuple[int, ...]) -> None:
        """It is written next, at the port of this mark."""
        self._journal.depart(part, mark)

    @property
    def unanswered(self) -> Flight | None:
        """The part whose answer may still come, if it is the one that was written last."""
        flight = self._journal.flight
        return flight if flight is not None and flight.part is self._unanswered else None

    def taken(self, part: WirePart, reference: str) -> None:
        """The network took it."""
        if self._settle(part):
            self._arrived(part)
            self._events.taken(part, reference)
            self._free()

    def failed(self, part: WirePart, error: LinkError) -> None:
        """It was not taken, or nobody knows: then a late answer is still listened for."""
        if self._settle(part):
            if isinstance(error, NoAnswer):
                self._unanswered = part
            else:
                self._arrived(part)
            self._events.failed(part, error)
            self._free()

    def late(self, line: str, certain: bool = True) -> None:
        """A +CMGS or +CMS ERROR came that no command waited for.

        certain: False when a +CMS ERROR may be the answer to another command that was given up.
        """
        taken = re.match(r"\+CMGS: *(\d+)", line)
        refused_with = re.match(r"\+CMS ERROR: *(\d+)", line)
        part = self._unanswered
        if part is None or not (taken or (refused_with and certain)):
            log.warning("the modem says %s, and no part waits for it", line)
            return
        self._unanswered = None
        self._arrived(part)
        if taken:
            self._events.taken(part, part_reference(taken[1], part.to))
        elif refused_with:
            self._events.failed(part, cms_error(int(refused_with[1])))

    def hopeless(self) -> None:
        """The modem started anew: whatever it had not answered it will not answer any more."""
        part, self._unanswered = self._unanswered, None
        if part is not None:
            self._arrived(part)

    def _arrived(self, part: WirePart) -> None:
        flight = self._journal.flight
        if flight is not None and flight.part is part:
            self._journal.arrive()

    def give_up(self) -> None:
        """Settle whatever is in, without its answer."""
        part = self._part
        if part is not None:
            self.failed(part, NoAnswer("stopped before the modem answered") if self._begun else self._down())

    def _down(self) -> LinkError:
        return self._shut or LinkDown("stopped before the text was sent")

    def _settle(self, part: WirePart) -> bool:
        """Whether it is ours to tell the answer of this part."""
        with self._changed:
            if self._part is not part or self._settled:
                return False
            self._settled = True
            return True

    def _free(self) -> None:
        with self._changed:
            self._part = None
            self._changed.notify_all()


def refused(refusal: CommandError) -> LinkError:
    """The link error that the package's exception stands for."""
    if isinstance(refusal, CmsError):
        return cms_error(refusal.code)
    if isinstance(refusal, CmeError):
        return cme_error(refusal.code)
    return RejectedForNow(f"the modem refuses it: {refusal}", "ERROR")


def submit(
    modem: Modem, window: Window, part: WirePart, smsc: str | None, timeout: float, mark: tuple[int, ...] = ()
) -> LinkError | None:
    """Submit one part and tell its answer; returns the error, if it was one.

    timeout: seconds that the network may take. mark: of the port (`ports.Port`), for the journal. After telling,
    raises TimeoutException when there was no prompt, and SerialException or OSError when the line is lost.
    """
    try:
        pdu, length = encode_submit(part, smsc)
        if window.more_follow(part):
            modem.keep_channel()
        modem.ask_to_send(length)
    except PduError as wrong:
        return _fail(window, part, RejectedForGood(str(wrong), "unwritable"))
    except CommandError as refusal:
        return _fail(window, part, refused(refusal))
    except (TimeoutException, SerialException, OSError):
        window.failed(part, LinkDown("the modem gave no prompt, so nothing was sent", rest=0.5))
        raise
    window.departs(part, mark)
    try:
        reference = modem.send_pdu(pdu, timeout)
    except CommandError as refusal:
        return _fail(window, part, _with_cause(modem, refused(refusal)))
    except NotWritten:
        window.failed(part, LinkDown("the line was lost before the text was written"))
        raise
    except TimeoutException:
        return _fail(window, part, NoAnswer("the modem got the text and did not say what became of it"))
    except (SerialException, OSError):
        window.failed(part, NoAnswer("the line was lost before the modem said what became of the text"))
        raise
    window.taken(part, part_reference(reference, part.to))
    return None


def _with_cause(modem: Modem, error: LinkError) -> LinkError:
    """The error with what +CEER adds to a reason that says little. What goes wrong in asking is another's matter."""
    if error.code not in SAY_LITTLE:
        return error
    try:
        cause = modem.cause()
    except (TimeoutException, SerialException, OSError):
        return error
    return replace(error, says=f"{error.says}; the network's own words: {cause}") if cause else error


def _fail(window: Window, part: WirePart, error: LinkError) -> LinkError:
    window.failed(part, error)
    return error
