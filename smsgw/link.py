"""THE DRIVER CONTRACT: what goes down to a network, what comes up, which error means what.

A driver is a module `drivers/<kind>` with a pydantic model `Config` (its own fields, each with its sentence) and one
function, `open_link(name, config, events) -> Link`. It knows the wire and nothing else: it never sees the database,
and the gateway never sees a socket.

Down: the gateway calls `Link.send(part)` from one thread per link. It returns as soon as the part is on the wire and
blocks only while the window is full. The answer comes up later, exactly once for each part: `events.taken(part,
reference)` or `events.failed(part, error)`. One exception: after `failed(part, NoAnswer)` the answer may still come,
late; then `taken` follows and settles what was unsure, or `failed` with an error that is no NoAnswer: the network
says after all that it did not take the part, which therefore may be sent again.

Up: `events.receipt(...)`, `events.inbound(...)` and `events.call(...)` return a Future. **When it is done without an
exception, what was told is on disk: now acknowledge to the network or delete from the SIM, never before.** When it
ends in an exception, do not acknowledge: the network will say it again. A driver that may block waits with
`.result()`; one that may not hangs a callback on it.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from typing import Any, Literal, Protocol

from .link_errors import (
    LinkDown,
    LinkError,
    Misconfigured,
    NoAnswer,
    RecipientUnreachable,
    RejectedForGood,
    RejectedForNow,
    Throttled,
)

__all__ = [
    "Abilities", "Alphabet", "Call", "Concatenation", "Content", "ContentPart", "Envelope", "Events", "Health",
    "InboundContent", "InboundPiece", "Link", "LinkDown", "LinkError", "LinkState", "Misconfigured", "NoAnswer",
    "Receipt", "ReceiptState", "RecipientUnreachable", "RejectedForGood", "RejectedForNow", "Throttled",
    "WirePart", "open_link",
]  # fmt: skip


class Alphabet(StrEnum):
    """How user data is coded on the air (3GPP TS 23.038 section 4)."""

    GSM7 = "gsm7"  # septets, one in each octet of `user_data` (unpacked; packing is the driver's)
    OCTETS = "octets"  # 8-bit data
    UCS2 = "ucs2"  # UTF-16BE octets


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a link can carry: the text room chooses the cheapest coding among these.

    single_shift, locking_shift: national language numbers (23.038 table 6.2.1.2.4) the link is known to keep.
    wide_reference: whether 16-bit concatenation references (23.040 section 9.2.3.24.8) are used.
    lacks: GSM letters it cannot write (then no national ones either). whole: it is given long texts uncut.
    sends: False for a link that only receives: nothing is routed to it.
    reports: which receipts it asks for; with "failures" silence says that a message arrived.
    optional: verbs beyond sending, such as "ussd", "balance", "query", "cancel", "replace"; or "schedule": it minds
    `WirePart.deliver_at`. content: what it carries besides texts: "mms" to a phone, "mail" to a mail address.
    most_octets: of one content, all parts and headers; 0: no limit is known.
    """

    alphabets: frozenset[Alphabet] = frozenset({Alphabet.GSM7, Alphabet.UCS2})
    single_shift: frozenset[int] = frozenset()
    locking_shift: frozenset[int] = frozenset()
    wide_reference: bool = False
    lacks: frozenset[str] = frozenset()
    whole: bool = False
    reports: Literal["all", "failures", "none"] = "all"
    optional: frozenset[str] = frozenset()
    sends: bool = True
    content: frozenset[Literal["mms", "mail"]] = frozenset()
    most_octets: int = 0


@dataclass(frozen=True, slots=True)
class ContentPart:
    """One part of a content: a picture, a text, a sound, the SMIL that arranges them.

    media_type: as in MIME, lower case, without parameters ("image/jpeg", "text/plain", "application/smil").
    name: its file name, by which SMIL names it (Content-Location). charset: of text, an IANA name; else None.
    content_id: without angle brackets, or empty.
    """

    media_type: str
    data: bytes
    name: str = ""
    charset: str | None = None
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What an MMS or a mail carries: a subject and parts in their order; at most one part is SMIL, and then the first.

    read_report: whether we want to be told that it was read. reply_to: of a mail, where the answer is to go.
    unsubscribe: of a mail that may be ended, the address for one tap (RFC 8058), or "". automatic: no person wrote it.
    """

    parts: tuple[ContentPart, ...]
    subject: str = ""
    read_report: bool = False
    reply_to: str | None = None
    unsubscribe: str | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class WirePart:
    """One over-the-air piece of one message, ready for a driver.

    to: E.164 with `+`, or a short code in digits. sender: E.164, digits, an alphanumeric name, None: the link's own.
    user_data: without the header; see `Alphabet`. udh: the user data header, its length octet first, or empty (23.040
    9.2.3.24). validity: seconds the network may try, or None. message_class: 0 (flash) to 3, or None. priority: 0 to 9
    (urgent). deliver_at: the network keeps it until then. `of` > 1 without a header: the network cuts it into so many.
    content: an MMS or a mail, which is always one part, with no user data; then `to` may be a mail address.
    """

    message_id: str
    position: int
    of: int
    to: str
    sender: str | None
    alphabet: Alphabet
    user_data: bytes
    udh: bytes = b""
    validity: int | None = None
    receipt: bool = True
    message_class: int | None = None
    priority: int = 5
    deliver_at: datetime | None = None
    content: Content | None = None

    @property
    def dcs(self) -> int:
        """The data coding scheme octet (23.038 section 4): general group, uncompressed, with the class if any."""
        coding = {Alphabet.GSM7: 0x00, Alphabet.OCTETS: 0x04, Alphabet.UCS2: 0x08}[self.alphabet]
        return coding if self.message_class is None else coding | 0x10 | self.message_class


class ReceiptState(StrEnum):
    """What a network says became of a part (SMPP 3.4 section 5.2.28; 23.040 section 9.2.3.15)."""

    ENROUTE = "enroute"  # still trying: nothing is decided
    DELIVERED = "delivered"
    EXPIRED = "expired"
    DELETED = "deleted"
    UNDELIVERABLE = "undeliverable"
    ACCEPTED = "accepted"  # somebody accepted it on behalf of the phone: nothing is decided
    UNKNOWN = "unknown"
    REJECTED = "rejected"

    @property
    def final(self) -> bool:
        """Whether nothing more is to be expected for this part."""
        return self not in (ReceiptState.ENROUTE, ReceiptState.ACCEPTED, ReceiptState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a network said about a reference it gave us before (or is about to give us: receipts may come first).

    recipient: the number it names, if any. at: its own time, UTC. error: its own code. said: its own words.
    also: how the answer may have spelled the reference, where a driver cannot know (hexadecimal, with zeros); believed
    only for an open part to the same recipient.
    """

    reference: str
    state: ReceiptState
    recipient: str | None = None
    at: datetime | None = None
    error: str | None = None
    said: str | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Which piece of which whole an inbound piece is (23.040 section 9.2.3.24.1, or SMPP sar_* parameters)."""

    reference: int
    of: int
    position: int
    wide: bool = False  # 16-bit references and 8-bit ones are different series


@dataclass(frozen=True, slots=True)
class InboundPiece:
    """Something that a phone sent us, as it came: smsgw joins the pieces and decodes the whole.

    reference: the same whenever the network hands over the same piece again, so that a repeat is dropped.
    repeats_within: seconds in which an equal reference means a repeat; None: at any time (it is truly unique).
    user_data: without its header, shaped as `Alphabet` says. udh: with its length octet, or empty.
    concatenation: only if the wire says so outside the header (SMPP sar_*); otherwise smsgw reads it from `udh`.
    kind: "text"; or "flash", "indication" (message waiting), "silent", "data" (port-addressed or 8-bit).
    """

    reference: str
    sender: str
    to: str | None
    alphabet: Alphabet
    user_data: bytes
    udh: bytes = b""
    concatenation: Concatenation | None = None
    sent_at: datetime | None = None
    repeats_within: int | None = None
    kind: Literal["text", "flash", "indication", "silent", "data"] = "text"


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a mail came, which decides whether anything is done with it.

    sender: the envelope's, "" for none, as bounces have. headers: the mail's own, names in small letters, in order.
    known: it was handed in by somebody who logged in, or by this machine. size: octets of the whole mail.
    bounces: what a delivery status (RFC 3464) tells; each reference is the Message-ID of the mail that it is about.
    """

    sender: str
    headers: tuple[tuple[str, str], ...] = ()
    known: bool = False
    size: int = 0
    bounces: tuple[Receipt, ...] = ()


@dataclass(frozen=True, slots=True)
class InboundContent:
    """An MMS or a mail that somebody sent us, whole.

    reference: the same whenever the network hands over the same content again, so that a repeat is dropped.
    sender: E.164, or a mail address. to: which of our numbers or addresses. also_to: other recipients it names.
    envelope: of a mail. A mail whose future ends in an error that no repeat can heal (BadInput, Forbidden, NotFound,
    RefusedByPolicy) is refused for good.
    """

    reference: str
    sender: str
    to: str | None
    content: Content
    sent_at: datetime | None = None
    also_to: tuple[str, ...] = ()
    envelope: Envelope | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody rang this link: their number (None when withheld) and when (UTC)."""

    caller: str | None
    at: datetime


class LinkState(StrEnum):
    """How a link is, in the order of getting better."""

    DOWN = "down"  # not connected; the driver tries again by itself
    RESTING = "resting"  # the driver gave up for a while: wrong password, PIN needed, barred
    CONNECTING = "connecting"
    DEGRADED = "degraded"  # receives, but sending is slow or refused
    UP = "up"


@dataclass(frozen=True, slots=True)
class Health:
    """How a link is now, in words that a shop owner understands, and facts for engineers (signal, operator, IMSI)."""

    state: LinkState
    why: str = ""
    facts: dict[str, str] = field(default_factory=dict)


class Events(Protocol):
    """What a driver tells the gateway. Every method may be called from any thread."""

    def taken(self, part: WirePart, reference: str) -> None:
        """The network took this part and calls it `reference`."""

    def failed(self, part: WirePart, error: LinkError) -> None:
        """The network did not take this part, or we cannot know."""

    def receipt(self, receipt: Receipt) -> Future[None]:
        """What became of a part. Acknowledge when the future is done."""

    def inbound(self, piece: InboundPiece) -> Future[None]:
        """Somebody sent us something. Acknowledge (or delete from the SIM) when the future is done."""

    def content(self, inbound: InboundContent) -> Future[None]:
        """Somebody sent us an MMS or a mail. Acknowledge when the future is done."""

    def call(self, call: Call) -> Future[None]:
        """Somebody rang."""

    def health(self, health: Health) -> None:
        """The link's state changed."""


class Link(Protocol):
    """One configured connection to a network. `start` and `stop` are called once each."""

    name: str

    @property
    def window(self) -> int:
        """How many parts the link keeps unanswered: 1 for a modem."""

    @property
    def abilities(self) -> Abilities:
        """What it can carry."""

    def start(self) -> None:
        """Begin to connect, in the driver's own threads; returns at once. Trouble is told by `events.health`."""

    def send(self, part: WirePart) -> None:
        """Put one part on the wire. Blocks while the window is full. Never raises for the network's sake: what goes
        wrong, also "not connected", is told by `events.failed`."""

    def stop(self, deadline: float) -> None:
        """Send nothing more, settle what is in flight until `deadline` (time.monotonic seconds), then close.

        Every part given to `send` has had its `taken` or `failed` when this returns."""

    def health(self) -> Health:
        """How it is now."""


def open_link(name: str, kind: str, config: Any, events: Events) -> Link:
    """Find the driver by its name and open a link with it.

    kind: the file or folder under `drivers/`. config: an instance of the driver's own `Config`. Raises
    ModuleNotFoundError when there is no such driver.
    """
    link: Link = import_module(f"drivers.{kind}").open_link(name, config, events)
    return link
