"""Orders: rows and their life. What was asked at each turn stays as a revision, with the prices of that moment.

Everything here works inside the caller's transaction; it says nothing to anybody. Who decides is the dialogue
(`dialogue.orders`), a person (`desk`) or the clock (`clock`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from ...store import history
from ...store.ids import new_id
from ...store.lifecycle import ORDER
from ...store.tables import order, order_line, order_revision
from ...store.tables.types import AnyRow
from .. import expectations
from ..catalogue import catalogue
from ..catalogue.catalogue import THOUSAND
from ..reading.terms import Item
from .money import line_amount

FIRST_NUMBER = 10_001  # five digits: a reading knows such a number in a text for that of an order
OPEN = ("asked", "needs_review")
CLIENT = "orders"

_O, _L = order.c, order_line.c
# Built once: every text that orders asks them.
_ONE = select(order).where(_O.id == bindparam("its_id")).with_for_update()
_OPEN_WITH = (
    select(order)
    .where(_O.address == bindparam("its_address"), _O.state.in_(OPEN))
    .order_by(_O.id.desc())
    .limit(1)
    .with_for_update()
)
_HIGHEST = select(func.max(_O.number))
_LINES = (
    select(order_line)
    .where(_L.order_id == bindparam("its_id"), _L.revision == bindparam("its_revision"))
    .order_by(_L.position)
)
_INSERT_REVISION, _INSERT_LINE = insert(order_revision), insert(order_line)


@dataclass(frozen=True, slots=True)
class Line:
    """What is wanted of one product, with its price of this moment. quantity: thousandths; None: nobody said."""

    sku: str
    name: str
    unit: str
    quantity: int | None
    price: int | None
    amount: int | None
    currency: str | None
    spans: Sequence[Sequence[int]] = ()
    how: str = ""


@dataclass(frozen=True, slots=True)
class Priced:
    """The lines of a revision. total: None while a price or a quantity is not known; reasons: why, in stable words."""

    lines: tuple[Line, ...]
    total: int | None
    currency: str | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants something: their number, to which of ours they wrote, over which link, in which language."""

    address: str
    recipient: str | None
    link: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What makes a revision: the words of a text, or a person's reason where no text asked for it.

    What a person accepts or edits keeps the customer's words; the person is `by`, and the reason is in the history.
    """

    words: str
    by: str
    at: datetime
    inbound_id: str | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a person must look, in stable words, and what the customer may have meant."""

    reasons: tuple[str, ...]
    candidates: tuple[str, ...] = ()
    request: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """How long an order waits for a yes. remind: a reminder goes out when half of that has passed."""

    lapse_after: timedelta = timedelta(days=1)
    remind: bool = True
    renew_within: timedelta = timedelta(days=7)

    def asked(self, now: datetime) -> dict[str, datetime | None]:
        """The columns of an order whose summary goes out at `now`."""
        remind_at = now + self.lapse_after / 2 if self.remind else None
        return {"asked_at": now, "remind_at": remind_at, "lapses_at": now + self.lapse_after}


_NO_TIMES = {"remind_at": None, "lapses_at": None}


def price(conn: Connection, items: Iterable[Item], language: str) -> Priced:
    """These items with the names of a language and today's prices."""
    items = list(items)
    known = catalogue.of(conn, [item.sku for item in items])
    lines = []
    reasons: list[str] = []
    for item in items:
        row = known.get(item.sku)
        if row is None or not row.active:
            reasons.append(f"not in the catalogue: {item.sku}")
        quantity = None if item.quantity is None else item.quantity * THOUSAND
        if quantity is not None and quantity.denominator != 1:
            reasons.append(f"a quantity that cannot be written: {item.quantity} of {item.sku}")
        whole = None if quantity is None else int(Fraction(quantity))
        cost = None if row is None else row.price
        currency = None if row is None else row.currency
        amount = None if cost is None or whole is None else line_amount(cost, whole, str(currency))
        if row is not None and cost is None:
            reasons.append(f"no price: {item.sku}")
        name, unit = (item.sku, "pcs") if row is None else (catalogue.name_of(row, language), row.unit)
        lines.append(Line(item.sku, name, unit, whole, cost, amount, currency, [*item.spans], item.how))
    return _summed(tuple(lines), tuple(reasons))


def _summed(lines: tuple[Line, ...], reasons: tuple[str, ...]) -> Priced:
    currencies = {line.currency for line in lines if line.currency is not None}
    if len(currencies) > 1:
        return Priced(lines, None, None, (*reasons, f"several currencies: {', '.join(sorted(currencies))}"))
    amounts = [line.amount for line in lines]
    currency = next(iter(currencies), None)
    total = None if not lines or None in amounts else sum(amount for amount in amounts if amount is not None)
    return Priced(lines, total, currency if total is not None else None, reasons)


# Births and moves


def take(
    conn: Connection,
    asker: Asker,
    priced: Priced,
    turn: Turn,
    times: Times,
    doubt: Doubt | None = None,
    wish: str | None = None,
    campaign: str | None = None,
) -> AnyRow:
    """Store a new order, asked about, or in doubt before a person; returns its row."""
    now = turn.at
    id = new_id("ord", now)
    values: dict[str, Any] = {
        "id": id,
        "number": _next_number(conn),
        **asdict(asker),
        "campaign": campaign,
        "revision": 1,
        "total": priced.total,
        "currency": priced.currency,
        "wish": wish,
        "reasons": None if doubt is None else list(doubt.reasons),
        "candidates": None if doubt is None else list(doubt.candidates) or None,
        "request": None,
        "unclear": 0,
        "created_at": now,
        **(times.asked(now) if doubt is None else {"asked_at": None, **_NO_TIMES}),
        "confirmed_at": None,
        "confirmed_revision": None,
        "proof": None,
        "ended_at": None,
    }
    events = [("take", f"{asker.address} asked for it")]
    if doubt is not None:
        events.append(("doubt", "; ".join(doubt.reasons)))
    history.begin(conn, ORDER, [history.Birth(values, events)], by=turn.by, now=now)
    _write_revision(conn, id, 1, priced, turn)
    return get(conn, id)


def _next_number(conn: Connection) -> int:
    return max(conn.scalar(_HIGHEST) or 0, FIRST_NUMBER - 1) + 1


def _write_revision(conn: Connection, id: str, revision: int, priced: Priced, turn: Turn) -> None:
    made = {
        "order_id": id,
        "revision": revision,
        "total": priced.total,
        "currency": priced.currency,
        "inbound_id": turn.inbound_id,
        "words": turn.words,
        "by": turn.by,
        "at": turn.at,
    }
    conn.execute(_INSERT_REVISION, made)
    rows = [
        {
            "order_id": id,
            "revision": revision,
            "position": place,
            **asdict(line),
            "spans": [list(span) for span in line.spans],
        }
        for place, line in enumerate(priced.lines, 1)
    ]
    if rows:
        conn.execute(_INSERT_LINE, rows)


def revise(
    conn: Connection, row: AnyRow, priced: Priced, turn: Turn, times: Times, why: str, wish: str | None = None
) -> AnyRow | None:
    """A new revision that is asked about; returns the row, None when the order cannot be asked about any more."""
    values = {
        "revision": row.revision + 1,
        "total": priced.total,
        "currency": priced.currency,
        "wish": wish or row.wish,
        "reasons": None,
        "candidates": None,
        "request": None,
        "unclear": 0,
        "confirmed_at": None,
        "confirmed_revision": None,
        "proof": None,
        "ended_at": None,
        **times.asked(turn.at),
    }
    if not _move(conn, row.id, "revise", why, turn.by, turn.at, values):
        return None
    _write_revision(conn, row.id, row.revision + 1, priced, turn)
    return get(conn, row.id)


def doubt(
    conn: Connection, row: AnyRow, told: Doubt, by: str, now: datetime, revision: tuple[Priced, Turn] | None = None
) -> bool:
    """Put an order before a person: one that is asked about, or a confirmed one that the customer wants changed.

    revision: what the person finds filled in, where the text says something new. Returns whether it was possible.
    """
    values: dict[str, Any] = {
        "reasons": list(told.reasons),
        "candidates": list(told.candidates) or None,
        "request": None if told.request is None else dict(told.request),
        **_NO_TIMES,
    }
    if revision is not None:
        priced = revision[0]
        values |= {"revision": row.revision + 1, "total": priced.total, "currency": priced.currency}
    event = "doubt" if row.state != "needs_review" else None
    if event is None:
        history.note(conn, ORDER, "doubt", [history.Step(row.id, "; ".join(told.reasons))], by=by, now=now)
        _set(conn, row.id, values)
    elif not _move(conn, row.id, event, "; ".join(told.reasons), by, now, values):
        return False
    if revision is not None:
        _write_revision(conn, row.id, row.revision + 1, *revision)
    return True


def confirm(conn: Connection, row: AnyRow, proof: Mapping[str, Any], by: str, now: datetime, why: str) -> AnyRow | None:
    """The newest revision is wanted; proof: the words that say so. None when it cannot be confirmed any more."""
    values = {
        "confirmed_at": now,
        "confirmed_revision": row.revision,
        "proof": dict(proof),
        "reasons": None,
        "candidates": None,
        "request": None,
        "unclear": 0,
        **_NO_TIMES,
    }
    if not _move(conn, row.id, "confirm", why, by, now, values):
        return None
    expectations.close(conn, now, "answered: yes", subject=row.id)
    return get(conn, row.id)


def cancel(conn: Connection, row: AnyRow, by: str, now: datetime, why: str) -> bool:
    """Nobody wants it; returns whether it could still be cancelled."""
    moved = _move(conn, row.id, "cancel", why, by, now, {"ended_at": now, **_NO_TIMES})
    if moved:
        expectations.close(conn, now, "the order is cancelled", subject=row.id)
    return moved


def fulfil(conn: Connection, row: AnyRow, by: str, now: datetime, why: str) -> bool:
    """It was delivered or handed over; returns whether it was confirmed before."""
    return _move(conn, row.id, "fulfil", why, by, now, {"ended_at": now})


def take_back(conn: Connection, row: AnyRow, by: str, now: datetime, why: str) -> bool:
    """It was not handed over after all; returns whether it was thought so."""
    return _move(conn, row.id, "take_back", why, by, now, {"ended_at": None})


def lapse(conn: Connection, row: AnyRow, now: datetime, why: str) -> bool:
    """Nobody said yes in time; returns whether it was still asked about."""
    return _move(conn, row.id, "lapse", why, "clock", now, {"ended_at": now, **_NO_TIMES})


def note(conn: Connection, row: AnyRow, event: str, why: str, by: str, now: datetime, **values: Any) -> None:
    """Write a line about an order that moves nothing (a reminder, an unclear answer); values: columns that change."""
    history.note(conn, ORDER, event, [history.Step(row.id, why)], by=by, now=now)
    if values:
        _set(conn, row.id, values)


def _set(conn: Connection, id: str, values: Mapping[str, Any]) -> None:
    conn.execute(order.update().where(order.c.id == id).values(**values))


def _move(conn: Connection, id: str, event: str, why: str, by: str, now: datetime, values: Mapping[str, Any]) -> bool:
    [was] = history.move(conn, ORDER, event, [history.Step(id, why, values)], by=by, now=now)
    return was is not None


# What is there


def get(conn: Connection, id: str) -> AnyRow:
    """The order with this id, for a step that changes it: nobody else does until the step is over."""
    return conn.execute(_ONE, {"its_id": id}).one()


def lines_of(conn: Connection, id: str, revision: int) -> list[AnyRow]:
    """The lines of a revision, in order."""
    return list(conn.execute(_LINES, {"its_id": id, "its_revision": revision}))


def items_of(lines: Iterable[AnyRow | Line]) -> tuple[Item, ...]:
    """Lines as a reading tells them."""
    return tuple(Item(line.sku, None if line.quantity is None else Fraction(line.quantity, THOUSAND)) for line in lines)


def words_of(conn: Connection, row: AnyRow) -> str:
    """The words that made the order as it stands."""
    r = order_revision.c
    words = select(r.words).where(r.order_id == row.id, r.revision == row.revision)
    return str(conn.execute(words).scalar_one())


def open_with(conn: Connection, address: str) -> AnyRow | None:
    """The newest order of a customer that is not decided, if there is one."""
    return conn.execute(_OPEN_WITH, {"its_address": address}).first()


def stopped(conn: Connection, address: str, words: str, now: datetime) -> list[int]:
    """The customer said STOP: what was never confirmed is cancelled; returns the numbers of these orders."""
    o = order.c
    never = o.confirmed_revision.is_(None)
    rows = list(conn.execute(select(order).where(o.address == address, o.state.in_(OPEN), never)))
    why = f"{address} said {words.strip()[:40]!r}"
    return [row.number for row in rows if cancel(conn, row, "stop_words", now, why)]
