"""The dialogue about an order: what a text does to it, state by state.

Nothing is ordered without a yes to the newest summary. Whatever is in doubt goes to a person with the best guess filled
in; the customer is asked once more before that only where an answer was not understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, select

from ...store.tables import order, order_revision
from ...store.tables.types import AnyRow
from ...text.wording import wording
from .. import expectations
from ..decision import Decision
from ..orders import asking, orders
from ..orders import listing as orders_listing
from ..orders import mail as orders_mail
from ..orders import rules as orders_rules
from ..orders.orders import Asker, Doubt, Priced, Turn
from ..orders.rules import Rules
from ..orders.time import left_at
from ..orders.words import about, listed, number
from ..reading.terms import Choice, Item
from .terms import Heard, Say

BY = "orders"
SAME_TEXT = timedelta(minutes=10)
CHANGEABLE = timedelta(hours=2)  # after a yes: so long a text may be about the order that was just confirmed
UNSAID = "add or replace"  # a reading's only reason, where the customer can be asked
BARE = "bare number"  # a reading's only reason, where a new summary asks whether it was meant so
UNCLEAR = (None, "unclear", "empty")  # topics of a text that nobody understood
ADD, REPLACE = "1", "2"


@dataclass(frozen=True)
class Ordering:
    """The steps of orders, by the business's rules."""

    rules: Rules

    def to_a_person(self, conn: Connection, heard: Heard, say: Say) -> Decision | None:
        """What follows a person's own question about an order is for that person, with the order, whatever it says."""
        asked = asking.question(conn, heard.open)
        if asked is None:
            return None
        row = orders.get(conn, asked.subject)
        words = heard.text.strip()
        expectations.close(conn, heard.now, f"answered: {words[:60]}", ids=[asked.id])
        why = f"{heard.address} answers {asked.payload['text'][:60]!r}: {words[:60]!r}"
        if row.state == "asked":
            reasons = ("an answer to a person's question", *heard.reading.reasons)
            doubt = Doubt(reasons, heard.reading.candidates, _request(heard, "edit" if _orders(heard) else "answer"))
            orders.doubt(conn, row, doubt, BY, heard.now)
        else:
            orders.note(conn, row, "wrote", why, BY, heard.now, **_guess(heard, row))
        return _waits(heard, f"order {number(row)}: {why}", row)

    def answers(self, conn: Connection, heard: Heard, say: Say) -> Decision | None:
        """Yes, no or a choice, to what an order asked; None when the text answers nothing of an order."""
        row = _subject(conn, heard)
        if row is None or heard.expected is None:
            return None
        if heard.expected.kind == "survey":
            return self._chosen(conn, heard, say, row)
        kind = heard.reading.kind
        if kind not in ("confirm_yes", "confirm_no") or row.state == "needs_review":
            return None if row.state != "needs_review" else self._wrote_again(conn, heard, row)
        if heard.reading.reasons:
            return self._unclear(conn, heard, say, row)
        return self._yes(conn, heard, say, row) if kind == "confirm_yes" else self._no(conn, heard, say, row)

    def not_understood(self, conn: Connection, heard: Heard, say: Say) -> Decision | None:
        """Words that nobody understood, while a summary waits for its yes: asked once more, then a person looks."""
        reading = heard.reading
        row = orders.open_with(conn, heard.address)
        if row is None or row.state != "asked" or heard.open is None or heard.open.order != number(row):
            return None
        unclear = reading.kind == "other" and reading.topic in UNCLEAR
        return self._unclear(conn, heard, say, row) if unclear or reading.kind == "survey" else None

    def orders(self, conn: Connection, heard: Heard, say: Say) -> Decision | None:
        """A text that orders, or changes an order; None for any other."""
        if heard.reading.kind != "order":
            return None
        heard = _with_the_usual(conn, heard)
        if (twin := _said_lately(conn, heard)) is not None:
            return _handled(heard, "order", f"the same words again: they are order {twin} already", twin)
        row = _subject(conn, heard)
        known = orders.open_with(conn, heard.address)
        if row is not None and row.state == "confirmed" and known is None:
            return self._change_wanted(conn, heard, say, row, "edit")
        if known is not None and known.state == "needs_review":
            return self._wrote_again(conn, heard, known)
        if known is not None:
            return self._changed(conn, heard, say, known)
        return self._new(conn, heard, say, row)

    def repeat(self, conn: Connection, heard: Heard, say: Say) -> None:
        """After a question was answered: say the summary again that still waits for its yes."""
        row = orders.open_with(conn, heard.address)
        if row is not None and row.state == "asked":
            self._ask_again(conn, heard, say, row, "order_summary")

    # What is new

    def _new(self, conn: Connection, heard: Heard, say: Say, lapsed: AnyRow | None) -> Decision:
        priced = orders.price(conn, heard.reading.items, heard.language)
        reasons = (*heard.reading.reasons, *self._limits(conn, heard, priced))
        doubt = Doubt(reasons, heard.reading.candidates) if reasons else None
        asker = Asker(heard.address, heard.recipient, heard.link, heard.language)
        campaign = None if heard.expected is None else heard.expected.campaign
        row = orders.take(conn, asker, priced, _turn(heard), self.rules.times, doubt, heard.reading.wish, campaign)
        if heard.expected is not None:
            expectations.close(conn, heard.now, f"answered: order {number(row)}", ids=[heard.expected.id])
        if lapsed is not None:
            expectations.close(conn, heard.now, f"replaced by order {number(row)}", subject=lapsed.id)
        if doubt is not None:
            say(wording("order_received", heard.language).format(number=number(row)), f"order:{row.id}:received")
            return _waits(heard, f"order {number(row)} needs a person: {'; '.join(reasons)}", row)
        if self.rules.trusts(heard.address, priced.total):
            return self._confirmed(conn, heard, say, row, "this customer is not asked")
        return self._asked(conn, heard, say, row, f"understood as order {number(row)}")

    def _limits(self, conn: Connection, heard: Heard, priced: Priced, own: str = "") -> list[str]:
        found = orders_rules.reasons(conn, heard.address, priced, self.rules, heard.now, own)
        return found if priced.lines else ["nothing that could be ordered", *found]

    def _asked(self, conn: Connection, heard: Heard, say: Say, row: AnyRow, why: str) -> Decision:
        """Say the summary of the newest revision, and wait for its yes."""
        lines = orders.lines_of(conn, row.id, row.revision)
        text = about("order_summary", row, lines)
        message_id = say(text, f"order:{row.id}:{row.revision}")
        if message_id is None:
            reasons = ("the customer could not be asked",)
            orders.doubt(conn, row, Doubt(reasons), BY, heard.now)
            return _waits(heard, f"order {number(row)} needs a person: {reasons[0]}", row)
        expectations.close_of_orders(conn, heard.address, f"order {number(row)} is asked about", heard.now)
        asking.expect(conn, row, text, message_id, heard.now, row.lapses_at)
        return _handled(heard, "order", why, number(row))

    def _ask_again(self, conn: Connection, heard: Heard, say: Say, row: AnyRow, key: str) -> bool:
        """Say once more what waits for its yes; whether that may go."""
        text = about(key, row, orders.lines_of(conn, row.id, row.revision))
        message_id = say(text, f"order:{row.id}:{row.revision}:{heard.id}")
        if message_id is not None:
            asking.expect(conn, row, text, message_id, heard.now, row.lapses_at)
        return message_id is not None

    # Yes, no, and neither

    def _yes(self, conn: Connection, heard: Heard, say: Say, row: AnyRow) -> Decision:
        assert heard.expected is not None
        if row.state == "lapsed":
            return self._renewed(conn, heard, say, row)
        if row.state != "asked":
            return _handled(heard, "confirm_yes", f"order {number(row)} is {row.state} already", number(row))
        if _said_before(conn, heard, row) or heard.expected.revision != row.revision:
            why = f"this yes is older than the newest summary of order {number(row)}: it confirms nothing"
            return self._unclear(conn, heard, say, row, why, "order_summary")
        return self._confirmed(conn, heard, say, row, f"{heard.address} said {heard.text.strip()[:60]!r}")

    def _confirmed(self, conn: Connection, heard: Heard, say: Say, row: AnyRow, why: str) -> Decision:
        done = orders.confirm(conn, row, _proof(heard), BY, heard.now, why)
        assert done is not None, "only what is asked about is confirmed"
        text = about("order_confirmed", done, orders.lines_of(conn, done.id, done.revision))
        message_id = say(text, f"order:{done.id}:confirmed")
        asking.expect(conn, done, text, message_id, heard.now, heard.now + CHANGEABLE)
        orders_mail.confirmed(conn, done, self.rules.mail_to, heard.now)
        return _handled(heard, "confirm_yes", f"order {number(done)} is confirmed", number(done))

    def _renewed(self, conn: Connection, heard: Heard, say: Say, row: AnyRow) -> Decision:
        """A yes after the order lapsed: the same once more, with today's prices, and it needs a yes again."""
        items = orders.items_of(orders.lines_of(conn, row.id, row.revision))
        priced = orders.price(conn, items, row.language)
        why = f"a yes after it lapsed: order {number(row)} is asked about again with today's prices"
        return self._revised(conn, heard, say, row, priced, why)

    def _no(self, conn: Connection, heard: Heard, say: Say, row: AnyRow) -> Decision:
        if row.state == "confirmed":
            return self._change_wanted(conn, heard, say, row, "cancel")
        words = heard.text.strip()[:60]
        if row.state == "asked":
            orders.cancel(conn, row, BY, heard.now, f"{heard.address} said {words!r}")
            text = wording("order_cancelled", row.language).format(number=number(row))
            say(text, f"order:{row.id}:cancelled")
        else:
            expectations.close(conn, heard.now, f"answered: {words}", subject=row.id)
        return _handled(heard, "confirm_no", f"order {number(row)} is not wanted", number(row))

    def _unclear(
        self, conn: Connection, heard: Heard, say: Say, row: AnyRow, why: str = "", key: str = "order_unclear"
    ) -> Decision:
        """Ask once more; the second time in a row a person looks."""
        if row.state != "asked":
            return _waits(heard, f"not understood, and order {number(row)} is {row.state}", row)
        why = why or f"not understood as an answer about order {number(row)}"
        if row.unclear == 0 and self._ask_again(conn, heard, say, row, key):
            orders.note(conn, row, "unclear", why, BY, heard.now, unclear=1)
            return _handled(heard, heard.reading.kind, f"{why}; asked once more", number(row))
        reasons = ("not understood twice", *heard.reading.reasons)
        doubt = Doubt(reasons, heard.reading.candidates, _request(heard, "answer"))
        return self._doubted(conn, heard, say, row, doubt, why)

    # What changes

    def _changed(self, conn: Connection, heard: Heard, say: Say, row: AnyRow) -> Decision:
        """A text that orders while an order of this customer waits for its yes."""
        reading = heard.reading
        pending = orders.items_of(orders.lines_of(conn, row.id, row.revision))
        priced = orders.price(conn, reading.items, row.language)
        unsaid = [item for item in reading.items if not any(_same((item,), (one,)) for one in pending)]
        if set(reading.reasons) == {UNSAID} and unsaid:
            return self._add_or_replace(conn, heard, say, row, unsaid)
        told = () if set(reading.reasons) == {BARE} and len(reading.items) == 1 else reading.reasons
        reasons = (*told, *self._limits(conn, heard, priced, row.id))
        if reasons:
            doubt = Doubt(reasons, reading.candidates, _request(heard, "edit"))
            return self._doubted(conn, heard, say, row, doubt, f"a change of order {number(row)} needs a person")
        if _same(pending, reading.items):
            self._ask_again(conn, heard, say, row, "order_summary")
            return _handled(heard, "order", f"order {number(row)} is that already", number(row))
        if not {item.sku for item in pending} & {item.sku for item in reading.items}:
            return self._add_or_replace(conn, heard, say, row, list(reading.items))
        return self._revised(conn, heard, say, row, priced, f"{heard.address} changed it")

    def _revised(self, conn: Connection, heard: Heard, say: Say, row: AnyRow, priced: Priced, why: str) -> Decision:
        reasons = tuple(self._limits(conn, heard, priced, row.id))
        if reasons:
            turn = priced, _turn(heard)
            return self._doubted(conn, heard, say, row, Doubt(reasons), f"order {number(row)} needs a person", turn)
        new = orders.revise(conn, row, priced, _turn(heard), self.rules.times, why, heard.reading.wish)
        assert new is not None, "what is asked about, or lapsed, can be asked about anew"
        return self._asked(conn, heard, say, new, why)

    def _add_or_replace(self, conn: Connection, heard: Heard, say: Say, row: AnyRow, items: list[Item]) -> Decision:
        """Ask whether these lines are added or come instead; until then a yes is to nothing."""
        told = listed(orders.price(conn, items, row.language).lines, row.language)
        text = wording("order_add_or_replace", row.language).format(number=number(row), lines=told)
        message_id = say(text, f"order:{row.id}:{row.revision}:{heard.id}")
        if message_id is None:
            orders.doubt(conn, row, Doubt((UNSAID,), (), _request(heard, "edit")), BY, heard.now)
            return _waits(heard, f"add to order {number(row)}, or replace it?", row)
        labels = (wording("order_add", row.language), wording("order_replace", row.language))
        choices = tuple(Choice(place, label=label) for place, label in enumerate(labels, 1))
        more: dict[str, Any] = {"items": [[item.sku, str(item.quantity)] for item in items]}
        payload = expectations.payload_of(text, choices=choices, order=number(row), **more)
        wanted = expectations.Expected(
            row.address, "survey", heard.now, row.lapses_at, payload, row.recipient, row.id, None, row.revision,
            message_id,
        )  # fmt: skip
        expectations.open(conn, [wanted])
        return _handled(
            heard, "order", f"add to order {number(row)}, or replace it? The customer is asked", number(row)
        )

    def _chosen(self, conn: Connection, heard: Heard, say: Say, row: AnyRow) -> Decision | None:
        """The customer says whether the new lines are added, or come instead."""
        assert heard.expected is not None
        answer = heard.reading.answer
        if heard.reading.kind != "survey":
            return None
        if answer not in (ADD, REPLACE) or heard.reading.reasons:
            return self._unclear(conn, heard, say, row)
        if row.state != "asked" or row.revision != heard.expected.revision:
            return _waits(heard, f"an answer about order {number(row)}, which is another one by now", row)
        wanted = {sku: expectations.fraction(quantity) for sku, quantity in heard.expected.payload["items"]}
        if answer == ADD:
            before = {item.sku: item.quantity for item in orders.items_of(orders.lines_of(conn, row.id, row.revision))}
            every = dict.fromkeys((*before, *wanted))
            wanted = {sku: (before.get(sku) or Fraction(0)) + (wanted.get(sku) or Fraction(0)) for sku in every}
        items = [Item(sku, quantity) for sku, quantity in wanted.items()]
        why = f"{heard.address} wants it {'added' if answer == ADD else 'instead'}"
        return self._revised(conn, heard, say, row, orders.price(conn, items, row.language), why)

    # What a person must see

    def _change_wanted(self, conn: Connection, heard: Heard, say: Say, row: AnyRow, what: str) -> Decision:
        """A text that changes or cancels what is confirmed; other products alone are a new order."""
        if what == "edit":
            ordered = {line.sku for line in orders.lines_of(conn, row.id, row.revision)}
            if not ordered & {item.sku for item in heard.reading.items} and not heard.reading.reasons:
                return self._new(conn, heard, say, None)
        reason = f"{what} after it was confirmed"
        doubt = Doubt((reason, *heard.reading.reasons), heard.reading.candidates, _request(heard, what))
        return self._doubted(conn, heard, say, row, doubt, f"order {number(row)} needs a person")

    def _doubted(
        self, conn: Connection, heard: Heard, say: Say, row: AnyRow, doubt: Doubt, why: str,
        revision: tuple[Priced, Turn] | None = None,
    ) -> Decision:  # fmt: skip
        """Put an order before a person, and tell the customer, who would wait for an answer."""
        orders.doubt(conn, row, doubt, BY, heard.now, revision)
        say(wording("order_received", row.language).format(number=number(row)), f"order:{row.id}:{heard.id}")
        return _waits(heard, f"{why}: {'; '.join(doubt.reasons)}", row)

    def _wrote_again(self, conn: Connection, heard: Heard, row: AnyRow) -> Decision:
        why = f"{heard.address} wrote again: {heard.text.strip()[:60]!r}"
        orders.note(conn, row, "wrote", why, BY, heard.now)
        return _waits(heard, f"it is about order {number(row)}, which a person looks at", row)


def _subject(conn: Connection, heard: Heard) -> AnyRow | None:
    """The order that the answered expectation is about."""
    subject = None if heard.expected is None else heard.expected.subject
    if subject is None or not subject.startswith("ord_"):
        return None
    return conn.execute(select(order).where(order.c.id == subject).with_for_update()).first()


def _said_before(conn: Connection, heard: Heard, row: AnyRow) -> bool:
    """Whether a text left its phone before its order was asked about as it is now. Networks tell whole seconds."""
    left = left_at(conn, heard)
    return left is not None and bool(left < row.asked_at.replace(microsecond=0))


def _said_lately(conn: Connection, heard: Heard) -> int | None:
    """The number of the order that these same words of this customer made a moment ago; None: no order is."""
    o, r = order.c, order_revision.c
    asked = (
        select(o.number, r.words)
        .join(order_revision, (r.order_id == o.id) & (r.revision == o.revision))
        .where(o.address == heard.address, r.at > heard.now - SAME_TEXT, r.inbound_id.is_not(None))
        .where(o.state.not_in(("cancelled", "lapsed")))
    )
    mine = _folded(heard.text)
    return next((row.number for row in conn.execute(asked) if _folded(row.words) == mine), None)


def _with_the_usual(conn: Connection, heard: Heard) -> Heard:
    """ "The usual" is what this customer confirmed last; it is asked about like every other order."""
    reading = heard.reading
    if not reading.usual or reading.items:
        return heard
    reasons = tuple(reason for reason in reading.reasons if reason != "the usual")
    last = orders_listing.usual(conn, heard.address)
    if last is None:
        return replace(heard, reading=replace(reading, reasons=(*reasons, "the usual, and there is no order before")))
    items = orders.items_of(orders.lines_of(conn, last.id, last.confirmed_revision))
    told = tuple(replace(item, how=f"as in order {number(last)}") for item in items)
    return replace(heard, reading=replace(reading, items=told, reasons=reasons))


def _folded(words: str) -> str:
    return " ".join(words.casefold().split())


def _same(one: tuple[Item, ...], other: tuple[Item, ...]) -> bool:
    return {(item.sku, item.quantity) for item in one} == {(item.sku, item.quantity) for item in other}


def _orders(heard: Heard) -> bool:
    """Whether a text says for sure what is wanted."""
    return heard.reading.kind == "order" and not heard.reading.reasons


def _guess(heard: Heard, row: AnyRow) -> dict[str, Any]:
    """The column of a row that waits for a person, filled with what an answer orders, where nothing stands there."""
    return {"request": _request(heard, "edit")} if row.state == "needs_review" and _orders(heard) else {}


def _turn(heard: Heard) -> Turn:
    return Turn(heard.text, BY, heard.now, heard.id)


def _proof(heard: Heard) -> dict[str, Any]:
    """The words that confirm an order, as they came."""
    return {
        "inbound_id": heard.id,
        "words": heard.text,
        "from": heard.address,
        "sent_at": None if heard.sent_at is None else heard.sent_at.isoformat(),
        "received_at": heard.received_at.isoformat(),
        "spans": [[one.start, one.end, one.meaning] for one in heard.reading.evidence],
    }


def _request(heard: Heard, what: str) -> Mapping[str, Any]:
    items = [[one.sku, None if one.quantity is None else str(one.quantity)] for one in heard.reading.items]
    return {"what": what, "inbound_id": heard.id, "words": heard.text, "items": items}


def _handled(heard: Heard, kind: str, why: str, told: Any) -> Decision:
    return Decision("handle", why, BY, {"understood_as": kind, "handled_at": heard.now, "about": str(told)})


def _waits(heard: Heard, why: str, row: AnyRow) -> Decision:
    return Decision("wait", why, BY, {"understood_as": heard.reading.kind, "about": number(row)})
