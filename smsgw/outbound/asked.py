"""What a caller asks the door for, what the door makes of it, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..media.contents import Contents
from ..media.pages import Page
from ..money.budget import Budgets
from ..text.parts import Piece
from .gate import gate

PRIORITY = {"otp": 9, "conversational": 7, "transactional": 5, "service": 4, "marketing": 1}


@dataclass(slots=True)  # not frozen: each message makes one, and a frozen one costs seven times as much
class Asked:
    """What a caller wants sent. `client` names the caller; everything else as the API documents it.

    send_at: aware, None for now. expires_in: seconds from send_at. on_unsure: "resend", "hold", "fail" or None for
    the policy of its purpose. data: octets instead of a text, which is "" then; ports: (destination, origin) of data.
    content: slides or files instead of a text: an MMS to a number, a mail to a mail address.
    track_links: the addresses in the text go as short links (see `short_links`).
    """

    to: str
    text: str
    client: str
    sender: str | None = None
    client_ref: str | None = None
    priority: int | None = None  # None: by purpose, so that a reply overtakes a campaign
    purpose: str = "transactional"
    send_at: datetime | None = None
    expires_in: int | None = None
    link: str | None = None
    message_class: int | None = None
    max_parts: int | None = None
    on_unsure: str | None = None
    reply_to: str | None = None
    allow_duplicate: bool = False
    metadata: Mapping[str, Any] | None = None
    data: bytes | None = None
    ports: tuple[int, int] | None = None
    campaign_id: str | None = None
    category: str | None = None  # of marketing: what its recipients agreed to
    content: Contents | None = None
    track_links: bool = False


@dataclass(frozen=True)
class Terms:
    """The settings that apply to everybody: see the [sending] section of the configuration for each."""

    region: str | None = None
    sender: str | None = None
    max_parts: int = 10
    validity: int = 172_800
    queue_bound: int = 1_000_000
    on_unsure: str = "resend"
    sticky: frozenset[str] = frozenset({"conversational"})
    rules: gate.Rules = field(default_factory=gate.Rules)
    budgets: Budgets | None = None


@dataclass(slots=True)  # not frozen: each message makes one, and a frozen one costs seven times as much
class Cut:
    """What goes over the air: the words that are kept, the coding, and its pieces.

    id: the message's, if it has one already. size: octets of an MMS, which has a price of its own; None for texts.
    """

    text: str
    encoding: str
    pieces: Sequence[Piece]
    id: str | None = None
    size: int | None = None


@dataclass(slots=True)  # not frozen: each message makes one, and a frozen one costs seven times as much
class Ready:
    """A message that was read and cut: what the transaction stores.

    content: the row of what it carries besides a text, media: that of each of its media. page: where it can be seen.
    links: rows of the short links in its text.
    """

    asked: Asked
    row: dict[str, Any]
    parts: list[dict[str, Any]]
    candidate: gate.Candidate
    content: dict[str, Any] | None = None
    media: list[dict[str, Any]] = field(default_factory=list)
    page: Page | None = None
    links: Sequence[dict[str, Any]] = ()


@dataclass(slots=True)  # not frozen: each message makes one, and a frozen one costs seven times as much
class Accepted:
    """A stored message as its row stands; `created` is False when the client_ref was known already."""

    row: Mapping[str, Any]
    created: bool = True
