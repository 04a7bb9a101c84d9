"""A customer's own page by a signed link: whose it is, and what was said with that number.

The link needs no login. It says whose page it is and until when, for a purpose of its own: a link to the page of
choices does not open this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ..errors import Conflict
from ..store.tables import inbound, message
from .consent.choice import read_token, signed
from .consent.suppression import key, make_key
from .customers import Person

KEY = "own page"  # of the gateway's own keys
PATH = "/own/"
SECRET = "otp"  # what must not be read by whoever has the link


@dataclass(frozen=True, slots=True)
class Said:
    """A text between us and a customer. mine: we wrote it."""

    at: datetime
    mine: bool
    text: str


def token(conn: Connection, address: str, now: datetime) -> str:
    """What the link to an address's own page ends with; inside a writer's step, for it may make the key."""
    return signed(make_key(conn, KEY), address, now)


def token_step(conn: Connection, batch: list[tuple[str, datetime]]) -> list[str]:
    """Writer step: the same for several."""
    return [token(conn, address, now) for address, now in batch]


def whose(conn: Connection, written: str, now: datetime) -> str:
    """The address that a link is for. Raises NotFound for one that we did not make, or that is too old."""
    return read_token(key(conn, KEY), written, now)


def number_of(person: Person) -> str:
    """The number that a customer's own page is of: the first one. Raises Conflict for a customer without one."""
    for one in person.addresses:
        if one.kind == "phone":
            return str(one.address)
    raise Conflict(f"{person.id} has no telephone number", hint="a page of one's own is of a number: add one")


def said(conn: Connection, address: str, limit: int = 20) -> list[Said]:
    """The newest texts with a customer, newest first; codes and what never went out are left out."""
    m, i = message.c, inbound.c
    shown = ("sent", "delivered", "queued", "sending", "unsure")
    ours = select(m.id, m.created_at.label("at"), m.text).where(m.recipient == address, m.state.in_(shown))
    theirs = select(i.id, i.received_at.label("at"), i.text).where(
        i.sender == address, i.kind.in_(("text", "flash", "mms"))
    )
    found = [
        Said(row.at, True, row.text)
        for row in conn.execute(ours.where(m.purpose != SECRET, m.text != "").order_by(m.id.desc()).limit(limit))
    ]
    found += [
        Said(row.at, False, row.text)
        for row in conn.execute(theirs.where(i.text != "").order_by(i.id.desc()).limit(limit))
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:limit]
