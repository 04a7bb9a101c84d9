"""A shop that takes orders, over a desk: a small catalogue, the dialogue, and customers whose texts are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from smsgw.inbound import expectations
from smsgw.inbound.catalogue import catalogue
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.inbound.dialogue.dialogue import Dialogue, Understood
from smsgw.inbound.dialogue.orders import Ordering
from smsgw.inbound.dialogue.saying import Mouth
from smsgw.inbound.inbox import Inbox
from smsgw.inbound.inquiries.inquiries import Promise
from smsgw.inbound.inquiries.questions import Questions
from smsgw.inbound.orders import orders
from smsgw.inbound.orders.clock import Waiting
from smsgw.inbound.orders.desk import Desk as OrdersDesk
from smsgw.inbound.orders.rules import Rules
from smsgw.inbound.orders.status import status
from smsgw.inbound.readers import FIRST
from smsgw.inbound.reading.terms import Item, Reading
from smsgw.inbound.surveys.answers import Surveys
from smsgw.link import Abilities, InboundPiece
from smsgw.store.tables import inbound, mail, message, order
from smsgw.text import parts
from tests.smsgw.desk import Desk

ANA, BOR = "+38640111222", "+38640333444"
SHOP = """\
sku,code,unit,price,currency,max_auto,name_en,name_sl,name_ru,name_fa,aliases_sl
NB-A4,1001,pcs,2.90,EUR,50,notebook A4,zvezek A4,тетрадь А4,دفتر A4,veliki zvezek|zvezek
PEN-BL,1003,pcs,0.80,EUR,100,blue pen,modra kemična,синяя ручка,خودکار آبی,
APPLE,,kg,1.95,EUR,20,apples,jabolka,яблоки,سیب,
GIFT,,pcs,,,5,gift box,darilo,подарок,هدیه,
"""


def order_of(*items: tuple[str, int | str | None], **more: Any) -> Reading:
    """A reading that orders these: sku and quantity."""
    lines = tuple(Item(sku, None if count is None else Fraction(count), ((0, 1),)) for sku, count in items)
    return Reading("order", items=lines, language=more.pop("language", "en"), **more)


YES, NO = Reading("confirm_yes", language="en"), Reading("confirm_no", language="en")
WHAT = Reading("other", topic="unclear", language="en", reasons=("nothing was understood",))


@dataclass
class Talk:
    """The shop. Each text is read as the test says: what reading makes of words is tested elsewhere."""

    desk: Desk
    rules: Rules = field(default_factory=Rules)
    number: int = 0

    def __post_init__(self) -> None:
        listed = catalogue_file.read(SHOP)
        catalogue_import.apply(self.desk.database.writer, catalogue_import.Wish(listed, None, "test", self.desk.now))
        self.desk.inbox = Inbox(FIRST)
        self.follow(self.rules)

    def follow(self, rules: Rules) -> None:
        """From now on by these rules."""
        self.rules = rules
        promise = Promise()
        mouth = Mouth(self.desk.door)
        self.dialogue = Dialogue(Ordering(rules), Questions(promise, status), Surveys(promise), mouth)
        self.waiting = Waiting(self.desk.door, rules)
        self.people = OrdersDesk(self.desk.database, self.desk.door, rules)

    def hears(
        self, text: str, reading: Reading, sender: str = ANA, answers: bool = True, sent_at: datetime | None = None
    ) -> Any:
        """A customer's text, read so; answers: what is open newest, if the reading says nothing else. Its row."""
        self.number += 1
        [piece] = parts.split(text, Abilities(), 1)
        said = InboundPiece(
            f"t{self.number}", sender, None, piece.alphabet, piece.user_data, sent_at=sent_at or self.desk.now
        )
        self.desk.arrives(said)
        with self.desk.database.reading() as conn:
            row = conn.execute(select(inbound).order_by(inbound.c.id.desc()).limit(1)).one()
            open = expectations.newest(conn, sender, self.desk.now)
        if row.state != "received":
            return row
        if answers and open is not None and reading.answers is None:
            reading = Reading(**{**_fields(reading), "answers": open.id})
        done = self.desk.database.writer.do(self.dialogue.act, Understood((row,), text, reading, open, self.desk.now))
        assert done == "done"
        self.desk.later(seconds=30)
        with self.desk.database.reading() as conn:
            return conn.execute(select(inbound).where(inbound.c.id == row.id)).one()

    def said(self, to: str = ANA) -> list[str]:
        """What went to a customer, oldest first."""
        with self.desk.database.reading() as conn:
            m = message.c
            return list(conn.scalars(select(m.text).where(m.recipient == to).order_by(m.id)))

    def texts(self) -> list[Any]:
        """What came in, oldest first."""
        with self.desk.database.reading() as conn:
            return list(conn.execute(select(inbound).order_by(inbound.c.id)))

    def orders(self) -> list[Any]:
        """The orders, oldest first."""
        with self.desk.database.reading() as conn:
            return list(conn.execute(select(order).order_by(order.c.id)))

    def lines(self, row: Any) -> list[tuple[str, int | None]]:
        """Sku and thousandths of the newest revision."""
        with self.desk.database.reading() as conn:
            return [(line.sku, line.quantity) for line in orders.lines_of(conn, row.id, row.revision)]

    def letters(self) -> list[Any]:
        """The letters that were written."""
        with self.desk.database.reading() as conn:
            return list(conn.execute(select(mail).order_by(mail.c.id)))

    def import_shop(self, text: str) -> None:
        """Another catalogue."""
        wish = catalogue_import.Wish(catalogue_file.read(text), None, "test", self.desk.now)
        catalogue_import.apply(self.desk.database.writer, wish)

    def clock(self) -> int:
        """A run of the job."""
        return self.waiting.run(self.desk.database, self.desk.now)


def _fields(reading: Reading) -> dict[str, Any]:
    return {name: getattr(reading, name) for name in reading.__dataclass_fields__}


__all__ = ["ANA", "BOR", "NO", "SHOP", "WHAT", "YES", "Talk", "catalogue", "order_of"]
