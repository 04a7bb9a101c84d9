"""A desk: the gateway's steps over a new store, with links that exist on paper and a clock that the test turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from smsgw.customers.consent import consent
from smsgw.customers.consent.categories import Category, every, keep
from smsgw.inbound.inbox import Arrived, Inbox
from smsgw.link import Abilities, Health, InboundPiece, LinkError, LinkState, Receipt, ReceiptState, WirePart
from smsgw.outbound.gate import gate
from smsgw.outbound.handover import Answer, Claim, Handover
from smsgw.outbound.receipts import Receipts, Told
from smsgw.outbound.retry import Retry
from smsgw.outbound.routing import Network, Served
from smsgw.outbound.submit import Asked, Door, Terms
from smsgw.outbound.unsure import Unsure
from smsgw.outbound.waiting import Waiting
from smsgw.store.database import Database
from smsgw.store.tables import history, inbound, message, part
from smsgw.text import parts

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RETRY = Retry(attempts=3, first=10, factor=2, most=100, jitter=0)
WIDE = Abilities(wide_reference=True)


@dataclass
class Hand:
    """A link's sender as the door sees it: how much room it has, and what it was told. A test gives it room."""

    link: str
    woken: list[str]
    room: int = 0
    sent: list[WirePart] = field(default_factory=list)
    undone: list[Claim] = field(default_factory=list)

    def stands(self, conn: Connection) -> bool:
        """Nobody else could have the link."""
        return True

    def reserve(self, parts: int) -> bool:
        if parts > self.room:
            return False
        self.room -= parts
        return True

    def decided(self, wire: list[WirePart], claim: Claim, committed: bool) -> None:
        if committed:
            self.sent += wire
        else:
            self.room += len(wire)
            self.undone.append(claim)

    def wake(self) -> None:
        self.woken.append(self.link)


@dataclass
class Desk:
    """The steps, as the daemon wires them, without threads of links. `now` is what the clock says."""

    database: Database
    links: list[Served] = field(default_factory=lambda: [Served("a", "fake"), Served("b", "fake", preference=200)])
    terms: Terms = field(default_factory=lambda: Terms(region="SI", rules=gate.Rules(duplicate_window=60)))
    now: datetime = START

    def __post_init__(self) -> None:
        self.network = Network(self.links, START)
        self.woken: list[str] = []
        self.hands = {link.name: Hand(link.name, self.woken) for link in self.links}
        self.door = Door(self.database.writer, self.network, self.terms, lambda: self.now, self.hands, 7)
        self.receipts = Receipts(RETRY, lambda: 0.0)
        self.handover = Handover(self.receipts, RETRY, lambda: 0.0, self.terms.rules)
        self.inbox = Inbox()
        self.unsure = Unsure(self.receipts, RETRY, lambda: 0.0)
        self.waiting = Waiting(self.network, self.terms.rules, self.door.next_reference)
        for link in self.links:
            self.network.heard(link.name, Health(LinkState.UP), START)

    def later(self, **span: float) -> None:
        """Turn the clock on: `later(seconds=5)`."""
        self.now += timedelta(**span)

    def submit(self, to: str = "+38640111222", text: str = "hello", **more: Any) -> str:
        """Take one message in; returns its id."""
        return str(self.door.submit(Asked(to, text, "test", **more)).row["id"])

    def agrees(self, to: str = "+38640111222", category: str = "news", **more: Any) -> None:
        """Somebody says yes to offers, in writing; the category is there from then on."""

        def write(conn: Connection, batch: list[None]) -> list[None]:
            if category not in every(conn):
                keep(conn, Category(category, {"en": category}), "test", self.now)
            consent.record(
                conn, [consent.Statement(to, True, "yes, please", self.now, "form", "test", scope=category, **more)]
            )
            return batch

        self.database.writer.do(write, None)

    def offer(self, to: str = "+38640111222", text: str = "sale", category: str = "news", **more: Any) -> str:
        """Take marketing in, for somebody who agreed to it; returns its id."""
        self.agrees(to, category)
        return self.submit(to, f"{text}; STOP ends it", purpose="marketing", category=category, **more)

    def claim(self, link: str = "a", most: int = 10) -> list[WirePart]:
        """What a sender would get now."""
        return self.database.writer.do(self.handover.claim, Claim(link, most, self.now))

    def taken(self, wire: WirePart, reference: str, link: str = "a") -> None:
        """The network took a part."""
        self._answer(Answer(link, wire.message_id, wire.position, self.now, reference=reference))

    def failed(self, wire: WirePart, error: LinkError, link: str = "a") -> None:
        """The network did not take a part."""
        self._answer(Answer(link, wire.message_id, wire.position, self.now, error=error))

    def _answer(self, answer: Answer) -> None:
        self.database.writer.do(self.handover.record, answer)

    def receipt(
        self, reference: str, state: ReceiptState = ReceiptState.DELIVERED, link: str = "a", **more: Any
    ) -> None:
        """The network told what became of a part."""
        told = Told(link, Receipt(reference, state, **more), self.now)
        self.database.writer.do(self.receipts.store, told)

    def arrives(self, piece: InboundPiece, link: str = "a") -> None:
        """The network handed a piece over."""
        self.database.writer.do(self.inbox.take, Arrived(link, piece, self.now))

    def text_from(self, sender: str, text: str, reference: str = "n1") -> None:
        """Somebody sent a text in one piece."""
        [piece] = parts.split(text, Abilities(), 1)
        self.arrives(InboundPiece(reference, sender, None, piece.alphabet, piece.user_data))

    def row(self, id: str) -> Any:
        """The message's row."""
        with self.database.reading() as conn:
            return conn.execute(select(message).where(message.c.id == id)).one()

    def state(self, id: str) -> str:
        """The message's state."""
        return str(self.row(id).state)

    def events(self, id: str) -> list[str]:
        """The names of what happened to a record, oldest first."""
        with self.database.reading() as conn:
            return list(conn.scalars(select(history.c.event).where(history.c.record_id == id).order_by(history.c.id)))

    def parts(self, id: str) -> list[Any]:
        """The rows of a message's parts."""
        with self.database.reading() as conn:
            return list(conn.execute(select(part).where(part.c.message_id == id).order_by(part.c.position)))

    def texts(self) -> list[Any]:
        """The rows of what came in, oldest first."""
        with self.database.reading() as conn:
            return list(conn.execute(select(inbound).order_by(inbound.c.id)))
