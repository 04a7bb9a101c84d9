"""What we asked a customer, until it is answered, replaced or too old: so that "yes" and "2" mean something.

Whoever sends a text that wants an answer opens an expectation in the same transaction. A reading gets the newest that
is open as `terms.Open`, with those before it as `older`; `payload` holds what the reading needs, as `payload_of` makes
it, and may hold more for whoever opened it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from ..store.ids import new_id
from ..store.tables import expectation
from ..store.tables.types import AnyRow
from .reading.terms import Choice, Item, Open

MOST = 8  # expectations of one customer that a reading weighs against each other


_E = expectation.c
_OF_ANY = (  # built once: every text that comes in asks it twice
    select(expectation)
    .where(_E.address == bindparam("its_address"), _E.closed_at.is_(None), _E.expires_at > bindparam("now"))
    .order_by(_E.sent_at.desc(), _E.id.desc())
    .limit(MOST)
)
_OF_ONE = _OF_ANY.where(or_(_E.recipient.is_(None), _E.recipient == bindparam("its_recipient")))


@dataclass(frozen=True, slots=True)
class Expected:
    """What is asked of a customer.

    address: the customer's number; recipient: which of our numbers asks (None: any). kind: "offer", "confirm",
    "survey", "rsvp", "clarify", "optin" or "notice". subject: the id of the record it is about. payload: see
    `payload_of`. message_id: the text that asks.
    """

    address: str
    kind: str
    sent_at: datetime
    expires_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    recipient: str | None = None
    subject: str | None = None
    campaign: str | None = None
    revision: int = 1
    message_id: str | None = None


def payload_of(
    text: str = "",
    choices: Sequence[Choice] = (),
    quantity: Fraction | None = None,
    pending: Sequence[Item] = (),
    scale: tuple[int, int] | None = None,
    order: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The payload that says what a reading must know of the message (the fields of `terms.Open`), and `more`."""
    return {
        "text": text,
        "choices": [{"number": one.number, "sku": one.sku, "label": one.label} for one in choices],
        "quantity": None if quantity is None else str(quantity),
        "pending": [[one.sku, None if one.quantity is None else str(one.quantity)] for one in pending],
        "scale": None if scale is None else list(scale),
        "order": order,
        **more,
    }


def open(conn: Connection, batch: Sequence[Expected], *, beside: bool = False) -> list[str]:
    """Remember what is asked, in the transaction that stores the messages; returns the ids, in order.

    A new one about the same subject of the same customer replaces the one before it, unless it stands beside it.
    """
    rows: list[dict[str, Any]] = []
    for one in batch:
        if one.subject is not None and not beside:
            close(conn, one.sent_at, "replaced by a newer one", address=one.address, subject=one.subject)
        rows.append(
            {
                "id": new_id("exp", one.sent_at),
                "address": one.address,
                "recipient": one.recipient,
                "kind": one.kind,
                "subject": one.subject,
                "campaign": one.campaign,
                "payload": dict(one.payload),
                "revision": one.revision,
                "message_id": one.message_id,
                "sent_at": one.sent_at,
                "expires_at": one.expires_at,
            }
        )
    if rows:
        conn.execute(insert(expectation), rows)
    return [row["id"] for row in rows]


def close(
    conn: Connection,
    now: datetime,
    why: str,
    *,
    ids: Sequence[str] | None = None,
    subject: str | None = None,
    address: str | None = None,
    campaign: str | None = None,
) -> int:
    """Close those that are open and fit everything given (give at least one); returns how many."""
    e = expectation.c
    given = [(e.subject, subject), (e.address, address), (e.campaign, campaign)]
    where = [column == value for column, value in given if value is not None]
    where += [e.id.in_(list(ids))] if ids is not None else []
    if not where:
        raise ValueError("say which expectations are closed")
    change = update(expectation).where(e.closed_at.is_(None), *where).values(closed_at=now, closed_why=why)
    return conn.execute(change).rowcount


def close_of_orders(conn: Connection, address: str, why: str, now: datetime) -> None:
    """Close what older orders ask of a customer: a yes is to the order that is asked about last."""
    e = expectation.c
    older = update(expectation).where(
        e.address == address, e.closed_at.is_(None), e.subject.like("ord\\_%", escape="\\")
    )
    conn.execute(older.values(closed_at=now, closed_why=why))


def listing(conn: Connection, address: str, now: datetime, recipient: str | None = None) -> list[AnyRow]:
    """What is open with a customer at `now`, newest first; recipient: at this number of ours."""
    if recipient is None:
        return list(conn.execute(_OF_ANY, {"its_address": address, "now": now}))
    return list(conn.execute(_OF_ONE, {"its_address": address, "now": now, "its_recipient": recipient}))


def by_id(conn: Connection, id: str) -> AnyRow | None:
    """One expectation, also a closed one."""
    return conn.execute(select(expectation).where(expectation.c.id == id)).first()


def newest(conn: Connection, address: str, now: datetime, recipient: str | None = None) -> Open | None:
    """The newest that is open with a customer as a reading takes it, those before it in `older`; None: nothing is."""
    found = [as_open(row, now) for row in listing(conn, address, now, recipient)]
    return replace(found[0], older=tuple(found[1:])) if found else None


def as_open(row: AnyRow, now: datetime) -> Open:
    """An expectation as a reading takes it."""
    told = row.payload
    return Open(
        id=row.id,
        kind=row.kind,
        text=told.get("text", ""),
        age=max(0.0, (now - row.sent_at) / timedelta(hours=1)),
        campaign=row.campaign,
        choices=tuple(Choice(one["number"], one["sku"], one["label"]) for one in told.get("choices", ())),
        quantity=fraction(told.get("quantity")),
        pending=tuple(Item(sku, fraction(quantity)) for sku, quantity in told.get("pending", ())),
        scale=None if told.get("scale") is None else (told["scale"][0], told["scale"][1]),
        order=told.get("order"),
    )


def fraction(written: str | None) -> Fraction | None:
    """A quantity as a payload writes it."""
    return None if written is None else Fraction(written)
