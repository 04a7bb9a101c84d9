"""What the checks of the gate look at, what they may answer, and the rules that they obey."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from .facts import Facts

MARKETING = "marketing"
COUNTED = frozenset({MARKETING, "service"})  # what frequency caps count and hold: replies, orders and codes are exempt


@dataclass(slots=True)  # not frozen: each message makes one, and a frozen one costs seven times as much
class Candidate:
    """What the checks look at. send_at: not before this time. id: set when the message is stored already.

    sender: None for the link's own number. price: of the whole message, in millionths of `currency`,
    if a rate is known. digest: what tells its content from another; None for texts.
    instead_of: the message that it goes out in place of, if any.
    """

    recipient: str
    text: str
    purpose: str
    send_at: datetime
    reply_to: str | None = None
    allow_duplicate: bool = False
    id: str | None = None
    category: str | None = None
    sender: str | None = None
    valid_until: datetime | None = None
    client: str = ""
    campaign_id: str | None = None
    link: str | None = None
    parts: int = 1
    price: int | None = None
    currency: str | None = None
    encoding: str = ""
    digest: str | None = None
    instead_of: str | None = None


def candidate_of(
    row: Mapping[str, Any], send_at: datetime, allow_duplicate: bool = False, stored: bool = True
) -> Candidate:
    """What the checks look at of a message's row. stored: whether the row is in the store already."""
    told = row.get("metadata")
    return Candidate(
        row["recipient"],
        row["text"],
        row["purpose"],
        send_at,
        row["reply_to"],
        allow_duplicate,
        row["id"] if stored else None,
        row["category"],
        row["sender"],
        row["valid_until"],
        row["client"],
        row["campaign_id"],
        row["link"],
        row["parts"],
        row["price"],
        row["currency"],
        row["encoding"],
        instead_of=told.get("instead_of") if told else None,
    )


@dataclass(frozen=True, slots=True)
class Refuse:
    """No, for good: a stable code, and words that say why and what to do."""

    code: str
    says: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Not yet: look again at `until`."""

    until: datetime
    says: str


@dataclass(slots=True)
class Go:
    """Yes, and why: a sentence for its trace. Where nothing is to be said, a check says nothing."""

    says: str


Verdict = Refuse | Hold


@dataclass(frozen=True)
class Rules:
    """What the checks obey: the settings of the file ([gate] and [sending]), and the facts that people change.

    duplicate_window: seconds, 0 for no guard. countries: ISO 3166 letters, empty for all. quiet: the purposes that
    open hours are for. spread: seconds over which what waited for them is spread. marketing_parts: 0 for no bound.
    registered: "IE:Shop" for names that a country's register has. mail: whether a link carries mail. more: checks that
    others put in the places named "budget" and "approval".
    """

    duplicate_window: int = 60
    countries: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset({MARKETING})
    spread: int = 3600
    soft_opt_in: bool = False
    way_out: bool = True
    marketing_parts: int = 0
    registered: frozenset[str] = frozenset()
    mail: bool = False
    region: str | None = None
    facts: Facts = field(default_factory=Facts, compare=False)
    more: dict[str, Check] = field(default_factory=dict, compare=False)


Check = Callable[[Connection, Sequence[Candidate], Rules, datetime], Mapping[int, Verdict | Go]]
