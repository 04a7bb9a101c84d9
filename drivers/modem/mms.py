"""MMS over one modem (MM1): read what is announced, fetch it, tell the MMSC, and hand over what we send.

Which way the octets take is the carrier's matter (see `mms_carrier`). Exchanges are one at a time: there is one
bearer. The gateway stores before it acknowledges; what is not acknowledged stays in the network.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from drivers._mms import answers, messages, push, statuses
from drivers._mms import pdu as pdus
from drivers._mms.pdu import Pdu
from drivers._mms.wsp import Malformed
from drivers.modem.mms_carrier import Answer, Carrier, CarrierFailed, SendsItself, whole_url
from smsgw.errors import NotFetched
from smsgw.link import (
    Events,
    LinkDown,
    LinkError,
    Misconfigured,
    NoAnswer,
    Receipt,
    RejectedForGood,
    RejectedForNow,
    WirePart,
)
from smsgw.link_verbs import Fetched, MmsOutcome, Notification, OtherPush

if TYPE_CHECKING:
    from drivers.modem import Config

log = logging.getLogger(__name__)

_ANSWER = 100_000  # octets of an answer to what we post
_AGAIN = 60.0  # seconds before a part is tried again whose bearer is not there
_BESIDE = 4096  # octets of HTTP and headers beside a message
Ask = Callable[[Callable[[Any], Any], float], Any]


class Mms:
    """See the module's docstring. ask: has something done by the thread that owns the modem. number: the SIM's own."""

    def __init__(self, name: str, config: Config, events: Events, ask: Ask, number: Callable[[], str | None]) -> None:
        self._name = name
        self._config = config
        self._events = events
        self._number = number
        self._carrier = carrier_of(config, ask)
        self._turn = threading.Lock()
        self._given: SimpleQueue[WirePart | None] = SimpleQueue()
        self._open: dict[int, tuple[WirePart, bool]] = {}  # by identity: what has no answer yet, and whether it began
        self._state = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = False

    # What comes: see smsgw.link_verbs.FetchesMms

    def read_push(self, octets: bytes, at: datetime) -> Notification | Receipt | OtherPush:
        """See FetchesMms."""
        try:
            found = push.read(octets)
        except Malformed as wrong:
            return OtherPush("", None, f"it is no WAP push: {wrong}")
        if not found.is_mms:
            return OtherPush(found.content_type[:120], found.application, "it is for another program of a phone")
        try:
            inner = found.mms()
            if inner.kind == "m-notification-ind":
                return messages.notification(inner, at)
        except Malformed as wrong:
            return OtherPush(push.MMS, found.application, f"it is no MMS that can be read: {wrong}")
        told = statuses.report(inner)
        return told or OtherPush(push.MMS, found.application, f"an {inner.kind} is not for us")

    def fetch(self, notification: Notification) -> Fetched:
        """See FetchesMms."""
        config = self._config
        if notification.size > config.mms_largest:
            says = f"it has {notification.size} octets, and mms_largest allows {config.mms_largest}"
            raise NotFetched(says, step="set-up", for_good=True, code="mms_too_large")
        try:
            place = notification.location
            place += notification.transaction if place.endswith("=") else ""  # as some MMSCs want it
            url = whole_url(place, self._mmsc())
            with self._turn:
                answer = self._carrier.get(url, config.mms_largest + _BESIDE)
        except CarrierFailed as failed:
            raise _not_fetched(failed) from failed
        found = retrieved(answer)
        return Fetched(messages.inbound(found, notification, self._number()), found.text("transaction-id"))

    def acknowledge(self, notification: Notification, outcome: MmsOutcome, transaction: str | None = None) -> None:
        """See FetchesMms."""
        if outcome == "acknowledged":
            told = answers.acknowledge(transaction or notification.transaction, notification.version)
        else:
            told = answers.notify_resp(notification.transaction, notification.version, outcome.capitalize())
        try:
            with self._turn:
                answer = self._carrier.post(self._mmsc(), told, _ANSWER)
        except CarrierFailed as failed:
            raise _not_fetched(failed) from failed
        if not 200 <= answer.status < 300:
            raise NotFetched(f"the MMSC answered our acknowledgement with HTTP {answer.status}")

    def _mmsc(self) -> str:
        if self._config.mms_url is None:
            says = f"[[links]] {self._name} has no mms_url, so nobody knows where MMS are fetched"
            raise CarrierFailed(says, "set-up", hint="ask the operator for its MMSC and proxy; see docs/mms-modem.md")
        return self._config.mms_url

    # What goes

    def send(self, part: WirePart) -> None:
        """Hand a part with a content over, in a thread of ours; its answer is told by the events."""
        with self._state:
            self._open[id(part)] = part, False
            stopping = self._stopping
            if self._thread is None and not stopping:
                name = f"MMS of modem {self._name}"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()
        if stopping:
            self._tell(part, LinkDown("smsgw is being stopped"))
        else:
            self._given.put(part)

    def stop(self, deadline: float) -> None:
        """Let what is on its way be answered until `deadline` (time.monotonic), then tell what has no answer."""
        with self._state:
            self._stopping = True
        self._given.put(None)
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        with self._state:
            left = list(self._open.values())
        for part, begun in left:
            stopped = NoAnswer("stopped before the MMSC answered") if begun else LinkDown("smsgw is being stopped")
            self._tell(part, stopped)

    def _run(self) -> None:
        while (part := self._given.get()) is not None:
            with self._state:
                if self._stopping or id(part) not in self._open:
                    continue
                self._open[id(part)] = part, True
            try:
                self._tell(part, self._submit(part))
            except Exception as defect:  # a defect of ours must not end the thread: nobody knows whether it went out
                log.exception("link %s: an MMS", self._name)
                self._tell(part, NoAnswer(f"a defect in smsgw: {defect!r}"))

    def _tell(self, part: WirePart, answer: str | LinkError) -> None:
        with self._state:
            known = self._open.pop(id(part), None)
        if known is None:
            return
        if isinstance(answer, str):
            self._events.taken(part, answer)
        else:
            self._events.failed(part, answer)

    def _submit(self, part: WirePart) -> str | LinkError:
        """Hand one part over; the MMSC's name for it, or why not."""
        if part.content is None:
            return RejectedForGood("a text is no MMS", "no_content")
        if (size := messages.size_of(part.content)) > self._config.mms_most:
            says = f"it has about {size} octets, and mms_most allows {self._config.mms_most}"
            return RejectedForGood(says, "mms_too_large")
        try:
            with self._turn:
                return self._carrier.send(part) if isinstance(self._carrier, SendsItself) else self._posted(part)
        except CarrierFailed as failed:
            return _link_error(failed)

    def _posted(self, part: WirePart) -> str | LinkError:
        try:
            octets = pdus.write(messages.send_req(part, f"{part.message_id}-{part.position}"))
        except ValueError as wrong:
            return RejectedForGood(f"it cannot be written as an MMS: {wrong}", "unwritable")
        return sent(self._carrier.post(self._mmsc(), octets, _ANSWER), part)


def carrier_of(config: Config, ask: Ask) -> Carrier:
    """The carrier that a configuration names."""
    if config.mms_carrier == "host":
        from drivers.modem.mms_host import HostBearer

        return HostBearer(config)
    from drivers.modem.mms_at import ModemHttp, OwnStack

    return ModemHttp(config, ask) if config.mms_carrier == "modem" else OwnStack(config, ask)


def sent(answer: Answer, part: WirePart) -> str | LinkError:
    """What the answer to an M-Send.req says: the MMSC's name for the message, or the error."""
    if answer.status in (401, 403, 407):
        says = f"the MMSC does not let us in (HTTP {answer.status}): is this SIM's contract with MMS?"
        return Misconfigured(says, f"HTTP {answer.status}", after=300.0, rest=0.0)
    if answer.status == 413:
        return RejectedForGood("the MMSC says that it is too large", "HTTP 413")
    if not 200 <= answer.status < 300:
        return RejectedForNow(f"the MMSC answered with HTTP {answer.status}", f"HTTP {answer.status}")
    if not answer.body:
        return NoAnswer("the MMSC took the MMS and said nothing of it")
    try:
        conf = pdus.read(answer.body)
    except Malformed as wrong:
        return RejectedForNow(_no_pdu(answer, wrong), "no_pdu")
    if conf.kind != "m-send-conf":
        return NoAnswer(f"the MMSC answered with an {conf.kind}")
    return statuses.sent(conf) or conf.text("message-id") or statuses.tail_reference(part.to)


def retrieved(answer: Answer) -> Pdu:
    """The message in an answer. Raises NotFetched."""
    if answer.status in (404, 410):
        says = f"the MMSC does not have it (HTTP {answer.status}): it was fetched before, or its time is over"
        raise NotFetched(says, for_good=answer.status == 410)
    if answer.status != 200:
        raise NotFetched(f"the MMSC answered with HTTP {answer.status}")
    try:
        found = pdus.read(answer.body)
    except Malformed as wrong:
        raise NotFetched(_no_pdu(answer, wrong), code="mms_no_pdu") from wrong
    if refused := statuses.refused_retrieval(found):
        raise NotFetched(f"{refused[1]} ({refused[2]})", for_good=refused[0])
    if found.kind != "m-retrieve-conf" or found.content_type is None:
        raise NotFetched(f"the MMSC answered with an {found.kind} that brings no message", code="mms_no_pdu")
    return found


def _no_pdu(answer: Answer, wrong: Malformed) -> str:
    if "html" in answer.media_type or answer.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html")):
        return "a web page came in place of an answer of the MMSC: is the bearer that of the MMS access point?"
    return f"what the MMSC answered cannot be read: {wrong}"


def _not_fetched(failed: CarrierFailed) -> NotFetched:
    return NotFetched(str(failed), step=failed.step, for_good=failed.for_good, hint=failed.hint)


def _link_error(failed: CarrierFailed) -> LinkError:
    if failed.written:
        return NoAnswer(str(failed), f"mms {failed.step}")
    if failed.step == "set-up":
        return Misconfigured(str(failed), "mms set-up", after=300.0, rest=0.0)
    return LinkDown(str(failed), f"mms {failed.step}", after=_AGAIN)  # texts go on: the link does not rest
