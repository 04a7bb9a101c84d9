"""THE LISTENER CONTRACT: client programs that connect to us; what goes in to the gateway, what comes out to them.

A listener is the mirror of a driver (see `link`): it knows a wire and nothing else, and the gateway never sees a
socket. It is found by name: `drivers/<kind>/server` has `open_listener(config, reception) -> Listener`.

In: the listener calls `Reception`. Nothing there blocks but `stop`; what takes time gives a Future. **When the future
of `submit` is done, what was submitted is on disk: now acknowledge to the client, never before.** What the gateway
refuses is an exception of `errors`, whose code the listener spells in its protocol.

Out: a listener that has a client who takes messages gives an `Outlet`. The gateway pushes parcels (receipts, texts of
phones) to it, and believes a parcel told when its future is done, which is when the *client* acknowledged it. What
ends in an exception is told again: `NotTaken` says whether there is any use in that.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from socket import socket
from typing import Any, Literal, Protocol

from .link import Alphabet, Concatenation, ReceiptState


@dataclass(frozen=True, slots=True)
class Address:
    """A number or name as a client wrote it. written: in our spelling, with `+` where it said "international".

    echo: the listener's own spelling, kept by the gateway and given back in receipts; it means nothing to anybody else.
    """

    written: str
    echo: str = ""


@dataclass(frozen=True, slots=True)
class Wants:
    """Which receipts a client asked for: when it arrived, when it did not, and on the way."""

    success: bool = False
    failure: bool = False
    progress: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """One thing that a client submitted: a text, or a part of one, to one number or to several.

    user_data: without its header; see `Alphabet` for its shape. udh: with its length octet, or empty. concatenation:
    which part it is, wherever the wire said so, None for a whole. valid_until, deliver_at: aware, None for ours.
    priority: 0 to 9, None for that of its purpose. service: the client's own word for its kind. replaces: one that
    waits, from the same sender to the same number, is taken back for this one.
    """

    to: tuple[Address, ...]
    sender: Address | None
    alphabet: Alphabet
    user_data: bytes
    udh: bytes = b""
    concatenation: Concatenation | None = None
    message_class: int | None = None
    priority: int | None = None
    valid_until: datetime | None = None
    deliver_at: datetime | None = None
    wants: Wants = Wants()
    service: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    """It is on disk under this id. refused: for each recipient that we refused, its place in `to`, and why.

    again: it was there before, and the client says it again.
    """

    id: str
    refused: tuple[tuple[int, Exception], ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a message is: its state as receipts tell it, since when if that is final, and an error code or empty."""

    state: ReceiptState
    final_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Guest:
    """A client that we let in, on one connection. id: whom its messages belong to. session: this connection.

    window: submissions without an answer. alphabet: what the client means by "the default alphabet".
    """

    id: str
    name: str
    session: str
    sends: bool
    receives: bool
    window: int = 100
    alphabet: Literal["gsm7", "latin1"] = "gsm7"


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody who wants in: who they say they are, from where, and for what. where: the listener, as host:port.

    dismiss: ends the connection, with the reason for the log; from any thread.
    """

    system_id: str
    password: str
    address: str
    sends: bool
    receives: bool
    where: str = ""
    dismiss: Callable[[str], None] = lambda why: None


@dataclass(frozen=True, slots=True)
class Octets:
    """One piece for the wire: user data and header, in one of our alphabets."""

    alphabet: Alphabet
    user_data: bytes
    udh: bytes = b""


@dataclass(frozen=True, slots=True)
class ReceiptParcel:
    """What became of a message: told to whoever asked. id: as it was answered. to, sender: the echo of its addresses.

    progress: it is only on its way. text: how the message begins.
    """

    id: str
    to: str
    sender: str
    state: ReceiptState
    submitted_at: datetime
    at: datetime
    progress: bool = False
    error: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class TextParcel:
    """A text that a phone sent, cut for the wire. sender, to: in our spelling; `to` is our number, if known."""

    id: str
    sender: str
    to: str | None
    pieces: tuple[Octets, ...]


Parcel = ReceiptParcel | TextParcel


class NotTaken(Exception):
    """A parcel did not arrive. for_good: the client refuses it, and will refuse it again."""

    def __init__(self, says: str, *, for_good: bool = False) -> None:
        super().__init__(says)
        self.for_good = for_good


class Outlet(Protocol):
    """A connection that takes parcels. Every method may be called from any thread."""

    @property
    def window(self) -> int:
        """How many parcels it takes without an answer."""

    def push(self, parcel: Parcel) -> Future[None]:
        """Send it; done when the client acknowledged all of it. Ends in NotTaken, also when the connection is gone."""


class Reception(Protocol):
    """The gateway, as a listener sees it. Every method may be called from any thread."""

    def enter(self, knock: Knock) -> Future[Guest]:
        """Let somebody in. Ends in Unauthenticated, Forbidden (scope, network, too many binds) or QueueFull (too many
        tries; code "rate_limited"). Who came in must `leave`."""

    def attach(self, guest: Guest, outlet: Outlet) -> None:
        """The guest takes parcels from now on."""

    def leave(self, guest: Guest) -> None:
        """The connection is gone."""

    def submit(self, guest: Guest, batch: list[Submission]) -> list[Future[Submitted]]:
        """Take what was submitted; each future ends after the commit, in an SmsgwError when it is refused."""

    def query(self, guest: Guest, id: str) -> Future[Outcome]:
        """How a message of this client is. Ends in NotFound."""

    def cancel(self, guest: Guest, id: str, sender: Address | None, to: Address | None) -> Future[int]:
        """Take back the message, or without an id all that wait from `sender` to `to`; how many. Ends in NotFound or
        Conflict (too late)."""

    def replace(self, guest: Guest, id: str, by: Submission) -> Future[None]:
        """Put another text into a message that waits, or that its network has and replaces. Its times count where it
        waits, the rest of `by` but the text and the receipts does not. Ends in NotFound, Conflict (too late, or its
        network does not), BadInput, RefusedByPolicy."""


class Listener(Protocol):
    """An open door for client programs. `start` and `stop` are called once each."""

    name: str

    def start(self) -> None:
        """Listen; returns when clients can connect. Raises OSError when the address cannot be had."""

    def stop(self, deadline: float) -> None:
        """Let nobody in, answer what was submitted, part from everybody until `deadline` (monotonic seconds)."""

    def alive(self) -> bool:
        """Whether it still does its work."""


def open_listener(kind: str, config: Any, reception: Reception, held: socket | None = None) -> Listener:
    """Find the listener by its name. held: listens at the address. Raises ModuleNotFoundError for an unknown kind."""
    listener: Listener = import_module(f"drivers.{kind}.server").open_listener(config, reception, held)
    return listener
