"""An MMSC and its proxy as phones see them (MM1 over HTTP): it announces, gives out, takes in, and can go wrong."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from drivers._mms import pdu
from drivers._mms.parts import Part
from drivers._mms.pdu import Pdu, Value
from drivers._mms.wsp import ContentType, Malformed
from smsgw.text.header import write_header

MMS = "application/vnd.wap.mms-message"
PICTURE = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + bytes(range(256)) * 8 + b"\xff\xd9"
HTML = b"<!DOCTYPE html><html><title>Welcome</title><p>Please log in.</html>"
SMIL_PART = Part(
    ContentType("application/smil", {"charset": "utf-8"}),
    b'<smil><head><layout/></head><body><par dur="5000ms"><img src="p.jpg"/><text src="t.txt"/></par></body></smil>',
    (("content-id", "<0.smil>"), ("content-location", "0.smil")),
)
PICTURE_PART = Part(ContentType("image/jpeg", {"name": "p.jpg"}), PICTURE, (("content-location", "p.jpg"),))
TEXT_PART = Part(
    ContentType("text/plain", {"charset": "utf-8"}), "Lep pozdrav, čau".encode(), (("content-location", "t.txt"),)
)
PARTS = (SMIL_PART, PICTURE_PART, TEXT_PART)
RELATED = ContentType("application/vnd.wap.multipart.related", {"start": "<0.smil>", "type": "application/smil"})


@dataclass
class Asked:
    """One request. target: as it stood in the first line. pdu: of a post that is MMS."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    pdu: Pdu | None = None


@dataclass
class Mmsc:
    """See the module's docstring. Faults are for the next requests of a kind ("get" or "post"), one each.

    A fault is an HTTP status, octets (answered with status 200 and HTML's type if they are), or "hang up" (before the
    answer), "cut" (in the middle of it), or seconds to wait before the answer, as a float.
    """

    port: int
    asked: list[Asked] = field(default_factory=list)
    faults: dict[str, list[Any]] = field(default_factory=lambda: {"get": [], "post": []})
    messages: dict[str, bytes] = field(default_factory=dict)  # by path
    open: dict[str, str] = field(default_factory=dict)  # path by transaction: not acknowledged
    taken: list[Pdu] = field(default_factory=list)  # M-Send.req
    told: list[Pdu] = field(default_factory=list)  # M-NotifyResp.ind and M-Acknowledge.ind
    status: str = "Ok"  # what M-Send.conf says
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mmsc"

    @property
    def proxy(self) -> str:
        return f"127.0.0.1:{self.port}"

    # What comes for us

    def holds(
        self, number: int = 1, sender: str = "+38641000002/TYPE=PLMN", host: str | None = None, **more: Any
    ) -> bytes:
        """Keep a message for us; returns the octets of the push that announces it. more: what the notification says."""
        transaction, path = f"txn-{number}", f"/m/{number}"
        self.messages[path] = retrieve_conf(f"M{number}@mmsc", sender, transaction=f"fetch-{number}")
        self.open[transaction] = path
        location = f"http://{host or self.proxy}{path}"
        return notification(transaction, location, sender, **more)

    @property
    def waiting(self) -> list[str]:
        """Transactions whose message nobody has acknowledged."""
        return list(self.open)

    # What it is asked

    def answer(self, asked: Asked) -> tuple[int, str, bytes]:
        with self.lock:
            self.asked.append(asked)
            if asked.method == "GET":
                found = self.messages.get(urlsplit(asked.target).path)
                return (200, MMS, found) if found is not None else (404, "text/html", HTML)
            try:
                asked.pdu = pdu.read(asked.body)
            except Malformed:
                return 400, "text/plain", b"no MMS"
            return self._posted(asked.pdu)

    def _posted(self, came: Pdu) -> tuple[int, str, bytes]:
        if came.kind != "m-send-req":
            self.told.append(came)
            if came.get("status") != "Deferred":
                transaction = str(came.get("transaction-id"))
                self.open.pop(transaction, None)
                self.open.pop(transaction.replace("fetch-", "txn-"), None)
            return 200, "text/plain", b""
        fields: list[tuple[str, Value]] = [
            ("transaction-id", str(came.get("transaction-id"))),
            ("mms-version", "1.2"),
            ("response-status", self.status),
        ]
        if self.status == "Ok":
            self.taken.append(came)
            fields.append(("message-id", f"S{len(self.taken)}@mmsc"))
        return 200, MMS, pdu.write(Pdu("m-send-conf", tuple(fields)))


def retrieve_conf(id: str, sender: str, parts: tuple[Part, ...] = PARTS, **more: Value) -> bytes:
    """The octets of an M-Retrieve.conf. more: further fields, such as retrieve_status."""
    fields: list[tuple[str, Value]] = [
        ("transaction-id", str(more.pop("transaction", "t"))),
        ("mms-version", "1.2"),
        ("message-id", id),
        ("date", 1_772_366_400),
        ("from", sender),
        ("to", "+38640111222/TYPE=PLMN"),
        ("subject", "Počitnice"),
    ]
    fields += [(name.replace("_", "-"), value) for name, value in more.items()]
    return pdu.write(Pdu("m-retrieve-conf", tuple(fields), RELATED if parts else ContentType("*/*"), parts))


def refusal(status: str) -> bytes:
    """An M-Retrieve.conf without a message."""
    fields: tuple[tuple[str, Value], ...] = (("mms-version", "1.2"), ("retrieve-status", status))
    return pdu.write(Pdu("m-retrieve-conf", fields, ContentType("application/vnd.wap.multipart.mixed"), (), b"\x00"))


def notification(
    transaction: str, location: str, sender: str | None = None, size: int = 4000, seconds: int = 86_400
) -> bytes:
    """The push (WSP) with an M-Notification.ind."""
    fields: list[tuple[str, Value]] = [
        ("transaction-id", transaction),
        ("mms-version", "1.2"),
        ("message-class", "Personal"),
        ("message-size", size),
        ("expiry", ("relative", seconds)),
        ("content-location", location),
    ]
    if sender:
        fields.insert(2, ("from", sender))
    return push_of(Pdu("m-notification-ind", tuple(fields)))


def delivery_ind(id: str, status: str, to: str = "+38641000002/TYPE=PLMN") -> bytes:
    """The push with an M-Delivery.ind."""
    told = (("mms-version", "1.2"), ("message-id", id), ("to", to), ("date", 1_772_366_400), ("status", status))
    return push_of(Pdu("m-delivery-ind", told))


def read_orig_ind(id: str, status: str = "Read", by: str = "+38641000002/TYPE=PLMN") -> bytes:
    """The push with an M-Read-Orig.ind."""
    told = (
        ("mms-version", "1.2"),
        ("message-id", id),
        ("to", "+38640111222/TYPE=PLMN"),
        ("from", by),
        ("date", 1_772_366_400),
        ("read-status", status),
    )
    return push_of(Pdu("m-read-orig-ind", told))


def push_of(inner: Pdu, tid: int = 0x42) -> bytes:
    """A WSP Push (WAP-230-WSP 8.2.4.1) for the MMS program of a phone."""
    return bytes((tid, 0x06, 0x03, 0xBE, 0xAF, 0x84)) + pdu.write(inner)


SERVICE_INDICATION = bytes((0x01, 0x06, 0x03, 0xAE, 0xAF, 0x82)) + b"\x02\x05\x6a\x00\x45\xc6\x00\x01"


def pieces(octets: bytes, reference: int = 7, most: int = 125) -> list[tuple[bytes, bytes]]:
    """Octets as (user data header, user data) of the texts to port 2948 that carry them."""
    cut = [octets[at : at + most] for at in range(0, len(octets), most)]
    ports = (2948, 9200)
    heads = [write_header(len(cut), n, reference, False, 0, 0, ports) for n in range(1, len(cut) + 1)]
    return list(zip(heads, cut, strict=True))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mmsc: Mmsc

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _serve(self, body: bytes) -> None:
        self.close_connection = True
        asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        with self.mmsc.lock:
            waiting = self.mmsc.faults[self.command.lower()]
            fault = waiting.pop(0) if waiting else None
        status, kind, said = self.mmsc.answer(asked)
        if fault == "hang up":
            return
        if isinstance(fault, float):
            time.sleep(fault)
        elif isinstance(fault, threading.Event):  # it answers when the test says so
            fault.wait(300)
        elif isinstance(fault, bytes):
            status, kind, said = 200, "text/html" if fault[:1] == b"<" else MMS, fault
        elif isinstance(fault, int):
            status, kind, said = fault, "text/html", HTML
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said[: len(said) // 2] if fault == "cut" else said)


@contextlib.contextmanager
def mmsc() -> Iterator[Mmsc]:
    """An MMSC on a free port of loopback."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False  # then the end waits for them
    made = Mmsc(server.server_address[1])
    handler.mmsc = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)
