"""Give a message to another link: when its own is away, refuses it, or stays silent. Each move says why.

A text is never split over two links: a phone joins only pieces that come from one number. So a message of which a link
took some parts stays with that link, unless its purpose may come twice (`may_double`): then all of it is sent anew.
What the earlier link took is kept in `earlier_try`, where a late receipt finds it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from ..errors import BadInput
from ..money.booking import Charged
from ..store import history
from ..store.lifecycle import MESSAGE
from ..store.tables import earlier_try, message, part
from ..store.tables.types import AnyRow
from ..text import parts
from .cutting import carries, encoding, is_data, part_rows
from .familiar import familiar
from .routing import Choice, Network
from .sizes import size_of, sized
from .spending import keep
from .standing import Fitness

log = logging.getLogger(__name__)

BATCH = 1000  # messages in one tick of a step
NOWHERE = "no link serves"  # how the words begin about a message that nothing can carry
LOOK_AGAIN = timedelta(seconds=60)
_KEPT = ("message_id", "position", "alphabet", "user_data", "udh")  # what a part is, whatever became of it
_UNTOUCHED = dict.fromkeys(column.name for column in part.c if column.name not in _KEPT)

_TAKEN = (
    select(part.c.message_id, part.c.link, message.c.recipient, message.c.encoding, func.count().label("parts"))
    .join_from(message, part)
    .where(message.c.id.in_(history.IDS), part.c.message_id.in_(history.IDS), part.c.answer == "taken")
    .group_by(part.c.message_id, part.c.link, message.c.recipient, message.c.encoding)
)


@dataclass(frozen=True)
class Moved:
    """What a move changes: the columns of the message, and how many of its parts the earlier link had taken."""

    values: dict[str, Any]
    taken: int

    def told(self, link: str) -> str:
        """What history must say about it: nothing, or that some of it may come twice."""
        if not self.taken:
            return ""
        return f"{link} had taken {self.taken} parts already, so all is sent anew and some may come twice; "


class Moving:
    """The steps; holds the links, a source of concatenation references, and the purposes that may come twice."""

    def __init__(
        self, network: Network, references: Callable[[], int], may_double: frozenset[str] = frozenset()
    ) -> None:
        self.network = network
        self.may_double = may_double
        self._references = references
        self._upto: dict[str, str] = {}  # by link: where the last look at its queue ended

    def away(self, conn: Connection, batch: list[tuple[datetime, timedelta]]) -> list[set[str]]:
        """For (now, patience): what waits for a link that is away so long goes to another; returns these links."""
        return [self._away(conn, now, patience) for now, patience in batch]

    def _away(self, conn: Connection, now: datetime, patience: timedelta) -> set[str]:
        woken: set[str] = set()
        for name in conn.scalars(select(message.c.link).where(message.c.state == "queued").distinct()).all():
            why = self._leaves(name, now, patience)
            if why is not None:
                woken |= self._leave(conn, name, why, now)
        return woken

    def _leaves(self, name: str, now: datetime, patience: timedelta) -> str | None:
        """Why messages leave this link now; None when they may stay."""
        if name not in self.network.links:
            return f"{name} is no link any more"
        fitness, words = self.network.fitness(name, now)
        since = self.network.health(name)[1]
        if fitness <= Fitness.DEGRADED or (fitness in (Fitness.COMING, Fitness.AWAY) and now - since < patience):
            return None
        return f"{name} {words.removesuffix(', which may pass')}"

    def _leave(self, conn: Connection, name: str, why: str, now: datetime) -> set[str]:
        """Move a batch of what waits for a link. Each look goes on where the last one ended, so none is in the way."""
        m = message.c
        mine = (m.state == "queued", m.link == name, m.wanted_link.is_(None))
        rows = conn.execute(
            select(message).where(*mine, m.id > self._upto.get(name, "")).order_by(m.id).limit(BATCH)
        ).all()
        self._upto[name] = rows[-1].id if len(rows) == BATCH else ""
        steps: list[history.Step] = []
        nowhere: list[history.Step] = []
        for row in rows:
            avoid, carried = (name, *self.network.unfit(row.encoding)), carries(row.encoding)
            choice = self.network.choose(row.recipient, avoid=avoid, now=now, carries=carried)
            if choice is None and name not in self.network.links:
                nowhere.append(history.Step(row.id, no_link(row.recipient), {"due_at": now + LOOK_AGAIN}))
            if choice is None or not self.network.able(choice.link.name, now):
                continue
            moved = self.move(conn, row, choice, now)
            if moved is not None:
                steps.append(history.Step(row.id, f"{why}: {moved.told(name)}{choice.trace[0]}", moved.values))
        history.move(conn, MESSAGE, "reroute", steps, by="clock", now=now)
        history.move(conn, MESSAGE, "hold", nowhere, by="clock", now=now)
        if nowhere:
            log.warning(
                "%d messages that waited for %s are held: no other link serves their numbers", len(nowhere), name
            )
        return {step.values["link"] for step in steps}

    def move(
        self, conn: Connection, row: AnyRow, choice: Choice, now: datetime, *, certain: bool = False
    ) -> Moved | None:
        """Prepare a message (its whole row) for the link of `choice`; the caller makes the move of its state.

        Returns None when it must stay: some of its parts are taken, and it must not come twice, or nobody knows of
        the others. certain: it stays in any case when nobody knows of a part, for nobody decided to send that again.
        """
        pieces = conn.execute(select(part).where(part.c.message_id == row.id).order_by(part.c.position)).all()
        taken = [p for p in pieces if p.reference is not None]
        if taken and row.purpose not in self.may_double:
            return None
        if (certain or taken) and any(p.answer == "lost" for p in pieces):
            return None  # and an answer that comes late would find other parts than those that it is about
        if taken:
            self.keep(conn, row.id, taken, len(pieces), now)
            self._charge(conn, row, taken, now)
        values = self.given(conn, row, choice, now, anew=bool(taken))
        return Moved(values, len(taken)) if self._affords(conn, row, values, now) else None

    def _affords(self, conn: Connection, row: AnyRow, values: Mapping[str, Any], now: datetime) -> bool:
        """Whether the budgets have money for the way over another link; what was kept for this one becomes that."""
        budgets = self.network.books.budgets
        if budgets is None or not budgets.some:
            return True
        before = dict(row._mapping)
        [no] = keep(conn, budgets, [{**before, **values}], [None], now)
        if no is not None:
            keep(conn, budgets, [before], [None], now)
        return no is None

    def _charge(self, conn: Connection, row: AnyRow, taken: Sequence[AnyRow], now: datetime) -> None:
        """What the earlier link took it charges for, although it never had the whole."""
        if self.network.books.some:
            went = Charged(row.id, taken[0].link, row.recipient, len(taken), now)
            self.network.books.submitted(conn, sized(conn, [went], [row.encoding]), now)

    def charge_taken(self, conn: Connection, ids: Sequence[str], now: datetime) -> None:
        """Book the parts that a link took of messages that it never took as a whole, and never will."""
        if not ids or not self.network.books.some:
            return
        rows = [row for some in history.chunks(ids) for row in conn.execute(_TAKEN, {"ids": some})]
        went = [Charged(row.message_id, row.link, row.recipient, row.parts, now) for row in rows]
        self.network.books.submitted(conn, sized(conn, went, [row.encoding for row in rows]), now)

    def keep(self, conn: Connection, id: str, taken: Sequence[AnyRow], of: int, now: datetime) -> None:
        """Remember under which references an earlier link took parts of a message that is sent anew."""
        keys = ("position", "link", "reference")
        rows = [{key: p._mapping[key] for key in keys} for p in taken]
        conn.execute(insert(earlier_try), [{**row, "message_id": id, "of": of, "moved_at": now} for row in rows])

    def given(
        self, conn: Connection, row: AnyRow, choice: Choice, now: datetime, *, anew: bool = False
    ) -> dict[str, Any]:
        """The columns that change when a message goes to the link of `choice`; its parts are cut for that link.

        anew: cut it in any case, under a reference of its own, and forget what became of the parts.
        """
        before = self.network.links.get(row.link)
        values: dict[str, Any] = {"link": choice.link.name, "trace": choice.trace}
        if row.deliver_at is not None and "schedule" not in choice.link.abilities.optional:
            values |= {"due_at": max(row.deliver_at, now), "deliver_at": None}  # this network would not keep it
        if row.sender is not None and choice.link.name != row.link and self._of_the_link(conn, row):
            values["sender"] = choice.link.sender  # the other link has a number of its own
        count = row.parts
        alike = before is not None and before.abilities == choice.link.abilities
        if anew or not (alike or self._started(conn, row.id)):
            pieces = self._cut(row, choice)
            if pieces is not None:
                conn.execute(delete(part).where(part.c.message_id == row.id))
                conn.execute(insert(part), part_rows(row.id, pieces))
                count = parts.count(pieces)
                values |= {"parts": count, "encoding": encoding(pieces)}
            elif anew:
                conn.execute(update(part).where(part.c.message_id == row.id).values(_UNTOUCHED))
        size = size_of(conn, row.id, row.encoding)
        if size is None:
            self.network.plans.promise(choice.link.name, row.recipient, count)
        price, currency = self.network.estimate(choice.link.name, row.recipient, count, now, size)
        return values | {"price": price, "currency": currency}

    def _of_the_link(self, conn: Connection, row: AnyRow) -> bool:
        """Whether a message's sender is a number of its link, and not one that somebody asked for."""
        link = self.network.links.get(row.link)
        if link is not None and row.sender == link.sender:
            return True
        known = familiar(conn, row.recipient, row.reply_to) if row.purpose == "conversational" else None
        return known is not None and (known.link, known.number) == (row.link, row.sender)

    def _started(self, conn: Connection, id: str) -> bool:
        """Whether something of it may be in the air: a phone can only join pieces that were cut together."""
        begun = part.c.written_at.is_not(None) & (part.c.answer.is_(None) | part.c.answer.in_(("taken", "lost")))
        return bool(conn.scalar(select(func.count()).select_from(part).where(part.c.message_id == id, begun)))

    def _cut(self, row: AnyRow, choice: Choice) -> list[parts.Piece] | None:
        """Its text in parts for another link; None where that link cannot carry it otherwise than it is (no text)."""
        if is_data(row.encoding) or carries(row.encoding):
            return None
        try:
            return parts.split(row.text, choice.link.abilities, self._references())
        except BadInput:
            return None


def no_link(recipient: str) -> str:
    """The words about a message that nothing can carry: why, and what to do."""
    return (
        f"{NOWHERE} {recipient} now: add one to the configuration, or widen the prefixes of one; "
        "it waits, and is looked at again"
    )
