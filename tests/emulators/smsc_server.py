"""An SMSC on asyncio that does what a test tells it: accept, refuse, keep silent, cut PDUs, report, hang up.

The surprise: what it wants to deliver it says again after every bind until it is acknowledged, as others do.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO

from tests.emulators import smsc_codec as codec
from tests.emulators.ports import unused
from tests.emulators.smsc_codec import HEADER, RESPONSE, Submit

BINDS = (codec.BIND_RX, codec.BIND_TX, codec.BIND_TRX)


@dataclass
class Delivery:
    """Something for the client that it has to acknowledge. kind: "receipt" or "text"."""

    id: int
    kind: str
    body: bytes
    about: dict[str, Any]
    statuses: list[int] = field(default_factory=list)
    sent: int = 0

    @property
    def done(self) -> bool:
        return bool(self.statuses) and self.statuses[-1] == 0


@dataclass
class Behaviour:
    """What the SMSC does; every field may be changed while it runs.

    statuses: what the next submits are refused with, one each. id_form: how answers spell ids;
    receipt_id_form: how receipts do. chunk: octets in each write, 0 for as they come. answer_delay: seconds
    before submits are answered. congestion: the congestion_state of its answers (5.0). verbs: what further commands
    are answered with, a status and a body.
    """

    password: str | None = None
    bind_status: int = 0
    statuses: deque[int] = field(default_factory=deque)
    silent: bool = False
    swallow_submits: bool = False
    chunk: int = 0
    answer_delay: float = 0.0
    receipts: bool = False
    receipt_delay: float = 0.0
    receipt_state: str = "DELIVRD"
    receipt_parameters: bool = True
    receipt_before_answer: bool = False
    id_form: str = "{:d}"
    receipt_id_form: str = "{:d}"
    retry_after: float = 0.2
    congestion: int | None = None
    verbs: dict[int, Callable[[bytes], tuple[int, bytes]]] = field(default_factory=dict)
    keep_submits: bool = True


class Smsc:
    """The server: `listen`, then look at `submits`, `deliveries` and `heard`. Lives in one event loop.

    journal: an open text file; every accepted submit is a JSON line in it before its answer leaves.
    """

    def __init__(self, behaviour: Behaviour | None = None, journal: TextIO | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.journal = journal
        self.submits: list[Submit] = []
        self.accepted = 0
        self.binds: list[dict[str, Any]] = []
        self.heard: list[tuple[int, int, int]] = []  # command, status, sequence of all that is not traffic
        self.deliveries: dict[int, Delivery] = {}
        self.sessions: list[Session] = []
        self.port = unused()  # where it can listen again
        self.tls: ssl.SSLContext | None = None  # set it, then listen
        self._server: asyncio.Server | None = None
        self._waiting: list[Delivery] = []
        self._next_id = 1000

    async def listen(self, port: int = 0, host: str = "127.0.0.1") -> None:
        """Accept connections; `port` says where."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Session(self), host, port or self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    def hang_up(self) -> None:
        """Accept nothing more and end every connection."""
        if self._server is not None:
            self._server.close()
        self.drop()

    def drop(self) -> None:
        """End every connection at once."""
        for session in list(self.sessions):
            session.transport.abort()

    def broadcast(self, octets: bytes) -> None:
        """Write raw octets to every bound client."""
        for session in self.sessions:
            session.write(octets)

    def note(self, lines: list[dict[str, Any]]) -> None:
        """Write to the journal; it is in the kernel's hands when this returns."""
        if self.journal is not None and lines:
            self.journal.write("".join(json.dumps(line) + "\n" for line in lines))
            self.journal.flush()

    def accept(self, frame: bytes) -> Submit:
        """Give a submit its id and remember it."""
        self._next_id += 1
        submit = codec.read_submit(frame, self.behaviour.id_form.format(self._next_id))
        self.accepted += 1
        if self.behaviour.keep_submits:
            self.submits.append(submit)
        return submit

    def deliver(self, kind: str, body: bytes, **about: Any) -> Delivery:
        """Say it to the client, now or when one is bound, until it is acknowledged."""
        delivery = Delivery(len(self.deliveries) + 1, kind, body, about)
        self.deliveries[delivery.id] = delivery
        self.again(delivery)
        return delivery

    def again(self, *deliveries: Delivery) -> None:
        """Say these (again), now or when a client is bound."""
        self._waiting += deliveries
        self.flush()

    def flush(self) -> None:
        """Say what no session has in hand."""
        listening = [session for session in self.sessions if session.receives]
        if not listening:
            return
        waiting, self._waiting = self._waiting, []
        lines = []
        for number, delivery in enumerate(waiting):
            delivery.sent += 1
            about = {"id": delivery.id, "kind": delivery.kind, **delivery.about}
            lines.append({"event": "deliver", "at": time.time(), **about})
            listening[number % len(listening)].say(delivery)
        self.note(lines)

    def report(self, submit: Submit) -> None:
        """A receipt for a submit, as appendix B spells it."""
        how = self.behaviour
        number = int(submit.id, 16 if "x" in how.id_form.lower() else 10)
        named = how.receipt_id_form.format(number)
        now = time.strftime("%y%m%d%H%M", time.gmtime())
        dlvrd = int(how.receipt_state == "DELIVRD")
        said = (
            f"id:{named} sub:001 dlvrd:{dlvrd:03d} submit date:{now} done date:{now} "
            f"stat:{how.receipt_state} err:000 text:{'' if submit.data_coding else submit.text[:20]}"
        ).encode("latin-1", "replace")
        tlvs = b""
        if how.receipt_parameters:
            state = {"DELIVRD": 2, "EXPIRED": 3, "UNDELIV": 5, "REJECTD": 8}.get(how.receipt_state, 7)
            tlvs = codec.tlv(0x1E, submit.id.encode() + b"\0") + codec.tlv(0x0427, bytes((state,)))
        dest = "+" + submit.dest if submit.dest_ton == 1 else submit.dest
        body = codec.deliver(dest, submit.source, said, esm_class=4, tlvs=tlvs)
        self.deliver("receipt", body, of=submit.id)


class Session(asyncio.Protocol):
    """One connection of one client."""

    def __init__(self, smsc: Smsc) -> None:
        self.smsc = smsc
        self.receives = self.bound = False
        self.unanswered: dict[int, int] = {}
        self.submitted = 0
        self._rest = b""
        self._sequence = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.smsc.sessions.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.smsc.sessions.remove(self)
        self.smsc.again(*(self.smsc.deliveries[id] for id in self.unanswered.values()))

    def write(self, octets: bytes) -> None:
        """Write, in small pieces if the behaviour wants it."""
        if self.smsc.behaviour.silent or not octets:
            return
        chunk = self.smsc.behaviour.chunk or len(octets)
        for at in range(0, len(octets), chunk):
            self.transport.write(octets[at : at + chunk])

    def ask(self, command: int, body: bytes = b"") -> int:
        """Write a request; returns its sequence number."""
        self._sequence += 1
        self.write(codec.pdu(command, 0, self._sequence, body))
        return self._sequence

    def say(self, delivery: Delivery) -> None:
        """Hand over a delivery."""
        self.unanswered[self.ask(codec.DELIVER, delivery.body)] = delivery.id

    def data_received(self, data: bytes) -> None:
        rest = self._rest + data
        submits: list[bytes] = []
        at = 0
        while len(rest) - at >= 16:
            length, command, status, sequence = HEADER.unpack_from(rest, at)
            if len(rest) - at < length:
                break
            frame = rest[at : at + length]
            at += length
            if command == codec.SUBMIT:
                submits.append(frame)
            else:
                self._hear(command, status, sequence, frame)
        self._rest = rest[at:]
        if submits:
            self._take(submits)

    def _take(self, frames: list[bytes]) -> None:
        """Write down, then answer, then report."""
        smsc, how = self.smsc, self.smsc.behaviour
        self.submitted += len(frames)
        answers, lines, taken = [], [], []
        for frame in frames:
            sequence = HEADER.unpack_from(frame)[3]
            status = how.statuses.popleft() if how.statuses else 0
            if status:
                answers.append(codec.pdu(codec.SUBMIT | RESPONSE, status, sequence))
                continue
            submit = smsc.accept(frame)
            taken.append(submit)
            busy = b"" if how.congestion is None else codec.tlv(0x0428, bytes((how.congestion,)))
            answers.append(codec.pdu(codec.SUBMIT | RESPONSE, 0, sequence, submit.id.encode() + b"\0" + busy))
            if smsc.journal is not None:
                lines.append(
                    {
                        "event": "submit",
                        "at": time.time(),
                        "id": submit.id,
                        "to": submit.dest,
                        "from": submit.source,
                        "text": submit.text,
                        "place": submit.place,
                        "data_coding": submit.data_coding,
                    }
                )
        smsc.note(lines)
        if how.receipts and how.receipt_before_answer:
            self._report(taken)
        if not how.swallow_submits:
            self._later(how.answer_delay, lambda: self.write(b"".join(answers)))
        if how.receipts and not how.receipt_before_answer:
            self._later(how.answer_delay + how.receipt_delay, lambda: self._report(taken))

    def _report(self, submits: list[Submit]) -> None:
        for submit in submits:
            if submit.registered & 1:
                self.smsc.report(submit)

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        if seconds:
            asyncio.get_running_loop().call_later(seconds, what)
        else:
            what()

    def _hear(self, command: int, status: int, sequence: int, frame: bytes) -> None:
        if command == codec.DELIVER | RESPONSE:
            self._acknowledged(sequence, status)
            return
        self.smsc.heard.append((command, status, sequence))
        if command in BINDS:
            self._bind(command, sequence, frame)
        elif command == codec.ENQUIRE:
            self.write(codec.pdu(command | RESPONSE, 0, sequence))
        elif command == codec.UNBIND:
            self.write(codec.pdu(command | RESPONSE, 0, sequence))
            self.transport.close()
        elif command in self.smsc.behaviour.verbs:
            status, body = self.smsc.behaviour.verbs[command](frame)
            self.write(codec.pdu(command | RESPONSE, status, sequence, body))
        elif not command & RESPONSE:
            self.write(codec.pdu(codec.NACK, 3, sequence))

    def _bind(self, command: int, sequence: int, frame: bytes) -> None:
        system_id, password, system_type = (part.decode("latin-1") for part in frame[16:].split(b"\0")[:3])
        how = self.smsc.behaviour
        status = how.bind_status or (0x0E if how.password not in (None, password) else 0)
        said = {"password": password, "rest": frame[16:].split(b"\0", 3)[3].hex()}
        bind = {"command": command, "system_id": system_id, "system_type": system_type, "status": status, **said}
        self.smsc.binds.append(bind)
        self.smsc.note([{"event": "bind", "at": time.time(), **bind}])
        self.write(codec.pdu(command | RESPONSE, status, sequence, b"" if status else b"emulator\0"))
        if not status:
            self.bound = True
            self.receives = command != codec.BIND_TX
            self.smsc.flush()

    def _acknowledged(self, sequence: int, status: int) -> None:
        id = self.unanswered.pop(sequence, None)
        delivery = self.smsc.deliveries.get(id or 0)
        if delivery is None:
            return
        delivery.statuses.append(status)
        about = {"id": delivery.id, "kind": delivery.kind, "status": status}
        self.smsc.note([{"event": "deliver_resp", "at": time.time(), **about}])
        if status:
            self._later(self.smsc.behaviour.retry_after, lambda: self.smsc.again(delivery))
