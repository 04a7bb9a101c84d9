"""Put the next targets of a running campaign into the queue: texts, messages and targets commit together.

Each message goes through the same door as any other; what the door or the gate refuses leaves its target out, with the
reason. A target has its message or has not: whatever is killed, nothing comes twice and nothing is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from ..errors import BadInput, QueueFull, RefusedByPolicy
from ..inbound import expectations
from ..inbound.expectations import Expected
from ..inbound.reading import terms as reading
from ..outbound.submit import Asked, Door, Ready
from ..store.database import Database
from ..store.history import IDS
from ..store.prepared import Prepared
from ..store.tables import campaign, message, target
from ..store.tables.types import AnyRow
from ..text import template as grammar
from . import facts, merged, people
from .facts import Person
from .freezing import text_for
from .leaving_out import LeftOut
from .people import has_number
from .slides import Shown
from .terms import Offer, Terms

BATCH = 250  # messages in one step of the writer: less than a tenth of a second
AHEAD = 5_000  # messages that wait for one link, at most, before nothing more is put there
SECONDS, SHORTEST = 60, 20  # of its pace it has in its queue; and so many messages in any case
MUCH, COUNTED_FOR = 2_500, timedelta(seconds=1)  # while a link has room for more, a count of its queue is believed
Paces = Mapping[str, float | None]

_STILL = select(target.c.id).where(target.c.id.in_(IDS), target.c.left_out.is_(None), target.c.message_id.is_(None))
_PLACED = Prepared(update(target).where(target.c.id == bindparam("its_id")).values(message_id=bindparam("its_message")))
_LEFT_OUT = Prepared(
    update(target).where(target.c.id == bindparam("its_id")).values(left_out=bindparam("code"), says=bindparam("words"))
)
_TURN = Prepared(
    select(target.c.id, target.c.customer_id, target.c.address, target.c.language, target.c.variant)
    .where(target.c.campaign_id == bindparam("its_campaign"), target.c.wave <= bindparam("upto"))
    .where(target.c.left_out.is_(None), target.c.message_id.is_(None), target.c.id > bindparam("behind"))
    .order_by(target.c.wave, target.c.id)
    .limit(BATCH)
)
_DEPTH = Prepared(
    select(func.count()).select_from(
        select(message.c.id)
        .where(message.c.state == "queued", message.c.link == bindparam("its_link"))
        .limit(bindparam("most"))
        .subquery()
    )
)


@dataclass
class Placed:
    """What became of a batch: how many messages are in the queue, how many were left out; full: the queue was full.

    halted: the campaign does not run any more. away: the links that were to take everything and cannot. crowded: these
    have enough to do.
    """

    count: int = 0
    left_out: int = 0
    full: bool = False
    halted: bool = False
    away: frozenset[str] = frozenset()
    over_budget: bool = False
    crowded: bool = False

    @property
    def moved(self) -> int:
        """How many targets are decided now."""
        return self.count + self.left_out


@dataclass(frozen=True)
class Batch:
    """What one transaction stores."""

    row: AnyRow
    terms: Terms
    ready: Sequence[tuple[Person, Ready]]
    refused: Sequence[tuple[Person, LeftOut]]
    paced_at: datetime | None
    now: datetime


class Placing:
    """Holds the door and the store."""

    def __init__(self, database: Database, door: Door, ahead: int = AHEAD) -> None:
        self._database = database
        self._door = door
        self._ahead = ahead
        self._room: tuple[dict[str, int], datetime | None] = ({}, None)

    def room(self, conn: Connection, paces: Paces, now: datetime) -> dict[str, int]:
        """How many messages may be put into the queue of each link: it stays as short as serves it for a minute.

        Counted anew after a second, or when a link has little room; meanwhile it is what was put there less.
        """
        found, at = self._room
        fresh = at is not None and timedelta() <= now - at < COUNTED_FOR
        if fresh and found.keys() == self._door.network.links.keys() and min(found.values(), default=0) > MUCH:
            return found
        found = {}
        for link in self._door.network.links:
            pace = paces.get(link)
            most = self._ahead if pace is None else max(SHORTEST, min(self._ahead, int(pace * SECONDS)))
            found[link] = most - int(_DEPTH.run(conn, {"its_link": link, "most": most})[0][0])
        self._room = (found, now)
        return found

    def next(self, conn: Connection, row: AnyRow, after: int = 0) -> list[Person]:
        """The targets whose turn it is, behind the one with this id."""
        rows = _TURN.run(conn, {"its_campaign": row.id, "upto": row.wave, "behind": after})
        some = [
            Person(customer, address, language, variant=variant, target_id=id)
            for id, customer, address, language, variant in rows
        ]
        return people.with_their_own(conn, some) if names_of(row) else some

    def read(
        self, row: AnyRow, some: Sequence[Person], room: dict[str, int], paced_at: datetime | None, now: datetime
    ) -> Batch | Placed:
        """What is to be stored for these targets of a campaign (its row), but for those whose link has no room.

        room: of each link, which becomes less. paced_at: up to when its pace is used then. Placed: nothing is stored.
        """
        terms = Terms.model_validate(row.terms)
        ready: list[tuple[Person, Ready]] = []
        refused: list[tuple[Person, LeftOut]] = []
        for one, made in zip(some, self.made(row, terms, some), strict=True):
            if isinstance(made, LeftOut):
                refused.append((one, LeftOut(made.code[:24], made.says)))
            elif room[made.row["link"]] > 0:
                room[made.row["link"]] -= 1
                ready.append((one, made))
        used = {one.row["link"] for _, one in ready}
        if used and not any(self._door.network.able(link, now) for link in used):
            return Placed(away=frozenset(used))
        if not ready and not refused:
            return Placed(crowded=True)
        return Batch(row, terms, ready, refused, paced_at, now)

    def store(self, batch: Batch) -> Future[Placed]:
        """Put a batch into the queue, in one transaction."""
        return self._database.writer.put(self._store, batch)

    def made(self, row: AnyRow, terms: Terms, some: Sequence[Person]) -> list[Ready | LeftOut]:
        """What the door makes of it, for each of these people."""
        asked = self.asked(row, terms, some)
        with self._door.together(one for one in asked if isinstance(one, Asked)):
            return [one if isinstance(one, LeftOut) else self._made(one) for one in asked]

    def _made(self, asked: Asked) -> Ready | LeftOut:
        try:
            return self._door.read(asked)
        except (BadInput, RefusedByPolicy) as no:
            return LeftOut(no.faults[0].code, no.faults[0].detail)

    def asked(self, row: AnyRow, terms: Terms, some: Sequence[Person]) -> list[Asked | LeftOut]:
        """What the door is asked for each of these people."""
        found: list[Asked | LeftOut] = []
        for text, missing, one, values in self._written(row, some):
            content = None
            if terms.shown is not None and not missing:
                content, missing = terms.shown.content(text, values, one.language, row.language)
            if missing:
                found.append(LeftOut("variable_undefined", ", ".join(missing)))
                continue
            found.append(
                Asked(
                    to=one.address, text=text if content is None else "", client=row.by,
                    sender=row.sender if has_number(one) else None,  # which is no mail address
                    purpose=row.purpose, expires_in=terms.expires_in, link=row.link, max_parts=terms.max_parts,
                    campaign_id=row.id, category=row.category, content=content,
                    track_links=terms.track_links and has_number(one),  # a mail has the addresses themselves
                )
            )  # fmt: skip
        return found

    def texts(self, row: AnyRow, some: Sequence[Person]) -> list[tuple[str, list[str], Person]]:
        """For each of these people the text with its values, and the variables that have none."""
        return [(text, missing, one) for text, missing, one, _ in self._written(row, some)]

    def _written(
        self, row: AnyRow, some: Sequence[Person]
    ) -> Sequence[tuple[str, list[str], Person, Mapping[str, str | None]]]:
        names = names_of(row)
        if names:
            with self._database.reading() as conn:
                values = facts.values(conn, some, names, row.language)
        else:
            values = [{} for _ in some]
        found = []
        read: dict[tuple[str, str | None], grammar.Template] = {}
        for one, told in zip(some, values, strict=True):
            which = (one.variant or row.winner or "a", one.language)
            if which not in read:
                read[which] = grammar.read(text_for(row.texts[which[0]], one.language, row.language))
            text, missing = read[which].fill(told)
            found.append((text, missing, one, told))
        return found

    def _store(self, conn: Connection, batch: list[Batch]) -> list[Placed]:
        return [self._store_one(conn, one) for one in batch]

    def _store_one(self, conn: Connection, batch: Batch) -> Placed:
        """One transaction: what still waits gets its message, and both are written or neither is."""
        c, id = campaign.c, batch.row.id
        at = conn.execute(select(c.state, c.wave, c.planned).where(c.id == id).with_for_update()).one()
        if at.state != "running":
            return Placed(halted=True)
        ids = [one.target_id for one, _ in (*batch.ready, *batch.refused)]
        still = set(conn.scalars(_STILL, {"ids": ids}))
        ready = [(one, made) for one, made in batch.ready if one.target_id in still]
        refused = [(one, no) for one, no in batch.refused if one.target_id in still]
        served = merged.served(conn, batch.row, [one for one, _ in ready])
        refused += [(one, LeftOut("duplicate_person")) for one, _ in ready if one.target_id in served]
        ready = [(one, made) for one, made in ready if one.target_id not in served]
        spent = sum(made.row["price"] or 0 for _, made in ready)
        budget = batch.terms.limits.budget
        if budget is not None and at.planned + spent > int(budget * Decimal(1_000_000)):
            return Placed(over_budget=True)
        told = Placed()
        placed: list[tuple[Person, Mapping[str, Any]]] = []
        for (one, _), result in zip(ready, self._door.store(conn, [made for _, made in ready]), strict=True):
            if isinstance(result, QueueFull):
                told.full = True
            elif isinstance(result, RefusedByPolicy):
                refused.append((one, LeftOut(result.faults[0].code[:24], result.faults[0].detail)))
            elif isinstance(result, Exception):
                raise result
            else:
                placed.append((one, result.row))
        self._write(conn, batch, placed, refused)
        told.count, told.left_out = len(placed), len(refused)
        return told

    def _write(
        self,
        conn: Connection,
        batch: Batch,
        placed: Sequence[tuple[Person, Mapping[str, Any]]],
        refused: Sequence[tuple[Person, LeftOut]],
    ) -> None:
        _PLACED.many(conn, [{"its_id": one.target_id, "its_message": row["id"]} for one, row in placed])
        _LEFT_OUT.many(conn, [{"its_id": one.target_id, "code": no.code, "words": no.says} for one, no in refused])
        c = campaign.c
        currency = next((row["currency"] for _, row in placed if row["currency"]), None)
        values: dict[str, Any] = {
            "placed": c.placed + len(placed), "planned": c.planned + sum(row["price"] or 0 for _, row in placed)
        }  # fmt: skip
        if currency is not None:
            values["currency"] = currency
        if batch.paced_at is not None:
            values["paced_at"] = batch.paced_at
        conn.execute(update(campaign).where(c.id == batch.row.id).values(**values))
        if batch.terms.offer is not None:
            offer = batch.terms.offer
            expectations.open(conn, [_expected(batch.row, offer, row, batch.now) for _, row in placed])


def names_of(row: AnyRow) -> frozenset[str]:
    """The variables in whatever a campaign (its row) says."""
    shown = row.terms.get("shown")
    return spoken_of(row.texts) | (Shown.model_validate(shown).names if shown else frozenset())


def spoken_of(texts: Mapping[str, Mapping[str, str]]) -> frozenset[str]:
    """The variables in any of these texts, by variant and language."""
    read = [grammar.read(text) for by_language in texts.values() for text in by_language.values()]
    return frozenset().union(*(one.names for one in read))


def _expected(row: AnyRow, offer: Offer, stored: Mapping[str, Any], now: datetime) -> Expected:
    """What an answer to this message would mean."""
    choices = [reading.Choice(one.number, one.sku, one.label) for one in offer.choices]
    quantity = None if offer.quantity is None else Fraction(str(offer.quantity))
    sent_at = max(stored["due_at"], now)
    return Expected(
        address=stored["recipient"], kind="offer", sent_at=sent_at, expires_at=sent_at + timedelta(hours=offer.hours),
        payload=expectations.payload_of(stored["text"], choices, quantity), campaign=row.id,
        message_id=stored["id"],
    )  # fmt: skip
