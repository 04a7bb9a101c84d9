"""What people do with orders: write down, accept, edit, reject, ask, fulfil, cancel; the history has who and why.

What goes to the customer goes out in the same transaction, under the order's own name, so that a second try of the same
act says nothing twice. With an order, the texts that wait because of it are handled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, select

from ...errors import BadInput, Conflict, Fault, SmsgwError
from ...outbound.submit import Door
from ...store import history
from ...store.database import Database
from ...store.lifecycle import INBOUND
from ...store.tables import inbound
from ...store.tables.types import AnyRow
from ...text.wording import wording
from .. import expectations
from ..catalogue import catalogue
from ..catalogue.catalogue import THOUSAND
from ..dialogue.saying import tell
from ..reading.terms import Item
from . import asking, orders
from . import listing as orders_listing
from . import mail as orders_mail
from .orders import Turn
from .rules import Rules
from .words import about, number

LONGEST_TEXT = 600


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does with an order. named: its id or number. why: in the person's words, may be empty.

    revision: of the order as the person saw it; None: whatever it is now. items: of an edit, sku and quantity; text:
    of a question; by_phone: the customer said yes already; quietly: the customer is not told.
    """

    named: str
    by: str
    at: datetime
    why: str = ""
    revision: int | None = None
    items: Sequence[tuple[str, Fraction]] = ()
    text: str = ""
    by_phone: bool = False
    quietly: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """An order that somebody writes down for a customer, as it was told on the phone or in the shop.

    address: the customer's number. language: in which the customer is told. items, why, by_phone, quietly: see Act.
    """

    address: str
    language: str
    items: Sequence[tuple[str, Fraction]]
    by: str
    at: datetime
    why: str = ""
    wish: str | None = None
    by_phone: bool = False
    quietly: bool = False


class Desk:
    """The verbs of people about orders. Each returns the order's row.

    Raises NotFound, Conflict (its state forbids it, or it is another revision by now), BadInput, and what the door
    raises when the customer must be told and cannot be.
    """

    def __init__(self, database: Database, door: Door, rules: Rules) -> None:
        self._database = database
        self._door = door
        self._rules = rules

    def write_down(self, told: Written) -> AnyRow:
        """Take an order that no text asked for: the customer gets the summary, or, agreed by phone, it is confirmed."""
        return self._database.writer.do(self._write_down, told)

    def accept(self, act: Act) -> AnyRow:
        """Take what was understood: the customer gets the summary, or, agreed by phone, it is confirmed at once."""
        return self._do(self._accept, act)

    def edit(self, act: Act) -> AnyRow:
        """Put these lines instead; the customer gets the new summary, or, agreed by phone, it is confirmed at once."""
        return self._do(self._edit, act)

    def reject(self, act: Act) -> AnyRow:
        """Do not take it: a new order is cancelled; what the customer wants changed stays as it was confirmed."""
        return self._do(self._reject, act)

    def ask(self, act: Act) -> AnyRow:
        """Ask the customer something about it, in own words; the order stays as it is."""
        return self._do(self._ask, act)

    def confirm(self, act: Act) -> AnyRow:
        """The customer said yes by another way, such as on the phone."""
        return self._do(self._confirm, act)

    def fulfil(self, act: Act) -> AnyRow:
        """It was delivered or handed over."""
        return self._do(self._fulfil, act)

    def take_back(self, act: Act) -> AnyRow:
        """It was not delivered or handed over: that was a mistake."""
        return self._do(self._take_back, act)

    def cancel(self, act: Act) -> AnyRow:
        """It is not delivered after all; the customer is told, unless quietly."""
        return self._do(self._cancel, act)

    def _do(self, verb: Callable[[Connection, AnyRow, Act], None], act: Act) -> AnyRow:
        return self._database.writer.do(self._step, (verb, act))

    def _step(
        self, conn: Connection, batch: list[tuple[Callable[[Connection, AnyRow, Act], None], Act]]
    ) -> list[AnyRow]:
        return [self._one(conn, verb, act) for verb, act in batch]

    def _one(self, conn: Connection, verb: Callable[[Connection, AnyRow, Act], None], act: Act) -> AnyRow:
        row = orders.get(conn, orders_listing.find(conn, act.named).id)
        if act.revision is not None and act.revision != row.revision:
            says = f"order {number(row)} has the revision {row.revision} by now; you saw {act.revision}"
            raise Conflict(says, code="order_changed", hint="look at it again")
        verb(conn, row, act)
        return orders.get(conn, row.id)

    # The verbs, within the writer's step

    def _write_down(self, conn: Connection, batch: list[Written]) -> list[AnyRow]:
        return [self._take(conn, told) for told in batch]

    def _take(self, conn: Connection, told: Written) -> AnyRow:
        if (other := orders.open_with(conn, told.address)) is not None:
            says = f"order {number(other)} of {told.address} is {other.state}: a yes would not say which is meant"
            raise Conflict(says, code="order_state", hint="edit that one, or decide about it first")
        priced = orders.price(conn, _checked(conn, told.items), told.language)
        if priced.reasons:
            raise Conflict(f"it cannot be asked about: {'; '.join(priced.reasons)}", code="order_incomplete")
        asker = orders.Asker(told.address, None, None, told.language)
        turn = Turn(told.why or "a person wrote it down", told.by, told.at)
        row = orders.take(conn, asker, priced, turn, self._rules.times, wish=told.wish)
        act = Act(row.id, told.by, told.at, told.why, by_phone=told.by_phone, quietly=told.quietly)
        if told.by_phone:
            self._confirm(conn, row, act)
        else:
            self._ask_for_a_yes(conn, row, act)
        return orders.get(conn, row.id)

    def _accept(self, conn: Connection, row: AnyRow, act: Act) -> None:
        _require(row, "needs_review")
        request: Mapping[str, Any] = row.request or {}
        if request.get("what") == "cancel":
            return self._cancel(conn, row, act)
        words = orders.words_of(conn, row)
        if request.get("what") == "edit":
            words = request.get("words") or words
            items = [Item(sku, expectations.fraction(quantity)) for sku, quantity in request["items"]]
        else:
            lines = orders.lines_of(conn, row.id, row.revision)
            items = [
                replace(item, spans=tuple((begin, end) for begin, end in line.spans), how=line.how)
                for item, line in zip(orders.items_of(lines), lines, strict=True)
            ]
        return self._asked_anew(conn, row, act, items, words, "a person accepted it")

    def _edit(self, conn: Connection, row: AnyRow, act: Act) -> None:
        _require(row, "needs_review", "asked")
        self._asked_anew(conn, row, act, _checked(conn, act.items), orders.words_of(conn, row), "a person edited it")

    def _asked_anew(self, conn: Connection, row: AnyRow, act: Act, items: Sequence[Item], words: str, why: str) -> None:
        if not items or any(item.quantity is None for item in items):
            says = f"order {number(row)} has no lines, or one without a quantity: edit it first"
            raise Conflict(says, code="order_incomplete", hint="say which products and how many")
        priced = orders.price(conn, items, row.language)
        if priced.reasons:
            raise Conflict(f"order {number(row)} cannot be asked about: {'; '.join(priced.reasons)}")
        told = f"{why}: {act.why}" if act.why else why
        new = orders.revise(conn, row, priced, Turn(words, act.by, act.at), self._rules.times, told)
        if new is None:
            raise _forbidden(row, "asked about")
        _handle_texts(conn, row, act, told)
        if act.by_phone:
            return self._confirm(conn, new, act)
        return self._ask_for_a_yes(conn, new, act)

    def _ask_for_a_yes(self, conn: Connection, row: AnyRow, act: Act) -> None:
        text = about("order_summary", row, orders.lines_of(conn, row.id, row.revision))
        message_id = self._say(conn, row, text, f"order:{row.id}:{row.revision}", act)
        asking.expect(conn, row, text, message_id, act.at, row.lapses_at)

    def _reject(self, conn: Connection, row: AnyRow, act: Act) -> None:
        _require(row, "needs_review")
        if row.confirmed_revision is None:
            return self._cancel(conn, row, act)
        why = f"it stays as it was confirmed: {act.why}" if act.why else "it stays as it was confirmed"
        orders.confirm(conn, row, row.proof, act.by, act.at, why)
        _handle_texts(conn, row, act, why)
        return None

    def _ask(self, conn: Connection, row: AnyRow, act: Act) -> None:
        _require(row, "needs_review", "asked", "confirmed")
        if not 0 < len(act.text.strip()) <= LONGEST_TEXT:
            says = f"a question has 1 to {LONGEST_TEXT} letters"
            raise BadInput([Fault("/text", "text_invalid", says)])
        text = act.text.strip()
        message_id = self._say(conn, row, text, f"order:{row.id}:asked:{act.at:%Y%m%d%H%M%S%f}", act)
        asking.expect_answer(conn, row, text, message_id, act.at)
        orders.note(conn, row, "ask", f"asked the customer: {text[:200]!r}", act.by, act.at)

    def _confirm(self, conn: Connection, row: AnyRow, act: Act) -> None:
        _require(row, "needs_review", "asked")
        lines = orders.lines_of(conn, row.id, row.revision)
        if row.total is None and any(line.quantity is None for line in lines):
            raise Conflict(f"order {number(row)} has a line without a quantity: edit it first", code="order_incomplete")
        proof = {"by": act.by, "words": act.why or "agreed with the customer", "received_at": act.at.isoformat()}
        why = f"a person confirmed it: {act.why}" if act.why else "a person confirmed it"
        done = orders.confirm(conn, row, proof, act.by, act.at, why)
        if done is None:
            raise _forbidden(row, "confirmed")
        if not act.quietly:
            text = about("order_confirmed", done, lines)
            tell(conn, self._door, done.address, text, f"order:{done.id}:{done.revision}:confirmed", act.at)
        orders_mail.confirmed(conn, done, self._rules.mail_to, act.at)
        _handle_texts(conn, row, act, why)

    def _fulfil(self, conn: Connection, row: AnyRow, act: Act) -> None:
        why = f"handed over: {act.why}" if act.why else "handed over"
        if not orders.fulfil(conn, row, act.by, act.at, why):
            raise _forbidden(row, "fulfilled")
        expectations.close(conn, act.at, "the order is fulfilled", subject=row.id)

    def _take_back(self, conn: Connection, row: AnyRow, act: Act) -> None:
        if not orders.take_back(conn, row, act.by, act.at, act.why or "it was not handed over"):
            raise _forbidden(row, "taken back")

    def _cancel(self, conn: Connection, row: AnyRow, act: Act) -> None:
        why = f"a person cancelled it: {act.why}" if act.why else "a person cancelled it"
        if not orders.cancel(conn, row, act.by, act.at, why):
            raise _forbidden(row, "cancelled")
        if not act.quietly:
            text = wording("order_cancelled", row.language).format(number=number(row))
            tell(conn, self._door, row.address, text, f"order:{row.id}:cancelled", act.at)
        _handle_texts(conn, row, act, why)

    def _say(self, conn: Connection, row: AnyRow, text: str, reference: str, act: Act) -> str:
        told = tell(conn, self._door, row.address, text, reference, act.at)
        if isinstance(told, SmsgwError):
            raise told
        return told


def _require(row: AnyRow, *states: str) -> None:
    if row.state not in states:
        says = f"order {number(row)} is {row.state}: this can be done only while it is {' or '.join(states)}"
        raise Conflict(says, code="order_state")


def _forbidden(row: AnyRow, wanted: str) -> Conflict:
    return Conflict(f"order {number(row)} is {row.state} and cannot be {wanted}", code="order_state")


def _checked(conn: Connection, items: Sequence[tuple[str, Fraction]]) -> list[Item]:
    """The lines that somebody wrote. Raises BadInput with every fault."""
    known = catalogue.of(conn, [sku for sku, _ in items])
    faults = [] if items else [Fault("/lines", "lines_missing", "an order has at least one line")]
    seen: set[str] = set()
    for place, (sku, quantity) in enumerate(items):
        where = f"/lines/{place}"
        if sku not in known:
            faults.append(Fault(f"{where}/sku", "sku_unknown", f"there is no product {sku!r}"))
        if sku in seen:
            faults.append(Fault(f"{where}/sku", "sku_twice", f"{sku} stands in two lines: put them together"))
        seen.add(sku)
        if quantity <= 0 or (quantity * THOUSAND).denominator != 1:
            says = f"the quantity of {sku} must be more than 0, with at most three decimals"
            faults.append(Fault(f"{where}/quantity", "quantity_invalid", says))
    if faults:
        raise BadInput(faults)
    return [Item(sku, quantity) for sku, quantity in items]


def _handle_texts(conn: Connection, row: AnyRow, act: Act, why: str) -> None:
    """Take the texts that wait because of this order off the pile: which order one is about, its explanation tells."""
    i = inbound.c
    waiting = conn.execute(select(i.id, i.explanation).where(i.sender == row.address, i.state == "waiting"))
    ids = [one.id for one in waiting if (one.explanation or {}).get("order") == number(row)]
    steps = [history.Step(id, f"order {number(row)}: {why}", {"handled_at": act.at}) for id in ids]
    history.move(conn, INBOUND, "handle", steps, by=act.by, now=act.at)
