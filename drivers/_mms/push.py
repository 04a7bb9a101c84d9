"""The WAP push that carries an MMS notification: a WSP Push (WAP-230-WSP 8.2.4.1) in texts to port 2948."""

from __future__ import annotations

from dataclasses import dataclass

from . import pdu, tokens
from .pdu import Pdu
from .wsp import LENGTH_QUOTE, Reader

PORT = 2948  # wap-push (IANA)
PUSH = 0x06
MMS = "application/vnd.wap.mms-message"
_APPLICATION_ID = 0x2F
_MMS_MESSAGE, _MMS_UA = 0x3E, 0x04  # well-known numbers of the content type and of the program
_MOST_HEADERS = 64


@dataclass(frozen=True, slots=True)
class Push:
    """A push: its transaction, what it carries, for which program of a phone, and the octets."""

    tid: int
    content_type: str
    application: str | None
    body: bytes

    @property
    def is_mms(self) -> bool:
        """Whether it is for the MMS program; others are service indications, settings and the like."""
        return self.content_type == MMS

    def mms(self) -> Pdu:
        """The MMS PDU in it. Raises Malformed."""
        return pdu.read(self.body)


def read(octets: bytes) -> Push:
    """The push in what came to port 2948. Raises Malformed for anything else."""
    reader = Reader(octets)
    tid, kind = reader.octet(), reader.octet()
    if kind not in (PUSH, PUSH + 1):  # Push and ConfirmedPush
        raise reader.wrong(f"a WSP PDU of type {kind:#04x} is no push")
    head = reader.within(reader.uintvar())
    content_type = head.content_type().name
    application = None
    for _ in range(_MOST_HEADERS):
        if not head:
            return Push(tid, content_type, application, reader.take(reader.end - reader.at))
        application = _header(head) or application
    raise head.wrong(f"more than {_MOST_HEADERS} headers")


def _header(head: Reader) -> str | None:
    """Read one header; the name of the program when it is the one that says so."""
    if LENGTH_QUOTE < head.peek() < 0x7F:
        name, value = head.text().lower(), head.text()
        return value.strip() if name == "x-wap-application-id" else None
    if head.peek() < 0x80:  # another code page (8.4.2.6): a shift, and its number
        if head.octet() == 0x7F:
            head.octet()
        return None
    if head.octet() & 0x7F != _APPLICATION_ID:
        head.value()
        return None
    if LENGTH_QUOTE < head.peek() < 0x80:
        return head.text().removeprefix("x-wap-application:")
    number = head.integer()
    return tokens.APPLICATIONS.get(number, f"{number:#x}")


def announcement(transaction: str, location: str, sender: str, size: int, seconds: int = 3 * 86_400) -> bytes:
    """The push with which an MMSC announces a message (M-Notification.ind): for simulated networks."""
    fields = (
        ("transaction-id", transaction),
        ("mms-version", "1.2"),
        ("from", f"{sender}/TYPE=PLMN"),
        ("message-class", "Personal"),
        ("message-size", size),
        ("expiry", ("relative", seconds)),
        ("content-location", location),
    )
    head = bytes((0x80 | _MMS_MESSAGE, 0x80 | _APPLICATION_ID, 0x80 | _MMS_UA))
    return bytes((0x01, PUSH, len(head))) + head + pdu.write(Pdu("m-notification-ind", fields))
