"""An MMSC of our own: it takes MM7 requests over real sockets and calls back, for the driver `mm7` and its contract.

The surprise: it reads SOAP and MIME with the standard library alone, so that it shares no mistake with the driver; and
as no web server of ours runs here, it hands its calls to the link itself, again and again until they are taken.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.request import parse_http_list, parse_keqv_list
from xml.etree import ElementTree

from smsgw.link import Link
from smsgw.link_verbs import Noted, Notice, TakesNotices
from tests.emulators.mmsc_server import Server
from tests.emulators.ports import unused

SCHEMAS = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"
REL5, REL6 = SCHEMAS + "REL-5-MM7-1-0", SCHEMAS + "REL-6-MM7-1-4"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
PEER = "127.0.0.1"


@dataclass
class Asked:
    """A request as the MMSC understood it. parts: (type, name, octets). fields: every element with words, by name."""

    kind: str
    transaction: str
    namespace: str
    to: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    parts: list[tuple[str, str, bytes]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Answer:
    """What it answers instead of a success. status: of MM7; None: no SOAP at all. text: a whole body of its own."""

    status: int | None = None
    http: int = 200
    words: str = ""
    failed: tuple[str, ...] = ()
    message_id: bool = True
    text: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Mmsc:
    """`asked` is what it took in, `next` what it answers next; `link` is whom it calls."""

    def __init__(self, auth: str = "basic", context: ssl.SSLContext | None = None) -> None:
        self.link: Any = None
        self.web: tuple[Callable[[], int] | int, str] | None = None  # port and path of a gateway to call over HTTP
        self.auth = auth
        self.asked: list[Asked] = []
        self.next: list[Answer] = []
        self.silent = threading.Event()
        self.reached = 0  # requests that came, also those that it is silent about
        self.closing = threading.Event()
        self.down = self.swaps = self.reports = False
        self.namespace = REL6
        self.drips = 0.0  # seconds between two octets of an answer
        self.challenges = 0
        self.port = unused()  # where it can listen again
        self._context = context
        self._count = itertools.count(1)
        self._nonce = secrets.token_hex(8)
        self._counts: set[str] = set()
        self._acknowledged = self._session = 0
        self._open: set[socket.socket] = set()
        self._listen()

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/mm7"

    def settings(self, **more: Any) -> dict[str, Any]:
        """What a link needs to reach it."""
        return {
            "url": self.url, "auth": self.auth, "user": "vasp", "password": "secret", "vasp_id": "acme",
            "vas_id": "news", "sender": "22233", "told_from": [PEER], "probe_every": 0.05, **more,
        }  # fmt: skip

    def attach(self, link: Link) -> None:
        """This is whom to call."""
        assert isinstance(link, TakesNotices)
        self.link = link

    def _listen(self) -> None:
        self._server = Server((PEER, self.port), _handler(self))
        self._server.context = self._context
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def disconnect(self) -> None:
        """Cut every connection and allow no new one."""
        self.down = True
        self._server.shutdown()
        self._server.server_close()
        for handle in list(self._open):
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

    def reconnect(self) -> None:
        """Allow connections again."""
        self.down = False
        self._session += 1
        self._listen()

    def go_silent(self) -> None:
        """Answer nothing more."""
        self.silent.set()

    def recover(self) -> None:
        """Answer again."""
        self.silent.clear()
        self.next.clear()

    def refuse_next(self) -> None:
        """Refuse the next message for good."""
        self.next.append(Answer(2002, words="Address error"))

    def throttle_next(self) -> None:
        """Say "too fast" to the next message."""
        self.next.append(Answer(3510, words="Too many requests"))

    def submitted(self) -> list[tuple[str, str]]:
        """(to, text) of every message that it took."""
        return [
            (to, octets.decode())
            for one in self.asked
            for to in one.to
            for kind, _, octets in one.parts
            if kind == "text/plain" and one.fields.get("taken")
        ]

    # What we ask it

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of what it answers."""
        if (challenge := self._challenge(headers)) is not None:
            self.challenges += 1
            return 401, {"WWW-Authenticate": challenge}, b"who are you?"
        asked = understand(headers, body)
        self.asked.append(asked)
        says = self.next.pop(0) if self.next else Answer(1000, words="Success")
        if says.status is None or says.text is not None:
            return says.http, {"Content-Type": "text/html", **says.headers}, (says.text or "<html>no</html>").encode()
        name = f"M-{next(self._count)}"
        if says.status in (1000, 1100):
            asked.fields |= {"taken": "yes", "id": name}
            if asked.kind == "SubmitReq" and self.reports and asked.fields.get("DeliveryReport") == "true":
                self._later(self.report, name, asked.to[0])
            inside = f"<MessageID>{name}</MessageID>" if says.message_id else ""
            failed = "".join(f"<Number>{one}</Number>" for one in says.failed)
            details = f"<Details>{failed}</Details>" if failed else ""
            kind = asked.kind.removesuffix("Req") + "Rsp"
            told = f"{_status(says, details)}{inside if asked.kind == 'SubmitReq' else ''}"
        else:
            kind, told = "RSErrorRsp", _status(says, "")
        within = f'<{kind} xmlns="{self.namespace}"><MM7Version>6.8.0</MM7Version>{told}</{kind}>'
        if kind == "RSErrorRsp":
            says_so = "<faultcode>env:Client</faultcode><faultstring>Client error</faultstring>"
            within = f"<env:Fault>{says_so}<detail>{within}</detail></env:Fault>"
        text = envelope(asked.transaction, within, self.namespace)
        return says.http, {"Content-Type": "text/xml; charset=utf-8", **says.headers}, text.encode()

    def _challenge(self, headers: dict[str, str]) -> str | None:
        kind, _, said = headers.get("authorization", "").partition(" ")
        if self.auth == "none":
            return None
        if self.auth == "basic":
            good = kind == "Basic" and base64.b64decode(said) == b"vasp:secret"
            return None if good else 'Basic realm="mmsc"'
        challenge = f'Digest realm="mmsc", qop="auth", nonce="{self._nonce}", algorithm=MD5'
        if kind != "Digest":
            return challenge
        given = parse_keqv_list(parse_http_list(said))
        a1, a2 = _md5("vasp:mmsc:secret"), _md5(f"POST:{given['uri']}")
        wanted = _md5(f"{a1}:{self._nonce}:{given['nc']}:{given['cnonce']}:auth:{a2}")
        good = given["response"] == wanted and given["nonce"] == self._nonce and given["nc"] not in self._counts
        self._counts.add(given["nc"])
        return None if good else challenge

    # What it tells us

    def call(self, headers: dict[str, str], body: bytes, method: str = "POST", peer: str = PEER) -> Noted:
        """One call, as the web server would hand it over."""
        if self.web is not None:
            return self._posted(headers, body)
        named = {key.lower(): value for key, value in headers.items()}
        url = f"http://gateway.test/carriers/{self.link.name}"
        noted: Noted = self.link.notice(Notice(method, url, named, body, peer))
        return noted

    def _posted(self, headers: dict[str, str], body: bytes) -> Noted:
        try:
            port, path = self.web or (0, "")
            with closing(HTTPConnection(PEER, port() if callable(port) else port, timeout=60)) as connection:
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                return Noted(answer.status, body=answer.read().decode())
        except (OSError, HTTPException, ValueError):  # nobody is there, or there no more
            return Noted(0)

    def report(self, message_id: str, to: str, status: str = "Retrieved", kind: str = "DeliveryReportReq") -> None:
        """Tell what became of a message, until we have taken it."""
        self._tell(*self.report_of(message_id, to, status, kind))

    def report_of(
        self, message_id: str, to: str, status: str = "Retrieved", kind: str = "DeliveryReportReq"
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a report. With `swaps` the parties stand the wrong way round, as Mbuni writes them."""
        them, us = f"<Number>{to}</Number>", "<ShortCode>22233</ShortCode>"
        first, second = (us, them) if self.swaps else (them, us)
        when = "Date" if kind == "DeliveryReportReq" else "TimeStamp"
        within = (
            f'<{kind} xmlns="{self.namespace}"><MM7Version>6.8.0</MM7Version><MessageID>{message_id}</MessageID>'
            f"<Recipient>{first}</Recipient><Sender>{second}</Sender><{when}>2026-11-23T05:00:00.123Z</{when}>"
            f"<MMStatus>{status}</MMStatus></{kind}>"
        )
        text = envelope(f"R-{next(self._count)}", within, self.namespace)
        return {"Content-Type": "text/xml; charset=utf-8"}, text.encode()

    def phone_sends(self, sender: str, text: str) -> None:
        """A phone sends us a text, as an MMS."""
        told = self.deliver(sender, [("text/plain; charset=utf-8", "t.txt", text.encode())])
        self._later(self._tell, *told, True)

    def deliver(
        self,
        sender: str,
        parts: list[tuple[str, str, bytes]],
        linked: str | None = None,
        coding: Callable[[bytes], tuple[str, bytes]] | None = None,
        to: str = "<ShortCode>22233</ShortCode>",
        subject: str = "",
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a DeliverReq with these (type, name, octets)."""
        number = next(self._count)
        within = (
            f'<DeliverReq xmlns="{self.namespace}"><MM7Version>6.8.0</MM7Version><LinkedID>{linked or f"L-{number}"}'
            f"</LinkedID><Sender><Number>{sender}</Number></Sender><Recipients><To>{to}</To></Recipients>"
            f"<TimeStamp>2026-11-23T06:00:00+01:00</TimeStamp><Subject>{subject}</Subject>"
            '<Content href="cid:cnt"/></DeliverReq>'
        )
        outer, inner = secrets.token_hex(8), secrets.token_hex(8)
        soap = envelope(f"T-{number}", within, self.namespace).encode()
        pieces = b""
        for kind, name, octets in parts:
            how, coded = (coding or _base64)(octets)
            head = f"Content-Type: {kind}\r\nContent-Location: {name}\r\nContent-Transfer-Encoding: {how}\r\n\r\n"
            pieces += f"--{inner}\r\n".encode() + head.encode() + coded + b"\r\n"
        head = f"--{outer}\r\nContent-Type: text/xml\r\nContent-ID: <soap>\r\n\r\n".encode()
        mixed = f'Content-Type: multipart/mixed; boundary="{inner}"\r\nContent-ID: <cnt>'
        middle = f"\r\n--{outer}\r\n{mixed}\r\n\r\n".encode()
        body = head + soap + middle + pieces + f"--{inner}--\r\n\r\n--{outer}--\r\n".encode()
        return {"Content-Type": f'multipart/related; boundary="{outer}"; type="text/xml"; start="<soap>"'}, body

    def acknowledged(self) -> int:
        """How many MMS of phones were taken."""
        return self._acknowledged

    def _later(self, what: Callable[..., None], *given: Any) -> None:
        threading.Thread(target=what, args=given, daemon=True).start()

    def _tell(self, headers: dict[str, str], body: bytes, counts: bool = False) -> None:
        while not self.closing.is_set():
            if not self.down and (self.link or self.web):
                session = self._session
                if self.call(headers, body).status == 200:
                    self._acknowledged += counts
                    return
                while counts and not self.web and session == self._session and not self.closing.is_set():
                    time.sleep(0.02)  # it tries again only over a new connection
            time.sleep(0.02 if self.web is None else 0.2)


def understand(headers: dict[str, str], body: bytes) -> Asked:
    """Read a request with the standard library."""
    whole = message_from_bytes(f"Content-Type: {headers['content-type']}\r\n\r\n".encode() + body, policy=HTTP)
    pieces = list(whole.iter_parts()) if whole.is_multipart() else [whole]
    root = ElementTree.fromstring(pieces[0].get_payload(decode=True))
    said = root.find(f"{{{ENVELOPE}}}Body")[0]  # type: ignore[index]
    namespace, _, kind = said.tag[1:].partition("}")
    transaction = root.findtext(f"{{{ENVELOPE}}}Header/{{{namespace}}}TransactionID", "")
    names = [(re.sub(r".*}", "", one.tag), (one.text or "").strip()) for one in said.iter()]
    asked = Asked(kind, transaction, namespace, headers=headers, body=body)
    asked.fields = {name: words for name, words in names if words}
    asked.order = [re.sub(r".*}", "", one.tag) for one in said]
    for way in said.iter(f"{{{namespace}}}Recipients"):
        asked.to = [(one.text or "").strip() for one in way.iter() if (one.text or "").strip()]
    content = said.find(f"{{{namespace}}}Content")
    if content is not None:
        named = next(one for one in pieces[1:] if one["Content-ID"] == f"<{content.get('href', '')[4:]}>")
        asked.parts = [
            (one.get_content_type(), one["Content-Location"] or "", one.get_payload(decode=True))
            for one in named.walk()
            if not one.is_multipart()
        ]
    return asked


def envelope(transaction: str, within: str, namespace: str) -> str:
    """SOAP around an element."""
    head = f'<TransactionID xmlns="{namespace}" env:mustUnderstand="1">{transaction}</TransactionID>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="{ENVELOPE}"><env:Header>{head}</env:Header>'
        f"<env:Body>{within}</env:Body></env:Envelope>"
    )


def _status(says: Answer, details: str) -> str:
    text = f"<StatusText>{says.words}</StatusText>" if says.words else ""
    return f"<Status><StatusCode>{says.status}</StatusCode>{text}{details}</Status>"


def _base64(octets: bytes) -> tuple[str, bytes]:
    return "base64", base64.encodebytes(octets).replace(b"\n", b"\r\n").strip()


def _md5(said: str) -> str:
    return hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()


def _handler(mmsc: Mmsc) -> type[BaseHTTPRequestHandler]:
    class Talk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one segment: else each answer waits for an acknowledgement

        def setup(self) -> None:
            super().setup()
            mmsc._open.add(self.connection)

        def finish(self) -> None:
            mmsc._open.discard(self.connection)
            with suppress(OSError):
                super().finish()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            mmsc.reached += 1
            while mmsc.silent.is_set() and not mmsc.closing.is_set() and not mmsc.down:
                time.sleep(0.01)
            if mmsc.closing.is_set() or mmsc.down:
                self.close_connection = True
                return
            status, headers, said = mmsc.answer({key.lower(): value for key, value in self.headers.items()}, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            for octet in (said[at : at + 1] for at in range(len(said))) if mmsc.drips else (said,):
                self.wfile.write(octet)
                self.wfile.flush()
                if mmsc.closing.wait(mmsc.drips):
                    return

        def log_message(self, *_: Any) -> None:
            pass

    return Talk


@contextmanager
def mm7_network(auth: str = "basic", context: ssl.SSLContext | None = None) -> Iterator[Mmsc]:
    """An MMSC that runs."""
    mmsc = Mmsc(auth, context)
    try:
        yield mmsc
    finally:
        mmsc.closing.set()
        if not mmsc.down:
            mmsc.disconnect()
