"""What a link may offer besides sending: each group of verbs a protocol, announced by `Abilities.optional`.

Part of the driver contract; what every link has is in `link`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol, runtime_checkable

from .link import InboundContent, Receipt, WirePart

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PhoneText:
    """A text as a simulated phone shows it: `mine` when the phone's owner typed it, ticks when it was delivered."""

    id: str
    mine: bool
    other: str
    text: str
    at: datetime
    delivered: bool = True


@runtime_checkable
class Simulated(Protocol):
    """What a link with phones of its own (the `fake` kind) offers besides: for the API, the command line, the page."""

    def handsets(self) -> list[str]:
        """The numbers of its phones, E.164."""

    def add_handset(self, handset: str) -> bool:
        """Give the network another phone; returns whether it is new. Raises Conflict when it has as many as it can."""

    def texts(self, handset: str) -> list[PhoneText]:
        """What that phone shows, oldest first. Raises NotFound for a phone it does not have."""

    def type_text(self, handset: str, text: str, to: str | None = None) -> str:
        """Send `text` from that phone to the gateway; returns its id. Raises NotFound."""

    def faults(self) -> dict[str, float | int | bool]:
        """The knobs of the network and how they stand."""

    def set_faults(self, changes: dict[str, float | int | bool]) -> None:
        """Turn knobs. Raises BadInput with a pointer for each unknown knob or value out of range."""


@dataclass(frozen=True, slots=True)
class UssdAnswer:
    """What a network said to a USSD code. expects_reply: it waits for a choice (`ussd_reply`)."""

    text: str
    expects_reply: bool = False

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left on a SIM. amount, currency: None when they cannot be found in what the network `said`."""

    amount: Decimal | None
    currency: str | None
    said: str


@runtime_checkable
class SendsSome(Protocol):
    """What a link offers that writes several parts in one go."""

    def send_some(self, parts: Sequence[WirePart]) -> int:
        """Put the first of `parts`, at least one, on the wire as `send` does, and those after it that go without
        waiting. Returns how many that are: for them `events` hears, or has heard, what became of them."""


@runtime_checkable
class SpeaksUssd(Protocol):
    """What a link with "ussd" among its optional abilities offers besides. Every method waits for the network.

    Each raises Conflict when the link cannot do it now, BadInput for what is no code, SmsgwError when it is refused.
    """

    def ussd(self, code: str, timeout: float = 60.0) -> UssdAnswer:
        """Send a code such as *101#."""

    def ussd_reply(self, text: str, timeout: float = 60.0) -> UssdAnswer:
        """Answer the question that the network asked last."""

    def ussd_cancel(self) -> None:
        """End a session that waits for a reply."""

    def balance(self, timeout: float = 60.0) -> Balance:
        """Ask for the money on the SIM with the configured code. Raises Conflict when none is configured."""


@runtime_checkable
class Recalls(Protocol):
    """What a link with "query", "cancel" or "replace" among its optional abilities offers besides.

    Each names a part by the reference that `events.taken` told, with the sender and the recipient that it was sent
    with, and waits for the network. Each raises NotFound when the network does not know the part (any more), Conflict
    when the network refuses or the link cannot ask now, SmsgwError when the network does not answer in time.
    """

    def query(self, reference: str, sender: str | None, to: str) -> Receipt:
        """What the network says of a part, as the receipt that it stands for."""

    def cancel(self, reference: str, sender: str | None, to: str) -> None:
        """Take a part back that the network has not delivered yet."""

    def replace(self, reference: str, part: WirePart) -> None:
        """Put the user data of `part` in the place of what the network has not delivered yet. Raises BadInput when it
        cannot stand there."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a carrier told us over HTTP. url: as it was called, query included. headers: names in small letters.

    peer: the address that it came from.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """What is answered to a notice. headers: further ones, such as WWW-Authenticate."""

    status: int
    media: str = "text/plain"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class TakesNotices(Protocol):
    """What a link offers whose carrier calls us over HTTP with receipts and texts.

    The driver's `Config` may have `most_told`: the most octets that one call may have, where that is more than other
    requests may.
    """

    def notice(self, notice: Notice) -> Noted:
        """Take a notice in, if it is the carrier's: what it told is on disk when this returns. May wait for that."""


@dataclass(frozen=True, slots=True)
class Notification:
    """An MMS that waits in the network until it is fetched (M-Notification.ind).

    transaction: what the network calls this announcement. location: where the MMS is. sender: None when it is not told.
    size: octets as announced, 0: not told. expires_at: None when it is not told. version: of MMS, for our answers.
    """

    transaction: str
    location: str
    sender: str | None = None
    subject: str = ""
    size: int = 0
    expires_at: datetime | None = None
    version: str = "1.2"


@dataclass(frozen=True, slots=True)
class OtherPush:
    """A WAP push that is neither an MMS nor a report on one: a service indication, settings, or unreadable octets."""

    content_type: str
    application: str | None
    says: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """An MMS that was fetched. transaction: the network's name for the fetch, which our acknowledgement repeats."""

    inbound: InboundContent
    transaction: str | None = None


MmsOutcome = Literal["retrieved", "deferred", "acknowledged"]


@runtime_checkable
class FetchesMms(Protocol):
    """What a link with "fetch" among its optional abilities offers besides: MMS that wait in the network.

    Whoever uses it stores a notification first, then fetches, then stores the content, and only then acknowledges.
    """

    def read_push(self, octets: bytes, at: datetime) -> Notification | Receipt | OtherPush:
        """What a WAP push (the octets of port 2948, whole) is that came at `at`. Quick, offline, and never raises."""

    def fetch(self, notification: Notification) -> Fetched:
        """Fetch an MMS; it stays in the network until it is acknowledged. Waits. Raises NotFetched."""

    def acknowledge(self, notification: Notification, outcome: MmsOutcome, transaction: str | None = None) -> None:
        """Tell the network: retrieved (at once), deferred (we fetch it later), or acknowledged (fetched after that).

        transaction: of the fetch, with acknowledged. Waits. Raises NotFetched when it could not be told.
        """


@runtime_checkable
class LendsMedia(Protocol):
    """What a link offers whose carrier fetches the media of an MMS from us."""

    def medium(self, token: str) -> str | None:
        """The SHA-256 (hexadecimal digits) of the medium that a token of the link lends; None for one that lends
        nothing, or no longer."""


@dataclass(frozen=True, slots=True)
class WireLine:
    """Something that went over a wire, as an engineer reads it. way: ">" from us, "<" to us.

    what: a command, in the protocol's own word. fields: by the protocol's names, in its order. What people wrote is
    there as its length and coding alone, and a secret not at all; numbers may be whole: who keeps the line masks them.
    """

    way: Literal["<", ">"]
    what: str
    fields: Mapping[str, str] = field(default_factory=dict)


class Tap:
    """Where a driver tells its lines: while `tell` is None nobody looks, and a driver makes nothing up for it.

    On its way: `if tap.tell is not None: tap.put(read, ...)`, where read(...) gives the lines.
    """

    __slots__ = ("tell",)

    def __init__(self) -> None:
        self.tell: Callable[[WireLine], None] | None = None

    def put(self, read: Callable[..., Iterable[WireLine]], *said: object) -> None:
        """Tell the lines of what was said. What cannot be read is a defect of ours, and nothing ends for it."""
        tell = self.tell
        if tell is None:  # it ended meanwhile
            return
        try:
            for line in read(*said):
                tell(line)
        except Exception as defect:  # noqa: BLE001  # the link goes on, whatever a look at it may do
            log.warning("a line of a link cannot be shown: %s", type(defect).__name__)  # its words may quote the line


@runtime_checkable
class Traced(Protocol):
    """What a link offers whose wire can be looked at."""

    tap: Tap


def text_told(length: int, coding: str) -> str:
    """What stands in a line for a text: how long it is, and how it is coded."""
    return f"‹{length} {coding}›"
