"""What people and programs tell about somebody's consent, checked whole before it is written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ...errors import BadInput, Fault
from ...text.number import read_number
from . import basis as consent_basis
from .categories import every
from .consent import RESERVED, SOFT, Statement, record
from .proof import wording_id
from .stop import withdraw


@dataclass(frozen=True, slots=True)
class Told:
    """A yes or no that somebody tells of. words: the proof. at: when it was said, None for now. wording: the text that
    was answered. The rest as in a Statement."""

    address: str
    granted: bool
    words: str
    source: str
    by: str
    scope: str = "*"
    at: datetime | None = None
    wording: str | None = None
    expires_at: datetime | None = None
    soft: bool = False
    note: str | None = None


def read_address(written: str, region: str | None) -> str:
    """A number in its one spelling, or a mail address in small letters. Raises BadInput."""
    if "@" in written:
        return written.strip().lower()
    try:
        return read_number(written, region)
    except BadInput as wrong:
        raise BadInput([Fault("/address", fault.code, fault.detail) for fault in wrong.faults]) from wrong


def tell(conn: Connection, told: Told, now: datetime) -> int:
    """Write down a yes or no; returns how many waiting messages a no refused. Raises BadInput with every fault."""
    faults = wrong(conn, told, now)
    if faults:
        raise BadInput(faults)
    said = Statement(
        told.address,
        told.granted,
        told.words,
        told.at or now,
        told.source,
        told.by,
        scope=told.scope,
        basis=SOFT if told.soft else None,
        wording_id=wording_id(conn, told.source, told.wording, now) if told.wording else None,
        expires_at=told.expires_at,
        note=told.note,
        recorded_at=None if told.at is None else now,
    )
    if told.granted:
        record(conn, [said])
        return 0
    return withdraw(conn, [said], now)


def wrong(conn: Connection, told: Told, now: datetime) -> list[Fault]:
    """What is wrong with what somebody tells."""
    faults: list[Fault] = []
    active = {code for code, one in every(conn).items() if one.active}
    if told.scope not in RESERVED and told.scope not in active:
        there = ", ".join(sorted(active)) or "none yet"
        says = f"{told.scope!r} is no category in use; there are: {there}; or *, marketing, orders"
        faults.append(Fault("/scope", "category_unknown", says))
    if not told.words.strip():
        faults.append(Fault("/words", "proof_missing", "say how they said it: the words, or which form it was"))
    elif told.granted and not told.soft and consent_basis.is_purchase(told.words):
        says = f"{told.words.strip()[:60]!r} {consent_basis.SAYS}"
        faults.append(Fault("/words", "purchase_is_no_consent", says))
    if told.at is not None and told.at > now:
        faults.append(Fault("/at", "out_of_range", "it was said in the future: check the time"))
    if told.expires_at is not None and told.expires_at <= now:
        faults.append(Fault("/expires_at", "out_of_range", "it is over already: check the time"))
    return faults
